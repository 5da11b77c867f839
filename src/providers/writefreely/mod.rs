//! Write.as and every WriteFreely. <https://developers.write.as/docs/api/>
//!
//! The API knows no key of ours, so a post whose answer was lost is looked for among the account's own.

mod connect;
mod read;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    Access, Answers, Auth, Call, Can, Candidate, Choice, Connected, Descriptor, Effect, Failure, Field, Found, Fut, Group,
    Identity, Item, Limits, Link, Lookup, Metric, Outcome, Provider, Remote, StepKey, Text,
    article::{self, Sought},
};
use crate::{
    http::{Client, Method, Reply, Request},
    kit::text::Style,
};

const FONTS: &[Choice] = &[
    Choice { value: "norm", label: "provider.writefreely.font_norm" },
    Choice { value: "sans", label: "provider.writefreely.font_sans" },
    Choice { value: "mono", label: "provider.writefreely.font_mono" },
    Choice { value: "wrap", label: "provider.writefreely.font_wrap" },
    Choice { value: "code", label: "provider.writefreely.font_code" },
];

const ABOUT: Descriptor = Descriptor {
    id: "writefreely",
    name: "WriteFreely / Write.as",
    group: Group::Article,
    auth: Auth::Form,
    connect: &[
        Field::url("url", "article.site").default("https://write.as"),
        Field::text("username", "provider.writefreely.username").optional(),
        Field::password("password", "provider.writefreely.password").optional().help("provider.writefreely.password_help"),
        Field::password("token", "provider.writefreely.token").optional().help("provider.writefreely.token_help"),
    ],
    settings: &[
        Field::text("title", "article.title").optional(),
        Field::pick("collection", "provider.writefreely.collection", "collections")
            .optional()
            .help("provider.writefreely.collection_help"),
        Field::text("slug", "article.slug").most(100).optional(),
        Field::choice("font", "provider.writefreely.font", FONTS).default("norm").optional(),
        Field::text("lang", "provider.writefreely.lang").most(2).placeholder("en").optional(),
        Field::bool("rtl", "provider.writefreely.rtl"),
        Field::bool("pin", "provider.writefreely.pin"),
    ],
    lookups: &[Lookup { name: "collections", fresh: 600, searches: false, with: &[] }],
    text: Style::Article,
    can: Can { find: true, candidates: true, delete: true, edit: true, metrics: true, ..Can::PUBLISH },
    limits: Limits {
        text: Text::chars(100_000),
        images: article::PICTURES,
        image_bytes: article::PICTURE_BYTES,
        text_optional: true,
        parts: 1,
        ..Limits::NONE
    },
    docs: "https://developers.write.as/docs/api/",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct WriteFreely;

/// What every answer stands in.
#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

/// What steps keep of a post.
#[derive(Serialize, Deserialize)]
struct Posted {
    id: String,
    url: Option<String>,
}

impl From<Posted> for Remote {
    fn from(post: Posted) -> Self {
        Remote { id: post.id, url: post.url, extra: json!({}) }
    }
}

impl Provider for WriteFreely {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn connect<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Connected> {
        Box::pin(async { connect::connect(link, answers).await.map(Connected::from) })
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        explain(reply, failure)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(connect::whoami(access))
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, _with: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(async move {
            match name {
                "collections" => read::collections(access).await,
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
            let post = compose(call)?;
            let title = call.setting("title").unwrap_or_default();
            let sought = Sought::new(title, post["body"].as_str().unwrap_or_default(), step);
            let seen = read::own(call).await?.into_iter().filter(|post| post.is(&sought, title.is_empty()));
            Ok(article::found(read::posted(call, seen)?.into_iter().map(Remote::from).collect()))
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
            let mut post = compose(call)?;
            // What is public stays where it is.
            post.as_object_mut().map(|fields| fields.remove("slug"));
            send(call, Method::POST, &read::place(&remote.id)?, |r| r.reads().json(&post)).await?;
            Ok(remote.clone())
        })
    }

    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(read::delete(call, remote))
    }
}

async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    let post = compose(call)?;
    let path = match collection(call)? {
        Some(alias) => format!("collections/{alias}/posts"),
        None => "posts".to_owned(),
    };
    let bytes = format!("{path} {post}");
    let write = async |_| {
        let reply = send(call, Method::POST, &path, |r| r.json(&post)).await?;
        let post: read::Post = reply.json::<Answer<read::Post>>()?.data;
        Ok::<_, Failure>(post.posted(&call.credential("server")?, collection(call)?))
    };
    let posted = call.step("publish", Effect::Once, bytes.as_bytes(), write).await?;
    let warnings = pinned(call, &posted.id).await?;
    Ok(Outcome::Live { remotes: vec![posted.into()], warnings })
}

/// Pins it where that is wanted; when it cannot be, the post is live all the same.
async fn pinned(call: &Call<'_>, id: &str) -> Result<Vec<String>, Failure> {
    let Some(alias) = collection(call)?.filter(|_| call.settings["pin"] == true) else { return Ok(Vec::new()) };
    let (path, body) = (format!("collections/{alias}/pin"), json!([{"id": id}]));
    let pin = async |_| send(call, Method::POST, &path, |r| r.reads().json(&body)).await.map(drop);
    match call.step::<(), _, _>("pin", Effect::Repeatable, id.as_bytes(), pin).await {
        Ok(()) => Ok(Vec::new()),
        Err(failure) => Ok(vec![format!("the post could not be pinned: {}", failure.message)]),
    }
}

/// The post as WriteFreely takes it.
fn compose(call: &Call<'_>) -> Result<Json, Failure> {
    article::fits(call, &ABOUT)?;
    let mut post = json!({"body": article::markdown(call, &ABOUT, &article::pictures(call)?)});
    for name in ["title", "slug", "font", "lang"] {
        if let Some(value) = call.setting(name) {
            post[name] = value.into();
        }
    }
    if call.settings["rtl"] == true {
        post["rtl"] = true.into();
    }
    Ok(post)
}

/// The blog it goes to; without one it is a draft with an address that only its author knows.
fn collection<'c>(call: &'c Call<'_>) -> Result<Option<&'c str>, Failure> {
    let is_alias = |alias: &str| alias.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    match call.setting("collection") {
        Some(alias) if !is_alias(alias) => Err(Failure::rejected("collection is no alias of a blog")),
        alias => Ok(alias),
    }
}

fn request(http: &Client, (method, server, path): (Method, &str, &str), token: &str) -> Request {
    http.request(method, &format!("{server}/api/{path}")).header("authorization", &format!("Token {token}"))
}

async fn send(access: &Access<'_>, method: Method, path: &str, with: impl FnOnce(Request) -> Request) -> Result<Reply, Failure> {
    let (server, token) = (access.credential("server")?, access.credential("access")?);
    access.send_once(&WriteFreely, with(request(access.http, (method, &server, path), &token))).await
}

/// `{"code": status, "error_msg": words}`.
fn explain(reply: &Reply, failure: Failure) -> Failure {
    let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    match said["error_msg"].as_str().filter(|words| !words.is_empty()) {
        Some(words) => Failure { message: words.to_owned(), ..failure },
        None => failure,
    }
}
