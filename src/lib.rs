//! Rostrum: compose once, publish everywhere, exactly once. The map, in layer order (docs/ARCHITECTURE.md).

/// L0: the one error type, and the failure of a platform.
pub mod error;
/// L0: clock, ids, secrets, encryption, the text of a post.
pub mod kit;

/// L2: two databases, one set of queries, migrations, the bus.
pub mod db;

pub use error::{Error, FieldError, Result};
