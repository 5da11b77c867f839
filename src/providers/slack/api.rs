//! One call of Slack's Web API, and what its refusals mean: they come with status 200 and `ok: false`.
//! <https://docs.slack.dev/apis/web-api/using-the-slack-web-api>

use chrono::{DateTime, Utc};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value as Json;

use super::{ABOUT, Slack};
use crate::{
    error::{Failure, FailureKind},
    http::{Method, Reply},
    providers::{Access, credential},
};

#[derive(Deserialize)]
struct Answer {
    ok: bool,
    error: Option<String>,
    #[serde(default)]
    errors: Vec<String>,
    #[serde(default)]
    response_metadata: Metadata,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(default)]
    messages: Vec<String>,
}

/// The app is no longer welcome in the workspace.
const GONE: [&str; 8] = [
    "invalid_auth",
    "not_authed",
    "token_revoked",
    "token_expired",
    "account_inactive",
    "app_access_restricted",
    "org_login_required",
    "team_access_not_granted",
];
/// Slack's own trouble. Of these, the ones after which a message may stand are uncertain for a write.
const TROUBLE: [&str; 4] = ["service_unavailable", "fatal_error", "internal_error", "request_timeout"];

/// A read, by query.
pub async fn get<T: DeserializeOwned>(access: &Access<'_>, method: &str, query: &[(&str, &str)]) -> Result<T, Failure> {
    let url = address(access, method);
    let make = |credentials: &Json| access.http.request(Method::GET, &url).bearer(token(credentials)).query(query);
    access.send(&Slack, make).await?.json()
}

/// A write.
pub async fn post<T: DeserializeOwned>(access: &Access<'_>, method: &str, body: &Json) -> Result<T, Failure> {
    let url = address(access, method);
    let make = |credentials: &Json| access.http.request(Method::POST, &url).bearer(token(credentials)).json(body);
    access.send(&Slack, make).await?.json()
}

/// A write that may be repeated.
pub async fn repeat<T: DeserializeOwned>(access: &Access<'_>, method: &str, body: &Json) -> Result<T, Failure> {
    let url = address(access, method);
    let make = |credentials: &Json| access.http.request(Method::POST, &url).reads().bearer(token(credentials)).json(body);
    access.send(&Slack, make).await?.json()
}

fn address(access: &Access<'_>, method: &str) -> String {
    format!("{}/api/{method}", access.host(&ABOUT, "site"))
}

fn token(credentials: &Json) -> &str {
    credential(credentials, "access").unwrap_or_default()
}

/// `ok: false`, and why.
pub fn refused(reply: &Reply, now: DateTime<Utc>) -> Option<Failure> {
    let answer: Answer = serde_json::from_slice(&reply.body).ok()?;
    if answer.ok {
        return None;
    }
    let code = answer.error.unwrap_or_default();
    let kind = match code.as_str() {
        code if GONE.contains(&code) => FailureKind::Reconnect,
        code if TROUBLE.contains(&code) => FailureKind::Uncertain,
        "ratelimited" | "rate_limited" | "message_limit_exceeded" | "team_added_to_org" => {
            FailureKind::RateLimited { until: reply.retry_at(now) }
        }
        _ => FailureKind::Rejected,
    };
    let detail = answer.errors.first().or(answer.response_metadata.messages.first());
    let message = detail.map_or_else(|| code.replace('_', " "), |detail| format!("{}: {detail}", code.replace('_', " ")));
    Some(Failure::new(kind, message).code(code).raw(&reply.text()))
}

/// True when Slack refused with this code.
pub fn is(failure: &Failure, code: &str) -> bool {
    failure.code.as_deref() == Some(code)
}
