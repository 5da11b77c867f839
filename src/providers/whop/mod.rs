//! Forums of Whop. <https://docs.whop.com/api-reference/forum-posts/create-forum-post>
//!
//! The API knows no key of ours, so a post whose answer was lost is looked for in the forum.

mod file;
mod read;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    Access, Account, Answers, Auth, Call, Can, Candidate, Connected, Descriptor, Effect, Failure, FailureKind, Field, Found, Fut,
    Granted, Group, Identity, Item, Limits, Link, Lookup, Metric, OAuth2, Outcome, Provider, Remote, StepKey, Text,
    article::{self, Sought},
    call::host,
    oauth::{self, Consent, Proof},
};
use crate::{
    http::{Method, Reply, Request},
    kit::{crypto, text::Style},
};

/// The largest file, a limit of ours: Whop names none.
const FILE: u64 = 1024 * 1024 * 1024;

const ABOUT: Descriptor = Descriptor {
    id: "whop",
    name: "Whop",
    group: Group::Community,
    auth: Auth::OAuth2(OAuth2 {
        authorize: "{api}/oauth/authorize",
        token: "{api}/oauth/token",
        scopes: &["openid", "profile", "email", "forum:post:create", "forum:read", "company:basic:read"],
        proof: Proof::Public,
        json: true,
        all_scopes: true,
        ..OAuth2::PKCE
    }),
    app: &[Field::text("client_id", "app.client_id")],
    settings: &[
        Field::pick("company", "provider.whop.company", "companies"),
        Field::pick("experience", "provider.whop.experience", "experiences"),
        Field::text("title", "article.title").optional().help("provider.whop.title_help"),
    ],
    lookups: &[
        Lookup { name: "companies", fresh: 3_600, searches: false, with: &[] },
        Lookup { name: "experiences", fresh: 3_600, searches: false, with: &["company"] },
    ],
    hosts: &[("api", "https://api.whop.com"), ("web", "https://whop.com")],
    text: Style::Article,
    can: Can { thread: true, find: true, candidates: true, edit: true, metrics: true, refresh: true, ..Can::PUBLISH },
    limits: Limits {
        text: Text::chars(50_000),
        images: 10,
        videos: 10,
        media: 10,
        mixed: true,
        image_bytes: file::PICTURE.max_bytes,
        video_bytes: FILE,
        ..Limits::NONE
    },
    docs: "https://docs.whop.com/api-reference/forum-posts/create-forum-post",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Whop;

/// What a step keeps of a post.
#[derive(Serialize, Deserialize)]
struct Posted {
    id: String,
}

impl Provider for Whop {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    /// As the descriptor says, with the random word that OpenID asks for.
    fn consent<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers, state: &'a str) -> Fut<'a, Consent> {
        Box::pin(async move {
            let consent = oauth::consent(&ABOUT, link, answers, state, None)?;
            let nonce = &crypto::random_hex()[..16];
            Ok(Consent { url: format!("{}&nonce={nonce}", consent.url), ..consent })
        })
    }

    fn profile<'a>(&'a self, link: &'a Link<'a>, granted: &'a Granted) -> Fut<'a, Connected> {
        Box::pin(async {
            let url = format!("{}/oauth/userinfo", host(link.hosts, &ABOUT, "api"));
            let request = link.http.request(Method::GET, &url).bearer(&granted.access);
            let user: User = request.send().await?.ok(link.now, explain)?.json()?;
            let Identity { id, name, handle, picture } = user.into();
            let url = format!("{}/@{handle}", host(link.hosts, &ABOUT, "web"));
            let credentials = granted.credentials(json!({}));
            Ok(Account { id, name, handle, picture, url: Some(url), credentials }.into())
        })
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        explain(reply, failure)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(async {
            let user: User = send(access, Method::GET, "oauth/userinfo", |r| r).await?.json()?;
            Ok(user.into())
        })
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, with: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(read::list(access, name, with))
    }

    fn metrics<'a>(&'a self, access: &'a Access<'a>, remote: &'a Remote) -> Fut<'a, Vec<Metric>> {
        Box::pin(read::metrics(access, remote))
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(publish(call))
    }

    fn find<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Found> {
        Box::pin(async {
            let sought = Sought::new("", &call.words(&ABOUT), step);
            let seen = read::newest(call).await?.into_iter().filter(|post| post.is(&sought));
            Ok(article::found(seen.map(|post| remote(call, post.id)).collect()))
        })
    }

    fn candidates<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Vec<Candidate>> {
        Box::pin(async {
            let sought = Sought::new("", "", step);
            let young = read::newest(call).await?.into_iter().filter(|post| sought.is_young(post.created_at));
            Ok(young.map(|post| post.candidate(call)).collect())
        })
    }

    fn recognise<'a>(&'a self, call: &'a Call<'a>, words: &'a str) -> Fut<'a, Option<Candidate>> {
        Box::pin(read::named(call, words))
    }

    /// Words only: what is attached stays.
    fn edit<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, Remote> {
        Box::pin(async {
            call.fits(&ABOUT)?;
            let mut change = json!({"content": call.words(&ABOUT)});
            if let Some(title) = call.setting("title").filter(|_| call.thread.is_empty()) {
                change["title"] = title.into();
            }
            send(call, Method::PATCH, &read::place(&remote.id)?, |r| r.reads().json(&change)).await?;
            Ok(remote.clone())
        })
    }
}

async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    call.fits(&ABOUT)?;
    let text = call.words(&ABOUT);
    if text.trim().is_empty() && call.media.is_empty() {
        return Err(Failure::rejected("the post has neither text nor a file"));
    }
    let experience = article::needed(call, "experience")?;
    call.access.freshen(&Whop).await?;
    let mut files = Vec::with_capacity(call.media.len());
    for (n, media) in call.media.iter().enumerate() {
        files.push(file::uploaded(call, n, media).await?);
    }
    for id in &files {
        if let Some(wait) = file::pending(call, id).await? {
            return Ok(wait);
        }
    }
    let attachments: Vec<Json> = files.iter().map(|id| json!({"id": id})).collect();
    let mut post = json!({"experience_id": experience, "content": text});
    if !attachments.is_empty() {
        post["attachments"] = attachments.into();
    }
    match (call.parent(), call.setting("title")) {
        (Some(parent), _) => post["parent_id"] = parent.id.as_str().into(),
        (None, Some(title)) => post["title"] = title.into(),
        (None, None) => {}
    }
    let bytes = post.to_string();
    let write = async |_| send(call, Method::POST, "api/v1/forum_posts", |r| r.json(&post)).await?.json::<Posted>();
    let posted = call.step("publish", Effect::Once, bytes.as_bytes(), write).await?;
    Ok(Outcome::live(remote(call, posted.id)))
}

