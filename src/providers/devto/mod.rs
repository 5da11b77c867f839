//! DEV (dev.to), and every other Forem by the host `web`. <https://developers.forem.com/api/v1>
//!
//! An article is made as a draft, which nobody else sees, and then published by its id: whatever answer is lost, doing the
//! same again cannot publish it twice.

mod read;
#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    Access, Account, Answers, Auth, Call, Can, Candidate, Connected, Descriptor, Draft, Effect, Failure, FailureKind, Field,
    Found, Fut, Group, Identity, Item, Limits, Link, Lookup, Metric, Outcome, Problem, Provider, Remote, StepKey, Text, article,
    call::host,
};
use crate::{
    http::{Method, Reply, Request},
    kit::text::Style,
};

const ACCEPT: &str = "application/vnd.forem.api-v1+json";
/// Most tags of an article, a rule of Forem's.
const MOST_TAGS: usize = 4;

const ABOUT: Descriptor = Descriptor {
    id: "devto",
    name: "Dev.to",
    group: Group::Article,
    auth: Auth::Form,
    connect: &[Field::password("apiKey", "provider.devto.key").help("provider.devto.key_help")],
    settings: &[
        Field::text("title", "article.title").most(128),
        Field::picture("main_image", "article.cover"),
        Field::url("canonical", "article.canonical").optional().help("article.canonical_help"),
        Field::pick("organization", "provider.devto.organization", "organizations")
            .optional()
            .help("provider.devto.organization_help"),
        Field::tags("tags", "article.tags", "tags", MOST_TAGS).labelled(),
    ],
    lookups: &[
        Lookup { name: "tags", fresh: 86_400, searches: false, with: &[] },
        Lookup { name: "organizations", fresh: 3_600, searches: false, with: &[] },
    ],
    hosts: &[("web", "https://dev.to")],
    text: Style::Article,
    can: Can { find: true, candidates: true, delete: true, edit: true, metrics: true, ..Can::PUBLISH },
    limits: Limits {
        text: Text::chars(100_000),
        images: article::PICTURES,
        image_bytes: article::PICTURE_BYTES,
        text_optional: false,
        parts: 1,
        ..Limits::NONE
    },
    docs: "https://developers.forem.com/api/v1",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Devto;

#[derive(Deserialize)]
struct User {
    id: i64,
    username: String,
    name: Option<String>,
    profile_image: Option<String>,
}

/// What steps keep of an article.
#[derive(Serialize, Deserialize)]
struct Made {
    id: i64,
    #[serde(default)]
    url: Option<String>,
}

impl From<Made> for Remote {
    fn from(made: Made) -> Self {
        Remote { id: made.id.to_string(), url: made.url, extra: json!({}) }
    }
}

impl Provider for Devto {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn connect<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Connected> {
        Box::pin(async { connect(link, answers).await.map(Connected::from) })
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        explain(reply, failure)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(async {
            let user: User = send(access, Method::GET, "users/me", |r| r).await?.json()?;
            Ok(identity(user))
        })
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, _with: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(async move {
            match name {
                "tags" => read::tags(access).await,
                "organizations" => read::organizations(access).await,
                _ => Err(Failure::unsupported(name)),
            }
        })
    }

    fn metrics<'a>(&'a self, access: &'a Access<'a>, remote: &'a Remote) -> Fut<'a, Vec<Metric>> {
        Box::pin(read::metrics(access, remote))
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(publish(call))
    }

    fn find<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Found> {
        Box::pin(async {
            let article = compose(call)?;
            let seen = read::like(call, "articles/me/published", &article, step).await?;
            Ok(article::found(seen.into_iter().map(Remote::from).collect()))
        })
    }

    fn candidates<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Vec<Candidate>> {
        Box::pin(read::recent(call, step))
    }

    fn recognise<'a>(&'a self, call: &'a Call<'a>, words: &'a str) -> Fut<'a, Option<Candidate>> {
        Box::pin(read::named(call, words))
    }

    fn edit<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, Remote> {
        Box::pin(async {
            let mut article = compose(call)?;
            article["published"] = true.into();
            update(call, &remote.id, &article).await.map(Remote::from)
        })
    }

    /// Back to a draft: Forem lets nobody delete by its API.
    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(async {
            match update(call, &remote.id, &json!({"published": false})).await {
                Err(failure) if failure.code.as_deref() != Some("404") => Err(failure),
                _ => Ok(()),
            }
        })
    }

    fn review(&self, draft: &Draft) -> Vec<Problem> {
        article::too_short(draft, "title", 2).into_iter().collect()
    }
}

async fn connect(link: &Link<'_>, answers: &Answers) -> Result<Account, Failure> {
    let key = answers.get("apiKey").map_or("", |a| a.trim());
    let base = host(link.hosts, &ABOUT, "web");
    let request = link.http.request(Method::GET, &format!("{base}/api/users/me"));
    let reply = request.header("accept", ACCEPT).header("api-key", key).send().await?;
    let user: User = reply.ok(link.now, explain)?.json()?;
    let url = format!("{base}/{}", user.username);
    let Identity { id, name, handle, picture } = identity(user);
    Ok(Account { id, name, handle, picture, url: Some(url), credentials: json!({"apiKey": key}) })
}

