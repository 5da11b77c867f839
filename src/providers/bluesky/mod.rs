//! Bluesky, and every other server of the AT Protocol's network. <https://docs.bsky.app/docs/advanced-guides/posts>
//!
//! Posts go to the account's own server (PDS), which is authoritative for them; the view that apps show lags behind it
//! and is never asked. Every record is created under a key of ours (see [`tid`]), so an attempt can be repeated.

mod card;
mod connect;
mod domains;
mod facets;
mod mentions;
mod own;
mod record;
mod session;
#[cfg(test)]
mod tests;
mod tid;
mod xrpc;

use serde_json::Value as Json;

use super::{
    Answers, Auth, Call, Can, Candidate, Connected, Descriptor, Effect, Failure, FailureKind, Field, Found, Fut, Limits, Link,
    Outcome, Provider, Rate, Remote, StepKey, Text,
};
use facets::Facet;

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
    hosts: &[("web", "https://bsky.app")],
    can: Can { thread: true, find: true, candidates: true, delete: true, ..Can::PUBLISH },
    limits: Limits {
        text: Text::graphemes(300).bytes(3_000),
        images: 4,
        image_bytes: record::IMAGE_BYTES,
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
    let text = call.text.to_plain();
    refuse(call, &text)?;
    session::freshen(call).await?;
    let found = facets::detect(&text);
    let embed = embed(call, &found).await?;
    let (dids, warnings) = mentions::resolve(call, &found).await?;
    let facets = found.iter().filter_map(|facet| facet.json(&dids)).collect();
    let record = record::compose(call, &text, facets, embed)?;
    let created = call
        .step("create", Effect::ClientId, record.to_string().as_bytes(), async |key| record::create(call, &key, &record).await)
        .await?;
    Ok(Outcome::Live { remotes: vec![created.remote(&call.host(&ABOUT, "web"))], warnings })
}

/// What the platform would refuse, before anything is sent.
fn refuse(call: &Call<'_>, text: &str) -> Result<(), Failure> {
    call.fits(&ABOUT)?;
    if text.trim().is_empty() && call.media.is_empty() {
        return Err(Failure::rejected("the post has neither text nor a picture"));
    }
    Ok(())
}

/// The pictures, or without any the card of the first link.
async fn embed(call: &Call<'_>, found: &[Facet]) -> Result<Option<Json>, Failure> {
    let mut images = Vec::new();
    for (n, file) in call.media.iter().enumerate() {
        let upload = async |_| record::upload(call, file).await;
        images.push(call.step(&format!("blob:{n}"), Effect::Repeatable, file.id.0.as_bytes(), upload).await?);
    }
    if !images.is_empty() {
        return Ok(Some(record::images(&images, call.media)));
    }
    let Some(uri) = found.iter().find_map(Facet::link) else { return Ok(None) };
    let card = call.step("card", Effect::Repeatable, uri.as_bytes(), async |_| Ok(card::of(call, uri).await)).await?;
    Ok(card.as_ref().map(record::external))
}
