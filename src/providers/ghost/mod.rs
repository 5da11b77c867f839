//! Ghost, by its Admin API. <https://docs.ghost.org/admin-api>
//!
//! A post is made as a draft, which nobody else sees, and then published by its id: whatever answer is lost, doing the same
//! again cannot publish or mail it twice.

mod compose;
mod connect;
mod read;
#[cfg(test)]
mod tests;
mod wire;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    Access, Answers, Auth, Call, Can, Candidate, Choice, Connected, Descriptor, Effect, Failure, Field, Found, Fut, Group,
    Identity, Item, Limits, Link, Lookup, Metric, Outcome, Provider, Remote, StepKey, Text, article, article::Sought,
};
use crate::{
    http::{Method, Reply},
    kit::text::Style,
};
use wire::send;

const STATUS: &[Choice] =
    &[Choice { value: "published", label: "article.status_published" }, Choice { value: "draft", label: "article.status_draft" }];
const VISIBILITY: &[Choice] = &[
    Choice { value: "public", label: "provider.ghost.visibility_public" },
    Choice { value: "members", label: "provider.ghost.visibility_members" },
    Choice { value: "paid", label: "provider.ghost.visibility_paid" },
    Choice { value: "tiers", label: "provider.ghost.visibility_tiers" },
];
const SEGMENT: &[Choice] = &[
    Choice { value: "all", label: "provider.ghost.segment_all" },
    Choice { value: "status:free", label: "provider.ghost.segment_free" },
    Choice { value: "status:-free", label: "provider.ghost.segment_paid" },
];

const ABOUT: Descriptor = Descriptor {
    id: "ghost",
    name: "Ghost",
    group: Group::Article,
    auth: Auth::Form,
    connect: &[
        Field::url("url", "article.site").placeholder("https://blog.example.com").help("provider.ghost.url_help"),
        Field::password("apiKey", "provider.ghost.key").help("provider.ghost.key_help"),
    ],
    settings: &[
        Field::text("title", "article.title").most(255),
        Field::text("slug", "article.slug").most(185).optional(),
        Field::picture("main_image", "article.cover"),
        Field::text("feature_image_alt", "article.cover_alt").most(191).optional(),
        Field::text("excerpt", "article.excerpt").most(300).optional(),
        Field::url("canonical", "article.canonical").optional().help("article.canonical_help"),
        Field::tags("tags", "article.tags", "tags", 50).labelled(),
        Field::tags("authors", "article.authors", "users", 10).labelled(),
        Field::bool("featured", "provider.ghost.featured"),
        Field::choice("visibility", "provider.ghost.visibility", VISIBILITY).default("public").optional(),
        Field { required: true, ..Field::tags("tiers", "provider.ghost.tiers", "tiers", 20).labelled() }
            .when("visibility", "tiers"),
        Field::choice("status", "article.status", STATUS).default("published").optional(),
        Field::pick("newsletter", "provider.ghost.newsletter", "newsletters").optional().help("provider.ghost.newsletter_help"),
        Field::choice("email_segment", "provider.ghost.segment", SEGMENT).default("all").optional(),
        Field::text("meta_title", "article.meta_title").most(300).optional(),
        Field::text("meta_description", "article.meta_description").most(500).optional(),
    ],
    lookups: &[
        Lookup { name: "tags", fresh: 600, searches: false, with: &[] },
        Lookup { name: "newsletters", fresh: 600, searches: false, with: &[] },
        Lookup { name: "users", fresh: 3_600, searches: false, with: &[] },
        Lookup { name: "tiers", fresh: 3_600, searches: false, with: &[] },
    ],
    text: Style::Html { tags: article::TAGS },
    can: Can { find: true, candidates: true, delete: true, edit: true, metrics: true, ..Can::PUBLISH },
    limits: Limits {
        text: Text::chars(100_000),
        images: article::PICTURES,
        image_bytes: compose::PICTURE.max_bytes,
        text_optional: false,
        alt: 191,
        parts: 1,
        ..Limits::NONE
    },
    docs: "https://docs.ghost.org/admin-api",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Ghost;

/// What the platform says of a post, and what steps keep of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Post {
    id: String,
    url: Option<String>,
    status: Option<String>,
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct Posts {
    posts: Vec<Post>,
}

impl Post {
    /// The one that a write answers with.
    fn of(reply: &Reply) -> Result<Self, Failure> {
        let mut posts = reply.json::<Posts>()?.posts;
        posts.pop().ok_or_else(|| Failure::uncertain("Ghost answered without a post").raw(&reply.text()))
    }

    /// Readable, or mailed without being on the site.
    fn is_live(&self) -> bool {
        matches!(self.status.as_deref(), Some("published" | "sent"))
    }
}

impl From<Post> for Remote {
    fn from(post: Post) -> Self {
        Remote { id: post.id, url: post.url, extra: json!({}) }
    }
}

impl Provider for Ghost {
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
        Box::pin(read::list(access, name))
    }

    fn metrics<'a>(&'a self, access: &'a Access<'a>, remote: &'a Remote) -> Fut<'a, Vec<Metric>> {
        Box::pin(read::metrics(access, remote))
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(publish(call))
    }

    fn find<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Found> {
        Box::pin(async {
            let sought = Sought::new(article::needed(call, "title")?, "", step);
            let seen = read::newest(call, compose::sent_status(call)).await?;
            let ours = seen.into_iter().filter(|post| sought.is_titled(&post.title, post.at()));
            Ok(article::found(ours.map(|post| post.post.into()).collect()))
        })
    }

    fn candidates<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Vec<Candidate>> {
        Box::pin(async {
            let sought = Sought::new("", "", step);
            let seen = read::newest(call, "status:[published,sent]").await?;
            Ok(seen.into_iter().filter(|post| sought.is_young(post.at())).map(Candidate::from).collect())
        })
    }

    fn recognise<'a>(&'a self, call: &'a Call<'a>, words: &'a str) -> Fut<'a, Option<Candidate>> {
        Box::pin(read::named(call, words))
    }

    fn edit<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, Remote> {
        Box::pin(async {
            let mut post = compose::post(call).await?;
            let stands = read::one(call, &remote.id).await?;
            // What is public stays public and where it is.
            post.as_object_mut().map(|fields| (fields.remove("slug"), fields.remove("status")));
            post["updated_at"] = stands.updated_at.into();
            let change = |r: crate::http::Request| r.reads().query(&[("source", "html")]).json(&one(&post));
            Post::of(&send(call, Method::PUT, &path(&remote.id)?, change).await?).map(Remote::from)
        })
    }

    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(async {
            match send(call, Method::DELETE, &path(&remote.id)?, |r| r.reads()).await {
                // Gone already is as good.
                Err(failure) if failure.code.as_deref() != Some("NotFoundError") => Err(failure),
                _ => Ok(()),
            }
        })
    }
}

