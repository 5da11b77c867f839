//! What holds for the posts of one channel: its own choice, else its organisation's, else the configuration. Pure but for
//! the reading.

use chrono::{DateTime, TimeDelta, Utc};

use super::model;
use crate::{
    config,
    db::Ex,
    error::Result,
    kit::{ChannelId, OrgId},
    orgs::{LatePolicy, Rules, late::MOST_MINUTES},
};

/// A post that begins so much after its time is no longer on time: it is part of a backlog. No policy forgives less.
pub const ON_TIME: TimeDelta = TimeDelta::minutes(1);

/// What holds for the posts of one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// So late a post is sent all the same.
    pub late: TimeDelta,
    /// What becomes of a later one.
    pub then: LatePolicy,
    /// Posts a minute while a backlog is worked off; 0: as fast as they go.
    pub burst_per_minute: u32,
    /// Posts an hour at most; 0: as many as come.
    pub per_hour: u32,
}

impl Policy {
    /// That of a channel.
    pub async fn load(ex: impl Into<Ex<'_>>, config: &config::Delivery, org: OrgId, channel: ChannelId) -> Result<Self> {
        let (rules, own) = model::rules(ex, org, channel).await?;
        Ok(Self::of(config, &rules, own))
    }

    /// From the choices of an organisation and of one of its channels.
    pub fn of(config: &config::Delivery, org: &Rules, (minutes, policy): (Option<i64>, Option<LatePolicy>)) -> Self {
        let minutes = minutes.or(org.late_minutes).unwrap_or_else(|| config.late_minutes.into());
        let chosen = |n: Option<i64>, else_: u32| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(else_);
        let per_hour = chosen(org.channel_per_hour, config.channel_per_hour);
        Self {
            late: TimeDelta::minutes(minutes.clamp(1, MOST_MINUTES)),
            then: policy.or(org.late_policy).unwrap_or(LatePolicy::Hold),
            burst_per_minute: chosen(org.burst_per_minute, config.burst_per_minute),
            // The instance has the last word.
            per_hour: if config.channel_per_hour == 0 { per_hour } else { per_hour.min(config.channel_per_hour) },
        }
    }

    /// What is to become of something planned for `at`; `None`: it goes out.
    pub fn judge(&self, at: DateTime<Utc>, now: DateTime<Utc>) -> Option<LatePolicy> {
        (now - at > self.late).then_some(self.then)
    }
}

/// Rehearsals may be fast and repeat themselves.
pub fn is_exempt(config: &config::Delivery, provider: &str) -> bool {
    provider == "sandbox" && !config.limit_sandbox
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_channel_s_word_goes_before_the_organisation_s_and_that_before_the_configuration() {
        let config = config::Delivery::default();
        let none = Policy::of(&config, &Rules::default(), (None, None));
        assert_eq!(none, Policy { late: TimeDelta::hours(1), then: LatePolicy::Hold, burst_per_minute: 1, per_hour: 30 });
        let org = Rules {
            late_minutes: Some(5),
            late_policy: Some(LatePolicy::Skip),
            burst_per_minute: Some(4),
            channel_per_hour: Some(10),
        };
        let chosen = Policy::of(&config, &org, (None, None));
        assert_eq!(chosen, Policy { late: TimeDelta::minutes(5), then: LatePolicy::Skip, burst_per_minute: 4, per_hour: 10 });
        let own = Policy::of(&config, &org, (Some(7), Some(LatePolicy::NextFreeSlot)));
        assert_eq!((own.late, own.then), (TimeDelta::minutes(7), LatePolicy::NextFreeSlot));
        let greedy = Policy::of(&config, &Rules { channel_per_hour: Some(5_000), ..org }, (None, None));
        assert_eq!(greedy.per_hour, 30);
    }

    #[test]
    fn exactly_as_late_as_forgiven_is_forgiven() {
        let policy = Policy::of(&config::Delivery::default(), &Rules::default(), (None, None));
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(policy.judge(now - TimeDelta::minutes(60), now), None);
        assert_eq!(policy.judge(now - TimeDelta::minutes(60) - TimeDelta::seconds(1), now), Some(LatePolicy::Hold));
        let hasty = config::Delivery { late_minutes: 0, ..config::Delivery::default() };
        assert_eq!(Policy::of(&hasty, &Rules::default(), (None, None)).judge(now - ON_TIME, now), None);
    }
}
