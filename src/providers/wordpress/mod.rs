//! WordPress with its own REST API and an application password. <https://developer.wordpress.org/rest-api/>
//!
//! A post is made as a draft, which nobody else sees, and then given its status by its id: whatever answer is lost, doing the
//! same again cannot publish it twice.

mod connect;
mod read;
#[cfg(test)]
mod tests;
mod wire;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    Access, Answers, Auth, Call, Can, Candidate, Choice, Connected, Descriptor, Draft, Effect, Failure, Field, Found, Fut, Group,
    Identity, Item, Limits, Link, Lookup, Outcome, Picture, Problem, Provider, Remote, StepKey, Text,
    article::{self, Cover, Shown, Sought},
};
use crate::{
    http::{Method, Reply},
    kit::{MediaId, text::Style},
};
use wire::send;

const STATUS: &[Choice] = &[
    Choice { value: "publish", label: "article.status_published" },
    Choice { value: "draft", label: "article.status_draft" },
    Choice { value: "pending", label: "provider.wordpress.pending" },
    Choice { value: "private", label: "provider.wordpress.private" },
];
const PICTURE: Picture =
    Picture { max_bytes: 8 * 1024 * 1024, max_side: 4_096, formats: &["image/jpeg", "image/png", "image/webp", "image/gif"] };

const ABOUT: Descriptor = Descriptor {
    id: "wordpress",
    name: "WordPress",
    group: Group::Article,
    auth: Auth::Form,
    connect: &[
        Field::url("domain", "article.site").placeholder("https://blog.example.com").help("provider.wordpress.domain_help"),
        Field::text("username", "provider.wordpress.username"),
        Field::password("password", "provider.wordpress.password").help("provider.wordpress.password_help"),
    ],
    settings: &[
        Field::text("title", "article.title"),
        Field::picture("main_image", "article.cover"),
        Field::pick("type", "provider.wordpress.type", "postTypes").default("posts"),
        Field::tags("categories", "provider.wordpress.categories", "categories", 50),
        Field::tags("tags", "article.tags", "tags", 50),
        Field::choice("status", "article.status", STATUS).default("publish").optional(),
    ],
    lookups: &[
        Lookup { name: "postTypes", fresh: 3_600, searches: false, with: &[] },
        Lookup { name: "categories", fresh: 600, searches: false, with: &[] },
        Lookup { name: "tags", fresh: 600, searches: false, with: &[] },
    ],
    text: Style::Html { tags: article::TAGS },
    can: Can { find: true, candidates: true, delete: true, edit: true, metrics: true, ..Can::PUBLISH },
    limits: Limits {
        text: Text::chars(100_000),
        images: article::PICTURES,
        image_bytes: PICTURE.max_bytes,
        text_optional: false,
        parts: 1,
        ..Limits::NONE
    },
    docs: "https://developer.wordpress.org/rest-api/reference/posts/",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct WordPress;

/// What the platform says of a post, and what steps keep of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Made {
    id: i64,
    link: Option<String>,
    #[serde(default)]
    kind: String,
}

impl Made {
    fn remote(self, kind: &str) -> Remote {
        Remote { id: self.id.to_string(), url: self.link, extra: json!({"type": kind}) }
    }
}

impl Provider for WordPress {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn connect<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Connected> {
        Box::pin(async { connect::connect(link, answers).await.map(Connected::from) })
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        wire::explain(reply, failure)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(connect::whoami(access))
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, _with: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(async move {
            match name {
                "postTypes" => read::types(access).await,
                "categories" | "tags" => read::terms(access, name).await,
                _ => Err(Failure::unsupported(name)),
            }
        })
    }

    fn metrics<'a>(&'a self, access: &'a Access<'a>, remote: &'a Remote) -> Fut<'a, Vec<super::Metric>> {
        Box::pin(read::metrics(access, remote))
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(publish(call))
    }

    fn find<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Found> {
        Box::pin(async {
            let sought = Sought::new(article::needed(call, "title")?, "", step);
            let seen = read::newest(call, kind(call)?, status(call)).await?;
            let ours = seen.into_iter().filter(|post| sought.is_titled(post.title(), post.at()));
            Ok(article::found(ours.map(Remote::from).collect()))
        })
    }

    fn candidates<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Vec<Candidate>> {
        Box::pin(async {
            let sought = Sought::new("", "", step);
            let seen = read::newest(call, kind(call)?, status(call)).await?;
            Ok(seen.into_iter().filter(|post| sought.is_young(post.at())).map(Candidate::from).collect())
        })
    }

    fn recognise<'a>(&'a self, call: &'a Call<'a>, words: &'a str) -> Fut<'a, Option<Candidate>> {
        Box::pin(read::named(call, words))
    }

