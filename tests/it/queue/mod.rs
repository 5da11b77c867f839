//! The queue on both databases: jobs exist with their transaction, run at least once, one at a time, and end visibly.

mod admin;
mod ends;
mod housekeeping;
mod outbox;
mod runners;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use rostrum::{
    db::{Db, q},
    kit::Clock,
    queue::{self, Job, Policy, Runner, Stop},
};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::support::TestApp;

/// What test jobs share: a log, a gate they may wait at, and how many run.
#[derive(Clone)]
pub struct Bench {
    pub db: Db,
    pub clock: Clock,
    log: Arc<Mutex<Vec<String>>>,
    gate: Arc<Semaphore>,
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Bench {
    /// On a clock of its own, so that waits take no time.
    pub fn new(app: &TestApp) -> Self {
        Self {
            db: app.app.db.clone(),
            clock: Clock::manual("2026-11-23T08:00:00Z".parse().unwrap()),
            log: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            running: Arc::default(),
            most: Arc::default(),
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn later(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    pub fn runner(&self) -> Runner<Self> {
        let runner = Runner::new(self.db.clone(), self.clock.clone(), self.clone());
        runner.runs::<Say>().runs::<Keyed>().runs::<Ends>().runs::<Waits>()
    }

    pub async fn run_due(&self) -> usize {
        self.runner().run_due().await.unwrap()
    }

    pub async fn enqueue<J: Job>(&self, job: &J) {
        self.enqueue_at(job, self.now()).await;
    }

    pub async fn enqueue_at<J: Job>(&self, job: &J, at: DateTime<Utc>) {
        let mut tx = self.db.begin().await.unwrap();
        queue::enqueue_at(&mut tx, job, at, self.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub fn said(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    fn say(&self, word: impl Into<String>) {
        self.log.lock().unwrap().push(word.into());
    }

    /// State, tries and error of all jobs, oldest first.
    pub async fn jobs(&self) -> Vec<(String, i64, Option<String>)> {
        q("SELECT state, tries, error FROM jobs ORDER BY id").all(&self.db).await.unwrap()
    }

    /// Waits until so many words were said.
    pub async fn until_said(&self, app: &TestApp, count: usize) -> Vec<String> {
        app.until("the jobs run", async || Some(self.said()).filter(|said| said.len() >= count)).await
    }

    /// Lets so many waiting jobs go on.
    pub fn open(&self, count: usize) {
        self.gate.add_permits(count);
    }
}

/// Says a word.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Say(pub String);

impl Job for Say {
    type Context = Bench;
    const NAME: &'static str = "test.say";

    async fn run(&self, bench: &Bench) -> Result<(), Stop> {
        bench.say(&self.0);
        Ok(())
    }
}

/// Says a word; of each key only one waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Keyed(pub String);

impl Job for Keyed {
    type Context = Bench;
    const NAME: &'static str = "test.keyed";

    fn key(&self) -> Option<String> {
        Some(self.0.clone())
    }

    async fn run(&self, bench: &Bench) -> Result<(), Stop> {
        bench.say(&self.0);
        Ok(())
    }
}

/// Ends as told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Ends {
    Retry,
    Snooze,
    Cancel,
    Dead,
    Panic,
    Slow,
}

impl Job for Ends {
    type Context = Bench;
    const NAME: &'static str = "test.ends";
    const POLICY: Policy = Policy { tries: 3, first_wait: 10, limit: Duration::from_millis(300), ..Policy::USUAL };

    async fn run(&self, bench: &Bench) -> Result<(), Stop> {
        bench.say(format!("{self:?}"));
        match self {
            Self::Retry => Err(Stop::retry("not yet")),
            Self::Snooze => Err(Stop::snooze(TimeDelta::hours(1))),
            Self::Cancel => Err(Stop::cancel("not needed")),
            Self::Dead => Err(Stop::dead("never")),
            Self::Panic => panic!("ouch"),
            Self::Slow => std::future::pending().await,
        }
    }
}

/// Waits at the gate, then says its word, or that it failed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Waits {
    pub word: String,
    pub fails: bool,
}

impl Job for Waits {
    type Context = Bench;
    const NAME: &'static str = "test.waits";
    const POLICY: Policy = Policy { tries: 3, at_once: 2, ..Policy::USUAL };

    fn key(&self) -> Option<String> {
        self.word.strip_prefix("key ").map(str::to_owned)
    }

    async fn run(&self, bench: &Bench) -> Result<(), Stop> {
        let now = bench.running.fetch_add(1, Ordering::SeqCst) + 1;
        bench.most.fetch_max(now, Ordering::SeqCst);
        bench.say(format!("{} begins", self.word));
        bench.gate.acquire().await.unwrap().forget();
        bench.running.fetch_sub(1, Ordering::SeqCst);
        bench.say(format!("{} ends", self.word));
        if self.fails { Err(Stop::dead("as told")) } else { Ok(()) }
    }
}

pub fn waits(word: &str) -> Waits {
    Waits { word: word.into(), fails: false }
}
