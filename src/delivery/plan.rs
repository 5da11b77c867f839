//! The pure core: what happens next to a part, from where it stands and what became of the last try. No I/O, no clock,
//! no randomness: those are arguments, so every rule here can be tested over all histories.

use chrono::{DateTime, TimeDelta, Utc};

use super::PartState;
use crate::error::{Failure, FailureKind};

/// Counted tries before a part fails for good: over an hour, so that an outage of the platform is outlived.
pub const MAX_TRIES: i64 = 12;
/// Processes in a row that may die at a part before a person has to look at it.
pub const MAX_CRASHES: i64 = 3;
/// First wait before another try; it doubles with each.
const FIRST_RETRY: TimeDelta = TimeDelta::seconds(5);
/// Longest wait before another try.
const LONGEST_RETRY: TimeDelta = TimeDelta::minutes(15);
/// A rate limit without an instant.
const RATE_LIMIT: TimeDelta = TimeDelta::minutes(1);
/// Longest that a platform's word keeps a channel waiting before it is asked again: a wrong unit or year must not end it.
pub const LONGEST_BLOCK: TimeDelta = TimeDelta::hours(24);
/// Tries end so long after the part was due.
const DEADLINE: TimeDelta = TimeDelta::hours(24);
/// When the platform is asked for a write of unknown outcome: after each of these, counted from the one before.
const LOOKS: [TimeDelta; 6] = [
    TimeDelta::seconds(1),
    TimeDelta::seconds(4),
    TimeDelta::seconds(15),
    TimeDelta::minutes(1),
    TimeDelta::minutes(5),
    TimeDelta::minutes(15),
];

/// Where a part stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Counted tries so far, this one included.
    pub tries: i64,
    /// Looks for an uncertain outcome so far.
    pub looks: i64,
    /// When it was due: tries end a day later.
    pub due_at: DateTime<Utc>,
    /// A write of it may have happened without our knowing.
    pub unsure: bool,
    /// The platform has accepted a write of it.
    pub accepted: bool,
    /// Somewhere between 0 and 1, so that many parts do not come back at the same instant.
    pub jitter: f64,
}

/// What became of the last try or look.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// It is live.
    Live,
    /// The platform is working on it.
    Wait(TimeDelta),
    /// The try failed.
    Failed(Failure),
    /// Reading back found it.
    Found,
    /// Reading back proved that it is not there.
    Absent,
    /// Reading back saw nothing, and what has left may still arrive; under the key that it has, sending it again is harmless.
    NotYet,
    /// Reading back saw nothing, which proves nothing, or failed itself.
    NotSeen,
    /// This platform cannot be read back.
    CannotLook,
    /// Process after process died at it.
    Crashed,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Mark it live; the part after it may follow.
    Publish,
    /// Look at it again then, in this state.
    Later {
        /// `Processing`, `Retrying`, `Uncertain` or `Waiting`.
        state: PartState,
        /// When.
        at: DateTime<Utc>,
        /// Nothing may be sent to the channel before `at`.
        blocks_channel: bool,
    },
    /// Nothing can be sent before a person reconnects the channel; until then it stays in this state.
    Reconnect(PartState),
    /// It is over, for now: `Failed` or `NeedsYou`.
    Stop(PartState),
}

/// Decides.
pub fn next(part: Standing, news: &News, now: DateTime<Utc>) -> Next {
    match news {
        News::Live | News::Found => Next::Publish,
        News::Wait(after) => later(PartState::Processing, now + *after),
        News::Failed(failure) => after_failure(part, failure, now),
        // Nothing is live and it was tried often enough.
        News::Absent if part.tries >= MAX_TRIES => Next::Stop(PartState::Failed),
        News::NotYet if part.tries >= MAX_TRIES => look(part, now),
        News::Absent | News::NotYet => later(PartState::Retrying, now),
        News::NotSeen => look(part, now),
        News::CannotLook | News::Crashed => Next::Stop(PartState::NeedsYou),
    }
}

