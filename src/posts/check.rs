//! What keeps a draft from being scheduled. Pure: the draft, what is known of its channels and media, and the time.
//!
//! Limits are a matter of what goes out, so a draft that nothing will send is only checked for what its tables demand.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value as Json;

use super::{
    draft::{Draft, Entry, EntryPart, Problem, When},
    known::{Destination, Known},
};
use crate::{
    error::Message,
    providers::{self, Descriptor, MediaFile},
};

/// Most parts of a thread.
pub const MAX_PARTS: usize = 50;
/// Longest wait before a part.
pub const MAX_DELAY: TimeDelta = TimeDelta::days(30);
/// A time that passed so recently means now.
pub const GRACE: TimeDelta = TimeDelta::minutes(10);
/// Farthest time that can be planned.
const HORIZON: TimeDelta = TimeDelta::days(5 * 366);

/// Everything wrong with a draft, in the order of its entries and parts.
pub fn check(draft: &Draft, known: &Known, now: DateTime<Utc>) -> Vec<Problem> {
    let goes_out = !matches!(draft.when, When::Draft(_));
    let mut problems = Vec::new();
    if goes_out && draft.entries.is_empty() {
        problems.push(whole("channel", "problem.no_channel"));
    }
    if let Some(message) = date(draft.when, now) {
        problems.push(whole("date", message));
    }
    for (n, entry) in draft.entries.iter().enumerate() {
        let mut found = Found { entry: n, problems: &mut problems };
        match known.channels.get(&entry.channel) {
            Some(to) => check_entry(entry, to, known, goes_out, &mut found),
            None => found.add(None, "channel", "problem.channel"),
        }
    }
    problems
}

/// What is wrong with the parts of a draft for which no channel is chosen.
pub fn check_loose(parts: &[EntryPart], known: &Known) -> Vec<Problem> {
    let mut problems = Vec::new();
    structure(parts, known, &mut Found { entry: 0, problems: &mut problems });
    problems.iter_mut().for_each(|p| p.entry = None);
    problems
}

fn date(when: When, now: DateTime<Utc>) -> Option<Message> {
    let at = match when {
        When::At(at) => at,
        When::Draft(Some(at)) if at > now => at,
        _ => return None,
    };
    if at < now - GRACE {
        Some("problem.past".into())
    } else if at > now + HORIZON {
        Some("problem.far".into())
    } else {
        None
    }
}

fn whole(field: &str, message: impl Into<Message>) -> Problem {
    Problem { entry: None, part: None, field: field.to_owned(), message: message.into(), same_as: None }
}

/// Collects what is wrong with one entry.
struct Found<'a> {
    entry: usize,
    problems: &'a mut Vec<Problem>,
}

impl Found<'_> {
    fn add(&mut self, part: Option<usize>, field: impl Into<String>, message: impl Into<Message>) {
        let (entry, field, message) = (Some(self.entry), field.into(), message.into());
        self.problems.push(Problem { entry, part, field, message, same_as: None });
    }
}

fn check_entry(entry: &Entry, to: &Destination, known: &Known, goes_out: bool, found: &mut Found<'_>) {
    if !structure(&entry.parts, known, found) {
        return;
    }
    if !matches!(entry.settings, Json::Object(_) | Json::Null) {
        return found.add(None, "settings", "field.object");
    }
    if !goes_out {
        return;
    }
    let Some(provider) = to.provider else {
        return found.add(None, "channel", Message::new("problem.provider").with("provider", &to.channel.provider));
    };
    let about = provider.about();
    if entry.parts.len() > 1 && !about.can.thread {
        found.add(Some(1), "content", Message::new("problem.no_thread").with("provider", about.name));
    }
    if about.limits.parts > 0 && entry.parts.len() > about.limits.parts {
        found.add(None, "content", Message::new("problem.parts").with("limit", about.limits.parts));
    }
    let parts: Vec<providers::DraftPart> = entry.parts.iter().map(|p| as_sent(p, known)).collect();
    for (n, part) in parts.iter().enumerate() {
        check_text(n, part, (about, &to.channel.name), found);
        check_media(n, &part.media, about, found);
    }
    let settings = known.settings(about, &entry.settings).unwrap_or_else(|errors| {
        errors.into_iter().for_each(|e| found.add(None, e.field, e.message));
        entry.settings.clone()
    });
    for p in provider.review(&providers::Draft { parts: &parts, settings: &settings, limits: &about.limits }) {
        let field = if p.part.is_none() { format!("settings.{}", p.field) } else { p.field.to_owned() };
        found.add(p.part, field, p.message);
    }
}

