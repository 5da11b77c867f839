//! An answer, and what its status means.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

use crate::error::{Failure, FailureKind};

/// A complete answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, at most [`super::MAX_REPLY`] bytes unless asked otherwise.
    pub body: Bytes,
    pub(super) writes: bool,
}

impl Reply {
    /// True for 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A refusal may quote the token it was sent with, and refusals are shown and kept.
    pub(super) fn without(mut self, token: &str) -> Self {
        if !self.is_success() && !token.is_empty() && self.text().contains(token) {
            self.body = self.text().replace(token, "…").into();
        }
        self
    }

    /// The body as text, broken characters replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON. A write whose answer cannot be read may have happened.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|e| {
            let kind = if self.writes { FailureKind::Uncertain } else { FailureKind::Unexpected };
            Failure::new(kind, format!("the platform's answer cannot be read: {e}"))
                .code(self.status.to_string())
                .raw(&self.text())
        })
    }

    /// Passes a 2xx on; anything else becomes a failure by status, which `explain` may refine with the platform's
    /// error code and words.
    pub fn ok(self, now: DateTime<Utc>, explain: impl FnOnce(&Reply, Failure) -> Failure) -> Result<Self, Failure> {
        if self.is_success() {
            return Ok(self);
        }
        let failure = self.failure(now);
        Err(explain(&self, failure))
    }

    /// What the status alone says.
    pub fn failure(&self, now: DateTime<Utc>) -> Failure {
        let kind = match self.status {
            401 => FailureKind::Reconnect,
            429 => FailureKind::RateLimited { until: self.retry_at(now) },
            408 | 500.. if self.writes => FailureKind::Uncertain,
            408 | 500.. => FailureKind::Unavailable,
            300..=399 => FailureKind::Unexpected,
            _ => FailureKind::Rejected,
        };
        let text = self.text();
        Failure::new(kind, format!("the platform answered {}", self.status)).code(self.status.to_string()).raw(&text)
    }

    /// When to come back, as far as the headers say.
    pub fn retry_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        super::rate::retry_at(&self.headers, now)
    }
}
