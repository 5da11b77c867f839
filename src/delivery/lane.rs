//! Works one lane: its due parts in order, each sent or looked for, until nothing is due; then gives the lane back.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use chrono::TimeDelta;
use futures_util::FutureExt as _;
use tokio::sync::watch;

use super::{
    PartState,
    leap::Leap,
    ledger::{Conclusion, Entry, Ledger, Place, Verdict},
    model::{self, Due, Lane},
    plan::{self, News, Next, Standing},
    run::Run,
};
use crate::{
    app::App,
    channels::{Channel, ChannelState, Sealed, Vault, mark_reconnect},
    db::Topic,
    error::{Error, Failure, FailureKind, Result},
    kit::{Dice, MediaId, Seldom, text::Doc},
    media::Files,
    providers::{Call, Found, Outcome, Provider, Remote},
};

/// Parts loaded at once.
const BATCH: i64 = 8;
/// The most that one run of one part may take, uploads included.
const LONGEST_RUN: Duration = Duration::from_secs(15 * 60);

/// All lanes stop at the same time when the database goes away.
static STOPPED: Seldom = Seldom::new();
static KEPT: Seldom = Seldom::new();

/// What works lanes.
pub struct Worker {
    /// Everything below.
    pub app: App,
    /// Where it is written down.
    pub ledger: Ledger,
    /// True once no new part may be begun.
    pub stopping: watch::Receiver<bool>,
    /// Where chance comes from.
    pub dice: Dice,
    /// Whether the clock was set.
    pub leap: Leap,
}

/// What came of a run, for the conclusion.
struct Finding {
    news: News,
    failure: Option<Failure>,
    remotes: Vec<Remote>,
    warnings: Vec<String>,
}

impl Worker {
    /// Sends what is due on a lane and gives it back.
    pub async fn work(self: Arc<Self>, lane: Lane) {
        // A panic must not keep the lane: its lease is extended as long as this process lives.
        let done = AssertUnwindSafe(self.send_due(lane)).catch_unwind().await;
        if let Err(e) = done.unwrap_or_else(|_| Err(Error::Internal(anyhow::anyhow!("panic")))) {
            if let Some(more) = STOPPED.word() {
                tracing::error!(channel = %lane.channel_id, error = format!("{e:#}"), more, "a lane stopped");
            }
            // Not at once again: what failed is the database, not the platform.
            self.app.clock.sleep(Duration::from_secs(1)).await;
        }
        while let Err(e) = self.ledger.write(Entry::Release(lane)).await {
            if let Some(more) = KEPT.word() {
                tracing::warn!(channel = %lane.channel_id, error = %e, more, "a lane cannot be given back yet");
            }
            if *self.stopping.borrow() {
                break;
            }
            self.app.clock.sleep(Duration::from_secs(1)).await;
        }
    }

    async fn send_due(&self, mut lane: Lane) -> Result<()> {
        loop {
            let due = model::due(&self.app.db, lane.channel_id, self.app.clock.now(), BATCH).await?;
            if due.is_empty() {
                return Ok(());
            }
            // Anew for each batch: it may have been paused, reconnected or removed since.
            let channel = match Channel::find(&self.app.db, lane.org_id, lane.channel_id).await {
                Err(Error::NotFound(_)) => return self.withdraw(lane).await,
                found => found?,
            };
            let vault = match Vault::open(&self.app, lane.org_id, lane.channel_id).await {
                Err(Error::Internal(e)) => return self.unreadable(lane, &due, &e).await,
                opened => opened?,
            };
            if lane.crashes >= plan::MAX_CRASHES {
                self.quarantine(lane, &due).await?;
                lane.crashes = 0;
                continue;
            }
            for part in &due {
                if *self.stopping.borrow() || self.leap.pause(&self.app.clock).is_some() {
                    return Ok(());
                }
                if !self.handle(lane, (&channel, &vault), part).await? {
                    return Ok(());
                }
            }
        }
    }

