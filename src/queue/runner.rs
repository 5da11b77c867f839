//! Wakes when something is due, claims it, runs it side by side with others, takes back what dead processes left, drains.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    task::{JoinHandle, JoinSet},
    time::MissedTickBehavior,
};
use uuid::Uuid;

use super::{
    Job, Policy,
    model::{self, Claimed},
    run::{self, End, Kind, room},
    turns::{self, Periodic, Turn},
};
use crate::{
    db::{Db, Topic},
    error::Result,
    kit::{Clock, Seldom},
};

/// How long a job belongs to a runner that shows no life.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How often a runner shows life, and looks even though nobody woke it: another process may have enqueued something.
const BEAT: Duration = Duration::from_secs(15);
/// How often the rescuer notes that it is at work.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// Jobs of all kinds that one process runs side by side.
const AT_ONCE: usize = 16;
/// After an error of the database.
const PAUSE: TimeDelta = TimeDelta::seconds(1);

/// What it cannot do while the database is away, it cannot do every second.
static BLIND: Seldom = Seldom::new();

type Follow<C> = Box<dyn for<'a> Fn(&'a C) -> BoxFuture<'a, Result<usize>> + Send + Sync>;

/// Runs the jobs it knows, with one context. Several runners, in one process or many, share the work.
pub struct Runner<C> {
    db: Db,
    clock: Clock,
    context: C,
    kinds: Vec<Kind<C>>,
    periodic: Vec<Periodic>,
    follow: Option<Follow<C>>,
    id: Uuid,
}

/// A running runner.
pub struct Handle {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Handle {
    /// Begins nothing new, lets what runs finish for as long as `limit`, and returns. What is cut off runs again.
    pub async fn stop(mut self, limit: Duration) {
        let _ = self.stop.send(true);
        if tokio::time::timeout(limit, &mut self.task).await.is_err() {
            tracing::warn!("jobs were still running at the end; they run again");
            self.task.abort();
        }
    }

    /// Ends it as a crash does: nothing is finished or written down.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

impl<C: Send + Sync + 'static> Runner<C> {
    /// One that knows no job yet.
    pub fn new(db: Db, clock: Clock, context: C) -> Self {
        Self { db, clock, context, kinds: Vec::new(), periodic: Vec::new(), follow: None, id: Uuid::now_v7() }
    }

    /// Teaches it a kind of job.
    pub fn runs<J: Job<Context = C>>(mut self) -> Self {
        self.kinds.push(Kind::of::<J>());
        self
    }

    /// Teaches it a kind of job that has its turn without anybody enqueuing it.
    pub fn runs_at<J: Job<Context = C> + Clone>(mut self, turn: Turn, job: J) -> Self {
        self.periodic.push(Periodic::new(turn, job));
        self.runs::<J>()
    }

    /// Has it call `follow` before it looks for jobs, until that answers 0: for an outbox that becomes jobs.
    pub fn follows(mut self, follow: impl for<'a> Fn(&'a C) -> BoxFuture<'a, Result<usize>> + Send + Sync + 'static) -> Self {
        self.follow = Some(Box::new(follow));
        self
    }

