//! VK: the person's own wall. <https://dev.vk.com/ru/method/wall.post>
//!
//! VK knows a repeated post by its `guid` for an hour. Access tokens live for an hour, refresh tokens are replaced with each
//! use, and both belong to the device that VK named when the account was connected.

mod api;
mod connect;
mod files;
mod own;
#[cfg(test)]
mod tests;
mod wall;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::{
    Access, Answers, Auth, Call, Can, Candidate, Connected, Cost, Descriptor, Failure, Field, Found, Fut, Granted, Group,
    Identity, Limits, Link, Metric, OAuth2, Outcome, Provider, Rate, Remote, StepKey, Text, oauth,
};
use crate::http::Reply;

const ABOUT: Descriptor = Descriptor {
    id: "vk",
    name: "VK",
    group: Group::Social,
    auth: Auth::OAuth2(OAuth2 {
        authorize: "{id}/authorize",
        token: "{id}/oauth2/auth",
        scopes: &["vkid.personal_info", "email", "wall", "status", "docs", "photos", "video"],
        proof: oauth::Proof::Public,
        ..OAuth2::PKCE
    }),
    app: &[Field::text("client_id", "app.client_id").help("provider.vk.app_help")],
    hosts: &[("id", "https://id.vk.com"), ("api", "https://api.vk.com"), ("site", "https://vk.com")],
    can: Can {
        thread: true,
        find: true,
        candidates: true,
        edit: true,
        delete: true,
        metrics: true,
        refresh: true,
        ..Can::PUBLISH
    },
    limits: Limits {
        text: Text::utf16(16_384),
        images: 10,
        videos: 10,
        media: 10,
        mixed: true,
        image_bytes: files::PICTURE.max_bytes,
        video_bytes: 5_000_000_000,
        ..Limits::NONE
    },
    // https://dev.vk.com/ru/api/api-requests
    rates: &[Rate { cost: Cost::Request, ..Rate::account(3, 1) }, Rate::daily(50)],
    docs: "https://dev.vk.com/ru/method/wall.post",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Vk;

impl Provider for Vk {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn grant<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers, kept: Json, code: &'a str) -> Fut<'a, Connected> {
        Box::pin(connect::grant(link, answers, kept, code))
    }

    fn profile<'a>(&'a self, link: &'a Link<'a>, granted: &'a Granted) -> Fut<'a, Connected> {
        Box::pin(connect::profile(link, granted))
    }

    fn renew<'a>(&'a self, link: &'a Link<'a>, stored: Json) -> Fut<'a, Json> {
        Box::pin(connect::renew(link, stored))
    }

    fn refused(&self, reply: &Reply, _: DateTime<Utc>) -> Option<Failure> {
        api::refused(reply)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(connect::whoami(access))
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(wall::publish(call))
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
        Box::pin(wall::edit(call, remote))
    }

    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(wall::delete(call, remote))
    }
}
