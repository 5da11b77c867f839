//! What goes out, when, and what became of it: the heart. Never twice, never lost, on time.
//!
//! Owns targets, parts, steps, attempts, remotes and lanes. What is due is a query on parts, nothing else. Knows
//! channels and providers; does not know posts beyond their ids, pages or APIs.

mod actions;
mod candidates;
mod engine;
mod lane;
mod lanes;
mod ledger;
pub mod meters;
mod model;
mod plan;
mod punctuality;
mod resume;
mod run;
mod state;

pub use actions::{cancel, publish_now, remove, restore, retry};
pub use candidates::{Recognised, look_for_candidates, recognise};
pub use engine::{Engine, HEARTBEAT, Handle};
pub use model::{
    Looked, Match, NewPart, NewTarget, Outage, OutageNote, Overdue, Part, Resolution, Target, TargetChange, WAITING_FOR_PERSON,
    add, bring_back, candidates_of, dismiss_outage, fill_part_media, find_outage, find_part, find_target, give_up, newest_outage,
    overdue, parts_of, remove_one, replace, resolve, waiting_for_person,
};
pub use resume::{Resume, Resumed, resume_instance};
pub use state::{PartState, TargetState};
