//! A relay in memory that checks every event it is given.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{SinkExt as _, StreamExt as _};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value as Json, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

use super::super::{Event, Nostr, event::Key};
use crate::providers::{Failure, Outcome, Provider as _, Remote, testing::Stage};

pub const SECRET: &str = "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa";

/// What a relay does with an event.
#[derive(Clone, Default)]
pub enum Mood {
    /// Takes it.
    #[default]
    Kind,
    /// Answers `false` with these words.
    Refuses(&'static str),
    /// Says this and nothing else.
    Complains(&'static str),
    /// Takes it and hangs up without an answer.
    HangsUp,
    /// Hangs up without having taken it.
    Loses,
    /// Wants a proof first.
    WantsProof,
}

#[derive(Default)]
pub struct State {
    pub events: BTreeMap<String, Event>,
    /// Every word that came.
    pub heard: Vec<Json>,
    pub mood: Mood,
}

pub struct Relay {
    pub url: String,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

impl Relay {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let state: Arc<Mutex<State>> = Arc::default();
        let server = tokio::spawn({
            let (state, url) = (state.clone(), url.clone());
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, url.clone(), state.clone()));
                }
            }
        });
        Self { url, state, server }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn mood(&self, mood: Mood) {
        self.state().mood = mood;
    }

    /// What came since the last time, by its first word.
    pub fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.state().heard).iter().map(|said| said[0].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A part of the account at these relays.
pub fn stage(relays: &[&Relay]) -> Stage {
    let urls: Vec<&str> = relays.iter().map(|relay| relay.url.as_str()).collect();
    stage_at(&urls)
}

pub fn stage_at(urls: &[&str]) -> Stage {
    Stage::new(&public(), json!({"key": SECRET, "relays": urls}))
}

pub fn public() -> String {
    hex::encode(Key::parse(SECRET).unwrap().public())
}

/// Publishes a part that must go live; gives its remote and the warnings.
pub async fn live(stage: &Stage) -> (Remote, Vec<String>) {
    match Nostr.publish(&stage.call()).await {
        Ok(Outcome::Live { mut remotes, warnings }) if remotes.len() == 1 => (remotes.remove(0), warnings),
        other => panic!("not live: {other:?}"),
    }
}

/// Publishes a part that must fail, without giving anything away.
pub async fn fails(stage: &Stage) -> Failure {
    let failure = Nostr.publish(&stage.call()).await.expect_err("it goes live");
    stage.assert_hides(&[SECRET], Some(&failure));
    failure
}

async fn serve(mut stream: TcpStream, url: String, state: Arc<Mutex<State>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find_map(|(n, value)| n.eq_ignore_ascii_case(name).then(|| value.to_owned()))
    };
    if header("accept").is_some_and(|kind| kind == "application/nostr+json") {
        let body = json!({"limitation": {"max_content_length": 2_000, "max_message_length": 9_000}}).to_string();
        let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        return stream.write_all(reply.as_bytes()).await.unwrap();
    }
    let mixed = format!("{}258EAFA5-E914-47DA-95CA-C5AB0DC85B11", header("sec-websocket-key").unwrap());
    let accept = STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, mixed.as_bytes()));
    let reply = format!(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {accept}\r\n\r\n"
    );
    stream.write_all(reply.as_bytes()).await.unwrap();
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    let mut proven = false;
    let wants_proof = matches!(state.lock().unwrap().mood, Mood::WantsProof);
    if wants_proof {
        socket.send(Message::text(json!(["AUTH", "a-challenge"]).to_string())).await.unwrap();
    }
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let said: Json = serde_json::from_str(text.as_str()).unwrap();
        let answers = {
            let mut state = state.lock().unwrap();
            // Comes whenever it comes.
            if said[0] != "CLOSE" {
                state.heard.push(said.clone());
            }
            match said[0].as_str().unwrap() {
                "AUTH" => {
                    proven = is_proof(&said[1], &url);
                    vec![json!(["OK", said[1]["id"], proven, if proven { "" } else { "restricted: no" }])]
                }
                "EVENT" => match state.take(&said[1], proven) {
                    Some(answer) => vec![answer],
                    None => return,
                },
                "REQ" => state.list(&said, proven),
                _ => vec![],
            }
        };
        for answer in answers {
            if socket.send(Message::text(answer.to_string())).await.is_err() {
                return;
            }
        }
    }
}

fn tag_of<'e>(event: &'e Event, name: &str) -> Option<&'e Vec<String>> {
    event.tags.iter().find(|tag| tag[0] == name)
}

fn is_proof(event: &Json, url: &str) -> bool {
    let event: Event = serde_json::from_value(event.clone()).unwrap();
    let tag = |name: &str| tag_of(&event, name).map(|tag| tag[1].clone()).unwrap_or_default();
    event.is_genuine() && event.kind == 22_242 && tag("relay") == url && tag("challenge") == "a-challenge"
}

impl State {
    /// The answer; `None`: the connection ends.
    fn take(&mut self, event: &Json, proven: bool) -> Option<Json> {
        let event: Event = serde_json::from_value(event.clone()).expect("an event has all its fields and no others");
        assert!(event.is_genuine(), "{event:?}");
        let id = event.id.clone();
        match self.mood.clone() {
            Mood::Refuses(words) => return Some(json!(["OK", id, false, words])),
            Mood::Complains(words) => return Some(json!(["NOTICE", words])),
            Mood::Loses => return None,
            Mood::WantsProof if !proven => return Some(json!(["OK", id, false, "auth-required: who are you?"])),
            _ => {}
        }
        if event.kind == 5 {
            let gone: Vec<String> = event.tags.iter().filter(|tag| tag[0] == "e").map(|tag| tag[1].clone()).collect();
            self.events.retain(|id, _| !gone.contains(id));
        }
        let known = self.events.insert(id.clone(), event).is_some();
        match self.mood {
            Mood::HangsUp => None,
            _ => Some(json!(["OK", id, !known, if known { "duplicate: have it" } else { "" }])),
        }
    }

    fn list(&self, said: &Json, proven: bool) -> Vec<Json> {
        if matches!(self.mood, Mood::WantsProof) && !proven {
            return vec![json!(["CLOSED", said[1], "auth-required: who are you?"])];
        }
        let filter = &said[2];
        let has = |name: &str, value: Json| filter[name].as_array().is_none_or(|all| all.contains(&value));
        let passes = |event: &&Event| {
            has("ids", json!(event.id))
                && has("authors", json!(event.pubkey))
                && has("kinds", json!(event.kind))
                && filter["since"].as_i64().is_none_or(|since| event.created_at >= since)
                && filter["#e"].as_array().is_none_or(|ids| tag_of(event, "e").is_some_and(|tag| ids.contains(&json!(tag[1]))))
        };
        let found = self.events.values().filter(passes).map(|event| json!(["EVENT", said[1], event]));
        found.chain([json!(["EOSE", said[1]])]).collect()
    }
}
