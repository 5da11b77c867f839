//! The practice platform. Its API is described in `src/sandbox/api.rs`; to this file it is a platform like any other,
//! reached over HTTP.

use std::{sync::LazyLock, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    Access, Account, Answers, Call, Can, Candidate, Choice, Connected, Descriptor, Effect, Failure, Field, Found, Fut, Group,
    Identity, Limits, Link, MediaFile, Outcome, Picture, Provider, Remote, StepKey, Text, call::host,
};
use crate::{
    http::{Method, Reply, Request},
    kit::crypto,
};

/// Opens accounts of the sandbox inside this process: strangers do not know it.
pub static INVITATION: LazyLock<String> = LazyLock::new(crypto::random_token);
/// The header that carries it.
pub const INVITATION_HEADER: &str = "x-sandbox-invitation";

const PUBLIC: Choice = Choice { value: "public", label: "provider.sandbox.public" };
const FOLLOWERS: Choice = Choice { value: "followers", label: "provider.sandbox.followers" };

/// How far the two clocks may be apart.
const BEFORE: TimeDelta = TimeDelta::minutes(5);

const MAX_FILE: u64 = 20 * 1024 * 1024;

const ABOUT: Descriptor = Descriptor {
    id: "sandbox",
    name: "Sandbox",
    group: Group::Practice,
    connect: &[
        Field::text("handle", "provider.sandbox.handle").default("me").optional().help("provider.sandbox.handle_help"),
        Field::url("server", "provider.sandbox.server").optional().help("provider.sandbox.server_help"),
    ],
    settings: &[Field::choice("visibility", "provider.sandbox.visibility", &[PUBLIC, FOLLOWERS]).default("public").optional()],
    // Empty: the instance's own sandbox, whose address is known when it listens.
    hosts: &[("web", "")],
    can: Can { thread: true, find: true, candidates: true, delete: true, ..Can::PUBLISH },
    limits: Limits {
        text: Text::graphemes(500),
        images: 4,
        videos: 1,
        image_bytes: MAX_FILE,
        video_bytes: MAX_FILE,
        ..Limits::NONE
    },
    ..Descriptor::EMPTY
};

const PICTURE: Picture =
    Picture { max_bytes: MAX_FILE, max_side: 4_096, formats: &["image/jpeg", "image/png", "image/webp", "image/gif"] };

/// The practice platform.
pub struct Sandbox;

/// What opens an account. An empty `server` means the instance's own, wherever it listens today.
#[derive(Serialize, Deserialize)]
struct Credentials {
    server: String,
    token: String,
    handle: String,
}

#[derive(Deserialize)]
struct Opened {
    id: String,
    handle: String,
    token: String,
    url: String,
}

#[derive(Serialize, Deserialize)]
struct Uploaded {
    id: String,
}

#[derive(Deserialize)]
struct Posted {
    id: String,
    url: String,
    // What only lists of posts are read for; an answer to a publication is good without.
    #[serde(default)]
    account: String,
    #[serde(default)]
    text: String,
    created_at: Option<DateTime<Utc>>,
}

impl From<Posted> for Remote {
    fn from(post: Posted) -> Self {
        Remote { id: post.id, url: Some(post.url), extra: json!({}) }
    }
}

impl From<Posted> for Candidate {
    fn from(post: Posted) -> Self {
        let (text, at) = (post.text.clone(), post.created_at);
        Candidate::new(post.into(), &text, at)
    }
}

/// What the step `post` gave.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sent {
    Live(Remote),
    Processing { id: String },
}

#[derive(Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Progress {
    Processing { after_ms: u64 },
    Done { post: Posted },
}

#[derive(Deserialize)]
struct Listed {
    posts: Vec<Posted>,
    complete: bool,
}

impl Provider for Sandbox {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn connect<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Connected> {
        Box::pin(async { connect(link, answers).await.map(Connected::from) })
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(whoami(access))
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(publish(call))
    }

