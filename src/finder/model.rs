//! What can be found, read from the tables of other features: changes since, everything, and what became of finds.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    db::{Ex, FromRow, Json as JsonColumn, portions, q},
    delivery::TargetState,
    error::Result,
    kit::{ChannelId, MediaId, OrgId, PostId},
};

/// Something that happened to something that can be found.
#[derive(Debug, Clone, FromRow)]
pub struct Happened {
    /// The event's or the version's id, which sorts by time.
    pub id: Uuid,
    /// The post that changed.
    pub post_id: Option<PostId>,
    /// The channel that changed.
    pub channel_id: Option<ChannelId>,
    /// The file that changed.
    pub media_id: Option<String>,
}

/// Events after one, of the kinds that change what can be found.
pub async fn events_after(ex: impl Into<Ex<'_>>, after: Uuid, limit: i64) -> Result<Vec<Happened>> {
    q("SELECT id, post_id, channel_id, data ->> 'media' AS media_id FROM events WHERE id > $1
       AND (kind IN ('post.created', 'post.deleted', 'post.brought_back', 'channel.connected', 'channel.reconnected', 'channel.changed',
         'channel.removed') OR kind LIKE 'media.%') ORDER BY id LIMIT $2")
    .bind(after)
    .bind(limit)
    .all(ex)
    .await
}

/// Versions after one: drafts are saved without an event.
pub async fn versions_after(ex: impl Into<Ex<'_>>, after: Uuid, limit: i64) -> Result<Vec<Happened>> {
    q("SELECT id, post_id, CAST(NULL AS UUID) AS channel_id, CAST(NULL AS TEXT) AS media_id FROM post_versions WHERE id > $1 ORDER BY id LIMIT $2")
        .bind(after)
        .bind(limit)
        .all(ex)
        .await
}

/// The newest event and the newest version.
pub async fn newest(ex: impl Into<Ex<'_>>) -> Result<(Uuid, Uuid)> {
    let mut ex = ex.into();
    let event: Option<(Uuid,)> = q("SELECT id FROM events ORDER BY id DESC LIMIT 1").opt(&mut ex).await?;
    let version: Option<(Uuid,)> = q("SELECT id FROM post_versions ORDER BY id DESC LIMIT 1").opt(&mut ex).await?;
    Ok((event.unwrap_or_default().0, version.unwrap_or_default().0))
}

/// A post with its newest version.
#[derive(Debug, Clone, FromRow)]
pub struct PostWords {
    /// The post.
    pub id: PostId,
    /// Its tenant.
    pub org_id: OrgId,
    /// Its newest version's content.
    pub content: JsonColumn<Json>,
}

/// A file with its words.
#[derive(Debug, Clone, FromRow)]
pub struct MediaWords {
    /// The file.
    pub id: MediaId,
    /// Its tenant.
    pub org_id: OrgId,
    /// Its name.
    pub name: String,
    /// Its alternative text.
    pub alt: String,
}

/// A channel with its words.
#[derive(Debug, Clone, FromRow)]
pub struct ChannelWords {
    /// The channel.
    pub id: ChannelId,
    /// Its tenant.
    pub org_id: OrgId,
    /// Its name.
    pub name: String,
    /// Its handle.
    pub handle: String,
    /// Its provider.
    pub provider: String,
}

const POSTS: &str = "SELECT p.id, p.org_id, v.content FROM posts p JOIN post_versions v ON v.post_id = p.id
   AND v.number = (SELECT max(n.number) FROM post_versions n WHERE n.post_id = p.id) WHERE p.deleted_at IS NULL";
const MEDIA: &str = "SELECT id, org_id, name, alt FROM media WHERE deleted_at IS NULL";
const CHANNELS: &str = "SELECT id, org_id, name, handle, provider FROM channels WHERE deleted_at IS NULL";

/// Posts of the whole instance after one, for the index alone.
pub async fn posts_after(ex: impl Into<Ex<'_>>, after: Uuid, limit: i64) -> Result<Vec<PostWords>> {
    q(POSTS).and(" AND p.id > ", after).and(" ORDER BY p.id LIMIT ", limit).all(ex).await
}

/// Files of the whole instance after one, for the index alone.
pub async fn media_after(ex: impl Into<Ex<'_>>, after: Uuid, limit: i64) -> Result<Vec<MediaWords>> {
    q(MEDIA).and(" AND id > ", after).and(" ORDER BY id LIMIT ", limit).all(ex).await
}

/// Channels of the whole instance after one, for the index alone.
pub async fn channels_after(ex: impl Into<Ex<'_>>, after: Uuid, limit: i64) -> Result<Vec<ChannelWords>> {
    q(CHANNELS).and(" AND id > ", after).and(" ORDER BY id LIMIT ", limit).all(ex).await
}

/// Some posts of the whole instance, for the index alone; deleted ones are left out.
pub async fn posts(ex: impl Into<Ex<'_>>, ids: &[PostId]) -> Result<Vec<PostWords>> {
    let (mut ex, mut found) = (ex.into(), Vec::new());
    for portion in portions(ids) {
        found.extend(q(POSTS).list(" AND p.id IN ", portion.iter().copied()).all::<PostWords>(&mut ex).await?);
    }
    Ok(found)
}

/// Some files of the whole instance, for the index alone; deleted ones are left out.
pub async fn media(ex: impl Into<Ex<'_>>, ids: &[MediaId]) -> Result<Vec<MediaWords>> {
    let (mut ex, mut found) = (ex.into(), Vec::new());
    for portion in portions(ids) {
        found.extend(q(MEDIA).list(" AND id IN ", portion.iter().copied()).all::<MediaWords>(&mut ex).await?);
    }
    Ok(found)
}

/// Some channels of the whole instance, for the index alone; removed ones are left out.
pub async fn channels(ex: impl Into<Ex<'_>>, ids: &[ChannelId]) -> Result<Vec<ChannelWords>> {
    let (mut ex, mut found) = (ex.into(), Vec::new());
    for portion in portions(ids) {
        found.extend(q(CHANNELS).list(" AND id IN ", portion.iter().copied()).all::<ChannelWords>(&mut ex).await?);
    }
    Ok(found)
}

/// Where a post stands on one channel.
#[derive(Debug, Clone, FromRow)]
pub struct Standing {
    /// The post.
    pub post_id: PostId,
    /// Where it is.
    pub state: TargetState,
    /// When it goes or went out.
    pub due_at: Option<DateTime<Utc>>,
    /// The channel's name.
    pub channel: String,
    /// The provider.
    pub provider: String,
}

/// Those of an organisation's posts that are not deleted, with where they stand; a draft without a channel stands nowhere.
pub async fn standings(ex: impl Into<Ex<'_>>, org: OrgId, ids: &[PostId]) -> Result<HashMap<PostId, Vec<Standing>>> {
    let mut ex = ex.into();
    let there: Vec<(PostId,)> = q("SELECT id FROM posts WHERE org_id = $1 AND deleted_at IS NULL")
        .bind(org)
        .list(" AND id IN ", ids.iter().copied())
        .all(&mut ex)
        .await?;
    let mut standings: HashMap<PostId, Vec<Standing>> = there.into_iter().map(|(id,)| (id, Vec::new())).collect();
    let rows: Vec<Standing> = q("SELECT t.post_id, t.state, t.due_at, c.name AS channel, c.provider
         FROM targets t JOIN channels c ON c.id = t.channel_id WHERE t.org_id = $1 AND t.deleted_at IS NULL")
    .bind(org)
    .list(" AND t.post_id IN ", ids.iter().copied())
    .push(" ORDER BY t.due_at, t.entry")
    .all(&mut ex)
    .await?;
    for row in rows {
        standings.entry(row.post_id).and_modify(|of| of.push(row));
    }
    Ok(standings)
}

/// The channels of an organisation among these, with their pictures.
pub async fn pictures(ex: impl Into<Ex<'_>>, org: OrgId, ids: &[ChannelId]) -> Result<Vec<(ChannelId, String, Option<String>)>> {
    q("SELECT id, provider, picture FROM channels WHERE org_id = $1 AND deleted_at IS NULL")
        .bind(org)
        .list(" AND id IN ", ids.iter().copied())
        .all(ex)
        .await
}
