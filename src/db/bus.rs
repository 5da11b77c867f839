//! Tells tasks what a committed transaction changed, so that nobody has to poll: those of this process, and on Postgres
//! those of every process on the same database.
//!
//! A topic says only *that* something changed; listeners read the database. A listener that lags, or whose connection to
//! Postgres was lost, loses nothing but repetition: it is woken as if everything had changed.

use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use sqlx::postgres::PgPool;
use tokio::sync::broadcast;
use uuid::Uuid;

use super::notify;
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
    /// A media library.
    Library,
}

/// As it travels between processes: no spaces.
impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schedule => f.write_str("schedule"),
            Self::Channels => f.write_str("channels"),
            Self::Jobs => f.write_str("jobs"),
            Self::Library => f.write_str("library"),
            Self::Notices(org) => write!(f, "notices:{org}"),
            Self::Posts(org) => write!(f, "posts:{org}"),
        }
    }
}

impl FromStr for Topic {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        let (name, id) = word.split_once(':').unwrap_or((word, ""));
        match name {
            "schedule" => Ok(Self::Schedule),
            "channels" => Ok(Self::Channels),
            "jobs" => Ok(Self::Jobs),
            "library" => Ok(Self::Library),
            "notices" => id.parse().map(Self::Notices).map_err(|_| ()),
            "posts" => id.parse().map(Self::Posts).map_err(|_| ()),
            _ => Err(()),
        }
    }
}

/// What a listener is told.
#[derive(Debug, Clone, Copy)]
pub(super) enum Word {
    /// This changed.
    Topic(Topic),
    /// Anything may have.
    Everything,
}

/// The bus of one process. Cloning is cheap.
#[derive(Clone)]
pub struct Bus {
    local: broadcast::Sender<Word>,
    /// The other processes on the same Postgres.
    others: Option<Arc<Others>>,
}

struct Others {
    pool: PgPool,
    /// Tells our own notifications from theirs.
    sender: Uuid,
    followed: AtomicBool,
}

impl Bus {
    /// Of one process; `pool` connects it with the others.
    pub(super) fn new(pool: Option<PgPool>) -> Self {
        let others = pool.map(|pool| Arc::new(Others { pool, sender: Uuid::new_v4(), followed: AtomicBool::new(false) }));
        Self { local: broadcast::Sender::new(BACKLOG), others }
    }

    pub(super) fn send(&self, topic: Topic) {
        self.say(Word::Topic(topic));
    }

    pub(super) fn say(&self, word: Word) {
        // An error only says that nobody listens.
        let _ = self.local.send(word);
    }

    /// Who we are to the other processes, when there may be any.
    pub(super) fn sender(&self) -> Option<Uuid> {
        self.others.as_ref().map(|o| o.sender)
    }

    /// Everything published from now on. The first listener of a process on Postgres begins to follow the others.
    pub fn listen(&self) -> Listener {
        let listener = Listener(self.local.subscribe());
        if let Some(others) = &self.others
            && !others.followed.swap(true, Ordering::Relaxed)
        {
            tokio::spawn(notify::follow(others.pool.clone(), others.sender, self.clone()));
        }
        listener
    }
}

/// One listener's view of the bus.
pub struct Listener(broadcast::Receiver<Word>);

impl Listener {
    /// Returns when a topic that `wanted` accepts was published. After a lag or a lost connection it returns at once, for
    /// anything may have been missed. Never returns when the bus is gone.
    pub async fn heard(&mut self, wanted: impl Fn(Topic) -> bool) {
        self.topic(wanted).await;
    }

    /// [`Self::heard`], and which topic it was; `None`: anything may have changed.
    pub async fn topic(&mut self, wanted: impl Fn(Topic) -> bool) -> Option<Topic> {
        loop {
            match self.0.recv().await {
                Ok(Word::Topic(topic)) if wanted(topic) => return Some(topic),
                Ok(Word::Topic(_)) => {}
                Ok(Word::Everything) | Err(broadcast::error::RecvError::Lagged(_)) => return None,
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_reads_back_and_holds_no_space() {
        for topic in [Topic::Schedule, Topic::Channels, Topic::Posts(OrgId::new())] {
            let word = topic.to_string();
            assert!(!word.contains(' ') && word.is_ascii());
            assert_eq!(word.parse(), Ok(topic));
        }
        assert_eq!("posts:x".parse::<Topic>(), Err(()));
        assert_eq!("tomorrow".parse::<Topic>(), Err(()));
    }
}
