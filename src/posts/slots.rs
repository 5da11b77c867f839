//! Free posting times, as writers ask for them. The finding is delivery's, for the engine moves late posts to them too.

pub use crate::delivery::next_free;
