//! A server of the AT Protocol that keeps one account in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};

use super::super::Bluesky;
use crate::providers::{
    Failure, Outcome, Provider as _, Remote, Tokens as _,
    testing::{Answer, Fake, Seen, Stage},
};

pub const DID: &str = "did:plc:alice";
pub const PASSWORD: &str = "hush-hush-hush-hush";

/// Says something else than the server would, when it gives an answer.
type Misfortune = Box<dyn FnMut(&Seen) -> Option<Answer> + Send>;

/// What the server holds.
#[derive(Default)]
pub struct State {
    pub records: BTreeMap<String, Json>,
    /// Tokens that are accepted.
    pub access: String,
    pub refresh: String,
    opened: u32,
    misfortune: Option<Misfortune>,
}

pub struct Server {
    pub fake: Fake,
    state: Arc<Mutex<State>>,
}

/// A token that ends at this second.
pub fn token(name: &str, exp: i64) -> String {
    let part = |json: Json| URL_SAFE_NO_PAD.encode(json.to_string());
    format!("{}.{}.{name}", part(json!({"alg": "HS256"})), part(json!({"exp": exp})))
}

pub fn refusal(status: u16, error: &str, message: &str) -> Answer {
    Answer::status(status, json!({"error": error, "message": message}))
}

impl Server {
    pub async fn start() -> Self {
        let state: Arc<Mutex<State>> = Default::default();
        state.lock().unwrap().open();
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

    /// From now on the answer is what `f` gives for a method, where it gives one.
    pub fn misfortune(&self, mut f: impl FnMut(&str, &Seen) -> Option<Answer> + Send + 'static) {
        let f: Misfortune = Box::new(move |seen| f(method(seen), seen));
        self.state().misfortune = Some(f);
    }

    pub fn well_again(&self) {
        self.state().misfortune = None;
    }

    /// A part of the account, with a session that is accepted.
    pub fn stage(&self) -> Stage {
        let state = self.state();
        let credentials = json!({
            "service": self.fake.url, "pds": self.fake.url, "identifier": "alice.test", "password": PASSWORD,
            "did": DID, "handle": "alice.test", "access": state.access, "refresh": state.refresh,
        });
        Stage::new(DID, credentials)
    }

    /// The methods called since the last time, without the protocol's prefixes.
    pub fn methods(&self) -> Vec<String> {
        self.fake.seen().iter().map(|seen| method(seen).to_owned()).collect()
    }
}

fn method(seen: &Seen) -> &str {
    seen.path.rsplit('.').next().unwrap_or_default()
}

impl State {
    /// Another session; the one before is no longer accepted.
    fn open(&mut self) -> Json {
        self.opened += 1;
        self.access = token(&format!("access{}", self.opened), 1_795_424_400);
        self.refresh = token(&format!("refresh{}", self.opened), 1_803_000_000);
        json!({"accessJwt": self.access, "refreshJwt": self.refresh, "did": DID, "handle": "alice.test", "active": true})
    }

    fn answer(&mut self, seen: &Seen) -> Answer {
        match (seen.method.as_str(), method(seen)) {
            ("POST", "createSession") if seen.json()["password"] == PASSWORD => Answer::json(self.open()),
            ("POST", "createSession") => refusal(401, "AuthenticationRequired", "Invalid identifier or password"),
            ("POST", "refreshSession") if seen.bearer() == self.refresh => Answer::json(self.open()),
            ("POST", "refreshSession") => refusal(400, "ExpiredToken", "Token has been revoked"),
            ("GET", "getRecord") => self.record(&seen.query["rkey"]),
            ("GET", "resolveHandle") => match seen.query["handle"].as_str() {
                "bob.test" => Answer::json(json!({"did": "did:plc:bob"})),
                _ => refusal(400, "InvalidRequest", "Unable to resolve handle"),
            },
            ("GET", "getProfile") => refusal(502, "UpstreamFailure", "Upstream service unreachable"),
            ("GET", "listRecords") => self.list(),
            _ if seen.bearer() != self.access => refusal(400, "ExpiredToken", "Token has expired"),
            ("POST", "uploadBlob") => Answer::json(json!({"blob": blob(&seen.body, seen.header("content-type"))})),
            ("POST", "createRecord") => self.create(&seen.json()),
            ("POST", "deleteRecord") => {
                self.records.remove(seen.json()["rkey"].as_str().unwrap());
                Answer::json(json!({}))
            }
            _ => refusal(501, "MethodNotImplemented", "Method Not Implemented"),
        }
    }

    fn record(&self, rkey: &str) -> Answer {
        match self.records.contains_key(rkey) {
            true => Answer::json(json!({"uri": uri(rkey), "cid": format!("cid-{rkey}"), "value": self.records[rkey]})),
            false => refusal(400, "RecordNotFound", &format!("Could not locate record: {}", uri(rkey))),
        }
    }

    /// The newest first, as their keys sort.
    fn list(&self) -> Answer {
        let record = |(rkey, value): (&String, &Json)| json!({"uri": uri(rkey), "cid": format!("cid-{rkey}"), "value": value});
        let mut records: Vec<(&String, &Json)> = self.records.iter().collect();
        records.sort_by(|a, b| b.0.cmp(a.0));
        Answer::json(json!({"records": records.into_iter().map(record).collect::<Vec<_>>()}))
    }

    /// Also what a misfortune calls that lets the write through.
    pub fn create(&mut self, body: &Json) -> Answer {
        let rkey = body["rkey"].as_str().unwrap();
        if self.records.insert(rkey.into(), body["record"].clone()).is_some() {
            return refusal(500, "InternalServerError", "Internal Server Error");
        }
        Answer::json(json!({"uri": uri(rkey), "cid": format!("cid-{rkey}"), "commit": {"cid": "c", "rev": "r"}}))
    }
}

pub fn uri(rkey: &str) -> String {
    format!("at://{DID}/app.bsky.feed.post/{rkey}")
}

pub fn blob(bytes: &[u8], mime: &str) -> Json {
    json!({"$type": "blob", "ref": {"$link": String::from_utf8_lossy(bytes)}, "mimeType": mime, "size": bytes.len()})
}

/// Publishes a part that must go live; gives its remote and the warnings.
pub async fn live(stage: &Stage) -> (Remote, Vec<String>) {
    match Bluesky.publish(&stage.call()).await {
        Ok(Outcome::Live { mut remotes, warnings }) if remotes.len() == 1 => (remotes.remove(0), warnings),
        other => panic!("not live: {other:?}"),
    }
}

/// Publishes a part that must fail, without giving anything away.
pub async fn fails(stage: &Stage) -> Failure {
    let stored = stage.purse.current();
    let failure = Bluesky.publish(&stage.call()).await.expect_err("it goes live");
    for credentials in [stored, stage.purse.current()] {
        let secret = |name: &str| credentials[name].as_str().unwrap().to_owned();
        let secrets = [secret("password"), secret("access"), secret("refresh")];
        stage.assert_hides(&secrets.iter().map(String::as_str).filter(|s| !s.is_empty()).collect::<Vec<_>>(), Some(&failure));
    }
    failure
}
