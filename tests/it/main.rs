//! Behaviour at the edge a user sees, on both databases: one binary, so that it links once.

mod support;

mod frame;
mod identity;
mod orgs;
mod media;
mod templates;
