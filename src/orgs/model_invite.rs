//! The table `invites`.

use chrono::{DateTime, Utc};

use super::Role;
use crate::{
    db::{Ex, FromRow, Tx, q},
    error::Result,
    kit::{InviteId, OrgId, UserId},
};

/// An invitation that can still be accepted, as its link shows it.
#[derive(Debug, Clone, FromRow)]
pub struct Offer {
    /// Its id.
    pub id: InviteId,
    /// The organisation.
    pub org_id: OrgId,
    /// Its name.
    pub organisation: String,
    /// The stored word of the role.
    pub role: String,
    /// For whom it was made.
    pub email: Option<String>,
    /// Who made it; `None`: they are gone.
    pub inviter: Option<String>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

const SELECT: &str = "SELECT i.id, i.org_id, o.name AS organisation, i.role, i.email, u.name AS inviter, i.expires_at
   FROM invites i JOIN organisations o ON o.id = i.org_id LEFT JOIN users u ON u.id = i.invited_by
   WHERE i.used_at IS NULL AND i.revoked_at IS NULL";

/// By the token's hash, while it can be accepted.
pub async fn by_hash(ex: impl Into<Ex<'_>>, hash: [u8; 32], now: DateTime<Utc>) -> Result<Option<Offer>> {
    q(SELECT).and(" AND i.token_hash = ", hash.to_vec()).and(" AND i.expires_at > ", now).opt(ex).await
}

/// By id, while it can be accepted.
pub async fn by_id(ex: impl Into<Ex<'_>>, org: OrgId, id: InviteId, now: DateTime<Utc>) -> Result<Option<Offer>> {
    q(SELECT).and(" AND i.org_id = ", org).and(" AND i.id = ", id).and(" AND i.expires_at > ", now).opt(ex).await
}

/// Those of an organisation that can be accepted, newest first.
pub async fn open(ex: impl Into<Ex<'_>>, org: OrgId, now: DateTime<Utc>) -> Result<Vec<Offer>> {
    q(SELECT).and(" AND i.org_id = ", org).and(" AND i.expires_at > ", now).push(" ORDER BY i.id DESC LIMIT 200").all(ex).await
}

/// A new invitation.
pub struct NewInvite<'a> {
    pub id: InviteId,
    pub hash: [u8; 32],
    pub role: Role,
    pub email: Option<&'a str>,
    pub by: Option<UserId>,
}

/// Adds one.
pub async fn insert(tx: &mut Tx, org: OrgId, new: NewInvite<'_>, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<()> {
    q("INSERT INTO invites (id, org_id, token_hash, role, email, invited_by, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(new.id)
    .bind(org)
    .bind(new.hash.to_vec())
    .bind(new.role.as_str())
    .bind(new.email)
    .bind(new.by)
    .bind(now)
    .bind(until)
    .exec(tx)
    .await?;
    Ok(())
}

/// Uses one up; false when somebody was faster, or it is over.
pub async fn take(tx: &mut Tx, id: InviteId, user: UserId, now: DateTime<Utc>) -> Result<bool> {
    let taken = q("UPDATE invites SET used_at = $2, used_by = $3
       WHERE id = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $2")
    .bind(id)
    .bind(now)
    .bind(user)
    .exec(tx)
    .await?;
    Ok(taken == 1)
}

/// Ends one that can be accepted, or with `None` takes that back; false when there is no such.
pub async fn set_revoked(tx: &mut Tx, org: OrgId, id: InviteId, at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<bool> {
    let set = q("UPDATE invites SET revoked_at = $3 WHERE org_id = $1 AND id = $2 AND used_at IS NULL AND expires_at > $4");
    Ok(set.bind(org).bind(id).bind(at).bind(now).exec(tx).await? == 1)
}