    fn edit<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, Remote> {
        Box::pin(async {
            let mut post = compose(call).await?;
            // What is public stays where it is.
            post.as_object_mut().map(|fields| (fields.remove("slug"), fields.remove("status")));
            let (path, kind) = (read::place(remote)?, read::kind_of(remote));
            let made: Made = send(call, Method::POST, &path, |r| r.reads().json(&post)).await?.json()?;
            Ok(made.remote(kind))
        })
    }

    /// To the trash, from which its owner can take it back.
    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(async {
            match send(call, Method::DELETE, &read::place(remote)?, |r| r.reads()).await {
                // Gone already is as good.
                Err(failure) if !matches!(failure.code.as_deref(), Some("rest_post_invalid_id" | "rest_already_trashed")) => {
                    Err(failure)
                }
                _ => Ok(()),
            }
        })
    }

    fn review(&self, draft: &Draft) -> Vec<Problem> {
        article::too_short(draft, "title", 2).into_iter().collect()
    }
}

async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    article::fits(call, &ABOUT)?;
    let kind = kind(call)?;
    let post = compose(call).await?;
    let bytes = format!("{kind} {post}");
    let draft: Made = call.step("draft", Effect::Repeatable, bytes.as_bytes(), |key| draft(call, &post, key)).await?;
    if status(call) == "draft" {
        return Ok(Outcome::live(draft.remote(kind)));
    }
    let (path, body) = (format!("wp/v2/{kind}/{}", draft.id), json!({"status": status(call)}));
    let release = async |_| send(call, Method::POST, &path, |r| r.json(&body)).await?.json::<Made>();
    let made = call.step("publish", Effect::ClientId, path.as_bytes(), release).await?;
    Ok(Outcome::live(made.remote(kind)))
}

/// Makes the draft. One that an earlier attempt may have made is looked for first, so that none is left behind.
async fn draft(call: &Call<'_>, post: &Json, key: StepKey) -> Result<Made, Failure> {
    let kind = kind(call)?;
    if key.earlier > 0 {
        let sought = Sought::new(article::needed(call, "title")?, "", &key);
        let drafts = read::newest(call, kind, "draft").await?;
        if let Some(made) = drafts.into_iter().find(|post| sought.is_titled(post.title(), post.at())) {
            return Ok(made.made());
        }
    }
    send(call, Method::POST, &format!("wp/v2/{kind}"), |r| r.json(post)).await?.json()
}

/// The draft, with its pictures uploaded.
async fn compose(call: &Call<'_>) -> Result<Json, Failure> {
    let title = article::needed(call, "title")?;
    let mut shown = Vec::with_capacity(call.media.len());
    for file in call.media {
        let Uploaded { source_url, .. } = uploaded(call, file.id, &file.alt).await?;
        shown.push(Shown { url: source_url, alt: file.alt.clone() });
    }
    let mut post = json!({"title": title, "content": article::html(call, &ABOUT, &shown), "status": "draft"});
    if let Some(cover) = Cover::of(call, "main_image") {
        post["featured_media"] = uploaded(call, cover.item("main_image")?, "").await?.id.into();
    }
    let slug = article::slug(title);
    if !slug.is_empty() {
        post["slug"] = slug.into();
    }
    for name in ["categories", "tags"] {
        let ids = article::numbers(call.settings, name);
        if !ids.is_empty() {
            post[name] = json!(ids);
        }
    }
    Ok(post)
}

/// What the media library of WordPress has.
#[derive(Serialize, Deserialize)]
struct Uploaded {
    id: i64,
    source_url: String,
}

async fn uploaded(call: &Call<'_>, id: MediaId, alt: &str) -> Result<Uploaded, Failure> {
    call.step(&format!("picture:{id}"), Effect::Repeatable, id.0.as_bytes(), |_| upload(call, id, alt)).await
}

/// <https://developer.wordpress.org/rest-api/reference/media/#create-a-media-item>
async fn upload(call: &Call<'_>, id: MediaId, alt: &str) -> Result<Uploaded, Failure> {
    let fitted = call.files.fit(id, PICTURE).await?;
    let end = fitted.mime.trim_start_matches("image/").replace("jpeg", "jpg");
    let disposition = format!("attachment; filename=\"{id}.{end}\"");
    let add = |r: crate::http::Request| {
        let query: &[(&str, &str)] = if alt.is_empty() { &[] } else { &[("alt_text", alt)] };
        r.query(query).header("content-disposition", &disposition).body(fitted.bytes.clone(), &fitted.mime)
    };
    send(call, Method::POST, "wp/v2/media", add).await?.json()
}

/// The `rest_base` of a type of posts: a word of an address.
fn kind<'c>(call: &'c Call<'_>) -> Result<&'c str, Failure> {
    let kind = article::needed(call, "type")?;
    let is_word = kind.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    is_word.then_some(kind).ok_or_else(|| Failure::rejected("type is no type of posts"))
}

fn status<'c>(call: &'c Call<'_>) -> &'c str {
    call.setting("status").unwrap_or("publish")
}
