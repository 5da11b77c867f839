//! `POST /posts`: from what was read to a draft, saved as one post with one target per entry.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::{
    new_post::{self, Channels, Kind, NewEntry, NewImage, NewPost, NewValue},
    objects::CreatedPost,
    problems::{self, Place},
    refusal::Refusal,
};
use crate::{
    app::App,
    channels::Channel,
    delivery::TargetState,
    error::{Error, FieldError, Result},
    kit::{
        ChannelId, OrgId, PartId, TargetId,
        recur::{End, Every, Rule},
        zone,
    },
    media::{self, Media, MediaInput},
    orgs::Caller,
    posts::{self, Draft, Entry, EntryPart, Listed, When},
    providers::MediaRef,
};

/// Saves the post that `body` describes; a known `value[0].id` edits that post in place. Everything is checked before
/// anything is fetched or written.
pub async fn create(app: &App, caller: &Caller, body: &Json) -> Result<Vec<CreatedPost>, Refusal> {
    let channels = Channel::list(&app.db, caller.org).await?;
    let channels: Channels = channels.into_iter().map(|c| (c.id.to_string(), c)).collect();
    let new = new_post::read(body, &channels)?;
    let edited = edited(app, caller.org, &new.entries).await?;
    let when = when(&new, &edited)?;
    let entries = entries(app, caller.org, &new, &edited).await?;
    let draft = Draft { when, zone: caller.zone, entries, allow_duplicate: true };
    let known = edited.iter().flatten().next().map(|known| known.target.post_id);
    let outcome = match (known, rule(&new, &draft, app.clock.now())) {
        (Some(post), Some(rule)) => posts::recurrence::amend(app, caller, post, &draft, &rule).await?,
        (Some(post), None) => posts::amend(app, caller, post, &draft).await?,
        (None, Some(rule)) => posts::recurrence::create(app, caller, &draft, &rule).await?,
        (None, None) => posts::create(app, caller, &draft).await?,
    };
    let saved = outcome.map_err(|problems| {
        let places: Vec<Place> = (new.entries.iter().enumerate())
            .map(|(n, e)| Place { path: format!("posts[{n}]"), provider: &e.channel.provider, name: &e.channel.name })
            .collect();
        problems::refuse(problems, &places)
    })?;
    if let Some(names) = &new.tags
        && let Err(e) = posts::tag::label(app, caller.org, saved.post, names).await
    {
        // The post is saved: told of an error, its sender would send it again.
        tracing::error!(post = %saved.post, error = %e, "a post was saved without its tags");
    }
    let created =
        |(id, channel): (TargetId, ChannelId)| CreatedPost { post_id: id.to_string(), integration: channel.to_string() };
    Ok(saved.targets.into_iter().map(created).collect())
}

/// Postiz counts days of 24 hours; here they are days of the organisation's clock, so that nine o'clock stays nine o'clock.
fn rule(new: &NewPost<'_>, draft: &Draft, now: DateTime<Utc>) -> Option<Rule> {
    let first = match draft.when {
        When::At(at) => at,
        When::Draft(at) => at.unwrap_or(now),
        _ => now,
    };
    let start = zone::wall(draft.zone, first.max(now));
    Some(Rule { every: Every::Days(new.inter?), start, zone: draft.zone, end: End::Never })
}

