//! The tables of delivery, for everything but the engine's own writes (those are in `ledger.rs`).

mod candidate;
mod lane;
mod lookup;
mod outage;
mod part;
mod part_media;
mod removal;
mod resolution;
mod step;
mod target;
mod withdrawal;

pub use candidate::{Looked, Match, candidates_of, keep_candidates};
pub use lane::{Claim, Lane, claim, extend_leases, forget_leases, next_wake, refresh, release};
pub use lookup::{LookUp, Overdue, hold_blind, look_first, overdue, overdue_batch};
pub use outage::{Outage, OutageNote, dismiss_outage, find_outage, newest_outage, record_outage, silent_since};
pub use part::{Due, Part, due, find_part, parts_of, remotes_before, take};
pub use part_media::fill_part_media;
pub use removal::{bring_back, remove_one, stop_removed};
pub use resolution::{Resolution, give_up, known_remotes, resolve};
pub use step::{Step, steps_of};
pub use target::{
    NewPart, NewTarget, Target, TargetChange, WAITING_FOR_PERSON, add, changed, find_target, hold, may_be_live, release_held,
    replace, resume, settle, waiting_for_person,
};
pub use withdrawal::{withdraw_lane, withdraw_removed};
