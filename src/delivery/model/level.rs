//! The table `buckets`: what is used of each limit.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::{
    db::{FromRow, Json as JsonColumn, Tx, Value, q},
    delivery::{
        bucket::Level,
        limits::{Heeded, Limit},
    },
    error::Result,
    kit::{ChannelId, OrgId},
};

/// A row.
#[derive(Debug, Clone, FromRow)]
pub struct StoredLevel {
    /// See [`Limit::key`].
    pub key: String,
    /// See [`Level::full_at`].
    pub full_at: DateTime<Utc>,
    /// See [`Level::taken`].
    pub taken: JsonColumn<Vec<(i64, i64)>>,
}

/// Those that nobody else uses meanwhile: the lane of their channel is ours.
pub async fn levels(tx: &mut Tx, keys: Vec<String>) -> Result<Vec<StoredLevel>> {
    q("SELECT key, full_at, taken FROM buckets").list(" WHERE key IN ", keys).all(tx).await
}

/// Those that several workers use, made when they are missing and locked in the order of their keys.
pub async fn lock_levels(tx: &mut Tx, keys: BTreeMap<String, Option<OrgId>>) -> Result<Vec<StoredLevel>> {
    let rows = keys.into_iter().map(|(key, org)| row(key, org, &Level::UNUSED));
    q("INSERT INTO buckets (key, org_id, full_at, taken)")
        .rows(" VALUES ", rows)
        // Changes nothing, but waits for whoever has the row and then has it itself, on both databases.
        .push(" ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING key, full_at, taken")
        .all(tx)
        .await
}

/// Stores levels; at least one.
pub async fn set_levels(tx: &mut Tx, levels: Vec<(String, Option<OrgId>, Level)>) -> Result<()> {
    q("INSERT INTO buckets (key, org_id, full_at, taken)")
        .rows(" VALUES ", levels.into_iter().map(|(key, org, level)| row(key, org, &level)))
        .push(" ON CONFLICT (key) DO UPDATE SET full_at = excluded.full_at, taken = excluded.taken")
        .exec(tx)
        .await?;
    Ok(())
}

fn row(key: String, org: Option<OrgId>, level: &Level) -> Vec<Value> {
    vec![key.into(), org.into(), level.full_at.into(), json!(level.taken).into()]
}

/// Does what a platform's word asks for. Only for the worker that has the channel's lane.
pub async fn heed(tx: &mut Tx, channel: ChannelId, heeded: &Heeded, now: DateTime<Utc>) -> Result<()> {
    for (Limit { key, org, rule, .. }, remaining) in &heeded.lowered {
        let stored = levels(tx, vec![key.clone()]).await?.pop();
        let mut level = stored.map_or(Level::UNUSED, |s| Level { full_at: s.full_at, taken: s.taken.0 });
        rule.lower(&mut level, *remaining, now);
        set_levels(tx, vec![(key.clone(), *org, level)]).await?;
    }
    if let Some(until) = heeded.blocked_until {
        q("UPDATE lanes SET blocked_until = $2 WHERE channel_id = $1 AND (blocked_until IS NULL OR blocked_until < $2)")
            .bind(channel)
            .bind(until)
            .exec(tx)
            .await?;
    }
    Ok(())
}
