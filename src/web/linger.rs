//! What a request still has to say after its answer is ready.
//!
//! A server that closes a connection on which the client is still sending resets it, and the client mostly loses the
//! answer that says why. So the rest of a body is read and thrown away for a while, beside the answer. That goes for small
//! ones, too: a client may send them a moment after its headers.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use poem::{Body, Request};

/// How long the rest of a body is read.
const LONGEST: Duration = Duration::from_secs(30);
/// A client that sends nothing for so long has read the answer.
const SILENCE: Duration = Duration::from_secs(5);

type Source = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// The body of a request, shared with its handler.
pub struct Rest(Arc<Mutex<Source>>);

impl Rest {
    /// Puts itself between a request and its body; `None` when there is none, or the client waits to be asked for it.
    pub fn of(req: &mut Request) -> Option<Self> {
        let length = req.header("content-length").and_then(|length| length.parse::<u64>().ok());
        let sends = length.map_or_else(|| req.headers().contains_key("transfer-encoding"), |length| length > 0);
        if !sends || req.headers().contains_key("expect") {
            return None;
        }
        let source: Source = Box::pin(req.take_body().into_bytes_stream().fuse());
        let shared = Arc::new(Mutex::new(source));
        req.set_body(Body::from_bytes_stream(read(shared.clone())));
        Some(Self(shared))
    }

    /// Reads away what the handler left, in a task of its own.
    pub fn read_away(self) {
        tokio::spawn(async move {
            let mut rest = read(self.0);
            let all = async { while let Ok(Some(Ok(_))) = tokio::time::timeout(SILENCE, rest.next()).await {} };
            // Whoever sends for longer finds the connection closed.
            let _ = tokio::time::timeout(LONGEST, all).await;
        });
    }
}

fn read(shared: Arc<Mutex<Source>>) -> impl Stream<Item = io::Result<Bytes>> + Send + Unpin + 'static {
    stream::poll_fn(move |cx| shared.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(cx))
}
