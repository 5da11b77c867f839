//! The table `readings`: what platforms counted at published targets.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, Json as JsonColumn, Topic, Tx, q},
    error::{Error, Result},
    kit::{OrgId, TargetId},
    providers::Metric,
};

/// What was counted, and when that was.
#[derive(Debug, Clone, FromRow)]
pub struct Reading {
    /// The target.
    pub target_id: TargetId,
    /// In the platform's order.
    pub numbers: JsonColumn<Vec<Metric>>,
    /// When.
    pub read_at: DateTime<Utc>,
}

/// The last reading of some targets.
pub async fn readings_of(ex: impl Into<Ex<'_>>, org: OrgId, targets: &[TargetId]) -> Result<Vec<Reading>> {
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    q("SELECT target_id, numbers, read_at FROM readings WHERE org_id = $1")
        .bind(org)
        .list(" AND target_id IN ", targets.iter().copied())
        .all(ex)
        .await
}

/// Keeps a reading in place of the last one.
pub async fn keep_reading(tx: &mut Tx, (org, target): (OrgId, TargetId), numbers: &[Metric], now: DateTime<Utc>) -> Result<()> {
    q("INSERT INTO readings (target_id, org_id, numbers, read_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (target_id) DO UPDATE SET numbers = excluded.numbers, read_at = excluded.read_at")
    .bind(target)
    .bind(org)
    .bind(serde_json::to_value(numbers).map_err(Error::internal)?)
    .bind(now)
    .exec(tx)
    .await?;
    tx.publish(Topic::Posts(org));
    Ok(())
}
