//! One call of Tumblr's API, and what its refusals mean.
//! <https://www.tumblr.com/docs/en/api/v2#error-codes>

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value as Json;

use super::{ABOUT, Tumblr};
use crate::{
    error::{Failure, FailureKind},
    http::{FormData, Method, Reply, Request},
    providers::{Access, credential},
};

#[derive(Deserialize)]
struct Answer<T> {
    response: T,
}

#[derive(Deserialize)]
struct Refusal {
    meta: Meta,
    #[serde(default)]
    errors: Vec<Detail>,
}

#[derive(Deserialize)]
struct Meta {
    msg: String,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: String,
    code: Option<i64>,
}

/// A read.
pub async fn get<T: DeserializeOwned>(access: &Access<'_>, path: &str, query: &[(&str, &str)]) -> Result<T, Failure> {
    let url = format!("{}/v2/{path}", access.host(&ABOUT, "api"));
    let make = |credentials: &Json| signed(access.http.request(Method::GET, &url), credentials).query(query);
    answer(&access.send(&Tumblr, make).await?)
}

/// A write.
pub async fn post<T: DeserializeOwned>(access: &Access<'_>, path: &str, body: &Json) -> Result<T, Failure> {
    let url = format!("{}/v2/{path}", access.host(&ABOUT, "api"));
    let make = |credentials: &Json| signed(access.http.request(Method::POST, &url), credentials).json(body);
    answer(&access.send(&Tumblr, make).await?)
}

/// A write that may be repeated.
pub async fn repeat(access: &Access<'_>, method: Method, path: &str, body: &Json) -> Result<Reply, Failure> {
    let url = format!("{}/v2/{path}", access.host(&ABOUT, "api"));
    let make = |credentials: &Json| signed(access.http.request(method.clone(), &url), credentials).reads().json(body);
    access.send(&Tumblr, make).await
}

/// A write with files, which can be sent once. What replaces a post says the same when it is sent again.
pub async fn upload<T: DeserializeOwned>(access: &Access<'_>, place: (Method, &str), form: FormData) -> Result<T, Failure> {
    let (method, path) = place;
    let replaces = method == Method::PUT;
    let url = format!("{}/v2/{path}", access.host(&ABOUT, "api"));
    let request = signed(access.http.request(method, &url), &access.tokens.current()).multipart(form);
    answer(&access.send_once(&Tumblr, if replaces { request.reads() } else { request }).await?)
}

fn signed(request: Request, credentials: &Json) -> Request {
    request.bearer(credential(credentials, "access").unwrap_or_default())
}

/// What stands in the envelope.
pub fn answer<T: DeserializeOwned>(reply: &Reply) -> Result<T, Failure> {
    Ok(reply.json::<Answer<T>>()?.response)
}

/// By Tumblr's own codes.
pub fn explain(reply: &Reply, failure: Failure) -> Failure {
    let Ok(refusal) = serde_json::from_slice::<Refusal>(&reply.body) else { return failure };
    let first = refusal.errors.first();
    let words = first.and_then(|e| [&e.detail, &e.title].into_iter().find(|words| !words.is_empty()).cloned());
    let code = first.and_then(|e| e.code);
    let kind = match code {
        // The day's posts, pictures or videos are used up.
        Some(8004 | 8011 | 8023) => FailureKind::RateLimited { until: None },
        // An earlier video is still worked on, or the upload went wrong at Tumblr: nothing was posted.
        Some(8006 | 8009 | 8010) => FailureKind::Unavailable,
        _ => failure.kind,
    };
    let code = code.map_or_else(|| reply.status.to_string(), |code| code.to_string());
    Failure { kind, message: words.unwrap_or(refusal.meta.msg), ..failure }.code(code)
}
