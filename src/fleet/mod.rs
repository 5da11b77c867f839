//! Processes of our own program on scratch ground: what torture and benches stand on, because only real processes can be
//! killed and measured.
//!
//! Everything lies in one directory (and, on Postgres, in one schema) that is removed at the end. Knows how to start,
//! signal and weigh a process, and how to fill a database before it starts; not what is proven or measured.

mod child;
mod client;
mod dice;
mod figures;
mod ground;
mod stock;

pub use child::{Blow, Child, Usage};
pub use client::Client;
pub use dice::Dice;
pub use figures::{Lateness, percentile};
pub use ground::{Ground, Program};
pub use stock::{Stock, plain_draft};
