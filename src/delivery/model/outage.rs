//! Times in which no engine showed life, and what was due meanwhile.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    db::{Ex, FromRow, Tx, q},
    error::{OrNotFound as _, Result},
    kit::{OrgId, OutageId},
};

/// Silence that people are told about.
const SILENCE: TimeDelta = TimeDelta::minutes(5);
/// Outages are forgotten after so long.
const KEPT: TimeDelta = TimeDelta::days(90);

/// A time without a sign of life.
#[derive(Debug, Clone, FromRow)]
pub struct Outage {
    /// Its id.
    pub id: OutageId,
    /// The last sign of life before.
    pub began_at: DateTime<Utc>,
    /// The first one after.
    pub ended_at: DateTime<Utc>,
}

/// What an organisation is told about an outage.
#[derive(Debug, Clone, FromRow)]
pub struct OutageNote {
    /// Which outage.
    pub outage_id: OutageId,
    /// How many of its targets were due meanwhile.
    pub due: i64,
}

/// The last sign of life of any engine.
pub async fn last_sign(ex: impl Into<Ex<'_>>) -> Result<Option<DateTime<Utc>>> {
    let (last,): (Option<DateTime<Utc>>,) = q("SELECT heartbeat_at FROM instance").one(ex).await?;
    Ok(last)
}

/// The last sign of life, when it lies more than five minutes before `now`.
pub async fn silent_since(ex: impl Into<Ex<'_>>, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    Ok(last_sign(ex).await?.filter(|last| now - *last > SILENCE))
}

/// Writes down that nobody showed life since `last`, and what was due meanwhile. Shows life itself, so that of several engines
/// that start together one writes; `None` for the others.
pub async fn record_outage(tx: &mut Tx, last: DateTime<Utc>, now: DateTime<Utc>) -> Result<Option<Outage>> {
    let first =
        q("UPDATE instance SET heartbeat_at = $2 WHERE id = 1 AND heartbeat_at = $1").bind(last).bind(now).exec(tx).await?;
    if first == 0 {
        return Ok(None);
    }
    let outage = Outage { id: OutageId::new(), began_at: last, ended_at: now };
    q("DELETE FROM outages WHERE ended_at < $1").bind(now - KEPT).exec(tx).await?;
    q("INSERT INTO outages (id, began_at, ended_at, due) VALUES ($1, $2, $3, 0)")
        .bind(outage.id)
        .bind(last)
        .bind(now)
        .exec(tx)
        .await?;
    write_down(tx, &outage).await?;
    Ok(Some(outage))
}

async fn write_down(tx: &mut Tx, outage: &Outage) -> Result<()> {
    // By organisation, for that is how targets are found by their time.
    q("INSERT INTO outage_targets (outage_id, org_id, due_at, target_id)
       SELECT $1, o.id, t.due_at, t.id FROM organisations o JOIN targets t ON t.org_id = o.id
       WHERE t.due_at > $2 AND t.due_at <= $3 AND t.deleted_at IS NULL AND t.state NOT IN ('draft', 'cancelled')
         AND (t.published_at IS NULL OR t.published_at > $2)")
    .bind(outage.id)
    .bind(outage.began_at)
    .bind(outage.ended_at)
    .exec(tx)
    .await?;
    q("INSERT INTO outage_notes (org_id, outage_id, due) SELECT org_id, outage_id, count(*) FROM outage_targets WHERE outage_id = $1 GROUP BY org_id, outage_id")
        .bind(outage.id)
        .exec(tx)
        .await?;
    q("UPDATE outages SET due = (SELECT count(*) FROM outage_targets WHERE outage_id = $1) WHERE id = $1")
        .bind(outage.id)
        .exec(tx)
        .await?;
    Ok(())
}

/// An outage, when it concerned the organisation.
pub async fn find_outage(ex: impl Into<Ex<'_>>, org: OrgId, id: OutageId) -> Result<Outage> {
    q("SELECT o.id, o.began_at, o.ended_at FROM outages o JOIN outage_notes n ON n.outage_id = o.id WHERE n.org_id = $1 AND o.id = $2")
        .bind(org)
        .bind(id)
        .opt(ex)
        .await
        .or_not_found("outage")
}

/// The newest outage that an organisation has not seen yet.
pub async fn newest_outage(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Option<OutageNote>> {
    q("SELECT outage_id, due FROM outage_notes WHERE org_id = $1 AND dismissed_at IS NULL ORDER BY outage_id DESC LIMIT 1")
        .bind(org)
        .opt(ex)
        .await
}

/// A person has seen it: neither it nor an older one is shown any more.
pub async fn dismiss_outage(tx: &mut Tx, org: OrgId, id: OutageId, now: DateTime<Utc>) -> Result<()> {
    let seen = q("UPDATE outage_notes SET dismissed_at = $3 WHERE org_id = $1 AND outage_id <= $2 AND dismissed_at IS NULL")
        .bind(org)
        .bind(id)
        .bind(now)
        .exec(tx)
        .await?;
    if seen == 0 {
        find_outage(tx, org, id).await?;
    }
    Ok(())
}
