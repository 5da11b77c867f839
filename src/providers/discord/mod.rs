//! Discord: a channel here is a server (guild) to which the operator's bot was added; the channel on it is a setting of each
//! post. <https://discord.com/developers/docs/resources/message>
//!
//! All calls use the bot's token, which several organisations may share: so every channel is checked to be one of the
//! account's own server before anything is written.

mod api;
mod connect;
mod lists;
mod message;
mod own;
#[cfg(test)]
mod tests;

use serde_json::{Value as Json, json};

use super::{
    Access, Auth, Call, Can, Candidate, Connected, Descriptor, Draft, Failure, Field, Found, Fut, Granted, Group, Identity, Item,
    Limits, Link, Lookup, OAuth2, Outcome, Problem, Provider, Rate, Remote, StepKey, Text, oauth,
};
use crate::{http::Reply, kit::text::Style};

const MEGABYTE: u64 = 1024 * 1024;
/// Of a file, unless the server is boosted.
const FILE: u64 = 10 * MEGABYTE;
/// Of all files of a message, with room for the rest of the request: Discord takes 25 MiB.
const FILES: u64 = 24 * MEGABYTE;

const ABOUT: Descriptor = Descriptor {
    id: "discord",
    name: "Discord",
    group: Group::Community,
    auth: Auth::OAuth2(OAuth2 {
        authorize: "{site}/oauth2/authorize",
        token: "{site}/api/oauth2/token",
        scopes: &["bot", "identify", "guilds"],
        proof: oauth::Proof::Basic,
        // See channels, send, embed links, attach files, read history, mention everyone, open threads and write in them:
        // https://discord.com/developers/docs/topics/permissions
        extra: &[("permissions", "309237894144"), ("integration_type", "0")],
        all_scopes: true,
        ..OAuth2::CODE
    }),
    app: &[
        Field::text("client_id", "app.client_id"),
        Field::password("client_secret", "app.client_secret"),
        Field::password("bot_token", "provider.discord.bot_token").help("provider.discord.bot_token_help"),
    ],
    settings: &[
        Field::pick("channel", "provider.discord.channel", "channels"),
        Field::tags("tags", "provider.discord.tags", "tags", message::TAGS).labelled().help("provider.discord.tags_help"),
    ],
    lookups: &[
        Lookup { name: "channels", fresh: 300, searches: false, with: &[] },
        Lookup { name: "tags", fresh: 300, searches: false, with: &["channel"] },
    ],
    hosts: &[("site", "https://discord.com"), ("cdn", "https://cdn.discordapp.com")],
    text: Style::Markdown { underline: "__" },
    can: Can { thread: true, find: true, candidates: true, edit: true, delete: true, mentions: true, ..Can::PUBLISH },
    limits: Limits {
        text: Text::chars(2_000),
        images: 10,
        videos: 10,
        media: 10,
        mixed: true,
        image_bytes: FILE,
        video_bytes: FILE,
        alt: 1_024,
        ..Limits::NONE
    },
    rates: &[Rate::account(30, 60)],
    docs: "https://discord.com/developers/docs/resources/message",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Discord;

impl Provider for Discord {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn profile<'a>(&'a self, link: &'a Link<'a>, granted: &'a Granted) -> Fut<'a, Connected> {
        Box::pin(connect::profile(link, granted))
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        api::explain(reply, failure)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(connect::whoami(access))
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, with: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(async move {
            match name {
                "channels" => lists::channels(access).await,
                "tags" => lists::tags(access, with["channel"].as_str().unwrap_or_default()).await,
                _ => Err(Failure::unsupported(name)),
            }
        })
    }

    fn mentions<'a>(&'a self, access: &'a Access<'a>, query: &'a str) -> Fut<'a, Vec<Item>> {
        Box::pin(lists::mentions(access, query))
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

    fn review(&self, draft: &Draft) -> Vec<Problem> {
        let films = |part: &super::DraftPart| part.media.iter().filter(|m| m.is_video()).map(|m| m.bytes).sum::<u64>();
        let parts = draft.parts.iter().enumerate().filter(|(_, part)| films(part) > FILES);
        parts.map(|(n, _)| Problem { part: Some(n), field: "image", message: "provider.discord.total".into() }).collect()
    }
}

/// How Discord writes a mention: of a role, of a person, or of everybody.
fn mention(id: &str, label: &str) -> String {
    match id {
        "here" | "everyone" => format!("@{id}"),
        id if id.trim_start_matches('&').chars().all(|c| c.is_ascii_digit()) => format!("<@{id}>"),
        _ => format!("@{label}"),
    }
}

/// What goes out as `content`.
fn content(call: &Call<'_>) -> String {
    call.text.render_with(ABOUT.text, &mention)
}

/// Who may be called upon by a message: what its author wrote.
fn allowed_mentions() -> Json {
    json!({"parse": ["users", "roles", "everyone"]})
}
