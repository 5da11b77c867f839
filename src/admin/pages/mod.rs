//! `/admin`: the state of the whole instance, for who runs it. Everybody else is told that there is no such page.

mod resume;

use chrono::TimeDelta;
use poem::{Route, get, handler};
use serde::Serialize;
use serde_json::Value as Json;

use super::{
    model::{self, LateChannel, MANY, Trouble},
    punctuality::Punctuality,
};
use crate::{
    app::App,
    delivery::meters,
    error::{Message, Result},
    kit::process::Process,
    orgs::Caller,
    providers,
    render::{Moment, View, text},
    web::{
        self, Frame,
        frame::{SOURCE, VERSION},
        problem::size,
    },
};

/// Adds the routes.
pub fn mount(route: Route) -> Route {
    resume::mount(route.at("/admin", get(index)))
}

/// The page.
#[derive(Debug, Serialize)]
struct Overview {
    version: &'static str,
    source: &'static str,
    database: String,
    database_size: String,
    started: Option<Moment>,
    memory: Option<String>,
    cpu: Option<String>,
    files: i64,
    files_size: String,
    heartbeat: Option<Moment>,
    silent: bool,
    has_metrics: bool,
    work: Vec<Figure>,
    waiting: Vec<Figure>,
    windows: Vec<Window>,
    late: Vec<Late>,
    troubles: Vec<TroubleView>,
    outages: Vec<OutageView>,
}

impl View for Overview {
    const TEMPLATE: &'static str = "admin/index.html";

    fn title(&self) -> Message {
        "admin.title".into()
    }
}

/// A number with its name; `loud` when somebody should look.
#[derive(Debug, Serialize)]
struct Figure {
    label: String,
    value: String,
    loud: bool,
}

impl Figure {
    fn new(key: &'static str, value: i64, loud: bool) -> Self {
        let value = if value > MANY { format!("> {MANY}") } else { value.to_string() };
        Self { label: text(&key.into()), value, loud }
    }
}

#[derive(Debug, Serialize)]
struct Window {
    label: String,
    begun: i64,
    second: Option<String>,
    minute: Option<String>,
    percentiles: Vec<String>,
    loud: bool,
}

#[derive(Debug, Serialize)]
struct Late {
    name: String,
    provider: String,
    organisation: String,
    begun: i64,
    slow: i64,
    late: i64,
    worst: String,
}

#[derive(Debug, Serialize)]
struct TroubleView {
    at: Moment,
    what: String,
    channel: Option<String>,
    organisation: String,
    words: Option<String>,
}

#[derive(Debug, Serialize)]
struct OutageView {
    from: Moment,
    to: Moment,
    due: i64,
}

#[handler]
async fn index(app: App, caller: Caller, frame: Frame) -> web::Result {
    caller.require_operator()?;
    Ok(frame.page(&Overview::read(&app, &caller).await?)?)
}

/// An engine without a sign of life for so long is stuck.
const SILENCE: TimeDelta = TimeDelta::seconds(60);

impl Overview {
    async fn read(app: &App, caller: &Caller) -> Result<Self> {
        let (db, now) = (&app.db, app.clock.now());
        let moment = |at| Moment::new(at, now, caller.zone);
        let (version, bytes) = db.describe().await?;
        let (files, files_bytes) = model::store_use(db).await?;
        let heartbeat = model::heartbeat(db).await?;
        let process = Process::look();
        let outages = model::outages(db).await?;
        Ok(Self {
            version: VERSION,
            source: SOURCE,
            database: format!("{} {version}", if db.is_postgres() { "PostgreSQL" } else { "SQLite" }),
            database_size: size(u64::try_from(bytes).unwrap_or(0)),
            started: process.map(|p| moment(p.started_at)),
            memory: process.map(|p| size(p.resident)),
            cpu: process.map(|p| seconds(p.cpu)),
            files,
            files_size: size(u64::try_from(files_bytes).unwrap_or(0)),
            silent: heartbeat.is_none_or(|at| now - at > SILENCE),
            heartbeat: heartbeat.map(moment),
            has_metrics: app.config.metrics.token.is_some(),
            work: work(app).await?,
            waiting: model::waiting(db).await?.into_iter().map(|(state, n)| waiting(&state, n)).collect(),
            windows: windows(&Punctuality::windows(&model::begun(db, now).await?)),
            late: model::late_channels(db, now - TimeDelta::days(1)).await?.into_iter().map(late).collect(),
            troubles: model::troubles(db).await?.into_iter().map(|t| trouble(t, moment)).collect(),
            outages: outages.into_iter().map(|(from, to, due)| OutageView { from: moment(from), to: moment(to), due }).collect(),
        })
    }
}

