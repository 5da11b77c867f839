//! Wakes at the exact time something is due, claims lanes, works them side by side, shows signs of life, and drains.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{sync::watch, task::JoinHandle};

use super::{
    catch_up,
    lane::Worker,
    lanes::Lanes,
    leap::Leap,
    ledger::Ledger,
    meters,
    model::{self, LookUp},
    plan,
};
use crate::{
    app::App,
    db::{Topic, Tx},
    error::Result,
    instance::{self, Sending},
    kit::{Dice, Seldom},
};

/// How often the engine shows that it lives: in the database, for the readiness check and for its leases. It also looks
/// then whether anything is due, whatever it was told or not told.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// After an error of the database.
const PAUSE: Duration = Duration::from_secs(1);

/// After another worker was faster: what is due and still free by then may be left for us.
const ELSEWHERE: TimeDelta = TimeDelta::milliseconds(20);

/// What it cannot do while the database is away, it cannot do every second.
static BLIND: Seldom = Seldom::new();

/// The engine of one process.
pub struct Engine {
    worker: Arc<Worker>,
    seen: instance::Worker,
    heartbeat: Duration,
}

/// What a simulation may want otherwise.
pub struct Conditions {
    /// Where chance comes from.
    pub dice: Dice,
    /// Time between signs of life.
    pub heartbeat: Duration,
}

impl Default for Conditions {
    fn default() -> Self {
        Self { dice: Dice::machine(), heartbeat: HEARTBEAT }
    }
}

/// A running engine.
pub struct Handle {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Handle {
    /// Begins nothing new, lets requests in flight finish for as long as configured, and returns.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

impl Engine {
    /// Starts sending.
    pub fn start(app: &App) -> Handle {
        Self::start_under(app, Conditions::default())
    }

    /// Starts sending, under other conditions than the program's own.
    pub fn start_under(app: &App, Conditions { dice, heartbeat }: Conditions) -> Handle {
        let (stop, stopping) = watch::channel(false);
        let crowded = AtomicBool::new(false);
        let worker = Worker {
            app: app.clone(),
            ledger: Ledger::start(app.db.clone()),
            stopping,
            crowded,
            dice,
            leap: Leap::new(&app.clock),
        };
        let server = &app.config.server;
        let seen = instance::Worker::new(server.role, server.label.as_deref(), app.clock.now());
        let engine = Self { worker: Arc::new(worker), seen, heartbeat };
        Handle { stop, task: tokio::spawn(engine.run()) }
    }

    async fn run(self) {
        let app = &self.worker.app;
        let mut stopping = self.worker.stopping.clone();
        let mut bus = app.db.bus.listen();
        let mut channels = app.db.bus.listen();
        // A short lease is extended in time, too.
        let between = self.heartbeat.min(lease(app).to_std().unwrap_or(HEARTBEAT) / 3);
        let mut beat = pin!(app.clock.sleep(Duration::ZERO));
        let mut lanes = Lanes::new(app.config.delivery.lanes);
        let (mut begun, mut follow) = (false, true);
        while !*stopping.borrow() {
            begun = begun || self.attempt("start", self.begin()).await;
            // Until it worked: nobody tells twice that a channel changed.
            follow = follow && !self.attempt("follow the channels", self.follow_channels()).await;
            let wake = match self.fill(&mut lanes).await {
                Ok(wake) if begun && !follow => wake,
                Ok(wake) => Some(wake.unwrap_or(DateTime::<Utc>::MAX_UTC).min(soon(app))),
                Err(e) => {
                    if let Some(more) = BLIND.word() {
                        tracing::error!(error = format!("{e:#}"), more, "the engine cannot see what is due");
                    }
                    Some(soon(app))
                }
            };
            // In this order: each turn of the loop looks at everything that is due, so nothing starves.
            tokio::select! {
                biased;
                _ = stopping.changed() => {}
                () = &mut beat => {
                    self.attempt("show life", self.beat()).await;
                    beat.set(app.clock.sleep(between));
                }
                () = bus.heard(|t| t == Topic::Schedule) => {}
                () = channels.heard(|t| t == Topic::Channels) => follow = true,
                () = sleep(app, wake) => note_wake(app, wake),
                () = lanes.one_ends() => {}
            }
        }
        self.drain(lanes).await;
    }

    /// Frees what a former process of this instance left, unless others share the database.
    async fn begin(&self) -> Result<()> {
        let app = &self.worker.app;
        let mut tx = app.db.begin().await?;
        self.worker.leap.compare(&app.clock, model::last_sign(&mut tx).await?);
        if self.may_send(&mut tx).await? {
            self.notice_outage(&mut tx).await?;
        }
        instance::sweep(&mut tx, app.clock.now()).await?;
        if !app.db.is_postgres() {
            model::forget_leases(&mut tx).await?;
        }
        tx.commit().await
    }

    /// False while the instance is held. When a long silence ends, what is overdue is marked to be looked up first.
    async fn may_send(&self, tx: &mut Tx) -> Result<bool> {
        let app = &self.worker.app;
        let now = app.clock.now();
        match instance::sending(tx, &app.life, now).await? {
            Sending::Yes => Ok(true),
            Sending::Held(_) => Ok(false),
            Sending::After(since) => {
                let parts = model::look_first(tx, LookUp::Gap, since, now).await?;
                tracing::warn!(%since, parts, "no sign of life for long: what is overdue is looked up before it is sent");
                self.notice_outage(tx).await?;
                instance::alive(tx, now).await.map(|()| true)
            }
        }
    }

