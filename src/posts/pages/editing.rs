//! What of a post may be edited in the composer, and the way from the form to a [`Draft`] and back.
//!
//! The composer writes one text for several channels, and one of its own for each channel that shall have one. What is asked
//! for by its target is edited alone with those that share its text; the others are not touched.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, NaiveTime};
use serde_json::{Value as Json, json};

use super::{
    action::Action,
    mentions,
    own::OwnText,
    repeat,
    typed::{Typed, TypedPart},
};
use crate::{
    app::App,
    channels::{Channel, fields},
    delivery::{self, Part, PartState, TAKEN_DOWN, TargetState},
    error::{Error, FieldError, Result},
    kit::{ChannelId, MediaId, OrgId, PartId, PostId, TagId, TargetId, text::Doc, zone},
    media::Media,
    orgs::Caller,
    posts::{
        Listed,
        draft::{Draft, Entry, EntryPart, When},
        listing,
        model::{self, Post, Recurrence, Saving, StoredPart, Tag},
    },
    providers::MediaRef,
};

/// The part of a post that is before the writer's eyes.
pub struct Editing {
    /// The post.
    pub post: PostId,
    /// Its newest version.
    pub version: i64,
    /// The targets that are edited, at most one per channel; empty for a draft for which no channel is chosen. The text of
    /// the first is the common one.
    pub targets: Vec<Listed>,
    /// Those of them whose text is another one.
    pub own: HashSet<TargetId>,
    /// The post's tags.
    pub tags: Vec<TagId>,
    /// The text of such a draft.
    pub loose: Vec<StoredPart>,
    /// The target that was asked for.
    pub asked: Option<TargetId>,
    /// How the post recurs.
    pub series: Option<Recurrence>,
    /// The provider of the first target's channel: mentions of the text are accounts there.
    pub provider: Option<String>,
}

impl Editing {
    /// Loads it. [`Error::Conflict`] when nothing of the post can be changed any more.
    pub async fn load(app: &App, org: OrgId, post: PostId, asked: Option<TargetId>) -> Result<Self> {
        Post::find(&app.db, org, post).await?;
        let (version, stored) = model::latest_version(&app.db, org, post).await?;
        let mut listed = listing::of_post(&app.db, org, post).await?;
        let series = model::recurrence(&app.db, org, post).await?;
        let tags = Tag::of_post(&app.db, org, post).await?.into_iter().map(|tag| tag.id).collect();
        let mut own = HashSet::new();
        if listed.is_empty() {
            let loose = stored.parts;
            return Ok(Self { post, version, targets: vec![], own, tags, loose, asked: None, series, provider: None });
        }
        if series.is_some() {
            // Of a series the next occurrence stands for those after it, unless it was edited alone.
            let planned = delivery::occurrences_of(&app.db, org, post).await?;
            let alone: HashSet<TargetId> = planned.iter().filter(|one| one.detached).map(|one| one.id).collect();
            let passed =
                |l: &Listed| l.target.state != TargetState::Draft && l.target.due_at.is_some_and(|due| due <= app.clock.now());
            listed.sort_by_key(|l| (passed(l), alone.contains(&l.target.id), l.target.due_at, l.target.entry));
        }
        let channels: HashMap<ChannelId, String> =
            Channel::list(&app.db, org).await?.into_iter().map(|c| (c.id, c.provider)).collect();
        let mut open: Vec<Listed> =
            listed.into_iter().filter(|l| channels.contains_key(&l.target.channel_id) && is_editable(l)).collect();
        // A withdrawn target comes back only when it is asked for, or when nothing else is left.
        let is_asked = |l: &Listed| asked.map_or(l.target.state != TargetState::Cancelled, |id| l.target.id == id);
        let lead = open.iter().position(is_asked).or_else(|| (asked.is_none() && !open.is_empty()).then_some(0));
        let Some(lead) = lead else { return Err(Error::conflict("error.not_editable")) };
        let lead = open.remove(lead);
        let mut taken = HashSet::from([lead.target.channel_id]);
        let withdrawn = |l: &Listed| l.target.state == TargetState::Cancelled;
        let mut targets = vec![lead];
        for other in open {
            let same_time = series.is_none() || other.target.due_at == targets[0].target.due_at;
            let same_text = same_text(&other.parts, &targets[0].parts);
            let belongs = same_time && withdrawn(&other) == withdrawn(&targets[0]) && (same_text || asked.is_none());
            if belongs && taken.insert(other.target.channel_id) {
                own.extend((!same_text).then_some(other.target.id));
                targets.push(other);
            }
        }
        let provider = targets.first().and_then(|l| channels.get(&l.target.channel_id)).cloned();
        Ok(Self { post, version, targets, own, tags, loose: vec![], asked, series, provider })
    }

