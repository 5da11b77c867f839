//! Access tokens of `/api/v1`: who may call it, with which scopes and how often; the claim on a request that must be done
//! once; the pages of a list. Knows organisations and people by their ids, and no other feature.

pub mod api;
pub mod claim;
pub mod code;
mod cursor;
mod format;
mod model;
mod pace;
pub mod pages;
mod refusal;
mod scope;
mod token;

pub use claim::{Answer, Asked, Begun, Claim, begin};
pub use cursor::{Cursor, PAGE, limit};
pub use model::Token;
pub use pace::{Pace, Paces};
pub use refusal::Refusal;
pub use scope::Scope;
pub use token::{Access, NewToken, authenticate, create, list, revoke};
