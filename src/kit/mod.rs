//! Small parts that know nothing of the product: clock, ids, secrets, encryption, text, meters.

pub mod clock;
pub mod crypto;
pub mod dice;
pub mod ids;
pub mod meter;
pub mod process;
pub mod recur;
pub mod secret;
pub mod seldom;
pub mod text;
pub mod zone;

pub use clock::Clock;
pub use dice::Dice;
pub use ids::*;
pub use secret::Secret;
pub use seldom::Seldom;
