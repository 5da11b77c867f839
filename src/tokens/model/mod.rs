//! The tables `api_tokens` and `api_claims`.

mod claim;
mod token;

pub use claim::{Place, add, answer, drop_open, find as find_claim, prune, take_over};
pub use token::{Token, find, holder, insert, list, revoke, used};
