//! How much of a limit is used: arithmetic over two facts that a row keeps, so that a restart forgets nothing. Pure.
//!
//! A bucket that refills is known by the instant at which it is full again: it can be neither negative nor overfull. A
//! rolling cap is known by when it was used.

use chrono::{DateTime, TimeDelta, Utc};

/// So many uses of a rolling cap are remembered exactly; of a larger one they are counted together, each as late as the
/// last of its kind, which errs on the safe side.
const EXACT: u32 = 256;

/// A limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A bucket of `capacity` tokens that refills evenly within `per`.
    Refill {
        /// At least 1.
        capacity: u32,
        /// More than nothing.
        per: TimeDelta,
    },
    /// At most `n` in any `per`.
    Rolling {
        /// At least 1.
        n: u32,
        /// More than nothing.
        per: TimeDelta,
    },
}

/// What is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// When a bucket is full again; earlier: it is full.
    pub full_at: DateTime<Utc>,
    /// Uses of a rolling cap: microseconds since 1970 and how many, oldest first.
    pub taken: Vec<(i64, i64)>,
}

impl Level {
    /// Nothing is used.
    pub const UNUSED: Self = Self { full_at: DateTime::UNIX_EPOCH, taken: Vec::new() };
}

impl Rule {
    /// When one is there; `None`: now.
    pub fn wait(self, level: &Level, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let at = match self {
            Self::Refill { .. } => self.full_at(level, now) - self.whole() + self.one(),
            Self::Rolling { n, per } => {
                let mut left: i64 = level.taken.iter().map(|(at, count)| if is_past(*at, per, now) { 0 } else { *count }).sum();
                let mut at = now;
                for (used, count) in level.taken.iter().filter(|(at, _)| !is_past(*at, per, now)) {
                    if left < i64::from(n) {
                        break;
                    }
                    left -= count;
                    // A clock that was set back must not make it longer than it is.
                    at = instant((*used).min(latest(n, per, now))) + per;
                }
                at
            }
        };
        Some(at).filter(|at| *at > now)
    }

    /// Uses one, whether or not it is there.
    pub fn take(self, level: &mut Level, now: DateTime<Utc>) {
        match self {
            Self::Refill { .. } => level.full_at = (self.full_at(level, now).max(now) + self.one()).min(now + self.whole()),
            Self::Rolling { n, per } => {
                level.taken.retain(|(at, _)| !is_past(*at, per, now));
                let at = latest(n, per, now);
                match level.taken.last_mut() {
                    Some((last, count)) if *last == at => *count += 1,
                    _ => level.taken.push((at, 1)),
                }
            }
        }
    }

    /// The platform says that no more than `remaining` are left: believed when that is less than we thought.
    pub fn lower(self, level: &mut Level, remaining: u64, now: DateTime<Utc>) {
        if let Self::Refill { capacity, .. } = self {
            let left = u32::try_from(remaining).unwrap_or(u32::MAX).min(capacity);
            let used = i32::try_from(capacity - left).unwrap_or(i32::MAX);
            level.full_at = self.full_at(level, now).max(now + (self.one() * used).min(self.whole()));
        }
    }

    /// Brings back what a clock that was set back left in a time that is still to come; true when there was such.
    pub fn correct(self, level: &mut Level, now: DateTime<Utc>) -> bool {
        match self {
            Self::Refill { .. } => {
                let latest = self.full_at(level, now);
                std::mem::replace(&mut level.full_at, latest) != latest
            }
            Self::Rolling { n, per } => {
                let latest = latest(n, per, now);
                let ahead = level.taken.iter_mut().filter(|(at, _)| *at > latest);
                ahead.map(|(at, _)| *at = latest).count() > 0
            }
        }
    }

    /// When the bucket is full, as far as that can be: a clock that was set back must not keep it empty for longer.
    fn full_at(self, level: &Level, now: DateTime<Utc>) -> DateTime<Utc> {
        level.full_at.min(now + self.whole())
    }

    /// How long a token takes, rounded up.
    fn one(self) -> TimeDelta {
        let (Self::Refill { capacity: n, per } | Self::Rolling { n, per }) = self;
        let n = i64::from(n.max(1));
        TimeDelta::microseconds((per.num_microseconds().unwrap_or(i64::MAX / 2) + n - 1) / n)
    }

