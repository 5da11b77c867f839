//! For the operator: is it alive, is it ready, and may a restored instance send again.

pub mod api;
pub mod pages;