    fn find<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Found> {
        Box::pin(find(call, step))
    }

    fn candidates<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Vec<Candidate>> {
        Box::pin(candidates(call, step))
    }

    fn recognise<'a>(&'a self, call: &'a Call<'a>, words: &'a str) -> Fut<'a, Option<Candidate>> {
        Box::pin(recognise(call, words))
    }

    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(delete(call, remote))
    }
}

async fn connect(link: &Link<'_>, answers: &Answers) -> Result<Account, Failure> {
    let answer = |name: &str| answers.get(name).map_or("", |a| a.trim());
    let server = answer("server").trim_end_matches('/').to_owned();
    let base = base(&server, &host(link.hosts, &ABOUT, "web"))?;
    let handle = match answer("handle").trim_start_matches('@') {
        "" => "me",
        handle => handle,
    };
    let request = link.http.request(Method::POST, &format!("{base}/api/accounts")).json(&json!({"handle": handle})).reads();
    // A stranger's server must not learn what opens accounts here.
    let request = if server.is_empty() { request.header(INVITATION_HEADER, &INVITATION) } else { request };
    let opened: Opened = request.send().await?.ok(link.now, explain)?.json()?;
    let me = link.http.request(Method::GET, &format!("{base}/api/me")).bearer(&opened.token);
    me.send().await?.ok(link.now, explain)?;
    let credentials = Credentials { server, token: opened.token, handle: opened.handle.clone() };
    Ok(Account {
        id: opened.id,
        name: opened.handle.clone(),
        handle: opened.handle,
        picture: None,
        url: Some(opened.url),
        credentials: json!(credentials),
    })
}

async fn whoami(access: &Access<'_>) -> Result<Identity, Failure> {
    #[derive(Deserialize)]
    struct Me {
        id: String,
        handle: String,
    }
    let Me { id, handle } = request(access, Method::GET, "me")?.send().await?.ok(access.now, explain)?.json()?;
    Ok(Identity { id, name: handle.clone(), handle, picture: None })
}

async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    call.fits(&ABOUT)?;
    let mut media = Vec::with_capacity(call.media.len());
    for (n, file) in call.media.iter().enumerate() {
        let name = format!("upload:{n}");
        let id = file.id.to_string();
        let uploaded: Uploaded = call.step(&name, Effect::Repeatable, id.as_bytes(), |_| upload(call, file)).await?;
        media.push(json!({"upload": uploaded.id, "alt": file.alt}));
    }
    let draft = json!({
        "text": call.text.to_plain(),
        "media": media,
        "reply_to": call.thread.last().map(|parent| &parent.id),
        "visibility": call.settings.get("visibility").and_then(Json::as_str).unwrap_or("public"),
    });
    let bytes = draft.to_string();
    match call.step("post", Effect::Once, bytes.as_bytes(), |key| post(call, draft, key)).await? {
        Sent::Live(remote) => Ok(Outcome::live(remote)),
        Sent::Processing { id } => progress(call, &id).await,
    }
}

async fn upload(call: &Call<'_>, file: &MediaFile) -> Result<Uploaded, Failure> {
    let request = request(call, Method::POST, "uploads")?;
    let request = if file.is_video() {
        request.stream(call.files.stream(file.id).await?, file.bytes, &file.mime)
    } else {
        let fitted = call.files.fit(file.id, PICTURE).await?;
        request.body(Bytes::clone(&fitted.bytes), &fitted.mime)
    };
    request.send().await?.ok(call.now, explain)?.json()
}

async fn post(call: &Call<'_>, mut draft: Json, key: StepKey) -> Result<Sent, Failure> {
    #[derive(Deserialize)]
    struct Accepted {
        processing: String,
    }
    draft["client_ref"] = json!(key.key);
    let reply = request(call, Method::POST, "posts")?.json(&draft).send().await?.ok(call.now, explain)?;
    if reply.status == 202 {
        return Ok(Sent::Processing { id: reply.json::<Accepted>()?.processing });
    }
    Ok(Sent::Live(reply.json::<Posted>()?.into()))
}

