//! One call of the Bot API, and what its refusals mean. The bot's token is part of every address, so none is ever repeated.
//! <https://core.telegram.org/bots/api#making-requests>

use chrono::TimeDelta;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value as Json;

use super::{ABOUT, Telegram};
use crate::{
    error::{Failure, FailureKind},
    http::{FormData, Method, Reply, Request},
    providers::{Access, Answers, Link, call::host, oauth::scrubbed},
};

#[derive(Deserialize)]
struct Answer<T> {
    result: T,
}

#[derive(Deserialize)]
struct Refusal {
    error_code: i64,
    description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Deserialize, Default)]
struct Parameters {
    retry_after: Option<i64>,
    migrate_to_chat_id: Option<i64>,
}

/// What ends a channel: the bot is not (or no longer) where it should write.
const GONE: [&str; 6] = [
    "bot was kicked",
    "bot is not a member",
    "bot was blocked",
    "chat not found",
    "user is deactivated",
    "group chat was deactivated",
];

/// A write.
pub async fn write<T: DeserializeOwned>(access: &Access<'_>, method: &str, body: &Json) -> Result<T, Failure> {
    let url = address(access, method)?;
    result(access.send_as(&Telegram, |_| access.http.request(Method::POST, &url).json(body), timed(access)).await?)
}

/// A read, or a write that may be repeated.
pub async fn read<T: DeserializeOwned>(access: &Access<'_>, method: &str, body: &Json) -> Result<T, Failure> {
    let url = address(access, method)?;
    let make = |_: &Json| access.http.request(Method::POST, &url).reads().json(body);
    result(access.send_as(&Telegram, make, timed(access)).await?)
}

/// A write with files.
pub async fn upload<T: DeserializeOwned>(access: &Access<'_>, method: &str, form: FormData) -> Result<T, Failure> {
    let url = address(access, method)?;
    let sent = access.send_once(&Telegram, access.http.request(Method::POST, &url).multipart(form)).await;
    result(sent.map_err(|failure| later(failure, access.now))?)
}

/// A call before there is an account.
pub async fn ask<T: DeserializeOwned>(link: &Link<'_>, method: &str, body: &Json) -> Result<T, Failure> {
    let token = token(link.app)?;
    let url = format!("{}/bot{token}/{method}", host(link.hosts, &ABOUT, "api"));
    let request: Request = link.http.request(Method::POST, &url).reads().json(body);
    let reply = request.send().await.and_then(|reply| reply.ok(link.now, explain));
    result(reply.map_err(|failure| scrubbed(failure, &[token]))?)
}

fn token(app: &Answers) -> Result<&str, Failure> {
    let token = app.get("bot_token").map(|token| token.trim()).filter(|token| !token.is_empty());
    token.ok_or_else(|| Failure::rejected("no Telegram bot is set up: its token is missing"))
}

fn address(access: &Access<'_>, method: &str) -> Result<String, Failure> {
    Ok(format!("{}/bot{}/{method}", access.host(&ABOUT, "api"), token(access.app)?))
}

fn result<T: DeserializeOwned>(reply: Reply) -> Result<T, Failure> {
    Ok(reply.json::<Answer<T>>()?.result)
}

fn timed(access: &Access<'_>) -> impl Fn(&Reply, Failure) -> Failure {
    let now = access.now;
    move |_, failure| later(failure, now)
}

/// The wait stands in the body; a header may lack.
fn later(failure: Failure, now: chrono::DateTime<chrono::Utc>) -> Failure {
    let FailureKind::RateLimited { .. } = failure.kind else { return failure };
    let seconds = refusal(&failure).and_then(|refusal| refusal.parameters.retry_after);
    match seconds.and_then(TimeDelta::try_seconds) {
        Some(wait) => Failure { kind: FailureKind::RateLimited { until: Some(now + wait) }, ..failure },
        None => failure,
    }
}

/// The chat's new id, when a group has become a supergroup: nothing was sent.
pub fn moved(failure: &Failure) -> Option<String> {
    Some(refusal(failure)?.parameters.migrate_to_chat_id?.to_string())
}

fn refusal(failure: &Failure) -> Option<Refusal> {
    serde_json::from_str(failure.raw.as_deref()?).ok()
}

/// Telegram has one code for all that is wrong with a message; its words tell more.
pub fn explain(reply: &Reply, failure: Failure) -> Failure {
    let Ok(refusal) = serde_json::from_slice::<Refusal>(&reply.body) else { return failure };
    let words = refusal.description.to_lowercase();
    let kind = match refusal.error_code {
        401 | 404 => FailureKind::Reconnect,
        // Somebody else asks for the bot's messages at this moment.
        409 => FailureKind::Unavailable,
        400 | 403 if GONE.iter().any(|gone| words.contains(gone)) => FailureKind::Reconnect,
        400 | 403 | 413 => FailureKind::Rejected,
        _ => failure.kind,
    };
    Failure { kind, message: refusal.description, ..failure }.code(refusal.error_code.to_string())
}
