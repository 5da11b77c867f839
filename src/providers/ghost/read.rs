//! What a Ghost says about its posts: to recognise one, to count, and to choose from.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value as Json;

use super::{Post, path, wire::send};
use crate::{
    error::Failure,
    http::Method,
    providers::{Access, Call, Candidate, Item, Metric, Remote},
};

/// A post with what people read.
#[derive(Deserialize)]
pub struct Read {
    /// What it is.
    #[serde(flatten)]
    pub post: Post,
    /// Its title.
    #[serde(default)]
    pub title: String,
    plaintext: Option<String>,
    published_at: Option<DateTime<Utc>>,
    created_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Answer {
    posts: Vec<Read>,
}

impl Read {
    /// When it became public, else when it was made.
    pub fn at(&self) -> Option<DateTime<Utc>> {
        self.published_at.or(self.created_at)
    }
}

impl From<Read> for Candidate {
    fn from(read: Read) -> Self {
        let text = format!("{}\n{}", read.title, read.plaintext.as_deref().unwrap_or_default());
        let at = read.at();
        Candidate::new(read.post.into(), &text, at)
    }
}

/// The newest posts under a filter.
pub async fn newest(access: &Access<'_>, filter: &str) -> Result<Vec<Read>, Failure> {
    let order = if filter.contains("draft") { "created_at desc" } else { "published_at desc" };
    let query = [("filter", filter), ("limit", "30"), ("order", order), ("formats", "plaintext")];
    let answer: Answer = send(access, Method::GET, "posts/", |r| r.query(&query)).await?.json()?;
    Ok(answer.posts)
}

/// A post by its id.
pub async fn one(access: &Access<'_>, id: &str) -> Result<Post, Failure> {
    Post::of(&send(access, Method::GET, &path(id)?, |r| r).await?)
}

/// The post that an address of the site or an id names.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let words = words.trim().split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let last = words.rsplit('/').next().unwrap_or_default();
    let is_slug = !last.is_empty() && last.len() <= 191 && last.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    let is_id = words.len() == 24 && words.chars().all(|c| c.is_ascii_hexdigit());
    let path = match words.contains("://") {
        true if is_slug => format!("posts/slug/{last}/"),
        false if is_id => format!("posts/{words}/"),
        _ => return Ok(None),
    };
    let read = match send(call, Method::GET, &path, |r| r.query(&[("formats", "plaintext")])).await {
        Ok(reply) => reply.json::<Answer>()?.posts.pop(),
        Err(failure) if failure.code.as_deref() == Some("NotFoundError") => None,
        Err(failure) => return Err(failure),
    };
    // Other sites have posts of the same name.
    let is_its = |read: &Read| is_id || read.post.url.as_deref().map(|url| url.trim_end_matches('/')) == Some(words);
    Ok(read.filter(is_its).map(Candidate::from))
}

/// Numbers of the mail; Ghost counts no views of pages.
pub async fn metrics(access: &Access<'_>, remote: &Remote) -> Result<Vec<Metric>, Failure> {
    let include = [("include", "email,count.clicks")];
    let answer: Json = send(access, Method::GET, &path(&remote.id)?, |r| r.query(&include)).await?.json()?;
    let post = &answer["posts"][0];
    let numbers = [
        ("reach", &post["email"]["delivered_count"]),
        ("views", &post["email"]["opened_count"]),
        ("clicks", &post["count"]["clicks"]),
    ];
    Ok(numbers.iter().filter_map(|(name, value)| Some(Metric::new(name, value.as_i64()?))).collect())
}

/// Tags, newsletters, authors and tiers.
pub async fn list(access: &Access<'_>, name: &str) -> Result<Vec<Item>, Failure> {
    let (path, id, query): (_, _, &[(&str, &str)]) = match name {
        "tags" => ("tags/", "id", &[("limit", "100"), ("order", "name")]),
        "newsletters" => ("newsletters/", "slug", &[("limit", "50")]),
        "users" => ("users/", "email", &[("limit", "100")]),
        "tiers" => ("tiers/", "id", &[]),
        _ => return Err(Failure::unsupported(name)),
    };
    let answer: Json = send(access, Method::GET, path, |r| r.query(query)).await?.json()?;
    let is_offered = |item: &&Json| item["status"] != "archived" && item["active"] != false;
    let item = |item: &Json| Some(Item::new(item[id].as_str()?, item["name"].as_str()?));
    Ok(answer[name].as_array().into_iter().flatten().filter(is_offered).filter_map(item).collect())
}
