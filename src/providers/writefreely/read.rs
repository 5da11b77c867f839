//! What a WriteFreely says about the account's posts: to recognise one, to count, to choose from, and to take one back.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{Answer, Posted, collection, send};
use crate::{
    error::Failure,
    http::Method,
    providers::{Access, Call, Candidate, Item, Metric, Remote, StepKey, article::Sought},
};

/// A post as it stands there.
#[derive(Deserialize)]
pub struct Post {
    id: String,
    slug: Option<String>,
    url: Option<String>,
    title: Option<String>,
    #[serde(default)]
    body: String,
    created: Option<DateTime<Utc>>,
    collection: Option<Collection>,
}

#[derive(Deserialize)]
struct Collection {
    alias: String,
    title: Option<String>,
    url: Option<String>,
}

impl Post {
    /// What a step keeps of it. `alias`: the blog, where the answer does not say it.
    pub fn posted(self, server: &str, alias: Option<&str>) -> Posted {
        let slug = self.slug.as_deref().filter(|slug| !slug.is_empty());
        let home = self.collection.as_ref().and_then(|c| c.url.clone());
        let alias = self.collection.as_ref().map(|c| c.alias.as_str()).or(alias);
        let url = match (self.url, slug, home, alias) {
            (Some(url), ..) => url,
            (None, Some(slug), Some(home), _) => format!("{}/{slug}", home.trim_end_matches('/')),
            (None, Some(slug), None, Some(alias)) => format!("{server}/{alias}/{slug}"),
            _ => format!("{server}/{}", self.id),
        };
        Posted { id: self.id, url: Some(url) }
    }

    /// Whether it is what is looked for. Without a title of its own, WriteFreely makes one of the first line.
    pub fn is(&self, sought: &Sought, without_title: bool) -> bool {
        let title = if without_title { "" } else { self.title.as_deref().unwrap_or_default() };
        sought.is(title, &self.body, self.created)
    }

    fn candidate(self, server: &str) -> Candidate {
        let text = format!("{}\n{}", self.title.as_deref().unwrap_or_default(), self.body);
        let at = self.created;
        Candidate::new(self.posted(server, None).into(), &text, at)
    }
}

/// The account's posts.
pub async fn own(access: &Access<'_>) -> Result<Vec<Post>, Failure> {
    Ok(send(access, Method::GET, "me/posts", |r| r).await?.json::<Answer<Vec<Post>>>()?.data)
}

/// As steps keep them.
pub fn posted(call: &Call<'_>, posts: impl Iterator<Item = Post>) -> Result<Vec<Posted>, Failure> {
    let (server, alias) = (call.credential("server")?, collection(call)?);
    Ok(posts.map(|post| post.posted(&server, alias)).collect())
}

/// Those since shortly before the step.
pub async fn recent(call: &Call<'_>, step: &StepKey) -> Result<Vec<Candidate>, Failure> {
    let (sought, server) = (Sought::new("", "", step), call.credential("server")?);
    let young = own(call).await?.into_iter().filter(|post| sought.is_young(post.created));
    Ok(young.take(50).map(|post| post.candidate(&server)).collect())
}

/// The post that its address or its id names.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let words = words.trim().split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let server = call.credential("server")?;
    let mut candidates = own(call).await?.into_iter().map(|post| post.candidate(&server));
    let is_its =
        |c: &Candidate| c.remote.id == words || c.remote.url.as_deref().map(|url| url.trim_end_matches('/')) == Some(words);
    Ok(candidates.find(is_its))
}

/// Where a post is read and changed: an id may come from a person, and must not lead elsewhere.
pub fn place(id: &str) -> Result<String, Failure> {
    match !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric()) {
        true => Ok(format!("posts/{id}")),
        false => Err(Failure::rejected("that is no id of WriteFreely's")),
    }
}

/// How often it was read.
pub async fn metrics(access: &Access<'_>, remote: &Remote) -> Result<Vec<Metric>, Failure> {
    let answer: Json = send(access, Method::GET, &place(&remote.id)?, |r| r).await?.json()?;
    Ok(answer["data"]["views"].as_i64().map(|n| Metric::new("views", n)).into_iter().collect())
}

/// The account's blogs.
pub async fn collections(access: &Access<'_>) -> Result<Vec<Item>, Failure> {
    let answer: Answer<Vec<Collection>> = send(access, Method::GET, "me/collections", |r| r).await?.json()?;
    let item = |blog: Collection| {
        let mut item = Item::new(blog.alias.clone(), blog.title.filter(|t| !t.is_empty()).unwrap_or(blog.alias));
        item.extra.extend(blog.url.map(|url| ("url".to_owned(), json!(url))));
        item
    };
    Ok(answer.data.into_iter().map(item).collect())
}

/// Deletes a post. A refusal says "not found, or not yours" in one, so it is looked whether it is still there.
pub async fn delete(call: &Call<'_>, remote: &Remote) -> Result<(), Failure> {
    let place = place(&remote.id)?;
    let gone = |failure: &Failure| matches!(failure.code.as_deref(), Some("404" | "410"));
    match send(call, Method::DELETE, &place, |r| r.reads()).await {
        Err(failure) if failure.code.as_deref() == Some("403") => match send(call, Method::GET, &place, |r| r).await {
            Err(missing) if gone(&missing) => Ok(()),
            _ => Err(failure),
        },
        Err(failure) if !gone(&failure) => Err(failure),
        _ => Ok(()),
    }
}
