//! `/inbox/downtime/{id}`: what was due while nobody showed life, what became of it, and what can be done.

use poem::{
    handler,
    web::{Path, Query},
};
use serde::Serialize;

use super::{back::Back, id, index::acts};
use crate::{
    app::App,
    delivery,
    error::{FieldError, Message, Result},
    inbox::{
        Cursor,
        item::{self, ActView, Item},
        model::{self, Toll},
    },
    kit::OutageId,
    orgs::Caller,
    posts::words::Reader,
    render::{FieldText, View, text},
    web::{self, Flash, Frame, Peer},
};

/// Targets on a page.
const PAGE: i64 = 100;

/// The page.
#[derive(Debug, Serialize)]
pub struct Downtime {
    id: OutageId,
    back: Back,
    from: String,
    to: String,
    lasted: String,
    due: i64,
    tolls: Vec<TollView>,
    items: Vec<Item>,
    acts: Vec<ActView>,
    next: Option<String>,
    errors: Vec<FieldText>,
}

impl View for Downtime {
    const TEMPLATE: &'static str = "inbox/downtime.html";

    fn title(&self) -> Message {
        "downtime.title".into()
    }
}

#[derive(Debug, Serialize)]
struct TollView {
    name: String,
    provider: String,
    picture: Option<String>,
    due: i64,
    published: i64,
    coming: i64,
    held: i64,
    missed: i64,
    trouble: i64,
}

impl From<Toll> for TollView {
    fn from(t: Toll) -> Self {
        Self {
            name: t.name,
            provider: t.provider,
            picture: t.picture,
            due: t.due,
            published: t.published,
            coming: t.coming,
            held: t.held,
            missed: t.missed,
            trouble: t.trouble,
        }
    }
}

/// One outage.
#[handler]
pub async fn show(app: App, caller: Caller, frame: Frame, Path(outage): Path<String>, Query(back): Query<Back>) -> web::Result {
    let back = Back { outage, ..back };
    Ok(frame.page(&Downtime::read(&app, &caller, back, &[]).await?)?)
}

/// Somebody has looked at it.
#[handler]
pub async fn dismiss(app: App, caller: Caller, peer: Peer, Path(outage): Path<String>) -> web::Result {
    let mut tx = app.db.begin().await?;
    delivery::dismiss_outage(&mut tx, caller.org, id(&outage)?, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Flash::ok("downtime.dismissed").into_response(web::redirect("/inbox"), &peer))
}

impl Downtime {
    /// The page of `back.outage`; `errors` of what was just tried.
    pub async fn read(app: &App, caller: &Caller, back: Back, errors: &[FieldError]) -> Result<Self> {
        let outage = delivery::find_outage(&app.db, caller.org, id(&back.outage)?).await?;
        let after = Cursor::parse(&back.after)?;
        let mut lines = model::concerned(&app.db, caller.org, outage.id, after, PAGE + 1).await?;
        let more = lines.len() as i64 > PAGE;
        lines.truncate(PAGE as usize);
        let back = Back { filter: String::new(), ..back };
        let next = lines.last().filter(|_| more).map(|line| Back { after: line.cursor().to_string(), ..back.clone() }.path());
        let items = item::items(app, caller, &lines.iter().map(|l| l.id).collect::<Vec<_>>()).await?;
        let tolls = model::tolls(&app.db, caller.org, outage.id).await?;
        let reader = Reader { now: app.clock.now(), zone: caller.zone };
        Ok(Self {
            id: outage.id,
            from: reader.short(outage.began_at),
            to: reader.short(outage.ended_at),
            lasted: lasted((outage.ended_at - outage.began_at).num_minutes()),
            due: tolls.iter().map(|t| t.due).sum(),
            tolls: tolls.into_iter().map(TollView::from).collect(),
            acts: acts(&items),
            items,
            next,
            back,
            errors: FieldText::list(errors),
        })
    }
}

/// Minutes in the largest unit that is no lie.
fn lasted(minutes: i64) -> String {
    let (key, count) = match minutes {
        m if m >= 2 * 24 * 60 => ("downtime.days", m / (24 * 60)),
        m if m >= 120 => ("downtime.hours", m / 60),
        m => ("downtime.minutes", m),
    };
    text(&Message::new(key).with("count", count))
}
