//! Questions and changes in GraphQL: one address, and refusals that come as 200. Knows no article.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::{ABOUT, Hashnode};
use crate::{
    error::{Failure, FailureKind},
    http::{Client, Method, Reply, Request},
    providers::{Access, Link, call::host},
};

fn request(http: &Client, api: &str, key: &str, body: &Json) -> Request {
    http.request(Method::POST, &format!("{api}/")).bearer(key).json(body)
}

/// A question in the name of a key that has no account yet; `at` is where the answer's value stands.
pub async fn ask_as<T: DeserializeOwned>(link: &Link<'_>, key: &str, query: &str, at: &str) -> Result<T, Failure> {
    let body = json!({"query": query, "variables": {}});
    let reply = request(link.http, &host(link.hosts, &ABOUT, "api"), key, &body).reads().send().await?;
    let reply = reply.ok(link.now, explain)?;
    refused(&reply, link.now).map_or(Ok(()), Err)?;
    value(&reply, at, FailureKind::Unexpected)
}

/// A question.
pub async fn ask<T: DeserializeOwned>(access: &Access<'_>, query: &str, variables: Json, at: &str) -> Result<T, Failure> {
    let (api, key) = (access.host(&ABOUT, "api"), access.credential("apiKey")?);
    let body = json!({"query": query, "variables": variables});
    value(&access.send(&Hashnode, |_| request(access.http, &api, &key, &body).reads()).await?, at, FailureKind::Unexpected)
}

/// A change. A failure inside the platform may have come after the change was made.
pub async fn change<T: DeserializeOwned>(access: &Access<'_>, query: &str, input: &Json, at: &str) -> Result<T, Failure> {
    let (api, key) = (access.host(&ABOUT, "api"), access.credential("apiKey")?);
    let body = json!({"query": query, "variables": {"input": input}});
    let unsure = |_: &Reply, failure: Failure| match failure.kind {
        FailureKind::Unavailable => Failure { kind: FailureKind::Uncertain, ..failure },
        _ => failure,
    };
    value(&access.send_as(&Hashnode, |_| request(access.http, &api, &key, &body), unsure).await?, at, FailureKind::Uncertain)
}

/// The value that stands at `at` within the data. Without it nobody knows what a change has done.
fn value<T: DeserializeOwned>(reply: &Reply, at: &str, missing: FailureKind) -> Result<T, Failure> {
    let answer: Json = reply.json()?;
    let value = answer["data"].pointer(at).cloned().unwrap_or_default();
    let unreadable = |e| Failure::new(missing, format!("the platform's answer cannot be read: {e}")).raw(&reply.text());
    serde_json::from_value(value).map_err(unreadable)
}

/// What the answer's errors say, when it gives no data beside them.
pub fn refused(reply: &Reply, _now: DateTime<Utc>) -> Option<Failure> {
    let answer: Json = serde_json::from_slice(&reply.body).ok()?;
    let has_data = answer["data"].as_object().is_some_and(|data| data.values().any(|value| !value.is_null()));
    let first = answer["errors"].get(0).filter(|_| !has_data)?;
    Some(said(first, Failure::rejected("the platform refused").code(reply.status.to_string()).raw(&reply.text())))
}

/// As [`refused`], of an answer whose status says it already.
pub fn explain(reply: &Reply, failure: Failure) -> Failure {
    let answer: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    answer["errors"].get(0).map_or(failure.clone(), |first| said(first, failure))
}

/// <https://github.com/Hashnode/gql-skill>: the codes of `extensions`.
fn said(error: &Json, failure: Failure) -> Failure {
    let code = error["extensions"]["code"].as_str().unwrap_or_default();
    let kind = match code {
        "UNAUTHENTICATED" => FailureKind::Reconnect,
        "FORBIDDEN" | "NOT_FOUND" | "BAD_USER_INPUT" | "GRAPHQL_VALIDATION_FAILED" | "GRAPHQL_PARSE_FAILED" => {
            FailureKind::Rejected
        }
        "INTERNAL_SERVER_ERROR" if failure.kind == FailureKind::Rejected => FailureKind::Unavailable,
        _ => failure.kind,
    };
    let message = error["message"].as_str().filter(|words| !words.is_empty()).map_or(failure.message.clone(), str::to_owned);
    let failure = Failure { kind, message, ..failure };
    if code.is_empty() { failure } else { failure.code(code) }
}
