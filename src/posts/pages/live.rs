//! `/live`: tells open pages that something about posts has changed, or what people are told, as server-sent events. What it
//! is they read themselves. One connection a page, whatever on it listens.
//!
//! An event's id is that of the newest line of the audit trail; who comes back with it is told at once when there is
//! something newer. The stream ends with the session, with the server, and after a quarter of an hour in any case.

use std::{
    collections::HashMap,
    io,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, stream};
use poem::{Request, handler};
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use uuid::Uuid;

use crate::{
    app::App,
    db::{Listener, Topic},
    error::{Error, Result},
    kit::{EventId, OrgId},
    orgs::Caller,
    posts::model::calendar as model,
    web::{
        self,
        stream::{Stopping, event, events, heartbeat, retry},
    },
};

/// A sign of life: proxies close what is silent for a minute.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// What happens within this is one message.
const GATHER: Duration = Duration::from_millis(200);
/// Longest life of a stream: the browser comes back by itself.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// When a browser connects again.
const RETRY_MS: u32 = 3_000;
/// What is told twice to whoever comes back.
const OVERLAP: Duration = Duration::from_secs(5);
/// Most streams of an organisation and of a process.
const SEATS: (usize, usize) = (200, 2_000);
/// Events that are told by name; beyond, anything may have changed.
const MOST: i64 = 50;

/// The stream of the organisation that is worked for.
#[handler]
pub async fn live(app: App, caller: Caller, stopping: Stopping, req: &Request) -> web::Result {
    let known = req.header("last-event-id").and_then(|id| id.parse().ok()).map(a_little_before);
    let last: Option<EventId> = known.or_else(|| after(req)?.parse().ok());
    let seat = Seat::take(caller.org)?;
    // Listens before it looks, so that nothing falls in between.
    let listener = app.db.bus.listen();
    let last = match last {
        Some(last) => last,
        None => model::newest_event(&app.db, caller.org).await?.unwrap_or(EventId(Uuid::nil())),
    };
    let open = Live { app, caller, listener, stopping, last, until: Instant::now() + LONGEST, began: false, _seat: seat };
    Ok(events(open.stream()))
}

/// A page that was drawn says up to which event it knows.
fn after(req: &Request) -> Option<String> {
    let query = req.uri().query()?;
    url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "after").map(|(_, id)| id.into_owned())
}

/// Several processes and transactions write events, and one that began earlier may end later: who comes back is told a few
/// seconds twice rather than not at all.
fn a_little_before(id: EventId) -> EventId {
    let milliseconds = (id.0.as_u128() >> 80).saturating_sub(OVERLAP.as_millis());
    EventId(Uuid::from_u128(milliseconds << 80))
}

/// One open stream.
struct Live {
    app: App,
    caller: Caller,
    listener: Listener,
    stopping: Stopping,
    /// The newest event that was told.
    last: EventId,
    until: Instant,
    began: bool,
    _seat: Seat,
}

impl Live {
    fn stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        stream::unfold(self, |mut open| async move { open.next().await.map(|bytes| (Ok(bytes), open)) })
    }

    /// What is sent next; `None`: it is over.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.began {
            self.began = true;
            let mut first = retry(RETRY_MS).to_vec();
            if let Ok(Some(news)) = self.news().await {
                first.extend_from_slice(&news);
            }
            return Some(first.into());
        }
        let org = self.caller.org;
        let heard = tokio::select! {
            topic = self.listener.topic(|topic| is_shown(topic, org)) => Some(topic),
            () = sleep(HEARTBEAT) => None,
            () = sleep_until(self.until) => return None,
            () = self.stopping.told() => return None,
        };
        let changed = match heard {
            Some(topic) => Some(self.gather(Changed::default().with(topic)).await),
            None => None,
        };
        if !self.is_signed_in().await {
            return None;
        }
        match changed {
            Some(changed) => self.told(changed).await,
            None => Some(heartbeat()),
        }
    }

    /// Many changes in a row are one.
    async fn gather(&mut self, mut changed: Changed) -> Changed {
        let org = self.caller.org;
        tokio::select! {
            () = sleep(GATHER) => {}
            () = self.stopping.told() => return changed,
        }
        while let Ok(topic) = timeout(Duration::ZERO, self.listener.topic(|topic| is_shown(topic, org))).await {
            changed = changed.with(topic);
        }
        changed
    }

    /// What is said of it; `None`: whoever comes back asks again.
    async fn told(&mut self, changed: Changed) -> Option<Bytes> {
        let mut said = Vec::new();
        if changed.posts {
            match self.news().await {
                Ok(Some(news)) => said.extend_from_slice(&news),
                // Not everything that shows leaves a line in the trail.
                Ok(None) => said.extend_from_slice(&event(None, "posts", r#"{"posts":[],"all":true}"#)),
                Err(_) => return None,
            }
        }
        if changed.notices {
            said.extend_from_slice(&event(None, "notices", "{}"));
        }
        Some(said.into())
    }

    /// The events since the last one, as one message.
    async fn news(&mut self) -> Result<Option<Bytes>> {
        let org = self.caller.org;
        let found = model::events_after(&self.app.db, org, self.last, MOST + 1).await?;
        let Some((mut newest, _)) = found.last().copied() else { return Ok(None) };
        let all = found.len() as i64 > MOST;
        if all {
            newest = model::newest_event(&self.app.db, org).await?.unwrap_or(newest);
        }
        self.last = newest;
        let mut posts: Vec<String> = found.iter().filter_map(|(_, post)| Some(post.as_ref()?.to_string())).collect();
        posts.sort_unstable();
        posts.dedup();
        let data = json!({"posts": if all { vec![] } else { posts }, "all": all});
        Ok(Some(event(Some(&newest.to_string()), "posts", &data.to_string())))
    }

    async fn is_signed_in(&self) -> bool {
        let Some(session) = self.caller.session else { return false };
        let now = self.app.clock.now();
        // While the database is away nobody is signed out.
        model::is_signed_in(&self.app.db, self.caller.org, session, now).await.unwrap_or(true)
    }
}

/// True for what an organisation's pages show.
fn is_shown(topic: Topic, org: OrgId) -> bool {
    topic == Topic::Posts(org) || topic == Topic::Notices(org)
}

/// What has changed since something was said.
#[derive(Debug, Clone, Copy, Default)]
struct Changed {
    posts: bool,
    notices: bool,
}

impl Changed {
    /// `None`: anything may have.
    fn with(self, topic: Option<Topic>) -> Self {
        Self {
            posts: self.posts || !matches!(topic, Some(Topic::Notices(_))),
            notices: self.notices || !matches!(topic, Some(Topic::Posts(_))),
        }
    }
}

/// How many streams are open, by organisation.
static TAKEN: LazyLock<Mutex<HashMap<OrgId, usize>>> = LazyLock::new(Mutex::default);

/// A place among them, given back when dropped.
struct Seat(OrgId);

impl Seat {
    fn take(org: OrgId) -> Result<Self> {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(&org).copied().unwrap_or(0);
        if own >= SEATS.0 || taken.values().sum::<usize>() >= SEATS.1 {
            return Err(Error::RateLimited(Duration::from_secs(60)));
        }
        taken.insert(org, own + 1);
        Ok(Self(org))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.0) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.0);
            }
        }
    }
}
