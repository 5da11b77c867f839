//! Dribbble: one shot a post, of 400x300 or 800x600 pixels. <https://developer.dribbble.com/v2/shots/>
//!
//! A shot is worked on after it was accepted; the list of the player's own shots is what a lost answer is looked for in.

mod connect;
mod own;
mod shot;
#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde_json::Value as Json;

use super::{
    Access, Auth, Call, Can, Candidate, Connected, Cost, Descriptor, Draft, Failure, Field, Found, Fut, Granted, Group, Identity,
    Item, Limits, Link, Lookup, OAuth2, Outcome, Problem, Provider, Rate, Remote, StepKey, Text,
};
use crate::http::Reply;

const ABOUT: Descriptor = Descriptor {
    id: "dribbble",
    name: "Dribbble",
    group: Group::Social,
    auth: Auth::OAuth2(OAuth2 {
        authorize: "{site}/oauth/authorize",
        token: "{site}/oauth/token",
        scopes: &["public", "upload"],
        all_scopes: true,
        ..OAuth2::CODE
    }),
    app: Field::CLIENT,
    settings: &[
        Field::text("title", "provider.dribbble.title").most(255),
        Field::pick("team", "provider.dribbble.team", "teams").optional(),
    ],
    lookups: &[Lookup { name: "teams", fresh: 600, searches: false, with: &[] }],
    hosts: &[("site", "https://dribbble.com"), ("api", "https://api.dribbble.com")],
    can: Can { find: true, candidates: true, edit: true, delete: true, ..Can::PUBLISH },
    limits: Limits { text: Text::chars(40_000), images: 1, image_bytes: shot::BYTES, media_needed: 1, parts: 1, ..Limits::NONE },
    // https://developer.dribbble.com/v2/#rate-limiting
    rates: &[Rate { cost: Cost::Request, ..Rate::account(60, 60) }],
    docs: "https://developer.dribbble.com/v2/shots/",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Dribbble;

#[derive(Deserialize)]
struct Refusal {
    message: String,
    #[serde(default)]
    errors: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    attribute: String,
    message: String,
}

impl Provider for Dribbble {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn profile<'a>(&'a self, link: &'a Link<'a>, granted: &'a Granted) -> Fut<'a, Connected> {
        Box::pin(connect::profile(link, granted))
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        explain(reply, failure)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(connect::whoami(access))
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, _: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(async move {
            match name {
                "teams" => connect::teams(access).await,
                _ => Err(Failure::unsupported(name)),
            }
        })
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(shot::publish(call))
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

    fn edit<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, Remote> {
        Box::pin(shot::edit(call, remote))
    }

    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(shot::delete(call, remote))
    }

    fn review(&self, draft: &Draft) -> Vec<Problem> {
        let odd = |file: &super::MediaFile| file.width.zip(file.height).is_some_and(|size| shot::side(size).is_none());
        let parts = draft.parts.iter().enumerate().filter(|(_, part)| part.media.iter().any(odd));
        parts.map(|(n, _)| Problem { part: Some(n), field: "image", message: "provider.dribbble.size".into() }).collect()
    }
}

/// Dribbble's words, with the field they are about.
fn explain(reply: &Reply, failure: Failure) -> Failure {
    let Ok(refusal) = serde_json::from_slice::<Refusal>(&reply.body) else { return failure };
    let message = match refusal.errors.first() {
        Some(detail) => format!("{}: {}", detail.attribute, detail.message),
        None => refusal.message,
    };
    Failure { message, ..failure }
}
