//! The `events` table.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use crate::{
    db::{Ex, FromRow, Topic, Tx, Value, portions, q},
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

/// The kinds from which jobs follow: their events are marked, in the same insert, until the jobs are in the queue. What
/// follows is said in `jobs.rs`, and a test there holds the two lists together.
pub const FOLLOWED: [&str; 24] = [
    "channel.broken",
    "channel.reconnected",
    "channel.removed",
    "comment.added",
    "part.failed",
    "part.needs_you",
    "part.resolved",
    "review.approved",
    "review.asked",
    "review.changes",
    "review.void",
    "review.withdrawn",
    "target.cancelled",
    "target.deleted",
    "target.dropped",
    "target.held",
    "target.missed",
    "target.moved",
    "target.passed_over",
    "target.released",
    "target.rescheduled",
    "target.retried",
    "target.sent_now",
    "target.taken_down",
];

/// An event whose jobs are not in the queue yet.
#[derive(Debug, Clone, FromRow)]
pub struct Pending {
    /// Its id.
    pub id: EventId,
    /// Its tenant.
    pub org_id: OrgId,
    /// See [`Event::kind`].
    pub kind: String,
}

/// Writes an event down.
pub async fn record(tx: &mut Tx, org: OrgId, event: Event, now: DateTime<Utc>) -> Result<()> {
    record_all(tx, vec![(org, event, now)]).await
}

/// Writes many events down, in their order.
pub async fn record_all(tx: &mut Tx, events: Vec<(OrgId, Event, DateTime<Utc>)>) -> Result<()> {
    let followed = events.iter().any(|(_, event, _)| FOLLOWED.contains(&event.kind));
    let rows: Vec<Vec<Value>> = events.into_iter().map(row).collect();
    for portion in portions(&rows) {
        q("INSERT INTO events (id, org_id, kind, post_id, target_id, part_id, channel_id, user_id, data, created_at, pending)")
            .rows(" VALUES ", portion.iter().cloned())
            .exec(tx)
            .await?;
    }
    if followed {
        tx.publish(Topic::Jobs);
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
        FOLLOWED.contains(&event.kind).into(),
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

/// Takes the mark from up to `limit` events, oldest first. Whoever gets an event here enqueues its jobs in this transaction;
/// of several processes only one gets it.
pub async fn take_pending(tx: &mut Tx, limit: i64) -> Result<Vec<Pending>> {
    let mut taken: Vec<Pending> = q("UPDATE events SET pending = FALSE WHERE pending AND id IN
       (SELECT id FROM events WHERE pending ORDER BY id LIMIT $1) RETURNING id, org_id, kind")
    .bind(limit)
    .all(tx)
    .await?;
    taken.sort_by_key(|event| event.id);
    Ok(taken)
}

/// True when an event waits for its jobs.
pub async fn any_pending(ex: impl Into<Ex<'_>>) -> Result<bool> {
    let first: Option<(EventId,)> = q("SELECT id FROM events WHERE pending ORDER BY id LIMIT 1").opt(ex).await?;
    Ok(first.is_some())
}

/// How many events wait for their jobs.
pub async fn count_pending(ex: impl Into<Ex<'_>>) -> Result<i64> {
    let (count,): (i64,) = q("SELECT count(*) FROM events WHERE pending").one(ex).await?;
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
