//! Settings: built-in defaults, then `rostrum.toml`, then `ROSTRUM_SECTION__KEY`, then flags; the last one wins.
//!
//! Every text setting may come from a file instead: `url_file = "/run/secrets/db"` sets `url`. Unknown keys are an
//! error, because a misspelt setting that is silently ignored is worse.

mod load;
mod mail;
mod rate;
mod sections;

pub use load::{Loaded, Setting, load};
pub use mail::{Mail, MailSecurity, MailTransport, Notices};
pub use rate::{Cost, Rate, Scope};
pub use sections::{
    Accounts, Config, Database, Delivery, Http, Log, LogFormat, ProviderConfig, Role, Server, Storage, StorageKind,
};
