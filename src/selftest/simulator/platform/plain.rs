//! A platform with the smallest API there can be: accounts, uploads, a write with or without an idempotency key, and a
//! list that lags.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{Inner, bearer};
use crate::{http::Sent, selftest::simulator::providers::KEY_LASTS};

impl Inner {
    pub(super) fn plain(&mut self, n: usize, sent: &Sent, now: Duration) -> (u16, Json) {
        let path = sent.url.path().trim_start_matches('/').to_owned();
        if path == "open" {
            let (access, _) = self.open(n, now);
            return (200, json!({"handle": self.accounts[n].handle, "token": access}));
        }
        if bearer(sent) != self.accounts[n].access {
            return (401, json!({"error": format!("no such token: {}", bearer(sent)), "message": "known here are others"}));
        }
        match path.as_str() {
            "upload" => {
                self.accounts[n].uploads += 1;
                (200, json!(format!("u{}", self.accounts[n].uploads)))
            }
            "write" => self.write(n, sent, now),
            "list" => {
                let key = sent.url.query().unwrap_or_default();
                let seen: Vec<&str> = self.accounts[n]
                    .copies
                    .iter()
                    .filter(|c| !key.is_empty() && c.key == key && c.seen_from <= now)
                    .map(|c| c.id.as_str())
                    .collect();
                (200, json!(seen))
            }
            _ => (404, json!({})),
        }
    }

    fn write(&mut self, n: usize, sent: &Sent, now: Duration) -> (u16, Json) {
        let body: Json = serde_json::from_slice(&sent.body).unwrap_or_default();
        let word = |name: &str| body[name].as_str().map(str::to_owned);
        let (text, key) = (word("text").unwrap_or_default(), word("key").unwrap_or_default());
        self.accounts[n].keys.retain(|_, (_, at)| now < *at + KEY_LASTS);
        if let Some((id, _)) = self.accounts[n].keys.get(&key) {
            return (200, json!(id));
        }
        let id = self.publish(n, (text, word("parent"), key.clone()), now);
        if !key.is_empty() {
            self.accounts[n].keys.insert(key, (id.clone(), now));
        }
        (200, json!(id))
    }
}