/// For each entry the target that it edits.
async fn edited(app: &App, org: OrgId, entries: &[NewEntry<'_>]) -> Result<Vec<Option<Listed>>> {
    let mut edited: Vec<Option<Listed>> = Vec::with_capacity(entries.len());
    for (n, entry) in entries.iter().enumerate() {
        let id = entry.values.first().and_then(|v| v.id?.parse::<TargetId>().ok());
        let found = match id {
            Some(id) => known(posts::find(&app.db, org, id).await)?,
            None => None,
        };
        let first = edited.iter().flatten().next();
        let another = |listed: &Listed| first.is_some_and(|f| f.target.post_id != listed.target.post_id);
        if found.as_ref().is_some_and(another) {
            return Err(Error::invalid(id_of(n), "api.another_post"));
        }
        edited.push(found);
    }
    Ok(edited)
}

fn known(found: Result<Listed>) -> Result<Option<Listed>> {
    match found {
        Ok(listed) => Ok(Some(listed)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(e) => Err(e),
    }
}

fn id_of(entry: usize) -> String {
    format!("posts[{entry}].value[0].id")
}

fn when(new: &NewPost<'_>, edited: &[Option<Listed>]) -> Result<When> {
    match new.kind {
        Kind::Draft => Ok(When::Draft(new.date)),
        Kind::Now => Ok(When::Now),
        Kind::Schedule => at(new),
        Kind::Update => unchanged(new, edited),
    }
}

fn at(new: &NewPost<'_>) -> Result<When> {
    new.date.map(When::At).ok_or_else(|| Error::invalid("date", "field.required"))
}

/// An update leaves drafts drafts and scheduled posts scheduled, and their time alone unless there is another.
fn unchanged(new: &NewPost<'_>, edited: &[Option<Listed>]) -> Result<When> {
    let unknown =
        |(n, known): (usize, &Option<Listed>)| known.is_none().then(|| FieldError::new(id_of(n), "api.nothing_to_update"));
    let unknown: Vec<FieldError> = edited.iter().enumerate().filter_map(unknown).collect();
    if !unknown.is_empty() {
        return Err(Error::Invalid(unknown));
    }
    let date = new.date.or_else(|| edited.iter().flatten().find_map(|listed| listed.target.due_at));
    let drafts = edited.iter().flatten().filter(|listed| listed.target.state == TargetState::Draft).count();
    match date {
        _ if drafts == edited.len() => Ok(When::Draft(date)),
        _ if drafts > 0 => Err(Error::invalid("type", "api.mixed_update")),
        Some(date) => Ok(When::At(date)),
        None => Err(Error::invalid("date", "field.required")),
    }
}

async fn entries(app: &App, org: OrgId, new: &NewPost<'_>, edited: &[Option<Listed>]) -> Result<Vec<Entry>> {
    let mut resolved = Resolved { app, org, known: HashMap::new(), wrong: Vec::new() };
    let mut entries = Vec::with_capacity(new.entries.len());
    for (entry, known) in new.entries.iter().zip(edited) {
        let mut parts = Vec::with_capacity(entry.values.len());
        for (n, value) in entry.values.iter().enumerate() {
            let media = resolved.all(&value.images).await?;
            let first = known.as_ref().filter(|_| n == 0).and_then(|listed| Some(listed.parts.first()?.id));
            parts.push(part(value, first, media));
        }
        let target = known.as_ref().map(|listed| listed.target.id);
        entries.push(Entry { target, channel: entry.channel.id, settings: Json::Object(entry.settings.clone()), parts });
    }
    if resolved.wrong.is_empty() { Ok(entries) } else { Err(Error::Invalid(resolved.wrong)) }
}

/// `first` is the part that is edited when the item is the post itself: its id on the wire is the target's.
fn part(value: &NewValue<'_>, first: Option<PartId>, media: Vec<MediaRef>) -> EntryPart {
    let id = first.or_else(|| value.id?.parse().ok());
    EntryPart { id, text: value.text.clone(), media, delay_seconds: value.delay_seconds }
}

/// Media of one request: the same picture for every channel is looked up, or fetched, once.
struct Resolved<'a> {
    app: &'a App,
    org: OrgId,
    known: HashMap<(Option<&'a str>, Option<&'a str>), Media>,
    wrong: Vec<FieldError>,
}

impl<'a> Resolved<'a> {
    async fn all(&mut self, images: &[NewImage<'a>]) -> Result<Vec<MediaRef>> {
        let mut media = Vec::with_capacity(images.len());
        for image in images {
            if let Some(found) = self.one(image).await? {
                let alt = image.alt.map_or_else(|| found.alt.clone(), str::to_owned);
                media.push(MediaRef { id: found.id, alt });
            }
        }
        Ok(media)
    }

    async fn one(&mut self, image: &NewImage<'a>) -> Result<Option<&Media>> {
        let key = (image.id, image.path);
        if !self.known.contains_key(&key) {
            let input = MediaInput { id: image.id, path: image.path };
            match media::resolve(self.app, self.org, input, &image.field).await {
                Ok(found) => drop(self.known.insert(key, found)),
                Err(Error::Invalid(wrong)) => self.wrong.extend(wrong),
                Err(e) => return Err(e),
            }
        }
        Ok(self.known.get(&key))
    }
}
