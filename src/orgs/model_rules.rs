//! The columns of `organisations` that say how its posts go out. `None` everywhere: as the instance is configured.

use super::LatePolicy;
use crate::{
    db::{Ex, FromRow, Tx, q},
    error::{OrNotFound as _, Result},
    kit::OrgId,
};

/// How the posts of an organisation go out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct Rules {
    /// How late a post may be and is sent all the same, 1 to [`super::late::MOST_MINUTES`].
    pub late_minutes: Option<i64>,
    /// What becomes of a later one.
    pub late_policy: Option<LatePolicy>,
    /// Posts a minute and channel while a backlog is worked off, 1 to 60.
    pub burst_per_minute: Option<i64>,
    /// Posts an hour and channel at most, 1 to 10,000.
    pub channel_per_hour: Option<i64>,
}

impl Rules {
    /// Those of an organisation.
    pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Self> {
        q("SELECT late_minutes, late_policy, burst_per_minute, channel_per_hour FROM organisations WHERE id = $1")
            .bind(org)
            .opt(ex)
            .await
            .or_not_found("organisation")
    }

    /// Stores them. They must have been checked.
    pub async fn save(&self, tx: &mut Tx, org: OrgId) -> Result<()> {
        q("UPDATE organisations SET late_minutes = $2, late_policy = $3, burst_per_minute = $4, channel_per_hour = $5 WHERE id = $1")
            .bind(org)
            .bind(self.late_minutes)
            .bind(self.late_policy.map(|p| p.as_str().to_owned()))
            .bind(self.burst_per_minute)
            .bind(self.channel_per_hour)
            .exec(tx)
            .await?;
        Ok(())
    }
}