    /// Ids of its targets.
    pub fn covers(&self) -> Vec<TargetId> {
        self.targets.iter().map(|l| l.target.id).collect()
    }

    fn target(&self, channel: ChannelId) -> Option<&Listed> {
        self.targets.iter().find(|l| l.target.channel_id == channel)
    }

    /// The form filled with what is stored.
    pub fn typed(&self, caller: &Caller) -> Typed {
        let lead = self.targets.first();
        let due = lead.and_then(|l| l.target.due_at);
        let zone = lead.and_then(|l| zone::parse(&l.target.zone)).unwrap_or(caller.zone);
        let mut wall = due.map(|due| zone::wall(zone, due));
        if let (Some(series), Some(wall), None) = (&self.series, &mut wall, self.asked) {
            // A time that clocks skipped this once is still the time of the series.
            let near = wall.date().and_time(series.rule.start.time());
            if !series.rule.is_frequent() && due == Some(zone::instant(zone, near)) {
                *wall = near;
            }
        }
        let draft = lead.is_none_or(|l| l.target.state == TargetState::Draft);
        let provider = self.provider.as_deref().unwrap_or_default();
        let parts = match lead {
            Some(lead) => lead.parts.iter().map(|p| shown(p.id, (&p.content, provider), &p.media, p.delay_seconds)).collect(),
            None => self.loose.iter().map(|p| shown(p.id, (&p.content, provider), &p.media, p.delay_seconds)).collect(),
        };
        Typed {
            version: Some(self.version),
            allow_duplicate: false,
            target: self.asked.map(|id| id.to_string()).unwrap_or_default(),
            channels: self.targets.iter().map(|l| l.target.channel_id.to_string()).collect(),
            parts,
            own: self.targets.iter().filter(|l| self.own.contains(&l.target.id)).map(own_text).collect(),
            tags: self.tags.clone(),
            settings: HashMap::new(),
            draft: None,
            set: None,
            when: if draft { "draft" } else { "at" }.into(),
            date: wall.map(|w| w.format("%Y-%m-%d").to_string()).unwrap_or_default(),
            time: wall.map(|w| w.format("%H:%M").to_string()).unwrap_or_default(),
            zone: zone.name().into(),
            pairs: match (&self.series, due) {
                (Some(series), Some(due)) => repeat::fields(series, due),
                _ => Vec::new(),
            },
        }
    }

    /// A stored part by its id: its place, its content and its wait.
    fn had(&self, id: PartId) -> Option<(usize, &str, i64)> {
        let placed = self.targets.iter().flat_map(|l| l.parts.iter().enumerate());
        let placed = placed.map(|(n, p)| (n, p.id, p.content.as_str(), p.delay_seconds));
        let loose = self.loose.iter().enumerate().map(|(n, p)| (n, p.id, p.content.as_str(), p.delay_seconds));
        placed.chain(loose).find(|(_, had, ..)| *had == id).map(|(n, _, content, delay)| (n, content, delay))
    }

    /// The provider of the channel that a stored part belongs to.
    fn provider_of(&self, id: PartId) -> Option<&str> {
        let of_target = self.targets.iter().find(|l| l.parts.iter().any(|p| p.id == id));
        of_target.map(|l| l.channel.provider.as_str()).or(self.provider.as_deref())
    }

