//! `GET /livez` and `GET /readyz`, for supervisors and load balancers; without login, before set-up too. `GET /metrics`, for
//! who has its own token.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use poem::{
    EndpointExt as _, IntoResponse as _, Request, Response, Route, get, handler,
    http::StatusCode,
    web::{Data, Json},
};
use serde_json::json;
use tokio::sync::Mutex;

use super::{exposition::Exposition, metrics};
use crate::{
    app::App,
    error::{Error, Result},
    instance,
    kit::crypto,
};

/// An engine without a sign of life for so long is stuck.
const SILENCE: TimeDelta = TimeDelta::seconds(60);

/// Anybody may ask, and each check is a write: those who ask within this time share one.
const SHARED: Duration = Duration::from_secs(1);

/// The last check and when it was made.
type Last = Arc<Mutex<Option<(Instant, Checks)>>>;

#[derive(Clone, Copy)]
struct Checks {
    writable: bool,
    engine: &'static str,
    paused: bool,
}

/// Adds the routes.
pub fn mount(route: Route) -> Route {
    route.at("/livez", get(livez)).at("/readyz", get(readyz.data(Last::default()))).at("/metrics", get(numbers))
}

/// 404 unless a token is configured, 401 without it: a session opens nothing here.
#[handler]
async fn numbers(app: App, req: &Request) -> Result<Response> {
    let Some(token) = &app.config.metrics.token else { return Err(Error::NotFound("page")) };
    let given = req.header("authorization").and_then(|header| header.strip_prefix("Bearer ")).unwrap_or_default();
    // Hashed first, so that the comparison takes as long for any length.
    let hash = |text: &str| crypto::sha256(text.as_bytes());
    if !crypto::same(&hash(token.expose()), &hash(given)) {
        let refusal = Response::builder().status(StatusCode::UNAUTHORIZED).header("www-authenticate", "Bearer");
        return Ok(refusal.finish());
    }
    Ok(Response::builder()
        .content_type(Exposition::CONTENT_TYPE)
        .header("cache-control", "no-store")
        .body(metrics::page(&app).await))
}

/// The process answers.
#[handler]
fn livez() -> Json<serde_json::Value> {
    Json(json!({"status": "ok"}))
}

/// The database takes writes and this process shows life (its engine, when it has one): 200, also while sending is paused, else 503, with each check's result.
#[handler]
async fn readyz(app: App, last: Data<&Last>) -> Response {
    let mut last = last.lock().await;
    let Checks { writable, engine, paused } = match &*last {
        Some((at, checks)) if at.elapsed() < SHARED => *checks,
        _ => last.insert((Instant::now(), check(&app).await)).1,
    };
    drop(last);
    let ready = writable && matches!(engine, "ok" | "elsewhere");
    let checks = json!({
        "database": if writable { "ok" } else { "not writable" }, "engine": engine, "sending": if paused { "paused" } else { "ok" },
    });
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({"status": if ready { "ok" } else { "unavailable" }, "checks": checks});
    (status, Json(body)).into_response()
}

async fn check(app: &App) -> Checks {
    let database = app.db.check_writable().await;
    let engine = match &database {
        Ok(()) if !app.config.server.role.sends() => "elsewhere",
        Ok(()) => engine(app).await,
        // A database that is away takes seconds to say so: not twice.
        Err(_) => "unknown",
    };
    let paused = database.is_ok() && instance::held(&app.db).await.is_ok_and(|held| held.is_some());
    Checks { writable: database.is_ok(), engine, paused }
}

async fn engine(app: &App) -> &'static str {
    match instance::heartbeat_of(&app.db, app.life.dir).await {
        Ok(Some(at)) if app.clock.now() - at <= SILENCE => "ok",
        Ok(_) => "no sign of life",
        Err(_) => "unknown",
    }
}
