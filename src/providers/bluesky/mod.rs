//! Bluesky, and every other server of the AT Protocol's network. <https://docs.bsky.app/docs/advanced-guides/posts>
//!
//! Posts go to the account's own server (PDS), which is authoritative for them; the view that apps show lags behind it
//! and is never asked. Every record is created under a key of ours (see [`tid`]), so an attempt can be repeated.

mod card;
mod connect;
mod domains;
mod facets;
mod later;
mod mentions;
mod own;
mod people;
mod quote;
mod record;
mod session;
#[cfg(test)]
mod tests;
mod tid;
mod video;
mod xrpc;

use std::time::Duration;

use serde_json::Value as Json;

use super::{
    Access, Answers, Auth, Call, Can, Candidate, Connected, Descriptor, Draft, Effect, Failure, FailureKind, Field, Found, Fut,
    Identity, Item, Limits, Link, Metric, Outcome, Plug, Problem, Provider, Rate, Remote, StepKey, Text,
};
use crate::{error::Message, kit::text::Doc};
use facets::Facet;
use record::Strong;

/// Six, twelve and eighteen hours after publishing.
const LOOKS: &[u64] = &[6 * 3_600, 12 * 3_600, 18 * 3_600];
const LIKES: Field = Field::number("likesAmount", "provider.bluesky.likes", 1, 1_000_000);

const ABOUT: Descriptor = Descriptor {
    id: "bluesky",
    name: "Bluesky",
    auth: Auth::Form,
    connect: &[
        Field::url("service", "provider.bluesky.service").default("https://bsky.social").help("provider.bluesky.service.help"),
        Field::text("identifier", "provider.bluesky.identifier")
            .placeholder("you.bsky.social")
            .help("provider.bluesky.identifier.help"),
        Field::password("password", "provider.bluesky.password")
            .placeholder("xxxx-xxxx-xxxx-xxxx")
            .help("provider.bluesky.password.help"),
    ],
    settings: &[
        Field::text("quote", "provider.bluesky.quote").optional().help("provider.bluesky.quote.help"),
        Field::bool("active_thread_finisher", "provider.bluesky.active_thread_finisher"),
        Field::long_text("thread_finisher", "provider.bluesky.thread_finisher")
            .most(2_000)
            .when("active_thread_finisher", "true")
            .help("provider.bluesky.thread_finisher.help"),
    ],
    plugs: &[
        Plug {
            name: "autoRepostPost",
            title: "provider.bluesky.repost",
            help: "provider.bluesky.repost.help",
            fields: &[LIKES],
            after: LOOKS,
        },
        Plug {
            name: "autoPlugPost",
            title: "provider.bluesky.plug",
            help: "provider.bluesky.plug.help",
            fields: &[LIKES, Field::long_text("post", "provider.bluesky.plug.post").most(2_000)],
            after: LOOKS,
        },
    ],
    hosts: &[("web", "https://bsky.app"), ("video", "https://video.bsky.app")],
    can: Can { thread: true, find: true, candidates: true, delete: true, mentions: true, metrics: true, ..Can::PUBLISH },
    limits: Limits {
        text: Text::graphemes(300).bytes(3_000),
        images: 4,
        image_bytes: record::IMAGE_BYTES,
        videos: 1,
        video_bytes: 100 * 1_000_000,
        video_seconds: 180,
        text_optional: true,
        alt: 2_000,
        ..Limits::NONE
    },
    // A record costs 3 of 5,000 points an hour and 35,000 a day: docs.bsky.app/docs/advanced-guides/rate-limits
    rates: &[Rate::account(1_666, 3_600), Rate::daily(11_666)],
    docs: "https://docs.bsky.app/docs/advanced-guides/posts",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Bluesky;

impl Provider for Bluesky {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn connect<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Connected> {
        Box::pin(async { connect::connect(link, answers).await.map(Connected::from) })
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(people::whoami(access))
    }

    fn mentions<'a>(&'a self, access: &'a Access<'a>, query: &'a str) -> Fut<'a, Vec<Item>> {
        Box::pin(people::search(access, query))
    }

    fn metrics<'a>(&'a self, access: &'a Access<'a>, remote: &'a Remote) -> Fut<'a, Vec<Metric>> {
        Box::pin(async { Ok(later::numbers(access, &remote.id).await?.metrics()) })
    }

    fn plug<'a>(&'a self, call: &'a Call<'a>, name: &'a str, remote: &'a Remote) -> Fut<'a, bool> {
        Box::pin(later::plug(call, name, remote))
    }

    fn review(&self, draft: &Draft) -> Vec<Problem> {
        review(draft)
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(publish(call))
    }

    fn find<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Found> {
        Box::pin(async move {
            match record::get(call, step).await {
                Ok(Some(found)) => Ok(Found::Yes(vec![found.remote(&call.host(&ABOUT, "web"))])),
                Ok(None) => Ok(Found::No),
                Err(Failure { kind: FailureKind::Rejected | FailureKind::Unexpected, .. }) => Ok(Found::NotSeen),
                Err(failure) => Err(failure),
            }
        })
    }

    fn candidates<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Vec<Candidate>> {
        Box::pin(own::recent(call, step, call.host(&ABOUT, "web")))
    }

    fn recognise<'a>(&'a self, call: &'a Call<'a>, words: &'a str) -> Fut<'a, Option<Candidate>> {
        Box::pin(own::named(call, words, call.host(&ABOUT, "web")))
    }

    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(record::delete(call, &remote.id))
    }
}

