//! `/calendar`: posts by day, week, month or one below the other; and moving them.

mod cards;
mod filters;
mod grid;
pub mod moving;

use poem::{Request, handler};
use serde::Serialize;

use crate::{
    app::App,
    error::{Message, Result},
    kit::zone,
    orgs::Caller,
    posts::{
        calendar::{
            asked::Asked,
            board::{Board, Surroundings},
            openings,
            period::{Look, Period, first_weekday},
        },
        model::{self, calendar as rows},
        words::Reader,
    },
    render::View,
    web::{self, Frame},
};

/// The page.
#[derive(Debug, Serialize)]
pub struct Calendar {
    #[serde(flatten)]
    board: Drawn,
}

impl View for Calendar {
    const TEMPLATE: &'static str = "posts/calendar.html";

    fn title(&self) -> Message {
        "calendar.title".into()
    }
}

/// The same without what is around it, for the script that keeps it fresh.
#[derive(Debug, Serialize)]
pub struct Fresh {
    #[serde(flatten)]
    board: Drawn,
}

impl View for Fresh {
    const TEMPLATE: &'static str = "posts/_calendar.html";

    fn title(&self) -> Message {
        "calendar.title".into()
    }
}

/// What both show.
#[derive(Debug, Serialize)]
struct Drawn {
    look: &'static str,
    title: String,
    date: String,
    href: String,
    zone: String,
    previous: String,
    next: String,
    today: String,
    looks: Vec<grid::LookView>,
    filters: filters::Filters,
    weekdays: Vec<grid::Weekday>,
    hours: Vec<String>,
    days: Vec<grid::Day>,
    earlier: Option<String>,
    later: Option<String>,
    undated: i64,
    /// Up to which event this page knows.
    known: String,
    /// What is missing before a calendar is of use: `channels` or `posts`.
    hint: Option<&'static str>,
}

/// The calendar, or with `HX-Request` only what is drawn anew.
#[handler]
pub async fn calendar(app: App, caller: Caller, frame: Frame, req: &Request) -> web::Result {
    let reader = Reader { now: app.clock.now(), zone: caller.zone };
    let today = |clock| zone::wall(clock, reader.now).date();
    let asked = Asked::read(req.uri().query().unwrap_or_default(), caller.zone, today);
    let board = Drawn::read(&app, &caller, &asked).await?;
    let mut answer =
        if req.header("hx-request").is_some() { frame.page(&Fresh { board })? } else { frame.page(&Calendar { board })? };
    answer.headers_mut().insert("vary", poem::http::HeaderValue::from_static("HX-Request"));
    Ok(answer)
}

impl Drawn {
    async fn read(app: &App, caller: &Caller, asked: &Asked) -> Result<Self> {
        let (org, clock) = (caller.org, asked.zone.unwrap_or(caller.zone));
        let reader = Reader { now: app.clock.now(), zone: clock };
        // Read first: what changes while the rest is read is told afterwards.
        let known = rows::newest_event(&app.db, org).await?;
        let around = Surroundings::read(app, org).await?;
        let period = Period::new(asked.look, asked.date, clock, first_weekday());
        let which = around.which(asked);
        let board = Board::read(app, org, &period, (asked, &which)).await?;
        let free = if asked.look == Look::List || period.whole().1 <= reader.now {
            openings::Openings::new()
        } else {
            openings::free(&app.db, org, (&around.shown(asked), &around.slots), period.whole(), reader.now).await?
        };
        let any = !board.cells.is_empty() || model::any_post(&app.db, org).await?;
        let link = |date| asked.with(|a| a.date = date).href();
        let page = |n: i64| Asked { page: n, ..asked.clone() }.href();
        let sheet = grid::Sheet { asked, period: &period, board: &board, around: &around, free: &free, reader };
        Ok(Self {
            look: asked.look.as_str(),
            title: period.title(),
            date: asked.date.to_string(),
            href: asked.href(),
            zone: clock.name().to_owned(),
            previous: link(period.previous()),
            next: link(period.next()),
            today: link(zone::wall(clock, reader.now).date()),
            looks: grid::looks(asked),
            filters: filters::Filters::new(asked, &around, caller),
            weekdays: grid::weekdays(&period),
            hours: if asked.look.has_hours() { (0..24).map(|hour| format!("{hour:02}:00")).collect() } else { Vec::new() },
            days: sheet.days(),
            earlier: (asked.look == Look::List && asked.page > 0).then(|| page(asked.page - 1)),
            later: board.next_page.then(|| page(asked.page + 1)),
            undated: rows::undated(&app.db, org).await?,
            known: known.map(|id| id.to_string()).unwrap_or_default(),
            hint: if around.channels.is_empty() { Some("channels") } else { (!any).then_some("posts") },
        })
    }
}
