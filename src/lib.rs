//! Rostrum: compose once, publish everywhere, exactly once. The map, in layer order (docs/ARCHITECTURE.md).

/// L0: the one error type, and the failure of a platform.
pub mod error;
/// L0: clock, ids, secrets, encryption, the text of a post.
pub mod kit;

/// L1: settings and where each came from.
pub mod config;

/// L2: two databases, one set of queries, migrations, the bus.
pub mod db;
/// L2: guarded calls to the outside.
pub mod http;

/// L3: the platforms, as data and publish steps.
pub mod providers;

pub use error::{Error, FieldError, Result};
