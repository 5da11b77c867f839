//! The `sessions` table.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, Tx, q},
    error::Result,
    kit::{OrgId, SessionId, UserId},
};

/// A session with whose it is.
#[derive(FromRow)]
pub struct Holder {
    pub id: SessionId,
    pub user_id: UserId,
    pub org_id: OrgId,
    pub name: String,
    pub email: String,
    pub language: Option<String>,
    pub organisation: String,
    pub zone: String,
    pub role: String,
    pub operator: bool,
    pub seen_at: DateTime<Utc>,
}

/// By the cookie's hash, unless it is over at `now`.
pub async fn holder(ex: impl Into<Ex<'_>>, hash: [u8; 32], now: DateTime<Utc>) -> Result<Option<Holder>> {
    q("SELECT s.id, s.user_id, s.org_id, u.name, u.email, u.language, o.name AS organisation, o.zone, m.role, u.operator, s.seen_at
       FROM sessions s
       JOIN users u ON u.id = s.user_id
       JOIN organisations o ON o.id = s.org_id
       JOIN memberships m ON m.org_id = s.org_id AND m.user_id = s.user_id
       WHERE s.token_hash = $1 AND s.expires_at > $2")
    .bind(hash.to_vec())
    .bind(now)
    .opt(ex)
    .await
}

/// A session as its owner sees it.
#[derive(Debug, FromRow)]
pub struct Session {
    pub id: SessionId,
    pub agent: String,
    pub address: String,
    pub seen_at: DateTime<Utc>,
}

/// Those of a person that are not over, latest first.
pub async fn of_user(ex: impl Into<Ex<'_>>, user: UserId, now: DateTime<Utc>) -> Result<Vec<Session>> {
    q("SELECT id, agent, address, seen_at FROM sessions WHERE user_id = $1 AND expires_at > $2 ORDER BY seen_at DESC, id")
        .bind(user)
        .bind(now)
        .all(ex)
        .await
}

/// A new session.
pub struct NewSession<'a> {
    pub hash: [u8; 32],
    pub user: UserId,
    pub org: OrgId,
    pub agent: &'a str,
    pub address: &'a str,
}

/// Opens a session and drops those of the person that are over.
pub async fn insert(tx: &mut Tx, new: NewSession<'_>, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<()> {
    q("DELETE FROM sessions WHERE user_id = $1 AND expires_at <= $2").bind(new.user).bind(now).exec(tx).await?;
    q("INSERT INTO sessions (id, token_hash, user_id, org_id, agent, address, created_at, seen_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)")
    .bind(SessionId::new())
    .bind(new.hash.to_vec())
    .bind(new.user)
    .bind(new.org)
    .bind(new.agent)
    .bind(new.address)
    .bind(now)
    .bind(until)
    .exec(tx)
    .await?;
    Ok(())
}

/// Notes a use, unless somebody noted one after `seen`.
pub async fn touch(tx: &mut Tx, id: SessionId, seen: DateTime<Utc>, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<()> {
    q("UPDATE sessions SET seen_at = $3, expires_at = $4 WHERE id = $1 AND seen_at <= $2")
        .bind(id)
        .bind(seen)
        .bind(now)
        .bind(until)
        .exec(tx)
        .await?;
    Ok(())
}

/// Ends one; false when the person has no such session.
pub async fn delete(tx: &mut Tx, user: UserId, id: SessionId) -> Result<bool> {
    Ok(q("DELETE FROM sessions WHERE user_id = $1 AND id = $2").bind(user).bind(id).exec(tx).await? == 1)
}

/// Ends all of a person, but not `keep`.
pub async fn delete_others(tx: &mut Tx, user: UserId, keep: Option<SessionId>) -> Result<()> {
    let delete = q("DELETE FROM sessions WHERE user_id = $1").bind(user);
    match keep {
        Some(keep) => delete.and(" AND id <> ", keep).exec(tx).await?,
        None => delete.exec(tx).await?,
    };
    Ok(())
}

/// Removes those that are over.
pub async fn prune(tx: &mut Tx, now: DateTime<Utc>) -> Result<()> {
    q("DELETE FROM sessions WHERE expires_at <= $1").bind(now).exec(tx).await?;
    Ok(())
}
