//! A small model of one lane, two workers and one target of two parts, in which the decisions are the real ones
//! ([`plan::next`], [`state::derive`], what [`run`] refuses and notes) and the rest is as small as it can be: the fences of
//! the ledger, what people may do, a platform that accepts, refuses, forgets to answer or is asked too early, and
//! processes that stand still or die.
//!
//! Time is left out: whatever waits may happen now. So the model can do more than the program, and what holds for all of
//! its histories holds for the program's. It is searched exhaustively within a budget, and by long random histories.

mod course;
mod people;
mod search;

use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;

use super::super::{
    PartState, TargetState,
    plan::{self, Next, Standing},
};
use crate::providers::Effect;
use course::news;
use search::explore;

const PARTS: usize = 2;

/// The conditions of the ledger's statements; a proof that cannot fail proves nothing, so each can be left out.
#[derive(Debug, Clone, Copy)]
struct Fences {
    epoch: bool,
    state: bool,
    version: bool,
    intent: bool,
    /// A late end counts only while its attempt does.
    counted: bool,
}

const ALL: Fences = Fences { epoch: true, state: true, version: true, intent: true, counted: true };

/// How much may still happen that is not the normal course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Budget {
    crashes: u8,
    pauses: u8,
    faults: u8,
    acts: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Part {
    state: PartState,
    /// `next_at` is set, and which one: every writing makes another.
    next: Option<u8>,
    tries: i64,
    looks: i64,
    unsure: i64,
    done: bool,
    version: u8,
    /// Copies on the platform, by the version that was sent.
    live: [u8; 3],
    /// Requests of dead or impatient workers that may yet arrive.
    ghosts: [u8; 3],
}