    /// The channel is gone: nothing of it is sent any more.
    async fn withdraw(&self, lane: Lane) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        model::withdraw_lane(&mut tx, lane.channel_id).await?;
        tx.commit().await
    }

    /// The stored credentials cannot be opened, so that nothing can be done before a person connects the channel again.
    async fn unreadable(&self, lane: Lane, due: &[Due], cause: &anyhow::Error) -> Result<()> {
        tracing::error!(channel = %lane.channel_id, error = format!("{cause:#}"), "stored credentials cannot be used");
        let mut tx = self.app.db.begin().await?;
        let words = "the stored access cannot be read";
        mark_reconnect(&mut tx, (lane.org_id, lane.channel_id), None, words, self.app.clock.now()).await?;
        tx.commit().await?;
        for part in due {
            self.hold(part, "reconnect").await?;
        }
        Ok(())
    }

    /// Deals with one due part; false when the lane must be given back before the next one.
    async fn handle(&self, lane: Lane, (channel, vault): (&Channel, &Vault), due: &Due) -> Result<bool> {
        let place = place(lane, due);
        let run = self.run(place, due).await?;
        let (unsure, accepted) = (run.unsure_step().is_some(), run.is_accepted());
        // What the platform has, or may have, is followed to its end even on a paused channel.
        let reason = self.reason_to_hold(channel, due);
        if let Some(reason) = reason.filter(|_| !unsure && !accepted) {
            self.hold(due, reason).await?;
            return Ok(true);
        }
        let Some(provider) = channel.provider() else {
            let failure = Failure::unsupported(&channel.provider);
            return self.conclude(place, (&run, None), due, failed(failure)).await;
        };
        if due.removed && !unsure && !accepted && !matches!(due.part.state, PartState::Uncertain | PartState::Processing) {
            return self.stop(due).await.map(|()| true);
        }
        let result = if due.part.state == PartState::Uncertain || (unsure && (due.removed || reason.is_some())) {
            self.look(provider, (channel, vault), due, &run).await?
        } else {
            self.publish(provider, (channel, vault), due, &run).await?
        };
        // A person was faster, or the lane is another worker's by now: look again from the start.
        if run.is_refused() {
            return Ok(false);
        }
        self.conclude(place, (&run, Some(vault.sealed())), due, result).await
    }

    async fn run(&self, place: Place, due: &Due) -> Result<Run> {
        let steps = if due.has_steps { model::steps_of(&self.app.db, due.part.id).await? } else { Vec::new() };
        Ok(Run::new(self.ledger.clone(), self.app.clock.clone(), place, due.part.state, steps))
    }

    /// Process after process died at this lane. What the last one was at is for a person, so that all others go out.
    async fn quarantine(&self, lane: Lane, due: &[Due]) -> Result<()> {
        let under_way = |d: &&Due| d.part.state == PartState::Sending;
        let Some(suspect) = due.iter().find(under_way).or(due.first()) else { return Ok(()) };
        let place = place(lane, suspect);
        let run = self.run(place, suspect).await?;
        let failure = Failure::unexpected(format!("Rostrum ended {} times while it was sending this", plan::MAX_CRASHES));
        let finding = Finding { news: News::Crashed, failure: Some(failure), ..nothing() };
        self.conclude(place, (&run, None), suspect, finding).await.map(drop)
    }

    fn reason_to_hold(&self, channel: &Channel, due: &Due) -> Option<&'static str> {
        let begun = due.has_steps || due.part.position > 0 || due.part.tries > 0;
        let late = TimeDelta::minutes(self.app.config.delivery.late_minutes.into());
        match channel.state {
            _ if due.removed => None,
            _ if matches!(due.part.state, PartState::Uncertain | PartState::Processing) => None,
            ChannelState::Paused => Some("paused"),
            ChannelState::Reconnect => Some("reconnect"),
            ChannelState::Active if !begun && due.due_at.is_some_and(|at| self.app.clock.now() - at > late) => Some("late"),
            ChannelState::Active => None,
        }
    }

    async fn hold(&self, due: &Due, reason: &'static str) -> Result<()> {
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

    /// Its target was removed and nothing of it can be live: it ends here.
    async fn stop(&self, due: &Due) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        model::stop_removed(&mut tx, due.part.id).await?;
        model::settle(&mut tx, due.part.org_id, due.part.target_id).await?;
        tx.commit().await
    }

    /// Publishes it, or goes on publishing it.
    async fn publish(&self, provider: &dyn Provider, with: (&Channel, &Vault), due: &Due, run: &Run) -> Result<Finding> {
        let result = self
            .call(provider, with, due, run, async |call| match provider.publish(call).await {
                Ok(Outcome::Live { remotes, warnings }) => Finding { news: News::Live, failure: None, remotes, warnings },
                Ok(Outcome::Wait { after }) => {
                    let after = TimeDelta::from_std(after).unwrap_or(TimeDelta::minutes(1));
                    Finding { news: News::Wait(after), ..nothing() }
                }
                Err(failure) => failed(failure),
            })
            .await?;
        // Whatever the provider says: a write without a known end is uncertain.
        let hidden =
            matches!(&result.news, News::Failed(f) if f.kind != FailureKind::Uncertain && f.kind != FailureKind::Reconnect);
        match (&result.failure, run.is_cut_off()) {
            (Some(f), true) if hidden => Ok(failed(Failure { kind: FailureKind::Uncertain, ..f.clone() })),
            _ => Ok(result),
        }
    }

    /// Asks the platform whether the write of unknown outcome happened.
    async fn look(&self, provider: &dyn Provider, with: (&Channel, &Vault), due: &Due, run: &Run) -> Result<Finding> {
        let Some(step) = run.unsure_step() else { return Ok(Finding { news: News::Absent, ..nothing() }) };
        if !provider.about().can.find {
            return Ok(Finding { news: News::CannotLook, failure: failure_of(due), ..nothing() });
        }
        let look = async |call: &Call<'_>| match provider.find(call, &step).await {
            Ok(Found::Yes(remotes)) => Finding { news: News::Found, remotes, ..nothing() },
            Ok(Found::No) => Finding { news: News::Absent, ..nothing() },
            Ok(Found::NotSeen) => Finding { news: News::NotSeen, failure: failure_of(due), ..nothing() },
            Err(f) if matches!(f.kind, FailureKind::Reconnect | FailureKind::RateLimited { .. }) => failed(f),
            Err(f) => Finding { news: News::NotSeen, failure: Some(f), ..nothing() },
        };
        let result = self.call(provider, with, due, run, look).await?;
        // Whatever kept us from looking (a picture that is gone, a crash of ours) says nothing about what is live.
        Ok(match result.news {
            News::Failed(f) if !matches!(f.kind, FailureKind::Reconnect | FailureKind::RateLimited { .. }) => {
                Finding { news: News::NotSeen, failure: Some(f), ..nothing() }
            }
            _ => result,
        })
    }

    /// Gives a provider its [`Call`], limits its time and survives its panic.
    async fn call(
        &self,
        provider: &dyn Provider,
        (channel, vault): (&Channel, &Vault),
        due: &Due,
        run: &Run,
        what: impl AsyncFnOnce(&Call<'_>) -> Finding,
    ) -> Result<Finding> {
        let ids: Vec<MediaId> = due.part.media.0.iter().map(|m| m.id).collect();
        let files = Files::of(&self.app, channel.org_id, &ids).await?;
        let media = match files.describe(&due.part.media.0) {
            Ok(media) => media,
            Err(failure) => return Ok(failed(failure)),
        };
        let thread = if due.part.position > 0 {
            model::remotes_before(&self.app.db, due.part.target_id, due.part.position).await?
        } else {
            Vec::new()
        };
        let call = Call {
            http: &self.app.http,
            account: &channel.remote_id,
            hosts: self.app.provider_hosts(provider.about().id),
            text: &Doc::from_html(&due.part.content),
            media: &media,
            settings: &due.settings,
            position: usize::try_from(due.part.position).unwrap_or(0),
            thread: &thread,
            now: self.app.clock.now(),
            steps: run,
            tokens: vault,
            files: &files,
        };
        let done = AssertUnwindSafe(self.app.clock.within(LONGEST_RUN, what(&call))).catch_unwind().await;
        let result = match done {
            Ok(Some(result)) => result,
            Ok(None) => failed(Failure::unavailable("publishing took longer than a quarter of an hour")),
            Err(_) => {
                tracing::error!(provider = provider.about().id, part = %due.part.id, "a provider panicked");
                failed(Failure::unexpected("Rostrum's code for this platform crashed"))
            }
        };
        Ok(match run.flush().await {
            Ok(()) => result,
            Err(failure) => failed(failure),
        })
    }

    /// Decides and writes down what follows; false when the lane is no longer ours.
    async fn conclude(&self, place: Place, (run, used): (&Run, Option<Sealed>), due: &Due, result: Finding) -> Result<bool> {
        let now = self.app.clock.now();
        let looking = due.part.state == PartState::Uncertain;
        let counted = !looking && due.part.state != PartState::Processing;
        let tries = due.part.tries + i64::from(counted);
        let standing = Standing {
            tries,
            looks: due.part.looks,
            // The rest of a thread may be meant for days later: only its number of tries ends it.
            due_at: due.due_at.filter(|_| due.part.position == 0).unwrap_or(now),
            unsure: run.unsure_step().is_some(),
            accepted: run.is_accepted(),
            jitter: self.dice.fraction(),
        };
        let next = plan::next(standing, &result.news, now);
        let uncounted = matches!(next, Next::Reconnect(_) | Next::Later { blocks_channel: true, .. });
        let conclusion = Conclusion {
            place,
            from: run.state(),
            kind: kind(&result.news, &next),
            tries: if uncounted { due.part.tries } else { tries },
            looks: due.part.looks
                + i64::from(matches!(next, Next::Later { state: PartState::Uncertain, blocks_channel: false, .. })),
            absent: result.news == News::Absent,
            failure: result.failure,
            remotes: result.remotes,
            warnings: result.warnings,
            used,
            next,
            now,
        };
        log(&conclusion);
        let blocked = matches!(conclusion.next, Next::Reconnect(_) | Next::Later { blocks_channel: true, .. });
        let verdict = self.ledger.write(Entry::Conclude(Box::new(conclusion))).await?;
        Ok(verdict == Verdict::Written && !blocked)
    }
}

