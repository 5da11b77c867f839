//! What the inbox reads: targets that wait for a person, by the indexes `targets_inbox` and `targets_inbox_kind`, and what
//! an outage concerned. Tables of delivery and channels.

use chrono::{DateTime, Utc};

use super::Cursor;
use crate::{
    db::{Ex, FromRow, Q, q},
    delivery::WAITING_FOR_PERSON,
    error::Result,
    kit::{ChannelId, OrgId, OutageId, TargetId},
};

/// Why a target waits, in the words of `targets_inbox_kind`: `needs_you`, `failed`, `missed`, `held_late` and the like.
const KIND: &str = "(CASE t.state WHEN 'held' THEN 'held_' || COALESCE(t.reason, 'other') WHEN 'published_incomplete' THEN 'failed' ELSE t.state END)";

/// A line of a list.
#[derive(Debug, Clone, FromRow)]
pub struct Line {
    /// The target.
    pub id: TargetId,
    /// When it was due.
    pub due_at: DateTime<Utc>,
}

impl Line {
    /// Where the next page goes on.
    pub fn cursor(&self) -> Cursor {
        Cursor { due_at: self.due_at, id: self.id }
    }
}

/// How many targets wait for one reason.
#[derive(Debug, Clone, FromRow)]
pub struct Count {
    /// See [`KIND`].
    pub kind: String,
    /// How many.
    pub targets: i64,
}

/// The query of the list, newest first: `id` and `due_at` of at most `take` targets after a cursor, of one kind or of all.
pub fn list_query(org: OrgId, kind: Option<&str>, after: Option<Cursor>, take: i64) -> Q {
    let mut query = q("SELECT t.id, t.due_at FROM targets t WHERE t.org_id = $1").bind(org).push(WAITING_FOR_PERSON);
    if let Some(kind) = kind {
        query = query.push(" AND ").push(KIND).and(" = ", kind);
    }
    if let Some(after) = after {
        query = query.and(" AND (t.due_at, t.id) < (", after.due_at).and(", ", after.id).push(")");
    }
    query.push(" ORDER BY t.due_at DESC, t.id DESC").and(" LIMIT ", take)
}

/// How many wait, by kind.
pub async fn counts(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<Count>> {
    q("SELECT ")
        .push(KIND)
        .push(" AS kind, count(*) AS targets FROM targets t WHERE t.org_id = $1")
        .bind(org)
        .push(WAITING_FOR_PERSON)
        .push(" GROUP BY 1 ORDER BY 1")
        .all(ex)
        .await
}

/// A channel that must be connected again, and how many posts wait for it.
#[derive(Debug, Clone, FromRow)]
pub struct BrokenChannel {
    /// Its id.
    pub id: ChannelId,
    /// The provider's id.
    pub provider: String,
    /// Shown name.
    pub name: String,
    /// `@`-less handle.
    pub handle: String,
    /// Picture.
    pub picture: Option<String>,
    /// In the platform's words.
    pub reason: Option<String>,
    /// Held targets.
    pub held: i64,
}

/// Channels that must be connected again, oldest first, at most fifty.
pub async fn broken_channels(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<BrokenChannel>> {
    q("SELECT c.id, c.provider, c.name, c.handle, c.picture, c.reason,
         (SELECT count(*) FROM targets t WHERE t.channel_id = c.id AND t.state = 'held' AND t.deleted_at IS NULL) AS held
       FROM channels c WHERE c.org_id = $1 AND c.state = 'reconnect' AND c.deleted_at IS NULL ORDER BY c.id LIMIT 50")
    .bind(org)
    .all(ex)
    .await
}

/// What became of a channel's targets that were due in an outage.
#[derive(Debug, Clone, FromRow)]
pub struct Toll {
    /// The provider's id.
    pub provider: String,
    /// The channel's name.
    pub name: String,
    /// Its picture.
    pub picture: Option<String>,
    /// All of them.
    pub due: i64,
    /// Went out, late.
    pub published: i64,
    /// Will go out by themselves.
    pub coming: i64,
    /// Kept back.
    pub held: i64,
    /// Over.
    pub missed: i64,
    /// Failed, partly out, or for a person to say.
    pub trouble: i64,
}

/// By channel, the most concerned first.
pub async fn tolls(ex: impl Into<Ex<'_>>, org: OrgId, outage: OutageId) -> Result<Vec<Toll>> {
    q("SELECT c.provider, c.name, c.picture, count(*) AS due,
         CAST(SUM(CASE WHEN t.state = 'published' THEN 1 ELSE 0 END) AS BIGINT) AS published,
         CAST(SUM(CASE WHEN t.state IN ('scheduled', 'sending') THEN 1 ELSE 0 END) AS BIGINT) AS coming,
         CAST(SUM(CASE WHEN t.state = 'held' THEN 1 ELSE 0 END) AS BIGINT) AS held,
         CAST(SUM(CASE WHEN t.state = 'missed' THEN 1 ELSE 0 END) AS BIGINT) AS missed,
         CAST(SUM(CASE WHEN t.state IN ('needs_you', 'failed', 'published_incomplete') THEN 1 ELSE 0 END) AS BIGINT) AS trouble
       FROM outage_targets x JOIN targets t ON t.id = x.target_id JOIN channels c ON c.id = t.channel_id
       WHERE x.outage_id = $1 AND x.org_id = $2 AND t.deleted_at IS NULL
       GROUP BY c.id, c.provider, c.name, c.picture ORDER BY due DESC, c.id")
    .bind(outage)
    .bind(org)
    .all(ex)
    .await
}

/// The targets that were due in an outage, by the time they were due, at most `take` after a cursor.
pub async fn concerned(
    ex: impl Into<Ex<'_>>,
    org: OrgId,
    outage: OutageId,
    after: Option<Cursor>,
    take: i64,
) -> Result<Vec<Line>> {
    let mut query = q("SELECT t.id, x.due_at FROM outage_targets x JOIN targets t ON t.id = x.target_id
       WHERE x.outage_id = $1 AND x.org_id = $2 AND t.deleted_at IS NULL")
    .bind(outage)
    .bind(org);
    if let Some(after) = after {
        query = query.and(" AND (x.due_at, x.target_id) > (", after.due_at).and(", ", after.id).push(")");
    }
    query.push(" ORDER BY x.due_at, x.target_id").and(" LIMIT ", take).all(ex).await
}
