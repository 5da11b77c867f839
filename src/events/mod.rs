//! The audit trail: what people and the engine did, in order, never changed. Knows ids and nothing else of features.

mod model;

pub use model::{Entry, Event, Trace, of_target, page, record};