async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    article::fits(call, &ABOUT)?;
    let post = compose::post(call).await?;
    let bytes = post.to_string();
    let draft: Post = call.step("draft", Effect::Repeatable, bytes.as_bytes(), |key| draft(call, &post, key)).await?;
    if call.setting("status") == Some("draft") {
        return Ok(Outcome::live(draft.into()));
    }
    let id = draft.id.clone();
    let live: Post = call.step("publish", Effect::ClientId, id.as_bytes(), |key| release(call, draft, key)).await?;
    Ok(Outcome::live(live.into()))
}

/// Makes the draft. One that an earlier attempt may have made is looked for first, so that none is left behind.
async fn draft(call: &Call<'_>, post: &Json, key: StepKey) -> Result<Post, Failure> {
    if key.earlier > 0 {
        let sought = Sought::new(post["title"].as_str().unwrap_or_default(), "", &key);
        let drafts = read::newest(call, "status:draft").await?;
        if let Some(made) = drafts.into_iter().find(|post| sought.is_titled(&post.title, post.at())) {
            return Ok(made.post);
        }
    }
    let reply = send(call, Method::POST, "posts/", |r| r.query(&[("source", "html")]).json(&one(post))).await?;
    Post::of(&reply)
}

/// Publishes a draft, by mail too where a newsletter is chosen. Ghost mails only when a draft becomes public, and takes a
/// change only of the post as it was seen: so this happens once, however often it is asked for.
async fn release(call: &Call<'_>, draft: Post, key: StepKey) -> Result<Post, Failure> {
    let draft = match key.earlier {
        0 => draft,
        _ => read::one(call, &draft.id).await?,
    };
    if draft.is_live() {
        return Ok(draft);
    }
    match change(call, &draft).await {
        Err(failure) if failure.code.as_deref() == Some("UpdateCollisionError") => {
            let stands = read::one(call, &draft.id).await?;
            if stands.is_live() { Ok(stands) } else { change(call, &stands).await }
        }
        result => result,
    }
}

async fn change(call: &Call<'_>, draft: &Post) -> Result<Post, Failure> {
    let body = one(&json!({"updated_at": draft.updated_at, "status": "published"}));
    let segment = call.setting("email_segment").unwrap_or("all");
    let query = match call.setting("newsletter") {
        Some(newsletter) => vec![("newsletter", newsletter), ("email_segment", segment)],
        None => Vec::new(),
    };
    Post::of(&send(call, Method::PUT, &path(&draft.id)?, |r| r.query(&query).json(&body)).await?)
}

fn one(post: &Json) -> Json {
    json!({"posts": [post]})
}

/// An id may come from a person; it must not lead elsewhere.
fn path(id: &str) -> Result<String, Failure> {
    match !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric()) {
        true => Ok(format!("posts/{id}/")),
        false => Err(Failure::rejected("that is no id of Ghost's")),
    }
}
