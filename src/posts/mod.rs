//! Posts: written once for one or more channels, kept in immutable versions, handed to delivery as targets.

mod check;
mod common_slot;
mod draft;
mod known;
mod listing;
mod model;
pub mod pages;
mod plan;
pub mod recurrence;
mod rule_text;
mod save;
mod sentence;
pub mod slots;
mod timeline;
mod words;

pub use common_slot::next_common;
pub use draft::{Draft, Entry, EntryPart, Problem, Saved, When};
pub use listing::{Listed, ListedChannel, ListedRemote, find, list, of_post};
pub use plan::{plan_due, start as start_planner};
pub use save::{amend, create, update};
