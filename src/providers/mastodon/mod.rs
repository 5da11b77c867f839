//! Mastodon, and the servers that speak its client API. <https://docs.joinmastodon.org/methods/statuses/>
//!
//! Any server: an app is registered there on the fly and the account consents, or the person brings an access token. What the
//! server accepts is asked when the account is connected and kept beside its token.

mod account;
mod connect;
mod draft;
mod media;
mod own;
mod rules;
mod status;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::Value as Json;

use super::{
    Access, Answers, Auth, Call, Can, Candidate, Choice, Connected, Consent, Descriptor, Draft, Effect, Failure, Field, Found,
    Fut, Granted, Identity, Item, Limits, Link, Metric, OAuth2, Outcome, Problem, Provider, Rate, Remote, StepKey, Text,
    access::text, oauth,
};
use crate::{
    error::FailureKind,
    http::{Method, Reply, Request},
    kit::text::Style,
};
use draft::Words;
use media::Upload;

const PUBLIC: Choice = Choice { value: "public", label: "provider.mastodon.visibility.public" };
const UNLISTED: Choice = Choice { value: "unlisted", label: "provider.mastodon.visibility.unlisted" };
const FOLLOWERS: Choice = Choice { value: "private", label: "provider.mastodon.visibility.private" };
const DIRECT: Choice = Choice { value: "direct", label: "provider.mastodon.visibility.direct" };

const QUOTES: &[Choice] = &[
    Choice { value: "public", label: "provider.mastodon.quotes.public" },
    Choice { value: "followers", label: "provider.mastodon.quotes.followers" },
    Choice { value: "nobody", label: "provider.mastodon.quotes.nobody" },
];

/// Seconds, as the API wants them.
const POLL_LASTS: &[Choice] = &[
    Choice { value: "300", label: "provider.mastodon.lasts.minutes5" },
    Choice { value: "1800", label: "provider.mastodon.lasts.minutes30" },
    Choice { value: "3600", label: "provider.mastodon.lasts.hour" },
    Choice { value: "21600", label: "provider.mastodon.lasts.hours6" },
    Choice { value: "86400", label: "provider.mastodon.lasts.day" },
    Choice { value: "259200", label: "provider.mastodon.lasts.days3" },
    Choice { value: "604800", label: "provider.mastodon.lasts.week" },
];

const ABOUT: Descriptor = Descriptor {
    id: "mastodon",
    aliases: &["mastodon-custom"],
    name: "Mastodon",
    auth: Auth::OAuth2(OAuth2 {
        authorize: "{server}/oauth/authorize",
        token: "{server}/oauth/token",
        scopes: &["read:accounts", "read:statuses", "write:statuses", "write:media"],
        client: oauth::Client::Registered,
        all_scopes: true,
        // A code challenge is added where the server says that it knows it.
        ..OAuth2::CODE
    }),
    connect: &[
        Field::url("server", "provider.mastodon.server")
            .default("https://mastodon.social")
            .help("provider.mastodon.server.help")
            .most(200),
        Field::password("token", "provider.mastodon.token").optional().help("provider.mastodon.token.help"),
    ],
    settings: &[
        Field::choice("visibility", "provider.mastodon.visibility", &[PUBLIC, UNLISTED, FOLLOWERS, DIRECT])
            .default("public")
            .optional(),
        Field::text("spoiler_text", "provider.mastodon.spoiler_text").optional().help("provider.mastodon.spoiler_text.help"),
        Field::bool("sensitive", "provider.mastodon.sensitive"),
        Field::text("language", "provider.mastodon.language").optional().most(8).placeholder("en"),
        Field::choice("quote_approval_policy", "provider.mastodon.quotes", QUOTES).optional(),
        Field::list(
            "poll_options",
            "provider.mastodon.poll_options",
            &[Field::text("option", "provider.mastodon.poll_option").most(200)],
            20,
        )
        .optional()
        .help("provider.mastodon.poll_options.help"),
        Field::choice("poll_expires_in", "provider.mastodon.lasts", POLL_LASTS).default("86400").optional(),
        Field::bool("poll_multiple", "provider.mastodon.poll_multiple"),
        Field::bool("poll_hide_totals", "provider.mastodon.poll_hide_totals"),
    ],
    text: Style::Unicode,
    can: Can {
        thread: true,
        find: true,
        candidates: true,
        delete: true,
        edit: true,
        limits: true,
        mentions: true,
        metrics: true,
        ..Can::PUBLISH
    },
    limits: Limits {
        text: Text::chars(500).links_as(23).short_mentions(),
        images: 4,
        videos: 1,
        image_bytes: 16 * 1024 * 1024,
        video_bytes: 99 * 1024 * 1024,
        alt: 1_500,
        ..Limits::NONE
    },
    // docs.joinmastodon.org/api/rate-limits
    rates: &[Rate::account(300, 300)],
    docs: "https://docs.joinmastodon.org/methods/statuses/",
    ..Descriptor::EMPTY
};

