//! Lemmy: posts in communities, further parts as comments below. <https://github.com/LemmyNet/lemmy-js-client>
//!
//! A server knows no idempotency key, but it lists an account's own posts completely and at once: a write whose answer was
//! lost is looked for by what it says before anything is sent again.

mod account;
mod draft;
mod own;
#[cfg(test)]
mod tests;
mod write;

use serde_json::Value as Json;

use super::{
    Access, Answers, Auth, Call, Can, Candidate, Connected, Descriptor, Draft, Failure, FailureKind, Field, Found, Fut, Group,
    Identity, Item, Limits, Link, Lookup, Metric, Outcome, Problem, Provider, Rate, Remote, StepKey, Text,
};
use crate::{
    http::{Method, Reply, Request},
    kit::text::Style,
};

/// An entry of `subreddit`: the word is Postiz's.
const COMMUNITY: &[Field] = &[
    Field::pick("id", "provider.lemmy.community", "subreddits"),
    Field::text("subreddit", "provider.lemmy.community_name").optional().most(300),
    Field::text("title", "provider.lemmy.title").most(200),
    Field::url("url", "provider.lemmy.url").optional().help("provider.lemmy.url.help").most(2_000),
];

const ABOUT: Descriptor = Descriptor {
    id: "lemmy",
    name: "Lemmy",
    group: Group::Community,
    auth: Auth::Form,
    connect: &[
        Field::url("service", "provider.lemmy.service").default("https://lemmy.world").most(200),
        Field::text("identifier", "provider.lemmy.identifier"),
        Field::password("password", "provider.lemmy.password"),
        Field::text("totp", "provider.lemmy.totp").optional().help("provider.lemmy.totp.help").most(10),
    ],
    settings: &[Field::list("subreddit", "provider.lemmy.communities", COMMUNITY, 10).labelled()],
    lookups: &[Lookup { name: "subreddits", fresh: 3_600, searches: true, with: &[] }],
    text: Style::Article,
    can: Can {
        thread: true,
        find: true,
        candidates: true,
        delete: true,
        edit: true,
        mentions: true,
        metrics: true,
        refresh: true,
        ..Can::PUBLISH
    },
    limits: Limits { text: Text::chars(50_000), images: 1, image_bytes: 10 * 1024 * 1024, alt: 1_500, ..Limits::NONE },
    // What a server allows an address unless its people say otherwise.
    rates: &[Rate::account(6, 600)],
    docs: "https://join-lemmy.org/docs/contributors/04-api.html",
    ..Descriptor::EMPTY
};

/// Characters of a comment.
const COMMENT: usize = 10_000;

/// The provider.
pub struct Lemmy;

impl Provider for Lemmy {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn connect<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Connected> {
        Box::pin(async { account::connect(link, answers).await.map(Connected::from) })
    }

    fn renew<'a>(&'a self, link: &'a Link<'a>, stored: Json) -> Fut<'a, Json> {
        Box::pin(account::renew(link, stored))
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        explain(reply, failure)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(account::whoami(access))
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, with: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(async move {
            match name {
                "subreddits" => account::communities(access, with).await,
                other => Err(Failure::unsupported(other)),
            }
        })
    }

    fn mentions<'a>(&'a self, access: &'a Access<'a>, query: &'a str) -> Fut<'a, Vec<Item>> {
        Box::pin(account::people(access, query))
    }

    fn metrics<'a>(&'a self, access: &'a Access<'a>, remote: &'a Remote) -> Fut<'a, Vec<Metric>> {
        Box::pin(own::metrics(access, remote))
    }

    fn edit<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, Remote> {
        Box::pin(write::change(call, remote))
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(async { write::publish(call).await.map(|remotes| Outcome::Live { remotes, warnings: Vec::new() }) })
    }

    fn find<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Found> {
        Box::pin(own::find(call, step))
    }

    fn candidates<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Vec<Candidate>> {
        Box::pin(own::recent(call, step))
    }

    fn recognise<'a>(&'a self, call: &'a Call<'a>, words: &'a str) -> Fut<'a, Option<Candidate>> {
        Box::pin(own::named(call, words))
    }

    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(write::delete(call, remote))
    }

    fn review(&self, draft: &Draft) -> Vec<Problem> {
        draft::review(draft)
    }
}

/// Lemmy 1.0 speaks the fourth version of the API, those before it the third.
/// <https://join-lemmy.org/docs/contributors/09-api-v4.html>
fn is_v4(credentials: &Json) -> bool {
    credentials["api"] == "v4"
}

/// A call to the account's server in its name, as the credentials are now.
fn request(access: &Access<'_>, credentials: &Json, method: Method, path: &str) -> Request {
    let word = |name: &str| credentials[name].as_str().unwrap_or_default();
    let api = if is_v4(credentials) { "v4" } else { "v3" };
    access.http.request(method, &format!("{}/api/{api}/{path}", word("service"))).bearer(word("jwt"))
}

/// Asks for something.
async fn get(access: &Access<'_>, path: &str, query: &[(&str, &str)]) -> Result<Json, Failure> {
    access.send(&Lemmy, |credentials| request(access, credentials, Method::GET, path).query(query)).await?.json()
}

/// The server's word is its code. <https://github.com/LemmyNet/lemmy/blob/main/crates/utils/src/error.rs>
fn explain(reply: &Reply, failure: Failure) -> Failure {
    let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    let is_code =
        |word: &&str| word.len() < 100 && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let Some(code) = said["error"].as_str().filter(|code| !code.is_empty()).filter(is_code) else { return failure };
    let kind = match code {
        "rate_limit_error" => FailureKind::RateLimited { until: None },
        "not_logged_in" | "incorrect_login" | "missing_totp_token" | "incorrect_totp_token" => FailureKind::Reconnect,
        _ => failure.kind,
    };
    let words = said["message"].as_str().filter(|words| !words.is_empty()).map_or_else(|| code.replace('_', " "), str::to_owned);
    Failure { kind, message: words, ..failure }.code(code)
}
