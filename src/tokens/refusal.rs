//! Why a request to `/api/v1` is refused. No HTTP: `api/problem.rs` writes it.

use super::{
    Scope,
    code::{self, Code},
};
use crate::error::{Error, FieldError, Message};

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// For a reason that every door has.
    #[error(transparent)]
    Error(#[from] Error),
    /// For one that only this door has.
    #[error("{}", .code.id)]
    Said {
        /// Which.
        code: &'static Code,
        /// In words.
        detail: Message,
        /// The parameter concerned.
        field: Option<FieldError>,
    },
}

impl Refusal {
    /// With these words.
    pub fn said(code: &'static Code, detail: impl Into<Message>) -> Self {
        Self::Said { code, detail: detail.into(), field: None }
    }

    /// The token lacks a scope.
    pub fn scope(scope: Scope) -> Self {
        Self::said(&code::SCOPE_MISSING, Message::new("api_v1.scope_missing").with("scope", scope.as_str()))
    }

    /// A parameter of the address or a header that cannot be read.
    pub fn parameter(name: &str, reason: &str) -> Self {
        let detail = Message::new("api_v1.parameter").with("name", name).with("detail", reason);
        let field = FieldError::new(name, Message::new("api.parameter").with("detail", reason));
        Self::Said { code: &code::INVALID_PARAMETER, detail, field: Some(field) }
    }

    /// Its code.
    pub fn code(&self) -> &'static Code {
        match self {
            Self::Error(e) => code::of(e),
            Self::Said { code, .. } => code,
        }
    }
}