    /// The form with the texts of an earlier version: everything else as it is now.
    pub fn typed_of(&self, caller: &Caller, saving: &Saving) -> Typed {
        let stored = &saving.content.0;
        let provider = |channel: ChannelId| self.target(channel).map_or("", |l| l.channel.provider.as_str());
        let plain = |parts: &[StoredPart], provider: &str| -> Vec<TypedPart> {
            parts.iter().map(|p| shown(p.id, (&p.content, provider), &p.media, p.delay_seconds)).collect()
        };
        let lead = stored.entries.first();
        let common = lead.map_or(&stored.parts, |entry| &entry.parts);
        let same = |a: &StoredPart, b: &StoredPart| a.content == b.content && a.media == b.media;
        let differs = |parts: &[StoredPart]| parts.len() != common.len() || !parts.iter().zip(common).all(|(a, b)| same(a, b));
        let own = stored.entries.iter().filter(|entry| differs(&entry.parts)).map(|entry| OwnText {
            channel: entry.channel.to_string(),
            on: true,
            parts: plain(&entry.parts, provider(entry.channel)),
        });
        let own = own.collect();
        let channels = stored.entries.iter().map(|entry| entry.channel.to_string()).collect();
        let parts = plain(common, lead.map_or("", |entry| provider(entry.channel)));
        Typed { parts, own, channels, ..self.typed(caller) }
    }
}

fn own_text(listed: &Listed) -> OwnText {
    let provider = listed.channel.provider.as_str();
    let parts = listed.parts.iter().map(|p| shown(p.id, (&p.content, provider), &p.media, p.delay_seconds));
    OwnText { channel: listed.target.channel_id.to_string(), on: true, parts: parts.collect() }
}

/// True when a target's content may still be changed: nothing of it is live or may be.
pub fn is_editable(listed: &Listed) -> bool {
    use PartState::{Cancelled, Failed, Skipped, Waiting};
    listed.target.state.is_editable()
        && listed.target.reason.as_deref() != Some(TAKEN_DOWN)
        && listed.parts.iter().all(|p| matches!(p.state, Waiting | Failed | Skipped | Cancelled))
}

/// The same thread: its words, pictures and waits.
pub fn same_text(a: &[Part], b: &[Part]) -> bool {
    let same = |(a, b): (&Part, &Part)| a.content == b.content && a.media.0 == b.media.0 && a.delay_seconds == b.delay_seconds;
    a.len() == b.len() && a.iter().zip(b).all(same)
}

fn shown(id: PartId, (content, provider): (&str, &str), media: &[MediaRef], delay_seconds: i64) -> TypedPart {
    let doc = Doc::from_html(content);
    TypedPart {
        number: 0,
        id: Some(id),
        mentions: mentions::of(&doc, provider),
        text: doc.to_plain(),
        rich: Some(mentions::as_words(&doc)),
        delay_minutes: (delay_seconds / 60).to_string(),
        media: media.iter().map(|m| m.id).collect(),
        alts: media.iter().map(|m| (m.id, m.alt.clone())).collect(),
    }
}

/// The settings of a channel, as far as the form or the stored target says something: an object.
pub fn answers(typed: &Typed, editing: Option<&Editing>, channel: &Channel) -> Json {
    let Some(about) = channel.provider().map(|p| p.about()) else { return json!({}) };
    let prefix = format!("settings[{}]", channel.id);
    if !fields::is_sent(&typed.pairs, &prefix) {
        let copied = || typed.settings.get(&channel.id.to_string()).cloned();
        let stored = editing.and_then(|e| e.target(channel.id)).map(|l| l.target.settings.clone()).or_else(copied);
        return stored.filter(Json::is_object).unwrap_or_else(|| json!({}));
    }
    // What is saved has no empty entries, and errors count them as they are shown then.
    match typed.action() {
        Action::Save => fields::answered(about.settings, &typed.pairs, &prefix),
        _ => fields::sent(about.settings, &typed.pairs, &prefix),
    }
}

