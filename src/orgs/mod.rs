//! Organisations, memberships and API keys; who is calling and for whom. Knows no passwords and no sessions.

mod api_key;
mod caller;
pub mod check;
pub mod late;
mod model;
mod model_rules;
pub mod pages;

pub use api_key::{by_api_key, replace as replace_api_key};
pub use caller::{Caller, Role, Source};
pub use late::LatePolicy;
pub use model::{ApiKey, Organisation};
pub use model_rules::Rules;
