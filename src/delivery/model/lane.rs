//! Lanes: who may send to a channel now.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    db::{Db, Ex, FromRow, Q, Tx, portions, q},
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
    lock(tx, &[channel]).await?;
    q("UPDATE lanes SET next_due = (SELECT min(next_at) FROM parts WHERE channel_id = $1 AND next_at IS NOT NULL) WHERE channel_id = $1")
        .bind(channel)
        .exec(tx)
        .await?;
    Ok(())
}

/// Holds lanes until the transaction ends. On Postgres a statement that waits for a row goes on with what it saw before
/// the wait: two that set `next_due` at the same time must follow each other from their start, or one of them forgets
/// the other's part for good. Everybody takes several lanes in this order.
async fn lock(tx: &mut Tx, channels: &[ChannelId]) -> Result<()> {
    let mut channels = channels.to_vec();
    channels.sort_unstable();
    for portion in portions(&channels) {
        let _: Vec<(ChannelId,)> = q("SELECT channel_id FROM lanes")
            .list(" WHERE channel_id IN ", portion.iter().copied())
            .push(" ORDER BY channel_id")
            // SQLite has one writer.
            .dialect(" FOR UPDATE", "")
            .all(&mut *tx)
            .await?;
    }
    Ok(())
}

/// A lane that could be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Candidate {
    /// The channel.
    pub channel_id: ChannelId,
    /// Its tenant.
    pub org_id: OrgId,
    /// How many due lanes of its organisation have waited longer, counting itself.
    pub turn: i64,
}

/// Lanes that are due, free or abandoned, at most `limit`: of each organisation the longest due one first, then the
/// second of each, and so on; of those due since the same instant, the one that was claimed less often, so that who gave
/// its place up comes after who waits for one. None of the organisations in `full`.
pub async fn candidates(db: &Db, worker: Uuid, (now, limit): (DateTime<Utc>, usize), full: &[OrgId]) -> Result<Vec<Candidate>> {
    let due = q("SELECT channel_id, org_id, turn FROM (
         SELECT channel_id, org_id, next_due, row_number() OVER (PARTITION BY org_id ORDER BY next_due, epoch, channel_id) AS turn FROM lanes
         WHERE next_due <= $2 AND (blocked_until IS NULL OR blocked_until <= $2)
         AND (lease_until IS NULL OR (lease_until < $2 AND worker <> $1))")
    .bind(worker)
    .bind(now);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    without(due, full).push(") AS due ORDER BY turn, next_due").and(" LIMIT ", limit).all(db).await
}

/// Claims those of the lanes that nobody else has claimed since.
pub async fn claim(
    tx: &mut Tx,
    worker: Uuid,
    (now, lease_until): (DateTime<Utc>, DateTime<Utc>),
    channels: &[ChannelId],
) -> Result<Vec<Lane>> {
    let mut claimed = Vec::with_capacity(channels.len());
    for portion in portions(channels) {
        let lanes: Vec<Lane> = q(
            "UPDATE lanes SET epoch = epoch + 1, worker = $1, lease_until = $3,
               crashes = crashes + CASE WHEN lease_until IS NULL THEN 0 ELSE 1 END WHERE channel_id IN (SELECT channel_id FROM lanes
               WHERE next_due <= $2 AND (lease_until IS NULL OR (lease_until < $2 AND worker <> $1))",
        )
        .bind(worker)
        .bind(now)
        .bind(lease_until)
        .list(" AND channel_id IN ", portion.iter().copied())
        // Several workers on one Postgres pass each other's rows; SQLite has one writer.
        .dialect(" FOR UPDATE SKIP LOCKED", "")
        .push(") RETURNING channel_id, org_id, epoch, crashes")
        .all(&mut *tx)
        .await?;
        claimed.extend(lanes);
    }
    Ok(claimed)
}

fn without(query: Q, full: &[OrgId]) -> Q {
    if full.is_empty() { query } else { query.list(" AND org_id NOT IN ", full.iter().copied()) }
}

/// When the next lane can be claimed: due, no longer blocked, free or abandoned by another worker, and not of an
/// organisation that has its share.
pub async fn next_wake(ex: impl Into<Ex<'_>>, worker: Uuid, full: &[OrgId]) -> Result<Option<DateTime<Utc>>> {
    let mut ex = ex.into();
    let free = q("SELECT next_due FROM lanes WHERE next_due IS NOT NULL AND lease_until IS NULL
       AND (blocked_until IS NULL OR blocked_until <= next_due)");
    let free: Option<(DateTime<Utc>,)> = without(free, full).push(" ORDER BY next_due LIMIT 1").opt(&mut ex).await?;
    // The condition of the index `lanes_bound`, then who of these counts.
    let bound = q("SELECT min(CASE
           WHEN lease_until > next_due AND (blocked_until IS NULL OR lease_until > blocked_until) THEN lease_until
           WHEN blocked_until > next_due THEN blocked_until
           ELSE next_due END)
         FROM lanes WHERE next_due IS NOT NULL AND (lease_until IS NOT NULL OR blocked_until IS NOT NULL)
         AND (lease_until IS NULL OR worker <> $1)")
    .bind(worker);
    let (bound,): (Option<DateTime<Utc>>,) = without(bound, full).one(&mut ex).await?;
    Ok(free.map(|(at,)| at).into_iter().chain(bound).min())
}

/// Gives lanes back under their epochs, each with the time at which it wants to be looked at next.
pub async fn release(tx: &mut Tx, lanes: Vec<Lane>) -> Result<()> {
    if lanes.is_empty() {
        return Ok(());
    }
    let channels: Vec<ChannelId> = lanes.iter().map(|l| l.channel_id).collect();
    lock(tx, &channels).await?;
    for portion in portions(&lanes) {
        q("UPDATE lanes SET next_due = (SELECT min(p.next_at) FROM parts p WHERE p.channel_id = lanes.channel_id AND p.next_at IS NOT NULL),
             worker = CASE WHEN epoch = v.column2 THEN NULL ELSE worker END,
            crashes = CASE WHEN epoch = v.column2 THEN 0 ELSE crashes END,
             lease_until = CASE WHEN epoch = v.column2 THEN NULL ELSE lease_until END FROM (")
            .rows("VALUES ", portion.iter().map(|l| vec![l.channel_id.into(), l.epoch.into()]))
            .push(") AS v WHERE lanes.channel_id = v.column1")
            .exec(tx)
            .await?;
    }
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
