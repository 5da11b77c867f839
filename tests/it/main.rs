//! Behaviour at the edge a user sees, on both databases: one binary, so that it links once.

mod support;

mod admin;
mod api_v1;
mod calendar;
mod channels;
mod delivery;
mod docs;
mod finder;
mod frame;
mod hostile;
mod identity;
mod inbox;
mod media;
mod notify;
mod orgs;
mod posts;
mod processes;
mod public_api;
mod queue;
mod sandbox;
mod smoke;
mod start;
mod templates;
mod tenancy;
mod zones;
