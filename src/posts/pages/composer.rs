//! `templates/posts/compose.html`: the composer as it is shown.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use futures_util::future::join_all;
use serde::Serialize;

use super::{
    action::Action,
    checklist::Item,
    editing::{Editing, answers},
    looks::{Look, Looks},
    own::OwnText,
    repeat::{self, RepeatView},
    shelf::Shelf,
    thread::{self, OwnView, PartView, Shot, shot},
    typed::{Typed, TypedPart},
    unsaved::{Theirs, Unsaved},
};
use crate::{
    app::App,
    channels::{Channel, ChannelState, Customer, fields, offer},
    error::{FieldError, Message, Result},
    kit::text::{Format, Measure, Style},
    kit::{ChannelId, CustomerId, DraftId, MediaId, OrgId, PostId, zone},
    media::{Filter, Media},
    orgs::Caller,
    posts::{
        Problem,
        draft::Draft,
        next_common, slots,
        words::{Reader, say},
    },
    providers::{Descriptor, Field, Text},
    render::{FieldText, View},
};

/// Files of the library offered beside a part.
const LIBRARY: i64 = 24;

/// What the composer needs to show a form, read once a request.
pub struct Desk {
    /// Every channel.
    pub channels: Vec<Channel>,
    /// The media in the form.
    pub media: HashMap<MediaId, Media>,
    library: Vec<Media>,
    customers: Vec<Customer>,
}

impl Desk {
    /// Reads it.
    pub async fn load(app: &App, org: OrgId, typed: &Typed) -> Result<Self> {
        let parts = typed.own.iter().flat_map(|own| &own.parts).chain(&typed.parts);
        let ids: Vec<MediaId> = parts.flat_map(|p| p.media.iter().copied()).collect();
        let media = Media::find_many(&app.db, org, &ids).await?;
        Ok(Self {
            channels: Channel::list(&app.db, org).await?,
            media: media.into_iter().map(|m| (m.id, m)).collect(),
            library: Media::list(&app.db, org, &Filter::default(), None, LIBRARY).await?,
            customers: Customer::list(&app.db, org).await?,
        })
    }

    /// Those that are chosen.
    pub fn chosen<'a>(&'a self, typed: &'a Typed) -> impl Iterator<Item = &'a Channel> {
        self.channels.iter().filter(|c| typed.channels.contains(&c.id.to_string()))
    }
}

/// The page.
#[derive(Debug, Serialize)]
pub struct Compose {
    id: Option<PostId>,
    version: Option<i64>,
    draft: Option<DraftId>,
    target: String,
    channels: Vec<Choice>,
    customers: Vec<CustomerChoice>,
    parts: Vec<PartView>,
    own: Vec<OwnView>,
    settings: Vec<Panel>,
    when: WhenView,
    repeat: RepeatView,
    zones: Vec<&'static str>,
    errors: Vec<FieldText>,
    allow_duplicate: bool,
    checklist: Vec<Item>,
    looks: Vec<Look>,
    library: Vec<Shot>,
    shelf: Shelf,
    /// What of one's own was not saved.
    unsaved: Vec<Unsaved>,
    /// Others who have the post open.
    others: Option<String>,
    /// What somebody else saved meanwhile.
    theirs: Option<Theirs>,
}

impl View for Compose {
    const TEMPLATE: &'static str = "posts/compose.html";

    fn title(&self) -> Message {
        if self.id.is_some() { "compose.title_edit".into() } else { "compose.title_new".into() }
    }
}

#[derive(Debug, Serialize)]
struct Choice {
    id: ChannelId,
    name: String,
    handle: String,
    provider: String,
    provider_name: String,
    picture: Option<String>,
    selected: bool,
    disabled: bool,
    reason: Option<String>,
    customer: Option<CustomerId>,
    /// Accounts can be looked for there.
    mentions: bool,
    /// What words can be there, as the editor's buttons call it.
    formats: Vec<&'static str>,
    limit: LimitView,
}

#[derive(Debug, Serialize)]
struct CustomerChoice {
    id: CustomerId,
    name: String,
}

#[derive(Debug, Serialize)]
struct LimitView {
    text: usize,
    /// How the browser counts: see `assets/js/counter.js`.
    #[serde(flatten)]
    measure: Measure,
    max_bytes: Option<usize>,
    images: usize,
    videos: usize,
}

#[derive(Debug, Serialize)]
struct Panel {
    channel_id: ChannelId,
    channel_name: String,
    provider: String,
    selected: bool,
    fields: Vec<fields::FormField>,
}

