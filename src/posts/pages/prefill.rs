//! What a new post begins with when an address says so: a time, channels, or what another post says.

use chrono::NaiveDateTime;
use serde::Deserialize;

use super::{
    mentions,
    typed::{Typed, TypedPart},
};
use crate::{
    app::App,
    channels::Channel,
    error::Result,
    kit::{ChannelId, PostId, text::Doc, zone},
    orgs::Caller,
    posts::{
        listing,
        model::{self, Post, StoredPart},
    },
    providers::MediaRef,
};

/// Most characters that are taken over from another program.
const MOST_SHARED: usize = 20_000;

/// The query of `/posts/new`. What makes no sense is as if it had not been said.
#[derive(Debug, Default, Deserialize)]
pub struct Prefill {
    /// `2026-11-24T09:20`.
    #[serde(default)]
    at: String,
    /// The clock on which that is; the organisation's when nothing is said.
    #[serde(default)]
    zone: String,
    /// Ids with commas between them.
    #[serde(default)]
    channels: String,
    /// The post to begin with.
    #[serde(default)]
    from: String,
    /// `slot`, `now` or `draft`.
    #[serde(default)]
    when: String,
    /// What was shared from another program: its words, what they are about, and where they stand.
    #[serde(default)]
    text: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    url: String,
}

impl Prefill {
    /// Nothing was said.
    pub fn is_empty(&self) -> bool {
        let all = [&self.at, &self.zone, &self.channels, &self.from, &self.when, &self.text, &self.title, &self.url];
        all.into_iter().all(String::is_empty)
    }
}

impl Prefill {
    /// What was shared as one text, each thing once: programs put the address into the words, or the title.
    fn shared(&self) -> String {
        let mut lines: Vec<&str> = Vec::new();
        for line in [&self.title, &self.text, &self.url].map(|line| line.trim()) {
            if !line.is_empty() && !lines.iter().any(|known| known.contains(line)) {
                lines.retain(|known| !line.contains(known));
                lines.push(line);
            }
        }
        lines.join("\n").replace('\0', "").chars().take(MOST_SHARED).collect()
    }
}

/// Puts it into an empty form and tells whether it is a copy of another post. [`crate::Error::NotFound`] for a post of others.
pub async fn prefill(app: &App, caller: &Caller, (typed, channels): (&mut Typed, &[Channel]), asked: &Prefill) -> Result<bool> {
    let from = asked.from.parse::<PostId>().ok();
    if let Some(post) = from {
        copy(app, caller, (&mut *typed, channels), post).await?;
    }
    let wanted: Vec<ChannelId> = asked.channels.split(',').filter_map(|id| id.parse().ok()).collect();
    let known: Vec<String> = channels.iter().filter(|c| wanted.contains(&c.id)).map(|c| c.id.to_string()).collect();
    if !known.is_empty() {
        typed.channels = known;
    }
    if ["slot", "now", "draft"].contains(&asked.when.as_str()) {
        asked.when.clone_into(&mut typed.when);
    }
    let shared = asked.shared();
    if let (Some(part), false) = (typed.parts.first_mut(), shared.is_empty() || from.is_some()) {
        part.text = shared;
    }
    if let Ok(at) = NaiveDateTime::parse_from_str(&asked.at, "%Y-%m-%dT%H:%M") {
        "at".clone_into(&mut typed.when);
        typed.date = at.format("%Y-%m-%d").to_string();
        typed.time = at.format("%H:%M").to_string();
    }
    if let Some(zone) = zone::parse(&asked.zone) {
        zone.name().clone_into(&mut typed.zone);
    }
    Ok(from.is_some())
}

/// The text of a post and the channels it goes to. Of a post that says different things on different channels it is what the
/// first of them says.
async fn copy(app: &App, caller: &Caller, (typed, channels): (&mut Typed, &[Channel]), post: PostId) -> Result<()> {
    Post::find(&app.db, caller.org, post).await?;
    let listed = listing::of_post(&app.db, caller.org, post).await?;
    let there = |id: ChannelId| channels.iter().any(|c| c.id == id);
    let mut ids: Vec<String> = Vec::new();
    for id in listed.iter().map(|l| l.target.channel_id).filter(|id| there(*id)).map(|id| id.to_string()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    typed.channels = ids;
    typed.parts = match listed.first() {
        Some(first) => {
            first.parts.iter().map(|p| part((&p.content, &first.channel.provider), &p.media, p.delay_seconds)).collect()
        }
        None => {
            let loose: Vec<StoredPart> = model::latest_version(&app.db, caller.org, post).await?.1.parts;
            loose.iter().map(|p| part((&p.content, ""), &p.media, p.delay_seconds)).collect()
        }
    };
    if typed.parts.is_empty() {
        typed.parts.push(TypedPart::default());
    }
    Ok(())
}

fn part((content, provider): (&str, &str), media: &[MediaRef], delay_seconds: i64) -> TypedPart {
    let doc = Doc::from_html(content);
    TypedPart {
        mentions: mentions::of(&doc, provider),
        text: doc.to_plain(),
        delay_minutes: (delay_seconds / 60).to_string(),
        media: media.iter().map(|m| m.id).collect(),
        alts: media.iter().map(|m| (m.id, m.alt.clone())).collect(),
        ..TypedPart::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_said_once() {
        let shared = |title: &str, text: &str, url: &str| {
            Prefill { title: title.into(), text: text.into(), url: url.into(), ..Prefill::default() }.shared()
        };
        for (given, expected) in [
            (("", "", ""), ""),
            (("A title", "", "https://example.org/a"), "A title\nhttps://example.org/a"),
            (("A title", "A title https://example.org/a", "https://example.org/a"), "A title https://example.org/a"),
            ((" ", "Words\nof two lines ", ""), "Words\nof two lines"),
        ] {
            assert_eq!(shared(given.0, given.1, given.2), expected);
        }
        assert_eq!(shared("", &"ü".repeat(MOST_SHARED + 1), "").chars().count(), MOST_SHARED);
    }
}