fn identity(user: User) -> Identity {
    Identity {
        id: user.id.to_string(),
        name: user.name.filter(|name| !name.is_empty()).unwrap_or_else(|| user.username.clone()),
        handle: user.username,
        picture: user.profile_image.filter(|url| url.starts_with("https://")),
    }
}

async fn send(access: &Access<'_>, method: Method, path: &str, with: impl Fn(Request) -> Request) -> Result<Reply, Failure> {
    let key = access.credential("apiKey")?;
    let url = format!("{}/api/{path}", access.host(&ABOUT, "web"));
    let make = |_: &Json| {
        let request = access.http.request(method.clone(), &url);
        with(request.header("accept", ACCEPT).header("api-key", &key))
    };
    access.send_as(&Devto, make, |_, failure| slowed(failure, access.now)).await
}

async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    let article = compose(call)?;
    let bytes = article.to_string();
    let draft = call.step("draft", Effect::Repeatable, bytes.as_bytes(), |key| draft(call, &article, key)).await?;
    let (id, live) = (draft.id.to_string(), json!({"published": true}));
    let made = call.step("publish", Effect::ClientId, id.as_bytes(), |_| update(call, &id, &live)).await?;
    Ok(Outcome::live(made.into()))
}

/// The article as Forem takes it.
fn compose(call: &Call<'_>) -> Result<Json, Failure> {
    article::fits(call, &ABOUT)?;
    let tags: Vec<String> = article::labels(call.settings, "tags").into_iter().map(|tag| tag.name).collect();
    if tags.len() > MOST_TAGS {
        return Err(Failure::rejected(format!("tags: Dev.to takes {MOST_TAGS} of them")));
    }
    let body = without_front_matter(article::markdown(call, &ABOUT, &article::pictures(call)?));
    let mut article = json!({"title": article::needed(call, "title")?, "body_markdown": body, "tags": tags});
    if let Some(cover) = article::cover_url(call, "main_image")? {
        article["main_image"] = cover.into();
    }
    if let Some(canonical) = call.setting("canonical") {
        article["canonical_url"] = canonical.into();
    }
    if let Some(id) = organization(call.settings)? {
        article["organization_id"] = id.into();
    }
    Ok(article)
}

/// Settings hold it as text or as a number.
fn organization(settings: &Json) -> Result<Option<i64>, Failure> {
    let given = &settings["organization"];
    match given.as_str().map_or_else(|| given.as_i64().map(|n| n.to_string()), |text| Some(text.trim().to_owned())) {
        None => Ok(None),
        Some(text) if text.is_empty() => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| Failure::rejected("organization is not an id of Dev.to")),
    }
}

/// Forem takes what stands between two lines of `---` at the top for settings of its own, before those that we send.
fn without_front_matter(body: String) -> String {
    match body.strip_prefix("---") {
        Some(rest) if rest.starts_with(['\n', '\r', ' ', '\t']) || rest.is_empty() => format!("***{rest}"),
        _ => body,
    }
}

/// Makes the draft. One that an earlier attempt may have made is looked for first, so that none is left behind.
async fn draft(call: &Call<'_>, article: &Json, key: StepKey) -> Result<Made, Failure> {
    if key.earlier > 0 {
        let seen = read::like(call, "articles/me/unpublished", article, &key).await?;
        if let Some(made) = seen.into_iter().next() {
            return Ok(made);
        }
    }
    let mut article = article.clone();
    article["published"] = false.into();
    let body = json!({"article": article});
    send(call, Method::POST, "articles", |r| r.json(&body)).await?.json()
}

/// Changes an article of the account. Sent twice it is the same.
async fn update(call: &Call<'_>, id: &str, article: &Json) -> Result<Made, Failure> {
    let body = json!({"article": article});
    send(call, Method::PUT, &format!("articles/{id}"), |r| r.reads().json(&body)).await?.json()
}

/// `{"error": words, "status": number}`.
fn explain(reply: &Reply, failure: Failure) -> Failure {
    let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    match said["error"].as_str().filter(|words| !words.is_empty()) {
        Some(words) => Failure { message: words.to_owned(), ..failure },
        None => failure,
    }
}

/// A limit says in its words when to come back: "Rate limit reached, try again in 300 seconds".
fn slowed(failure: Failure, now: DateTime<Utc>) -> Failure {
    let FailureKind::RateLimited { until: None } = failure.kind else { return failure };
    let number = |text: &str| text.split_whitespace().next()?.parse().ok();
    let seconds: Option<u32> = failure.message.split_once("try again in ").and_then(|(_, rest)| number(rest));
    let until = seconds.map(|seconds| now + TimeDelta::seconds(seconds.into()));
    Failure { kind: FailureKind::RateLimited { until }, ..failure }
}