#[derive(Debug, Serialize)]
struct WhenView {
    kind: String,
    date: String,
    time: String,
    zone: String,
    next_slot_text: Option<String>,
    together_text: Option<String>,
}

impl Compose {
    /// The form as typed.
    pub async fn new(
        app: &App,
        caller: &Caller,
        (typed, editing): (&Typed, Option<&Editing>),
        desk: &Desk,
        errors: &[FieldError],
    ) -> Result<Self> {
        let mut zones = zone::names();
        // A form for a zone of a newer program still shows which one it is.
        zones.retain(|name| !name.starts_with("Etc/"));
        let used = |id: CustomerId| desk.channels.iter().any(|c| c.customer_id == Some(id));
        let customers = desk.customers.iter().filter(|c| used(c.id));
        Ok(Self {
            id: editing.map(|e| e.post),
            version: typed.version,
            draft: typed.draft,
            target: typed.target.clone(),
            channels: desk.channels.iter().map(|c| choice(c, typed)).collect(),
            customers: customers.map(|c| CustomerChoice { id: c.id, name: c.name.clone() }).collect(),
            parts: thread::common((typed, desk), errors),
            own: thread::own((typed, desk), errors),
            settings: panels(app, (typed, editing), desk).await?,
            when: when(app, caller, typed, desk).await?,
            repeat: repeat::view(typed, editing.is_some_and(|e| e.series.is_some()), app.clock.now()),
            zones,
            errors: FieldText::list(&without_repeats(errors)),
            allow_duplicate: typed.allow_duplicate,
            checklist: Vec::new(),
            looks: Vec::new(),
            library: desk.library.iter().map(|m| shot(m, &m.alt)).collect(),
            shelf: Shelf::load(app, caller.org, typed).await?,
            unsaved: Vec::new(),
            others: None,
            theirs: None,
        })
    }

    /// With what it looks like and what would keep it from going out.
    pub fn with_looks(self, looks: Looks) -> Self {
        Self { checklist: looks.checklist, looks: looks.looks, ..self }
    }

    /// With what can be gone on with, and who else is at it.
    pub fn with_unsaved(self, unsaved: Vec<Unsaved>, others: Option<String>) -> Self {
        Self { unsaved, others, ..self }
    }

    /// With what somebody else saved meanwhile.
    pub fn with_theirs(self, theirs: Theirs) -> Self {
        Self { theirs: Some(theirs), ..self }
    }
}

/// The empty form; one channel is chosen when it is asked for or there is no other.
pub fn blank(channels: &[Channel], asked: Option<ChannelId>, caller: &Caller, now: DateTime<Utc>) -> Typed {
    let usable: Vec<&Channel> = channels.iter().filter(|c| c.state == ChannelState::Active).collect();
    let only = (usable.len() == 1).then(|| usable[0].id);
    let chosen = asked.filter(|id| channels.iter().any(|c| c.id == *id)).or(only);
    let next = zone::wall(caller.zone, now + TimeDelta::hours(2));
    Typed {
        channels: chosen.iter().map(ToString::to_string).collect(),
        parts: vec![TypedPart::default()],
        when: "slot".into(),
        date: next.format("%Y-%m-%d").to_string(),
        time: format!("{:02}:00", next.hour()),
        zone: caller.zone.name().into(),
        ..Typed::default()
    }
}

fn known(channel: ChannelId, desk: &Desk) -> &'static [Field] {
    let channel = desk.channels.iter().find(|c| c.id == channel);
    channel.and_then(Channel::provider).map(|p| p.about().settings).unwrap_or_default()
}

/// A problem of a draft under the names of the form's fields.
pub fn field_error(problem: &Problem, draft: &Draft, (typed, desk): (&Typed, &Desk)) -> FieldError {
    let n = problem.part.unwrap_or(0);
    let entry = problem.entry.and_then(|n| draft.entries.get(n));
    let own = entry.and_then(|entry| typed.own_of(&entry.channel.to_string()));
    let base = own.map_or_else(|| "parts".to_owned(), OwnText::base);
    let field = match problem.field.as_str() {
        "channel" => "channels".to_owned(),
        "duplicate" => "allow_duplicate".to_owned(),
        "content" => format!("{base}[{n}][text]"),
        "image" => format!("{base}[{n}][files]"),
        "delay" => format!("{base}[{n}][delay_minutes]"),
        field => match (field.strip_prefix("settings."), entry) {
            (Some(path), Some(entry)) => {
                fields::on_form(known(entry.channel, desk), path, &format!("settings[{}]", entry.channel))
            }
            _ => field.to_owned(),
        },
    };
    FieldError::new(field, problem.message.clone())
}

