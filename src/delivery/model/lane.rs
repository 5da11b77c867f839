//! Lanes: who may send to a channel now.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    db::{Ex, FromRow, Tx, q},
    error::Result,
    kit::{ChannelId, OrgId},
};

/// A claimed lane.
#[derive(Debug, Clone, Copy, FromRow)]
pub struct Lane {
    /// The channel.
    pub channel_id: ChannelId,
    /// Its tenant.
    pub org_id: OrgId,
    /// Raised by every claim; results are written only under the newest.
    pub epoch: i64,
    /// Processes in a row that died while they had it, before anything on it came to an end.
    pub crashes: i64,
}

/// Sets `next_due` to the earliest time at which a part of the channel wants to be looked at.
pub async fn refresh(tx: &mut Tx, channel: ChannelId) -> Result<()> {
    q("UPDATE lanes SET next_due = (SELECT min(next_at) FROM parts WHERE channel_id = $1 AND next_at IS NOT NULL) WHERE channel_id = $1")
        .bind(channel)
        .exec(tx)
        .await?;
    Ok(())
}

/// Claims up to `limit` lanes that are due, free or abandoned, the longest due first.
pub async fn claim(tx: &mut Tx, worker: Uuid, now: DateTime<Utc>, lease_until: DateTime<Utc>, limit: i64) -> Result<Vec<Lane>> {
    q("UPDATE lanes SET epoch = epoch + 1, worker = $1, lease_until = $3,
         crashes = crashes + CASE WHEN lease_until IS NULL THEN 0 ELSE 1 END WHERE channel_id IN (
         SELECT channel_id FROM lanes WHERE next_due <= $2 AND (blocked_until IS NULL OR blocked_until <= $2)
         AND (lease_until IS NULL OR (lease_until < $2 AND worker <> $1)) ORDER BY next_due LIMIT $4")
    .bind(worker)
    .bind(now)
    .bind(lease_until)
    .bind(limit)
    // Several workers on one Postgres pass each other's rows; SQLite has one writer.
    .dialect(" FOR UPDATE SKIP LOCKED", "")
    .push(") RETURNING channel_id, org_id, epoch, crashes")
    .all(tx)
    .await
}

/// When the next lane can be claimed: due, no longer blocked, and free or abandoned by another worker.
pub async fn next_wake(ex: impl Into<Ex<'_>>, worker: Uuid) -> Result<Option<DateTime<Utc>>> {
    let (at,): (Option<DateTime<Utc>>,) = q("SELECT min(CASE
           WHEN lease_until > next_due AND (blocked_until IS NULL OR lease_until > blocked_until) THEN lease_until
           WHEN blocked_until > next_due THEN blocked_until
           ELSE next_due END)
         FROM lanes WHERE next_due IS NOT NULL AND (lease_until IS NULL OR worker <> $1)")
    .bind(worker)
    .one(ex)
    .await?;
    Ok(at)
}

/// Gives a lane back under its epoch.
pub async fn release(tx: &mut Tx, lane: Lane) -> Result<()> {
    refresh(tx, lane.channel_id).await?;
    q("UPDATE lanes SET worker = NULL, lease_until = NULL, crashes = 0 WHERE channel_id = $1 AND epoch = $2")
        .bind(lane.channel_id)
        .bind(lane.epoch)
        .exec(tx)
        .await?;
    Ok(())
}

/// A sign of life: all lanes of this worker stay its own until `until`.
pub async fn extend_leases(tx: &mut Tx, worker: Uuid, until: DateTime<Utc>) -> Result<u64> {
    q("UPDATE lanes SET lease_until = $2 WHERE worker = $1 AND lease_until IS NOT NULL").bind(worker).bind(until).exec(tx).await
}

/// Frees every lane: only for a process that is alone on the database.
pub async fn forget_leases(tx: &mut Tx) -> Result<u64> {
    q("UPDATE lanes SET worker = NULL, lease_until = NULL, crashes = crashes + 1 WHERE lease_until IS NOT NULL").exec(tx).await
}

/// Something on the lane came to an end: whoever died at it before did not die of that.
pub async fn survived(tx: &mut Tx, lane: Lane) -> Result<()> {
    q("UPDATE lanes SET crashes = 0 WHERE channel_id = $1 AND epoch = $2")
        .bind(lane.channel_id)
        .bind(lane.epoch)
        .exec(tx)
        .await?;
    Ok(())
}
