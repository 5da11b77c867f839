//! The outside of a simulated world: platforms that outlive our processes, a network that loses, cuts and delays, and the
//! requests that are still on their way when the process that sent them is dead.

mod bluesky;
mod plain;
mod sandbox;
mod weather;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value as Json;

pub use weather::{Course, End};

use super::{
    story::{Dialect, Story},
    timeline::Timeline,
};
use crate::http::{Answer, Broken, HeaderMap, Method, Sent};

/// Begins every secret that a platform gives out, so that one in a wrong place is recognised.
pub const SECRET: &str = "s3cret";

/// Something that others can read.
#[derive(Debug, Clone)]
pub struct Copy {
    /// The platform's id of it.
    pub id: String,
    /// Its text: `p3.0 v1 c2`, which names post, part, version and channel.
    pub text: String,
    /// The id it replies to.
    pub parent: Option<String>,
    /// When it came to be, by true time.
    pub at: Duration,
    /// When reading back shows it.
    pub seen_from: Duration,
    /// The key under which it was asked for, if any.
    pub key: String,
}

/// One account.
#[derive(Debug)]
pub struct Account {
    /// How it is spoken to.
    pub dialect: Dialect,
    /// Its handle: `c2`.
    pub handle: String,
    /// What is live.
    pub copies: Vec<Copy>,
    /// Writes asked for, by text: how many reached the network and when the first did, first of each in order.
    pub asked: Vec<(String, u32, Duration)>,
    tokens: u32,
    access: String,
    access_ends: Duration,
    refresh: String,
    password_works: bool,
    keys: HashMap<String, (String, Duration)>,
    uploads: u32,
    processing: BTreeMap<String, (Json, Duration, Option<String>)>,
    requests: u64,
    lag: Duration,
}

/// The world, as it really is.
pub struct World {
    inner: Mutex<Inner>,
}

/// See [`World`].
pub struct Inner {
    seed: u64,
    weather: u64,
    /// Nothing goes wrong from then on.
    pub calm: Duration,
    /// What happened.
    pub timeline: Timeline,
    /// The accounts.
    pub accounts: Vec<Account>,
    /// The wall clock that platforms go by, which nobody sets.
    began: DateTime<Utc>,
    made: u32,
    next: u64,
    under_way: BTreeMap<u64, Flight>,
    /// Requests that left, of the process that lives.
    pub sent: u64,
}

struct Flight {
    account: usize,
    sent: Sent,
    course: Course,
    began: Duration,
    answer: Option<Answer>,
}

impl World {
    /// Empty platforms at true time 0.
    pub fn new(seed: u64, story: &Story, began: DateTime<Utc>) -> Self {
        let account = |(n, dialect): (usize, &Dialect)| Account {
            dialect: *dialect,
            handle: format!("c{n}"),
            copies: Vec::new(),
            asked: Vec::new(),
            tokens: 0,
            access: String::new(),
            access_ends: Duration::MAX,
            refresh: String::new(),
            password_works: true,
            keys: HashMap::new(),
            uploads: 0,
            processing: BTreeMap::new(),
            requests: 0,
            lag: Duration::from_secs(
                [0, 0, 2, 30, 120][usize::try_from(crate::kit::dice::mix(seed ^ n as u64) % 5).unwrap_or(0)],
            ),
        };
        let inner = Inner {
            seed,
            weather: 0,
            calm: story.calm,
            timeline: Timeline::default(),
            accounts: story.channels.iter().enumerate().map(account).collect(),
            began,
            made: 0,
            next: 0,
            under_way: BTreeMap::new(),
            sent: 0,
        };
        Self { inner: Mutex::new(inner) }
    }

    /// A look at it, or a hand in it.
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// What the clock said at true time 0.
    pub fn began(&self) -> DateTime<Utc> {
        self.began
    }

    /// The network becomes as bad as the story says.
    pub fn begin(&mut self, weather: u64) {
        self.weather = weather;
    }

    /// A request leaves at true time `now`: what will become of it.
    pub fn send(&mut self, sent: Sent, now: Duration) -> (u64, Course) {
        let account = self.account_of(&sent);
        let known = &mut self.accounts[account];
        known.requests += 1;
        let bad = if now < self.calm { self.weather } else { 0 };
        let luck = self.seed ^ ((account as u64 + 1) << 40) ^ known.requests;
        let course = weather::course(luck, bad, &sent);
        let words = format!("{} {}", sent.method, told(&sent));
        if let Some(text) = writes(&sent) {
            match known.asked.iter_mut().find(|(t, ..)| *t == text) {
                Some((_, times, _)) => *times += 1,
                None => known.asked.push((text, 1, now)),
            }
        }
        self.timeline.add(now, &format!("c{account}"), format!("→ {words} [{course}]"));
        let id = self.next;
        self.next += 1;
        self.sent += 1;
        self.under_way.insert(id, Flight { account, sent, course, began: now, answer: None });
        (id, course)
    }

    /// What a request brought when its time is over.
    pub fn collect(&mut self, id: u64, now: Duration) -> Result<Answer, Broken> {
        self.deliver(now);
        let Some(flight) = self.under_way.get(&id) else { return Err(Broken::Cut) };
        let (end, account, answer) = (flight.course.end, flight.account, flight.answer.clone());
        if flight.course.arrives.is_none() || answer.is_some() {
            self.under_way.remove(&id);
        }
        let result = match end {
            End::Broken(broken) => Err(broken),
            End::Answer => answer.ok_or(Broken::TimedOut),
            End::Instead(status, n) => Ok(weather::refusal(status, n, self.wall(now))),
            End::Garbled => Ok((200, HeaderMap::new(), "<html>".into())),
        };
        let words = match &result {
            Ok((status, ..)) => status.to_string(),
            Err(broken) => format!("{broken:?}"),
        };
        self.timeline.add(now, &format!("c{account}"), format!("← {words}"));
        result
    }

