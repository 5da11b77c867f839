//! The clock, injected everywhere: real in the program, moved by hand in tests and simulation.
//!
//! It has two hands. [`Clock::now`] is the wall clock, which people, NTP and a suspended machine may set; what is due is
//! judged by it. [`Clock::ran`] only ever runs on; waits are measured by it.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};

/// Longest uninterrupted sleep: a wall clock that is set forward or back is noticed after at most this long.
const RECHECK: Duration = Duration::from_secs(30);

/// When this process first asked.
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Where the time comes from. Cloning is cheap.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Manual(Arc<Mutex<Hands>>),
}

/// A clock moved by hand, and who waits for it.
struct Hands {
    wall: DateTime<Utc>,
    ran: Duration,
    sleepers: BTreeMap<u64, Sleeper>,
    next: u64,
}

struct Sleeper {
    until: Until,
    waker: Waker,
}

#[derive(Clone, Copy)]
enum Until {
    Wall(DateTime<Utc>),
    Ran(Duration),
}

impl Hands {
    fn left(&self, until: Until) -> Duration {
        match until {
            Until::Wall(at) => (at - self.wall).to_std().unwrap_or_default(),
            Until::Ran(at) => at.saturating_sub(self.ran),
        }
    }

    /// Wakes whose time has come, in the order in which they lay down: the same every time.
    fn wake(&self) {
        self.sleepers.values().filter(|s| self.left(s.until).is_zero()).for_each(|s| s.waker.wake_by_ref());
    }
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `at` until [`Clock::advance`] moves it.
    pub fn manual(at: DateTime<Utc>) -> Self {
        let hands = Hands { wall: micros(at), ran: Duration::ZERO, sleepers: BTreeMap::new(), next: 0 };
        Self(Source::Manual(Arc::new(Mutex::new(hands))))
    }

    /// Now, cut to microseconds: what both databases keep.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System => micros(Utc::now()),
            Source::Manual(hands) => lock(hands).wall,
        }
    }

    /// How long the program has run, whatever the wall clock was set to meanwhile. Starts at the first question; does not
    /// count while the machine is suspended.
    pub fn ran(&self) -> Duration {
        match &self.0 {
            Source::System => BEGAN.elapsed(),
            Source::Manual(hands) => lock(hands).ran,
        }
    }

    /// Lets time pass on a manual clock; does nothing to the machine's.
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Manual(hands) = &self.0 {
            let mut hands = lock(hands);
            hands.wall += by;
            hands.ran += by.to_std().unwrap_or_default();
            hands.wake();
        }
    }

    /// Sets a manual clock forward or back, which no time passes by; does nothing to the machine's.
    pub fn set_by(&self, by: TimeDelta) {
        if let Source::Manual(hands) = &self.0 {
            let mut hands = lock(hands);
            hands.wall += by;
            hands.wake();
        }
    }

    /// How far a manual clock must advance until its first sleeper wakes; `None` when nobody sleeps, or on the machine's.
    pub fn until_next(&self) -> Option<Duration> {
        let Source::Manual(hands) = &self.0 else { return None };
        let hands = lock(hands);
        hands.sleepers.values().map(|s| hands.left(s.until)).min()
    }

    /// Returns when the clock shows `at` or later, at once if it already does.
    pub async fn sleep_until(&self, at: DateTime<Utc>) {
        match &self.0 {
            Source::System => loop {
                let Ok(left) = (at - Utc::now()).to_std() else { return };
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(RECHECK)).await;
            },
            Source::Manual(hands) => wait(hands, Until::Wall(at)).await,
        }
    }

    /// Returns when so much time has passed, whatever the wall clock was set to meanwhile.
    pub async fn sleep(&self, time: Duration) {
        match &self.0 {
            Source::System => tokio::time::sleep(time).await,
            Source::Manual(hands) => {
                let until = Until::Ran(lock(hands).ran + time);
                wait(hands, until).await;
            }
        }
    }

    /// Gives `run` so much time; `None` when it was not enough.
    pub async fn within<T>(&self, time: Duration, run: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = run => Some(done),
            () = self.sleep(time) => None,
        }
    }
}

fn lock(hands: &Mutex<Hands>) -> MutexGuard<'_, Hands> {
    hands.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gets up when dropped.
struct Bed<'a> {
    hands: &'a Mutex<Hands>,
    id: u64,
}

impl Drop for Bed<'_> {
    fn drop(&mut self) {
        lock(self.hands).sleepers.remove(&self.id);
    }
}

async fn wait(hands: &Mutex<Hands>, until: Until) {
    let id = {
        let mut hands = lock(hands);
        hands.next += 1;
        hands.next
    };
    let _bed = Bed { hands, id };
    poll_fn(|context| {
        let mut hands = lock(hands);
        if hands.left(until).is_zero() {
            return Poll::Ready(());
        }
        hands.sleepers.insert(id, Sleeper { until, waker: context.waker().clone() });
        Poll::Pending
    })
    .await;
}

/// Postgres keeps microseconds: cut here, so that a value read back equals the value written.
pub fn micros(t: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(t.timestamp_micros()).unwrap_or(t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_its_sleepers_exactly_when_it_passes_them() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep_until(DateTime::UNIX_EPOCH + TimeDelta::seconds(10)).await;
                clock.now()
            }
        });
        clock.advance(TimeDelta::seconds(9));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(TimeDelta::seconds(2));
        assert_eq!(sleeper.await.unwrap(), DateTime::UNIX_EPOCH + TimeDelta::seconds(11));
        assert_eq!(clock.until_next(), None);
    }

    #[tokio::test]
    async fn setting_the_wall_clock_ends_no_wait() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(10)).await }
        });
        tokio::task::yield_now().await;
        clock.set_by(TimeDelta::days(1));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        assert_eq!(clock.until_next(), Some(Duration::from_secs(10)));
        clock.set_by(TimeDelta::days(-2));
        clock.advance(TimeDelta::seconds(10));
        sleeper.await.unwrap();
        assert_eq!(clock.ran(), Duration::from_secs(10));
    }

    #[tokio::test]
    async fn what_takes_too_long_is_given_up() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        assert_eq!(clock.within(Duration::from_secs(1), async { 1 }).await, Some(1));
        let slow = tokio::spawn({
            let clock = clock.clone();
            async move { clock.within(Duration::from_secs(1), std::future::pending::<()>()).await }
        });
        tokio::task::yield_now().await;
        clock.advance(TimeDelta::seconds(1));
        assert_eq!(slow.await.unwrap(), None);
    }
}
