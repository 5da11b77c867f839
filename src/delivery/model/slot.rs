//! What is planned on a channel already, and the lock under which a free posting time is taken.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, Tx, q},
    error::Result,
    kit::{ChannelId, OrgId, TargetId},
};

/// Holds channels until the transaction ends, so that two savers of the next free slot follow each other.
pub async fn lock_channels(tx: &mut Tx, org: OrgId, channels: &[ChannelId]) -> Result<()> {
    let _: Vec<(ChannelId,)> = q("SELECT id FROM channels WHERE org_id = $1")
        .bind(org)
        .list(" AND id IN ", channels.iter().copied())
        // In one order, so that two savers of several channels never wait for each other.
        .push(" ORDER BY id")
        // SQLite has one writer, and this transaction is it. Not FOR UPDATE, which new targets of others would wait for.
        .dialect(" FOR NO KEY UPDATE", "")
        .all(tx)
        .await?;
    Ok(())
}

/// The minutes since 1970 after `after` at which something of the channel is planned, drafts with a date included.
pub async fn planned(
    ex: impl Into<Ex<'_>>,
    org: OrgId,
    channel: ChannelId,
    after: DateTime<Utc>,
    except: &[TargetId],
) -> Result<HashSet<i64>> {
    let rows: Vec<(TargetId, DateTime<Utc>)> = q("SELECT id, due_at FROM targets
       WHERE channel_id = $1 AND due_at >= $2 AND org_id = $3 AND state <> 'cancelled' AND deleted_at IS NULL")
    .bind(channel)
    .bind(after)
    .bind(org)
    .all(ex)
    .await?;
    let others = rows.into_iter().filter(|(id, _)| !except.contains(id));
    Ok(others.map(|(_, due)| minute(due)).collect())
}

/// Two targets in one minute share their posting time.
pub fn minute(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(60)
}
