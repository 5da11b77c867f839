//! Farcaster, through Neynar's API. <https://docs.neynar.com/reference>
//!
//! `wrapcast` is how Postiz spells it, so its clients do. An account lets a signer of the developer app speak for it; the
//! vendor knows repeated casts by a key of ours, for a while.

mod cast;
mod ethereum;
mod own;
mod signer;
#[cfg(test)]
mod tests;

use serde_json::Value as Json;

use super::{
    Access, Answers, Auth, Call, Can, Candidate, Connected, Descriptor, Failure, FailureKind, Field, Found, Fut, Group, Identity,
    Invitation, Item, Limits, Link, Lookup, Metric, Outcome, Provider, Rate, Remote, StepKey, Text,
};
use crate::{
    http::{Method, Reply, Request},
    kit::text::{Style, Unit},
};

/// An entry of `subreddit`: the word is Postiz's.
const CHANNEL: &[Field] = &[Field::pick("id", "provider.wrapcast.channel", "subreddits")];

const ABOUT: Descriptor = Descriptor {
    id: "wrapcast",
    aliases: &["warpcast", "farcaster"],
    name: "Farcaster",
    group: Group::Social,
    auth: Auth::Await,
    app: &[
        Field::password("api_key", "provider.wrapcast.api_key").help("provider.wrapcast.api_key.help"),
        Field::text("app_fid", "provider.wrapcast.app_fid").help("provider.wrapcast.app_fid.help").most(20),
        Field::password("app_key", "provider.wrapcast.app_key").help("provider.wrapcast.app_key.help"),
    ],
    settings: &[Field::list("subreddit", "provider.wrapcast.channels", CHANNEL, 5)
        .labelled()
        .optional()
        .help("provider.wrapcast.channels.help")],
    lookups: &[Lookup { name: "subreddits", fresh: 3_600, searches: true, with: &[] }],
    hosts: &[("api", "https://api.neynar.com"), ("web", "https://farcaster.xyz")],
    text: Style::Unicode,
    can: Can { thread: true, find: true, candidates: true, delete: true, mentions: true, metrics: true, ..Can::PUBLISH },
    limits: Limits {
        text: Text::of(1_024, Unit::Bytes),
        images: 2,
        // The address is sent, not the file.
        image_bytes: 100 * 1024 * 1024,
        ..Limits::NONE
    },
    // The smallest plan: 5 requests a second of one kind.
    rates: &[Rate::account(60, 60)],
    docs: "https://docs.neynar.com/reference/publish-cast",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Wrapcast;

impl Provider for Wrapcast {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn invite<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Invitation> {
        let _ = answers;
        Box::pin(signer::invite(link))
    }

    fn accepted<'a>(&'a self, link: &'a Link<'a>, kept: &'a Json) -> Fut<'a, Option<Connected>> {
        Box::pin(async { Ok(signer::accepted(link, kept).await?.map(Connected::from)) })
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        explain(reply, failure)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(signer::whoami(access))
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, with: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(async move {
            match name {
                "subreddits" => own::channels(access, with).await,
                other => Err(Failure::unsupported(other)),
            }
        })
    }

    fn mentions<'a>(&'a self, access: &'a Access<'a>, query: &'a str) -> Fut<'a, Vec<Item>> {
        Box::pin(own::people(access, query))
    }

    fn metrics<'a>(&'a self, access: &'a Access<'a>, remote: &'a Remote) -> Fut<'a, Vec<Metric>> {
        Box::pin(own::metrics(access, &remote.id))
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(async { cast::publish(call).await.map(|remotes| Outcome::Live { remotes, warnings: Vec::new() }) })
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
        Box::pin(cast::delete(call, &remote.id))
    }
}

/// A call to the vendor with the developer app's key.
fn request(link: &Link<'_>, method: Method, path: &str) -> Request {
    let host = super::call::host(link.hosts, &ABOUT, "api");
    let key = link.app.get("api_key").map(String::as_str).unwrap_or_default();
    link.http.request(method, &format!("{host}/v2/farcaster/{path}")).header("x-api-key", key)
}

/// Asks for something.
async fn get(access: &Access<'_>, path: &str, query: &[(&str, &str)]) -> Result<Json, Failure> {
    access.send_once(&Wrapcast, request(&access.link(), Method::GET, path).query(query)).await?.json()
}

/// The vendor's words. What a signer may no longer do is for the person; a cast that is there already is looked for.
fn explain(reply: &Reply, failure: Failure) -> Failure {
    let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    let words = said["message"].as_str().filter(|words| !words.is_empty());
    let failure = match words {
        Some(words) => Failure { message: words.to_owned(), ..failure },
        None => failure,
    };
    let failure = match said["code"].as_str() {
        Some(code) => failure.code(code),
        None => failure,
    };
    let kind = match reply.status {
        402 => FailureKind::Unavailable,
        403 => FailureKind::Reconnect,
        409 => FailureKind::Uncertain,
        400..500 if words.is_some_and(|words| words.to_lowercase().contains("invalid signer")) => FailureKind::Reconnect,
        _ => failure.kind,
    };
    Failure { kind, ..failure }
}