fn nothing() -> Finding {
    Finding { news: News::NotSeen, failure: None, remotes: Vec::new(), warnings: Vec::new() }
}

fn failed(failure: Failure) -> Finding {
    Finding { news: News::Failed(failure.clone()), failure: Some(failure), ..nothing() }
}

/// The failure that made it uncertain stays the explanation while we look; a crash leaves none.
fn failure_of(due: &Due) -> Option<Failure> {
    let known = due.part.failure.as_ref().map(|f| f.0.clone());
    known.or_else(|| Some(Failure::uncertain("an earlier attempt was cut off before its answer arrived")))
}

fn place(lane: Lane, due: &Due) -> Place {
    Place {
        lane,
        org: due.part.org_id,
        post: due.post_id,
        target: due.part.target_id,
        version: due.version_id,
        part: due.part.id,
        next_at: due.part.next_at,
        position: due.part.position,
        last: due.part.position == due.last_position,
    }
}

/// The audit trail's word.
fn kind(news: &News, next: &Next) -> &'static str {
    match (news, next) {
        (News::Found, _) => "part.found",
        (_, Next::Publish) => "part.published",
        (News::Absent, _) => "part.not_found",
        (_, Next::Reconnect(_)) => "part.reconnect",
        (_, Next::Later { blocks_channel: true, .. }) => "part.rate_limited",
        (_, Next::Later { state: PartState::Processing, .. }) => "part.processing",
        (News::NotSeen, Next::Later { .. }) => "part.not_seen",
        (_, Next::Later { state: PartState::Uncertain, .. }) => "part.uncertain",
        (_, Next::Later { .. }) => "part.retrying",
        (_, Next::Stop(PartState::NeedsYou)) => "part.needs_you",
        (_, Next::Stop(_)) => "part.failed",
    }
}

fn log(c: &Conclusion) {
    let (part, target, channel) = (c.place.part, c.place.target, c.place.lane.channel_id);
    match &c.failure {
        Some(f) if matches!(f.kind, FailureKind::Unsupported | FailureKind::Unexpected) => {
            tracing::error!(%part, %target, %channel, outcome = c.kind, code = f.code, message = f.message, "delivery");
        }
        Some(f) => tracing::warn!(%part, %target, %channel, outcome = c.kind, code = f.code, message = f.message, "delivery"),
        None => tracing::info!(%part, %target, %channel, outcome = c.kind, "delivery"),
    }
}
