//! Posts: written once for one or more channels, kept in immutable versions, handed to delivery as targets.

pub mod api;
mod check;
mod draft;
mod known;
mod listing;
mod model;
pub mod pages;
mod remove;
mod save;
mod sentence;
pub mod slots;
mod timeline;
mod words;

pub use draft::{Draft, Entry, EntryPart, Problem, Saved, When};
pub use listing::{Listed, ListedChannel, ListedRemote, find, list, of_post};
pub use remove::remove;
pub use save::{amend, create, update};
