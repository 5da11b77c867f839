//! Calls to a WordPress, signed with an application password. Knows no post.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value as Json;

use super::WordPress;
use crate::{
    error::{Failure, FailureKind},
    http::{Client, Method, Reply, Request},
    providers::{Access, credential},
};

/// What opens a WordPress.
#[derive(Clone, Copy)]
pub struct Login<'l> {
    /// The site's address.
    pub server: &'l str,
    /// The site has no readable addresses, so its API is reached by a parameter.
    pub plain: bool,
    /// The person.
    pub name: &'l str,
    /// Their application password.
    pub password: &'l str,
}

impl<'l> Login<'l> {
    /// Out of stored credentials.
    pub fn read(stored: &'l Json) -> Result<Self, Failure> {
        Ok(Self {
            server: credential(stored, "server")?,
            plain: stored["plain"] == true,
            name: credential(stored, "identifier")?,
            password: credential(stored, "password")?,
        })
    }

    /// A call of the REST API.
    pub fn request(&self, http: &Client, method: Method, path: &str) -> Request {
        let url = match self.plain {
            true => format!("{}/?rest_route=/{path}", self.server),
            false => format!("{}/wp-json/{path}", self.server),
        };
        let proof = STANDARD.encode(format!("{}:{}", self.name, self.password));
        http.request(method, &url).header("authorization", &format!("Basic {proof}")).header("accept", "application/json")
    }
}

/// Sends a call of the account and passes a 2xx on.
pub async fn send(
    access: &Access<'_>,
    method: Method,
    path: &str,
    with: impl FnOnce(Request) -> Request,
) -> Result<Reply, Failure> {
    let stored = access.tokens.current();
    let request = Login::read(&stored)?.request(access.http, method, path);
    access.send_once(&WordPress, with(request)).await
}

/// `{"code", "message", "data": {"status"}}`.
pub fn explain(reply: &Reply, failure: Failure) -> Failure {
    let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    let (Some(code), Some(words)) = (said["code"].as_str(), said["message"].as_str()) else { return failure };
    // A file that is refused comes as a fault of the server.
    let kind = match code {
        "rest_upload_unknown_error" | "rest_upload_sideload_error" | "rest_upload_file_too_big" => FailureKind::Rejected,
        _ => failure.kind,
    };
    let message = if words.is_empty() { failure.message.clone() } else { words.to_owned() };
    Failure { kind, message, ..failure }.code(code)
}
