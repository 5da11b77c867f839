//! What the simulator reads from the database, and the organisation it works for.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use crate::{
    db::{Db, FromRow, Tx, q},
    delivery::{PartState, TargetState},
    error::Result,
    kit::{ChannelId, OrgId, TargetId},
};

/// A part at the end, with its target.
#[derive(Debug, Clone, FromRow)]
pub struct Row {
    /// Its target.
    pub target_id: TargetId,
    /// Its channel.
    pub channel_id: ChannelId,
    /// From 0.
    pub position: i64,
    /// HTML.
    pub content: String,
    /// Its state.
    pub state: PartState,
    /// When it is looked at next.
    pub next_at: Option<DateTime<Utc>>,
    /// What explains the state.
    pub failure: Option<Json>,
    /// When its target was due.
    pub due_at: Option<DateTime<Utc>>,
    /// Wait after the part before it.
    pub delay_seconds: i64,
    /// The target's state.
    pub target_state: TargetState,
    /// Why the target is held.
    pub reason: Option<String>,
    /// Its target was removed.
    pub removed: bool,
    /// The platform's id of what it became.
    pub remote: Option<String>,
    /// Attempts on record.
    pub attempts: i64,
    /// It was kept back at some time, and so went out at the pace of a backlog.
    pub held: bool,
}

/// Every part, by channel, target and position.
pub async fn rows(db: &Db) -> Result<Vec<Row>> {
    q("SELECT p.target_id, p.channel_id, p.position, p.content, p.state, p.next_at, p.failure, t.due_at, p.delay_seconds,
         t.state AS target_state, t.reason, t.deleted_at IS NOT NULL AS removed,
         (SELECT r.remote_id FROM remotes r WHERE r.part_id = p.id AND r.n = 0) AS remote,
         (SELECT count(*) FROM attempts a WHERE a.part_id = p.id AND a.step IN ('post', 'create', 'write')) AS attempts,
         EXISTS (SELECT 1 FROM events e WHERE e.target_id = t.id AND e.kind = 'target.held') AS held
       FROM parts p JOIN targets t ON t.id = p.target_id ORDER BY p.channel_id, p.target_id, p.position")
    .all(db)
    .await
}

/// When a part will be looked at next.
pub async fn pending(db: &Db) -> Result<Option<DateTime<Utc>>> {
    let (at,): (Option<DateTime<Utc>>,) = q("SELECT min(next_at) FROM parts WHERE next_at IS NOT NULL").one(db).await?;
    Ok(at)
}

/// Every text in which a secret could end up.
pub async fn texts(db: &Db) -> Result<Vec<String>> {
    let rows: Vec<(Option<String>, Option<Json>)> = q("SELECT reason, NULL FROM channels")
        .push(" UNION ALL SELECT NULL, failure FROM parts UNION ALL SELECT NULL, failure FROM attempts")
        .push(" UNION ALL SELECT kind, data FROM events UNION ALL SELECT name, result FROM steps")
        .push(" UNION ALL SELECT url, extra FROM remotes")
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(text, json)| format!("{} {}", text.unwrap_or_default(), json.unwrap_or_default())).collect())
}

/// An organisation to work for; whatever a former story left is gone.
pub async fn begin(tx: &mut Tx, now: DateTime<Utc>) -> Result<OrgId> {
    q("DELETE FROM organisations").exec(tx).await?;
    q("UPDATE instance SET heartbeat_at = NULL").exec(tx).await?;
    let org = OrgId::new();
    q("INSERT INTO organisations (id, name, zone, created_at) VALUES ($1, 'Simulated', 'UTC', $2)")
        .bind(org)
        .bind(now)
        .exec(tx)
        .await?;
    Ok(org)
}
