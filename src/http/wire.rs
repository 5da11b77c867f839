//! Another way for calls to travel than over the network: a simulation answers them inside the process. What an answer or
//! the lack of one means is judged by the same code either way.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use reqwest::header::HeaderMap;
use std::time::Duration;

use super::{Method, request::transport_words};
use crate::error::{Failure, FailureKind};

/// A call as it would leave.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: url::Url,
    /// Headers.
    pub headers: HeaderMap,
    /// The body; empty for one that is streamed.
    pub body: Bytes,
    /// How long the caller waits for the complete answer.
    pub timeout: Duration,
}

/// Status, headers and body of an answer.
pub type Answer = (u16, HeaderMap, Bytes);

/// How a call ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// No connection stood: no byte of the call has left.
    Unreached,
    /// Nothing came in time.
    TimedOut,
    /// The connection broke.
    Cut,
}

impl Broken {
    /// What it means for a call that writes, or does not.
    pub(super) fn failure(self, writes: bool, detail: &str) -> Failure {
        let kind = if writes && self != Self::Unreached { FailureKind::Uncertain } else { FailureKind::Unavailable };
        Failure::new(kind, format!("{}: {detail}", transport_words(self)))
    }
}

/// Answers calls in the place of the network. Only simulations have one (`tests/tidy.rs`).
pub trait Wire: Send + Sync {
    /// Carries one call.
    fn exchange(&self, sent: Sent) -> BoxFuture<'static, Result<Answer, Broken>>;
}
