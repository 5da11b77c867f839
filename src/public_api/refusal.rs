//! Why a request is refused, and how Postiz's clients are told.

use serde_json::{Value as Json, json};

use crate::error::Error;

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// For a reason that every door has.
    #[error(transparent)]
    Error(#[from] Error),
    /// A channel would not take it.
    #[error("{provider}: {message}")]
    Provider {
        /// The provider's id.
        provider: String,
        /// The channel's name.
        name: String,
        /// What is wrong, naming each field.
        message: String,
    },
    /// In Postiz's exact words.
    #[error("{said}")]
    Said {
        /// The status.
        status: u16,
        /// The words.
        said: &'static str,
    },
}

impl Refusal {
    /// There is no key.
    pub const NO_KEY: Self = Self::Said { status: 401, said: "No API Key found" };
    /// The key is nobody's.
    pub const WRONG_KEY: Self = Self::Said { status: 401, said: "Invalid API key" };
    /// There is no file in an upload.
    pub const NO_FILE: Self = Self::Said { status: 400, said: "No file provided" };
    /// The channel is not there.
    pub const NO_CHANNEL: Self = Self::Said { status: 404, said: "Integration not found" };
    /// The provider is unknown or not offered here.
    pub const NOT_ALLOWED: Self = Self::Said { status: 400, said: "Integration not allowed" };
    /// The channel's provider has no such look-up.
    pub const NO_TOOL: Self = Self::Said { status: 404, said: "Tool not found" };
    /// The platform no longer lets the channel in.
    pub const DISCONNECTED: Self = Self::Said { status: 401, said: "Channel disconnected due to expired token" };

    /// Status and body of those refusals that Postiz words in a way of its own; the others have the common envelope.
    pub fn body(&self) -> Option<(u16, Json)> {
        match self {
            Self::Error(_) => None,
            Self::Provider { provider, name, message } => {
                Some((400, json!({"statusCode": 400, "provider": provider, "name": name, "message": message})))
            }
            Self::Said { status, said } => Some((*status, json!({"msg": said}))),
        }
    }
}
