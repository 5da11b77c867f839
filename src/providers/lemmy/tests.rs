//! What reaches the server, and what its answers come to. The server here answers in the shapes of Lemmy 0.19.

mod account;
mod publish;
mod server;
mod trouble;
