//! The one error type of every feature, and the failure of a platform.
//!
//! Which to use: features return [`Result`]; providers return [`Failure`]; `anyhow` lives in `cli/` and inside
//! [`Error::Internal`]. There is no HTTP here: `web/problem.rs` alone turns an [`Error`] into an answer.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What every feature returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A text for a person: a key of the message catalogue and the values of its placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// A key of `assets/locale/en.toml`, for example `error.date.past`.
    pub key: &'static str,
    /// Placeholder name and value.
    pub args: Vec<(&'static str, String)>,
}

impl Message {
    /// A message without placeholders.
    pub fn new(key: &'static str) -> Self {
        Self { key, args: Vec::new() }
    }

    /// Adds one placeholder value.
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.args.push((name, value.to_string()));
        self
    }
}

impl From<&'static str> for Message {
    fn from(key: &'static str) -> Self {
        Self::new(key)
    }
}

/// One thing wrong with one field of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field as the caller wrote it, a path such as `posts[0].value[1].content`.
    pub field: String,
    /// What is wrong with it.
    pub message: Message,
}

impl FieldError {
    /// Names the field and says what is wrong with it.
    pub fn new(field: impl Into<String>, message: impl Into<Message>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Why a feature could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The thing named does not exist, or belongs to somebody else. Holds the word for the thing.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The input is wrong; nothing was changed.
    #[error("invalid: {}", .0.iter().map(|e| e.field.as_str()).collect::<Vec<_>>().join(", "))]
    Invalid(Vec<FieldError>),
    /// The state of the thing does not allow it (any more).
    #[error("conflict: {}", .0.key)]
    Conflict(Message),
    /// Nobody is signed in, or the key is unknown.
    #[error("unauthorized")]
    Unauthorized,
    /// Signed in, but not allowed.
    #[error("forbidden: {}", .0.key)]
    Forbidden(Message),
    /// The plan does not include it.
    #[error("limit: {}", .0.key)]
    Limit(Message),
    /// Too many tries; the wait until the next one may succeed.
    #[error("rate limited for {0:?}")]
    RateLimited(Duration),
    /// More bytes than this endpoint takes.
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    /// A platform refused or could not be reached.
    #[error("{0}")]
    Provider(#[from] Failure),
    /// Something this process needs (database, disk) is away for now; the text is for the log.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours. The detail goes to the log, never to the caller.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl Error {
    /// One wrong field.
    pub fn invalid(field: impl Into<String>, message: impl Into<Message>) -> Self {
        Self::Invalid(vec![FieldError::new(field, message)])
    }

    /// The state of the thing does not allow it.
    pub fn conflict(message: impl Into<Message>) -> Self {
        Self::Conflict(message.into())
    }

    /// Not allowed for this caller.
    pub fn forbidden(message: impl Into<Message>) -> Self {
        Self::Forbidden(message.into())
    }

    /// A fault of ours, from any error.
    pub fn internal(e: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Internal(anyhow::Error::new(e))
    }
}

impl From<std::io::Error> for Error {
    /// A full disk and a read-only one are the machine's state, not our bug.
    fn from(e: std::io::Error) -> Self {
        use std::io::ErrorKind::*;
        match e.kind() {
            StorageFull | QuotaExceeded | ReadOnlyFilesystem => Self::Unavailable(e.to_string()),
            _ => Self::internal(e),
        }
    }
}

/// Turns "no such row" into the right answer.
pub trait OrNotFound<T> {
    /// [`Error::NotFound`] naming `thing` when there is nothing.
    fn or_not_found(self, thing: &'static str) -> Result<T>;
}

impl<T> OrNotFound<T> for Result<Option<T>> {
    fn or_not_found(self, thing: &'static str) -> Result<T> {
        self?.ok_or(Error::NotFound(thing))
    }
}

/// What a failed call to a platform means, which decides what the engine does next (HOUSE section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum FailureKind {
    /// The account's credentials no longer work: hold the channel and ask a person.
    Reconnect,
    /// The platform asked us to slow down; `until` is when it said to come back.
    RateLimited {
        /// The instant the platform named, if it named one.
        until: Option<DateTime<Utc>>,
    },
    /// The platform refused this content: trying again cannot help.
    Rejected,
    /// Nothing happened at the platform, or what happened is safe to repeat.
    Unavailable,
    /// The write may or may not have happened. Never sent again blindly.
    Uncertain,
    /// This provider cannot do it: our fault for asking.
    Unsupported,
    /// The platform answered something we cannot read.
    Unexpected,
}

/// A failed call to a platform, with the platform's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What it means for us.
    pub kind: FailureKind,
    /// The platform's words, or ours when it said nothing. Never holds a secret.
    pub message: String,
    /// The platform's error code or HTTP status.
    pub code: Option<String>,
    /// The start of the raw reply (at most [`Failure::RAW_LIMIT`] bytes).
    pub raw: Option<String>,
}

impl Failure {
    /// How many bytes of a raw reply are kept.
    pub const RAW_LIMIT: usize = 2_000;

    /// A failure of this kind with these words.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), code: None, raw: None }
    }

    /// Credentials no longer work.
    pub fn reconnect(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Reconnect, message)
    }

    /// The content was refused.
    pub fn rejected(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Rejected, message)
    }

    /// Nothing happened; may be tried again.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Unavailable, message)
    }

    /// It may have happened.
    pub fn uncertain(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Uncertain, message)
    }

    /// The provider does not do this.
    pub fn unsupported(what: &str) -> Self {
        Self::new(FailureKind::Unsupported, format!("this provider does not support: {what}"))
    }

    /// The reply could not be read.
    pub fn unexpected(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Unexpected, message)
    }

    /// Adds the platform's code.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Adds the start of the raw reply.
    pub fn raw(mut self, raw: &str) -> Self {
        let mut end = raw.len().min(Self::RAW_LIMIT);
        while !raw.is_char_boundary(end) {
            end -= 1;
        }
        self.raw = Some(raw[..end].to_owned());
        self
    }
}
