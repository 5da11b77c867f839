//! The workers and what is done to them: each is struck at random instants, independently of the others, and started
//! again.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future;

use super::{Blows, Scene};
use crate::{
    error::{Error, Result},
    fleet::{Blow, Child, Dice, Ground},
};

/// A worker that shows no life for so long loses its lanes.
const LEASE_SECONDS: u64 = 4;
/// What every worker is told: short leases and limits, so that a minute is enough to see them pass.
const SETTINGS: [(&str, &str); 3] =
    [("DELIVERY__LEASE_SECONDS", "4"), ("DELIVERY__DRAIN_SECONDS", "3"), ("HTTP__TIMEOUT_SECONDS", "3")];
/// How long a worker that was told to stop may take: its drain, and requests to its pages.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the workers listen at the moment.
#[derive(Clone)]
pub struct Addresses(Arc<Mutex<Vec<Option<String>>>>);

impl Addresses {
    /// Of so many workers, none of which listens yet.
    pub fn new(workers: usize) -> Self {
        Self(Arc::new(Mutex::new(vec![None; workers])))
    }

    fn set(&self, worker: usize, address: Option<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[worker] = address;
    }

    fn known(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().flatten().cloned().collect()
    }

    /// Of one that listens.
    pub fn any(&self, dice: &mut Dice) -> Option<String> {
        let known = self.known();
        (!known.is_empty()).then(|| dice.pick(&known).clone())
    }

    /// Of the first one that listens.
    pub fn first(&self) -> Option<String> {
        self.known().into_iter().next()
    }
}

/// All workers.
pub struct Servers<'a>(Vec<Server<'a>>);

impl<'a> Servers<'a> {
    /// None runs yet.
    pub fn new(ground: &'a Ground, scene: Arc<Scene>, workers: usize, mut dice: Dice) -> Self {
        let server = |number| Server { ground, scene: scene.clone(), number, dice: dice.split(), child: None };
        Self((0..workers).map(server).collect())
    }

    /// Starts them and strikes them until the faults end. Then all run.
    pub async fn torture(&mut self) -> Result<Blows> {
        let all = future::try_join_all(self.0.iter_mut().map(Server::torture)).await?;
        Ok(all.into_iter().fold(Blows::default(), |a, b| Blows {
            killed: a.killed + b.killed,
            terminated: a.terminated + b.terminated,
            stopped: a.stopped + b.stopped,
        }))
    }

    /// Ends them all as an operator does.
    pub async fn stop(self) {
        future::join_all(self.0.into_iter().filter_map(|s| s.child).map(|child| child.stop(PATIENCE))).await;
    }
}

struct Server<'a> {
    ground: &'a Ground,
    scene: Arc<Scene>,
    number: usize,
    dice: Dice,
    child: Option<Child>,
}

impl Server<'_> {
    async fn torture(&mut self) -> Result<Blows> {
        let mut blows = Blows::default();
        while !self.scene.is_over() {
            if self.child.is_none() && !self.start(&mut blows).await? {
                continue;
            }
            self.scene.pause(self.dice.millis(300, 2_500)).await;
            if self.scene.is_over() {
                break;
            }
            match self.dice.between(0, 100) {
                0..50 => self.kill(&mut blows).await?,
                50..70 => self.terminate(&mut blows).await?,
                _ => self.freeze(&mut blows).await?,
            }
            self.scene.pause(self.dice.millis(0, 700)).await;
        }
        while self.child.is_none() {
            self.start(&mut blows).await?;
        }
        Ok(blows)
    }

    /// Starts it; false when it was killed before it was ready.
    async fn start(&mut self, blows: &mut Blows) -> Result<bool> {
        let mut child = self.ground.worker(self.number, &SETTINGS)?;
        if self.dice.percent(15) && !self.scene.is_over() {
            tokio::time::sleep(self.dice.millis(0, 60)).await;
            child.strike(Blow::Kill);
            blows.killed += 1;
            self.ended(&mut child).await?;
            return Ok(false);
        }
        self.scene.addresses.set(self.number, Some(child.ready().await?));
        self.child = Some(child);
        Ok(true)
    }

    async fn kill(&mut self, blows: &mut Blows) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        child.strike(Blow::Kill);
        blows.killed += 1;
        self.scene.addresses.set(self.number, None);
        self.ended(&mut child).await
    }

    /// Told to stop; sometimes killed while it finishes what is in flight.
    async fn terminate(&mut self, blows: &mut Blows) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        child.strike(Blow::Terminate);
        blows.terminated += 1;
        self.scene.addresses.set(self.number, None);
        if self.dice.percent(30) {
            tokio::time::sleep(self.dice.millis(0, 500)).await;
            child.strike(Blow::Kill);
            blows.killed += 1;
        }
        self.ended(&mut child).await
    }

    /// Stands still, sometimes beyond its lease; then goes on as if nothing had happened, or is killed in its sleep.
    async fn freeze(&mut self, blows: &mut Blows) -> Result<()> {
        let Some(child) = &mut self.child else { return Ok(()) };
        child.strike(Blow::Stop);
        blows.stopped += 1;
        let long = self.dice.percent(30);
        let length = if long { LEASE_SECONDS * 1_000 + self.dice.between(500, 3_000) } else { self.dice.between(50, 1_500) };
        // Not cut short at the end: a worker that went on before its lease was over would prove less.
        tokio::time::sleep(Duration::from_millis(length)).await;
        if self.dice.percent(20) {
            return self.kill(blows).await;
        }
        child.strike(Blow::Continue);
        Ok(())
    }

    async fn ended(&self, child: &mut Child) -> Result<()> {
        if child.ends_within(PATIENCE).await {
            return Ok(());
        }
        Err(Error::Unavailable(format!("worker {} was told to stop and did not", self.number)))
    }
}
