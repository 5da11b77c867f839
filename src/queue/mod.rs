//! Work that nobody outside sees and that may be repeated: mails, notices, clean-ups. At least once, never in the way.
//!
//! A job is enqueued in the transaction of what causes it, so it exists exactly when that does. Runners of several
//! processes share one table: each claim is a lease under a new epoch, and an end is written only under the newest. What
//! others see (a post) is not sent from here: that is `delivery`. Knows no feature; a [`Runner`] is given its context.

mod backoff;
mod job;
mod model;
mod run;
mod runner;
mod turns;

pub use backoff::Policy;
pub use job::{Job, Stop, enqueue, enqueue_at};
pub use model::{Counts, Dead, KindCount, counts, dead, discard, discard_all, prune, replay, replay_all};
pub use runner::{Handle, Runner};
pub use turns::Turn;
