//! `/admin/jobs`. For operators; to everybody else there is no such page.

use poem::{
    Route, get, handler, post,
    web::{Path, Query},
};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    error::{Error, Message, Result},
    events, identity,
    kit::JobId,
    orgs::Caller,
    queue::{self, Counts, Dead},
    render::{Moment, View},
    web::{self, Flash, Form, Frame, Peer},
};

const PATH: &str = "/admin/jobs";
/// Dead jobs on a page.
const PAGE: i64 = 50;

/// Adds the routes.
pub fn mount(route: Route) -> Route {
    route
        .at(PATH, get(show))
        .at("/admin/jobs/replay", post(replay_all))
        .at("/admin/jobs/discard", post(discard_all))
        .at("/admin/jobs/:id/replay", post(replay))
        .at("/admin/jobs/:id", poem::delete(discard))
}

/// `templates/admin/jobs.html`.
#[derive(Debug, Serialize)]
struct Jobs {
    kinds: Vec<Kind>,
    oldest_due: Option<Moment>,
    pending_events: i64,
    rescued: i64,
    rescuer_at: Option<Moment>,
    abandoned: i64,
    dead: Vec<DeadView>,
    next: Option<String>,
}

/// A row: how many of a kind are in each state.
#[derive(Debug, Serialize)]
struct Kind {
    name: String,
    queued: i64,
    running: i64,
    done: i64,
    cancelled: i64,
    dead: i64,
}

#[derive(Debug, Serialize)]
struct DeadView {
    id: JobId,
    kind: String,
    payload: String,
    tries: i64,
    error: Option<String>,
    at: Option<Moment>,
}

impl View for Jobs {
    const TEMPLATE: &'static str = "admin/jobs.html";

    fn title(&self) -> Message {
        "jobs.title".into()
    }
}

impl Jobs {
    async fn read(app: &App, caller: &Caller, after: Option<JobId>) -> Result<Self> {
        let now = app.clock.now();
        let moment = |at| Moment::new(at, now, caller.zone);
        let counts = queue::counts(&app.db, now).await?;
        let mut dead = queue::dead(&app.db, after, PAGE + 1).await?;
        let more = dead.len() as i64 > PAGE;
        dead.truncate(PAGE as usize);
        let next = dead.last().filter(|_| more).map(|last| format!("{PATH}?after={}", last.id));
        let view = |job: Dead| DeadView {
            id: job.id,
            kind: job.kind,
            payload: job.payload.to_string(),
            tries: job.tries,
            error: job.error,
            at: job.finished_at.map(moment),
        };
        Ok(Self {
            kinds: kinds(&counts),
            oldest_due: counts.oldest_due.map(moment),
            pending_events: events::count_pending(&app.db).await?,
            rescued: counts.rescued,
            rescuer_at: counts.rescuer_at.map(moment),
            abandoned: counts.abandoned,
            dead: dead.into_iter().map(view).collect(),
            next,
        })
    }
}

fn kinds(counts: &Counts) -> Vec<Kind> {
    let mut names: Vec<&str> = counts.kinds.iter().map(|k| k.kind.as_str()).collect();
    names.dedup();
    let count = |kind: &str, state: &str| counts.kinds.iter().find(|k| k.kind == kind && k.state == state).map_or(0, |k| k.count);
    let kind = |name: &str| Kind {
        name: name.to_owned(),
        queued: count(name, "queued"),
        running: count(name, "running"),
        done: count(name, "done"),
        cancelled: count(name, "cancelled"),
        dead: count(name, "dead"),
    };
    names.into_iter().map(kind).collect()
}

/// Everybody else is told that there is nothing.
async fn operator(app: &App, caller: &Caller) -> Result<()> {
    match identity::is_operator(&app.db, caller.person()?).await? {
        true => Ok(()),
        false => Err(Error::NotFound("page")),
    }
}

#[derive(Debug, Deserialize)]
struct After {
    /// The last job of the page before; one that is no id is none.
    after: Option<String>,
}

#[handler]
async fn show(app: App, caller: Caller, frame: Frame, Query(page): Query<After>) -> web::Result {
    operator(&app, &caller).await?;
    Ok(frame.page(&Jobs::read(&app, &caller, page.after.and_then(|id| id.parse().ok())).await?)?)
}

fn parse(id: &str) -> Result<JobId> {
    id.parse().map_err(|_| Error::NotFound("job"))
}

#[handler]
async fn replay(app: App, caller: Caller, Path(id): Path<String>, peer: Peer) -> web::Result {
    operator(&app, &caller).await?;
    let id = parse(&id)?;
    let mut tx = app.db.begin().await?;
    queue::replay(&mut tx, id, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Flash::ok("jobs.replayed").into_response(web::redirect(PATH), &peer))
}

#[handler]
async fn discard(app: App, caller: Caller, Path(id): Path<String>, peer: Peer) -> web::Result {
    operator(&app, &caller).await?;
    let id = parse(&id)?;
    let mut tx = app.db.begin().await?;
    queue::discard(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Flash::ok("jobs.discarded").into_response(web::redirect(PATH), &peer))
}

#[handler]
async fn replay_all(app: App, caller: Caller, form: Form, peer: Peer) -> web::Result {
    operator(&app, &caller).await?;
    let mut tx = app.db.begin().await?;
    let count = queue::replay_all(&mut tx, form.get("kind"), app.clock.now()).await?;
    tx.commit().await?;
    Ok(Flash::ok(Message::new("jobs.replayed_all").with("count", count)).into_response(web::redirect(PATH), &peer))
}

#[handler]
async fn discard_all(app: App, caller: Caller, form: Form, peer: Peer) -> web::Result {
    operator(&app, &caller).await?;
    let mut tx = app.db.begin().await?;
    let count = queue::discard_all(&mut tx, form.get("kind")).await?;
    tx.commit().await?;
    Ok(Flash::ok(Message::new("jobs.discarded_all").with("count", count)).into_response(web::redirect(PATH), &peer))
}
