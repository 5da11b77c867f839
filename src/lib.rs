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

/// L2: letters by e-mail.
pub mod mail;
/// L2: work that nobody outside sees and that may be repeated.
pub mod queue;
/// L2: full-text search.
pub mod search;
/// L2: files too large for the database.
pub mod store;

/// L3: the platforms, as data and publish steps.
pub mod providers;

/// L3: which instance and which of its lives this is; whether it may send.
pub mod instance;

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

/// L4: what is done by itself to published posts.
pub mod plugs;

/// L4: access tokens: who may call `/api/v1`, how often, and a request once.
pub mod tokens;

/// L4: people, passwords, sessions.
pub mod identity;

/// L4: what waits for a person, in one list.
pub mod inbox;
/// L4: what people are told, in the pages and by e-mail.
pub mod notify;

/// L4: search over posts, media, channels and pages.
pub mod finder;

/// L4: every component, on one page of development builds.
pub mod design;

/// L4: for the operator: is it alive, is it ready, is it on time.
pub mod admin;
/// L4: what somebody does first in a new organisation.
pub mod start;

/// L4: the practice platform, inside an instance or alone.
pub mod sandbox;

/// L4: Postiz's public REST API and its documentation.
pub mod public_api;

/// L4: `/api/v1`, put together from the features' operations, and its documentation.
pub mod api_v1;

/// L5: how late, how fast, at what cost.
pub mod bench;
/// L5: brings an instance up.
pub mod boot;
/// L5: the command line.
pub mod cli;
/// L5: processes of our own program on scratch ground.
pub mod fleet;
/// L5: what follows from events, and periodic work.
pub mod jobs;
/// L5: every page and API, mounted and wrapped.
pub mod routes;
/// L5: proves on this machine that nothing goes out twice and nothing is lost.
pub mod selftest;
/// L5: listens and serves.
pub mod server;

pub use app::App;
pub use error::{Error, FieldError, Result};
