//! Posts: written once for one or more channels, kept in immutable versions, handed to delivery as targets.

mod draft;
mod listing;
mod model;

pub use draft::{Draft, Entry, EntryPart, Problem, Saved, When, create, update};
pub use listing::{Listed, ListedChannel, ListedRemote, find, list, of_post};