    /// How long all of them take.
    fn whole(self) -> TimeDelta {
        let (Self::Refill { capacity: n, .. } | Self::Rolling { n, .. }) = self;
        self.one() * i32::try_from(n.max(1)).unwrap_or(i32::MAX)
    }
}

fn is_past(at: i64, per: TimeDelta, now: DateTime<Utc>) -> bool {
    instant(at) + per <= now
}

fn instant(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// The instant as which a use now is remembered; none can be later.
fn latest(n: u32, per: TimeDelta, now: DateTime<Utc>) -> i64 {
    if n <= EXACT { now.timestamp_micros() } else { grain_end(now, per) }
}

fn grain_end(now: DateTime<Utc>, per: TimeDelta) -> i64 {
    let grain = (per.num_microseconds().unwrap_or(i64::MAX) / i64::from(EXACT)).max(1);
    now.timestamp_micros().div_euclid(grain).saturating_add(1).saturating_mul(grain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_700_000_000_000 + millis).unwrap()
    }

    fn refill(capacity: u32, seconds: i64) -> Rule {
        Rule::Refill { capacity, per: TimeDelta::seconds(seconds) }
    }

    #[test]
    fn a_bucket_gives_what_it_holds_and_then_one_at_a_time() {
        let (rule, mut level) = (refill(3, 30), Level::UNUSED);
        for _ in 0..3 {
            assert_eq!(rule.wait(&level, at(0)), None);
            rule.take(&mut level, at(0));
        }
        assert_eq!(rule.wait(&level, at(0)), Some(at(10_000)));
        assert_eq!(rule.wait(&level, at(10_000)), None);
        rule.take(&mut level, at(10_000));
        assert_eq!(rule.wait(&level, at(10_000)), Some(at(20_000)));
        // Three and no more, however long it rests.
        assert_eq!(level.full_at, at(40_000));
        rule.take(&mut level, at(900_000));
        assert_eq!(level.full_at, at(910_000));
    }

    #[test]
    fn a_platform_s_word_lowers_and_never_raises() {
        let (rule, mut level) = (refill(10, 100), Level::UNUSED);
        rule.lower(&mut level, 1, at(0));
        assert_eq!((level.full_at, rule.wait(&level, at(0))), (at(90_000), None));
        rule.lower(&mut level, 0, at(0));
        assert_eq!(rule.wait(&level, at(0)), Some(at(10_000)));
        rule.lower(&mut level, 10, at(0));
        rule.lower(&mut level, u64::MAX, at(0));
        assert_eq!(rule.wait(&level, at(0)), Some(at(10_000)));
    }

    #[test]
    fn a_daily_cap_rolls() {
        let (rule, mut level) = (Rule::Rolling { n: 2, per: TimeDelta::hours(24) }, Level::UNUSED);
        let hour = |n: i64| at(n * 3_600_000);
        rule.take(&mut level, hour(0));
        rule.take(&mut level, hour(5));
        assert_eq!(rule.wait(&level, hour(6)), Some(hour(24)));
        assert_eq!(rule.wait(&level, hour(24)), None);
        rule.take(&mut level, hour(24));
        assert_eq!(rule.wait(&level, hour(24)), Some(hour(29)));
        assert_eq!(level.taken.len(), 2);
    }

    #[test]
    fn a_clock_set_back_keeps_nothing_closed_for_longer_than_the_limit_itself() {
        let year = 365 * 86_400_000;
        let (rule, mut level) = (refill(2, 60), Level::UNUSED);
        rule.take(&mut level, at(year));
        rule.take(&mut level, at(year));
        assert_eq!(rule.wait(&level, at(0)), Some(at(30_000)));
        let (rule, mut level) = (Rule::Rolling { n: 1, per: TimeDelta::hours(1) }, Level::UNUSED);
        rule.take(&mut level, at(year));
        assert_eq!(rule.wait(&level, at(0)), Some(at(3_600_000)));
    }

    #[test]
    fn what_is_waited_for_after_a_step_back_is_there_when_it_was_promised() {
        let year = 365 * 86_400_000;
        for rule in
            [refill(2, 60), Rule::Rolling { n: 1, per: TimeDelta::hours(1) }, Rule::Rolling { n: 300, per: TimeDelta::hours(1) }]
        {
            let mut level = Level::UNUSED;
            (0..300).for_each(|_| rule.take(&mut level, at(year)));
            assert!(rule.correct(&mut level, at(0)), "{rule:?}");
            let then = rule.wait(&level, at(0)).unwrap();
            assert!(!rule.correct(&mut level, then), "{rule:?}");
            assert_eq!(rule.wait(&level, then), None, "{rule:?}");
        }
    }

    /// Uses a rule greedily at the given instants and tells when it was used.
    fn used(rule: Rule, pauses: &[i64]) -> Vec<i64> {
        let (mut level, mut now, mut used) = (Level::UNUSED, 0, Vec::new());
        for pause in pauses {
            now += pause;
            if rule.wait(&level, at(now)).is_none() {
                rule.take(&mut level, at(now));
                used.push(now);
            }
        }
        used
    }

    fn most_within(used: &[i64], window: i64) -> usize {
        used.iter().map(|from| used.iter().filter(|at| (*from..*from + window).contains(*at)).count()).max().unwrap_or(0)
    }

    proptest! {
        /// Over any window: no more than the bucket holds and what flows in meanwhile.
        #[test]
        fn a_bucket_never_gives_more_than_it_holds_and_gets(
            capacity in 1u32..20, seconds in 1i64..100, window in 1i64..200_000, pauses in prop::collection::vec(0i64..3_000, 1..300),
        ) {
            let most = f64::from(capacity) + f64::from(capacity) * window as f64 / (seconds as f64 * 1e3);
            let used = used(refill(capacity, seconds), &pauses);
            prop_assert!(most_within(&used, window) as f64 <= most + 1e-6);
        }

        /// Never negative, never above capacity, and one is there exactly when it was promised.
        #[test]
        fn a_bucket_stays_within_its_bounds(
            capacity in 1u32..50, seconds in 1i64..1_000, moves in prop::collection::vec((0i64..5_000, 0u8..3, 0u64..60), 1..200),
        ) {
            let (rule, mut level, mut now) = (refill(capacity, seconds), Level::UNUSED, 0);
            for (pause, act, remaining) in moves {
                now += pause;
                match act {
                    0 => rule.lower(&mut level, remaining, at(now)),
                    _ if rule.wait(&level, at(now)).is_none() => rule.take(&mut level, at(now)),
                    _ => {}
                }
                let missing = (level.full_at - at(now)).max(TimeDelta::zero());
                prop_assert!(missing <= rule.whole());
                if let Some(then) = rule.wait(&level, at(now)) {
                    prop_assert!(then > at(now) && then <= at(now) + rule.one());
                    prop_assert!(rule.wait(&level, then).is_none());
                    prop_assert!(rule.wait(&level, then - TimeDelta::microseconds(1)).is_some());
                }
            }
        }

        /// A cap holds over every window of its length, also when uses are counted together.
        #[test]
        fn a_rolling_cap_is_never_exceeded(
            n in prop_oneof![1u32..12, 257u32..300], seconds in 1i64..60, pauses in prop::collection::vec(0i64..2_000, 1..600),
        ) {
            let rule = Rule::Rolling { n, per: TimeDelta::seconds(seconds) };
            let used = used(rule, &pauses);
            prop_assert!(most_within(&used, seconds * 1_000) <= n as usize);
        }

        /// Waiting as long as one is told is enough.
        #[test]
        fn what_is_waited_for_is_there(n in 1u32..400, seconds in 1i64..60, pauses in prop::collection::vec(0i64..50, 1..600)) {
            let rule = Rule::Rolling { n, per: TimeDelta::seconds(seconds) };
            let (mut level, mut now) = (Level::UNUSED, at(0));
            for pause in pauses {
                now += TimeDelta::milliseconds(pause);
                while let Some(then) = rule.wait(&level, now) {
                    prop_assert!(then > now);
                    now = then;
                }
                rule.take(&mut level, now);
                prop_assert!(level.taken.len() <= EXACT as usize + 2);
            }
        }
    }
}
