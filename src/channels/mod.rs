//! Connected accounts: connecting, developer apps, sealed credentials, slots, customers. Knows providers only by their descriptor and trait.

pub mod api;
pub mod apps;
mod connect;
mod describe;
#[cfg(test)]
pub(crate) mod fake;
pub mod fields;
mod health;
mod jobs;
pub mod lookups;
pub mod manual;
mod model;
pub mod offer;
pub mod pages;
mod picture;
mod schema;
pub mod slots;
mod vault;

pub use connect::{Connecting, connect, connect_page, offered};
pub use describe::{Limit, describe, limits};
pub use health::{Health, test};
pub use jobs::{Prune, RefreshPictures};
pub use model::{Channel, ChannelChange, ChannelState, Customer, Sealed, Slot, mark_reconnect, next_due};
pub use picture::{Copy as CopyPicture, public as public_picture};
pub use schema::schema;
pub use vault::Vault;
