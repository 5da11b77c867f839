//! How often a token may call: a counter for each minute, in the memory of this process.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::kit::TokenId;

const WINDOW: TimeDelta = TimeDelta::minutes(1);
/// Counters that are over are thrown away when there are so many.
const MANY: usize = 10_000;

/// Every token's counter.
#[derive(Default)]
pub struct Paces(Mutex<HashMap<TokenId, Window>>);

struct Window {
    ends: DateTime<Utc>,
    used: u32,
}

/// Where a token stands in its minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Requests in a minute.
    pub limit: u32,
    /// Of which so many are left.
    pub left: u32,
    /// Seconds until they are all there again, at least one.
    pub resets: u64,
    /// This request is beyond the limit.
    pub over: bool,
}

impl Paces {
    /// Counts one request.
    pub fn take(&self, token: TokenId, limit: u32, now: DateTime<Utc>) -> Pace {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() > MANY {
            windows.retain(|_, window| window.ends > now);
        }
        let window = windows.entry(token).or_insert(Window { ends: now + WINDOW, used: 0 });
        // A clock that was set back must not make anybody wait for longer.
        if window.ends <= now || window.ends > now + WINDOW {
            *window = Window { ends: now + WINDOW, used: 0 };
        }
        window.used = window.used.saturating_add(1);
        let resets = u64::try_from((window.ends - now).num_milliseconds()).unwrap_or_default().div_ceil(1_000).max(1);
        Pace { limit, left: limit.saturating_sub(window.used), resets, over: window.used > limit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_its_own_minute() {
        let (paces, now) = (Paces::default(), DateTime::UNIX_EPOCH);
        let (a, b) = (TokenId::new(), TokenId::new());
        assert_eq!(paces.take(a, 2, now), Pace { limit: 2, left: 1, resets: 60, over: false });
        assert!(!paces.take(a, 2, now).over && !paces.take(b, 2, now).over);
        let later = now + TimeDelta::milliseconds(59_500);
        assert_eq!(paces.take(a, 2, later), Pace { limit: 2, left: 0, resets: 1, over: true });
        assert!(!paces.take(a, 2, now + TimeDelta::seconds(60)).over);
        assert!(!paces.take(a, 2, now - TimeDelta::hours(1)).over, "the clock was set back");
    }
}
