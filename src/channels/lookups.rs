//! Asks a platform for its lists: channels, boards, tags, people to mention. Answers are used again for as long as the
//! descriptor says they are fresh.
//!
//! They are kept in the memory of a process, a bounded number of them, and not in the database: whatever is lost can be asked
//! for again, a page that is only looked at would write to SQLite's one writer, and rows would have to be cleared up. One
//! question is asked once at a time, however many want to know; that it failed is remembered for some seconds.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value as Json};

use super::{Channel, Vault, apps};
use crate::{
    app::App,
    error::{Error, Failure, FailureKind, Message, Result},
    kit::ChannelId,
    providers::{Item, Lookup},
};

/// How long the platform may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// Answers that are kept; each has at most [`ITEMS`] items.
const KEPT: usize = 500;
/// Items of an answer that are kept and shown.
const ITEMS: usize = 2_000;
/// Characters of a question's argument.
const LONGEST: usize = 500;
/// How long a failure stands for the next question.
const FAILED: TimeDelta = TimeDelta::seconds(5);
/// How long people that were found are used again.
const PEOPLE: u64 = 300;

/// What Postiz's clients call what is typed.
const TYPED: [&str; 2] = ["query", "word"];

/// What was answered, or why nothing was.
type Answer = std::result::Result<Arc<Vec<Item>>, Failure>;
type Key = (ChannelId, &'static str, String);

#[derive(Default)]
struct Kept {
    answers: HashMap<Key, (DateTime<Utc>, Answer)>,
    turns: HashMap<Key, Arc<tokio::sync::Mutex<()>>>,
}

static MEMORY: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

/// A question to the platform of a channel.
pub struct Question<'a> {
    /// Whose account asks.
    pub channel: &'a Channel,
    /// The lookup, by its name in the descriptor.
    pub name: &'a str,
    /// `query` (or `word`), and the fields it depends on; others are not passed on.
    pub with: &'a Map<String, Json>,
    /// Do not use an answer that is kept.
    pub again: bool,
}

/// What the platform lists. [`Error::NotFound`] (`lookup`) for a name that the provider does not have, [`Error::Invalid`]
/// naming an argument that is missing or too long, [`Error::Provider`] when the platform could not be asked.
pub async fn ask(app: &App, question: &Question<'_>) -> Result<Arc<Vec<Item>>> {
    let provider = question.channel.provider().ok_or(Error::NotFound("provider"))?;
    let lookup = provider.about().lookups.iter().find(|l| l.name == question.name).ok_or(Error::NotFound("lookup"))?;
    let with = arguments(lookup, question.with)?;
    let key = (question.channel.id, lookup.name, Json::Object(with.clone()).to_string());
    let fresh = if question.again { 0 } else { lookup.fresh };
    let asking = Asking { app, channel: question.channel, fresh, kept: lookup.fresh };
    asking.answer(key, Ask::List(lookup.name, &Json::Object(with))).await
}

/// Accounts at the platform whose name begins like `query`. [`Error::NotFound`] (`lookup`) where it has no such search.
pub async fn people(app: &App, channel: &Channel, query: &str) -> Result<Arc<Vec<Item>>> {
    let provider = channel.provider().ok_or(Error::NotFound("provider"))?;
    if !provider.about().can.mentions {
        return Err(Error::NotFound("lookup"));
    }
    let query = query.trim().trim_start_matches('@');
    checked("query", query)?;
    if query.is_empty() {
        return Ok(Arc::default());
    }
    let asking = Asking { app, channel, fresh: PEOPLE, kept: PEOPLE };
    // No lookup is called this: a name of the descriptor is a word.
    asking.answer((channel.id, "@", query.to_owned()), Ask::People(query)).await
}

/// A platform's trouble in words for a person at a form.
pub fn trouble(channel: &Channel, e: &Error) -> Option<Message> {
    let name = channel.provider().map_or(channel.provider.as_str(), |p| p.about().name);
    match e {
        Error::Provider(f) if f.kind == FailureKind::Reconnect => Some(Message::new("lookup.reconnect").with("provider", name)),
        Error::Provider(f) if matches!(f.kind, FailureKind::RateLimited { .. }) => {
            Some(Message::new("lookup.limited").with("provider", name))
        }
        Error::Provider(f) => Some(Message::new("lookup.failed").with("provider", name).with("words", &f.message)),
        _ => None,
    }
}

