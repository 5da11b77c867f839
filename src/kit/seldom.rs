//! Lets one line in some seconds through to the log, so that an outage of hours fills neither the disk nor the reader's
//! patience.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Time between two lines of the same kind.
const BETWEEN: Duration = Duration::from_secs(10);

/// One kind of line.
pub struct Seldom(Mutex<Said>);

struct Said {
    last: Option<Instant>,
    since: u64,
}

impl Seldom {
    /// For a `static`.
    #[allow(clippy::new_without_default, reason = "a static cannot use a default")]
    pub const fn new() -> Self {
        Self(Mutex::new(Said { last: None, since: 0 }))
    }

    /// How many lines were left out since the last one, when it is time for another; `None` when it is not.
    pub fn word(&self) -> Option<u64> {
        self.word_at(Instant::now())
    }

    fn word_at(&self, now: Instant) -> Option<u64> {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if said.last.is_some_and(|last| now.saturating_duration_since(last) < BETWEEN) {
            said.since += 1;
            return None;
        }
        said.last = Some(now);
        Some(std::mem::take(&mut said.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_written_and_then_one_in_ten_seconds_with_the_number_of_the_others() {
        let (seldom, start) = (Seldom::new(), Instant::now());
        let words: Vec<Option<u64>> = [0, 1, 9, 10, 11, 30].map(|s| seldom.word_at(start + Duration::from_secs(s))).into();
        assert_eq!(words, [Some(0), None, None, Some(2), None, Some(1)]);
    }
}