/// A comment is read where its post is.
fn remote(call: &Call<'_>, id: String) -> Remote {
    let web = call.host(&ABOUT, "web");
    let experience = call.setting("experience").unwrap_or_default();
    let root = call.thread.first().and_then(|root| root.url.clone());
    let url = root.unwrap_or_else(|| format!("{web}/experiences/{experience}/{id}"));
    Remote { id, url: Some(url), extra: json!({}) }
}

#[derive(Deserialize)]
struct User {
    sub: String,
    name: Option<String>,
    preferred_username: Option<String>,
    picture: Option<String>,
}

impl From<User> for Identity {
    fn from(user: User) -> Self {
        let handle = user.preferred_username.filter(|name| !name.is_empty()).unwrap_or_else(|| user.sub.clone());
        Self {
            id: user.sub,
            name: user.name.filter(|name| !name.is_empty()).unwrap_or_else(|| handle.clone()),
            handle,
            picture: user.picture.filter(|url| url.starts_with("https://")),
        }
    }
}

async fn send(access: &Access<'_>, method: Method, path: &str, with: impl Fn(Request) -> Request) -> Result<Reply, Failure> {
    let url = format!("{}/{path}", access.host(&ABOUT, "api"));
    access.credential("access")?;
    let make = |stored: &Json| {
        let token = stored["access"].as_str().unwrap_or_default();
        with(access.http.request(method.clone(), &url).bearer(token))
    };
    access.send(&Whop, make).await
}

/// `{"error": {"type", "message"}}`.
fn explain(reply: &Reply, failure: Failure) -> Failure {
    let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    let text = |name: &str| said["error"][name].as_str().filter(|text| !text.is_empty());
    let Some(code) = text("type") else { return failure };
    let kind = match (code, failure.kind) {
        ("invalid_grant" | "insufficient_scope", _) => FailureKind::Reconnect,
        ("invalid_request" | "not_found", FailureKind::Unexpected) => FailureKind::Rejected,
        (_, kind) => kind,
    };
    let message = text("message").map_or(failure.message.clone(), str::to_owned);
    Failure { kind, message, ..failure }.code(code)
}
