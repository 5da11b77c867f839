//! What does not go out now: a channel that rests, a time that has passed, a limit that is used up. The worker's side of
//! [`super::policy`] and [`super::limits`].

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    PartState, catch_up,
    lane::Worker,
    limits::{self, Cause, Limit, Wait},
    model::{self, Due, Lane, Step},
    policy::{ON_TIME, Policy, is_exempt},
};
use crate::{
    channels::{Channel, ChannelState},
    db::Topic,
    error::{Error, Result},
    orgs::LatePolicy,
};

/// Why a due part stays.
enum Stay {
    /// Held until its channel works.
    Channel(&'static str),
    /// Too late.
    Late(LatePolicy),
}

impl Worker {
    /// What holds for a channel; not read when nothing of what is due can depend on it.
    pub(super) async fn policy(&self, channel: &Channel, due: &[Due]) -> Result<Option<Policy>> {
        let (config, now) = (&self.app.config.delivery, self.app.clock.now());
        let on_time = due.iter().all(|d| d.due_at.is_none_or(|at| now - at <= ON_TIME));
        if on_time && is_exempt(config, &channel.provider) {
            return Ok(None);
        }
        Policy::load(&self.app.db, config, channel.org_id, channel.id).await.map(Some)
    }

    /// Keeps back what must not go out now; false when it may go.
    pub(super) async fn keep_back(&self, channel: &Channel, policy: Option<&Policy>, due: &Due) -> Result<bool> {
        match self.reason_to_stay(channel, policy, due) {
            None => Ok(false),
            Some(Stay::Channel(reason)) => self.hold(due, reason).await.map(|()| true),
            Some(Stay::Late(then)) => self.miss(due, then).await.map(|()| true),
        }
    }

    /// True when it would be kept back.
    pub(super) fn stays(&self, channel: &Channel, policy: Option<&Policy>, due: &Due) -> bool {
        self.reason_to_stay(channel, policy, due).is_some()
    }

    fn reason_to_stay(&self, channel: &Channel, policy: Option<&Policy>, due: &Due) -> Option<Stay> {
        // By the time it was planned for last: what was put off for a limit or a backlog is not late for that.
        let planned = due.part.next_at.filter(|_| !due.has_begun());
        match channel.state {
            _ if due.removed => None,
            // What the platform has, or may have, is followed to its end even on a paused channel.
            _ if matches!(due.part.state, PartState::Uncertain | PartState::Processing) => None,
            ChannelState::Paused => Some(Stay::Channel("paused")),
            ChannelState::Reconnect => Some(Stay::Channel("reconnect")),
            // It may have been sent in time by a former life of this database: that is found out first.
            ChannelState::Active if due.lookup_since.is_some() => None,
            ChannelState::Active => policy?.judge(planned?, self.app.clock.now()).map(Stay::Late),
        }
    }

    /// Holds the target of a due part.
    pub(super) async fn hold(&self, due: &Due, reason: &'static str) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        if !model::take(&mut tx, &due.part).await? {
            // A person was faster.
            return Ok(());
        }
        match model::find_target(&mut tx, due.part.org_id, due.part.target_id).await {
            Ok(target) => model::hold(&mut tx, &target, reason, self.app.clock.now()).await?,
            // Removed: there is nobody to hold it for.
            Err(Error::NotFound(_)) => {}
            Err(e) => return Err(e),
        }
        // The channel may work again by now.
        tx.publish(Topic::Channels);
        tx.commit().await
    }

    async fn miss(&self, due: &Due, then: LatePolicy) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        if then == LatePolicy::NextFreeSlot {
            // Before the part, as those do who save posts.
            model::lock_channels(&mut tx, due.part.org_id, &[due.part.channel_id]).await?;
        }
        if !model::take(&mut tx, &due.part).await? {
            return Ok(());
        }
        match model::find_target(&mut tx, due.part.org_id, due.part.target_id).await {
            Ok(target) => catch_up::apply(&mut tx, &target, then, self.app.clock.now()).await?,
            Err(Error::NotFound(_)) => {}
            Err(e) => return Err(e),
        }
        tx.commit().await
    }

    /// The limits that a run of a due part comes under.
    pub(super) fn limits(&self, channel: &Channel, policy: Option<&Policy>, due: &Due, steps: &[Step]) -> Arc<[Limit]> {
        let configured = self.app.config.providers.get(&channel.provider).and_then(|p| p.rates.as_deref());
        let rates = configured.or_else(|| Some(channel.provider()?.about().rates)).unwrap_or_default();
        let mut limits = limits::of_platform(rates, &channel.provider, channel.org_id, channel.id);
        let is_counted = due.part.position > 0 || steps.iter().any(|s| s.effect != "repeatable");
        if let Some(policy) = policy.filter(|_| !is_counted) {
            let (org, id) = (channel.org_id, channel.id);
            if policy.per_hour > 0 && !is_exempt(&self.app.config.delivery, &channel.provider) {
                limits.push(limits::hourly(policy.per_hour, org, id));
            }
            if policy.burst_per_minute > 0 && due.due_at.is_some_and(|at| at < overdue(self.app.clock.now())) {
                limits.push(limits::pace(policy.burst_per_minute, org, id));
            }
        }
        limits.into()
    }

    /// Puts a part off for which there is no room, and with it whatever else would meet the same limit.
    pub(super) async fn put_off(&self, lane: Lane, policy: Option<&Policy>, due: &Due, wait: Wait) -> Result<()> {
        // What has just been put off is not due again, however long this took.
        let now = self.app.clock.now().min(wait.until - TimeDelta::microseconds(1));
        // What is older than the policy forgives has yet to be judged, and must not look as if it were planned anew.
        let within = (policy.map_or(DateTime::UNIX_EPOCH, |p| now - p.late), now);
        let channel = lane.channel_id;
        let mut tx = self.app.db.begin().await?;
        let is_ours = model::put_off(&mut tx, &due.part, wait.until).await?;
        match wait.cause {
            Cause::Platform => model::push_back(&mut tx, channel, wait.until, within).await?,
            Cause::Backlog => {
                let spacing = limits::spacing(policy.map_or(1, |p| p.burst_per_minute));
                model::space_out(&mut tx, channel, (wait.until + spacing, spacing), overdue(now), within).await?;
            }
            Cause::Hour => {
                let mut held = model::push_posts_back(&mut tx, channel, wait.until, within).await?;
                if is_ours && !due.removed {
                    held.insert(0, model::find_target(&mut tx, due.part.org_id, due.part.target_id).await?);
                }
                for target in held {
                    catch_up::hold_for_the_hour(&mut tx, &target, wait.until, now).await?;
                }
            }
        }
        model::changed(&mut tx, lane.org_id, channel).await?;
        tx.commit().await
    }
}

/// What was due before is part of a backlog.
fn overdue(now: DateTime<Utc>) -> DateTime<Utc> {
    now - ON_TIME
}
