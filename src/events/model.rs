//! The `events` table.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use crate::{
    db::{Ex, FromRow, Tx, Value, portions, q},
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
    record_all(tx, vec![(org, event, now)]).await
}

/// Writes many events down, in their order.
pub async fn record_all(tx: &mut Tx, events: Vec<(OrgId, Event, DateTime<Utc>)>) -> Result<()> {
    let rows: Vec<Vec<Value>> = events.into_iter().map(row).collect();
    for portion in portions(&rows) {
        q("INSERT INTO events (id, org_id, kind, post_id, target_id, part_id, channel_id, user_id, data, created_at)")
            .rows(" VALUES ", portion.iter().cloned())
            .exec(tx)
            .await?;
    }
    Ok(())
}

fn row((org, event, now): (OrgId, Event, DateTime<Utc>)) -> Vec<Value> {
    vec![
        EventId::new().into(),
        org.into(),
        event.kind.into(),
        event.post.into(),
        event.target.into(),
        event.part.into(),
        event.channel.into(),
        event.user.into(),
        event.data.unwrap_or_else(|| Json::Object(Default::default())).into(),
        now.into(),
    ]
}

/// How many parts of an organisation one of these things happened to.
pub async fn parts_with(ex: impl Into<Ex<'_>>, org: OrgId, kinds: &[&'static str]) -> Result<i64> {
    let (count,): (i64,) = q("SELECT count(DISTINCT part_id) FROM events WHERE org_id = $1")
        .bind(org)
        .list(" AND kind IN ", kinds.iter().copied())
        .one(ex)
        .await?;
    Ok(count)
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
