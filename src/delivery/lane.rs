//! Works one lane: its due parts in order, each sent or looked for, until nothing is due; then gives the lane back.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use tokio::sync::watch;

use super::{
    PartState, candidates,
    leap::Leap,
    ledger::{Conclusion, Entry, Ledger, Place, Verdict},
    limits, meters,
    model::{self, Due, Lane},
    plan::{self, News, Next, Standing},
    policy::Policy,
    run::Run,
};
use crate::{
    app::App,
    channels::{Channel, ChannelState, Sealed, Vault, apps, fields, mark_reconnect},
    error::{Error, Failure, FailureKind, Result},
    http::RateHint,
    kit::{Dice, MediaId, Seldom, text::Doc},
    media::Files,
    providers::{Access, Call, Found, Outcome, Provider, Remote},
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
    /// True while others wait for a place: who has sent a batch gives its own up.
    pub crowded: AtomicBool,
    /// Where chance comes from.
    pub dice: Dice,
    /// Whether the clock was set.
    pub leap: Leap,
}

/// What to do after a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// The next part.
    GoOn,
    /// Give the lane back.
    Leave,
    /// Nothing: the lane was given back with the conclusion.
    Left,
}

/// What came of a run, for the conclusion.
struct Finding {
    news: News,
    hint: Option<RateHint>,
    failure: Option<Failure>,
    remotes: Vec<Remote>,
    warnings: Vec<String>,
}

