//! For the operator: is it alive, is it ready, what became of its jobs.

pub mod api;
pub mod jobs;
mod model;
