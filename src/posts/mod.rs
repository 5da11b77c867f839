//! Posts: written once for one or more channels, kept in immutable versions, handed to delivery as targets.

pub mod api;
pub mod calendar;
mod check;
mod common_slot;
mod draft;
mod known;
mod listing;
mod model;
pub mod pages;
mod plan;
pub mod recurrence;
mod remove;
mod rule_text;
mod save;
mod sendable;
mod sentence;
pub mod slots;
mod timeline;
pub mod words;

pub use common_slot::next_common;
pub use draft::{Draft, Entry, EntryPart, Problem, Saved, When};
pub use listing::{Listed, ListedChannel, ListedRemote, find, list, newest_of, of_post, of_targets};
pub use model::{Attempt, attempts_of, calendar as calendar_queries};
pub use plan::{plan_due, start as start_planner};
pub use remove::remove;
pub use save::{amend, create, create_all, update};
pub use sendable::unsendable;
pub use sentence::sentence;
pub use timeline::{Line, lines as timeline};
