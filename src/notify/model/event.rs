//! Events with how their things are now.

use serde_json::Value as Json;

use crate::{
    db::{Ex, FromRow, q},
    delivery::TargetState,
    error::Result,
    kit::{ChannelId, EventId, OrgId, PostId, TargetId},
    notify::kind::Standing,
};

/// An event, its target and its channel.
#[derive(Debug, Clone, FromRow)]
pub struct Told {
    /// The event.
    pub id: EventId,
    /// Its kind.
    pub kind: String,
    /// The post concerned.
    pub post_id: Option<PostId>,
    /// The target concerned.
    pub target_id: Option<TargetId>,
    /// The channel concerned, also that of the target.
    pub channel_id: Option<ChannelId>,
    /// The event's values.
    pub data: Json,
    /// The target's state now; `None` when there is none (any more).
    pub state: Option<TargetState>,
    /// Why the channel must be reconnected, when it must.
    pub channel_reason: Option<String>,
    /// The target's first words.
    pub content: Option<String>,
    /// The name of who did it.
    pub who: Option<String>,
}

impl Told {
    /// How it is now.
    pub fn standing(&self) -> Standing {
        Standing { target: self.state, channel_broken: self.channel_reason.is_some() }
    }
}

/// These events of an organisation, oldest first.
pub async fn told(ex: impl Into<Ex<'_>>, org: OrgId, ids: &[EventId]) -> Result<Vec<Told>> {
    q("SELECT e.id, e.kind, e.post_id, e.target_id, COALESCE(e.channel_id, t.channel_id) AS channel_id, e.data, t.state,
         CASE WHEN c.deleted_at IS NULL THEN c.reason END AS channel_reason, p.content, u.name AS who
       FROM events e LEFT JOIN targets t ON t.id = e.target_id AND t.deleted_at IS NULL
         LEFT JOIN channels c ON c.id = COALESCE(e.channel_id, t.channel_id)
         LEFT JOIN parts p ON p.target_id = t.id AND p.position = 0
         LEFT JOIN users u ON u.id = e.user_id
       WHERE e.org_id = $1")
    .bind(org)
    .list(" AND e.id IN ", ids.iter().copied())
    .push(" ORDER BY e.id")
    .all(ex)
    .await
}
