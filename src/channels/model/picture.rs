//! Pictures of accounts in the table `channels`: where the platform has them, where our copies are.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, Tx, q},
    error::{OrNotFound as _, Result},
    kit::{ChannelId, OrgId},
};

/// What is known of a channel's picture.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Portrait {
    /// Its address at the platform.
    pub picture_source: Option<String>,
    /// The path of our copy, or the address at the platform.
    pub picture: Option<String>,
}

impl Portrait {
    /// Of a channel that was not removed.
    pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId, id: ChannelId) -> Result<Self> {
        q("SELECT picture_source, picture FROM channels WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL")
            .bind(org)
            .bind(id)
            .opt(ex)
            .await
            .or_not_found("channel")
    }

    /// Notes what the platform gave, unless the channel was removed.
    pub async fn store(&self, tx: &mut Tx, (org, id): (OrgId, ChannelId), now: DateTime<Utc>) -> Result<bool> {
        let stored = q("UPDATE channels SET picture_source = $1, picture = $2, picture_at = $3
             WHERE org_id = $4 AND id = $5 AND deleted_at IS NULL")
        .bind(self.picture_source.as_deref())
        .bind(self.picture.as_deref())
        .bind(now)
        .bind(org)
        .bind(id);
        Ok(stored.exec(tx).await? == 1)
    }
}

/// Notes the handle that the account has today.
pub async fn set_handle(tx: &mut Tx, (org, id): (OrgId, ChannelId), handle: &str) -> Result<()> {
    q("UPDATE channels SET handle = $1 WHERE org_id = $2 AND id = $3 AND deleted_at IS NULL")
        .bind(handle)
        .bind(org)
        .bind(id)
        .exec(tx)
        .await?;
    Ok(())
}

/// Active channels of all organisations whose picture was not looked at since `before`, at most `limit`.
pub async fn stale(ex: impl Into<Ex<'_>>, before: DateTime<Utc>, limit: i64) -> Result<Vec<(OrgId, ChannelId)>> {
    q("SELECT org_id, id FROM channels WHERE deleted_at IS NULL AND state = 'active' AND (picture_at IS NULL OR picture_at < $1)
       ORDER BY id LIMIT $2")
    .bind(before)
    .bind(limit)
    .all(ex)
    .await
}
