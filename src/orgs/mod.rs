//! Organisations, memberships, invitations and API keys; who is calling and for whom. Knows no passwords and no sessions.

mod api_key;
mod caller;
pub mod check;
pub mod invite;
pub mod late;
pub mod member;
mod model;
mod model_invite;
mod model_member;
pub mod model_review;
mod model_rules;
pub mod pages;
mod review;

pub use api_key::{by_api_key, replace as replace_api_key};
pub use caller::{Caller, Role, Source};
pub use late::LatePolicy;
pub use model::{ApiKey, Organisation};
pub use model_invite::Offer;
pub use model_member::{Membership, of_person, owned, role_of};
pub use model_rules::Rules;
pub use review::ReviewPolicy;
