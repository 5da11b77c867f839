//! Connected accounts: connecting, sealed credentials, slots. Knows providers only by their descriptor and trait.

pub mod api;
pub mod apps;
mod connect;
mod describe;
#[cfg(test)]
pub(crate) mod fake;
pub mod fields;
pub mod lookups;
pub mod manual;
mod model;
pub mod offer;
pub mod pages;
mod schema;
pub mod slots;
mod vault;

pub use connect::{Connecting, connect};
pub use describe::{Limit, describe, limits};
pub use model::{Channel, ChannelChange, ChannelState, Sealed, Slot, mark_reconnect, next_due};
pub use schema::schema;
pub use vault::Vault;