    /// Lets everything arrive whose time has come.
    pub fn deliver(&mut self, now: Duration) {
        let due = |f: &Flight| f.answer.is_none() && f.course.arrives.is_some_and(|after| f.began + after <= now);
        let mut ready: Vec<(Duration, u64)> = Vec::new();
        for (id, flight) in self.under_way.iter().filter(|(_, f)| due(f)) {
            ready.push((flight.began + flight.course.arrives.unwrap_or_default(), *id));
        }
        ready.sort_unstable();
        for (at, id) in ready {
            let flight = &self.under_way[&id];
            let (account, sent, began, ends) = (flight.account, flight.sent.clone(), flight.began, flight.course.ends);
            let answer = self.answer(account, &sent, at);
            // Nobody waits for it any more.
            if began + ends < at {
                self.under_way.remove(&id);
            } else if let Some(flight) = self.under_way.get_mut(&id) {
                flight.answer = Some(answer);
            }
        }
    }

    /// When the next request arrives.
    pub fn next_arrival(&self) -> Option<Duration> {
        self.under_way.values().filter(|f| f.answer.is_none()).filter_map(|f| Some(f.began + f.course.arrives?)).min()
    }

    /// The process that sent them is dead: what has left may still arrive.
    pub fn orphan(&mut self, now: Duration) {
        self.sent = 0;
        self.under_way.retain(|_, f| f.answer.is_none() && f.course.arrives.is_some_and(|after| f.began + after > now));
        for flight in self.under_way.values_mut() {
            flight.course.ends = Duration::ZERO;
        }
    }

    /// True while a write to the account may still arrive.
    pub fn is_expecting(&self, account: usize) -> bool {
        let open = |f: &&Flight| f.account == account && f.answer.is_none() && f.course.arrives.is_some();
        let processed = self.accounts[account].processing.values().any(|(_, _, post)| post.is_none());
        processed || self.under_way.values().filter(open).any(|f| writes(&f.sent).is_some())
    }

    /// Takes the access of an account away until it is connected again.
    pub fn revoke(&mut self, account: usize) {
        let account = &mut self.accounts[account];
        (account.access, account.refresh) = ("gone".into(), "gone".into());
        account.password_works = false;
    }

    /// A person who connects it again knows the password.
    pub fn accept_password(&mut self, account: usize) {
        self.accounts[account].password_works = true;
    }

    fn account_of(&self, sent: &Sent) -> usize {
        let bearer = bearer(sent);
        let by_token = self.accounts.iter().position(|a| !bearer.is_empty() && [&a.access, &a.refresh].contains(&&bearer));
        let named = |a: &Account| {
            let body: Json = serde_json::from_slice(&sent.body).unwrap_or_default();
            let handle = body["handle"].as_str().or(body["identifier"].as_str()).unwrap_or_default();
            handle == a.handle || bearer.contains(&format!("-{}-", a.handle))
        };
        by_token.or_else(|| self.accounts.iter().position(named)).unwrap_or(0)
    }

    fn wall(&self, now: Duration) -> DateTime<Utc> {
        self.began + TimeDelta::from_std(now).unwrap_or_default()
    }

    /// What the platform does and answers.
    fn answer(&mut self, account: usize, sent: &Sent, now: Duration) -> Answer {
        let (status, body) = match self.accounts[account].dialect {
            Dialect::Sandbox => self.sandbox(account, sent, now),
            Dialect::Bluesky => self.bluesky(account, sent, now),
            Dialect::Keyed | Dialect::Blind => self.plain(account, sent, now),
        };
        (status, HeaderMap::new(), body.to_string().into())
    }

    /// Makes something live.
    fn publish(&mut self, account: usize, (text, parent, key): (String, Option<String>, String), now: Duration) -> String {
        self.made += 1;
        let id = format!("r{}", self.made);
        self.timeline.add(now, &format!("c{account}"), format!("● {text} is live as {id}"));
        let account = &mut self.accounts[account];
        account.copies.push(Copy { id: id.clone(), text, parent, at: now, seen_from: now + account.lag, key });
        id
    }

    /// Gives out new tokens.
    fn open(&mut self, account: usize, now: Duration) -> (String, String) {
        let ends = (self.wall(now) + TimeDelta::hours(2)).timestamp();
        let account = &mut self.accounts[account];
        account.tokens += 1;
        (account.access, account.refresh) = bluesky::tokens(&account.handle, account.tokens, ends);
        account.access_ends = now + Duration::from_secs(2 * 3_600);
        (account.access.clone(), account.refresh.clone())
    }
}

fn bearer(sent: &Sent) -> String {
    let header = sent.headers.get("authorization").and_then(|h| h.to_str().ok()).unwrap_or_default();
    header.trim_start_matches("Bearer ").to_owned()
}

fn told(sent: &Sent) -> String {
    let path = sent.url.path().rsplit('/').next().unwrap_or_default().to_owned();
    match writes(sent) {
        Some(text) => format!("{path} {text}"),
        None => path,
    }
}

/// The text that a request would make live, if it is such a request.
fn writes(sent: &Sent) -> Option<String> {
    if sent.method != Method::POST {
        return None;
    }
    let body: Json = serde_json::from_slice(&sent.body).ok()?;
    Some(body["text"].as_str().or(body["record"]["text"].as_str())?.to_owned())
}
