//! One call of Discord's API as the bot, and what its refusals mean.
//! <https://discord.com/developers/docs/topics/opcodes-and-status-codes#json>

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value as Json;

use super::{ABOUT, Discord};
use crate::{
    error::{Failure, FailureKind},
    http::{FormData, Method, Reply, Request},
    providers::{Access, Answers, Link},
};

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    code: i64,
    message: String,
    #[serde(default)]
    errors: Json,
}

/// A call with a JSON body, or without one.
pub async fn call<T: DeserializeOwned>(
    access: &Access<'_>,
    method: Method,
    path: &str,
    body: Option<&Json>,
) -> Result<T, Failure> {
    send(access, method, path, body).await?.json()
}

/// As [`call`], for answers that say nothing.
pub async fn send(access: &Access<'_>, method: Method, path: &str, body: Option<&Json>) -> Result<Reply, Failure> {
    let token = token(access.app)?;
    let make = |_: &Json| {
        let request = request(access, method.clone(), path, token);
        match body {
            Some(body) => request.json(body),
            None => request,
        }
    };
    access.send(&Discord, make).await
}

/// As [`call`], what it writes may be written again.
pub async fn repeat(access: &Access<'_>, method: Method, path: &str, body: Option<&Json>) -> Result<Reply, Failure> {
    let token = token(access.app)?;
    let make = |_: &Json| {
        let request = request(access, method.clone(), path, token).reads();
        match body {
            Some(body) => request.json(body),
            None => request,
        }
    };
    access.send(&Discord, make).await
}

/// A write with files.
pub async fn upload<T: DeserializeOwned>(access: &Access<'_>, path: &str, form: FormData) -> Result<T, Failure> {
    let request = request(access, Method::POST, path, token(access.app)?).multipart(form);
    access.send_once(&Discord, request).await?.json()
}

fn request(access: &Access<'_>, method: Method, path: &str, token: &str) -> Request {
    let url = format!("{}/api/v10/{path}", access.host(&ABOUT, "site"));
    let request = access.http.request(method, &url).header("authorization", &format!("Bot {token}"));
    request.header("user-agent", &agent(&access.link()))
}

/// Discord refuses other names than this form: <https://discord.com/developers/docs/reference#user-agent>
pub fn agent(link: &Link<'_>) -> String {
    let instance = link.redirect.split("/integrations/").next().unwrap_or_default();
    format!("DiscordBot ({instance}, {})", env!("CARGO_PKG_VERSION"))
}

fn token(app: &Answers) -> Result<&str, Failure> {
    let token = app.get("bot_token").map(|token| token.trim()).filter(|token| !token.is_empty());
    token.ok_or_else(|| Failure::rejected("no Discord bot is set up: its token is missing"))
}

/// By Discord's own codes, never by digits that happen to stand in the answer.
pub fn explain(reply: &Reply, failure: Failure) -> Failure {
    let Ok(refusal) = serde_json::from_slice::<Refusal>(&reply.body) else { return failure };
    let kind = match refusal.code {
        // A server that is unknown, or a token that is wrong.
        10004 | 40001 | 50025 => FailureKind::Reconnect,
        // Slow mode, and limits of writes to a channel and to a server.
        20016 | 20028 | 20029 => FailureKind::RateLimited { until: waits(&failure) },
        _ => failure.kind,
    };
    let detail = detail(&refusal.errors).filter(|detail| *detail != refusal.message);
    let message = detail.map_or_else(|| refusal.message.clone(), |detail| format!("{}: {detail}", refusal.message));
    let code = if refusal.code == 0 { reply.status.to_string() } else { refusal.code.to_string() };
    Failure { kind, message, ..failure }.code(code)
}

fn waits(failure: &Failure) -> Option<chrono::DateTime<chrono::Utc>> {
    match failure.kind {
        FailureKind::RateLimited { until } => until,
        _ => None,
    }
}

/// The first of the nested words about a form.
fn detail(errors: &Json) -> Option<String> {
    match errors {
        Json::Object(fields) => match fields.get("_errors") {
            Some(list) => list[0]["message"].as_str().map(str::to_owned),
            None => fields.values().find_map(detail),
        },
        _ => None,
    }
}

/// True when the answer has this code of Discord's.
pub fn is(failure: &Failure, code: &str) -> bool {
    failure.code.as_deref() == Some(code)
}
