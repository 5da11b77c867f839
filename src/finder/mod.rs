//! Search over posts, media, channels and pages of one organisation. The index says what may fit; what is shown is read from
//! the database, so that nothing deleted and nothing of others is ever seen. Knows no words of queries: those are `search`'s.

mod follow;
mod found;
mod model;
pub mod pages;
mod places;

pub use follow::{follow, start};
