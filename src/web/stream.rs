//! Answers that go on: server-sent events, and the word that the server is about to stop. Knows no event.

use std::io;

use bytes::Bytes;
use futures_util::Stream;
use poem::{Body, FromRequest, Request, RequestBody, Response};
use tokio::sync::watch;

/// Tells answers that go on when the server stops, so that they end instead of being waited for.
#[derive(Debug, Clone)]
pub struct Stopping(Option<watch::Receiver<bool>>);

impl Stopping {
    /// One that hears `true` from the other end.
    pub fn new(told: watch::Receiver<bool>) -> Self {
        Self(Some(told))
    }

    /// Returns when the server is about to stop.
    pub async fn told(&mut self) {
        match &mut self.0 {
            // An error means that whoever could tell is gone, which is the same.
            Some(told) => drop(told.wait_for(|stop| *stop).await),
            None => std::future::pending().await,
        }
    }
}

/// Without a server that tells, nothing stops.
impl<'a> FromRequest<'a> for Stopping {
    async fn from_request(req: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(req.data::<Self>().cloned().unwrap_or(Self(None)))
    }
}

/// One event as it is sent. `data` must be a single line.
pub fn event(id: Option<&str>, name: &str, data: &str) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    Bytes::from(format!("{id}event: {name}\ndata: {data}\n\n"))
}

/// Something that only keeps the connection from looking dead to whatever is in between.
pub fn heartbeat() -> Bytes {
    Bytes::from_static(b": still here\n\n")
}

/// How long a browser waits before it connects again.
pub fn retry(milliseconds: u32) -> Bytes {
    Bytes::from(format!("retry: {milliseconds}\n\n"))
}

/// The answer. Must not stand behind a compression: that would keep events back until there are enough of them.
pub fn events(stream: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Response {
    Response::builder()
        .content_type("text/event-stream")
        // nginx would keep events back, too.
        .header("x-accel-buffering", "no")
        .body(Body::from_bytes_stream(stream))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_end_with_an_empty_line() {
        assert_eq!(event(Some("7"), "posts", "{}"), "id: 7\nevent: posts\ndata: {}\n\n");
        assert_eq!(event(None, "posts", "{}"), "event: posts\ndata: {}\n\n");
        assert_eq!(retry(3_000), "retry: 3000\n\n");
    }

    #[tokio::test]
    async fn who_is_told_to_stop_stops() {
        let (tell, told) = watch::channel(false);
        let mut stopping = Stopping::new(told);
        let waits = tokio::time::timeout(std::time::Duration::from_millis(5), stopping.told()).await;
        assert!(waits.is_err());
        tell.send(true).unwrap();
        stopping.told().await;
    }
}
