//! What people are told: notices in the pages and by e-mail, of posts that failed, wait or need somebody, and of channels
//! that no longer work. Many of a kind within a while are one notice and one mail; what is over is no longer told.
//!
//! Follows events and never the other way round: nothing here can hold up, undo or repeat a publish. Reads posts, targets and
//! channels; does not know how they work.

pub mod api;
mod choose;
mod close;
mod jobs;
mod kind;
mod letters;
mod model;
pub mod pages;
mod raise;
mod token;
mod words;

pub use jobs::{Close, Digest, Digests, Mail, Prune, Raise};
pub use kind::{Group, Kind, concerns};
pub use model::{How, Notice, unread};
