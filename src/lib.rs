//! Rostrum: compose once, publish everywhere, exactly once. The map, in layer order (docs/ARCHITECTURE.md).

/// L0: the one error type, and the failure of a platform.
pub mod error;
/// L0: clock, ids, secrets, encryption, the text of a post.
pub mod kit;

/// L1: settings and where each came from.
pub mod config;
/// L1: templates, the message catalogue, embedded files.
pub mod render;

/// L2: two databases, one set of queries, migrations, the bus.
pub mod db;
/// L2: guarded calls to the outside.
pub mod http;
/// L2: the inside of HTTP: forms, cookies, errors as answers, the page around a view.
pub mod web;

/// L2: files too large for the database.
pub mod store;

/// L3: the platforms, as data and publish steps.
pub mod providers;

/// L3: one handle to everything below.
pub mod app;

/// L4: connected accounts.
pub mod channels;
/// L4: what goes out, when, and what became of it.
pub mod delivery;
/// L4: the audit trail.
pub mod events;
/// L4: pictures and films: upload, library, serving, making them fit a platform.
pub mod media;
/// L4: organisations, roles, API keys, who is calling.
pub mod orgs;
/// L4: what people write.
pub mod posts;

/// L4: people, passwords, sessions.
pub mod identity;

/// L4: for the operator: is it alive, is it ready.
pub mod admin;
/// L4: the practice platform, inside an instance or alone.
pub mod sandbox;

/// L4: Postiz's public REST API and its documentation.
pub mod public_api;

/// L5: brings an instance up.
pub mod boot;
/// L5: the command line.
pub mod cli;
/// L5: every page and API, mounted and wrapped.
pub mod routes;
/// L5: proves delivery on this machine, without touching an instance.
pub mod selftest;
/// L5: listens and serves.
pub mod server;

pub use app::App;
pub use error::{Error, FieldError, Result};
