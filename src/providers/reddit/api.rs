//! One call of Reddit's API, and what its refusals mean: many come with status 200 and a list of errors.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value as Json;

use super::{ABOUT, Reddit};
use crate::{
    error::{Failure, FailureKind},
    http::{Method, Reply, Request},
    providers::{Access, Link, call::host, credential, oauth::scrubbed},
};

#[derive(Deserialize)]
struct Said {
    message: Option<String>,
    reason: Option<String>,
    explanation: Option<String>,
}

/// A read.
pub async fn get<T: DeserializeOwned>(access: &Access<'_>, path: &str, query: &[(&str, &str)]) -> Result<T, Failure> {
    let url = format!("{}/{path}", access.host(&ABOUT, "api"));
    let make = |credentials: &Json| request(access, Method::GET, &url, credentials).query(query).query(&[("raw_json", "1")]);
    access.send(&Reddit, make).await?.json()
}

/// A write.
pub async fn post<T: DeserializeOwned>(access: &Access<'_>, path: &str, form: &[(&str, &str)]) -> Result<T, Failure> {
    let url = format!("{}/{path}", access.host(&ABOUT, "api"));
    access.send(&Reddit, |credentials: &Json| request(access, Method::POST, &url, credentials).form(form)).await?.json()
}

/// A write that is sent as JSON.
pub async fn post_json<T: DeserializeOwned>(access: &Access<'_>, path: &str, body: &Json) -> Result<T, Failure> {
    let url = format!("{}/{path}", access.host(&ABOUT, "api"));
    access.send(&Reddit, |credentials: &Json| request(access, Method::POST, &url, credentials).json(body)).await?.json()
}

/// A write that may be repeated.
pub async fn repeat<T: DeserializeOwned>(access: &Access<'_>, path: &str, form: &[(&str, &str)]) -> Result<T, Failure> {
    let url = format!("{}/{path}", access.host(&ABOUT, "api"));
    access.send(&Reddit, |credentials: &Json| request(access, Method::POST, &url, credentials).reads().form(form)).await?.json()
}

/// A read before there is an account.
pub async fn ask<T: DeserializeOwned>(link: &Link<'_>, token: &str, path: &str) -> Result<T, Failure> {
    let url = format!("{}/{path}", host(link.hosts, &ABOUT, "api"));
    let request = link.http.request(Method::GET, &url).bearer(token).header("user-agent", &agent(""));
    let reply = request.send().await.and_then(|reply| reply.ok(link.now, explain));
    reply.map_err(|failure| scrubbed(failure, &[token]))?.json()
}

fn request(access: &Access<'_>, method: Method, url: &str, credentials: &Json) -> Request {
    let token = credential(credentials, "access").unwrap_or_default();
    let name = credential(credentials, "handle").unwrap_or_default();
    access.http.request(method, url).bearer(token).header("user-agent", &agent(name))
}

/// Reddit slows down whoever does not say who they are:
/// <https://support.reddithelp.com/hc/en-us/articles/16160319875092>
fn agent(name: &str) -> String {
    let by = if name.is_empty() { String::new() } else { format!(" (by /u/{name})") };
    format!("server:rostrum:v{}{by}", env!("CARGO_PKG_VERSION"))
}

/// `json.errors`: code, words and field of each.
pub fn refused(reply: &Reply, now: DateTime<Utc>) -> Option<Failure> {
    let said: Json = serde_json::from_slice(&reply.body).ok()?;
    let error = said["json"]["errors"].as_array()?.first()?;
    let (code, words) = (error[0].as_str().unwrap_or("UNKNOWN"), error[1].as_str().unwrap_or_default());
    let kind = match code {
        "RATELIMIT" => FailureKind::RateLimited { until: pause(words).map(|pause| now + pause) },
        _ => FailureKind::Rejected,
    };
    let words = if words.is_empty() { code } else { words };
    Some(Failure::new(kind, words).code(code).raw(&reply.text()))
}

/// "… take a break for 9 minutes before trying again": the number and its unit.
fn pause(words: &str) -> Option<TimeDelta> {
    let words: Vec<&str> = words.split_whitespace().collect();
    words.windows(2).find_map(|pair| {
        let number: i64 = pair[0].parse().ok().filter(|n| (1..=1_440).contains(n))?;
        let unit = pair[1].trim_end_matches(|c: char| !c.is_alphabetic());
        match unit.trim_end_matches('s') {
            "hour" => Some(TimeDelta::hours(number)),
            // The number is rounded down.
            "minute" => Some(TimeDelta::minutes(number + 1)),
            "second" | "millisecond" => Some(TimeDelta::seconds(number + 1)),
            _ => None,
        }
    })
}

/// Reddit's words instead of its status.
pub fn explain(reply: &Reply, failure: Failure) -> Failure {
    match serde_json::from_slice::<Said>(&reply.body) {
        Ok(said) => {
            let code = said.reason.clone().unwrap_or_else(|| reply.status.to_string());
            let words = said.explanation.or(said.message).unwrap_or_else(|| failure.message.clone());
            Failure { message: words, ..failure }.code(code)
        }
        // A page: Reddit has closed its doors to this address or this program.
        Err(_) if reply.status == 403 && reply.text().contains("network security") => {
            Failure { message: "Reddit blocks this server's address (network security)".into(), ..failure }
        }
        Err(_) => failure,
    }
}