async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    let text = words(call.text);
    refuse(call, &text)?;
    session::freshen(call).await?;
    let found = facets::detect(&text);
    let media = match embed(call, &found).await? {
        Embedded::Working => return Ok(Outcome::Wait { after: video::PATIENCE }),
        Embedded::Media(media) => media,
    };
    let embed = quoted(call, media).await?;
    let (dids, mut warnings) = mentions::resolve(call, &found).await?;
    let facets = found.iter().filter_map(|facet| facet.json(&dids)).collect();
    let record = record::compose(call, &text, facets, embed)?;
    let created = create(call, "create", &record).await?;
    let web = call.host(&ABOUT, "web");
    let mut remotes = vec![created.clone().remote(&web)];
    if call.last
        && let Some(finisher) = finisher(call.settings)
    {
        match finish(call, &words(&finisher), &created).await {
            Ok(finished) => remotes.push(finished.remote(&web)),
            // The thread itself is live, and trying again cannot help.
            Err(failure) if failure.kind == FailureKind::Rejected => warnings.push(failure.message),
            Err(failure) => return Err(failure),
        }
    }
    Ok(Outcome::Live { remotes, warnings })
}

async fn create(call: &Call<'_>, step: &str, record: &Json) -> Result<Strong, Failure> {
    let sent = record.to_string();
    call.step(step, Effect::ClientId, sent.as_bytes(), async |key| record::create(call, &key, record).await).await
}

/// The words that end a thread, below its first post and showing it.
async fn finish(call: &Call<'_>, text: &str, created: &Strong) -> Result<Strong, Failure> {
    let root = call.thread.first().map(record::strong).transpose()?.unwrap_or_else(|| created.clone());
    let mut record = record::note(text, links(text), Some(record::quoting(&root, None)));
    record["reply"] = serde_json::json!({"root": root, "parent": root});
    create(call, "finisher", &record).await
}

/// Links and tags of a text; mentions stay text.
fn links(text: &str) -> Vec<Json> {
    facets::detect(text).iter().filter_map(|facet| facet.json(&Default::default())).collect()
}

/// The text with mentions by handle, as clients of Postiz's API name them, too.
fn words(text: &Doc) -> String {
    text.render_with(ABOUT.text, &|id, label| match id.contains('.') && !id.starts_with("did:") {
        true => format!("@{}", id.trim_start_matches('@')),
        false => format!("@{label}"),
    })
}

