//! When a job that did not work is tried again. Pure.

use std::time::Duration;

use chrono::TimeDelta;

/// How often a kind of job is tried, how long it may take, and how many run at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Counted tries after which it is dead, the first one included.
    pub tries: i64,
    /// Seconds before the second try; doubled for each further one.
    pub first_wait: i64,
    /// Most seconds between two tries.
    pub longest_wait: i64,
    /// How long one try may take before it is given up and counted.
    pub limit: Duration,
    /// How many of this kind one process runs side by side.
    pub at_once: usize,
}

impl Policy {
    /// Twelve tries over about a day, five minutes each, four at a time.
    pub const USUAL: Self =
        Self { tries: 12, first_wait: 10, longest_wait: 6 * 3_600, limit: Duration::from_secs(300), at_once: 4 };

    /// How long after the try numbered `tries` (from 1) the next one is due. `jitter` from 0 to 1 spreads it over half to
    /// the whole of the doubled wait, so that what failed together is not tried together.
    pub fn wait(&self, tries: i64, jitter: f64) -> TimeDelta {
        let doublings = u32::try_from((tries - 1).clamp(0, 30)).unwrap_or(0);
        let whole = self.first_wait.saturating_mul(1_i64 << doublings).min(self.longest_wait);
        TimeDelta::milliseconds((whole as f64 * 1_000.0 * (0.5 + jitter.clamp(0.0, 1.0) / 2.0)) as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_spread() {
        let seconds = |tries, jitter| Policy::USUAL.wait(tries, jitter).as_seconds_f64();
        assert_eq!([1, 2, 3, 4].map(|n| seconds(n, 1.0)), [10.0, 20.0, 40.0, 80.0]);
        assert_eq!([1, 2].map(|n| seconds(n, 0.0)), [5.0, 10.0]);
        assert_eq!(seconds(40, 1.0), 21_600.0);
        assert_eq!(seconds(i64::MAX, 2.0), 21_600.0);
        assert_eq!(seconds(0, 1.0), 10.0);
    }
}
