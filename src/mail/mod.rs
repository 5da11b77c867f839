//! Letters by e-mail: their texts from templates, and the way out to a mail server.
//!
//! A letter may be sent twice when the process dies between the server's answer and our note of it; both carry the same
//! Message-ID, by which mail programs show one. Knows no feature; who gets what is decided above.

mod letter;
mod smtp;

pub use letter::{Content, Letter, Outgoing, address, write};
pub use smtp::{Mailer, Trouble};
