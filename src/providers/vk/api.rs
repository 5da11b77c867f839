//! One method of VK's API, and what its refusals mean: they come with status 200 and `error`.
//! <https://dev.vk.com/ru/reference/errors>

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value as Json;

use super::{ABOUT, Vk};
use crate::{
    error::{Failure, FailureKind},
    http::{Method, Reply},
    providers::{Access, credential},
};

/// Of the API, as its answers are read here.
const VERSION: &str = "5.251";

#[derive(Deserialize)]
struct Answer<T> {
    response: T,
}

#[derive(Deserialize)]
struct Refusal {
    error: Words,
}

#[derive(Deserialize)]
struct Words {
    error_code: i64,
    error_msg: String,
    error_subcode: Option<i64>,
}

/// Calls a method. The token goes in the body: addresses end up in logs.
pub async fn call<T: DeserializeOwned>(access: &Access<'_>, method: &str, fields: &[(&str, &str)]) -> Result<T, Failure> {
    send(access, method, fields, false).await
}

/// As [`call`], for what may be asked again.
pub async fn repeat<T: DeserializeOwned>(access: &Access<'_>, method: &str, fields: &[(&str, &str)]) -> Result<T, Failure> {
    send(access, method, fields, true).await
}

async fn send<T: DeserializeOwned>(
    access: &Access<'_>,
    method: &str,
    fields: &[(&str, &str)],
    reads: bool,
) -> Result<T, Failure> {
    let url = format!("{}/method/{method}", access.host(&ABOUT, "api"));
    let make = |credentials: &Json| {
        let token = credential(credentials, "access").unwrap_or_default();
        let fields = [fields, &[("access_token", token), ("v", VERSION)]].concat();
        let request = access.http.request(Method::POST, &url).form(&fields);
        if reads { request.reads() } else { request }
    };
    Ok(access.send(&Vk, make).await?.json::<Answer<T>>()?.response)
}

/// `error`, and why. VK ID says it in words, the API in numbers.
pub fn refused(reply: &Reply) -> Option<Failure> {
    let said: Json = serde_json::from_slice(&reply.body).ok()?;
    if let Some(code) = said["error"].as_str() {
        let kind = match code {
            "invalid_token" | "invalid_grant" => FailureKind::Reconnect,
            "slow_down" => FailureKind::RateLimited { until: None },
            _ => FailureKind::Rejected,
        };
        let words = said["error_description"].as_str().filter(|words| !words.is_empty()).unwrap_or(code);
        return Some(Failure::new(kind, words).code(code));
    }
    let Refusal { error } = serde_json::from_value(said).ok()?;
    let kind = match error.error_code {
        // The token, and an account that is no more.
        5 | 18 | 3610 => FailureKind::Reconnect,
        // Too much at a time.
        6 | 9 | 29 => FailureKind::RateLimited { until: None },
        // VK's own trouble, behind which the post may stand.
        1 | 10 => FailureKind::Uncertain,
        _ => FailureKind::Rejected,
    };
    let code = match error.error_subcode {
        Some(subcode) => format!("{}.{subcode}", error.error_code),
        None => error.error_code.to_string(),
    };
    Some(Failure::new(kind, error.error_msg).code(code).raw(&reply.text()))
}
