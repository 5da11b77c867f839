//! Calls to the processes on this machine: the API of an instance, the platform's side of the sandbox.

use std::time::Duration;

use serde_json::Value as Json;

use crate::{
    config,
    error::{Error, Failure, Result},
    http::{self, Method, Reply},
};

/// The list of ten thousand posts is larger than what a platform may answer.
const MAX_REPLY: usize = 256 * 1024 * 1024;

/// Calls loopback addresses and nothing else. Cloning is cheap.
#[derive(Clone)]
pub struct Client {
    http: http::Client,
    timeout: Duration,
}

impl Client {
    /// With this limit for each call.
    pub fn new(timeout: Duration) -> Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let loopback = "127.0.0.0/8".parse().map_err(Error::internal)?;
        let settings = config::Http { allow_private: vec![loopback], ..config::Http::default() };
        Ok(Self { http: http::Client::new(&settings)?, timeout })
    }

    /// Sends it with these headers, and gives whatever is answered. The body comes as it is, not compressed.
    pub async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<&Json>,
    ) -> std::result::Result<Reply, Failure> {
        let request = self.http.request(method, url).timeout(self.timeout).max_reply(MAX_REPLY);
        let request = headers.iter().fold(request.header("accept-encoding", "identity"), |r, (n, v)| r.header(n, v));
        let request = body.iter().fold(request, |r, body| r.json(body));
        request.send().await
    }

    /// Reads JSON; anything but 2xx is an error.
    pub async fn read(&self, url: &str, headers: &[(&str, &str)]) -> Result<Json> {
        Self::good(url, self.send(Method::GET, url, headers, None).await?)
    }

    /// Writes JSON and reads what is answered; anything but 2xx is an error.
    pub async fn write(&self, method: Method, url: &str, headers: &[(&str, &str)], body: &Json) -> Result<Json> {
        Self::good(url, self.send(method, url, headers, Some(body)).await?)
    }

    fn good(url: &str, reply: Reply) -> Result<Json> {
        if !reply.is_success() {
            return Err(Error::Unavailable(format!("{url} answered {}: {}", reply.status, reply.text())));
        }
        Ok(reply.json()?)
    }
}
