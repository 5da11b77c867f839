//! One call being built and sent.

use std::{error::Error as _, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream::BoxStream};
use reqwest::{Method, header::CONTENT_TYPE};
use serde::Serialize;
use url::Url;

use super::{Broken, Client, Heard, MAX_REPLY, Reply, Sent, Wire, guard::Refused};
use crate::error::{Failure, FailureKind};

/// A call; nothing happens before [`Request::send`].
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    builder: Result<reqwest::RequestBuilder, Failure>,
    writes: bool,
    timeout: Duration,
    max_reply: usize,
    heard: Option<Heard>,
    wire: Option<Arc<dyn Wire>>,
    /// What a rude platform must not repeat into our log.
    token: String,
}

impl Request {
    pub(super) fn new(client: &Client, method: Method, url: &str, follow: bool) -> Self {
        let writes = !matches!(method, Method::GET | Method::HEAD | Method::OPTIONS);
        let builder = Url::parse(url).map_err(|e| Failure::rejected(format!("{url}: {e}"))).and_then(|url| {
            client.admits(&url, follow).map_err(|e| Failure::rejected(e.to_string()))?;
            Ok(client.for_scheme(url.scheme(), follow).request(method, url))
        });
        let (heard, wire) = (client.heard.clone(), client.wire.clone());
        Self { builder, writes, timeout: client.timeout, max_reply: MAX_REPLY, heard, wire, token: String::new() }
            .timeout(client.timeout)
    }

    /// Marks a POST that changes nothing others see (a login, a token refresh): a lost answer is no uncertainty.
    pub fn reads(mut self) -> Self {
        self.writes = false;
        self
    }

    /// `Authorization: Bearer`.
    pub fn bearer(mut self, token: &str) -> Self {
        token.clone_into(&mut self.token);
        self.map(|b| b.bearer_auth(token))
    }

    /// One header.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.map(|b| b.header(name, value))
    }

    /// Query parameters.
    pub fn query(self, pairs: &[(&str, &str)]) -> Self {
        self.map(|b| b.query(pairs))
    }

    /// A JSON body.
    pub fn json(self, body: &impl Serialize) -> Self {
        self.map(|b| b.json(body))
    }

    /// A form body.
    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        self.map(|b| b.form(pairs))
    }

    /// A body of bytes.
    pub fn body(self, bytes: impl Into<Bytes>, mime: &str) -> Self {
        let bytes = bytes.into();
        self.map(|b| b.header(CONTENT_TYPE, mime).body(bytes))
    }

    /// A body that is streamed; memory stays bounded.
    pub fn stream(self, bytes: BoxStream<'static, std::io::Result<Bytes>>, length: u64, mime: &str) -> Self {
        // A megabyte a second is the slowest upload worth waiting for.
        let timeout = self.timeout + Duration::from_secs(length / 1_000_000);
        self.timeout(timeout)
            .map(|b| b.header(CONTENT_TYPE, mime).header("content-length", length).body(reqwest::Body::wrap_stream(bytes)))
    }

    /// Another limit for the whole call than the configured one.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self.map(|b| b.timeout(timeout))
    }

    /// Another limit for the answer's size than [`MAX_REPLY`].
    pub fn max_reply(mut self, bytes: usize) -> Self {
        self.max_reply = bytes;
        self
    }

    fn map(mut self, f: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder) -> Self {
        self.builder = self.builder.map(f);
        self
    }

    /// Sends it and reads the answer, whatever its status: see [`Reply::ok`].
    ///
    /// A call that cannot have reached the platform fails as [`FailureKind::Unavailable`]; a write that may have
    /// arrived as [`FailureKind::Uncertain`].
    pub async fn send(self) -> Result<Reply, Failure> {
        let writes = self.writes;
        if let Some(wire) = self.wire {
            let reply = carried(wire, self.builder?, self.timeout, writes).await?;
            if let Some(heard) = self.heard.filter(|_| writes) {
                heard.note(&reply.headers);
            }
            return Ok(reply.without(&self.token));
        }
        let response = self.builder?.send().await.map_err(|e| transport(&e, writes))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        if let Some(heard) = self.heard.filter(|_| writes) {
            heard.note(&headers);
        }
        let mut body = BytesMut::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|e| transport(&e, writes))?;
            if body.len() + chunk.len() > self.max_reply {
                let kind = if writes { FailureKind::Uncertain } else { FailureKind::Unexpected };
                return Err(Failure::new(kind, format!("the answer is larger than {} bytes", self.max_reply)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, headers, body: body.freeze(), writes }.without(&self.token))
    }
}

fn transport(e: &reqwest::Error, writes: bool) -> Failure {
    if let Some(refused) = refused(e) {
        return Failure::rejected(refused);
    }
    let broken = match () {
        // A builder error, or a connection that never stood: no byte of the request has left.
        () if e.is_connect() || e.is_builder() => Broken::Unreached,
        () if e.is_timeout() => Broken::TimedOut,
        () => Broken::Cut,
    };
    broken.failure(writes, &root_cause(e))
}

/// For people.
pub(super) fn transport_words(broken: Broken) -> &'static str {
    match broken {
        Broken::Unreached => "the platform could not be reached",
        Broken::TimedOut => "the platform did not answer in time",
        Broken::Cut => "the connection broke before the answer was complete",
    }
}

async fn carried(
    wire: Arc<dyn Wire>,
    builder: reqwest::RequestBuilder,
    timeout: Duration,
    writes: bool,
) -> Result<Reply, Failure> {
    let request = builder.build().map_err(|e| transport(&e, writes))?;
    let sent = Sent {
        method: request.method().clone(),
        url: request.url().clone(),
        headers: request.headers().clone(),
        body: request.body().and_then(reqwest::Body::as_bytes).map(Bytes::copy_from_slice).unwrap_or_default(),
        timeout,
    };
    let (status, headers, body) = wire.exchange(sent).await.map_err(|broken| broken.failure(writes, "simulated"))?;
    Ok(Reply { status, headers, body, writes })
}

fn refused(e: &reqwest::Error) -> Option<String> {
    let mut source = e.source();
    while let Some(inner) = source {
        if let Some(refused) = inner.downcast_ref::<Refused>() {
            return Some(refused.to_string());
        }
        let io = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(refused) = io.and_then(|e| e.downcast_ref::<Refused>()) {
            return Some(refused.to_string());
        }
        source = inner.source();
    }
    None
}

/// The innermost words; the outer ones repeat the address, which may hold a secret.
fn root_cause(e: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = e;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if std::ptr::addr_eq(cause, e as &dyn std::error::Error) { "no further detail".into() } else { cause.to_string() }
}
