//! What a refusal of an AT Protocol server says, and what it must not carry along.
//! <https://atproto.com/specs/xrpc#error-responses>

use chrono::{DateTime, Utc};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    error::{Failure, FailureKind},
    http::Reply,
};

/// Tokens that a new session replaces.
const STALE: [&str; 4] = ["ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"];
/// Accounts that a new session does not help.
const CLOSED: [&str; 7] = [
    "AuthFactorTokenRequired",
    "AccountTakedown",
    "AccountSuspended",
    "AccountDeactivated",
    "AccountNotFound",
    "RepoTakendown",
    "RepoDeactivated",
];
/// Instead of the platform's words, which do not say what helps.
const SECOND_FACTOR: &str =
    "this account signs in with a code sent by e-mail: make an app password in Bluesky's settings and use it here";

#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    message: String,
}

/// The address of a method.
pub fn url(host: &str, method: &str) -> String {
    format!("{}/xrpc/{method}", host.trim_end_matches('/'))
}

/// Passes a 2xx on; anything else fails with the platform's words, its error name as the code, and no secret.
pub fn accept(reply: Reply, now: DateTime<Utc>, secrets: &[&str]) -> Result<Reply, Failure> {
    reply.ok(now, |reply, failure| explain(reply, failure, secrets))
}

fn explain(reply: &Reply, failure: Failure, secrets: &[&str]) -> Failure {
    let text = scrub(&reply.text(), secrets);
    let mut failure = failure.raw(&text);
    let Ok(refusal) = serde_json::from_str::<Refusal>(&text) else { return failure };
    let name = refusal.error.as_str();
    if reply.status < 500 && (STALE.contains(&name) || CLOSED.contains(&name)) {
        failure.kind = FailureKind::Reconnect;
    }
    failure.message = match (name, refusal.message.as_str()) {
        ("AuthFactorTokenRequired", _) => SECOND_FACTOR.into(),
        (name, "") => name.into(),
        (_, words) => words.into(),
    };
    failure.code(refusal.error)
}

/// The answer as JSON. Neither the words nor the raw reply of the failure quote it, because answers hold tokens.
pub fn decode<T: DeserializeOwned>(reply: &Reply) -> Result<T, Failure> {
    reply.json().map_err(|failure| Failure { message: "the server's answer cannot be read".into(), raw: None, ..failure })
}

/// True when a new session may help.
pub fn is_stale(failure: &Failure) -> bool {
    failure.kind == FailureKind::Reconnect && !failure.code.as_deref().is_some_and(|code| CLOSED.contains(&code))
}

/// True when the server itself refused in the protocol's words: not a proxy before it, and not for the moment only.
pub fn is_refusal(failure: &Failure) -> bool {
    let named = failure.code.as_deref().is_some_and(|code| !code.starts_with(|c: char| c.is_ascii_digit()));
    named && matches!(failure.kind, FailureKind::Reconnect | FailureKind::Rejected)
}

/// The text without the secrets, as they are and as JSON writes them, and without anything that looks like a token.
fn scrub(text: &str, secrets: &[&str]) -> String {
    let mut clean = text.to_owned();
    for secret in secrets.iter().filter(|s| !s.is_empty()) {
        let quoted = serde_json::Value::from(*secret).to_string();
        clean = clean.replace(secret, "…").replace(quoted.trim_matches('"'), "…");
    }
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '=');
    while let Some(start) = clean.find("eyJ") {
        let length = clean[start..].find(|c| !is_token(c)).unwrap_or(clean.len() - start);
        clean.replace_range(start..start + length, "…");
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_echoes_what_it_was_sent_gives_nothing_away() {
        let text = r#"{"error":"X","message":"for a\"b: Bearer eyJhbGciOi.eyJzdWIi-_.c2ln, plain=a"b"}"#;
        assert_eq!(scrub(text, &["a\"b", ""]), r#"{"error":"X","message":"for …: Bearer …, plain=…"}"#);
    }
}
