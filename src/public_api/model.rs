//! The list of the wire in one query: thousands of posts unpaged, so only the columns that are shown, and nothing is read that
//! is only written again.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    db::{Ex, q},
    delivery::TargetState,
    error::Result,
    kit::{ChannelId, OrgId},
};

/// A target as a tuple, which is read by position: id, due, made, state, address, settings as JSON text, channel, door, content
/// of its first part, the platform's id and address of that, and the words of the first failure.
pub type Row = (
    Uuid,
    Option<DateTime<Utc>>,
    DateTime<Utc>,
    TargetState,
    Option<String>,
    String,
    ChannelId,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// Those due from `from` up to but not including `to`, earliest first; cancelled ones are left out.
pub async fn window(ex: impl Into<Ex<'_>>, org: OrgId, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Row>> {
    q("SELECT t.id, t.due_at, t.created_at, t.state, t.url, CAST(t.settings AS TEXT), t.channel_id, o.source, p.content, r.remote_id, r.url,
         CASE WHEN t.state IN ('failed', 'missed', 'needs_you', 'published_incomplete') THEN (SELECT f.failure ->> 'message' FROM parts f
           WHERE f.target_id = t.id AND f.state IN ('failed', 'needs_you') ORDER BY f.position LIMIT 1) END
       FROM targets t JOIN posts o ON o.id = t.post_id JOIN parts p ON p.target_id = t.id AND p.position = 0
         LEFT JOIN remotes r ON r.part_id = p.id AND r.n = 0
       WHERE t.org_id = $1 AND t.due_at >= $2 AND t.due_at < $3 AND t.deleted_at IS NULL AND t.state <> 'cancelled'
       ORDER BY t.due_at, t.id")
    .bind(org)
    .bind(from)
    .bind(to)
    .all(ex)
    .await
}

/// The account of a channel.
#[derive(Debug, Clone, crate::db::FromRow)]
pub struct Account {
    /// The channel.
    pub id: ChannelId,
    /// Its provider.
    pub provider: String,
    /// Its shown name.
    pub name: String,
    /// Its picture.
    pub picture: Option<String>,
}

/// Every channel of an organisation, removed ones included: posts keep theirs.
pub async fn accounts(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<Account>> {
    q("SELECT id, provider, name, picture FROM channels WHERE org_id = $1").bind(org).all(ex).await
}
