//! Where files are used. Reads the tables of what people write and of what goes out, which are features above: who takes
//! files away has to know.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::Media;
use crate::{
    db::{Ex, FromRow, Json as JsonColumn, portions, q},
    error::Result,
    kit::{MediaId, OrgId, PostId},
};

/// In how many posts a file is.
#[derive(Debug, Clone, FromRow)]
pub struct Use {
    /// The file's id.
    pub id: MediaId,
    /// Posts.
    pub posts: i64,
}

/// A post that shows a file on one channel.
#[derive(Debug, Clone, FromRow)]
pub struct Shown {
    /// The post.
    pub post_id: PostId,
    /// Where it is, as `targets` says it.
    pub state: String,
    /// When it goes or went out.
    pub due_at: Option<DateTime<Utc>>,
    /// The channel's name.
    pub channel: String,
    /// Its provider.
    pub provider: String,
    /// The part's text, as HTML.
    pub content: String,
}

impl Media {
    /// In how many posts each of `ids` is; those in none are left out.
    pub async fn uses(ex: impl Into<Ex<'_>>, org: OrgId, ids: &[MediaId]) -> Result<Vec<Use>> {
        q("SELECT u.media_id AS id, COUNT(DISTINCT t.post_id) AS posts
           FROM part_media u JOIN parts p ON p.id = u.part_id JOIN targets t ON t.id = p.target_id
           WHERE t.deleted_at IS NULL")
        .and(" AND t.org_id = ", org)
        .list(" AND u.media_id IN ", ids.iter().copied())
        .push(" GROUP BY 1")
        .all(ex)
        .await
    }

    /// The posts that show a file, the newest first.
    pub async fn posts(ex: impl Into<Ex<'_>>, org: OrgId, id: MediaId, limit: i64) -> Result<Vec<Shown>> {
        q("SELECT t.post_id, t.state, t.due_at, c.name AS channel, c.provider, p.content
           FROM part_media u JOIN parts p ON p.id = u.part_id JOIN targets t ON t.id = p.target_id JOIN channels c ON c.id = t.channel_id
           WHERE u.media_id = $1 AND t.org_id = $2 AND t.deleted_at IS NULL ORDER BY t.due_at DESC NULLS FIRST, t.id DESC LIMIT $3")
        .bind(id)
        .bind(org)
        .bind(limit)
        .all(ex)
        .await
    }

    /// Those of `ids` that a post shows which has not gone out, drafts among them.
    pub async fn awaited(ex: impl Into<Ex<'_>>, org: OrgId, ids: &[MediaId]) -> Result<HashSet<MediaId>> {
        let mut ex = ex.into();
        let mut awaited = unplaced(&mut ex, org).await?;
        awaited.retain(|id| ids.contains(id));
        for portion in portions(ids) {
            let rows: Vec<(MediaId,)> = q("SELECT DISTINCT u.media_id
               FROM part_media u JOIN parts p ON p.id = u.part_id JOIN targets t ON t.id = p.target_id
               WHERE t.deleted_at IS NULL AND t.state NOT IN ('published', 'cancelled')")
            .and(" AND t.org_id = ", org)
            .list(" AND u.media_id IN ", portion.iter().copied())
            .all(&mut ex)
            .await?;
            awaited.extend(rows.into_iter().map(|(id,)| id));
        }
        Ok(awaited)
    }

    /// True when a film of the library has it as its cover.
    pub async fn is_cover(&self, ex: impl Into<Ex<'_>>) -> Result<bool> {
        let film: Option<(MediaId,)> =
            q("SELECT id FROM media WHERE org_id = $1 AND cover_id = $2 AND removed_at IS NULL LIMIT 1")
                .bind(self.org_id)
                .bind(self.id)
                .opt(ex)
                .await?;
        Ok(film.is_some())
    }

    /// True when something that has not gone out, a draft, or a film whose cover it is shows the file. Reads what posts say
    /// and not a table beside them: bytes that are deleted do not come back.
    pub async fn is_needed(&self, ex: impl Into<Ex<'_>>) -> Result<bool> {
        let mut ex = ex.into();
        if self.is_cover(&mut ex).await? {
            return Ok(true);
        }
        let mark = format!("%{}%", self.id);
        let (needed,): (i64,) = q("SELECT (SELECT count(*) FROM parts WHERE org_id = $1 AND state <> 'published' AND CAST(media AS TEXT) LIKE $2)
           + (SELECT count(*) FROM post_versions v JOIN posts p ON p.id = v.post_id WHERE v.org_id = $1 AND p.deleted_at IS NULL
              AND (p.unplaced OR EXISTS (SELECT 1 FROM targets t JOIN parts x ON x.target_id = t.id WHERE t.post_id = p.id AND x.state <> 'published'))
              AND CAST(v.content AS TEXT) LIKE $2)")
        .bind(self.org_id)
        .bind(mark)
        .one(&mut ex)
        .await?;
        Ok(needed > 0)
    }

    /// The same of what was saved since this program runs, and without reading every post: for the last look.
    pub async fn is_taken(&self, ex: impl Into<Ex<'_>>) -> Result<bool> {
        let mut ex = ex.into();
        let first: Option<(MediaId,)> = q("SELECT u.media_id FROM part_media u JOIN parts p ON p.id = u.part_id
           WHERE u.media_id = $1 AND p.state <> 'published' LIMIT 1")
        .bind(self.id)
        .opt(&mut ex)
        .await?;
        Ok(first.is_some() || self.is_cover(&mut ex).await?)
    }
}

/// What drafts without a channel show: they have no parts that could be looked up. Other ids that their content names are
/// among them, which are no files.
pub(super) async fn unplaced(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<HashSet<MediaId>> {
    let drafts: Vec<(JsonColumn<Json>,)> = q("SELECT v.content FROM posts p JOIN post_versions v ON v.post_id = p.id
       AND v.number = (SELECT max(n.number) FROM post_versions n WHERE n.post_id = p.id)
       WHERE p.org_id = $1 AND p.unplaced AND p.deleted_at IS NULL")
    .bind(org)
    .all(ex)
    .await?;
    let mut found = HashSet::new();
    drafts.iter().for_each(|(content,)| collect(content, &mut found));
    Ok(found)
}

fn collect(value: &Json, found: &mut HashSet<MediaId>) {
    match value {
        Json::String(text) => found.extend(text.parse::<MediaId>().ok()),
        Json::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Json::Object(fields) => fields.values().for_each(|field| collect(field, found)),
        _ => {}
    }
}