/// Channels with the same text have the same problems: said once.
pub fn without_repeats(errors: &[FieldError]) -> Vec<FieldError> {
    let mut once: Vec<FieldError> = Vec::new();
    for error in errors {
        if !once.contains(error) {
            once.push(error.clone());
        }
    }
    once
}

fn choice(channel: &Channel, typed: &Typed) -> Choice {
    let about = channel.provider().map(|p| p.about());
    let selected = typed.channels.contains(&channel.id.to_string());
    let reason = match (about, channel.state) {
        (None, _) => Some("compose.off_unknown"),
        (_, ChannelState::Reconnect) => Some("compose.off_reconnect"),
        (_, ChannelState::Paused) => Some("compose.off_paused"),
        (_, ChannelState::Active) => None,
    };
    // What is chosen already can be kept: its posts wait until the channel works again.
    let disabled = !selected && (about.is_none() || channel.state == ChannelState::Reconnect);
    Choice {
        id: channel.id,
        name: channel.name.clone(),
        handle: if channel.handle.is_empty() { String::new() } else { format!("@{}", channel.handle) },
        provider: channel.provider.clone(),
        provider_name: about.map_or_else(|| channel.provider.clone(), |a| a.name.to_owned()),
        picture: channel.picture.clone(),
        selected,
        disabled,
        reason: reason.map(say),
        customer: channel.customer_id,
        mentions: about.is_some_and(|a| a.can.mentions),
        formats: about.map(|a| formats(a.text)).unwrap_or_default(),
        limit: limit(about),
    }
}

fn formats(style: Style) -> Vec<&'static str> {
    Format::ALL.into_iter().filter(|format| style.carries(*format)).map(Format::name).collect()
}

fn limit(about: Option<&Descriptor>) -> LimitView {
    let limits = about.map_or(crate::providers::Limits::NONE, |a| a.limits);
    let Text { max, measure, max_bytes, parsed: _ } = limits.text;
    LimitView { text: max, measure, max_bytes, images: limits.images, videos: limits.videos }
}

/// The settings of each channel. Only the platforms of chosen ones are asked for their lists, all at once.
async fn panels(app: &App, (typed, editing): (&Typed, Option<&Editing>), desk: &Desk) -> Result<Vec<Panel>> {
    let action = typed.action();
    let again = if let Action::Reload(name) = &action { Some(name.as_str()) } else { None };
    let filled = desk.channels.iter().map(async |channel| {
        let mut panel = panel(channel, typed, editing);
        let given = offer::Typed { pairs: &typed.pairs, again, ask: panel.selected };
        offer::offer(app, channel, &mut panel.fields, given).await?;
        Ok(panel)
    });
    join_all(filled).await.into_iter().collect()
}

fn panel(channel: &Channel, typed: &Typed, editing: Option<&Editing>) -> Panel {
    let about = channel.provider().map(|p| p.about());
    let prefix = format!("settings[{}]", channel.id);
    Panel {
        channel_id: channel.id,
        channel_name: channel.name.clone(),
        provider: channel.provider.clone(),
        selected: typed.channels.contains(&channel.id.to_string()),
        fields: about.map(|a| fields::show(a.settings, &answers(typed, editing, channel), &prefix)).unwrap_or_default(),
    }
}

async fn when(app: &App, caller: &Caller, typed: &Typed, desk: &Desk) -> Result<WhenView> {
    let now = app.clock.now();
    let mut next: Option<DateTime<Utc>> = None;
    for channel in desk.chosen(typed) {
        let free = slots::next_free(app, caller.org, channel.id, now).await?;
        next = next.into_iter().chain(free).min();
    }
    let chosen: Vec<ChannelId> = desk.chosen(typed).map(|c| c.id).collect();
    let together = if chosen.is_empty() { None } else { next_common(app, caller.org, &chosen, now).await? };
    let reader = Reader { now, zone: caller.zone };
    let fallback = blank(&[], None, caller, now);
    let or = |typed: &str, blank: String| if typed.is_empty() { blank } else { typed.to_owned() };
    Ok(WhenView {
        kind: typed.when.clone(),
        date: or(&typed.date, fallback.date),
        time: or(&typed.time, fallback.time),
        zone: or(&typed.zone, fallback.zone),
        next_slot_text: next.map(|at| reader.with_day(at)),
        together_text: together.map(|at| reader.with_day(at)),
    })
}
