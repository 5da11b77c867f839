//! Tells tasks of this process what a committed transaction changed, so that nobody has to poll.
//!
//! A topic says only *that* something changed; listeners read the database. A listener that lags loses nothing but
//! repetition.

use tokio::sync::broadcast;

use crate::kit::OrgId;

/// Topics kept for a slow listener.
const BACKLOG: usize = 1_024;

/// What may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// The schedule: something may be due sooner than the engine thinks.
    Schedule,
    /// A channel was connected, paused, resumed or removed.
    Channels,
    /// The queue: a job may be due sooner than its runner thinks, or an event waits for its jobs.
    Jobs,
    /// What the members of an organisation are told.
    Notices(OrgId),
    /// The posts of an organisation.
    Posts(OrgId),
}

/// The bus of one process. Cloning is cheap.
#[derive(Clone)]
pub struct Bus(broadcast::Sender<Topic>);

impl Bus {
    pub(super) fn new() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }

    pub(super) fn send(&self, topic: Topic) {
        // An error only says that nobody listens.
        let _ = self.0.send(topic);
    }

    /// Everything published from now on.
    pub fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

/// One listener's view of the bus.
pub struct Listener(broadcast::Receiver<Topic>);

impl Listener {
    /// Returns when a topic that `wanted` accepts was published. After a lag it returns at once, for anything may
    /// have been missed. Never returns when the bus is gone.
    pub async fn heard(&mut self, wanted: impl Fn(Topic) -> bool) {
        loop {
            match self.0.recv().await {
                Ok(topic) if wanted(topic) => return,
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => return,
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}
