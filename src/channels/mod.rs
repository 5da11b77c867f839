//! Connected accounts: connecting, sealed credentials, slots. Knows providers only by their descriptor and trait.

pub mod api;
pub mod apps;
mod connect;
mod describe;
#[cfg(test)]
mod fake;
pub mod fields;
mod model;
pub mod pages;
pub mod slots;
mod vault;

pub use connect::{Connecting, connect};
pub use describe::{Limit, describe, limits};
pub use model::{Channel, ChannelChange, ChannelState, Sealed, Slot, mark_reconnect, next_due};
pub use vault::Vault;
