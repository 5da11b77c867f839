//! Telegram: channels, groups and chats to which the operator's bot was added. <https://core.telegram.org/bots/api>
//!
//! The Bot API has no key against repetitions and lets no bot read back what it sent, so a message whose answer is lost is
//! uncertain until a person has looked.

mod api;
mod connect;
mod message;
#[cfg(test)]
mod tests;

use serde_json::json;

use super::{
    Access, Answers, Auth, Call, Can, Connected, Cost, Descriptor, Draft, Effect, Failure, Field, Fut, Group, Identity,
    Invitation, Limits, Link, Outcome, Problem, Provider, Rate, Remote, Scope, Text,
};
use crate::{
    http::Reply,
    kit::text::{Style, Unit},
};
use serde_json::Value as Json;

/// Characters of a text under a picture or video: <https://core.telegram.org/bots/api#sendphoto>
const CAPTION: usize = 1_024;
/// Width to height and the other way round, of a photo.
const RATIO: u32 = 20;

const ABOUT: Descriptor = Descriptor {
    id: "telegram",
    name: "Telegram",
    group: Group::Community,
    auth: Auth::Await,
    app: &[Field::password("bot_token", "provider.telegram.bot_token").help("provider.telegram.bot_token_help")],
    hosts: &[("api", "https://api.telegram.org"), ("site", "https://t.me")],
    text: Style::Html { tags: &["strong", "em", "u", "a"] },
    can: Can { thread: true, edit: true, delete: true, ..Can::PUBLISH },
    limits: Limits {
        text: Text::utf16(4_096).parsed(),
        images: 30,
        videos: 30,
        media: 30,
        mixed: true,
        image_bytes: 10_000_000,
        video_bytes: 50_000_000,
        ..Limits::NONE
    },
    // https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
    rates: &[Rate::account(20, 60), Rate { scope: Scope::App, cost: Cost::Request, n: 30, seconds: 1, rolling: false }],
    docs: "https://core.telegram.org/bots/api",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Telegram;

impl Provider for Telegram {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn invite<'a>(&'a self, link: &'a Link<'a>, _: &'a Answers) -> Fut<'a, Invitation> {
        Box::pin(connect::invite(link))
    }

    fn accepted<'a>(&'a self, link: &'a Link<'a>, kept: &'a Json) -> Fut<'a, Option<Connected>> {
        Box::pin(connect::accepted(link, kept))
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        api::explain(reply, failure)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(async move {
            let chat = access.credential("id")?;
            let found: connect::Chat = api::read(access, "getChat", &json!({"chat_id": chat})).await?;
            Ok(found.identity(&access.host(&ABOUT, "site")))
        })
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(publish(call))
    }

    fn edit<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, Remote> {
        Box::pin(message::edit(call, remote))
    }

    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(message::delete(call, remote))
    }

    fn review(&self, draft: &Draft) -> Vec<Problem> {
        let long = |(w, h): (u32, u32)| w > h.saturating_mul(RATIO) || h > w.saturating_mul(RATIO);
        let too_long =
            |part: &super::DraftPart| part.media.iter().any(|m| !m.is_video() && m.width.zip(m.height).is_some_and(long));
        let parts = draft.parts.iter().enumerate().filter(|(_, part)| too_long(part));
        parts.map(|(n, _)| Problem { part: Some(n), field: "image", message: "provider.telegram.ratio".into() }).collect()
    }
}

async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    call.fits(&ABOUT)?;
    let pieces = message::pieces(call)?;
    let mut remotes: Vec<Remote> = Vec::with_capacity(pieces.len());
    for (n, piece) in pieces.iter().enumerate() {
        // A text that does not fit under its pictures hangs on them.
        let above = remotes.first().filter(|_| piece.media.is_empty()).or_else(|| call.parent().filter(|_| n == 0));
        let sent = json!({"text": piece.text, "media": piece.media.iter().map(|m| m.id).collect::<Vec<_>>(),
            "above": above.map(|remote| &remote.id)});
        let send = async |_| message::send(call, piece, above).await;
        let remote = call.step(&format!("send:{n}"), Effect::Once, sent.to_string().as_bytes(), send).await?;
        remotes.push(remote);
    }
    Ok(Outcome::Live { remotes, warnings: Vec::new() })
}

/// How long a text is where it stands under a picture.
fn caption_length(text: &crate::kit::text::Doc) -> usize {
    Unit::Utf16.count(&ABOUT.counted(text))
}
