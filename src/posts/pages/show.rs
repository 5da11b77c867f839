//! `/posts/{id}`: what became of a post on each channel, and what a person can do about it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use poem::{handler, web::Path};
use serde::Serialize;

use super::{
    editing::is_editable,
    id,
    series::{self, SeriesView},
    talk::Talk,
};
use crate::{
    app::App,
    delivery::{self, CHANGES, IN_REVIEW, NOT_APPROVED, Part, PartState, Reading, Takedown, TakedownState, TargetState},
    error::{Failure, FailureKind, FieldError, Message, Result},
    events,
    kit::{MediaId, PartId, PostId, TargetId, text::Doc, zone},
    media::Media,
    orgs::Caller,
    posts::{
        Listed, listing,
        model::{self, Post},
        sentence::sentence,
        timeline::{self, Line},
        words::{self, Reader, say},
    },
    providers,
    render::{FieldText, Moment, View, text},
    web::{self, Frame},
};

/// The page.
#[derive(Debug, Serialize)]
pub struct Show {
    post: PostView,
    targets: Vec<TargetView>,
    series: Option<SeriesView>,
    /// The text of a draft for which no channel is chosen.
    loose: Vec<String>,
    /// Something is under way.
    live: bool,
    /// Seconds until the page looks again by itself; `None` while nothing will change soon.
    refresh_seconds: Option<i64>,
    /// Review, comments and links.
    pub talk: Talk,
    errors: Vec<FieldText>,
}

impl View for Show {
    const TEMPLATE: &'static str = "posts/show.html";

    fn title(&self) -> Message {
        "post.title".into()
    }
}

#[derive(Debug, Serialize)]
struct PostView {
    id: PostId,
    created_text: String,
    author: Option<String>,
    source: String,
}

#[derive(Debug, Serialize)]
struct TargetView {
    id: TargetId,
    channel: Face,
    state: TargetState,
    state_text: String,
    sentence: String,
    due: Option<Moment>,
    zone: String,
    url: Option<String>,
    parts: Vec<PartView>,
    timeline: Vec<Line>,
    /// What its platform counts, where it does.
    numbers: Option<NumbersView>,
    /// Somebody asked for it to be deleted at its platform, and that is not done.
    takedown: Option<TakedownView>,
    actions: Actions,
    /// Its time, when it may be given another one.
    #[serde(rename = "move")]
    relocation: Option<Relocation>,
}

#[derive(Debug, Serialize)]
struct NumbersView {
    /// Name and number of each, once they were read.
    all: Vec<(String, i64)>,
    read: Option<Moment>,
    /// They may be read (again).
    stale: bool,
}

#[derive(Debug, Serialize)]
struct TakedownView {
    /// `asked`, `at_work` or `failed`.
    state: &'static str,
    /// Of the platform.
    provider: String,
    failure: Option<FailureView>,
}

#[derive(Debug, Serialize)]
struct Relocation {
    /// In microseconds.
    at: i64,
    date: String,
    time: String,
}

#[derive(Debug, Serialize)]
struct Face {
    name: String,
    provider: String,
    picture: Option<String>,
    handle: String,
}

#[derive(Debug, Serialize)]
struct PartView {
    id: PartId,
    position: i64,
    text: String,
    media: Vec<Shot>,
    state: PartState,
    state_text: String,
    delay_text: Option<String>,
    url: Option<String>,
    failure: Option<FailureView>,
}

#[derive(Debug, Clone, Serialize)]
struct Shot {
    url: String,
    poster: Option<String>,
    alt: String,
    mime: String,
}

#[derive(Debug, Serialize)]
struct FailureView {
    text: String,
    platform_words: Option<String>,
    code: Option<String>,
}

#[derive(Debug, Serialize)]
struct Actions {
    edit: bool,
    /// It has a text of its own and is edited alone.
    edit_alone: bool,
    /// It is an occurrence of a series.
    edit_one: bool,
    cancel: bool,
    delete: bool,
    retry: bool,
    publish_now: bool,
    /// The name of the platform at which it can be deleted.
    take_down: Option<String>,
    /// Where its channel is connected again, when it waits for that.
    reconnect: Option<String>,
    resolve: Vec<PartId>,
}

