//! What goes out, when, and what became of it: the heart. Never twice, never lost, on time.
//!
//! Owns targets, parts, steps, attempts, remotes and lanes. What is due is a query on parts, nothing else. Knows
//! channels and providers; does not know posts beyond their ids, pages or APIs.

mod actions;
mod bucket;
mod candidates;
mod catch_up;
mod engine;
mod gate;
mod lane;
mod lanes;
mod leap;
mod ledger;
mod limits;
pub mod meters;
mod model;
mod moving;
mod numbers;
pub mod pages;
mod plan;
mod policy;
mod punctuality;
mod resume;
mod run;
mod slot;
mod state;
mod takedown;
#[cfg(test)]
mod tests;
mod trail;

pub use actions::{cancel, publish_now, remove, restore, retry};
pub use candidates::{Recognised, look_for_candidates, recognise};
pub use catch_up::{HOURLY, move_to_free_slot, skip};
pub use engine::{Conditions, Engine, HEARTBEAT, Handle};
pub use model::{
    APPROVED_LATE, CHANGES, IN_REVIEW, NOT_APPROVED, approve, await_approval, in_review, is_unapproved, mark as mark_unapproved,
    miss_unapproved, overdue_reviews, set_reason,
};
pub use model::{
    Late, Looked, Match, NewPart, NewTarget, Outage, OutageNote, Overdue, Part, Planned, Reading, Resolution, Takedown, Target,
    TargetChange, WAITING_FOR_PERSON, add, add_occurrence, attach, bring_back, candidates_of, content_hash, detach,
    dismiss_outage, fill_part_media, find_outage, find_part, find_same, find_target, forget, give_up, hold_series, late,
    lock_channels, minute, newest_outage, occurrences_of, overdue, parts_of, planned, readings_of, release_series, remove_one,
    replace, resolve, set_occurrence, takedowns_of, waiting_for_person,
};
pub use moving::{is_movable, move_back, move_to};
pub use numbers::{NUMBERS_LAST, has_numbers, read_numbers};
pub use policy::{ON_TIME, Policy, is_exempt};
pub use resume::{Resume, Resumed, resume_instance};
pub use slot::{HORIZON, Taken, free, free_slot, full_hours, next_free};
pub use state::{DELETION, PartState, TAKEN_DOWN, TakedownState, TargetState};
pub use takedown::{GRACE, TakeDown, can_take_down, leave_live, take_down};
