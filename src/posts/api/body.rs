//! The bodies of posts: documented types, and how they are read: naming every field that is wrong at once.

use std::collections::HashMap;

use chrono::{DateTime, Datelike as _, Utc};
use chrono_tz::Tz;
use poem_openapi::{
    Object,
    types::{Any, Example},
};
use serde_json::Value as Json;

use crate::{
    delivery::Resolution,
    error::{FieldError, Message, Result},
    kit::{ChannelId, text::Doc, zone},
    posts::{Draft, Entry, EntryPart, Problem, When},
    providers::MediaRef,
    web::input::{Object as Input, Wrong},
};

/// Most entries of one post.
const MAX_ENTRIES: usize = 100;
/// Most parts of a thread; more is said by the check of the post.
const MAX_PARTS: usize = 100;
/// Most files of a part.
const MAX_MEDIA: usize = 50;

/// A post to be saved.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
pub struct NewPost {
    /// `draft` keeps it, `at` sends it at `due_at`, `now` at once, `next_slot` at the next free posting time of each channel.
    #[oai(validator(pattern = "^(draft|at|now|next_slot)$"))]
    when: String,
    /// RFC 3339. Required for `at`, and remembered for `draft`. Up to ten minutes past means now.
    due_at: Option<DateTime<Utc>>,
    /// The IANA zone in which the time was chosen; that of the organisation when there is none.
    zone: Option<String>,
    /// The thread of every entry that has none of its own.
    parts: Option<Vec<NewPart>>,
    /// One per channel, at most 100; only a draft may have none.
    entries: Option<Vec<NewEntry>>,
    /// Sends what a channel had, or will have, within a day all the same. Without it that is the problem `duplicate`.
    allow_duplicate: Option<bool>,
}

/// The post for one channel.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct NewEntry {
    /// The id of the channel.
    channel: String,
    /// Only in an update: the id of the target that is changed in place. Without it the entry is a new target.
    target: Option<String>,
    /// The thread, if it is not that of the whole post.
    parts: Option<Vec<NewPart>>,
    /// The provider's settings.
    settings: Option<HashMap<String, Any<Json>>>,
}

/// One item of a thread.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct NewPart {
    /// Only in an update: the id of the part that is kept.
    id: Option<String>,
    /// Plain text, or HTML of which paragraphs, line breaks, bold, italics, underline, links, lists and headings are kept.
    content: Option<String>,
    /// Pictures and films of the library, at most 50.
    media: Option<Vec<NewMedia>>,
    /// Wait after the part before it, in seconds, at most 30 days.
    delay_seconds: Option<i64>,
}

/// A file of the library.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct NewMedia {
    /// Its id.
    id: String,
    /// Alternative text of this use.
    alt: Option<String>,
}

impl Example for NewPost {
    fn example() -> Self {
        let part = |text: &str| NewPart { id: None, content: Some(text.into()), media: None, delay_seconds: None };
        Self {
            when: "at".into(),
            due_at: Some("2026-11-24T08:20:00Z".parse().unwrap_or_default()),
            zone: Some("Europe/London".into()),
            parts: Some(vec![part("The engine is drawn."), part("It weaves algebraic patterns.")]),
            entries: Some(vec![NewEntry {
                channel: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a90".into(),
                target: None,
                parts: None,
                settings: None,
            }]),
            allow_duplicate: None,
        }
    }
}

/// What a person found out about a part whose outcome was unknown.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
pub struct NewResolution {
    /// `live`: it can be seen; `resend`: it cannot, send it again; `drop`: it cannot, and shall not be.
    #[oai(validator(pattern = "^(live|resend|drop)$"))]
    answer: String,
    /// Where it can be seen, for `live`.
    url: Option<String>,
}

impl Example for NewResolution {
    fn example() -> Self {
        Self { answer: "live".into(), url: Some("https://bsky.app/profile/press.example.org/post/3l".into()) }
    }
}

/// A body that was read, with where its entries' parts stand in it.
pub struct Typed {
    /// What to save.
    pub draft: Draft,
    /// The text of a draft without channels.
    pub loose: Vec<EntryPart>,
    /// The entry has a thread of its own.
    own: Vec<bool>,
}

/// Reads a post. Fails with everything that is wrong with its shape.
pub fn post(body: &Json, zone: Tz) -> Result<Typed> {
    let wrong = Wrong::default();
    let read = Input::body(body, &wrong).and_then(|body| whole(&body, zone));
    wrong.check()?;
    Ok(read.expect("what could not be read was complained about"))
}

