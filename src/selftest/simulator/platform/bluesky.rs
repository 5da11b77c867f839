//! A server of the AT Protocol, as far as the Bluesky provider speaks to one: sessions that end, a refresh token that
//! serves once, records under keys that the client chooses.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};

use super::{Inner, SECRET, bearer};
use crate::http::Sent;

/// An access token that says when it ends, as real ones do, and a refresh token.
pub fn tokens(handle: &str, n: u32, ends: i64) -> (String, String) {
    let claims = URL_SAFE_NO_PAD.encode(json!({"exp": ends}).to_string());
    (format!("{SECRET}-{handle}-a{n}.{claims}.x"), format!("{SECRET}-{handle}-r{n}"))
}

impl Inner {
    pub(super) fn bluesky(&mut self, n: usize, sent: &Sent, now: Duration) -> (u16, Json) {
        let refused = |name: &str| (400, json!({"error": name, "message": format!("the server says {name}")}));
        let body: Json = serde_json::from_slice(&sent.body).unwrap_or_default();
        match sent.url.path().trim_start_matches("/xrpc/") {
            "com.atproto.server.createSession" if !self.accounts[n].password_works => {
                (401, json!({"error": "AuthenticationRequired", "message": "wrong"}))
            }
            "com.atproto.server.createSession" => self.session(n, now),
            "com.atproto.server.refreshSession" if bearer(sent) != self.accounts[n].refresh => refused("ExpiredToken"),
            "com.atproto.server.refreshSession" => self.session(n, now),
            _ if bearer(sent) != self.accounts[n].access || now >= self.accounts[n].access_ends => refused("ExpiredToken"),
            "com.atproto.repo.createRecord" => self.create(n, &body, now),
            "com.atproto.repo.getRecord" => {
                let key =
                    sent.url.query_pairs().find(|(name, _)| name == "rkey").map(|(_, v)| v.into_owned()).unwrap_or_default();
                match self.accounts[n].copies.iter().find(|c| c.key == key) {
                    Some(copy) => (200, strong(n, &copy.key, &copy.id)),
                    None => refused("RecordNotFound"),
                }
            }
            _ => refused("MethodNotImplemented"),
        }
    }

    fn session(&mut self, n: usize, now: Duration) -> (u16, Json) {
        let (access, refresh) = self.open(n, now);
        let handle = &self.accounts[n].handle;
        (200, json!({"accessJwt": access, "refreshJwt": refresh, "did": did(n), "handle": handle, "active": true}))
    }

    fn create(&mut self, n: usize, body: &Json, now: Duration) -> (u16, Json) {
        let key = body["rkey"].as_str().unwrap_or_default().to_owned();
        if self.accounts[n].copies.iter().any(|c| c.key == key) {
            return (500, json!({"error": "InternalServerError", "message": "Internal Server Error"}));
        }
        let cid = body["record"]["reply"]["parent"]["cid"].as_str().map(str::to_owned);
        let text = body["record"]["text"].as_str().unwrap_or_default().to_owned();
        let id = self.publish(n, (text, cid, key.clone()), now);
        (200, strong(n, &key, &id))
    }
}

fn did(n: usize) -> String {
    format!("did:plc:simulated{n}")
}

fn strong(n: usize, key: &str, id: &str) -> Json {
    json!({"uri": format!("at://{}/app.bsky.feed.post/{key}", did(n)), "cid": id})
}
