//! `/inbox`: everything that waits for a person, newest first, by cursor.

use poem::{handler, web::Query};
use serde::Serialize;

use super::back::Back;
use crate::{
    app::App,
    error::{FieldError, Message, Result},
    inbox::{
        Act, Cursor,
        item::{self, ActView, Item},
        model::{self, BrokenChannel, Count, Line},
    },
    kit::PartId,
    orgs::Caller,
    render::{FieldText, View, lookup, text},
    web::{self, Frame},
};

/// Targets on a page.
const PAGE: i64 = 50;

/// The kinds that are always told apart, in their order; others follow as they are found.
const KINDS: [&str; 6] = ["needs_you", "held_reconnect", "held_late", "missed", "failed", "held_paused"];

/// The page.
#[derive(Debug, Serialize)]
pub struct Inbox {
    back: Back,
    filters: Vec<Filter>,
    channels: Vec<ChannelView>,
    items: Vec<Item>,
    acts: Vec<ActView>,
    next: Option<String>,
    errors: Vec<FieldText>,
    /// What was typed into the field of a part.
    typed: Option<(PartId, String)>,
}

impl View for Inbox {
    const TEMPLATE: &'static str = "inbox/index.html";

    fn title(&self) -> Message {
        "inbox.title".into()
    }
}

#[derive(Debug, Serialize)]
struct Filter {
    value: String,
    label: String,
    count: i64,
}

#[derive(Debug, Serialize)]
struct ChannelView {
    name: String,
    provider: String,
    handle: String,
    picture: Option<String>,
    reason: Option<String>,
    held: i64,
    url: String,
}

impl From<BrokenChannel> for ChannelView {
    fn from(c: BrokenChannel) -> Self {
        let url = item::reconnect(&c.provider, c.id);
        Self { name: c.name, provider: c.provider, handle: c.handle, picture: c.picture, reason: c.reason, held: c.held, url }
    }
}

/// The list.
#[handler]
pub async fn index(app: App, caller: Caller, frame: Frame, Query(back): Query<Back>) -> web::Result {
    Ok(frame.page(&Inbox::read(&app, &caller, back, &[]).await?)?)
}

impl Inbox {
    /// The page; `errors` of what was just tried.
    pub async fn read(app: &App, caller: &Caller, back: Back, errors: &[FieldError]) -> Result<Self> {
        let after = Cursor::parse(&back.after)?;
        let back = Back { filter: back.kind().unwrap_or_default().to_owned(), outage: String::new(), ..back };
        let mut lines: Vec<Line> = model::list_query(caller.org, back.kind(), after, PAGE + 1).all(&app.db).await?;
        let more = lines.len() as i64 > PAGE;
        lines.truncate(PAGE as usize);
        let next = lines.last().filter(|_| more).map(|line| Back { after: line.cursor().to_string(), ..back.clone() }.path());
        let items = item::items(app, caller, &lines.iter().map(|l| l.id).collect::<Vec<_>>()).await?;
        let broken = model::broken_channels(&app.db, caller.org).await?;
        let counts = model::counts(&app.db, caller.org).await?;
        let shows_channels = after.is_none() && matches!(back.filter.as_str(), "" | "held_reconnect");
        Ok(Self {
            filters: filters(&counts, broken.len() as i64, &back.filter),
            channels: if shows_channels { broken.into_iter().map(ChannelView::from).collect() } else { Vec::new() },
            acts: acts(&items),
            items,
            next,
            errors: FieldText::list(errors),
            typed: None,
            back,
        })
    }

    /// With what was typed into the field of a part.
    pub fn with_typed(mut self, part: PartId, words: &str) -> Self {
        self.typed = Some((part, words.to_owned()));
        self
    }
}

/// What can be done with at least one of these.
pub fn acts(items: &[Item]) -> Vec<ActView> {
    let all = Act::ALL.into_iter().map(ActView::new);
    all.filter(|act| items.iter().any(|item| item.acts.contains(act))).collect()
}

/// One for all, and one for each kind that there is, or that is chosen.
fn filters(counts: &[Count], broken: i64, chosen: &str) -> Vec<Filter> {
    let total: i64 = counts.iter().map(|c| c.targets).sum::<i64>() + broken;
    let count = |kind: &str| {
        let targets = counts.iter().find(|c| c.kind == kind).map_or(0, |c| c.targets);
        if kind == "held_reconnect" { targets + broken } else { targets }
    };
    let others = counts.iter().map(|c| c.kind.as_str()).filter(|kind| !KINDS.contains(kind));
    let kinds = KINDS.into_iter().chain(others).filter(|kind| count(kind) > 0 || *kind == chosen);
    let all = Filter { value: String::new(), label: text(&"inbox.kind.all".into()), count: total };
    std::iter::once(all)
        .chain(kinds.map(|kind| Filter { value: kind.to_owned(), label: label(kind), count: count(kind) }))
        .collect()
}

fn label(kind: &str) -> String {
    let key = format!("inbox.kind.{kind}");
    lookup(&key).unwrap_or_else(|| text(&"inbox.kind.held".into()))
}