fn whole(body: &Input<'_, '_>, own_zone: Tz) -> Option<Typed> {
    let due = body.text("due_at").and_then(|text| instant(body, text));
    let when = body.required_text("when").and_then(|word| when(body, word, due));
    let zone = match body.text("zone") {
        Some(name) => zone::parse(name).or_else(|| {
            body.wrong("zone", "org.zone_unknown");
            None
        }),
        None => Some(own_zone),
    };
    let shared = parts(body);
    let list = body.list("entries", MAX_ENTRIES).unwrap_or_default();
    let read: Vec<(Entry, bool)> = body.items("entries", list).filter_map(|(_, item)| entry(&item, shared.as_deref())).collect();
    let (entries, own): (Vec<Entry>, Vec<bool>) = read.into_iter().unzip();
    let loose = if entries.is_empty() { shared.unwrap_or_default() } else { Vec::new() };
    if list.is_empty() && loose.is_empty() && matches!(when, Some(When::Draft(_))) {
        body.wrong("parts", "api.needs_one");
    }
    let allow_duplicate = body.boolean("allow_duplicate").unwrap_or_default();
    Some(Typed { draft: Draft { when: when?, zone: zone?, entries, allow_duplicate }, loose, own })
}

fn instant(body: &Input<'_, '_>, text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()).filter(|at| (1..=9999).contains(&at.year()));
    if at.is_none() {
        body.wrong("due_at", "api.not_date");
    }
    at
}

fn when(body: &Input<'_, '_>, word: &str, due: Option<DateTime<Utc>>) -> Option<When> {
    match (word, due) {
        ("draft", due) => Some(When::Draft(due)),
        ("at", Some(due)) => Some(When::At(due)),
        ("at", None) => {
            body.required_text("due_at");
            None
        }
        ("now", _) => Some(When::Now),
        ("next_slot", _) => Some(When::NextSlot),
        _ => {
            body.wrong("when", Message::new("field.choice").with("choices", "draft, at, now, next_slot"));
            None
        }
    }
}

/// The entry, and whether its thread is its own.
fn entry(item: &Input<'_, '_>, shared: Option<&[EntryPart]>) -> Option<(Entry, bool)> {
    let channel: Option<ChannelId> = item.required_text("channel").and_then(|id| parsed(item, "channel", id));
    let target = item.text("target").and_then(|id| parsed(item, "target", id));
    let settings = item.map("settings");
    let own = parts(item);
    let has_own = own.is_some();
    let parts = own.or_else(|| shared.map(<[EntryPart]>::to_vec)).unwrap_or_default();
    Some((Entry { target, channel: channel?, settings: Json::Object(settings?), parts }, has_own))
}

fn parsed<T: std::str::FromStr>(item: &Input<'_, '_>, name: &str, id: &str) -> Option<T> {
    let id = id.parse().ok();
    if id.is_none() {
        item.wrong(name, "api_v1.not_an_id");
    }
    id
}

fn parts(item: &Input<'_, '_>) -> Option<Vec<EntryPart>> {
    let list = item.list("parts", MAX_PARTS)?;
    Some(item.items("parts", list).filter_map(|(n, part)| self::part(&part, n)).collect())
}

fn part(item: &Input<'_, '_>, n: usize) -> Option<EntryPart> {
    let id = item.text("id").and_then(|id| parsed(item, "id", id));
    let text = Doc::from_content(item.text("content").unwrap_or_default());
    let list = item.list("media", MAX_MEDIA).unwrap_or_default();
    let media = item.items("media", list).filter_map(|(_, file)| {
        let id = file.required_text("id").and_then(|id| parsed(&file, "id", id));
        let alt = file.text("alt").unwrap_or_default().to_owned();
        Some(MediaRef { id: id?, alt })
    });
    let media = media.collect();
    let seconds = item.number("delay_seconds").unwrap_or_default();
    if seconds.fract() != 0.0 || seconds.abs() > 1e15 {
        item.wrong("delay_seconds", "api.not_number");
        return None;
    }
    // Whole and small, so the cast cuts nothing.
    Some(EntryPart { id, text, media, delay_seconds: if n == 0 { 0 } else { seconds as i64 } })
}

