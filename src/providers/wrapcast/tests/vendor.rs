//! A vendor that keeps one account's casts in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use serde_json::{Value as Json, json};

use super::super::{ABOUT, Wrapcast};
use crate::providers::{
    Failure, Outcome, Provider as _, Remote,
    testing::{Answer, Fake, Seen, Stage},
};

pub const KEY: &str = "hush-api-key";
pub const SIGNER: &str = "19d0c5fd-9b33-4a48-a0e2-bc7b0555baec";

type Misfortune = Box<dyn FnMut(&Seen) -> Option<Answer> + Send>;

#[derive(Default)]
pub struct State {
    pub casts: Vec<Json>,
    keys: BTreeMap<String, usize>,
    /// `generated`, `pending_approval`, `approved`, `revoked`.
    pub status: String,
    misfortune: Option<Misfortune>,
}

pub struct Vendor {
    pub fake: Fake,
    state: Arc<Mutex<State>>,
}

pub fn refusal(status: u16, words: &str) -> Answer {
    Answer::status(status, json!({"message": words}))
}

pub fn line(seen: &Seen) -> String {
    format!("{} {}", seen.method, seen.path.replace("/v2/farcaster/", ""))
}

impl Vendor {
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State { status: "approved".into(), ..State::default() }));
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

    pub fn misfortune(&self, mut f: impl FnMut(&str) -> Option<Answer> + Send + 'static) {
        self.state().misfortune = Some(Box::new(move |seen| f(&line(seen))));
    }

    pub fn well_again(&self) {
        self.state().misfortune = None;
    }

    /// A part of the account.
    pub fn stage(&self) -> Stage {
        let stage = Stage::new("3", json!({"signer_uuid": SIGNER, "handle": "alice"})).at(&ABOUT, &self.fake.url);
        let mut stage = stage.app(&[("api_key", KEY), ("app_fid", "9"), ("app_key", &"1".repeat(64))]);
        stage.hosts.insert("web".into(), "https://farcaster.xyz".into());
        stage
    }

    pub fn lines(&self) -> Vec<String> {
        self.fake.seen().iter().map(line).collect()
    }
}

impl State {
    fn answer(&mut self, seen: &Seen) -> Answer {
        if seen.header("x-api-key") != KEY {
            return refusal(401, "Incorrect or missing API key");
        }
        match line(seen).as_str() {
            "POST signer/" => Answer::json(
                json!({"object": "signer", "signer_uuid": SIGNER, "public_key": format!("0x{}", "3d".repeat(32)), "status": "generated"}),
            ),
            "POST signer/signed_key/" => {
                self.status = "pending_approval".into();
                let url = "https://client.farcaster.xyz/deeplinks/signed-key-request?token=0xab";
                Answer::json(
                    json!({"signer_uuid": SIGNER, "public_key": "0x3d", "status": self.status, "signer_approval_url": url}),
                )
            }
            "GET signer/" => {
                let fid = (self.status == "approved").then_some(3);
                Answer::json(json!({"signer_uuid": SIGNER, "public_key": "0x3d", "status": self.status, "fid": fid}))
            }
            "GET user/bulk/" => Answer::json(
                json!({"users": [{"fid": 3, "username": "alice", "display_name": "Alice", "pfp_url": "https://x.example/a.png"}]}),
            ),
            "GET user/search/" => {
                Answer::json(json!({"result": {"users": [{"fid": 4, "username": "bob", "display_name": "Bob"}]}}))
            }
            "GET channel/search/" => {
                let channel = json!({"object": "channel", "id": "neynar", "name": "Neynar", "url": "https://..", "image_url": "https://x.example/n.png", "follower_count": 1});
                Answer::json(json!({"channels": [channel], "next": {"cursor": null}}))
            }
            "POST cast/" => self.create(&seen.json()),
            "GET cast/" => match self.casts.iter().find(|cast| seen.query["identifier"].contains(cast["hash"].as_str().unwrap()))
            {
                Some(cast) => Answer::json(json!({"cast": cast})),
                None => refusal(404, "Cast not found"),
            },
            "GET feed/user/casts/" => Answer::json(json!({"casts": self.casts, "next": {"cursor": null}})),
            "DELETE cast/" => {
                let hash = seen.json()["target_hash"].clone();
                let before = self.casts.len();
                self.casts.retain(|cast| cast["hash"] != hash);
                if before == self.casts.len() { refusal(404, "Cast not found") } else { Answer::json(json!({"success": true})) }
            }
            _ => refusal(404, "no such endpoint"),
        }
    }

    /// Also what a misfortune calls that lets the write through.
    pub fn create(&mut self, sent: &Json) -> Answer {
        let next = self.casts.len();
        let at = *self.keys.entry(sent["idem"].as_str().unwrap().to_owned()).or_insert(next);
        if at == next {
            let channel = sent["channel_id"].as_str().map(|id| json!({"id": id}));
            self.casts.push(json!({
                "hash": format!("0x{next:040x}"), "author": {"fid": 3}, "text": sent["text"], "timestamp": "2026-11-23T08:00:01.000Z",
                "parent_hash": sent["parent"], "channel": channel, "embeds": sent["embeds"].as_array().cloned().unwrap_or_default(),
                "reactions": {"likes_count": 3, "recasts_count": 2}, "replies": {"count": 1},
            }));
        }
        let cast = &self.casts[at];
        Answer::json(json!({"success": true, "cast": {"hash": cast["hash"], "author": {"fid": 3}, "text": cast["text"]}}))
    }
}

/// Publishes a part that must go live.
pub async fn live(stage: &Stage) -> Vec<Remote> {
    match Wrapcast.publish(&stage.call()).await {
        Ok(Outcome::Live { remotes, warnings }) if warnings.is_empty() => remotes,
        other => panic!("not live: {other:?}"),
    }
}

/// Publishes a part that must fail, without giving anything away.
pub async fn fails(stage: &Stage) -> Failure {
    let failure = Wrapcast.publish(&stage.call()).await.expect_err("it goes live");
    stage.assert_hides(&[KEY, SIGNER], Some(&failure));
    failure
}
