//! What reaches the server, and what its answers come to. The server here answers in the shapes that @atproto/pds 0.5 was
//! seen to use.

mod connect;
mod facets;
mod later;
mod own;
mod publish;
mod real;
mod server;
mod session;
mod thread;
mod trouble;
mod video;
