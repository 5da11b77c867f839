//! The audit trail: what people and the engine did, in order, never changed. Knows ids and nothing else of features.

mod model;

pub use model::{
    Entry, Event, FOLLOWED, Pending, Trace, any_pending, count_pending, of_post, of_target, page, parts_with, record, record_all,
    take_pending,
};
