//! The clock, injected everywhere: real in the program, moved by hand in tests and simulation.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

/// Longest uninterrupted sleep: a wall clock that is set forward or back is noticed after at most this long.
const RECHECK: Duration = Duration::from_secs(30);

/// Where the time comes from. Cloning is cheap.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Manual(Arc<watch::Sender<DateTime<Utc>>>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `at` until [`Clock::advance`] moves it.
    pub fn manual(at: DateTime<Utc>) -> Self {
        Self(Source::Manual(Arc::new(watch::Sender::new(micros(at)))))
    }

    /// Now, cut to microseconds: what both databases keep.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System => micros(Utc::now()),
            Source::Manual(at) => *at.borrow(),
        }
    }

    /// Moves a manual clock; does nothing to the machine's.
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Manual(at) = &self.0 {
            at.send_modify(|t| *t += by);
        }
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
            Source::Manual(now) => {
                // The sender lives in `self`, so waiting cannot end early.
                let _ = now.subscribe().wait_for(|now| *now >= at).await;
            }
        }
    }
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
    }
}
