//! The tables of delivery, for everything but the engine's own writes (those are in `ledger.rs`).

mod lane;
mod part;
mod removal;
mod step;
mod target;
mod withdrawal;

pub use lane::{Lane, claim, extend_leases, forget_leases, next_wake, refresh, release, survived};
pub use part::{Due, Part, due, find_part, parts_of, remotes_before, take};
pub use removal::{bring_back, remove_one, stop_removed};
pub use step::{Step, absolve, distrust_keys, steps_of};
pub use target::{
    NewPart, NewTarget, Target, TargetChange, add, changed, find_target, hold, may_be_live, release_held, replace, resume,
    settle, waiting_for_person,
};
pub use withdrawal::{withdraw_lane, withdraw_removed};