fn after_failure(part: Standing, failure: &Failure, now: DateTime<Utc>) -> Next {
    match failure.kind {
        FailureKind::Unavailable => retry(part, now),
        FailureKind::Uncertain => look(part, now),
        FailureKind::RateLimited { until } => {
            let at = until.filter(|at| *at > now).unwrap_or(now + RATE_LIMIT).min(now + LONGEST_BLOCK);
            // What may be live is not to look as if it could still be withdrawn.
            let state = if part.unsure { PartState::Uncertain } else { PartState::Retrying };
            Next::Later { state, at, blocks_channel: true }
        }
        FailureKind::Reconnect if part.unsure => Next::Reconnect(PartState::Uncertain),
        FailureKind::Reconnect if part.accepted => Next::Reconnect(PartState::Processing),
        FailureKind::Reconnect => Next::Reconnect(PartState::Waiting),
        // What it accepted is there or will be, however odd it answers when asked how far it is.
        FailureKind::Unexpected if part.accepted => retry(part, now),
        FailureKind::Rejected if part.accepted && !part.unsure => Next::Stop(PartState::Failed),
        FailureKind::Rejected | FailureKind::Unsupported | FailureKind::Unexpected => give_up(part, now),
    }
}

/// Failed is only what is surely not live: an earlier attempt without a known end is looked for first, and of what was
/// accepted only a person can tell.
fn give_up(part: Standing, now: DateTime<Utc>) -> Next {
    match part {
        Standing { unsure: true, .. } => look(part, now),
        Standing { accepted: true, .. } => Next::Stop(PartState::NeedsYou),
        _ => Next::Stop(PartState::Failed),
    }
}

/// Exponential backoff with jitter, within a number of tries and a day.
fn retry(part: Standing, now: DateTime<Utc>) -> Next {
    let doubled = FIRST_RETRY * 2i32.pow(part.tries.clamp(1, 10) as u32 - 1);
    let longest = doubled.min(LONGEST_RETRY);
    let wait = TimeDelta::milliseconds((longest.num_milliseconds() as f64 * (0.5 + part.jitter / 2.0)) as i64);
    if part.tries >= MAX_TRIES || now + wait > part.due_at + DEADLINE {
        return give_up(part, now);
    }
    later(PartState::Retrying, now + wait)
}

fn look(part: Standing, now: DateTime<Utc>) -> Next {
    match usize::try_from(part.looks).ok().and_then(|n| LOOKS.get(n)) {
        Some(wait) => later(PartState::Uncertain, now + *wait),
        None => Next::Stop(PartState::NeedsYou),
    }
}