    /// Claims what is due, as far as there is room, and tells when to wake next.
    async fn fill(&self, lanes: &mut Lanes) -> Result<Option<DateTime<Utc>>> {
        let app = &self.worker.app;
        if let Some(left) = self.pause().await? {
            return Ok(Some(app.clock.now() + left));
        }
        loop {
            let full = lanes.full();
            let free = lanes.free();
            self.worker.crowded.store(free == 0 || !full.is_empty(), Ordering::Relaxed);
            if free == 0 {
                return Ok(None);
            }
            let wake = model::next_wake(&app.db, self.seen.id, &full).await?;
            let now = app.clock.now();
            if wake.is_none_or(|at| at > now) {
                return Ok(wake);
            }
            let candidates = model::candidates(&app.db, self.seen.id, (now, lanes.widely()), &full).await?;
            let chosen = lanes.choose(candidates);
            let mut tx = app.db.begin().await?;
            if !self.may_send(&mut tx).await? {
                tx.commit().await?;
                // Whoever lets it go on wakes us.
                return Ok(None);
            }
            let claimed = model::claim(&mut tx, self.seen.id, (now, now + lease(app)), &chosen).await?;
            tx.commit().await?;
            if claimed.is_empty() {
                // Another worker took them: whatever is left wakes us in its time.
                return Ok(Some(now + ELSEWHERE));
            }
            for lane in claimed {
                lanes.spawn(lane.org_id, self.worker.clone().work(lane));
            }
        }
    }

    /// How long nothing is begun because the clock was set. After a step back, keys of the past are not
    /// believed, and no wait that was ours to choose ends later than it could when chosen now.
    async fn pause(&self) -> Result<Option<TimeDelta>> {
        let Worker { app, leap, .. } = &*self.worker;
        let left = leap.pause(&app.clock);
        if leap.is_back() {
            let mut tx = app.db.begin().await?;
            model::distrust_keys(&mut tx).await?;
            model::shorten_waits(&mut tx, app.clock.now() + plan::LONGEST_BLOCK).await?;
            tx.commit().await?;
            leap.settled();
        }
        Ok(left.and_then(|left| TimeDelta::from_std(left).ok()))
    }

    /// Lets posts go that waited for a channel, and withdraws those of removed ones.
    async fn follow_channels(&self) -> Result<()> {
        let app = &self.worker.app;
        loop {
            let mut tx = app.db.begin().await?;
            let released = catch_up::release_held(&mut tx, &app.config.delivery, app.clock.now()).await?;
            model::withdraw_removed(&mut tx).await?;
            tx.commit().await?;
            if released == 0 {
                return Ok(());
            }
        }
    }

    /// A gap between the signs of life is written down for the people whose posts were due: after a start, and after a
    /// machine was asleep.
    async fn notice_outage(&self, tx: &mut Tx) -> Result<()> {
        let now = self.worker.app.clock.now();
        let Some(last) = model::silent_since(&mut *tx, now).await? else { return Ok(()) };
        let Some(outage) = model::record_outage(tx, last, now).await? else { return Ok(()) };
        tracing::warn!(from = %outage.began_at, to = %outage.ended_at, "nobody showed life for a while; what was due is in the inbox");
        Ok(())
    }

    async fn beat(&self) -> Result<()> {
        let app = &self.worker.app;
        let now = app.clock.now();
        let mut tx = app.db.begin().await?;
        if self.may_send(&mut tx).await? {
            self.notice_outage(&mut tx).await?;
        }
        model::extend_leases(&mut tx, self.seen.id, now + lease(app)).await?;
        let beats = instance::beat(&mut tx, &app.life, &self.seen, now).await?;
        instance::alive(&mut tx, now).await?;
        tx.commit().await?;
        app.life.noted(beats);
        Ok(())
    }

    async fn retire(&self) -> Result<()> {
        let app = &self.worker.app;
        let mut tx = app.db.begin().await?;
        instance::retire(&mut tx, self.seen.id, app.clock.now()).await?;
        tx.commit().await
    }

    /// Does something that only fails when the database is away; false when it did.
    async fn attempt(&self, what: &str, run: impl Future<Output = Result<()>>) -> bool {
        let done = run.await;
        if let (Err(e), Some(more)) = (&done, BLIND.word()) {
            tracing::error!(error = format!("{e:#}"), more, "the engine could not {what}");
        }
        done.is_ok()
    }

    async fn drain(&self, mut lanes: Lanes) {
        let limit = Duration::from_secs(self.worker.app.config.delivery.drain_seconds);
        if tokio::time::timeout(limit, lanes.all_end()).await.is_err() {
            tracing::warn!("requests were still in flight at the end; their outcome is looked up at the next start");
        }
        self.attempt("note its end", self.retire()).await;
    }
}

/// How long a lane belongs to a worker that shows no life.
fn lease(app: &App) -> TimeDelta {
    TimeDelta::seconds(i64::try_from(app.config.delivery.lease_seconds).unwrap_or(60).max(1))
}

/// When to try again what the database did not let happen.
fn soon(app: &App) -> DateTime<Utc> {
    app.clock.now() + TimeDelta::from_std(PAUSE).unwrap_or_default()
}

fn note_wake(app: &App, wake: Option<DateTime<Utc>>) {
    if let Some(wake) = wake {
        meters::WAKE_ERROR.observe((app.clock.now() - wake).num_microseconds().unwrap_or(0) as f64 / 1e6);
    }
}

async fn sleep(app: &App, until: Option<DateTime<Utc>>) {
    match until {
        Some(at) => app.clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}