/// One post.
#[handler]
pub async fn show(app: App, caller: Caller, frame: Frame, Path(post): Path<String>) -> web::Result {
    Ok(frame.page(&Show::read(&app, &caller, id(&post)?, &[]).await?)?)
}

impl Show {
    /// The page of a post; `errors` of what was just tried.
    pub async fn read(app: &App, caller: &Caller, id: PostId, errors: &[FieldError]) -> Result<Self> {
        let post = Post::find(&app.db, caller.org, id).await?;
        let mut listed = listing::of_post(&app.db, caller.org, id).await?;
        let reader = Reader { now: app.clock.now(), zone: caller.zone };
        let series = match model::recurrence(&app.db, caller.org, id).await? {
            Some(known) => Some(series::fold(&known, &series::alone(app, caller, id).await?, &mut listed, reader)),
            None => None,
        };
        let ids: Vec<TargetId> = listed.iter().map(|l| l.target.id).collect();
        let mut told = Told {
            reader,
            media: media(app, caller, &listed).await?,
            urls: model::urls_of(&app.db, caller.org, &ids).await?.into_iter().collect(),
            attempts: model::attempts_of(&app.db, caller.org, &ids).await?,
            events: HashMap::new(),
            takedowns: delivery::takedowns_of(&app.db, caller.org, &ids).await?.into_iter().map(|t| (t.target_id, t)).collect(),
            readings: delivery::readings_of(&app.db, caller.org, &ids).await?.into_iter().map(|r| (r.target_id, r)).collect(),
        };
        for id in &ids {
            told.events.insert(*id, events::of_target(&app.db, caller.org, *id).await?);
        }
        let loose = if listed.is_empty() { model::latest_version(&app.db, caller.org, id).await?.1.parts } else { vec![] };
        let several = listed.windows(2).any(|two| texts(&two[0]) != texts(&two[1]));
        Ok(Self {
            post: PostView {
                id,
                created_text: Moment::new(post.created_at, told.reader.now, caller.zone).text,
                author: post.author,
                source: say(source(&post.source)),
            },
            live: listed.iter().any(is_moving),
            refresh_seconds: match told.takedowns.values().any(|t| t.state.is_open()) {
                true => Some(2),
                false => refresh_seconds(&listed, told.reader.now),
            },
            targets: listed.iter().map(|l| told.target(l, several, series.is_some())).collect(),
            series,
            talk: Talk::read(app, caller, id).await?,
            loose: loose.iter().map(|p| Doc::from_html(&p.content).to_plain()).collect(),
            errors: FieldText::list(errors),
        })
    }
}

fn texts(listed: &Listed) -> Vec<&str> {
    listed.parts.iter().map(|p| p.content.as_str()).collect()
}

fn source(word: &str) -> &'static str {
    match word {
        "api" => "post.source_api",
        "cli" => "post.source_cli",
        _ => "post.source_web",
    }
}

/// The page has something new to tell soon.
fn is_moving(listed: &Listed) -> bool {
    // A thread whose next part follows in an hour is under way, but nothing moves.
    listed.target.state == TargetState::Sending && listed.parts.iter().any(|p| p.state.is_under_way())
}

/// Every two seconds while something moves; within ten minutes of the next time at a calm pace, and then on time.
fn refresh_seconds(listed: &[Listed], now: DateTime<Utc>) -> Option<i64> {
    // Read a moment apart, a target may be under way although its parts are through already.
    let is_ending = |l: &Listed| l.target.state == TargetState::Sending && next_at(l).is_none();
    if listed.iter().any(|l| is_moving(l) || is_ending(l)) {
        return Some(2);
    }
    let next = listed.iter().filter_map(next_at).min()?;
    let wait = (next - now).num_seconds();
    (wait <= 600).then(|| wait.clamp(2, 20))
}

