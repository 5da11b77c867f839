//! Postiz's public REST API, wire-exact, over Rostrum's posts, channels and media; and its documentation.
//!
//! The only place that speaks Postiz's words: an *integration* is a channel, a *post* of the wire is a target, its
//! `group` is the same id, a *customer* is a group of channels. Ids of the wire are opaque strings.

pub mod api;
mod create;
mod date;
pub mod document;
mod drawn;
mod group;
mod list;
mod model;
mod new_post;
pub mod pages;
mod problems;
pub mod reference;
mod refusal;
mod remove;
mod settings;
mod social;
mod status;
mod trigger;
mod window;

/// What goes over the wire.
mod objects;

use crate::web::input;
pub use document::document;
