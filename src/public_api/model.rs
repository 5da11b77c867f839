//! The list of the wire in one query: thousands of posts unpaged, so only the columns that are shown, and nothing is read that
//! is only written again.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    db::{Ex, q},
    error::Result,
    kit::{ChannelId, CustomerId, OrgId, PostId},
};

/// A target as a tuple, which is read by position: id, due, channel, head, content of its first part, outcome. Few columns,
/// for each costs the drivers more than its bytes do. Head: state, door and settings as JSON text, with a space between. Outcome:
/// address, the platform's id and the words of the first failure, with a [`SEPARATOR`] between; `None` before there is any.
pub type Row = (Uuid, DateTime<Utc>, ChannelId, String, String, Option<String>);

/// Between texts that have none of it.
pub const SEPARATOR: char = '\u{1f}';

/// Those due from `from` up to but not including `to`, earliest first; cancelled ones are left out.
pub async fn window(ex: impl Into<Ex<'_>>, org: OrgId, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Row>> {
    q("SELECT t.id, t.due_at, t.channel_id, t.state || ' ' || o.source || ' ' || CAST(t.settings AS TEXT), p.content,
         CASE WHEN t.state NOT IN ('draft', 'scheduled') THEN COALESCE(t.url, '')
           || '\u{1f}' || COALESCE((SELECT r.remote_id FROM remotes r WHERE r.part_id = p.id AND r.n = 0), '')
           || '\u{1f}' || COALESCE((SELECT f.failure ->> 'message' FROM parts f
             WHERE f.target_id = t.id AND f.state IN ('failed', 'needs_you') ORDER BY f.position LIMIT 1), '') END
       FROM targets t JOIN posts o ON o.id = t.post_id JOIN parts p ON p.target_id = t.id AND p.position = 0
       WHERE t.org_id = $1 AND t.due_at >= $2 AND t.due_at < $3 AND t.deleted_at IS NULL AND t.state <> 'cancelled'
       ORDER BY t.due_at, t.id")
    .bind(org)
    .bind(from)
    .bind(to)
    .all(ex)
    .await
}

/// The targets of a time that are occurrences, with their posts.
pub async fn repeated(ex: impl Into<Ex<'_>>, org: OrgId, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<(Uuid, PostId)>> {
    q("SELECT t.id, t.post_id FROM recurrences r JOIN targets t ON t.post_id = r.post_id
       WHERE r.org_id = $1 AND t.due_at >= $2 AND t.due_at < $3 AND t.deleted_at IS NULL")
    .bind(org)
    .bind(from)
    .bind(to)
    .all(ex)
    .await
}

/// The tags of the targets of a time, by target and name: target, tag, name, colour.
pub async fn tagged(
    ex: impl Into<Ex<'_>>,
    org: OrgId,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<(Uuid, Uuid, String, String)>> {
    q("SELECT t.id, g.id, g.name, g.colour FROM tags g JOIN post_tags l ON l.tag_id = g.id JOIN targets t ON t.post_id = l.post_id
       WHERE g.org_id = $1 AND t.due_at >= $2 AND t.due_at < $3 AND t.deleted_at IS NULL ORDER BY lower(g.name), g.id")
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
    /// Its group.
    pub customer_id: Option<CustomerId>,
}

/// Every channel of an organisation, removed ones included: posts keep theirs.
pub async fn accounts(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<Account>> {
    q("SELECT id, provider, name, picture, customer_id FROM channels WHERE org_id = $1").bind(org).all(ex).await
}