/// When something of a target happens next without a person.
fn next_at(listed: &Listed) -> Option<DateTime<Utc>> {
    match listed.target.state {
        TargetState::Scheduled => listed.target.due_at,
        TargetState::Sending => listed.parts.iter().filter_map(|p| p.next_at).min(),
        _ => None,
    }
}

async fn media(app: &App, caller: &Caller, listed: &[Listed]) -> Result<HashMap<MediaId, Media>> {
    let parts = listed.iter().flat_map(|l| &l.parts);
    let ids: Vec<MediaId> = parts.flat_map(|p| p.media.iter().map(|m| m.id)).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(Media::find_many(&app.db, caller.org, &ids).await?.into_iter().map(|m| (m.id, m)).collect())
}

/// Everything that is told about the targets.
struct Told {
    reader: Reader,
    media: HashMap<MediaId, Media>,
    urls: HashMap<PartId, String>,
    attempts: Vec<model::Attempt>,
    events: HashMap<TargetId, Vec<events::Entry>>,
    takedowns: HashMap<TargetId, Takedown>,
    readings: HashMap<TargetId, Reading>,
}

impl Told {
    fn target(&self, listed: &Listed, several: bool, series: bool) -> TargetView {
        let target = &listed.target;
        let provider = providers::find(&listed.channel.provider).map_or(listed.channel.provider.as_str(), |p| p.about().name);
        let own_zone = zone::parse(&target.zone).unwrap_or(self.reader.zone);
        let events = self.events.get(&target.id).map_or(&[][..], Vec::as_slice);
        let takedown = self.takedowns.get(&target.id).filter(|t| t.state != TakedownState::Done);
        TargetView {
            id: target.id,
            channel: Face {
                name: listed.channel.name.clone(),
                provider: listed.channel.provider.clone(),
                picture: listed.channel.picture.clone(),
                handle: if listed.channel.handle.is_empty() { String::new() } else { format!("@{}", listed.channel.handle) },
            },
            state: target.state,
            state_text: words::standing(target.state, target.reason.as_deref()),
            sentence: sentence(listed, provider, self.reader),
            due: target.due_at.map(|due| Moment::new(due, self.reader.now, own_zone)),
            zone: own_zone.name().to_owned(),
            url: target.url.clone().filter(|url| is_web(url)),
            parts: listed.parts.iter().map(|p| self.part(p, provider)).collect(),
            timeline: timeline::lines(listed, events, &self.attempts, provider, self.reader),
            numbers: self.numbers(listed),
            takedown: takedown.map(|t| takedown_view(t, provider)),
            actions: Actions {
                take_down: can_take_down(listed, takedown).then(|| provider.to_owned()),
                ..actions(listed, several, series)
            },
            relocation: relocation(listed, own_zone),
        }
    }

    fn numbers(&self, listed: &Listed) -> Option<NumbersView> {
        let known = listed.remote.as_ref().is_some_and(|remote| remote.id != "missing");
        if !known || !delivery::has_numbers(&listed.channel.provider, listed.target.state) {
            return None;
        }
        let reading = self.readings.get(&listed.target.id);
        Some(NumbersView {
            all: reading.map(|r| r.numbers.iter().map(|n| (words::metric(&n.name), n.value)).collect()).unwrap_or_default(),
            read: reading.map(|r| Moment::new(r.read_at, self.reader.now, self.reader.zone)),
            stale: reading.is_none_or(|r| self.reader.now - r.read_at >= delivery::NUMBERS_LAST),
        })
    }

    fn part(&self, part: &Part, provider: &str) -> PartView {
        let shot = |m: &crate::providers::MediaRef| {
            let media = self.media.get(&m.id)?;
            Some(Shot { url: media.shown(), poster: media.poster(), alt: m.alt.clone(), mime: media.mime.clone() })
        };
        // Of a part that is live, what failed before no longer matters.
        let failure = part.failure.as_ref().filter(|_| part.state != PartState::Published);
        PartView {
            id: part.id,
            position: part.position + 1,
            text: Doc::from_html(&part.content).to_plain(),
            media: part.media.iter().filter_map(shot).collect(),
            state: part.state,
            state_text: words::part_state(part.state),
            delay_text: words::delay(part.position, part.delay_seconds),
            url: self.urls.get(&part.id).filter(|url| is_web(url)).cloned(),
            failure: failure.map(|f| failure_view(f, provider)),
        }
    }
}