/// How long a server remembers an `Idempotency-Key`: an hour, and a margin for clocks.
const REMEMBERED: Duration = Duration::from_secs(55 * 60);
/// How long a server gets to work on a film before it is asked again.
const PATIENCE: Duration = Duration::from_secs(10);
/// The code of a refusal because media are not ready.
const PROCESSING: &str = "processing";

/// The provider.
pub struct Mastodon;

impl Provider for Mastodon {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn connect<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Connected> {
        Box::pin(async { connect::with_token(link, answers).await.map(Connected::from) })
    }

    fn consent<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers, state: &'a str) -> Fut<'a, Consent> {
        Box::pin(connect::consent(link, answers, state))
    }

    fn grant<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers, kept: Json, code: &'a str) -> Fut<'a, Connected> {
        Box::pin(async move {
            let answers = connect::normal(link, answers)?;
            let granted = oauth::exchange(&ABOUT, link, &answers, kept, code).await?;
            self.profile(link, &granted).await
        })
    }

    fn profile<'a>(&'a self, link: &'a Link<'a>, granted: &'a Granted) -> Fut<'a, Connected> {
        Box::pin(async { connect::granted(link, granted).await.map(Connected::from) })
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        explain(reply, failure)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(account::whoami(access))
    }

    fn limits<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Limits> {
        Box::pin(async { Ok(account::rules(access).await?.limits()) })
    }

    fn mentions<'a>(&'a self, access: &'a Access<'a>, query: &'a str) -> Fut<'a, Vec<Item>> {
        Box::pin(account::search(access, query))
    }

    fn metrics<'a>(&'a self, access: &'a Access<'a>, remote: &'a Remote) -> Fut<'a, Vec<Metric>> {
        Box::pin(status::metrics(access, &remote.id))
    }

    fn edit<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, Remote> {
        Box::pin(edit(call, remote))
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
        Box::pin(status::delete(call, &remote.id))
    }

    fn review(&self, draft: &Draft) -> Vec<Problem> {
        draft::review(draft)
    }
}

async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    let words = Words::of(call)?;
    words.fit(call).await?;
    let Some(media) = media::all(call, &[]).await? else { return Ok(Outcome::Wait { after: PATIENCE }) };
    let create = async |key| status::create(call, &words, &media, &key).await;
    let created = call.step("status", Effect::Keyed { lasts: REMEMBERED }, &words.sent(call), create).await;
    match created {
        // The server has looked at it again meanwhile, and nothing was written.
        Err(failure) if failure.code.as_deref() == Some(PROCESSING) => Ok(Outcome::Wait { after: PATIENCE }),
        created => Ok(Outcome::live(created?)),
    }
}

/// Says again what the status is; files that it shows already are not uploaded again.
async fn edit(call: &Call<'_>, remote: &Remote) -> Result<Remote, Failure> {
    let words = Words::of(call)?;
    words.fit(call).await?;
    let known: Vec<Upload> = serde_json::from_value(remote.extra["media"].clone()).unwrap_or_default();
    let media = media::all(call, &known).await?;
    let media = media.ok_or_else(|| Failure::unavailable("the server is still working on the media: try again in a moment"))?;
    let sent = [words.sent(call), remote.id.as_bytes().to_vec()].concat();
    let change = async |_| status::change(call, &remote.id, &words, &media).await;
    call.step("edit", Effect::Repeatable, &sent, change).await
}

/// A call to the account's server in its name.
fn request(access: &Access<'_>, method: Method, path: &str) -> Result<Request, Failure> {
    let credentials = access.tokens.current();
    let (server, token) = (text(&credentials, "server")?, text(&credentials, "access")?);
    Ok(access.http.request(method, &format!("{server}/api/{path}")).bearer(token))
}

/// Sends it; there is no access to be renewed.
async fn send(access: &Access<'_>, request: Request) -> Result<Reply, Failure> {
    access.send_once(&Mastodon, request).await
}

/// The server's own words. A scope that was not granted and an account that was closed are for the person.
/// <https://docs.joinmastodon.org/entities/Error/>
fn explain(reply: &Reply, failure: Failure) -> Failure {
    let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    let words = [&said["error_description"], &said["error"]].into_iter().filter_map(Json::as_str).find(|w| !w.is_empty());
    let Some(words) = words else { return failure };
    let failure = Failure { message: words.to_owned(), ..failure };
    let lower = words.to_lowercase();
    let has = |part: &str| lower.contains(part);
    match reply.status {
        403 if has("outside the authorized scopes") || has("login is currently disabled") || has("suspended") => {
            Failure { kind: FailureKind::Reconnect, ..failure }
        }
        422 if has("not finished processing") || has("still being processed") => {
            Failure { kind: FailureKind::Unavailable, ..failure }.code(PROCESSING)
        }
        _ => failure,
    }
}
