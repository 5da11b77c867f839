//! Tumblr: one of the person's blogs, written to in its own format of blocks (NPF).
//! <https://www.tumblr.com/docs/en/api/v2>
//!
//! Tumblr has no key against repetitions; a lost answer is looked for in the blog's newest posts.

mod api;
mod blocks;
mod connect;
mod own;
mod post;
#[cfg(test)]
mod tests;

use serde_json::Value as Json;

use super::{
    Access, Account, Auth, Call, Can, Candidate, Connected, Cost, Descriptor, Failure, Field, Found, Fut, Granted, Group,
    Identity, Limits, Link, Metric, OAuth2, Outcome, Provider, Rate, Remote, Scope, StepKey, Text,
};
use crate::http::Reply;

const ABOUT: Descriptor = Descriptor {
    id: "tumblr",
    name: "Tumblr",
    group: Group::Social,
    auth: Auth::OAuth2(OAuth2 {
        authorize: "{site}/oauth2/authorize",
        token: "{api}/v2/oauth2/token",
        scopes: &["write", "offline_access"],
        ..OAuth2::CODE
    }),
    app: Field::CLIENT,
    settings: &[
        Field::text("title", "provider.tumblr.title").most(4_096).optional(),
        Field::text("link", "provider.tumblr.link").most(2_000).optional().help("provider.tumblr.link_help"),
        Field::text("sourceUrl", "provider.tumblr.source").most(2_000).optional(),
        Field::text("tags", "provider.tumblr.tags").most(4_096).optional().help("provider.tumblr.tags_help"),
    ],
    hosts: &[("site", "https://www.tumblr.com"), ("api", "https://api.tumblr.com")],
    can: Can { find: true, candidates: true, edit: true, delete: true, metrics: true, refresh: true, ..Can::PUBLISH },
    limits: Limits {
        text: Text::chars(32_768),
        images: 30,
        videos: 1,
        media: 30,
        mixed: true,
        image_bytes: post::PICTURE.max_bytes,
        video_bytes: 500_000_000,
        video_seconds: 600,
        alt: 4_096,
        parts: 1,
        ..Limits::NONE
    },
    // https://www.tumblr.com/docs/en/api/v2#rate-limits
    rates: &[
        Rate::daily(250),
        Rate { scope: Scope::App, cost: Cost::Request, n: 1_000, seconds: 3_600, rolling: false },
        Rate { scope: Scope::App, cost: Cost::Request, n: 5_000, seconds: 86_400, rolling: true },
    ],
    docs: "https://www.tumblr.com/docs/en/api/v2",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Tumblr;

impl Provider for Tumblr {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn profile<'a>(&'a self, link: &'a Link<'a>, granted: &'a Granted) -> Fut<'a, Connected> {
        Box::pin(connect::profile(link, granted))
    }

    fn choose<'a>(&'a self, link: &'a Link<'a>, kept: &'a Json, page: &'a str) -> Fut<'a, Account> {
        Box::pin(async move { connect::choose(link, kept, page) })
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        api::explain(reply, failure)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(connect::whoami(access))
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(post::publish(call))
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

    fn metrics<'a>(&'a self, access: &'a Access<'a>, remote: &'a Remote) -> Fut<'a, Vec<Metric>> {
        Box::pin(own::metrics(access, remote))
    }

    fn edit<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, Remote> {
        Box::pin(post::edit(call, remote))
    }

    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(post::delete(call, remote))
    }
}