/// What must hold even for a draft. False when looking further makes no sense.
fn structure(parts: &[EntryPart], known: &Known, found: &mut Found<'_>) -> bool {
    let before = found.problems.len();
    if parts.is_empty() {
        found.add(None, "content", "problem.no_part");
    }
    if parts.len() > MAX_PARTS {
        found.add(None, "content", Message::new("problem.parts").with("limit", MAX_PARTS));
    }
    for (n, part) in parts.iter().enumerate() {
        if !(0..=MAX_DELAY.num_seconds()).contains(&part.delay_seconds) {
            found.add(Some(n), "delay", Message::new("problem.delay").with("days", MAX_DELAY.num_days()));
        }
        if part.media.iter().any(|m| !known.media.contains_key(&m.id)) {
            found.add(Some(n), "image", "problem.media");
        }
    }
    found.problems.len() == before
}

fn as_sent(part: &EntryPart, known: &Known) -> providers::DraftPart {
    let media = part.media.iter().filter_map(|m| Some(known.media.get(&m.id)?.as_file(&m.alt)));
    providers::DraftPart { text: part.text.clone(), media: media.collect() }
}

fn check_text(n: usize, part: &providers::DraftPart, (about, name): (&Descriptor, &str), found: &mut Found<'_>) {
    let (text, limit) = (about.counted(&part.text), about.limits.text);
    if text.trim().is_empty() {
        if part.media.is_empty() {
            found.add(Some(n), "content", "problem.empty");
        } else if !about.limits.text_optional {
            found.add(Some(n), "content", Message::new("problem.text_needed").with("channel", name));
        }
        return;
    }
    let count = limit.count(&text);
    if limit.max == 0 {
        found.add(Some(n), "content", Message::new("problem.no_text").with("provider", about.name));
    } else if count > limit.max {
        let over = Message::new("problem.too_long").with("count", count - limit.max);
        found.add(Some(n), "content", over.with("channel", name).with("limit", limit.max));
    } else if let Some(most) = limit.max_bytes.filter(|most| text.len() > *most) {
        let over = Message::new("problem.too_many_bytes").with("count", text.len() - most);
        found.add(Some(n), "content", over.with("channel", name).with("limit", most));
    }
}

fn check_media(n: usize, media: &[MediaFile], about: &Descriptor, found: &mut Found<'_>) {
    let limits = &about.limits;
    let videos = media.iter().filter(|m| m.is_video()).count();
    let images = media.len() - videos;
    for (key, count, limit) in [("problem.images", images, limits.images), ("problem.videos", videos, limits.videos)] {
        if count > limit {
            let message = Message::new(key).with("provider", about.name).with("limit", limit).with("n", count);
            found.add(Some(n), "image", message.with("count", limit));
        }
    }
    if limits.media > 0 && media.len() > limits.media {
        let message = Message::new("problem.media_most").with("provider", about.name).with("count", limits.media);
        found.add(Some(n), "image", message);
    }
    if n == 0 && media.len() < limits.media_needed {
        let message = Message::new("problem.media_needed").with("provider", about.name).with("count", limits.media_needed);
        found.add(Some(n), "image", message);
    }
    if images > 0 && videos > 0 && !limits.mixed {
        found.add(Some(n), "image", Message::new("problem.mixed").with("provider", about.name));
    }
    for file in media {
        if limits.video_seconds > 0 && file.duration.is_some_and(|d| d.as_secs() > limits.video_seconds) {
            let message = Message::new("problem.video_length").with("provider", about.name).with("count", limits.video_seconds);
            found.add(Some(n), "image", message);
        }
        let over = file.alt.chars().count().saturating_sub(limits.alt);
        if over > 0 {
            found.add(Some(n), "image", Message::new("problem.alt").with("count", over).with("limit", limits.alt));
        }
        if file.is_video() && limits.video_bytes > 0 && file.bytes > limits.video_bytes {
            let limit = limits.video_bytes / (1024 * 1024);
            found.add(Some(n), "image", Message::new("problem.video_size").with("provider", about.name).with("limit", limit));
        }
    }
}

#[cfg(test)]
mod tests;
