//! Wakes at the exact time something is due, claims lanes, works them side by side, shows signs of life, and drains.

use std::{pin::pin, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use uuid::Uuid;

use super::{lane::Worker, leap::Leap, ledger::Ledger, model};
use crate::{
    app::App,
    db::{Topic, q},
    error::Result,
    kit::{Dice, Seldom},
};

/// How often the engine shows that it lives: in the database, for the readiness check and for its leases.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// After an error of the database.
const PAUSE: Duration = Duration::from_secs(1);

/// What it cannot do while the database is away, it cannot do every second.
static BLIND: Seldom = Seldom::new();

/// The engine of one process.
pub struct Engine {
    worker: Arc<Worker>,
    id: Uuid,
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
        let leap = Leap::new(&app.clock);
        let worker = Worker { app: app.clone(), ledger: Ledger::start(app.db.clone()), stopping, dice, leap };
        let engine = Self { worker: Arc::new(worker), id: Uuid::now_v7(), heartbeat };
        Handle { stop, task: tokio::spawn(engine.run()) }
    }

    async fn run(self) {
        let app = &self.worker.app;
        let mut stopping = self.worker.stopping.clone();
        let mut bus = app.db.bus.listen();
        let mut channels = app.db.bus.listen();
        let mut beat = pin!(app.clock.sleep(Duration::ZERO));
        let mut lanes = JoinSet::new();
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
                    beat.set(app.clock.sleep(self.heartbeat));
                }
                () = bus.heard(|t| t == Topic::Schedule) => {}
                () = channels.heard(|t| t == Topic::Channels) => follow = true,
                () = sleep(app, wake) => {}
                _ = lanes.join_next(), if !lanes.is_empty() => while lanes.try_join_next().is_some() {},
            }
        }
        self.drain(lanes).await;
    }

    /// Frees what a former process of this instance left, unless others share the database.
    async fn begin(&self) -> Result<()> {
        let app = &self.worker.app;
        let (seen,): (Option<DateTime<Utc>>,) = q("SELECT heartbeat_at FROM instance").one(&app.db).await?;
        self.worker.leap.compare(&app.clock, seen);
        if !app.db.is_postgres() {
            let mut tx = app.db.begin().await?;
            model::forget_leases(&mut tx).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Claims what is due, as far as there is room, and tells when to wake next.
    async fn fill(&self, lanes: &mut JoinSet<()>) -> Result<Option<DateTime<Utc>>> {
        let app = &self.worker.app;
        let delivery = &app.config.delivery;
        let pause = self.worker.leap.pause(&app.clock);
        if self.worker.leap.is_back() {
            let mut tx = app.db.begin().await?;
            model::distrust_keys(&mut tx).await?;
            tx.commit().await?;
            self.worker.leap.settled();
        }
        if let Some(left) = pause {
            return Ok(Some(app.clock.now() + TimeDelta::from_std(left).unwrap_or_default()));
        }
        loop {
            let free = delivery.lanes.saturating_sub(lanes.len());
            let wake = model::next_wake(&app.db, self.id).await?;
            let now = app.clock.now();
            if free == 0 {
                return Ok(None);
            }
            if wake.is_none_or(|at| at > now) {
                return Ok(wake);
            }
            let lease = now + TimeDelta::seconds(i64::try_from(delivery.lease_seconds).unwrap_or(60));
            let mut tx = app.db.begin().await?;
            let claimed = model::claim(&mut tx, self.id, now, lease, i64::try_from(free).unwrap_or(1)).await?;
            tx.commit().await?;
            if claimed.is_empty() {
                // Another worker took them: whatever is left wakes us in its time.
                return Ok(Some(now + TimeDelta::milliseconds(50)));
            }
            for lane in claimed {
                lanes.spawn(self.worker.clone().work(lane));
            }
        }
    }

    /// Lets posts go that waited for a channel, and withdraws those of removed ones.
    async fn follow_channels(&self) -> Result<()> {
        let app = &self.worker.app;
        let late = TimeDelta::minutes(app.config.delivery.late_minutes.into());
        loop {
            let mut tx = app.db.begin().await?;
            let released = model::release_held(&mut tx, late, app.clock.now()).await?;
            model::withdraw_removed(&mut tx).await?;
            tx.commit().await?;
            if released == 0 {
                return Ok(());
            }
        }
    }

    async fn beat(&self) -> Result<()> {
        let app = &self.worker.app;
        let lease = TimeDelta::seconds(i64::try_from(app.config.delivery.lease_seconds).unwrap_or(60));
        let mut tx = app.db.begin().await?;
        model::extend_leases(&mut tx, self.id, app.clock.now() + lease).await?;
        q("UPDATE instance SET heartbeat_at = $1").bind(app.clock.now()).exec(&mut tx).await?;
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

    async fn drain(&self, mut lanes: JoinSet<()>) {
        let limit = Duration::from_secs(self.worker.app.config.delivery.drain_seconds);
        let all = async { while lanes.join_next().await.is_some() {} };
        if tokio::time::timeout(limit, all).await.is_err() {
            tracing::warn!("requests were still in flight at the end; their outcome is looked up at the next start");
        }
    }
}

/// When to try again what the database did not let happen.
fn soon(app: &App) -> DateTime<Utc> {
    app.clock.now() + TimeDelta::from_std(PAUSE).unwrap_or_default()
}

async fn sleep(app: &App, until: Option<DateTime<Utc>>) {
    match until {
        Some(at) => app.clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}