async fn progress(call: &Call<'_>, id: &str) -> Result<Outcome, Failure> {
    let reply = request(call, Method::GET, &format!("processing/{id}"))?.send().await?.ok(call.now, explain)?;
    Ok(match reply.json()? {
        Progress::Done { post } => Outcome::live(post.into()),
        Progress::Processing { after_ms } => Outcome::Wait { after: Duration::from_millis(after_ms) },
    })
}

async fn find(call: &Call<'_>, step: &StepKey) -> Result<Found, Failure> {
    let (handle, key) = (credentials(call)?.handle, step.key.to_string());
    let request = request(call, Method::GET, "posts")?.query(&[("account", &handle), ("client_ref", &key)]);
    let listed: Listed = request.send().await?.ok(call.now, explain)?.json()?;
    Ok(match (listed.posts.is_empty(), listed.complete) {
        (false, _) => Found::Yes(listed.posts.into_iter().rev().map(Remote::from).collect()),
        (true, true) => Found::No,
        (true, false) => Found::NotSeen,
    })
}

async fn candidates(call: &Call<'_>, step: &StepKey) -> Result<Vec<Candidate>, Failure> {
    let (handle, since) = (credentials(call)?.handle, (step.begun_at - BEFORE).to_rfc3339_opts(SecondsFormat::Micros, true));
    let request = request(call, Method::GET, "posts")?.query(&[("account", handle.as_str()), ("since", &since), ("limit", "50")]);
    let listed: Listed = request.send().await?.ok(call.now, explain)?.json()?;
    Ok(listed.posts.into_iter().map(Candidate::from).collect())
}

async fn recognise(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    // `…/@handle#id`, or the id alone.
    let id = words.rsplit('#').next().unwrap_or_default().trim();
    if id.is_empty() || id.len() > 64 || !id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
        return Ok(None);
    }
    let reply = request(call, Method::GET, &format!("posts/{id}"))?.send().await?;
    if reply.status == 404 {
        return Ok(None);
    }
    let post: Posted = reply.ok(call.now, explain)?.json()?;
    Ok((post.account == credentials(call)?.handle).then(|| post.into()))
}

async fn delete(call: &Call<'_>, remote: &Remote) -> Result<(), Failure> {
    let reply = request(call, Method::DELETE, &format!("posts/{}", remote.id))?.reads().send().await?;
    // Gone already is as good.
    if reply.status == 404 { Ok(()) } else { reply.ok(call.now, explain).map(|_| ()) }
}

fn credentials(access: &Access<'_>) -> Result<Credentials, Failure> {
    serde_json::from_value(access.tokens.current())
        .map_err(|e| Failure::reconnect(format!("the stored credentials cannot be read: {e}")))
}

fn request(access: &Access<'_>, method: Method, path: &str) -> Result<Request, Failure> {
    let credentials = credentials(access)?;
    let base = base(&credentials.server, &access.host(&ABOUT, "web"))?;
    Ok(access.http.request(method, &format!("{base}/api/{path}")).bearer(&credentials.token))
}

fn base(server: &str, own: &str) -> Result<String, Failure> {
    match (server, own) {
        ("", "") => Err(Failure::rejected("this instance has no sandbox of its own: name a server")),
        ("", own) => Ok(own.to_owned()),
        (server, _) => Ok(server.to_owned()),
    }
}

/// Puts the platform's own words and code in the place of its status.
fn explain(reply: &Reply, failure: Failure) -> Failure {
    #[derive(Deserialize)]
    struct Said {
        error: String,
        message: String,
    }
    match serde_json::from_slice::<Said>(&reply.body) {
        Ok(said) => Failure { message: said.message, code: Some(said.error), ..failure },
        Err(_) => failure,
    }
}
