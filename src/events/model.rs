//! The `events` table.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use crate::{
    db::{Ex, FromRow, Tx, q},
    error::Result,
    kit::{ChannelId, EventId, OrgId, PartId, PostId, TargetId, UserId},
};

/// Something that happened, to be written down in the transaction that made it happen.
#[derive(Debug, Clone, Default)]
pub struct Event {
    /// What, as `noun.verb`: `post.created`, `target.cancelled`, `part.published`. Its text is `event.<kind>`.
    pub kind: &'static str,
    /// The post concerned.
    pub post: Option<PostId>,
    /// The target concerned.
    pub target: Option<TargetId>,
    /// The part concerned.
    pub part: Option<PartId>,
    /// The channel concerned.
    pub channel: Option<ChannelId>,
    /// Who did it; `None`: the engine.
    pub user: Option<UserId>,
    /// Values for its text: a JSON object. Never a secret.
    pub data: Option<Json>,
}

/// A stored event.
#[derive(Debug, Clone, FromRow)]
pub struct Entry {
    /// Sorts by time.
    pub id: EventId,
    /// See [`Event::kind`].
    pub kind: String,
    /// The part concerned.
    pub part_id: Option<PartId>,
    /// Who; `None`: the engine.
    pub user_id: Option<UserId>,
    /// The name of who.
    pub user_name: Option<String>,
    /// Values for its text.
    pub data: Json,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Writes an event down.
pub async fn record(tx: &mut Tx, org: OrgId, event: Event, now: DateTime<Utc>) -> Result<()> {
    q("INSERT INTO events (id, org_id, kind, post_id, target_id, part_id, channel_id, user_id, data, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
    .bind(EventId::new())
    .bind(org)
    .bind(event.kind)
    .bind(event.post)
    .bind(event.target)
    .bind(event.part)
    .bind(event.channel)
    .bind(event.user)
    .bind(event.data.unwrap_or_else(|| Json::Object(Default::default())))
    .bind(now)
    .exec(tx)
    .await?;
    Ok(())
}

/// Everything that concerns one target, oldest first, at most 500.
pub async fn of_target(ex: impl Into<Ex<'_>>, org: OrgId, target: TargetId) -> Result<Vec<Entry>> {
    q("SELECT e.id, e.kind, e.part_id, e.user_id, u.name AS user_name, e.data, e.created_at
       FROM events e LEFT JOIN users u ON u.id = e.user_id
       WHERE e.org_id = $1 AND e.target_id = $2 ORDER BY e.id LIMIT 500")
    .bind(org)
    .bind(target)
    .all(ex)
    .await
}

/// A stored event with all it concerns.
#[derive(Debug, Clone, FromRow)]
pub struct Trace {
    /// Sorts by time.
    pub id: EventId,
    /// See [`Event::kind`].
    pub kind: String,
    /// The post concerned.
    pub post_id: Option<PostId>,
    /// The target concerned.
    pub target_id: Option<TargetId>,
    /// The part concerned.
    pub part_id: Option<PartId>,
    /// The channel concerned.
    pub channel_id: Option<ChannelId>,
    /// Who; `None`: the engine.
    pub user_id: Option<UserId>,
    /// Values for its text.
    pub data: Json,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// The trail of an organisation, newest first, from before an event on; of one target or of everything.
pub async fn page(
    ex: impl Into<Ex<'_>>,
    org: OrgId,
    target: Option<TargetId>,
    before: Option<EventId>,
    limit: i64,
) -> Result<Vec<Trace>> {
    let mut query =
        q("SELECT id, kind, post_id, target_id, part_id, channel_id, user_id, data, created_at FROM events WHERE org_id = $1")
            .bind(org);
    if let Some(target) = target {
        query = query.and(" AND target_id = ", target);
    }
    if let Some(before) = before {
        query = query.and(" AND id < ", before);
    }
    query.and(" ORDER BY id DESC LIMIT ", limit).all(ex).await
}
