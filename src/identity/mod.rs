//! People: users, passwords, sessions, the first owner. Knows organisations and no other feature.

mod account;
mod device;
mod jobs;
mod limit;
mod login;
mod model;
pub mod pages;
mod password;
mod session;
mod setup;

pub use account::{Created, NewOwner, change_password, choose_language, create_owner, rename, reset_password};
pub use device::Device;
pub use jobs::Prune;
pub use login::login;
pub use model::user::is_operator;
pub use session::{SESSION_COOKIE, Signed, current};
pub use setup::{Gate, complete as complete_setup, gate as setup_gate, setup_token};
