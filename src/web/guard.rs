//! What surrounds every request: a number for the log, headers, and panics that become errors.

use std::{panic::AssertUnwindSafe, time::Instant};

use futures_util::FutureExt as _;
use poem::{Endpoint, IntoResponse, Request, Response, http::HeaderValue};

use super::{Peer, headers, linger::Rest};
use crate::{error::Error, kit::meter::Tally};

/// The number of a request, in its answer's header `X-Request-Id` and in every log line about it.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

impl RequestId {
    /// That of a request.
    pub fn of(req: &Request) -> String {
        req.data::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
    }
}

/// Requests answered, by kind of route and status.
pub static ANSWERS: Tally<(&'static str, u16)> = Tally::new();

/// What kind of route a path is of: few, whatever is asked for.
fn class(path: &str) -> &'static str {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    match first {
        "assets" => "asset",
        "public" => "public_api",
        "api" if path.starts_with("/api/public/") => "public_api",
        "api" => "api",
        "livez" | "readyz" | "metrics" => "health",
        "sandbox" => "sandbox",
        "media" if path.starts_with("/media/file/") => "media",
        _ => "page",
    }
}

/// Runs the request with its number and peer known, then adds headers and writes one log line.
pub async fn surround<E>(inner: &E, mut req: Request, peer: Peer) -> Response
where
    E: Endpoint,
    E::Output: IntoResponse,
{
    let started = Instant::now();
    let id = hex::encode(crate::kit::crypto::random::<8>());
    let (method, path) = (req.method().clone(), req.uri().path().to_owned());
    req.set_data(RequestId(id.clone()));
    req.set_data(peer.clone());
    let rest = Rest::of(&mut req);
    let mut response = match inner.call(req).await {
        Ok(response) => response.into_response(),
        Err(e) => e.into_response(),
    };
    if let Some(rest) = rest {
        rest.read_away();
    }
    headers::secure(&mut response, peer.https);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    ANSWERS.count((class(&path), response.status().as_u16()));
    let (status, micros) = (response.status().as_u16(), started.elapsed().as_micros());
    tracing::debug!(request = %id, %method, path, status, micros, "answered");
    response
}

/// A panic in a handler is a fault of ours, not the end of the connection.
pub async fn catching<E: Endpoint>(inner: &E, req: Request) -> poem::Result<E::Output> {
    match AssertUnwindSafe(inner.call(req)).catch_unwind().await {
        Ok(result) => result,
        Err(panic) => {
            let words = panic.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
            Err(Error::Internal(anyhow::anyhow!("panic: {}", words.unwrap_or_default())).into())
        }
    }
}
