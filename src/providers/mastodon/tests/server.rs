//! A server of Mastodon's API that keeps one account in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use serde_json::{Value as Json, json};

use super::super::Mastodon;
use crate::providers::{
    Failure, Outcome, Provider as _, Remote,
    testing::{Answer, Fake, Seen, Stage},
};

pub const TOKEN: &str = "hush-token";

type Misfortune = Box<dyn FnMut(&Seen) -> Option<Answer> + Send>;

/// What the server holds.
#[derive(Default)]
pub struct State {
    /// By id, as they were sent, with `created_at`.
    pub statuses: BTreeMap<u32, Json>,
    keys: BTreeMap<String, u32>,
    uploads: u32,
    /// How often media are still worked on.
    pub slow: u32,
    pub created_at: String,
    misfortune: Option<Misfortune>,
}

pub struct Server {
    pub fake: Fake,
    state: Arc<Mutex<State>>,
}

pub fn refusal(status: u16, words: &str) -> Answer {
    Answer::status(status, json!({"error": words}))
}

impl Server {
    pub async fn start() -> Self {
        let state = State { created_at: "2026-11-23T08:00:01.000Z".into(), ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let fake = Fake::start({
            let state = state.clone();
            move |seen| {
                let mut state = state.lock().unwrap();
                let misfortune = state.misfortune.as_mut().and_then(|m| m(seen));
                misfortune.unwrap_or_else(|| state.answer(seen))
            }
        });
        Self { fake: fake.await, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// From now on the answer to a method and path is what `f` gives, where it gives one.
    pub fn misfortune(&self, mut f: impl FnMut(&str) -> Option<Answer> + Send + 'static) {
        self.state().misfortune = Some(Box::new(move |seen| f(&line(seen))));
    }

    pub fn well_again(&self) {
        self.state().misfortune = None;
    }

    /// A part of the account.
    pub fn stage(&self) -> Stage {
        Stage::new(&format!("1@{}", self.host()), json!({"server": self.fake.url, "access": TOKEN}))
    }

    pub fn host(&self) -> &str {
        self.fake.url.trim_start_matches("http://")
    }

    /// What was called since the last time.
    pub fn lines(&self) -> Vec<String> {
        self.fake.seen().iter().map(line).collect()
    }
}

pub fn line(seen: &Seen) -> String {
    format!("{} {}", seen.method, seen.path)
}

impl State {
    fn answer(&mut self, seen: &Seen) -> Answer {
        if seen.bearer() != TOKEN {
            return refusal(401, "The access token is invalid");
        }
        let path: Vec<&str> = seen.path.trim_start_matches("/api/").split('/').collect();
        match (seen.method.as_str(), path.as_slice()) {
            ("GET", ["v1", "accounts", "verify_credentials"]) => Answer::json(account("")),
            ("GET", ["v1", "accounts", "1", "statuses"]) => {
                Answer::json(self.statuses.iter().rev().map(|(id, sent)| shown(*id, sent)).collect())
            }
            ("GET", ["v1", "accounts", "search"]) => Answer::json(json!([account(""), account("remote.example")])),
            ("POST", ["v2", "media"]) => self.upload(seen),
            ("GET", ["v1", "media", id]) => match self.slow {
                0 => Answer::json(json!({"id": id, "type": "video", "url": "https://x.example/v.mp4"})),
                _ => {
                    self.slow -= 1;
                    Answer::status(206, json!({"id": id, "type": "video", "url": null}))
                }
            },
            ("POST", ["v1", "statuses"]) => self.create(seen.header("idempotency-key"), seen.json()),
            (method, ["v1", "statuses", id, rest @ ..]) => self.one(method, id.parse().unwrap_or(0), rest, seen.json()),
            _ => refusal(404, "Record not found"),
        }
    }

    fn upload(&mut self, seen: &Seen) -> Answer {
        self.uploads += 1;
        let id = (8 + self.uploads).to_string();
        match seen.parts().iter().any(|part| part.mime == "video/mp4") {
            true => Answer::status(202, json!({"id": id, "type": "video", "url": null})),
            false => Answer::json(json!({"id": id, "type": "image", "url": "https://x.example/i.jpg"})),
        }
    }

    /// Also what a misfortune calls that lets the write through.
    pub fn create(&mut self, key: &str, mut sent: Json) -> Answer {
        let id = *self.keys.entry(key.to_owned()).or_insert(100 + self.statuses.len() as u32);
        sent["created_at"] = self.created_at.clone().into();
        self.statuses.entry(id).or_insert(sent);
        Answer::json(shown(id, &self.statuses[&id]))
    }

    fn one(&mut self, method: &str, id: u32, rest: &[&str], body: Json) -> Answer {
        let Some(sent) = self.statuses.get_mut(&id) else { return refusal(404, "Record not found") };
        match (method, rest) {
            ("GET", ["source"]) => Answer::json(
                json!({"id": id.to_string(), "text": sent["status"], "spoiler_text": sent["spoiler_text"].as_str().unwrap_or_default()}),
            ),
            ("GET", []) => Answer::json(shown(id, sent)),
            ("PUT", []) => {
                sent["status"] = body["status"].clone();
                Answer::json(shown(id, sent))
            }
            ("DELETE", []) => Answer::json(shown(id, &self.statuses.remove(&id).unwrap())),
            _ => refusal(404, "Record not found"),
        }
    }
}

pub fn account(host: &str) -> Json {
    let acct = if host.is_empty() { "alice".to_owned() } else { format!("alice@{host}") };
    json!({"id": "1", "username": "alice", "acct": acct, "display_name": "Alice", "avatar": "https://x.example/a.png", "url": "https://x.example/@alice"})
}

fn shown(id: u32, sent: &Json) -> Json {
    let media: Vec<Json> = sent["media_ids"].as_array().into_iter().flatten().map(|id| json!({"id": id})).collect();
    json!({
        "id": id.to_string(), "url": format!("https://x.example/@alice/{id}"), "uri": "https://x.example/u", "account": {"id": "1"},
        "created_at": sent["created_at"], "content": format!("<p>{}</p>", sent["status"].as_str().unwrap()),
        "visibility": sent["visibility"], "spoiler_text": sent["spoiler_text"].as_str().unwrap_or_default(),
        "in_reply_to_id": sent["in_reply_to_id"], "media_attachments": media,
        "favourites_count": 3, "reblogs_count": 2, "replies_count": 1, "quotes_count": 4,
    })
}

/// Publishes a part that must go live.
pub async fn live(stage: &Stage) -> Remote {
    match Mastodon.publish(&stage.call()).await {
        Ok(Outcome::Live { mut remotes, warnings }) if remotes.len() == 1 && warnings.is_empty() => remotes.remove(0),
        other => panic!("not live: {other:?}"),
    }
}

/// Publishes a part that must fail, without giving anything away.
pub async fn fails(stage: &Stage) -> Failure {
    let failure = Mastodon.publish(&stage.call()).await.expect_err("it goes live");
    stage.assert_hides(&[TOKEN], Some(&failure));
    failure
}
