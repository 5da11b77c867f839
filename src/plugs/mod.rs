//! Plugs: what is done by itself to a published post later, for example a repost once enough people like it. Each looks at fixed
//! times after publishing and ends when it is done. What it sends is written down before it leaves, as of a post: a write whose
//! outcome is unknown is never sent again. Knows providers only by their descriptor and trait.

mod jobs;
mod look;
mod model;
pub mod pages;
mod steps;
#[cfg(test)]
mod tests;

pub use jobs::{Look, Plan};