/// What a worker has loaded and how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Job {
    epoch: u8,
    n: usize,
    loaded: Part,
    version: u8,
    stage: Stage,
    /// Its attempt has no known end in the ledger.
    counted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    Loaded,
    Sent,
    Answered(Answer),
    Concluding(Answer),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Answer {
    Accepted,
    Refused,
    Unreached,
    Lost,
    /// Never asked: an earlier attempt stood in the way.
    CutOff,
    Found,
    Absent,
    /// Not there, but it may arrive; it has our key.
    NotYet,
    NotSeen,
    Reconnect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct World {
    parts: [Part; PARTS],
    version: u8,
    target: TargetState,
    active: bool,
    epoch: u8,
    owner: Option<u8>,
    /// The owner shows life.
    lease: bool,
    claimed: [Option<u8>; 2],
    jobs: [Option<Job>; 2],
    stamp: u8,
    left: Budget,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Claim(usize),
    Load(usize),
    Begin(usize),
    Deliver(usize, Answer),
    End(usize),
    Look(usize, Answer),
    Conclude(usize),
    Release(usize),
    Ghost(usize),
    Fades(usize),
    Crash(usize),
    LeaseEnds,
    Cancel,
    Restore,
    Edit,
    SendNow,
    Retry,
    Resolve,
    Reconnect,
}

impl Part {
    fn is_haunted(&self) -> bool {
        self.ghosts.iter().any(|n| *n > 0)
    }

    /// One ghost less, by the version it carried.
    fn exorcise(&mut self) -> u8 {
        let version = self.ghosts.iter().position(|n| *n > 0).expect("there is one");
        self.ghosts[version] -= 1;
        version as u8
    }
}

const BUDGET: Budget = Budget { crashes: 1, pauses: 1, faults: 1, acts: 1 };
const KEYED: Effect = Effect::Keyed { lasts: std::time::Duration::from_secs(3_600) };

/// Any three kinds of misfortune together, for every effect that others see.
#[test]
fn no_interleaving_of_two_workers_breaks_an_invariant() {
    let threes = [
        Budget { acts: 0, ..BUDGET },
        Budget { faults: 0, ..BUDGET },
        Budget { pauses: 0, ..BUDGET },
        Budget { crashes: 0, ..BUDGET },
    ];
    for (left, effect) in threes.into_iter().flat_map(|left| [Effect::Once, Effect::ClientId, KEYED].map(|e| (left, e))) {
        let states = explore(left, ALL, effect).unwrap();
        assert!(states > 1_000, "the model does little: {states} states");
    }
}

#[test]
fn more_misfortune_of_one_kind_breaks_none_either() {
    for left in [
        Budget { crashes: 3, pauses: 0, faults: 0, acts: 0 },
        Budget { crashes: 0, pauses: 3, faults: 0, acts: 0 },
        Budget { crashes: 0, pauses: 0, faults: 4, acts: 0 },
        Budget { crashes: 1, pauses: 0, faults: 0, acts: 3 },
    ] {
        explore(left, ALL, Effect::Once).unwrap();
    }
}

/// Each guard of the ledger is needed: without it the model finds the way to break a promise.
#[test]
fn the_model_finds_what_a_missing_fence_allows() {
    for (what, fences, effect) in [
        ("the intent", Fences { intent: false, ..ALL }, Effect::Once),
        ("the state", Fences { state: false, ..ALL }, Effect::Once),
        ("the version", Fences { version: false, state: false, ..ALL }, Effect::Once),
        ("the counting of ends", Fences { counted: false, ..ALL }, Effect::Once),
        ("the epoch and the state", Fences { epoch: false, state: false, ..ALL }, Effect::Once),
    ] {
        let broken = explore(Budget { pauses: 2, ..BUDGET }, fences, effect);
        assert!(broken.is_err(), "without {what} nothing breaks");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Long histories with much misfortune: I1, I2 and I4 after every step, I3 where it ends.
    #[test]
    fn random_histories_break_no_invariant(choices in prop::collection::vec(any::<u16>(), 1..250), which in 0usize..3) {
        let effect = [Effect::Once, Effect::ClientId, KEYED][which];
        let mut world = World::new(Budget { crashes: 20, pauses: 20, faults: 40, acts: 12 });
        let mut history = Vec::new();
        for choice in choices {
            let acts = world.acts();
            let Some(act) = acts.get(usize::from(choice) % acts.len().max(1)) else { break };
            history.push(*act);
            let done = world.after(*act, ALL, effect);
            prop_assert!(done.is_ok(), "{:?} after {history:?}", done.err());
            world = done.unwrap();
            prop_assert!(world.parts.iter().all(|p| p.tries <= plan::MAX_TRIES + 1 && p.looks <= 7), "{history:?}");
        }
        // Then everything is left alone and must come to rest.
        world.left = Budget { crashes: 0, pauses: 0, faults: 0, acts: 0 };
        for n in 0..500 {
            let acts: Vec<Act> = world.acts().into_iter().filter(|a| !matches!(a, Act::Release(_))).collect();
            let Some(act) = acts.get(n % acts.len().max(1)) else { break };
            world = world.after(*act, ALL, effect).unwrap();
            if world.acts().is_empty() {
                break;
            }
        }
        let end = world.check_end();
        prop_assert!(world.due().is_none() && end.is_ok(), "{end:?} {world:?} after {history:?}");
    }
}

/// The waits of the plan never run backwards, so leaving time out of the model adds histories and takes none away.
#[test]
fn what_waits_waits_a_finite_time() {
    let now = DateTime::UNIX_EPOCH + TimeDelta::days(1);
    for tries in 0..20 {
        for looks in 0..10 {
            let standing = Standing { tries, looks, due_at: now, unsure: true, accepted: false, jitter: 1.0 };
            for answer in [Answer::Unreached, Answer::Lost, Answer::NotSeen, Answer::Absent] {
                if let Next::Later { at, .. } = plan::next(standing, &news(answer), now) {
                    assert!(at >= now && at <= now + TimeDelta::minutes(15), "{answer:?}");
                }
            }
        }
    }
}
