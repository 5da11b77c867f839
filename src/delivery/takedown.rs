//! Deletes what is live at its platform, because a person asked for it.
//!
//! Beside the lanes: a deletion sends nothing new, may be repeated (gone already is gone), and waits for no place among
//! posts. It is a job, so that whoever dies at it is followed by somebody else; what has been deleted is on disk remote by
//! remote, and each attempt before it leaves, as of everything that others see.

use std::{panic::AssertUnwindSafe, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Target, TargetState,
    candidates::Nothing,
    model::{self, Standing, Takedown, find_target},
    state::TakedownState,
    trail::note,
};
use crate::{
    app::App,
    channels::{Channel, ChannelState, Vault, apps, mark_reconnect},
    db::{Topic, Tx},
    error::{Error, Failure, FailureKind, Message, Result},
    instance,
    kit::{AttemptId, OrgId, TargetId, UserId, crypto::sha256, text::Doc},
    media::Files,
    providers::Call,
    queue::{self, Job, Policy, Stop},
};

/// For so long it can be taken back: nothing leaves before.
pub const GRACE: TimeDelta = TimeDelta::seconds(10);
/// Longest that one deletion may take.
const LONGEST: Duration = Duration::from_secs(60);
/// A platform that cannot take it is asked again for so long.
const PATIENCE: TimeDelta = TimeDelta::hours(24);
/// Longest wait between two tries; also that of an instance that is held.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(15);

/// True when what a provider published in this state can be deleted by us, as far as that tells; [`take_down`] looks closer.
pub fn can_take_down(provider: &str, state: TargetState) -> bool {
    let is_live = matches!(state, TargetState::Published | TargetState::PublishedIncomplete);
    is_live && crate::providers::find(provider).is_some_and(|p| p.about().can.delete)
}

/// Asks for everything of a target to be deleted at its platform. It begins after [`GRACE`].
///
/// [`Error::Conflict`] when nothing of it is live, when its platform or its channel cannot delete, when nobody knows what
/// it is there, and when it was asked for already.
pub async fn take_down(tx: &mut Tx, org: OrgId, id: TargetId, user: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
    let target = find_target(&mut *tx, org, id).await?;
    if !matches!(target.state, TargetState::Published | TargetState::PublishedIncomplete) {
        return Err(Error::conflict("error.not_live"));
    }
    let channel = match Channel::find(&mut *tx, org, target.channel_id).await {
        Err(Error::NotFound(_)) => return Err(Error::conflict("error.channel_is_gone")),
        found => found?,
    };
    if !can_take_down(&channel.provider, target.state) {
        let name = channel.provider().map_or(channel.provider.as_str(), |p| p.about().name);
        return Err(Error::Conflict(Message::new("error.cannot_take_down").with("provider", name)));
    }
    let standing = model::standing(&mut *tx, org, id).await?;
    if standing.is_empty() || !standing.iter().all(Standing::is_known) {
        return Err(Error::conflict("error.unknown_remote"));
    }
    if !model::ask_takedown(tx, &target, now).await? {
        return Err(Error::conflict("error.takedown_asked"));
    }
    queue::enqueue_at(tx, &TakeDown { org, target: id, asked_at: now }, now + GRACE, now).await?;
    note(tx, &target, ("target.takedown_asked", user, None), now).await?;
    tx.publish(Topic::Posts(org));
    Ok(())
}

/// Takes that back.
///
/// [`Error::Conflict`] when the first request may have left, or nobody had asked.
pub async fn leave_live(tx: &mut Tx, org: OrgId, id: TargetId, user: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
    let target = find_target(&mut *tx, org, id).await?;
    if !model::withdraw_takedown(tx, org, id).await? {
        return Err(Error::conflict("error.takedown_begun"));
    }
    note(tx, &target, ("target.takedown_withdrawn", user, None), now).await?;
    tx.publish(Topic::Posts(org));
    Ok(())
}

/// Deletes one target at its platform.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TakeDown {
    /// The tenant.
    pub org: OrgId,
    /// The target.
    pub target: TargetId,
    /// Which wish it was: one that was taken back and uttered again has another job.
    pub asked_at: DateTime<Utc>,
}

impl Job for TakeDown {
    type Context = App;
    const NAME: &'static str = "delivery.take_down";
    const POLICY: Policy = Policy { limit: Duration::from_secs(15 * 60), at_once: 8, ..Policy::USUAL };

