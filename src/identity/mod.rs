//! People: users, passwords, sessions, the first owner.

mod session;

pub use session::{SESSION_COOKIE, Signed, current};
