//! A WebSocket to the outside: the same guard, names, certificates and limits as any call; texts only. Knows no platform.
//! <https://www.rfc-editor.org/rfc/rfc6455>
//!
//! The handshake is an ordinary request of the guarded client, whose connection is then taken over.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{
    StatusCode, Upgraded,
    header::{CONNECTION, UPGRADE},
    redirect::Policy,
};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{Role, WebSocketConfig},
    },
};
use url::Url;

use super::{Client, Reply, guard::Reach, request::transport, with_roots};
use crate::{error::Failure, kit::crypto};

/// Most bytes of one text that comes.
const MAX_TEXT: usize = 1024 * 1024;
/// What the server mixes into our key to show that it speaks the protocol.
const MIXED_IN: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// An open socket; it closes when dropped.
pub struct Socket {
    stream: WebSocketStream<Upgraded>,
}

impl Client {
    /// Opens `ws://…` or `wss://…`. A server that answers like one of pages fails as its status says; nothing else fails in
    /// another way than [`crate::error::FailureKind::Unavailable`] and, for an address that may not be called, `Rejected`.
    pub async fn socket(&self, address: &str, now: DateTime<Utc>) -> Result<Socket, Failure> {
        let url = self.socket_address(address).map_err(Failure::rejected)?;
        if self.wire.is_some() {
            return Err(Failure::unavailable("a simulation has no sockets"));
        }
        let client = if url.scheme() == "https" { self.upgrading()? } else { self.plain.clone() };
        let key = STANDARD.encode(crypto::random::<16>());
        let request = client.get(url).timeout(self.timeout).header(CONNECTION, "Upgrade").header(UPGRADE, "websocket");
        let request = request.header("sec-websocket-version", "13").header("sec-websocket-key", &key);
        let response = request.send().await.map_err(|e| transport(&e, false))?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let reply = Reply { status, headers, body: bytes::Bytes::new(), writes: false };
            return Err(match reply.is_success() {
                true => Failure::unavailable("the server does not speak WebSocket"),
                false => reply.failure(now),
            });
        }
        let accept = response.headers().get("sec-websocket-accept").and_then(|value| value.to_str().ok());
        if accept != Some(accepted(&key).as_str()) {
            return Err(Failure::unavailable("the server does not speak WebSocket"));
        }
        let upgraded = response.upgrade().await.map_err(|e| transport(&e, false))?;
        let config = WebSocketConfig::default().max_message_size(Some(MAX_TEXT)).max_frame_size(Some(MAX_TEXT));
        Ok(Socket { stream: WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await })
    }

    /// Says whether a socket may be opened there, before anything is stored that names it.
    pub fn check_socket(&self, address: &str) -> Result<(), String> {
        self.socket_address(address).map(drop)
    }

    /// The address of the handshake.
    fn socket_address(&self, address: &str) -> Result<Url, String> {
        let page = match address.split_once("://") {
            Some(("ws", rest)) => format!("http://{rest}"),
            Some(("wss", rest)) => format!("https://{rest}"),
            _ => return Err("only ws and wss addresses can be opened".into()),
        };
        let url = Url::parse(&page).map_err(|e| e.to_string())?;
        self.guard.allows(&url).map_err(|e| e.to_string())?;
        Ok(url)
    }

    /// A client that never agrees on HTTP/2, whose connections cannot be taken over. Made when it is first needed.
    fn upgrading(&self) -> Result<reqwest::Client, Failure> {
        if let Some(client) = self.upgrading.get() {
            return Ok(client.clone());
        }
        let builder = reqwest::Client::builder()
            .user_agent(concat!("Rostrum/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.timeout)
            .dns_resolver(Arc::new(self.guard.resolver(Reach::Public)))
            .redirect(Policy::none())
            .no_proxy()
            .http1_only();
        let client = with_roots(builder).build().map_err(|e| Failure::unavailable(format!("no client for sockets: {e}")))?;
        Ok(self.upgrading.get_or_init(|| client).clone())
    }
}

impl Socket {
    /// Sends a text.
    pub async fn say(&mut self, text: String, within: Duration) -> Result<(), Failure> {
        match timeout(within, self.stream.send(Message::text(text))).await {
            Ok(sent) => sent.map_err(|e| broken(&e)),
            Err(_) => Err(Failure::unavailable("the server did not take what was sent in time")),
        }
    }

    /// The next text; `None` when the server has closed the socket.
    pub async fn hear(&mut self, within: Duration) -> Result<Option<String>, Failure> {
        let next = async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(Some(text.as_str().to_owned())),
                    Some(Ok(Message::Close(_))) | None => return Ok(None),
                    Some(Ok(_)) => {}
                    Some(Err(e)) => return Err(broken(&e)),
                }
            }
        };
        timeout(within, next).await.unwrap_or_else(|_| Err(Failure::unavailable("the server did not answer in time")))
    }
}

fn broken(e: &tokio_tungstenite::tungstenite::Error) -> Failure {
    Failure::unavailable(format!("the connection broke: {e}"))
}

fn accepted(key: &str) -> String {
    STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{key}{MIXED_IN}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config, error::FailureKind};

    fn client(ranges: &[&str]) -> Client {
        // Another test may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let allow_private = ranges.iter().map(|range| range.parse().unwrap()).collect();
        Client::new(&config::Http { allow_private, connect_timeout_seconds: 1, timeout_seconds: 1 }).unwrap()
    }

    #[test]
    fn the_answer_to_the_example_of_the_standard() {
        assert_eq!(accepted("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[tokio::test]
    async fn only_sockets_that_may_be_called_are_opened() {
        for refused in ["ws://127.0.0.1:1", "wss://10.0.0.1", "https://example.org", "ws://example.org", "wss://u@x.org", "x"] {
            assert!(client(&[]).check_socket(refused).is_err(), "{refused}");
            let failure = client(&[]).socket(refused, DateTime::UNIX_EPOCH).await.err().unwrap();
            assert_eq!(failure.kind, FailureKind::Rejected, "{refused}");
        }
        assert!(client(&[]).check_socket("wss://relay.example/path").is_ok());
        let open = client(&["127.0.0.0/8"]);
        assert!(open.check_socket("ws://127.0.0.1:1").is_ok());
        for gone in ["ws://127.0.0.1:1", "wss://127.0.0.1:1"] {
            let failure = open.socket(gone, DateTime::UNIX_EPOCH).await.err().unwrap();
            assert_eq!(failure.kind, FailureKind::Unavailable, "{gone}");
        }
    }
}
