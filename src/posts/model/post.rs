//! Posts and their immutable versions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    db::{Ex, FromRow, Json as JsonColumn, Tx, q},
    error::{Error, OrNotFound as _, Result},
    kit::{ChannelId, OrgId, PartId, PostId, UserId, VersionId},
    orgs::Caller,
    providers::MediaRef,
};

/// A post that is not deleted, unless it was asked for by [`lock`].
#[derive(Debug, Clone, FromRow)]
pub struct Post {
    /// The name of who wrote it; `None`: a script, or somebody who is gone.
    pub author: Option<String>,
    /// `web`, `api` or `cli`.
    pub source: String,
    /// When it was first saved.
    pub created_at: DateTime<Utc>,
}

impl Post {
    /// By id within an organisation.
    pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId, id: PostId) -> Result<Self> {
        q("SELECT u.name AS author, p.source, p.created_at FROM posts p LEFT JOIN users u ON u.id = p.author_id
           WHERE p.org_id = $1 AND p.id = $2 AND p.deleted_at IS NULL")
        .bind(org)
        .bind(id)
        .opt(ex)
        .await
        .or_not_found("post")
    }
}

/// The content of a version, as it lies in the table.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Stored {
    /// One per channel.
    pub entries: Vec<StoredEntry>,
    /// The text of a draft for which no channel is chosen yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<StoredPart>,
}

/// The post for one channel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredEntry {
    /// The number that its target has as well.
    pub entry: i64,
    /// Where to.
    pub channel: ChannelId,
    /// The provider's settings.
    pub settings: Json,
    /// The thread.
    pub parts: Vec<StoredPart>,
}

/// One item of the thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPart {
    /// The id of delivery's part.
    pub id: PartId,
    /// Sanitised HTML.
    pub content: String,
    /// Pictures and videos.
    pub media: Vec<MediaRef>,
    /// Wait after the part before it.
    pub delay_seconds: i64,
}

/// A new post.
pub async fn insert(tx: &mut Tx, caller: &Caller, id: PostId, unplaced: bool, now: DateTime<Utc>) -> Result<()> {
    q("INSERT INTO posts (id, org_id, author_id, source, created_at, unplaced) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(caller.org)
        .bind(caller.user)
        .bind(caller.source.as_str())
        .bind(now)
        .bind(unplaced)
        .exec(tx)
        .await?;
    Ok(())
}

/// Whether it is a draft for which no channel is chosen.
pub async fn set_unplaced(tx: &mut Tx, org: OrgId, id: PostId, unplaced: bool) -> Result<()> {
    q("UPDATE posts SET unplaced = $3 WHERE org_id = $1 AND id = $2").bind(org).bind(id).bind(unplaced).exec(tx).await?;
    Ok(())
}

/// Holds the post until the transaction ends, so that two changes of it follow each other, and tells when it was
/// deleted.
pub async fn lock(tx: &mut Tx, org: OrgId, id: PostId) -> Result<Option<DateTime<Utc>>> {
    let row: Option<(Option<DateTime<Utc>>,)> = q("SELECT deleted_at FROM posts WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        // SQLite has one writer, and this transaction is it.
        .dialect(" FOR UPDATE", "")
        .opt(tx)
        .await?;
    row.map(|(deleted,)| deleted).ok_or(Error::NotFound("post"))
}

/// Deletes it, or with `None` takes that back. Its targets are delivery's.
pub async fn set_deleted(tx: &mut Tx, org: OrgId, id: PostId, at: Option<DateTime<Utc>>) -> Result<()> {
    q("UPDATE posts SET deleted_at = $3 WHERE org_id = $1 AND id = $2").bind(org).bind(id).bind(at).exec(tx).await?;
    Ok(())
}

/// Adds the version with this number.
pub async fn add_version(
    tx: &mut Tx,
    (org, author): (OrgId, Option<UserId>),
    post: PostId,
    (number, content): (i64, &Stored),
    now: DateTime<Utc>,
) -> Result<VersionId> {
    let id = VersionId::new();
    q("INSERT INTO post_versions (id, org_id, post_id, number, author_id, content, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(id)
        .bind(org)
        .bind(post)
        .bind(number)
        .bind(author)
        .bind(serde_json::to_value(content).map_err(Error::internal)?)
        .bind(now)
        .exec(tx)
        .await?;
    Ok(id)
}

/// Number and content of the newest version.
pub async fn latest_version(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId) -> Result<(i64, Stored)> {
    let row: (i64, JsonColumn<Stored>) = q("SELECT number, content FROM post_versions WHERE org_id = $1 AND post_id = $2
       ORDER BY number DESC LIMIT 1")
    .bind(org)
    .bind(post)
    .opt(ex)
    .await
    .or_not_found("post")?;
    Ok((row.0, row.1.0))
}

/// The id of the newest version.
pub async fn latest_version_id(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId) -> Result<VersionId> {
    let (id,): (VersionId,) = q("SELECT id FROM post_versions WHERE org_id = $1 AND post_id = $2 ORDER BY number DESC LIMIT 1")
        .bind(org)
        .bind(post)
        .opt(ex)
        .await
        .or_not_found("post")?;
    Ok(id)
}

/// Who wrote the newest version; `None`: a script, or somebody who is gone.
pub async fn author_of(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId) -> Result<Option<UserId>> {
    let row: Option<(Option<UserId>,)> =
        q("SELECT author_id FROM post_versions WHERE org_id = $1 AND post_id = $2 ORDER BY number DESC LIMIT 1")
            .bind(org)
            .bind(post)
            .opt(ex)
            .await?;
    Ok(row.and_then(|(author,)| author))
}

/// The content of a version.
pub async fn version(ex: impl Into<Ex<'_>>, org: OrgId, id: VersionId) -> Result<Stored> {
    let (content,): (JsonColumn<Stored>,) = q("SELECT content FROM post_versions WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .opt(ex)
        .await
        .or_not_found("post")?;
    Ok(content.0)
}

/// The content of some versions, by their ids.
pub async fn versions(ex: impl Into<Ex<'_>>, org: OrgId, ids: &[VersionId]) -> Result<Vec<(VersionId, Stored)>> {
    let rows: Vec<(VersionId, JsonColumn<Stored>)> = q("SELECT id, content FROM post_versions WHERE org_id = $1")
        .bind(org)
        .list(" AND id IN ", ids.iter().copied())
        .all(ex)
        .await?;
    Ok(rows.into_iter().map(|(id, content)| (id, content.0)).collect())
}

/// The first entry number that no target of the post ever had, removed ones included.
pub async fn next_entry(tx: &mut Tx, org: OrgId, post: PostId) -> Result<i64> {
    let (last,): (Option<i64>,) =
        q("SELECT max(entry) FROM targets WHERE org_id = $1 AND post_id = $2").bind(org).bind(post).one(tx).await?;
    Ok(last.map_or(0, |n| n + 1))
}
