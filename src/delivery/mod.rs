//! What goes out, when, and what became of it: the heart. Never twice, never lost, on time.
//!
//! Owns targets, parts, steps, attempts, remotes and lanes. What is due is a query on parts, nothing else. Knows
//! channels and providers; does not know posts beyond their ids, pages or APIs.

mod actions;
mod bucket;
mod catch_up;
mod engine;
mod gate;
mod lane;
mod ledger;
mod limits;
mod model;
pub mod pages;
mod plan;
mod policy;
mod run;
mod slot;
mod state;

pub use actions::{Resolution, cancel, publish_now, remove, resolve, restore, retry};
pub use catch_up::{HOURLY, move_to_free_slot, skip};
pub use engine::{Engine, Handle};
pub use model::{
    Late, NewPart, NewTarget, Part, Target, TargetChange, add, bring_back, content_hash, find_part, find_same, find_target, late,
    lock_channels, parts_of, remove_one, replace, waiting_for_person,
};
pub use policy::{Policy, is_exempt};
pub use slot::{Taken, free, free_slot, next_free};
pub use state::{PartState, TargetState};
