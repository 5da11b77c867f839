//! People: users, passwords, sessions, the first owner. Knows organisations and no other feature.

mod account;
mod device;
mod jobs;
mod join;
pub mod limit;
mod login;
mod model;
pub mod pages;
pub mod password;
mod people;
mod session;
mod setup;

pub use account::{Created, NewOwner, change_email, change_password, choose_language, create_owner, rename, reset_password};
pub use device::Device;
pub use jobs::{InviteMail, Prune};
pub use join::{NewPerson, join_as, join_known, join_new};
pub use login::login;
pub use model::{
    member::{Member, members},
    user::is_operator,
};
pub use people::{bring_back, create_organisation, invite, leave, remove, renew_invite, set_role};
pub use session::{SESSION_COOKIE, Signed, current, enter};
pub use setup::{Gate, complete as complete_setup, gate as setup_gate, setup_token};
