//! The practice platform: a social network of our own that can be told to be slow, strict, forgetful or rude, so that
//! people can rehearse and tests can prove that nothing goes out twice.
//!
//! It is the platform's side only: its own database, its API (`api.rs`), its wall (`pages/`). The provider that publishes
//! to it is `providers/sandbox.rs` and reaches it over HTTP like any other. It knows nothing of the instance's posts,
//! channels or organisations. Inside an instance it is served below `/sandbox`; `rostrum sandbox serve` serves it alone.

pub mod api;
pub mod behaviour;
mod model;
pub mod pages;
mod platform;
mod site;
mod writer;

pub use pages::alone::{Alone, bind, serve};
pub use site::Site;
