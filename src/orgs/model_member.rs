//! The tables `memberships` and `former_members`: who belongs to an organisation, as what.

use chrono::{DateTime, Utc};

use super::Role;
use crate::{
    db::{Ex, FromRow, Tx, q},
    error::Result,
    kit::{OrgId, UserId},
};

/// An organisation somebody belongs to.
#[derive(Debug, Clone, FromRow)]
pub struct Membership {
    /// The organisation.
    pub org_id: OrgId,
    /// Its name.
    pub name: String,
    /// The stored word of the role.
    pub role: String,
}

/// The organisations of a person, by name.
pub async fn of_person(ex: impl Into<Ex<'_>>, user: UserId) -> Result<Vec<Membership>> {
    q("SELECT m.org_id, o.name, m.role FROM memberships m JOIN organisations o ON o.id = m.org_id
       WHERE m.user_id = $1 ORDER BY lower(o.name), o.id")
    .bind(user)
    .all(ex)
    .await
}

/// The role of a person; `None` for somebody who is no member.
pub async fn role_of(ex: impl Into<Ex<'_>>, org: OrgId, user: UserId) -> Result<Option<Role>> {
    let row: Option<(String,)> =
        q("SELECT role FROM memberships WHERE org_id = $1 AND user_id = $2").bind(org).bind(user).opt(ex).await?;
    Ok(row.map(|(role,)| Role::parse(&role)))
}

/// Holds the members of an organisation until the transaction ends: of two owners who leave at the same time one must see
/// that the other has left.
pub async fn lock(tx: &mut Tx, org: OrgId) -> Result<()> {
    q("UPDATE organisations SET zone = zone WHERE id = $1").bind(org).exec(tx).await?;
    Ok(())
}

/// How many owners there are.
pub async fn owners(tx: &mut Tx, org: OrgId) -> Result<i64> {
    let (count,): (i64,) = q("SELECT count(*) FROM memberships WHERE org_id = $1 AND role = 'owner'").bind(org).one(tx).await?;
    Ok(count)
}

/// How many organisations a person owns.
pub async fn owned(tx: &mut Tx, user: UserId) -> Result<i64> {
    let (count,): (i64,) = q("SELECT count(*) FROM memberships WHERE user_id = $1 AND role = 'owner'").bind(user).one(tx).await?;
    Ok(count)
}

/// Adds a member; false for somebody who is one already.
pub async fn add(tx: &mut Tx, org: OrgId, (user, role): (UserId, Role), now: DateTime<Utc>) -> Result<bool> {
    let added = q("INSERT INTO memberships (org_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (org_id, user_id) DO NOTHING")
    .bind(org)
    .bind(user)
    .bind(role.as_str())
    .bind(now)
    .exec(&mut *tx)
    .await?;
    q("DELETE FROM former_members WHERE org_id = $1 AND user_id = $2").bind(org).bind(user).exec(tx).await?;
    Ok(added == 1)
}

/// Another role.
pub async fn set_role(tx: &mut Tx, org: OrgId, user: UserId, role: Role) -> Result<()> {
    let set = q("UPDATE memberships SET role = $3 WHERE org_id = $1 AND user_id = $2");
    set.bind(org).bind(user).bind(role.as_str()).exec(tx).await?;
    Ok(())
}

/// Takes a member out.
pub async fn remove(tx: &mut Tx, org: OrgId, user: UserId) -> Result<()> {
    q("DELETE FROM memberships WHERE org_id = $1 AND user_id = $2").bind(org).bind(user).exec(tx).await?;
    Ok(())
}

/// Remembers as what somebody was a member.
pub async fn remember(tx: &mut Tx, org: OrgId, (user, role): (UserId, Role), now: DateTime<Utc>) -> Result<()> {
    q("INSERT INTO former_members (org_id, user_id, role, removed_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (org_id, user_id) DO UPDATE SET role = excluded.role, removed_at = excluded.removed_at")
    .bind(org)
    .bind(user)
    .bind(role.as_str())
    .bind(now)
    .exec(tx)
    .await?;
    Ok(())
}

/// As what somebody was a member who was removed after `since`.
pub async fn former_role(tx: &mut Tx, org: OrgId, user: UserId, since: DateTime<Utc>) -> Result<Option<Role>> {
    let row: Option<(String,)> = q("SELECT role FROM former_members WHERE org_id = $1 AND user_id = $2 AND removed_at > $3")
        .bind(org)
        .bind(user)
        .bind(since)
        .opt(tx)
        .await?;
    Ok(row.map(|(role,)| Role::parse(&role)))
}