/// The form as a draft, and the parts of one without a channel. The errors are those of the form itself.
pub fn draft(
    typed: &Typed,
    editing: Option<&Editing>,
    channels: &[Channel],
    media: &HashMap<MediaId, Media>,
) -> Result<(Draft, Vec<EntryPart>), Vec<FieldError>> {
    let mut errors = Vec::new();
    let zone = zone::parse(&typed.zone);
    if zone.is_none() {
        errors.push(FieldError::new("zone", "compose.zone_unknown"));
    }
    let zone = zone.unwrap_or_default();
    let when = match typed.when.as_str() {
        "slot" => When::NextSlot,
        "together" => When::CommonSlot,
        "now" => When::Now,
        // The day of a draft is kept: the form does not show its field.
        "draft" => When::Draft(editing.and_then(|e| e.targets.first()).and_then(|l| l.target.due_at)),
        "at" => match (date(&typed.date), time(&typed.time)) {
            (Ok(date), Ok(time)) => When::At(zone::instant(zone, date.and_time(time))),
            (date, time) => {
                errors.extend(date.err().into_iter().chain(time.err()));
                When::Now
            }
        },
        _ => {
            errors.push(FieldError::new("when", "compose.when_missing"));
            When::Draft(None)
        }
    };
    let mut entries = Vec::with_capacity(typed.channels.len());
    for id in &typed.channels {
        match channels.iter().find(|c| c.id.to_string() == *id) {
            Some(channel) => entries.push(entry(typed, editing, channel, media)),
            None => errors.push(FieldError::new("channels", "problem.channel")),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let loose = || typed.parts.iter().map(|p| entry_part(p, editing, media)).collect();
    let loose = if entries.is_empty() { loose() } else { Vec::new() };
    Ok((Draft { when, zone, entries, allow_duplicate: typed.allow_duplicate }, loose))
}

/// A day as browsers send it.
pub fn date(text: &str) -> std::result::Result<NaiveDate, FieldError> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| FieldError::new("date", "compose.date_missing"))
}

/// Browsers send seconds when they are not zero.
pub fn time(text: &str) -> std::result::Result<NaiveTime, FieldError> {
    let read = NaiveTime::parse_from_str(text, "%H:%M").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S"));
    read.map_err(|_| FieldError::new("time", "compose.time_missing"))
}

/// What was not changed stays as it was stored: markup and seconds that the form cannot show are not lost.
fn entry_part(typed: &TypedPart, editing: Option<&Editing>, media: &HashMap<MediaId, Media>) -> EntryPart {
    let had = typed.id.and_then(|id| editing?.had(id));
    let stored = had.map(|(_, content, _)| Doc::from_html(content));
    let is_same = |doc: &Doc| match &typed.rich {
        Some(rich) => mentions::as_words(doc) == *rich,
        None => doc.to_plain() == typed.text.trim_end(),
    };
    let unchanged = stored.filter(is_same);
    let seconds = typed.delay_seconds();
    let alt = |id| typed.alts.get(id).or_else(|| media.get(id).map(|m| &m.alt)).cloned().unwrap_or_default();
    EntryPart {
        id: typed.id,
        text: unchanged.unwrap_or_else(|| typed.doc()),
        media: typed.media.iter().map(|id| MediaRef { id: *id, alt: alt(id) }).collect(),
        delay_seconds: had.map(|(.., was)| was).filter(|was| was / 60 * 60 == seconds).unwrap_or(seconds),
    }
}

fn entry(typed: &Typed, editing: Option<&Editing>, channel: &Channel, media: &HashMap<MediaId, Media>) -> Entry {
    let listed = editing.and_then(|e| e.target(channel.id));
    // A part of the common text stands for the one at the same place of this channel's thread.
    let own = |id: Option<PartId>| match listed?.parts.iter().find(|p| Some(p.id) == id) {
        Some(part) => Some(part.id),
        None => Some(listed?.parts.get(editing?.had(id?)?.0)?.id),
    };
    let stored_for = |id: Option<PartId>| editing?.provider_of(id?);
    let part = |typed: &TypedPart| {
        let part = entry_part(typed, editing, media);
        let text = mentions::written(&part.text, (stored_for(part.id), &channel.provider), &typed.mentions);
        EntryPart { id: own(part.id), text, ..part }
    };
    let parts = typed.own_of(&channel.id.to_string()).map_or(&typed.parts, |own| &own.parts);
    let parts = parts.iter().map(part).collect();
    let stored = listed.map(|l| l.target.settings.clone()).filter(Json::is_object).unwrap_or_else(|| json!({}));
    let settings = with_answers(stored, answers(typed, editing, channel), channel);
    Entry { target: listed.map(|l| l.target.id), channel: channel.id, settings, parts }
}

/// What the form does not know is kept; what it knows and does not have was emptied.
fn with_answers(mut settings: Json, answers: Json, channel: &Channel) -> Json {
    let known = channel.provider().map(|p| p.about().settings).unwrap_or_default();
    if let (Json::Object(settings), Json::Object(answers)) = (&mut settings, answers) {
        settings.retain(|name, _| !known.iter().any(|field| field.name == name));
        settings.extend(answers);
    }
    settings
}

#[cfg(test)]
mod tests;
