//! The tables `users`, `sessions` and `throttles`, and the set-up token in `instance`.

pub mod member;
pub mod session;
pub mod setup;
pub mod throttle;
pub mod user;