    /// The names of the jobs it knows.
    pub fn names(&self) -> Vec<&'static str> {
        self.kinds.iter().map(|kind| kind.name).collect()
    }

    /// Starts running.
    pub fn start(self) -> Handle {
        let (stop, stopping) = watch::channel(false);
        Handle { stop, task: tokio::spawn(Arc::new(self).serve(stopping)) }
    }

    /// Runs everything that is due now and what follows from it, one after the other, until nothing is due. Tells how many
    /// runs that were. For tests and one-shot commands.
    pub async fn run_due(&self) -> Result<usize> {
        turns::open(&self.db, &self.periodic, self.clock.now()).await?;
        let mut runs = 0;
        loop {
            self.prepare().await?;
            let found = self.due_now(|_| Some(1)).await?;
            let Some((kind, _)) = found.first() else { return Ok(runs) };
            for job in self.claim(kind, 1).await? {
                runs += 1;
                run::work(kind, &self.context, job, (&self.db, &self.clock), || true).await;
            }
        }
    }

    async fn serve(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let mut bus = self.db.bus.listen();
        let mut beats = tokio::time::interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut tasks, mut opened, mut noted) = (JoinSet::new(), false, None);
        while !*stopping.borrow() {
            let wake = match self.look(&mut opened, &mut tasks, &stopping).await {
                Ok(wake) => wake,
                Err(e) => {
                    if let Some(more) = BLIND.word() {
                        tracing::error!(error = format!("{e:#}"), more, "the queue cannot see what is due");
                    }
                    Some(self.clock.now() + PAUSE)
                }
            };
            tokio::select! {
                _ = stopping.changed() => {}
                () = bus.heard(|t| t == Topic::Jobs) => {}
                () = sleep(&self.clock, wake) => {}
                _ = tasks.join_next(), if !tasks.is_empty() => while tasks.try_join_next().is_some() {},
                _ = beats.tick() => self.beat(!tasks.is_empty(), &mut noted).await,
            }
        }
        // Leases are kept alive to the end, however long the others take.
        while !tasks.is_empty() {
            tokio::select! {
                _ = tasks.join_next() => {}
                _ = beats.tick() => self.beat(true, &mut noted).await,
            }
        }
    }

    /// Does what is due as far as there is room, and tells when to look again.
    async fn look(
        self: &Arc<Self>,
        opened: &mut bool,
        tasks: &mut JoinSet<()>,
        stopping: &watch::Receiver<bool>,
    ) -> Result<Option<DateTime<Utc>>> {
        if !*opened {
            turns::open(&self.db, &self.periodic, self.clock.now()).await?;
            *opened = true;
        }
        self.prepare().await?;
        loop {
            let free = AT_ONCE.saturating_sub(tasks.len());
            if free == 0 {
                return Ok(None);
            }
            let found = self.due_now(|kind| Some(kind.room.available_permits()).filter(|n| *n > 0)).await?;
            let Some((kind, room_left)) = found.first() else { return self.next_wake().await };
            let claimed = self.claim(kind, free.min(*room_left)).await?;
            if claimed.is_empty() {
                // Another process took them.
                return Ok(Some(self.clock.now() + TimeDelta::milliseconds(50)));
            }
            for job in claimed {
                // Only this loop takes room, so it is there.
                let Some(permit) = room(kind) else { continue };
                tasks.spawn(self.clone().run(job, permit, stopping.clone()));
            }
        }
    }

    async fn run(self: Arc<Self>, job: Claimed, _room: OwnedSemaphorePermit, stopping: watch::Receiver<bool>) {
        let Some(kind) = self.kinds.iter().find(|kind| kind.name == job.kind) else { return };
        run::work(kind, &self.context, job, (&self.db, &self.clock), || *stopping.borrow()).await;
    }

    /// The outbox, the turns, and what others left.
    async fn prepare(&self) -> Result<()> {
        if let Some(follow) = &self.follow {
            while follow(&self.context).await? > 0 {}
        }
        let now = self.clock.now();
        let names: Vec<&'static str> = self.periodic.iter().map(|p| p.name).collect();
        if model::next_turn(&self.db, &names).await?.is_some_and(|at| at <= now) {
            turns::take(&self.db, &self.periodic, now).await?;
        }
        if model::next_abandoned(&self.db, self.id).await?.is_some_and(|at| at < now) {
            self.rescue(now).await?;
        }
        Ok(())
    }

    /// The kinds with room of which a job is due, the longest due first, with how many more they take.
    async fn due_now(&self, room: impl Fn(&Kind<C>) -> Option<usize>) -> Result<Vec<(&Kind<C>, usize)>> {
        let open: Vec<(&Kind<C>, usize)> = self.kinds.iter().filter_map(|kind| Some((kind, room(kind)?))).collect();
        let names: Vec<&'static str> = open.iter().map(|(kind, _)| kind.name).collect();
        let now = self.clock.now();
        let mut due = model::due(&self.db, &names).await?;
        due.retain(|(_, at)| *at <= now);
        due.sort_by_key(|(_, at)| *at);
        Ok(due.iter().filter_map(|(name, _)| open.iter().find(|(kind, _)| kind.name == name).copied()).collect())
    }

    async fn claim(&self, kind: &Kind<C>, limit: usize) -> Result<Vec<Claimed>> {
        let now = self.clock.now();
        let limit = i64::try_from(limit).unwrap_or(1);
        let mut tx = self.db.begin().await?;
        let claimed = model::claim(&mut tx, (kind.name, limit), self.id, now, now + LEASE).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// When something becomes due: a job of a kind with room, a turn, another's lease.
    async fn next_wake(&self) -> Result<Option<DateTime<Utc>>> {
        let names: Vec<&'static str> =
            self.kinds.iter().filter(|kind| kind.room.available_permits() > 0).map(|kind| kind.name).collect();
        let turns: Vec<&'static str> = self.periodic.iter().map(|p| p.name).collect();
        let due = model::due(&self.db, &names).await?.into_iter().map(|(_, at)| at);
        let turn = model::next_turn(&self.db, &turns).await?;
        // Abandoned is what is over, not what ends now.
        let abandoned = model::next_abandoned(&self.db, self.id).await?.map(|at| at + TimeDelta::milliseconds(1));
        Ok(due.chain(turn).chain(abandoned).min())
    }

    /// Takes jobs back whose process shows no life. What was begun counts: a job that kills its process dies at last.
    async fn rescue(&self, now: DateTime<Utc>) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let mut rescued = 0;
        for job in model::abandoned(&mut tx, self.id, now).await? {
            let policy = self.kinds.iter().find(|kind| kind.name == job.kind).map_or(Policy::USUAL, |kind| kind.policy);
            let why = super::Stop::retry("its process ended while it ran");
            let done = match run::end(&policy, job.tries, Err(why), run::jitter()) {
                End::Again { why, wait, .. } => model::put_back(&mut tx, &job, (true, why.as_deref()), now + wait, now).await?,
                End::Dead(why) => model::finish(&mut tx, &job, ("dead", Some(&why)), now).await?,
                End::Done | End::Cancelled(_) => false,
            };
            rescued += i64::from(done);
        }
        model::count(&mut tx, "rescued", rescued, now).await?;
        tx.commit().await?;
        tracing::warn!(jobs = rescued, "took jobs back from a process that shows no life");
        Ok(())
    }

    /// Shows life, and now and then that the rescuer is at work.
    async fn beat(&self, working: bool, noted: &mut Option<DateTime<Utc>>) {
        let now = self.clock.now();
        let note = noted.is_none_or(|at| now - at >= NOTED_EVERY);
        if !working && !note {
            return;
        }
        let written = async {
            let mut tx = self.db.begin().await?;
            if working {
                model::extend_leases(&mut tx, self.id, now + LEASE).await?;
            }
            if note {
                model::count(&mut tx, "rescuer", 1, now).await?;
            }
            tx.commit().await
        };
        match written.await {
            Ok(()) if note => *noted = Some(now),
            Ok(()) => {}
            Err(e) => {
                if let Some(more) = BLIND.word() {
                    tracing::error!(error = format!("{e:#}"), more, "the queue could not show life");
                }
            }
        }
    }
}

async fn sleep(clock: &Clock, until: Option<DateTime<Utc>>) {
    match until {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}
