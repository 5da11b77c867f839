//! Connected accounts: connecting, sealed credentials, slots. Knows providers only by their descriptor and trait.

mod model;

pub use model::{Channel, ChannelState};
