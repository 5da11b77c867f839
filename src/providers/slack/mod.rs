//! Slack: a workspace to which an app with a bot was added; the channel is a setting of each post.
//! <https://docs.slack.dev/reference/methods/chat.postMessage>
//!
//! A message carries the key of its step as metadata, by which it is read back. Pictures are uploaded, so they need no
//! address that Slack can reach.

mod api;
mod connect;
mod files;
mod message;
mod own;
mod sections;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::{
    Access, Auth, Call, Can, Candidate, Connected, Descriptor, Failure, FailureKind, Field, Found, Fut, Granted, Group, Identity,
    Item, Limits, Link, Lookup, OAuth2, Outcome, Provider, Rate, Remote, StepKey, Text, oauth,
};
use crate::{http::Reply, kit::text::Style};

const ABOUT: Descriptor = Descriptor {
    id: "slack",
    name: "Slack",
    group: Group::Community,
    auth: Auth::OAuth2(OAuth2 {
        authorize: "{site}/oauth/v2/authorize",
        token: "{site}/api/oauth.v2.access",
        scopes: &[
            "channels:read",
            "groups:read",
            "channels:join",
            "channels:history",
            "groups:history",
            "chat:write",
            "files:write",
            "files:read",
            "users:read",
        ],
        separator: ",",
        ..OAuth2::CODE
    }),
    app: Field::CLIENT,
    settings: &[Field::pick("channel", "provider.slack.channel", "channels")],
    lookups: &[Lookup { name: "channels", fresh: 300, searches: false, with: &[] }],
    hosts: &[("site", "https://slack.com")],
    text: Style::Mrkdwn,
    can: Can { thread: true, find: true, candidates: true, edit: true, delete: true, refresh: true, ..Can::PUBLISH },
    limits: Limits {
        // A message's blocks have room for about 13,000 characters: https://github.com/slackapi/bolt-js/issues/2509
        text: Text::utf16(12_000),
        images: 10,
        videos: 10,
        media: 10,
        mixed: true,
        image_bytes: message::PICTURE.max_bytes,
        video_bytes: 1_000_000_000,
        alt: 2_000,
        ..Limits::NONE
    },
    // About one message a second and channel: https://docs.slack.dev/apis/web-api/rate-limits
    rates: &[Rate::account(60, 60)],
    docs: "https://docs.slack.dev/reference/methods/chat.postMessage",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Slack;

impl Provider for Slack {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn profile<'a>(&'a self, link: &'a Link<'a>, granted: &'a Granted) -> Fut<'a, Connected> {
        Box::pin(connect::profile(link, granted))
    }

    fn renew<'a>(&'a self, link: &'a Link<'a>, stored: Json) -> Fut<'a, Json> {
        Box::pin(async move {
            oauth::renew(&ABOUT, link, stored).await.map_err(|failure| match failure.code.as_deref() {
                Some("invalid_refresh_token" | "token_revoked" | "account_inactive") => {
                    Failure { kind: FailureKind::Reconnect, ..failure }
                }
                _ => failure,
            })
        })
    }

    fn refused(&self, reply: &Reply, now: DateTime<Utc>) -> Option<Failure> {
        api::refused(reply, now)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(connect::whoami(access))
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, _: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(async move {
            match name {
                "channels" => connect::channels(access).await,
                _ => Err(Failure::unsupported(name)),
            }
        })
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(message::publish(call))
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
        Box::pin(message::edit(call, remote))
    }

    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(message::delete(call, remote))
    }
}
