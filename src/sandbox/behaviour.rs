//! How the platform misbehaves: switches, for everybody or for one account. They live in memory, so a restart ends every
//! misbehaviour. Knows neither HTTP nor the database.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// Longest delay that can be set.
const MAX_DELAY_MS: u64 = 600_000;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It works.
    #[default]
    Ok,
    /// 429 with `Retry-After`; nothing is stored.
    RateLimit,
    /// 422; nothing is stored.
    Reject,
    /// 401, as if the token had been revoked; nothing is stored.
    Unauthorized,
    /// 500; nothing is stored.
    ServerErrorBefore,
    /// It is stored, then 500.
    ServerErrorAfter,
    /// The connection is cut; nothing is stored.
    DropBefore,
    /// It is stored, then the connection is cut without an answer.
    DropAfter,
    /// It is stored, and no answer ever comes.
    Hang,
    /// 202: the post is there after `after_ms`. Posts only.
    Processing,
}

impl Mode {
    /// True when the request has its effect before it goes wrong.
    pub fn stores(self) -> bool {
        matches!(self, Self::Ok | Self::ServerErrorAfter | Self::DropAfter | Self::Hang | Self::Processing)
    }
}

/// Which requests misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requests {
    /// `POST /posts`.
    #[default]
    Posts,
    /// `POST /uploads`.
    Uploads,
    /// `DELETE /posts/{id}`.
    Deletions,
}

/// One set of switches; what is left out is well-behaved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// What becomes of the requests.
    pub mode: Mode,
    /// Which requests.
    pub on: Requests,
    /// How many more requests `mode` and `delay_ms` apply to; `null`: all.
    pub times: Option<u32>,
    /// Milliseconds between the effect and its answer; at most ten minutes.
    pub delay_ms: u64,
    /// Milliseconds for which new posts are invisible to reads.
    pub read_delay_ms: u64,
    /// Seconds that `rate_limit` asks for.
    pub retry_after_s: u64,
    /// Milliseconds that `processing` takes.
    pub after_ms: u64,
    /// What works is answered with `X-RateLimit-Remaining`, and with `retry_after_s` as `X-RateLimit-Reset`.
    pub remaining: Option<u64>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            mode: Mode::Ok,
            on: Requests::Posts,
            times: None,
            delay_ms: 0,
            read_delay_ms: 0,
            retry_after_s: 1,
            after_ms: 1_000,
            remaining: None,
        }
    }
}

/// How one request is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Treatment {
    /// What becomes of it.
    pub mode: Mode,
    /// How long its answer is held back.
    pub delay: Duration,
    /// What `rate_limit` asks for, in seconds.
    pub retry_after_s: u64,
    /// How long `processing` takes.
    pub after: Duration,
    /// What the answer says is left.
    pub remaining: Option<u64>,
}

/// All switches as `GET /behaviour` shows them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Settings {
    /// For accounts that have none of their own.
    pub global: Behaviour,
    /// By handle.
    pub accounts: BTreeMap<String, Behaviour>,
}

/// The switches of a platform.
#[derive(Default)]
pub struct Switches(Mutex<Settings>);

impl Switches {
    /// All of them.
    pub fn all(&self) -> Settings {
        self.lock().clone()
    }

    /// Sets those of one account, or of everybody who has none of their own.
    pub fn set(&self, handle: Option<&str>, behaviour: Behaviour) {
        let behaviour = Behaviour {
            delay_ms: behaviour.delay_ms.min(MAX_DELAY_MS),
            read_delay_ms: behaviour.read_delay_ms.min(MAX_DELAY_MS),
            after_ms: behaviour.after_ms.min(MAX_DELAY_MS),
            ..behaviour
        };
        let mut settings = self.lock();
        match handle {
            Some(handle) => drop(settings.accounts.insert(handle.to_owned(), behaviour)),
            None => settings.global = behaviour,
        }
    }

    /// Those that apply to an account.
    pub fn of(&self, handle: Option<&str>) -> Behaviour {
        let settings = self.lock();
        handle.and_then(|h| settings.accounts.get(h)).unwrap_or(&settings.global).clone()
    }

    /// Decides about one request and counts it.
    pub fn take(&self, handle: &str, request: Requests) -> Treatment {
        let mut guard = self.lock();
        let settings = &mut *guard;
        let behaviour = settings.accounts.get_mut(handle).unwrap_or(&mut settings.global);
        let applies = behaviour.on == request && behaviour.times != Some(0);
        if let (true, Some(times)) = (applies, &mut behaviour.times) {
            *times -= 1;
        }
        Treatment {
            mode: if applies { behaviour.mode } else { Mode::Ok },
            delay: Duration::from_millis(if applies { behaviour.delay_ms } else { 0 }),
            retry_after_s: behaviour.retry_after_s,
            after: Duration::from_millis(behaviour.after_ms),
            remaining: behaviour.remaining.filter(|_| applies),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Settings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twice(mode: Mode) -> Behaviour {
        Behaviour { mode, times: Some(2), delay_ms: 5, ..Behaviour::default() }
    }

    #[test]
    fn a_switch_with_a_count_turns_itself_off() {
        let switches = Switches::default();
        switches.set(None, twice(Mode::DropAfter));
        let modes: Vec<Mode> = (0..3).map(|_| switches.take("me", Requests::Posts).mode).collect();
        assert_eq!(modes, [Mode::DropAfter, Mode::DropAfter, Mode::Ok]);
        assert_eq!(switches.take("me", Requests::Posts).delay, Duration::ZERO);
    }

    #[test]
    fn an_account_of_its_own_mind_ignores_the_others() {
        let switches = Switches::default();
        switches.set(None, twice(Mode::Reject));
        switches.set(Some("ann"), Behaviour::default());
        assert_eq!(switches.take("ann", Requests::Posts).mode, Mode::Ok);
        assert_eq!(switches.take("ben", Requests::Posts).mode, Mode::Reject);
        assert_eq!(switches.all().global.times, Some(1));
    }

    #[test]
    fn other_requests_are_neither_treated_nor_counted() {
        let switches = Switches::default();
        switches.set(None, Behaviour { on: Requests::Uploads, ..twice(Mode::Unauthorized) });
        assert_eq!(switches.take("me", Requests::Posts).mode, Mode::Ok);
        assert_eq!(switches.all().global.times, Some(2));
        assert_eq!(switches.take("me", Requests::Uploads).mode, Mode::Unauthorized);
    }
}
