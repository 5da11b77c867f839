//! Behaviour at the edge a user sees, on both databases: one binary, so that it links once.

mod support;

mod channels;
mod delivery;
mod frame;
mod hostile;
mod identity;
mod media;
mod orgs;
mod posts;
mod public_api;
mod sandbox;
mod selftest;
mod templates;
mod tenancy;