/// A platform's address becomes a link only when it is one.
fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://") || url.starts_with('/')
}

fn failure_view(failure: &Failure, provider: &str) -> FailureView {
    let (key, word) = match failure.kind {
        FailureKind::Reconnect => ("failure.reconnect", "reconnect"),
        FailureKind::RateLimited { .. } => ("failure.rate_limited", "rate_limited"),
        FailureKind::Rejected => ("failure.rejected", "rejected"),
        FailureKind::Unavailable => ("failure.unavailable", "unavailable"),
        FailureKind::Uncertain => ("failure.uncertain", "uncertain"),
        FailureKind::Unsupported => ("failure.unsupported", "unsupported"),
        FailureKind::Unexpected => ("failure.unexpected", "unexpected"),
    };
    FailureView {
        text: text(&Message::new(key).with("provider", provider)),
        platform_words: Some(failure.message.clone()).filter(|words| !words.is_empty()),
        code: Some(failure.code.as_ref().map_or_else(|| word.to_owned(), |code| format!("{word}/{code}"))),
    }
}

fn takedown_view(takedown: &Takedown, provider: &str) -> TakedownView {
    TakedownView {
        state: takedown.state.as_str(),
        provider: provider.to_owned(),
        failure: takedown.failure.as_ref().map(|f| failure_view(f, provider)),
    }
}

/// A person who said that it is live did not say what it is there.
fn can_take_down(listed: &Listed, takedown: Option<&Takedown>) -> bool {
    let asked = takedown.is_some_and(|t| t.state.is_open());
    let known = listed.remote.as_ref().is_none_or(|remote| remote.id != "missing");
    !asked && known && delivery::can_take_down(&listed.channel.provider, listed.target.state)
}

fn actions(listed: &Listed, several: bool, series: bool) -> Actions {
    use PartState::*;
    let state = listed.target.state;
    let any = |is: fn(PartState) -> bool| listed.parts.iter().any(|p| is(p.state));
    let in_doubt = any(|s| matches!(s, Sending | Processing | Uncertain | NeedsYou));
    let edit = is_editable(listed);
    Actions {
        edit,
        edit_alone: edit && several,
        edit_one: edit && series && state != TargetState::Cancelled,
        cancel: !in_doubt && any(|s| matches!(s, Waiting | Retrying)),
        delete: state != TargetState::NeedsYou,
        retry: any(|s| matches!(s, Failed | Skipped)) && !in_doubt,
        publish_now: matches!(state, TargetState::Draft | TargetState::Scheduled | TargetState::Held | TargetState::Missed)
            && !matches!(listed.target.reason.as_deref(), Some(IN_REVIEW | CHANGES | NOT_APPROVED)),
        take_down: None,
        reconnect: reconnect(listed),
        resolve: listed.parts.iter().filter(|p| p.state == NeedsYou).map(|p| p.id).collect(),
    }
}

fn relocation(listed: &Listed, zone: chrono_tz::Tz) -> Option<Relocation> {
    let waits = listed.parts.iter().all(|p| matches!(p.state, PartState::Waiting | PartState::Cancelled));
    let due =
        listed.target.due_at.filter(|_| waits && delivery::is_movable(listed.target.state, listed.target.reason.as_deref()))?;
    let wall = zone::wall(zone, due);
    Some(Relocation {
        at: due.timestamp_micros(),
        date: wall.format("%Y-%m-%d").to_string(),
        time: wall.format("%H:%M").to_string(),
    })
}

fn reconnect(listed: &Listed) -> Option<String> {
    let waits = listed.target.state == TargetState::Held && listed.target.reason.as_deref() == Some("reconnect");
    waits.then(|| format!("/channels/connect/{}?channel={}", listed.channel.provider, listed.target.channel_id))
}
