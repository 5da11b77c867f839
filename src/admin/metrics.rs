//! What `/metrics` says: this process, its requests, and delivery as its meters and a few bounded queries see it. No label
//! comes from outside, so their number is bounded by this program.

use chrono::TimeDelta;

use super::{exposition::Exposition, model};
use crate::{
    app::App,
    delivery::meters,
    error::Result,
    kit::process::Process,
    web::{frame::VERSION, guard::ANSWERS},
};

/// The page. While the database is away it says so, and what the process knows by itself.
pub async fn page(app: &App) -> String {
    let mut page = Exposition::default();
    of_process(&mut page, app);
    of_delivery(&mut page);
    let mut stored = Exposition::default();
    let up = match of_database(&mut stored, app).await {
        Ok(()) => 1.0,
        Err(e) => {
            tracing::debug!(error = %e, "the database could not be asked for numbers");
            stored = Exposition::default();
            0.0
        }
    };
    page.single(("rostrum_database_up", "gauge", "1 when the database answered the questions of this page."), up);
    page.finish() + &stored.finish()
}

fn label(name: &'static str, value: impl ToString) -> Vec<(&'static str, String)> {
    vec![(name, value.to_string())]
}

fn of_process(page: &mut Exposition, app: &App) {
    let database = if app.db.is_postgres() { "postgres" } else { "sqlite" };
    let build = vec![("version", VERSION.to_owned()), ("database", database.to_owned())];
    page.family(("rostrum_build_info", "gauge", "Which program this is."), [(build, 1.0)]);
    if let Some(me) = Process::look() {
        page.single(("process_resident_memory_bytes", "gauge", "Memory in use."), me.resident as f64);
        page.single(("process_cpu_seconds_total", "counter", "Processor time used."), me.cpu);
        page.single(
            ("process_start_time_seconds", "gauge", "When it was started."),
            me.started_at.timestamp_millis() as f64 / 1e3,
        );
        page.single(("process_open_fds", "gauge", "Files and sockets it has open."), me.open as f64);
    }
    let answers = ANSWERS
        .all()
        .into_iter()
        .map(|((class, status), n)| (vec![("class", class.to_owned()), ("status", status.to_string())], n as f64));
    page.family(("rostrum_http_requests_total", "counter", "Requests answered, by kind of route and status."), answers);
    let pools = app.db.pools().into_iter().flat_map(|(pool, open, idle)| {
        let state = |state: &str| vec![("pool", pool.to_owned()), ("state", state.to_owned())];
        [(state("idle"), idle as f64), (state("used"), open.saturating_sub(idle) as f64)]
    });
    page.family(("rostrum_database_connections", "gauge", "Open connections to the database."), pools);
}

fn of_delivery(page: &mut Exposition) {
    page.single(
        ("rostrum_delivery_in_flight", "gauge", "Parts that are with a provider in this process now."),
        meters::IN_FLIGHT.get() as f64,
    );
    let outcomes = meters::OUTCOMES.all().into_iter().map(|((provider, kind), n)| {
        let outcome = kind.strip_prefix("part.").unwrap_or(kind);
        (vec![("provider", provider.to_owned()), ("outcome", outcome.to_owned())], n as f64)
    });
    page.family(("rostrum_delivery_parts_total", "counter", "What came of runs and looks, by provider."), outcomes);
    let attempts = meters::ATTEMPTS.all().into_iter().map(|(outcome, n)| (label("outcome", outcome), n as f64));
    page.family(
        ("rostrum_delivery_attempts_total", "counter", "Requests to platforms that others may see, by outcome."),
        attempts,
    );
    for (name, help, shape) in [
        ("rostrum_delivery_lateness_seconds", "From when a post could be sent to its first request.", meters::LATENESS.shape()),
        ("rostrum_engine_wake_error_seconds", "How much later than meant the engine woke.", meters::WAKE_ERROR.shape()),
        ("rostrum_ledger_group_entries", "Entries that the ledger committed together.", meters::LEDGER_GROUP.shape()),
        ("rostrum_ledger_commit_seconds", "How long the ledger took to write a group.", meters::LEDGER_COMMIT.shape()),
    ] {
        page.histogram(name, help, &shape);
    }
}

async fn of_database(page: &mut Exposition, app: &App) -> Result<()> {
    let now = app.clock.now();
    let work = model::work(&app.db, now).await?;
    page.single(("rostrum_delivery_due", "gauge", "Parts that may be sent now."), work.due as f64);
    page.single(("rostrum_delivery_overdue", "gauge", "Parts due for more than a minute."), work.overdue as f64);
    page.single(("rostrum_delivery_uncertain", "gauge", "Parts that are looked for on their platform."), work.uncertain as f64);
    page.single(("rostrum_lanes_claimed", "gauge", "Channels that a worker has."), work.lanes as f64);
    let waiting = model::waiting(&app.db).await?.into_iter().map(|(state, n)| (label("state", state), n as f64));
    page.family(("rostrum_waiting_for_person", "gauge", "Posts that wait for a person, by state."), waiting);
    let hour = model::on_time(&app.db, now - TimeDelta::hours(1)).await?;
    if hour.begun > 0 {
        let ratio = |within, n: i64| (label("within", within), n as f64 / hour.begun as f64);
        page.family(
            ("rostrum_delivery_on_time_ratio", "gauge", "Share of the posts of the last hour that began in time."),
            [ratio("1s", hour.second), ratio("60s", hour.minute)],
        );
    }
    if let Some(at) = model::heartbeat(&app.db).await? {
        let at = at.timestamp_millis() as f64 / 1e3;
        page.single(("rostrum_engine_heartbeat_timestamp_seconds", "gauge", "The engine's last sign of life."), at);
    }
    Ok(())
}
