//! A Nostr relay that keeps notes in memory. <https://github.com/nostr-protocol/nips/blob/master/01.md>

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
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

#[derive(Default)]
struct State {
    /// By id, so a note that is handed over twice is one.
    events: BTreeMap<String, Json>,
    lose: bool,
    lost: bool,
}

/// It goes away when dropped.
pub struct Relay {
    /// `ws://127.0.0.1:port`
    pub url: String,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

impl Relay {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let state: Arc<Mutex<State>> = Arc::default();
        let kept = state.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, kept.clone()));
            }
        });
        Self { url, state, server }
    }

    /// The connection ends after the next note was taken, without a word.
    pub fn lose_one(&self) {
        self.state.lock().unwrap().lose = true;
    }

    pub fn has_lost(&self) -> bool {
        self.state.lock().unwrap().lost
    }

    pub fn notes(&self) -> usize {
        self.state.lock().unwrap().events.len()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    let key = lines.find_map(|(name, value)| name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.to_owned()));
    let Some(key) = key else {
        // Whoever asks what it accepts: nothing in particular.
        let reply = "HTTP/1.1 200 OK\r\ncontent-type: application/nostr+json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
        let _ = stream.write_all(reply.as_bytes()).await;
        return;
    };
    let mixed = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let accept = STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, mixed.as_bytes()));
    let reply = format!(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {accept}\r\n\r\n"
    );
    if stream.write_all(reply.as_bytes()).await.is_err() {
        return;
    }
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let said: Json = serde_json::from_str(text.as_str()).unwrap();
        let Some(answers) = answer(&mut state.lock().unwrap(), &said) else { return };
        for answer in answers {
            if socket.send(Message::text(answer.to_string())).await.is_err() {
                return;
            }
        }
    }
}

/// `None`: the connection ends.
fn answer(state: &mut State, said: &Json) -> Option<Vec<Json>> {
    match said[0].as_str() {
        Some("EVENT") => {
            let id = said[1]["id"].as_str().unwrap().to_owned();
            let known = state.events.insert(id.clone(), said[1].clone()).is_some();
            if std::mem::take(&mut state.lose) {
                state.lost = true;
                return None;
            }
            Some(vec![json!(["OK", id, true, if known { "duplicate: have it" } else { "" }])])
        }
        Some("REQ") => {
            let kinds = said[2]["kinds"].as_array().cloned().unwrap_or_default();
            let wanted = state.events.values().filter(|event| kinds.is_empty() || kinds.contains(&event["kind"]));
            let found = wanted.map(|event| json!(["EVENT", said[1], event]));
            Some(found.chain([json!(["EOSE", said[1]])]).collect())
        }
        _ => Some(Vec::new()),
    }
}