impl Typed {
    /// What keeps it from being saved, by the path of each field in the body.
    pub fn errors(&self, problems: Vec<Problem>) -> Vec<FieldError> {
        problems.into_iter().map(|p| FieldError::new(self.path(&p), p.message)).collect()
    }

    fn path(&self, problem: &Problem) -> String {
        let entry = problem.entry.map(|n| format!("entries[{n}]."));
        let shared = problem.entry.is_none_or(|n| !self.own.get(n).copied().unwrap_or_default());
        let thread = if shared { String::new() } else { entry.clone().unwrap_or_default() };
        match (problem.part, problem.field.as_str()) {
            (Some(part), field) => format!("{thread}parts[{part}].{}", part_field(field)),
            (None, "content") => format!("{thread}parts"),
            (None, "date") => "due_at".into(),
            (None, "duplicate") => "allow_duplicate".into(),
            (None, "channel") if entry.is_none() => "entries".into(),
            (None, field) => format!("{}{field}", entry.unwrap_or_default()),
        }
    }
}

/// The name of a part's field on this wire.
pub fn part_field(field: &str) -> &str {
    match field {
        "image" => "media",
        "delay" => "delay_seconds",
        other => other,
    }
}

/// Reads a resolution.
pub fn resolution(body: &Json) -> Result<Resolution> {
    let wrong = Wrong::default();
    let read = Input::body(body, &wrong).and_then(|body| {
        let url = body.text("url").map(str::trim).filter(|url| !url.is_empty());
        let good = |url: &str| url::Url::parse(url).is_ok_and(|u| matches!(u.scheme(), "http" | "https")) && url.len() <= 2_000;
        if url.is_some_and(|url| !good(url)) {
            body.wrong("url", "field.url");
        }
        match body.required_text("answer")? {
            "live" => Some(Resolution::Live { url: url.map(str::to_owned) }),
            "resend" => Some(Resolution::Resend),
            "drop" => Some(Resolution::Drop),
            _ => {
                body.wrong("answer", Message::new("field.choice").with("choices", "live, resend, drop"));
                None
            }
        }
    });
    wrong.check()?;
    Ok(read.expect("what could not be read was complained about"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Error;

    fn fields(body: Json) -> Vec<String> {
        match post(&body, Tz::UTC) {
            Err(Error::Invalid(errors)) => errors.into_iter().map(|e| e.field).collect(),
            Err(e) => panic!("{e}"),
            Ok(_) => vec![],
        }
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        assert_eq!(fields(json!([])), ["body"]);
        assert_eq!(fields(json!({"when": "soon", "due_at": "tomorrow", "zone": "Nowhere"})), ["due_at", "when", "zone"]);
        assert_eq!(fields(json!({"when": "at", "entries": []})), ["due_at"]);
        assert_eq!(fields(json!({"when": "draft"})), ["parts"]);
        let entry =
            json!({"channel": "x", "target": "y", "settings": 1, "parts": [{"media": [{"id": "z"}], "delay_seconds": 0.5}]});
        assert_eq!(
            fields(json!({"when": "now", "entries": [entry, {}]})),
            [
                "entries[0].channel",
                "entries[0].target",
                "entries[0].settings",
                "entries[0].parts[0].media[0].id",
                "entries[0].parts[0].delay_seconds",
                "entries[1].channel"
            ]
        );
    }

    #[test]
    fn a_problem_is_named_where_its_text_stands() {
        let id = ChannelId::new().to_string();
        let body = json!({"when": "now", "parts": [{"content": "a"}],
            "entries": [{"channel": id}, {"channel": id, "parts": [{"content": "b"}]}]});
        let typed = post(&body, Tz::UTC).unwrap();
        let problem = |entry, part, field: &str| Problem {
            entry,
            part,
            field: field.into(),
            message: "error.internal".into(),
            same_as: None,
        };
        for (problem, path) in [
            (problem(Some(0), Some(0), "content"), "parts[0].content"),
            (problem(Some(1), Some(0), "image"), "entries[1].parts[0].media"),
            (problem(Some(1), None, "content"), "entries[1].parts"),
            (problem(Some(0), None, "settings.x"), "entries[0].settings.x"),
            (problem(None, None, "channel"), "entries"),
            (problem(None, None, "date"), "due_at"),
        ] {
            assert_eq!(typed.path(&problem), path);
        }
        assert_eq!(typed.draft.entries[0].parts[0].text.to_plain(), "a");
    }
}
