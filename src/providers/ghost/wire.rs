//! Calls to a Ghost: each with a token of five minutes, made from the key. <https://docs.ghost.org/admin-api#token-authentication>

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};

use super::Ghost;
use crate::{
    error::{Failure, FailureKind},
    http::{Client, Method, Reply, Request},
    kit::crypto,
    providers::{Access, credential},
};

const VERSION: &str = "v5.0";
/// Ghost takes no token that lasts longer.
const LASTS: i64 = 300;

/// What opens a Ghost.
pub struct Key<'k> {
    /// Its address, without `/ghost`.
    pub server: &'k str,
    /// The key's id.
    pub id: &'k str,
    /// The key's secret, in hexadecimal digits.
    pub secret: &'k str,
}

impl<'k> Key<'k> {
    /// Out of stored credentials.
    pub fn read(stored: &'k Json) -> Result<Self, Failure> {
        Ok(Self { server: credential(stored, "server")?, id: credential(stored, "id")?, secret: credential(stored, "secret")? })
    }

    fn token(&self, now: DateTime<Utc>) -> Result<String, Failure> {
        let secret = hex::decode(self.secret).map_err(|_| Failure::reconnect("the stored key cannot be read"))?;
        let part = |json: Json| URL_SAFE_NO_PAD.encode(json.to_string());
        let head = part(json!({"alg": "HS256", "kid": self.id, "typ": "JWT"}));
        let iat = now.timestamp();
        let signed = format!("{head}.{}", part(json!({"iat": iat, "exp": iat + LASTS, "aud": "/admin/"})));
        let signature = URL_SAFE_NO_PAD.encode(crypto::hmac_sha256(&secret, signed.as_bytes()));
        Ok(format!("{signed}.{signature}"))
    }

    /// A call of the Admin API, signed.
    pub fn request(&self, http: &Client, now: DateTime<Utc>, (method, path): (Method, &str)) -> Result<Request, Failure> {
        let token = self.token(now)?;
        Ok(open(http, self.server, (method, path)).header("authorization", &format!("Ghost {token}")))
    }
}

/// A call that needs no key.
pub fn open(http: &Client, server: &str, (method, path): (Method, &str)) -> Request {
    http.request(method, &format!("{server}/ghost/api/admin/{path}")).header("accept-version", VERSION)
}

/// Sends a call of the account and passes a 2xx on.
pub async fn send(
    access: &Access<'_>,
    method: Method,
    path: &str,
    with: impl FnOnce(Request) -> Request,
) -> Result<Reply, Failure> {
    let stored = access.tokens.current();
    let request = Key::read(&stored)?.request(access.http, access.now, (method, path))?;
    access.send_once(&Ghost, with(request)).await
}

/// `{"errors": [{message, context, type, code}]}`. The type becomes the code: it is always there.
pub fn explain(reply: &Reply, failure: Failure) -> Failure {
    let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    let Some(error) = said["errors"].get(0) else { return failure };
    let text = |name: &str| error[name].as_str().filter(|text| !text.is_empty());
    let message = match (text("message"), text("context")) {
        (Some(message), Some(context)) => format!("{message} {context}"),
        (words, context) => words.or(context).map_or(failure.message.clone(), str::to_owned),
    };
    // A token that is late is a matter of clocks or of a slow upload; the key is as good as before.
    let kind = match failure.kind {
        FailureKind::Reconnect if message.contains("expired") => FailureKind::Unavailable,
        kind => kind,
    };
    let code = text("type").map(str::to_owned).or(failure.code.clone());
    Failure { kind, message, code, ..failure }
}