    async fn run(&self, app: &App) -> Result<(), Stop> {
        if instance::held(&app.db).await?.is_some() {
            return Err(Stop::snooze(LONGEST_WAIT));
        }
        let Some(takedown) = self.begin(app).await? else { return Ok(()) };
        match delete_all(app, &takedown).await? {
            Ok(()) => Ok(finish(app, &takedown).await?),
            Err(failure) => match give_way(app, &takedown, &failure).await? {
                Some(wait) => Err(Stop::snooze(wait)),
                None => Ok(()),
            },
        }
    }
}

impl TakeDown {
    /// `None`: it was taken back, or has ended.
    async fn begin(&self, app: &App) -> Result<Option<Takedown>> {
        let mut tx = app.db.begin().await?;
        let Some(takedown) = model::begin_takedown(&mut tx, (self.org, self.target), self.asked_at).await? else {
            return Ok(None);
        };
        tx.publish(Topic::Posts(self.org));
        if model::stop_rest(&mut tx, self.org, self.target, app.clock.now()).await? {
            tx.commit().await?;
            return Ok(Some(takedown));
        }
        drop(tx);
        let mut tx = app.db.begin().await?;
        if model::begin_takedown(&mut tx, (self.org, self.target), self.asked_at).await?.is_some() {
            let failure = Failure::rejected("something of it was being sent again, so that it was left alone");
            fail(app, tx, &takedown, &failure).await?;
        }
        Ok(None)
    }
}

/// Deletes what still stands, one after the other. The inner failure is the platform's, or that of the way to it.
async fn delete_all(app: &App, takedown: &Takedown) -> Result<Result<(), Failure>> {
    let (org, now) = (takedown.org_id, app.clock.now());
    let target = model::target_even_removed(&app.db, org, takedown.target_id).await?;
    let channel = match Channel::find(&app.db, org, target.channel_id).await {
        Err(Error::NotFound(_)) => return Ok(Err(Failure::reconnect("the channel was removed"))),
        found => found?,
    };
    if channel.state == ChannelState::Reconnect {
        return Ok(Err(Failure::reconnect("the channel must be connected again")));
    }
    let vault = match Vault::open(app, org, channel.id).await {
        Err(Error::Internal(e)) => {
            tracing::error!(channel = %channel.id, error = format!("{e:#}"), "stored credentials cannot be used");
            return Ok(Err(Failure::reconnect("the stored access cannot be read")));
        }
        opened => opened?,
    };
    let hash = sha256(format!("delete {}", takedown.target_id).as_bytes());
    for standing in model::standing(&app.db, org, takedown.target_id).await? {
        let attempt = AttemptId::new();
        let mut tx = app.db.begin().await?;
        model::intend_deletion(&mut tx, attempt, (org, &standing), hash, app.clock.now()).await?;
        tx.commit().await?;
        let result = delete(app, (&channel, &vault), &target, &standing).await?;
        let mut tx = app.db.begin().await?;
        model::end_deletion(&mut tx, attempt, &standing, &result, app.clock.now()).await?;
        if let Err(failure) = &result
            && failure.kind == FailureKind::Reconnect
        {
            mark_reconnect(&mut tx, (org, channel.id), Some(&vault.sealed()), &failure.message, now).await?;
            tx.publish(Topic::Channels);
        }
        tx.commit().await?;
        if let Err(failure) = result {
            return Ok(Err(failure));
        }
    }
    Ok(Ok(()))
}

async fn delete(
    app: &App,
    (channel, vault): (&Channel, &Vault),
    target: &Target,
    standing: &Standing,
) -> Result<Result<(), Failure>> {
    let Some(provider) = channel.provider() else { return Ok(Err(Failure::unsupported(&channel.provider))) };
    let reach = apps::Reach::of(app, (channel.org_id, Some(channel.id)), provider.about()).await?;
    let files = Files::of(app, channel.org_id, &[]).await?;
    let (text, remote) = (Doc::from_html(&standing.content), standing.remote());
    let call = Call {
        access: reach.access(channel, vault),
        text: &text,
        media: &[],
        settings: &target.settings,
        position: usize::try_from(standing.position).unwrap_or(0),
        thread: &[],
        last: false,
        steps: &Nothing,
        files: &files,
    };
    let done = AssertUnwindSafe(app.clock.within(LONGEST, provider.delete(&call, &remote))).catch_unwind().await;
    Ok(match done {
        Ok(Some(result)) => result,
        Ok(None) => Err(Failure::unavailable("the platform did not answer within a minute")),
        Err(_) => {
            tracing::error!(provider = provider.about().id, target = %target.id, "a provider panicked");
            Err(Failure::unexpected("Rostrum's code for this platform crashed"))
        }
    })
}