fn later(state: PartState, at: DateTime<Utc>) -> Next {
    Next::Later { state, at, blocks_channel: false }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn standing(tries: i64, looks: i64, jitter: f64) -> Standing {
        Standing { tries, looks, due_at: DateTime::UNIX_EPOCH, unsure: false, accepted: false, jitter }
    }

    fn failed(kind: FailureKind) -> News {
        News::Failed(Failure::new(kind, "x"))
    }

    #[test]
    fn each_kind_of_failure_has_its_consequence() {
        let now = DateTime::UNIX_EPOCH;
        let until = Some(now + TimeDelta::hours(1));
        let decide = |kind| next(standing(1, 0, 1.0), &failed(kind), now);
        assert_eq!(decide(FailureKind::Reconnect), Next::Reconnect(PartState::Waiting));
        let unsure = Standing { unsure: true, ..standing(1, 0, 1.0) };
        assert_eq!(next(unsure, &failed(FailureKind::Reconnect), now), Next::Reconnect(PartState::Uncertain));
        assert_eq!(decide(FailureKind::Rejected), Next::Stop(PartState::Failed));
        assert_eq!(decide(FailureKind::Unexpected), Next::Stop(PartState::Failed));
        assert_eq!(decide(FailureKind::Unavailable), later(PartState::Retrying, now + TimeDelta::seconds(5)));
        assert_eq!(decide(FailureKind::Uncertain), later(PartState::Uncertain, now + TimeDelta::seconds(1)));
        let limited = Next::Later { state: PartState::Retrying, at: now + TimeDelta::hours(1), blocks_channel: true };
        assert_eq!(decide(FailureKind::RateLimited { until }), limited);
    }

    #[test]
    fn retries_back_off_and_end() {
        let now = DateTime::UNIX_EPOCH;
        let waits: Vec<i64> = (1..MAX_TRIES)
            .map(|tries| match next(standing(tries, 0, 1.0), &failed(FailureKind::Unavailable), now) {
                Next::Later { at, .. } => (at - now).num_seconds(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]);
        let last = next(standing(MAX_TRIES, 0, 0.0), &failed(FailureKind::Unavailable), now);
        assert_eq!(last, Next::Stop(PartState::Failed));
        let late = next(standing(1, 0, 0.0), &failed(FailureKind::Unavailable), now + TimeDelta::hours(24));
        assert_eq!(late, Next::Stop(PartState::Failed));
    }

    #[test]
    fn what_may_still_arrive_is_sent_again_until_the_tries_end_and_then_looked_for() {
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(next(standing(1, 0, 0.0), &News::NotYet, now), later(PartState::Retrying, now));
        let unsure = |looks| Standing { unsure: true, ..standing(MAX_TRIES, looks, 0.0) };
        assert_eq!(next(unsure(0), &News::NotYet, now), later(PartState::Uncertain, now + LOOKS[0]));
        assert_eq!(next(unsure(LOOKS.len() as i64), &News::NotYet, now), Next::Stop(PartState::NeedsYou));
    }

    fn any_news() -> impl Strategy<Value = News> {
        prop_oneof![
            Just(News::Live),
            (0i64..10_000).prop_map(|s| News::Wait(TimeDelta::seconds(s))),
            Just(failed(FailureKind::Reconnect)),
            (-5_000i64..5_000)
                .prop_map(|s| failed(FailureKind::RateLimited { until: Some(DateTime::UNIX_EPOCH + TimeDelta::seconds(s)) })),
            Just(failed(FailureKind::Rejected)),
            Just(failed(FailureKind::Unavailable)),
            Just(failed(FailureKind::Uncertain)),
            Just(failed(FailureKind::Unexpected)),
            Just(News::Found),
            Just(News::Absent),
            Just(News::NotYet),
            Just(News::NotSeen),
            Just(News::CannotLook),
            Just(News::Crashed),
        ]
    }

    proptest! {
        /// Whatever happens: never live without proof, never sent again without proof that it is safe, never in the past.
        #[test]
        fn no_history_publishes_without_proof_or_resends_an_uncertain_write(
            news in any_news(), tries in 1i64..20, looks in 0i64..20, jitter in 0.0f64..1.0, now in 0i64..90_000,
        ) {
            let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(now);
            let decision = next(standing(tries, looks, jitter), &news, now);
            let unsure = next(Standing { unsure: true, ..standing(tries, looks, jitter) }, &news, now);
            prop_assert!(unsure != Next::Stop(PartState::Failed) || news == News::Absent, "{news:?}");
            prop_assert!(unsure != Next::Reconnect(PartState::Waiting));
            let accepted = next(Standing { accepted: true, ..standing(tries, looks, jitter) }, &news, now);
            let said_no = matches!(news, News::Absent) || news == failed(FailureKind::Rejected);
            prop_assert!(accepted != Next::Stop(PartState::Failed) || said_no, "{news:?}");
            if decision == Next::Publish {
                prop_assert!(matches!(news, News::Live | News::Found));
            }
            if let Next::Later { state, at, .. } = &decision {
                prop_assert!(*at >= now && *at <= now + LONGEST_BLOCK);
                let uncertain = matches!(news, News::NotSeen | News::CannotLook) || news == failed(FailureKind::Uncertain);
                if uncertain {
                    prop_assert_eq!(*state, PartState::Uncertain);
                }
            }
        }

        /// Looking and retrying both end.
        #[test]
        fn nothing_goes_on_for_ever(jitter in 0.0f64..1.0) {
            prop_assert_eq!(next(standing(1, LOOKS.len() as i64, jitter), &News::NotSeen, DateTime::UNIX_EPOCH), Next::Stop(PartState::NeedsYou));
            prop_assert_eq!(next(standing(MAX_TRIES, 0, jitter), &failed(FailureKind::Unavailable), DateTime::UNIX_EPOCH), Next::Stop(PartState::Failed));
        }
    }
}
