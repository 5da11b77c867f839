//! Posts: written once for one or more channels, kept in immutable versions, handed to delivery as targets.

mod draft;

pub use draft::{Draft, Entry, EntryPart, Problem, Saved, When, create, update};
