//! The table `lanes` belongs to delivery, which stands above. Two things are done here all the same: a lane is made with
//! its channel, in the same transaction, so that no channel is ever without one; and the channel list tells when a
//! channel is next due.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, Tx, q},
    error::Result,
    kit::{ChannelId, OrgId},
};

/// Makes the channel's lane, unless it has one.
pub async fn open(tx: &mut Tx, org: OrgId, channel: ChannelId) -> Result<()> {
    q("INSERT INTO lanes (channel_id, org_id, epoch) VALUES ($1, $2, 0) ON CONFLICT (channel_id) DO NOTHING")
        .bind(channel)
        .bind(org)
        .exec(tx)
        .await?;
    Ok(())
}

/// When each channel of an organisation has something to do next; channels with nothing planned are not in it.
pub async fn next_due(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<HashMap<ChannelId, DateTime<Utc>>> {
    let rows: Vec<(ChannelId, DateTime<Utc>)> =
        q("SELECT channel_id, next_due FROM lanes WHERE org_id = $1 AND next_due IS NOT NULL").bind(org).all(ex).await?;
    Ok(rows.into_iter().collect())
}
