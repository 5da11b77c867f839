//! `GET /livez` and `GET /readyz`, for supervisors and load balancers; without login, before set-up too.

use chrono::TimeDelta;
use poem::{IntoResponse as _, Response, Route, get, handler, http::StatusCode, web::Json};
use serde_json::json;

use super::model;
use crate::app::App;

/// An engine without a sign of life for so long is stuck.
const SILENCE: TimeDelta = TimeDelta::seconds(60);

/// Adds the routes.
pub fn mount(route: Route) -> Route {
    route.at("/livez", get(livez)).at("/readyz", get(readyz))
}

/// The process answers.
#[handler]
fn livez() -> Json<serde_json::Value> {
    Json(json!({"status": "ok"}))
}

/// The database takes writes and the engine shows life: 200, else 503, with each check's result.
#[handler]
async fn readyz(app: App) -> Response {
    let database = app.db.check_writable().await;
    let engine = match &database {
        Ok(()) => engine(&app).await,
        // A database that is away takes seconds to say so: not twice.
        Err(_) => "unknown",
    };
    let ready = database.is_ok() && engine == "ok";
    let checks = json!({"database": if database.is_ok() { "ok" } else { "not writable" }, "engine": engine});
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({"status": if ready { "ok" } else { "unavailable" }, "checks": checks});
    (status, Json(body)).into_response()
}

async fn engine(app: &App) -> &'static str {
    match model::heartbeat(&app.db).await {
        Ok(Some(at)) if app.clock.now() - at <= SILENCE => "ok",
        Ok(_) => "no sign of life",
        Err(_) => "unknown",
    }
}
