//! What reaches the server, and what its answers come to. The server here answers in the shapes of Mastodon's documentation.

mod connect;
mod own;
mod publish;
mod server;
mod trouble;