/// The arguments that the lookup takes, as texts.
fn arguments(lookup: &Lookup, given: &Map<String, Json>) -> Result<Map<String, Json>> {
    let text = |names: &[&str]| {
        names.iter().find_map(|name| super::fields::Picked::read(given.get(*name)?)).map(|item| item.value).unwrap_or_default()
    };
    let mut with = Map::new();
    for name in lookup.with {
        let value = text(&[name]);
        checked(name, &value)?;
        if value.is_empty() {
            return Err(Error::invalid(*name, "field.required"));
        }
        with.insert((*name).to_owned(), value.into());
    }
    if lookup.searches {
        let query = text(&TYPED);
        checked("query", &query)?;
        with.insert("query".into(), query.into());
    }
    Ok(with)
}

fn checked(name: &str, value: &str) -> Result<()> {
    match value {
        long if long.chars().count() > LONGEST => {
            Err(Error::invalid(name, Message::new("field.too_long").with("count", LONGEST)))
        }
        odd if odd.contains(char::is_control) => Err(Error::invalid(name, "field.one_line")),
        _ => Ok(()),
    }
}

/// What is asked.
#[derive(Clone, Copy)]
enum Ask<'a> {
    List(&'static str, &'a Json),
    People(&'a str),
}

struct Asking<'a> {
    app: &'a App,
    channel: &'a Channel,
    /// An answer not older than so many seconds is used.
    fresh: u64,
    /// So many seconds it is worth keeping.
    kept: u64,
}

impl Asking<'_> {
    async fn answer(&self, key: Key, ask: Ask<'_>) -> Result<Arc<Vec<Item>>> {
        let began = self.app.clock.now();
        if let Some(answer) = self.known(&key, None) {
            return Ok(answer?);
        }
        let turn = lock().turns.entry(key.clone()).or_default().clone();
        let _mine = turn.lock().await;
        // Whoever waited takes what came meanwhile.
        if let Some(answer) = self.known(&key, Some(began)) {
            return Ok(answer?);
        }
        let answer = self.asked(ask).await;
        if let Err(Error::Provider(_)) | Ok(_) = &answer {
            self.keep(key, &answer);
        }
        answer
    }

    /// What is kept and fresh enough, or came after `since`.
    fn known(&self, key: &Key, since: Option<DateTime<Utc>>) -> Option<Answer> {
        let now = self.app.clock.now();
        let memory = lock();
        let (at, answer) = memory.answers.get(key)?;
        let fresh = match answer {
            Ok(_) => TimeDelta::try_seconds(i64::try_from(self.fresh).unwrap_or(i64::MAX)).unwrap_or(TimeDelta::MAX),
            Err(_) if self.fresh == 0 => TimeDelta::zero(),
            Err(_) => FAILED,
        };
        (now - *at < fresh || since.is_some_and(|since| *at >= since)).then(|| answer.clone())
    }

    async fn asked(&self, ask: Ask<'_>) -> Result<Arc<Vec<Item>>> {
        let Channel { org_id, id, .. } = *self.channel;
        let provider = self.channel.provider().ok_or(Error::NotFound("provider"))?;
        let vault = Vault::open(self.app, org_id, id).await?;
        let reach = apps::Reach::of(self.app, (org_id, Some(id)), provider.about()).await?;
        let access = reach.access(self.channel, &vault);
        let late = || Failure::unavailable(format!("{} did not answer in time", provider.about().name));
        let question = match ask {
            Ask::List(name, with) => provider.lookup(&access, name, with),
            Ask::People(query) => provider.mentions(&access, query),
        };
        let asked = tokio::time::timeout(PATIENCE, question).await;
        let mut items = asked.unwrap_or_else(|_| Err(late()))?;
        items.truncate(ITEMS);
        Ok(Arc::new(items))
    }

    fn keep(&self, key: Key, answer: &Result<Arc<Vec<Item>>>) {
        let answer = match answer {
            Ok(items) => Ok(items.clone()),
            Err(Error::Provider(failure)) => Err(failure.clone()),
            Err(_) => return,
        };
        let mut memory = lock();
        memory.turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        if memory.answers.len() >= KEPT && !memory.answers.contains_key(&key) {
            let oldest = memory.answers.iter().min_by_key(|(_, (at, _))| *at).map(|(key, _)| key.clone());
            oldest.and_then(|key| memory.answers.remove(&key));
        }
        if self.kept > 0 || answer.is_err() {
            memory.answers.insert(key, (self.app.clock.now(), answer));
        }
    }
}

fn lock() -> std::sync::MutexGuard<'static, Kept> {
    MEMORY.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
