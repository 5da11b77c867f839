//! The tables `lanes` and `targets` belong to delivery, which stands above. Three things are done here all the same: a lane is
//! made with its channel, in the same transaction, so that no channel is ever without one; and the channel list tells when a
//! channel is next due, and when something of it was last published.

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

/// When something of each channel of an organisation was last published, of what was due by now; channels of which nothing
/// ever was are not in it.
pub async fn last_published(ex: impl Into<Ex<'_>>, org: OrgId, now: DateTime<Utc>) -> Result<HashMap<ChannelId, DateTime<Utc>>> {
    let rows: Vec<(ChannelId, Option<DateTime<Utc>>)> = q("SELECT c.id, (SELECT t.published_at FROM targets t
           WHERE t.channel_id = c.id AND t.due_at <= $2 AND t.published_at IS NOT NULL ORDER BY t.due_at DESC LIMIT 1)
         FROM channels c WHERE c.org_id = $1 AND c.deleted_at IS NULL")
    .bind(org)
    .bind(now)
    .all(ex)
    .await?;
    Ok(rows.into_iter().filter_map(|(id, at)| Some((id, at?))).collect())
}
