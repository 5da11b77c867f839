//! Organisations, memberships and API keys; who is calling and for whom.

mod caller;
mod model;

pub use caller::{Caller, Role, Source};
pub use model::Organisation;
