//! What reaches the server, and what its answers come to. The server here answers in the shapes of Lemmy 0.19, and once in
//! those of 1.0.

mod account;
mod publish;
mod server;
mod trouble;
mod v4;
