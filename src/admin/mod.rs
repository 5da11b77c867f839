//! For the operator: is it alive, is it ready, is it on time, what became of its jobs, and may a restored instance send
//! again. `/livez`, `/readyz`, `/metrics` and the pages below `/admin`.
//!
//! Reads tables of every feature before it and writes none.

pub mod api;
mod exposition;
pub mod jobs;
mod metrics;
mod model;
pub mod pages;
mod punctuality;
