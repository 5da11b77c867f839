//! Notices that the wall clock was set: the two hands of the [`Clock`] moved differently. Then nothing is begun for a
//! minute, so that a clock that is being put right, or a machine that wakes from suspension, does not send in between.
//!
//! What was due by then is judged as after any other silence. Nothing fires again after a step back, because what has
//! gone out is known by its row and not by its time.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::kit::Clock;

/// Smaller steps are everyday corrections.
const LIMIT: TimeDelta = TimeDelta::minutes(5);
/// Nothing is begun for so long after a step.
const PAUSE: Duration = Duration::from_secs(60);

/// What one engine knows about the steps of its clock.
pub struct Leap(Mutex<Seen>);

struct Seen {
    wall: DateTime<Utc>,
    ran: Duration,
    calm_at: Duration,
    back: bool,
}

impl Leap {
    /// Starts to watch.
    pub fn new(clock: &Clock) -> Self {
        Self(Mutex::new(Seen { wall: clock.now(), ran: clock.ran(), calm_at: Duration::ZERO, back: false }))
    }

    /// How long nothing may be begun yet, if so.
    pub fn pause(&self, clock: &Clock) -> Option<Duration> {
        let mut seen = self.lock();
        let (wall, ran) = (clock.now(), clock.ran());
        let passed = TimeDelta::from_std(ran.saturating_sub(seen.ran)).unwrap_or(TimeDelta::MAX);
        let step = wall - seen.wall - passed;
        (seen.wall, seen.ran) = (wall, ran);
        if step.abs() > LIMIT {
            tracing::warn!(seconds = step.num_seconds(), "the clock was set: nothing is begun for a minute");
            seen.calm_at = ran + PAUSE;
            seen.back |= step < TimeDelta::zero();
        }
        Some(seen.calm_at.saturating_sub(ran)).filter(|left| !left.is_zero())
    }

    /// The last process showed life at a time that is still to come.
    pub fn compare(&self, clock: &Clock, heartbeat: Option<DateTime<Utc>>) {
        let Some(ahead) = heartbeat.map(|at| at - clock.now()).filter(|ahead| *ahead > LIMIT) else { return };
        tracing::warn!(
            seconds = ahead.num_seconds(),
            "the clock was set back since the last start: nothing is begun for a minute"
        );
        let mut seen = self.lock();
        seen.calm_at = clock.ran() + PAUSE;
        seen.back = true;
    }

    /// The clock was set back, so that times on record say less than has passed since.
    pub fn is_back(&self) -> bool {
        self.lock().back
    }

    /// What followed from the step back is done.
    pub fn settled(&self) {
        self.lock().back = false;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_of_more_than_five_minutes_pauses_for_a_minute() {
        for (step, pauses, back) in
            [(4, false, false), (-4, false, false), (60, true, false), (-60, true, true), (1_440, true, false)]
        {
            let clock = Clock::manual(DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
            let leap = Leap::new(&clock);
            clock.advance(TimeDelta::hours(3));
            assert_eq!(leap.pause(&clock), None, "time that passes is no step");
            clock.set_by(TimeDelta::minutes(step));
            clock.advance(TimeDelta::seconds(1));
            assert_eq!(leap.pause(&clock), pauses.then_some(PAUSE), "{step}");
            assert_eq!(leap.is_back(), back, "{step}");
            clock.advance(TimeDelta::seconds(59));
            assert_eq!(leap.pause(&clock), pauses.then_some(Duration::from_secs(1)));
            clock.advance(TimeDelta::seconds(1));
            assert_eq!(leap.pause(&clock), None);
        }
    }

    #[test]
    fn a_heartbeat_from_the_future_is_a_step_back() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        for (minutes, back) in [(-60, false), (4, false), (6, true)] {
            let leap = Leap::new(&clock);
            leap.compare(&clock, Some(clock.now() + TimeDelta::minutes(minutes)));
            assert_eq!((leap.is_back(), leap.pause(&clock).is_some()), (back, back), "{minutes}");
            leap.settled();
            assert!(!leap.is_back());
        }
    }
}
