//! Reads the body of `POST /posts`, of either of Postiz's versions. Pure: it knows the channels it is given and nothing
//! of databases.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json};

use super::{
    date,
    input::{Object, Wrong},
};
use crate::{
    channels::Channel,
    error::{Message, Result},
    kit::text::Doc,
};

/// Most entries of one request.
pub const MAX_ENTRIES: usize = 100;
/// Most items of a thread.
pub const MAX_VALUES: usize = 50;
/// Most pictures and films of an item.
pub const MAX_IMAGES: usize = 50;
/// Most tags of a post.
const MAX_TAGS: usize = 100;
/// Minutes of thirty days.
const MAX_DELAY: f64 = 43_200.0;
/// Most days after which a post goes out again.
const MAX_INTERVAL: f64 = 366.0;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Keep it.
    Draft,
    /// Send it at its date.
    Schedule,
    /// Send it at once.
    Now,
    /// Change what exists.
    Update,
}

/// A body that was read.
pub struct NewPost<'a> {
    /// What is to be done.
    pub kind: Kind,
    /// When.
    pub date: Option<DateTime<Utc>>,
    /// Days after which it goes out again.
    pub inter: Option<u32>,
    /// Names of the tags it carries from now on; `None`: those it has.
    pub tags: Option<Vec<&'a str>>,
    /// One per channel, at least one.
    pub entries: Vec<NewEntry<'a>>,
}

/// The post for one channel.
pub struct NewEntry<'a> {
    /// Where to.
    pub channel: &'a Channel,
    /// The provider's settings, without `__type`.
    pub settings: Map<String, Json>,
    /// The thread, at least one.
    pub values: Vec<NewValue<'a>>,
}

/// One item of the thread.
pub struct NewValue<'a> {
    /// What it is to replace.
    pub id: Option<&'a str>,
    /// Its text.
    pub text: Doc,
    /// Wait after the item before it.
    pub delay_seconds: i64,
    /// Pictures and films.
    pub images: Vec<NewImage<'a>>,
}

/// A picture or film as its sender names it.
pub struct NewImage<'a> {
    /// By id.
    pub id: Option<&'a str>,
    /// By address.
    pub path: Option<&'a str>,
    /// Alternative text.
    pub alt: Option<&'a str>,
    /// Where it stands, for errors.
    pub field: String,
}

/// The channels of an organisation by their id on the wire.
pub type Channels = HashMap<String, Channel>;

/// Reads the body. Fails with everything that is wrong with it.
pub fn read<'a>(body: &'a Json, channels: &'a Channels) -> Result<NewPost<'a>> {
    let wrong = Wrong::default();
    let read = Object::body(body, &wrong).and_then(|body| post(&body, channels));
    wrong.check()?;
    Ok(read.expect("what could not be read was complained about"))
}

fn post<'a>(body: &Object<'a, '_>, channels: &'a Channels) -> Option<NewPost<'a>> {
    let kind = body.required_text("type").and_then(|word| kind(body, word));
    let date = match kind {
        // Postiz does not look at it either.
        Some(Kind::Now) => None,
        _ => moment(body, kind == Some(Kind::Schedule)),
    };
    body.boolean("shortLink");
    let tags = body.list("tags", MAX_TAGS).map(|list| list.iter().filter_map(label).collect());
    let inter = interval(body);
    body.text("order");
    let list = body.required_list("posts", MAX_ENTRIES).unwrap_or_default();
    let entries: Vec<NewEntry> = body.items("posts", list).filter_map(|(_, item)| entry(&item, channels)).collect();
    Some(NewPost { kind: kind?, date, inter, tags, entries })
}

/// Clients send `{value, label}`; what is none is passed over, as Postiz does.
fn label(tag: &Json) -> Option<&str> {
    tag.get("label")?.as_str().map(str::trim).filter(|label| !label.is_empty())
}

fn kind(body: &Object<'_, '_>, word: &str) -> Option<Kind> {
    match word {
        "draft" => Some(Kind::Draft),
        "schedule" => Some(Kind::Schedule),
        "now" => Some(Kind::Now),
        "update" => Some(Kind::Update),
        _ => {
            body.wrong("type", Message::new("field.choice").with("choices", "draft, schedule, now, update"));
            None
        }
    }
}

/// Zero is Postiz's "does not repeat".
fn interval(body: &Object<'_, '_>) -> Option<u32> {
    let days = body.number("inter")?;
    if days.fract() != 0.0 || !(0.0..=MAX_INTERVAL).contains(&days) {
        body.wrong("inter", Message::new("field.number").with("min", 1).with("max", MAX_INTERVAL));
        return None;
    }
    // In range and whole, so the cast cuts nothing.
    Some(days as u32).filter(|days| *days > 0)
}

fn moment(body: &Object<'_, '_>, required: bool) -> Option<DateTime<Utc>> {
    let text = if required { body.required_text("date") } else { body.text("date").filter(|text| !text.trim().is_empty()) }?;
    let at = date::parse(text);
    if at.is_none() {
        body.wrong("date", "api.not_date");
    }
    at
}

fn entry<'a>(item: &Object<'a, '_>, channels: &'a Channels) -> Option<NewEntry<'a>> {
    let channel = item.required_object("integration").and_then(|to| {
        let id = to.required_text("id")?;
        let channel = channels.get(id.trim());
        if channel.is_none() {
            to.wrong("id", "api.unknown_channel");
        }
        channel
    });
    item.text("group");
    let settings = item.map("settings");
    let list = item.required_list("value", MAX_VALUES).unwrap_or_default();
    let values: Vec<NewValue> = item.items("value", list).filter_map(|(n, each)| value(&each, n)).collect();
    let mut settings = settings?;
    settings.remove("__type");
    Some(NewEntry { channel: channel?, settings, values })
}

fn value<'a>(item: &Object<'a, '_>, n: usize) -> Option<NewValue<'a>> {
    let id = named(item.text("id"));
    let list = item.list("image", MAX_IMAGES).unwrap_or_default();
    let images: Vec<NewImage> = item.items("image", list).map(|(_, each)| image(&each)).collect();
    let text = Doc::from_content(item.text("content").unwrap_or_default());
    if text.is_empty() && list.is_empty() {
        item.wrong("content", "api.empty");
    }
    let minutes = item.number("delay").unwrap_or_default();
    if !(0.0..=MAX_DELAY).contains(&minutes) {
        item.wrong("delay", Message::new("api.delay").with("days", 30));
        return None;
    }
    // In range, so the cast cuts nothing.
    let delay_seconds = if n == 0 { 0 } else { (minutes * 60.0).round() as i64 };
    Some(NewValue { id, text, delay_seconds, images })
}

fn image<'a>(item: &Object<'a, '_>) -> NewImage<'a> {
    item.text("thumbnail");
    let (id, path, alt) = (named(item.text("id")), named(item.text("path")), item.text("alt"));
    if id.is_none() && path.is_none() {
        item.wrong("path", "field.required");
    }
    NewImage { id, path, alt, field: item.at("path") }
}

/// Clients send an empty text where they have no id.
fn named(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
