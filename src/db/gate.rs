//! For simulations: statements take turns, one at a time, each only when nothing else in the process can go on. So the
//! same story always runs in the same order, whatever the database's own threads do, and a process can be made to die
//! exactly before a turn or right after its commit.
//!
//! In the program there is no gate and this costs one look at an empty option.

use std::{
    future::{pending, poll_fn},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};

/// What becomes of one turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It runs.
    Runs,
    /// The database is away: nothing runs and the caller is told.
    Away,
    /// The process dies before it.
    DiesBefore,
    /// It runs and is committed, and the process dies before anybody hears of it.
    DiesAfter,
}

/// Decides about a turn from its number, from 0, and whether it may write.
pub type Judge = Box<dyn Fn(u64, bool) -> Fate + Send + Sync>;

/// The gate of one simulated process.
pub struct Gate {
    turns: Arc<Semaphore>,
    judge: Judge,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    count: u64,
    /// A statement or transaction runs.
    busy: bool,
    dead: bool,
    /// Has the next turn and waits until nothing else can go on.
    next: Option<Waker>,
    /// Waits until nothing can go on at all.
    director: Option<Waker>,
}

/// Why the process stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Still {
    /// Everything waits for the time or for the outside.
    Idle,
    /// It has died.
    Dead,
}

impl Gate {
    /// A gate under a judge.
    pub fn new(judge: Judge) -> Arc<Self> {
        Arc::new(Self { turns: Arc::new(Semaphore::new(1)), judge, state: Mutex::default() })
    }

    /// To be called whenever the process's only thread is about to sleep.
    pub fn parked(&self) {
        let mut state = self.lock();
        let waker = match state.busy {
            _ if state.dead => state.director.take(),
            _ if state.next.is_some() => state.next.take(),
            false => state.director.take(),
            true => None,
        };
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Returns when nothing in the process can go on.
    pub async fn still(&self) -> Still {
        let mut asked = false;
        poll_fn(|context| {
            let mut state = self.lock();
            if state.dead {
                return Poll::Ready(Still::Dead);
            }
            if std::mem::replace(&mut asked, true) && state.director.is_none() {
                return Poll::Ready(Still::Idle);
            }
            state.director = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Ends the process at once.
    pub async fn die<T>(&self) -> T {
        self.lock().dead = true;
        pending().await
    }

    pub(super) async fn turn(self: &Arc<Self>, writes: bool) -> Result<Turn> {
        let permit = self.turns.clone().acquire_owned().await.map_err(Error::internal)?;
        let _waiting = Waiting(self);
        let mut asked = false;
        poll_fn(|context| {
            let mut state = self.lock();
            if std::mem::replace(&mut asked, true) && state.next.is_none() {
                return Poll::Ready(());
            }
            state.next = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
        let number = {
            let mut state = self.lock();
            state.count += 1;
            state.count - 1
        };
        let fate = (self.judge)(number, writes);
        match fate {
            Fate::Away => return Err(Error::Unavailable("the simulated database is away".into())),
            Fate::DiesBefore => self.die().await,
            Fate::Runs | Fate::DiesAfter => self.lock().busy = true,
        }
        Ok(Turn { gate: self.clone(), dies: fate == Fate::DiesAfter, _permit: permit })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A caller that gave up must not be woken in the place of somebody who can go on.
struct Waiting<'a>(&'a Gate);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lock().next = None;
    }
}

/// The right to use the database; given back when dropped.
pub struct Turn {
    gate: Arc<Gate>,
    dies: bool,
    _permit: OwnedSemaphorePermit,
}

impl Turn {
    /// What it was for is done and committed.
    pub(super) async fn done(self) {
        if self.dies {
            self.gate.die().await
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.gate.lock().busy = false;
    }
}
