//! `[mail]` and `[notices]`.

use serde::{Deserialize, Serialize};

use crate::kit::Secret;

/// `[mail]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// `smtp`, or `none`: nothing is sent. Default `none`.
    pub transport: MailTransport,
    /// The server that takes our mails.
    pub host: String,
    /// Its port. Default: 465 with `tls`, 587 with `starttls`, 25 with `none`.
    pub port: Option<u16>,
    /// How the connection is protected. Default `tls`.
    pub security: MailSecurity,
    /// The login there. Default none.
    pub user: String,
    /// Its password; `password_file` names a file that holds it.
    #[serde(skip_serializing)]
    pub password: Secret,
    /// Whom mails come from: `rostrum@example.org` or `Rostrum <rostrum@example.org>`.
    pub from: String,
    /// Where answers go. Default: to `from`.
    pub reply_to: String,
    /// Seconds until the server must have answered. Default 30.
    pub timeout_seconds: u64,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            transport: MailTransport::None,
            host: String::new(),
            port: None,
            security: MailSecurity::Tls,
            user: String::new(),
            password: Secret::default(),
            from: String::new(),
            reply_to: String::new(),
            timeout_seconds: 30,
        }
    }
}

/// How mails leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTransport {
    /// They do not.
    None,
    /// To a mail server.
    Smtp,
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// TLS from the first byte.
    Tls,
    /// TLS before anything is said.
    Starttls,
    /// Not at all: for a server on the same machine.
    None,
}

impl MailSecurity {
    /// The port where it is usual.
    pub fn port(self) -> u16 {
        match self {
            Self::Tls => 465,
            Self::Starttls => 587,
            Self::None => 25,
        }
    }
}

/// `[notices]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notices {
    /// Seconds during which what happens of one kind to one channel becomes one notice and one mail. Default 60.
    pub gather_seconds: u32,
    /// The same while a notice of that kind was mailed within the last hour, in minutes. Default 30.
    pub gather_again_minutes: u32,
}

impl Default for Notices {
    fn default() -> Self {
        Self { gather_seconds: 60, gather_again_minutes: 30 }
    }
}