impl Worker {
    /// Sends what is due on a lane and gives it back.
    pub async fn work(self: Arc<Self>, lane: Lane) {
        // A panic must not keep the lane: its lease is extended as long as this process lives.
        let done = AssertUnwindSafe(self.send_due(lane)).catch_unwind().await;
        let done = done.unwrap_or_else(|_| Err(Error::Internal(anyhow::anyhow!("panic"))));
        if matches!(done, Ok(After::Left)) {
            return;
        }
        if let Err(e) = done {
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

    async fn send_due(&self, mut lane: Lane) -> Result<After> {
        loop {
            let mut due = model::due(&self.app.db, lane.channel_id, self.app.clock.now(), BATCH).await?;
            // What was put off is not passed by what became due later.
            due.sort_by_key(|d| (d.due_at, d.part.id.0));
            if due.is_empty() {
                return Ok(After::Leave);
            }
            // Anew for each batch: it may have been paused, reconnected or removed since.
            let channel = match Channel::find(&self.app.db, lane.org_id, lane.channel_id).await {
                Err(Error::NotFound(_)) => return self.withdraw(lane).await.map(|()| After::Leave),
                found => found?,
            };
            let vault = match Vault::open(&self.app, lane.org_id, lane.channel_id).await {
                Err(Error::Internal(e)) => return self.unreadable(lane, &due, &e).await.map(|()| After::Leave),
                opened => opened?,
            };
            if lane.crashes >= plan::MAX_CRASHES {
                self.quarantine(lane, (&channel, &due)).await?;
                lane.crashes = 0;
                continue;
            }
            let policy = self.policy(&channel, &due).await?;
            let whole = due.len() < BATCH as usize;
            for (n, part) in due.iter().enumerate() {
                if *self.stopping.borrow() || self.leap.pause(&self.app.clock).is_some() {
                    return Ok(After::Leave);
                }
                let nothing_after = whole && n + 1 == due.len();
                match self.handle((lane, nothing_after), (&channel, &vault), policy.as_ref(), part).await? {
                    After::GoOn => {}
                    leave => return Ok(leave),
                }
            }
            if self.crowded.load(Ordering::Relaxed) {
                return Ok(After::Leave);
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

    /// Deals with one due part.
    async fn handle(
        &self,
        (lane, nothing_after): (Lane, bool),
        (channel, vault): (&Channel, &Vault),
        policy: Option<&Policy>,
        due: &Due,
    ) -> Result<After> {
        if due.superseded && due.part.state == PartState::Waiting && !due.has_steps && due.part.tries == 0 {
            return self.pass_over(due).await.map(|()| After::GoOn);
        }
        let place = place(lane, due, nothing_after);
        let run = self.run(place, (channel, policy), due).await?;
        let (unsure, accepted) = (run.unsure_step().is_some(), run.is_accepted());
        // What the platform has, or may have, is followed to its end even on a channel that rests.
        let rests = self.stays(channel, policy, due);
        if !unsure && !accepted && self.keep_back(channel, policy, due).await? {
            return Ok(After::GoOn);
        }
        let Some(provider) = channel.provider() else {
            let failure = Failure::unsupported(&channel.provider);
            return self.conclude((place, "unknown"), (&run, None), due, failed(failure)).await;
        };
        let lost = due.lookup_since.is_some() && due.part.state != PartState::Processing;
        if due.removed && !unsure && !accepted && !matches!(due.part.state, PartState::Uncertain | PartState::Processing) {
            return self.stop(due).await.map(|()| After::GoOn);
        }
        let result = if due.part.state == PartState::Uncertain || lost || (unsure && (due.removed || rests)) {
            let seen = self.look(provider, (channel, vault), due, &run).await?;
            // What is not sent again, but only looked for again, is not looked for at once.
            let resent = !due.removed && channel.state == ChannelState::Active;
            if seen.news == News::NotYet && !resent { Finding { news: News::NotSeen, ..seen } } else { seen }
        } else {
            self.publish(provider, (channel, vault), due, &run).await?
        };
        // A person was faster, or the lane is another worker's by now: look again from the start.
        if run.is_refused() {
            return Ok(After::Leave);
        }
        if let Some(wait) = run.wait() {
            return self.put_off(lane, policy, due, wait).await.map(|()| After::Leave);
        }
        self.conclude((place, provider.about().id), (&run, Some(vault.sealed())), due, result).await
    }

    async fn run(&self, place: Place, (channel, policy): (&Channel, Option<&Policy>), due: &Due) -> Result<Run> {
        let steps = if due.has_steps { model::steps_of(&self.app.db, due.part.id).await? } else { Vec::new() };
        let limits = self.limits(channel, policy, due, &steps);
        Ok(Run::new(self.ledger.clone(), self.app.clock.clone(), place, due.part.state, steps).within(limits))
    }

    /// Process after process died at this lane. What the last one was at is for a person, so that all others go out.
    async fn quarantine(&self, lane: Lane, (channel, due): (&Channel, &[Due])) -> Result<()> {
        let under_way = |d: &&Due| d.part.state == PartState::Sending;
        let Some(suspect) = due.iter().find(under_way).or(due.first()) else { return Ok(()) };
        let place = place(lane, suspect, false);
        let run = self.run(place, (channel, None), suspect).await?;
        let failure = Failure::unexpected(format!("Rostrum ended {} times while it was sending this", plan::MAX_CRASHES));
        let finding = Finding { news: News::Crashed, failure: Some(failure), ..nothing() };
        self.conclude((place, "unknown"), (&run, None), suspect, finding).await.map(drop)
    }

    /// A person is asked now: what stands on the account is fetched along. They can fetch it again, so a failure is none.
    async fn offer_candidates(&self, place: Place) {
        let look = AssertUnwindSafe(candidates::look_for_candidates(&self.app, place.org, place.part)).catch_unwind();
        if let Ok(Err(e)) = look.await {
            tracing::debug!(part = %place.part, error = %e, "no candidates could be looked for");
        }
    }

    /// One occurrence catches up for all that were missed, and it is not this one.
    async fn pass_over(&self, due: &Due) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        if model::take(&mut tx, &due.part).await? {
            model::pass_over(&mut tx, (due.part.org_id, due.part.target_id), "superseded", self.app.clock.now()).await?;
        }
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
                Ok(Outcome::Live { remotes, warnings }) => Finding { news: News::Live, remotes, warnings, ..nothing() },
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
            (Some(f), true) if hidden => {
                Ok(Finding { hint: result.hint, ..failed(Failure { kind: FailureKind::Uncertain, ..f.clone() }) })
            }
            _ => Ok(result),
        }
    }

    /// Asks the platform whether the write of unknown outcome happened.
    async fn look(&self, provider: &dyn Provider, with: (&Channel, &Vault), due: &Due, run: &Run) -> Result<Finding> {
        let lost = due.lookup_since.map(|since| run.lost_step(since));
        let Some(step) = run.unsure_step().or(lost) else { return Ok(Finding { news: News::Absent, ..nothing() }) };
        if !provider.about().can.find {
            return Ok(Finding { news: News::CannotLook, failure: failure_of(due), ..nothing() });
        }
        let look = async |call: &Call<'_>| match provider.find(call, &step).await {
            Ok(Found::Yes(remotes)) => Finding { news: News::Found, remotes, ..nothing() },
            Ok(Found::No) if run.may_still_arrive() => Finding { news: News::NotYet, ..nothing() },
            Ok(Found::No) => Finding { news: News::Absent, ..nothing() },
            Ok(Found::NotSeen) if due.lookup_is_easy && run.unsure_step().is_none() => {
                Finding { news: News::Absent, ..nothing() }
            }
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
        let ids: Vec<MediaId> = due.part.media.0.iter().map(|m| m.id).chain(fields::files(&due.settings)).collect();
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
        let reach = apps::Reach::of(&self.app, (channel.org_id, Some(channel.id)), provider.about()).await?;
        let (http, heard) = self.app.http.listening(&self.app.clock);
        let call = Call {
            access: Access { http: &http, ..reach.access(channel, vault) },
            text: &Doc::from_html(&due.part.content),
            media: &media,
            settings: &due.settings,
            position: usize::try_from(due.part.position).unwrap_or(0),
            thread: &thread,
            last: due.part.position == due.last_position,
            steps: run,
            files: &files,
        };
        let _in_flight = meters::IN_FLIGHT.hold();
        let done = AssertUnwindSafe(self.app.clock.within(LONGEST_RUN, what(&call))).catch_unwind().await;
        // The end of its last step may still be in the ledger's queue: the conclusion is queued after it, and when only
        // the end is lost, the step counts as unsure, which is never too bold.
        let result = match done {
            Ok(Some(result)) => result,
            Ok(None) => failed(Failure::unavailable("publishing took longer than a quarter of an hour")),
            Err(_) => {
                tracing::error!(provider = provider.about().id, part = %due.part.id, "a provider panicked");
                failed(Failure::unexpected("Rostrum's code for this platform crashed"))
            }
        };
        Ok(Finding { hint: heard.hint(), ..result })
    }

    /// Decides and writes down what follows.
    async fn conclude(
        &self,
        (place, provider): (Place, &'static str),
        (run, used): (&Run, Option<Sealed>),
        due: &Due,
        result: Finding,
    ) -> Result<After> {
        let now = self.app.clock.now();
        let (next, tries) = decide(due, run, &result.news, (now, self.dice.fraction()));
        let conclusion = Conclusion {
            place,
            from: run.state(),
            kind: kind(&result.news, &next),
            tries,
            looks: due.part.looks
                + i64::from(matches!(next, Next::Later { state: PartState::Uncertain, blocks_channel: false, .. })),
            absent: result.news == News::Absent,
            // Tried as often as it may be and not there: the last failure says why.
            failure: result.failure.or_else(|| if next == Next::Stop(PartState::Failed) { failure_of(due) } else { None }),
            remotes: result.remotes,
            warnings: result.warnings,
            heeded: result.hint.map(|hint| limits::heed(run.limits(), hint, now)).unwrap_or_default(),
            used,
            releases: place.nothing_after && is_quiet_after(&next, &place, now),
            next,
            now,
        };
        log(&conclusion);
        let releases = conclusion.releases;
        let blocked = conclusion.heeded.blocked_until.is_some()
            || matches!(conclusion.next, Next::Reconnect(_) | Next::Later { blocks_channel: true, .. });
        let (kind, asks) = (conclusion.kind, conclusion.next == Next::Stop(PartState::NeedsYou));
        let verdict = self.ledger.write(Entry::Conclude(Box::new(conclusion))).await?;
        if verdict == Verdict::Written {
            meters::OUTCOMES.count((provider, kind));
            if asks {
                self.offer_candidates(place).await;
            }
        }
        Ok(match verdict {
            _ if releases => After::Left,
            Verdict::Written if !blocked => After::GoOn,
            _ => After::Leave,
        })
    }
}

/// What happens next to it, and how many tries count by then.
fn decide(due: &Due, run: &Run, news: &News, (now, jitter): (DateTime<Utc>, f64)) -> (Next, i64) {
    let lost = due.lookup_since.is_some() && due.part.state != PartState::Processing;
    let looking = lost || due.part.state == PartState::Uncertain;
    let counted = !looking && due.part.state != PartState::Processing;
    let tries = due.part.tries + i64::from(counted);
    let standing = Standing {
        tries,
        looks: due.part.looks,
        // The rest of a thread may be meant for days later: only its number of tries ends it.
        due_at: due.due_at.filter(|_| due.part.position == 0).unwrap_or(now),
        unsure: lost || run.unsure_step().is_some(),
        accepted: run.is_accepted(),
        jitter,
    };
    let next = match plan::next(standing, news, now) {
        // It was looked for and never went out: it is as late as it was before, and is dealt with as such.
        Next::Later { .. } if lost && *news == News::Absent && !due.has_begun() => {
            Next::Later { state: PartState::Waiting, at: due.part.next_at.unwrap_or(now), blocks_channel: false }
        }
        next => next,
    };
    let uncounted = matches!(next, Next::Reconnect(_) | Next::Later { blocks_channel: true, .. });
    (next, if uncounted { due.part.tries } else { tries })
}

/// True when the part's own conclusion makes nothing due at once: neither the rest of its thread nor another try.
fn is_quiet_after(next: &Next, place: &Place, now: DateTime<Utc>) -> bool {
    match next {
        Next::Publish => place.last,
        Next::Later { at, .. } => *at > now,
        Next::Reconnect(_) | Next::Stop(_) => true,
    }
}

fn nothing() -> Finding {
    Finding { news: News::NotSeen, hint: None, failure: None, remotes: Vec::new(), warnings: Vec::new() }
}

fn failed(failure: Failure) -> Finding {
    Finding { news: News::Failed(failure.clone()), failure: Some(failure), ..nothing() }
}

/// The failure that made it uncertain stays the explanation while we look; a crash leaves none.
fn failure_of(due: &Due) -> Option<Failure> {
    let known = due.part.failure.as_ref().map(|f| f.0.clone());
    known.or_else(|| Some(Failure::uncertain("an earlier attempt was cut off before its answer arrived")))
}

fn place(lane: Lane, due: &Due, nothing_after: bool) -> Place {
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
        nothing_after,
    }
}

/// The audit trail's word.
fn kind(news: &News, next: &Next) -> &'static str {
    match (news, next) {
        (News::Found, _) => "part.found",
        (_, Next::Publish) => "part.published",
        (News::Absent | News::NotYet, _) => "part.not_found",
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