/// The text that ends a thread, where there is to be one.
fn finisher(settings: &Json) -> Option<Doc> {
    let active = &settings["active_thread_finisher"];
    let active = active.as_bool().unwrap_or(false) || active.as_str() == Some("true");
    let text = settings["thread_finisher"].as_str().filter(|_| active)?;
    Some(Doc::from_content(text)).filter(|text| !text.is_empty())
}

fn too_long(text: &str) -> bool {
    ABOUT.limits.text.count(text) > ABOUT.limits.text.max || text.len() > 3_000
}

fn review(draft: &Draft) -> Vec<Problem> {
    let wrong = |field, key| Problem { part: None, field, message: Message::new(key) };
    let mut found = Vec::new();
    if finisher(draft.settings).is_some_and(|text| too_long(&words(&text))) {
        found.push(wrong("thread_finisher", "provider.bluesky.thread_finisher.long"));
    }
    let quote = draft.settings["quote"].as_str().map(str::trim).filter(|quote| !quote.is_empty());
    if quote.is_some_and(|quote| quote::parse(quote).is_none()) {
        found.push(wrong("quote", "provider.bluesky.quote.wrong"));
    }
    found
}

/// What the platform would refuse, before anything is sent.
fn refuse(call: &Call<'_>, text: &str) -> Result<(), Failure> {
    call.fits(&ABOUT)?;
    let film = call.media.iter().find(|file| file.is_video());
    let refusal = match () {
        () if text.trim().is_empty() && call.media.is_empty() => "the post has neither text nor a picture",
        () if film.is_some() && call.media.len() > 1 => "a video cannot go along with pictures",
        () if film.is_some_and(|film| film.bytes > ABOUT.limits.video_bytes) => "the video is larger than 100 MB",
        () if film.and_then(|film| film.duration).is_some_and(|d| d > LONGEST) => "the video is longer than three minutes",
        () if too_long(text) => "the text is too long with the handles it mentions",
        () if finisher(call.settings).is_some_and(|text| too_long(&words(&text))) => "the end of the thread is too long",
        () => return Ok(()),
    };
    Err(Failure::rejected(refusal))
}

/// Of a video.
const LONGEST: Duration = Duration::from_secs(ABOUT.limits.video_seconds);

/// What is shown below the text.
enum Embedded {
    /// The film is being worked on.
    Working,
    /// This, if anything.
    Media(Option<Json>),
}

/// The film, the pictures, or without any the card of the first link.
async fn embed(call: &Call<'_>, found: &[Facet]) -> Result<Embedded, Failure> {
    if let Some(film) = call.media.iter().find(|file| file.is_video()) {
        let blob = video::blob(call, film).await?;
        return Ok(blob.map_or(Embedded::Working, |blob| Embedded::Media(Some(record::video(&blob, film)))));
    }
    let mut images = Vec::new();
    for (n, file) in call.media.iter().enumerate() {
        let upload = async |_| record::upload(call, file).await;
        images.push(call.step(&format!("blob:{n}"), Effect::Repeatable, file.id.0.as_bytes(), upload).await?);
    }
    if !images.is_empty() {
        return Ok(Embedded::Media(Some(record::images(&images, call.media))));
    }
    let quotes = call.position == 0 && call.setting("quote").is_some();
    let Some(uri) = found.iter().find_map(Facet::link).filter(|_| !quotes) else { return Ok(Embedded::Media(None)) };
    let card = call.step("card", Effect::Repeatable, uri.as_bytes(), async |_| Ok(card::of(call, uri).await)).await?;
    Ok(Embedded::Media(card.as_ref().map(record::external)))
}

/// With the post that the first part quotes.
async fn quoted(call: &Call<'_>, media: Option<Json>) -> Result<Option<Json>, Failure> {
    let Some(words) = call.setting("quote").filter(|_| call.position == 0) else { return Ok(media) };
    let quoted = call.step("quote", Effect::Repeatable, words.as_bytes(), async |_| quote::find(call, words).await).await?;
    Ok(Some(record::quoting(&quoted, media)))
}
