//! What goes out, when, and what became of it: the heart. Never twice, never lost, on time.
//!
//! Owns targets, parts, steps, attempts, remotes and lanes. What is due is a query on parts, nothing else. Knows
//! channels and providers; does not know posts beyond their ids, pages or APIs.

mod actions;
mod engine;
mod lane;
mod leap;
mod ledger;
mod model;
mod plan;
#[cfg(test)]
mod proof;
mod run;
mod state;

pub use actions::{Resolution, cancel, publish_now, remove, resolve, restore, retry};
pub use engine::{Conditions, Engine, Handle};
pub use model::{
    NewPart, NewTarget, Part, Target, TargetChange, add, bring_back, find_part, find_target, parts_of, remove_one, replace,
    waiting_for_person,
};
pub use state::{PartState, TargetState};
