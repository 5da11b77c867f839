//! The members of an organisation as people: reads only, `memberships` are written by orgs.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, q},
    error::Result,
    kit::{OrgId, UserId},
};

/// Somebody who belongs to an organisation.
#[derive(Debug, Clone, FromRow)]
pub struct Member {
    /// The person.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
    /// Their login.
    pub email: String,
    /// The stored word of the role.
    pub role: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When a session of theirs for this organisation was last used, to ten minutes; `None`: there is none.
    pub seen_at: Option<DateTime<Utc>>,
}

/// Those of an organisation: owners first, then by name; at most a thousand.
pub async fn members(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<Member>> {
    q("SELECT m.user_id, u.name, u.email, m.role, m.created_at,
         (SELECT max(s.seen_at) FROM sessions s WHERE s.user_id = m.user_id AND s.org_id = m.org_id) AS seen_at
       FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.org_id = $1
       ORDER BY CASE m.role WHEN 'owner' THEN 0 WHEN 'admin' THEN 1 ELSE 2 END, lower(u.name), u.id LIMIT 1000")
    .bind(org)
    .all(ex)
    .await
}
