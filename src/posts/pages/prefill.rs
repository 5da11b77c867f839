//! What a new post begins with when an address says so: a time, channels, what another post says, or what another app on
//! the same device shares with this one.

use std::collections::HashSet;

use chrono::NaiveDateTime;
use serde::Deserialize;

use super::{
    editing::same_text,
    mentions,
    own::OwnText,
    typed::{Typed, TypedPart},
};
use crate::{
    app::App,
    channels::Channel,
    error::Result,
    kit::{ChannelId, PostId, text::Doc, zone},
    orgs::Caller,
    posts::{
        Listed, listing,
        model::{self, Post, StoredPart},
    },
    providers::MediaRef,
};

/// Characters of what is shared that are taken.
const LONGEST_SHARED: usize = 20_000;

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
    /// What is shared, as [`crate::web::manifest`] asks for it.
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    url: String,
}

impl Prefill {
    /// Nothing was said.
    pub fn is_empty(&self) -> bool {
        [&self.at, &self.zone, &self.channels, &self.from, &self.when].into_iter().all(String::is_empty)
            && self.shared().is_empty()
    }

    /// Title, text and link below each other. Apps put the link into the text, or the title into both: nothing is said twice.
    fn shared(&self) -> String {
        let pieces = [&self.title, &self.text, &self.url].map(|piece| piece.trim());
        let again = |n: usize| {
            pieces.iter().enumerate().any(|(m, other)| m != n && other.contains(pieces[n]) && (m < n || *other != pieces[n]))
        };
        let lines: Vec<&str> = (0..pieces.len()).filter(|n| !pieces[*n].is_empty() && !again(*n)).map(|n| pieces[n]).collect();
        lines.join("\n").chars().take(LONGEST_SHARED).collect()
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
    if let (None, Some(part)) = (from, typed.parts.first_mut()) {
        part.text = asked.shared();
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

/// What a post says, where to, and how it is set there: each channel its own text where that differs from the first one's.
async fn copy(app: &App, caller: &Caller, (typed, channels): (&mut Typed, &[Channel]), post: PostId) -> Result<()> {
    Post::find(&app.db, caller.org, post).await?;
    let listed = listing::of_post(&app.db, caller.org, post).await?;
    let there = |l: &&Listed| channels.iter().any(|c| c.id == l.target.channel_id);
    // A series has many targets for a channel: one says it all.
    let mut seen = HashSet::new();
    let firsts: Vec<&Listed> = listed.iter().filter(there).filter(|l| seen.insert(l.target.channel_id)).collect();
    let lead = firsts.first().copied().or(listed.first());
    let id = |l: &Listed| l.target.channel_id.to_string();
    typed.channels = firsts.iter().map(|l| id(l)).collect();
    typed.settings = firsts.iter().map(|l| (id(l), l.target.settings.clone())).collect();
    let differs = |l: &&&Listed| lead.is_some_and(|lead| !same_text(&l.parts, &lead.parts));
    typed.own = firsts.iter().filter(differs).map(|l| OwnText { channel: id(l), on: true, parts: parts(l) }).collect();
    typed.parts = match lead {
        Some(lead) => parts(lead),
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

fn parts(listed: &Listed) -> Vec<TypedPart> {
    let provider = &listed.channel.provider;
    listed.parts.iter().map(|p| part((&p.content, provider), &p.media, p.delay_seconds)).collect()
}

fn part((content, provider): (&str, &str), media: &[MediaRef], delay_seconds: i64) -> TypedPart {
    let doc = Doc::from_html(content);
    TypedPart {
        mentions: mentions::of(&doc, provider),
        text: doc.to_plain(),
        rich: Some(mentions::as_words(&doc)),
        delay_minutes: (delay_seconds / 60).to_string(),
        media: media.iter().map(|m| m.id).collect(),
        alts: media.iter().map(|m| (m.id, m.alt.clone())).collect(),
        ..TypedPart::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(title: &str, text: &str, url: &str) -> String {
        Prefill { title: title.into(), text: text.into(), url: url.into(), ..Prefill::default() }.shared()
    }

    #[test]
    fn what_is_shared_is_said_once() {
        assert_eq!(shared("Looms", "A history", "https://example.org/1"), "Looms\nA history\nhttps://example.org/1");
        assert_eq!(shared("", "Read https://example.org/1", "https://example.org/1"), "Read https://example.org/1");
        assert_eq!(shared("Looms", "Looms", " "), "Looms");
        assert_eq!(shared("Looms", "Looms: a history", ""), "Looms: a history");
        assert_eq!(shared("", " ", ""), "");
        assert_eq!(shared("", &"x".repeat(30_000), "").len(), LONGEST_SHARED);
    }
}
