//! For the operator: is it alive, is it ready.

pub mod api;
mod model;
