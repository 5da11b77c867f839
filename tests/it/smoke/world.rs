//! The other side of every platform: one server each on the loopback address, which keeps what was published, knows
//! repetitions by their keys where its platform does, and loses one answer when it is told to.
//!
//! It is written from the platforms' documentation, not from the providers: a call that no script knows is remembered and
//! fails the test.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use chrono::Utc;
use rostrum::config::Config;
use serde_json::{Value as Json, json};

pub use super::fake::{Answer, Seen};
use super::{articles, chats, communities, fake::Fake, relay::Relay, social};
use crate::sandbox::Platform as Practice;

/// What a platform holds.
#[derive(Default)]
pub struct Store {
    /// `http://127.0.0.1:port`
    pub url: String,
    /// What everybody can read, oldest first.
    pub posts: Vec<Json>,
    /// What only its author can read, oldest first.
    pub drafts: Vec<Json>,
    /// The word or address with which a person was invited.
    pub word: String,
    /// Positions in `posts` by the key under which they were sent.
    keys: BTreeMap<String, usize>,
    /// The answer to the next write that everybody sees is lost.
    lose: bool,
    /// How many answers were lost.
    pub lost: usize,
    /// Calls that no script knows.
    strange: Vec<String>,
}

impl Store {
    /// A write that everybody sees; one under a known key is the one before.
    pub fn publish(&mut self, key: Option<&str>, post: Json) -> Json {
        if let Some(at) = key.and_then(|key| self.keys.get(key)) {
            return self.posts[*at].clone();
        }
        if let Some(key) = key {
            self.keys.insert(key.to_owned(), self.posts.len());
        }
        self.posts.push(post.clone());
        post
    }

    /// True when something was published under this key.
    pub fn knows(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// The number of the next post.
    pub fn next(&self) -> usize {
        self.posts.len() + self.drafts.len() + 1
    }

    /// A call that is in no documentation.
    pub fn strange(&mut self, seen: &Seen) -> Answer {
        self.strange.push(format!("{} {} {:?}", seen.method, seen.path, seen.query));
        Answer::status(404, json!({"error": "not_found", "message": "Not found"}))
    }

    /// Refuses whoever does not bring what opens the account.
    pub fn refuse(&mut self, seen: &Seen) -> Answer {
        self.strange.push(format!("{} {} without its access", seen.method, seen.path));
        Answer::status(401, json!({"error": "unauthorized", "message": "Unauthorized"}))
    }
}

/// Now, as most platforms write it.
pub fn now() -> String {
    Utc::now().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Now in seconds.
pub fn seconds() -> i64 {
    Utc::now().timestamp()
}

/// 200 with JSON.
pub fn ok(body: Json) -> Answer {
    Answer::json(body)
}

/// What a platform is connected and written to with, and how it answers.
pub struct Script {
    /// The provider's id.
    pub id: &'static str,
    /// The connect form; `{url}` is the server.
    pub form: &'static [(&'static str, &'static str)],
    /// The developer app.
    pub app: &'static [(&'static str, &'static str)],
    /// Settings of a post, as JSON.
    pub settings: &'static str,
    /// What stands in the address to which the platform sends people back, beside `state`.
    pub back: &'static str,
    /// Pixels of the picture that a post needs.
    pub picture: Option<(u32, u32)>,
    /// What it answers.
    pub answer: fn(&mut Store, &Seen) -> Answer,
}

impl Script {
    /// For `..Script::PLAIN`.
    pub const PLAIN: Self =
        Self { id: "", form: &[], app: &[], settings: "{}", back: "code=good", picture: None, answer: Store::strange };
}

/// The script of a provider.
fn script(id: &str) -> Option<&'static Script> {
    let all = [social::ALL, chats::ALL, communities::ALL, articles::ALL];
    all.into_iter().flatten().find(|script| script.id == id)
}

/// A platform that runs.
pub struct Server {
    /// What is known of it.
    pub script: &'static Script,
    side: Side,
}

enum Side {
    Http(Fake, Arc<Mutex<Store>>),
    Relay(Relay),
    Practice(Practice),
}

impl Server {
    /// Starts the platform of a provider; fails when nobody has written it yet.
    pub async fn of(id: &str) -> Self {
        let script = script(id).unwrap_or_else(|| panic!("write how {id} answers, in tests/it/smoke"));
        let side = match id {
            "nostr" => Side::Relay(Relay::start().await),
            "sandbox" => Side::Practice(Practice::start().await),
            _ => {
                let store: Arc<Mutex<Store>> = Arc::default();
                let kept = store.clone();
                let fake = Fake::start(move |seen| answered(script, &mut kept.lock().unwrap(), seen)).await;
                store.lock().unwrap().url = fake.url.clone();
                Side::Http(fake, store)
            }
        };
        Self { script, side }
    }

    /// Its address.
    pub fn url(&self) -> String {
        match &self.side {
            Side::Http(fake, _) => fake.url.clone(),
            Side::Relay(relay) => relay.url.clone(),
            Side::Practice(practice) => practice.url.clone(),
        }
    }

    fn store(&self) -> Option<MutexGuard<'_, Store>> {
        match &self.side {
            Side::Http(_, store) => Some(store.lock().unwrap()),
            _ => None,
        }
    }

    /// Points the configuration of an instance at it.
    pub fn configure(&self, config: &mut Config) {
        let provider = rostrum::providers::find(self.script.id).unwrap().about();
        let own = config.providers.entry(self.script.id.to_owned()).or_default();
        own.enabled = true;
        own.app.extend(self.script.app.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        if let Side::Http(fake, _) = &self.side {
            own.hosts.extend(provider.hosts.iter().map(|(name, _)| ((*name).to_owned(), fake.url.clone())));
        }
    }

    /// The connect form as a person fills it in.
    pub fn form(&self) -> Vec<(&'static str, String)> {
        self.script.form.iter().map(|(name, value)| (*name, value.replace("{url}", &self.url()))).collect()
    }

    /// The person has done what they were invited to.
    pub fn invited(&self, word: &str) {
        if let Some(mut store) = self.store() {
            store.word = word.to_owned();
        }
    }

    /// From now on the answer to the next write that everybody sees is lost.
    pub async fn lose_one(&self) {
        match &self.side {
            Side::Http(_, store) => store.lock().unwrap().lose = true,
            Side::Relay(relay) => relay.lose_one(),
            Side::Practice(practice) => practice.behave(json!({"mode": "drop_after", "times": 1})).await,
        }
    }

    /// How many posts everybody can read.
    pub async fn live(&self) -> usize {
        match &self.side {
            Side::Http(_, store) => store.lock().unwrap().posts.len(),
            Side::Relay(relay) => relay.notes(),
            Side::Practice(practice) => practice.count().await as usize,
        }
    }

    /// Whether an answer was lost.
    pub async fn has_lost(&self) -> bool {
        match &self.side {
            Side::Http(_, store) => store.lock().unwrap().lost == 1,
            Side::Relay(relay) => relay.has_lost(),
            // Its own tests show that it does what it is told.
            Side::Practice(_) => true,
        }
    }

    /// Calls that no documentation knows.
    pub fn strange(&self) -> Vec<String> {
        self.store().map(|store| store.strange.clone()).unwrap_or_default()
    }
}

fn answered(script: &Script, store: &mut Store, seen: &Seen) -> Answer {
    let before = store.posts.len();
    let answer = (script.answer)(store, seen);
    if store.posts.len() > before && std::mem::take(&mut store.lose) {
        store.lost += 1;
        return Answer::Drop;
    }
    answer
}
