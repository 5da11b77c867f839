//! Previews and checklist: in the composer's page, and alone for the script that shows them while one types.

use poem::handler;
use serde::Serialize;

use super::{
    approval::Approval,
    checklist::{self, Item},
    composer::Desk,
    editing::{self, Editing},
    thread::{Shot, shot},
    typed::Typed,
};
use crate::{
    app::App,
    channels::Channel,
    error::{Message, Result},
    kit::ChannelId,
    orgs::Caller,
    posts::{
        check::check,
        draft::{Draft, Entry, EntryPart},
        known::Known,
        preview::{self, Words},
        words,
    },
    render::View,
    web::{self, Form, Frame},
};

/// Both.
#[derive(Debug, Default, Serialize)]
pub struct Looks {
    /// What is wrong, and what would be better.
    pub checklist: Vec<Item>,
    /// How it looks on each channel.
    pub looks: Vec<Look>,
    /// Of the checklist, what keeps it from going out.
    blocking: usize,
    /// It has to be approved first: only in the answer to the script, the page says so itself.
    approval: Option<Approval>,
}

impl View for Looks {
    const TEMPLATE: &'static str = "posts/_looks.html";

    fn title(&self) -> Message {
        "looks.title".into()
    }
}

/// A post on a channel.
#[derive(Debug, Serialize)]
pub struct Look {
    channel_id: ChannelId,
    name: String,
    handle: String,
    picture: Option<String>,
    provider: String,
    provider_name: String,
    /// `post`, `chat`, `article` or `generic`.
    look: &'static str,
    /// It has a text of its own.
    own: bool,
    /// Of an article.
    title: Option<String>,
    parts: Vec<LookPart>,
}

#[derive(Debug, Serialize)]
struct LookPart {
    #[serde(flatten)]
    words: Words,
    delay: Option<String>,
    media: Vec<Shot>,
}

impl Looks {
    /// Of a form as it stands, whatever is wrong with it.
    pub async fn of(app: &App, caller: &Caller, (typed, editing): (&Typed, Option<&Editing>), desk: &Desk) -> Result<Self> {
        if typed.is_blank() {
            return Ok(Self::default());
        }
        // Whatever is planned, it is meant to go out one day.
        let now = Typed { when: "now".into(), zone: caller.zone.name().into(), ..typed.clone() };
        let Ok((draft, _)) = editing::draft(&now, editing, &desk.channels, &desk.media) else { return Ok(Self::default()) };
        if draft.entries.is_empty() {
            return Ok(Self::default());
        }
        let known = Known::load(app, caller.org, &draft, &[]).await?;
        let problems = check(&draft, &known, app.clock.now());
        let checklist = checklist::list(&problems, &draft, (typed, desk));
        let blocking = checklist::blocking(&checklist);
        Ok(Self { checklist, blocking, looks: looks(&draft, typed, desk), approval: None })
    }
}

fn looks(draft: &Draft, typed: &Typed, desk: &Desk) -> Vec<Look> {
    let channel = |entry: &Entry| desk.channels.iter().find(|c| c.id == entry.channel);
    draft.entries.iter().filter_map(|entry| Some(look(entry, channel(entry)?, typed, desk))).collect()
}

fn look(entry: &Entry, channel: &Channel, typed: &Typed, desk: &Desk) -> Look {
    let about = channel.provider().map(|p| p.about());
    let title = entry.settings["title"].as_str().map(str::trim).filter(|title| !title.is_empty());
    let part = |(n, part): (usize, &EntryPart)| LookPart {
        words: preview::words(&part.text, about),
        delay: words::delay(n.try_into().unwrap_or_default(), part.delay_seconds).filter(|_| part.delay_seconds > 0),
        media: part.media.iter().filter_map(|m| Some(shot(desk.media.get(&m.id)?, &m.alt))).collect(),
    };
    Look {
        channel_id: channel.id,
        name: channel.name.clone(),
        handle: channel.handle.clone(),
        picture: channel.picture.clone(),
        provider: channel.provider.clone(),
        provider_name: about.map_or_else(|| channel.provider.clone(), |a| a.name.to_owned()),
        look: preview::look(about),
        own: typed.own_of(&channel.id.to_string()).is_some(),
        title: title.map(str::to_owned),
        parts: entry.parts.iter().enumerate().map(part).collect(),
    }
}

/// What the form as it stands would look like. Nothing is kept.
#[handler]
pub async fn show(app: App, caller: Caller, frame: Frame, form: Form) -> web::Result {
    let typed = Typed::parse(form.0);
    let desk = Desk::load(&app, caller.org, &typed).await?;
    let looks = Looks::of(&app, &caller, (&typed, None), &desk).await?;
    Ok(frame.page(&Looks { approval: Approval::of(&app, &caller, &typed, &desk).await?, ..looks })?)
}
