//! The tables `channels`, `slots`, `connections`, `developer_apps` and `customers`, and the first row of a channel's lane.

mod channel;
mod connection;
mod credentials;
mod customer;
mod developer_app;
mod lane;
mod picture;
mod slot;

pub use channel::{Channel, ChannelChange, ChannelState, Found, mark_reconnect};
pub use connection::{Connection, Invited, Kept, NewConnection, Stage, prune};
pub use credentials::{Sealed, replace};
pub use customer::Customer;
pub use developer_app::{DeveloperApp, Owner, Set, User, nearest, users};
pub use lane::{last_published, next_due};
pub use picture::{Portrait, set_handle, stale};
pub use slot::Slot;