async fn finish(app: &App, takedown: &Takedown) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if takedown.finish(&mut tx, now).await? {
        let target = model::target_even_removed(&mut tx, takedown.org_id, takedown.target_id).await?;
        note(&mut tx, &target, ("target.taken_down", None, None), now).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// How long to wait before the next try; `None`: it is given up.
async fn give_way(app: &App, takedown: &Takedown, failure: &Failure) -> Result<Option<TimeDelta>> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(wait) = wait(failure, takedown, now) else { return fail(app, tx, takedown, failure).await.map(|()| None) };
    takedown.note(&mut tx, TakedownState::AtWork, failure, now).await?;
    tx.commit().await?;
    Ok(Some(wait))
}

async fn fail(app: &App, mut tx: Tx, takedown: &Takedown, failure: &Failure) -> Result<()> {
    let now = app.clock.now();
    takedown.note(&mut tx, TakedownState::Failed, failure, now).await?;
    let target = model::target_even_removed(&mut tx, takedown.org_id, takedown.target_id).await?;
    let data = json!({"message": failure.message, "code": failure.code});
    note(&mut tx, &target, ("target.takedown_failed", None, Some(data)), now).await?;
    tx.commit().await
}

/// What the platform refused is refused; what it could not take is repeated, for repeating it is harmless.
fn wait(failure: &Failure, takedown: &Takedown, now: DateTime<Utc>) -> Option<TimeDelta> {
    let wait = match failure.kind {
        FailureKind::RateLimited { until } => {
            until.map_or(TimeDelta::minutes(1), |until| (until - now).clamp(TimeDelta::seconds(1), PATIENCE))
        }
        FailureKind::Unavailable | FailureKind::Uncertain => {
            let doublings = u32::try_from(takedown.tries.clamp(0, 10)).unwrap_or(0);
            (TimeDelta::seconds(5) * 2i32.pow(doublings)).min(LONGEST_WAIT)
        }
        FailureKind::Reconnect | FailureKind::Rejected | FailureKind::Unsupported | FailureKind::Unexpected => return None,
    };
    (now + wait <= takedown.asked_at + PATIENCE).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(tries: i64) -> Takedown {
        Takedown {
            target_id: TargetId::new(),
            org_id: OrgId::new(),
            state: TakedownState::AtWork,
            asked_at: DateTime::UNIX_EPOCH,
            tries,
            failure: None,
        }
    }

    #[test]
    fn what_the_platform_could_not_take_is_repeated_for_a_day_and_a_refusal_ends_it() {
        let now = DateTime::UNIX_EPOCH;
        let after = |kind, tries| wait(&Failure::new(kind, "x"), &asked(tries), now).map(|w| w.num_seconds());
        assert_eq!([0, 1, 2, 9].map(|tries| after(FailureKind::Unavailable, tries)), [5, 10, 20, 900].map(Some));
        assert_eq!(after(FailureKind::Uncertain, 0), Some(5), "a lost answer is repeated: gone already is gone");
        let until = Some(now + TimeDelta::minutes(7));
        assert_eq!(after(FailureKind::RateLimited { until }, 0), Some(420));
        assert_eq!(after(FailureKind::RateLimited { until: Some(now + TimeDelta::days(3)) }, 0), Some(86_400));
        for kind in [FailureKind::Reconnect, FailureKind::Rejected, FailureKind::Unsupported, FailureKind::Unexpected] {
            assert_eq!(after(kind, 0), None, "{kind:?}");
        }
        let late = now + PATIENCE - TimeDelta::seconds(2);
        assert_eq!(wait(&Failure::unavailable("x"), &asked(3), late), None);
    }

    #[test]
    fn only_what_is_live_where_we_can_delete_is_taken_down() {
        assert!(can_take_down("sandbox", TargetState::Published));
        assert!(can_take_down("sandbox", TargetState::PublishedIncomplete));
        assert!(!can_take_down("medium", TargetState::Published), "Medium takes nothing back");
        assert!(!can_take_down("sandbox", TargetState::Scheduled) && !can_take_down("unheard-of", TargetState::Published));
    }
}
