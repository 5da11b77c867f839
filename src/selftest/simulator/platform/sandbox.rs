//! The sandbox's side of its API, as far as its provider speaks it (`src/sandbox/api.rs` describes it).

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{Copy, Inner, bearer};
use crate::http::{Method, Sent};

impl Inner {
    pub(super) fn sandbox(&mut self, n: usize, sent: &Sent, now: Duration) -> (u16, Json) {
        let path = sent.url.path().trim_start_matches("/api/").to_owned();
        let handle = self.accounts[n].handle.clone();
        if path == "accounts" {
            let (access, _) = self.open(n, now);
            return (
                200,
                json!({"id": handle, "handle": handle, "token": access, "url": format!("https://sandbox.sim/@{handle}")}),
            );
        }
        if bearer(sent) != self.accounts[n].access {
            return (401, json!({"error": "unauthorized", "message": format!("{} is not known", bearer(sent))}));
        }
        match (&sent.method, path.split_once('/')) {
            (&Method::GET, None) if path == "me" => (200, json!({"id": handle, "handle": handle, "url": "https://sandbox.sim/"})),
            (&Method::POST, None) if path == "posts" => self.sandbox_post(n, sent, now),
            (&Method::GET, None) if path == "posts" => self.sandbox_list(n, sent, now),
            (&Method::GET, Some(("processing", id))) => self.sandbox_progress(n, id, now),
            _ => (404, json!({"error": "not_found", "message": "nothing is here"})),
        }
    }

    fn sandbox_post(&mut self, n: usize, sent: &Sent, now: Duration) -> (u16, Json) {
        let draft: Json = serde_json::from_slice(&sent.body).unwrap_or_default();
        if let Some(parent) = draft["reply_to"].as_str()
            && !self.accounts[n].copies.iter().any(|c| c.id == parent)
        {
            return (422, json!({"error": "reply_to", "message": "what it replies to does not exist"}));
        }
        // Every fifth is worked on for a while.
        self.accounts[n].uploads += 1;
        if self.accounts[n].uploads % 5 == 0 {
            let id = format!("w{}", self.accounts[n].uploads);
            self.accounts[n].processing.insert(id.clone(), (draft, now + Duration::from_secs(20), None));
            return (202, json!({"processing": id, "after_ms": 20_000}));
        }
        let id = self.publish(n, made(&draft), now);
        (201, posted(&id))
    }

    fn sandbox_progress(&mut self, n: usize, id: &str, now: Duration) -> (u16, Json) {
        let Some((draft, done_at, post)) = self.accounts[n].processing.get(id).cloned() else {
            return (404, json!({"error": "not_found", "message": "unknown"}));
        };
        if let Some(post) = post {
            return (200, json!({"state": "done", "post": posted(&post)}));
        }
        if now < done_at {
            return (200, json!({"state": "processing", "after_ms": 10_000}));
        }
        let post = self.publish(n, made(&draft), now);
        self.accounts[n].processing.insert(id.to_owned(), (draft, done_at, Some(post.clone())));
        (200, json!({"state": "done", "post": posted(&post)}))
    }

    /// Says what it shows, and whether that is all there is.
    fn sandbox_list(&mut self, n: usize, sent: &Sent, now: Duration) -> (u16, Json) {
        let key = sent.url.query_pairs().find(|(name, _)| name == "client_ref").map(|(_, v)| v.into_owned()).unwrap_or_default();
        let matching: Vec<&Copy> = self.accounts[n].copies.iter().filter(|c| c.key == key).collect();
        let posts: Vec<Json> = matching.iter().filter(|c| c.seen_from <= now).map(|c| posted(&c.id)).collect();
        let complete = posts.len() == matching.len() && !self.is_expecting(n);
        (200, json!({"posts": posts, "complete": complete}))
    }
}

fn made(draft: &Json) -> (String, Option<String>, String) {
    let word = |name: &str| draft[name].as_str().map(str::to_owned);
    (word("text").unwrap_or_default(), word("reply_to"), word("client_ref").unwrap_or_default())
}

fn posted(id: &str) -> Json {
    json!({"id": id, "url": format!("https://sandbox.sim/{id}")})
}
