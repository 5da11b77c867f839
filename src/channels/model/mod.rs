//! The tables `channels` and `slots`, and the first row of a channel's lane.

mod channel;
mod credentials;
mod lane;
mod slot;

pub use channel::{Channel, ChannelChange, ChannelState, Found, mark_reconnect};
pub use credentials::{Sealed, replace};
pub use lane::next_due;
pub use slot::Slot;
