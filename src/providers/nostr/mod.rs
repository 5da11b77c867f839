//! Nostr: signed notes handed to several relays. <https://github.com/nostr-protocol/nips/blob/master/01.md>
//!
//! A note's id is a hash of what it says and when, so the same note handed over twice is one note: relays say `duplicate`.

mod account;
mod bech32;
mod event;
mod note;
mod own;
mod relay;
mod relays;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Access, Answers, Auth, Call, Can, Candidate, Connected, Descriptor, Effect, Failure, FailureKind, Field, Found, Fut, Group,
    Identity, Limits, Link, Metric, Outcome, Provider, Remote, StepKey, Text, access::text,
};
use crate::kit::text::Style;
use event::{Draft, Event, Key, kind};

/// Where notes are handed to when somebody names no relay and none is known of them.
const RELAYS: [&str; 3] = ["wss://relay.damus.io", "wss://nos.lol", "wss://relay.primal.net"];
/// No relay fetches the files; this is what a person still opens.
const FILE: u64 = 100 * 1024 * 1024;

const ABOUT: Descriptor = Descriptor {
    id: "nostr",
    name: "Nostr",
    group: Group::Social,
    auth: Auth::Form,
    connect: &[
        Field::password("password", "provider.nostr.password")
            .placeholder("nsec1…")
            .help("provider.nostr.password.help")
            .most(200),
        Field::long_text("relays", "provider.nostr.relays").optional().help("provider.nostr.relays.help").most(2_000),
    ],
    settings: &[Field::text("content_warning", "provider.nostr.content_warning")
        .optional()
        .help("provider.nostr.content_warning.help")],
    hosts: &[("web", "https://njump.me")],
    text: Style::Unicode,
    can: Can { thread: true, find: true, candidates: true, delete: true, limits: true, metrics: true, ..Can::PUBLISH },
    limits: Limits {
        text: Text::chars(100_000),
        images: 20,
        videos: 4,
        mixed: true,
        image_bytes: FILE,
        video_bytes: FILE,
        ..Limits::NONE
    },
    docs: "https://github.com/nostr-protocol/nips",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Nostr;

/// What the step `note` gave.
#[derive(Serialize, Deserialize)]
struct Posted {
    id: String,
    relays: Vec<String>,
    warnings: Vec<String>,
}

impl Provider for Nostr {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn connect<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Connected> {
        Box::pin(async { account::connect(link, answers).await.map(Connected::from) })
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(account::whoami(access))
    }

    fn limits<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Limits> {
        Box::pin(account::limits(access))
    }

    fn metrics<'a>(&'a self, access: &'a Access<'a>, remote: &'a Remote) -> Fut<'a, Vec<Metric>> {
        Box::pin(own::metrics(access, &remote.id))
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(publish(call))
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
        Box::pin(forget(call, &remote.id))
    }
}

async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    call.fits(&ABOUT)?;
    let (key, draft) = draft(call)?;
    if draft.content.is_empty() {
        return Err(Failure::rejected("the note has neither text nor media"));
    }
    let sent = serde_json::to_vec(&draft).map_err(|e| Failure::unexpected(e.to_string()))?;
    let hand = async |step: StepKey| {
        let event = key.sign(&draft, step.begun_at.timestamp())?;
        let taken = relays::publish(&call.access, &key, &event).await?;
        Ok(Posted { id: event.id, relays: taken.by, warnings: taken.warnings })
    };
    let posted = call.step("note", Effect::ClientId, &sent, hand).await?;
    let remotes = vec![remote(&call.access, &posted.id, &posted.relays)];
    Ok(Outcome::Live { remotes, warnings: posted.warnings })
}

fn draft(call: &Call<'_>) -> Result<(Key, Draft), Failure> {
    let key = Key::stored(&call.tokens.current())?;
    let public = hex::encode(key.public());
    Ok((key, note::draft(call, &public)?))
}

/// Where people see a note, and what a reply needs to name it.
fn remote(access: &Access<'_>, id: &str, relays: &[String]) -> Remote {
    let bytes = |hex: &str| hex::decode(hex).ok().and_then(|bytes| bytes.try_into().ok());
    let (event, author): (Option<[u8; 32]>, Option<[u8; 32]>) = (bytes(id), bytes(access.account));
    let url = event.zip(author).map(|(event, author)| {
        let word = bech32::nevent(&event, relays.first().map(String::as_str), &author);
        format!("{}/{word}", access.host(&ABOUT, "web"))
    });
    Remote { id: id.to_owned(), url, extra: json!({"relays": relays}) }
}

/// Asks the relays to forget a note: they may, and most do (NIP-09).
async fn forget(call: &Call<'_>, id: &str) -> Result<(), Failure> {
    let key = Key::stored(&call.tokens.current())?;
    let tag = |name: &str, value: &str| vec![name.to_owned(), value.to_owned()];
    let tags = vec![tag("e", id), tag("k", &kind::NOTE.to_string())];
    let event = key.sign(&Draft { kind: kind::DELETION, tags, content: String::new() }, call.now.timestamp())?;
    // A request that is heard twice asks for the same.
    let heard = relays::publish(&call.access, &key, &event).await.map_err(|failure| match failure.kind {
        FailureKind::Uncertain => Failure { kind: FailureKind::Unavailable, ..failure },
        _ => failure,
    });
    heard.map(drop)
}