async fn work(app: &App) -> Result<Vec<Figure>> {
    let work = model::work(&app.db, app.clock.now()).await?;
    Ok(vec![
        Figure::new("admin.pending", model::pending(&app.db).await?, false),
        Figure::new("admin.due", work.due, false),
        Figure::new("admin.overdue", work.overdue, work.overdue > 0),
        Figure::new("admin.in_flight", meters::IN_FLIGHT.get(), false),
        Figure::new("admin.lanes", work.lanes, false),
        Figure::new("admin.uncertain", work.uncertain, false),
    ])
}

fn waiting(state: &str, targets: i64) -> Figure {
    let name = crate::delivery::TargetState::parse(state).map(crate::posts::words::target_state);
    Figure { label: name.unwrap_or_else(|| state.to_owned()), value: targets.to_string(), loud: state == "needs_you" }
}

fn windows(windows: &[Option<Punctuality>; 3]) -> Vec<Window> {
    let labels = ["admin.hour", "admin.day", "admin.week"].map(|key| text(&key.into()));
    let shown = |(label, window): (String, &Option<Punctuality>)| match window {
        Some(w) => Window {
            label,
            begun: w.begun,
            second: Some(percent(w.second)),
            minute: Some(percent(w.minute)),
            percentiles: w.percentiles.map(|ms| format!("< {}", seconds(ms as f64 / 1_000.0))).into(),
            loud: w.minute < 1.0,
        },
        None => Window { label, begun: 0, second: None, minute: None, percentiles: Vec::new(), loud: false },
    };
    labels.into_iter().zip(windows).map(shown).collect()
}

/// Never rounded up to all of them.
fn percent(share: f64) -> String {
    format!("{} %", (share * 1_000.0).floor() / 10.0)
}

/// `12 ms`, `1.5 s`, `2.5 min`, `3.1 h`.
fn seconds(s: f64) -> String {
    match s {
        s if s < 1.0 => format!("{:.0} ms", s * 1_000.0),
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 3_600.0 => format!("{:.1} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}

fn late(c: LateChannel) -> Late {
    let provider = provider_name(&c.provider);
    let worst = seconds(c.worst as f64 / 1_000.0);
    Late { name: c.name, provider, organisation: c.organisation, begun: c.begun, slow: c.slow, late: c.late, worst }
}

fn provider_name(id: &str) -> String {
    providers::find(id).map_or(id, |p| p.about().name).to_owned()
}

fn trouble(t: Trouble, moment: impl Fn(chrono::DateTime<chrono::Utc>) -> Moment) -> TroubleView {
    let key = match t.kind.as_str() {
        "part.needs_you" => "admin.trouble.needs_you",
        "part.uncertain" => "admin.trouble.uncertain",
        "part.reconnect" => "admin.trouble.reconnect",
        _ => "admin.trouble.failed",
    };
    let provider = t.provider.as_deref().map(provider_name);
    let channel = t.channel.zip(provider).map(|(name, provider)| format!("{name} · {provider}"));
    let words = t.data.get("message").and_then(Json::as_str).filter(|words| !words.is_empty()).map(str::to_owned);
    TroubleView { at: moment(t.created_at), what: text(&key.into()), channel, organisation: t.organisation, words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_not_rounded_up_and_times_have_their_unit() {
        assert_eq!((percent(1.0), percent(0.9999), percent(0.0)), ("100 %".into(), "99.9 %".into(), "0 %".into()));
        assert_eq!([0.012, 1.5, 150.0, 11_160.0].map(seconds), ["12 ms", "1.5 s", "2.5 min", "3.1 h"]);
    }
}
