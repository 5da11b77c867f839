//! What goes out, when, and what became of it: the heart. Never twice, never lost, on time.
//!
//! Owns targets, parts, steps, attempts, remotes and lanes. What is due is a query on parts, nothing else. Knows
//! channels and providers; does not know posts beyond their ids, pages or APIs.

mod actions;
mod engine;
mod lane;
mod ledger;
mod model;
mod plan;
mod run;
mod state;

pub use actions::{Resolution, cancel, publish_now, remove, resolve, restore, retry};
pub use engine::{Engine, Handle};
pub use model::{
    NewPart, NewTarget, Part, Planned, Target, TargetChange, add, add_occurrence, bring_back, detach, find_part, find_target,
    forget, hold_series, occurrences_of, parts_of, release_series, remove_one, replace, set_occurrence, waiting_for_person,
};
pub use state::{PartState, TargetState};
