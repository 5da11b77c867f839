//! What a WordPress says about its posts: to recognise one, to count, and to choose from.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;
use serde_json::Value as Json;
use url::Url;

use super::{Made, kind, wire::send};
use crate::{
    error::Failure,
    http::{Method, Reply},
    kit::text::Doc,
    providers::{Access, Call, Candidate, Item, Metric, Remote},
};

/// Pages of a hundred that are read of a list.
const PAGES: usize = 10;

/// A post as it stands there.
#[derive(Deserialize)]
pub struct Post {
    id: i64,
    link: Option<String>,
    date_gmt: Option<NaiveDateTime>,
    title: Option<Text>,
    content: Option<Text>,
    #[serde(skip)]
    kind: String,
}

#[derive(Deserialize)]
struct Text {
    raw: Option<String>,
    rendered: Option<String>,
}

impl Text {
    fn as_written(&self) -> &str {
        self.raw.as_deref().or(self.rendered.as_deref()).unwrap_or_default()
    }
}

impl Post {
    /// Its title, as it was written.
    pub fn title(&self) -> &str {
        self.title.as_ref().map_or("", Text::as_written)
    }

    /// Its date.
    pub fn at(&self) -> Option<DateTime<Utc>> {
        self.date_gmt.map(|at| at.and_utc())
    }

    /// What a step keeps of it.
    pub fn made(self) -> Made {
        Made { id: self.id, link: self.link, kind: self.kind }
    }
}

impl From<Post> for Remote {
    fn from(post: Post) -> Self {
        let kind = post.kind.clone();
        post.made().remote(&kind)
    }
}

impl From<Post> for Candidate {
    fn from(post: Post) -> Self {
        let body = Doc::from_html(post.content.as_ref().map_or("", Text::as_written)).to_plain();
        let (text, at) = (format!("{}\n{body}", post.title()), post.at());
        Candidate::new(post.into(), &text, at)
    }
}

/// The newest posts of a type and status, as they were written.
pub async fn newest(access: &Access<'_>, kind: &str, status: &str) -> Result<Vec<Post>, Failure> {
    let query = [("status", status), ("context", "edit"), ("orderby", "date"), ("order", "desc"), ("per_page", "30")];
    let reply = send(access, Method::GET, &format!("wp/v2/{kind}"), |r| r.query(&query)).await?;
    typed(&reply, kind)
}

fn typed(reply: &Reply, kind: &str) -> Result<Vec<Post>, Failure> {
    let posts: Vec<Post> = reply.json()?;
    Ok(posts.into_iter().map(|post| Post { kind: kind.to_owned(), ..post }).collect())
}

/// The post that its address, `…/?p=7` or an id names.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let (words, kind) = (words.trim(), kind(call)?);
    let is_id = |id: &str| (1..=18).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit());
    let url = Url::parse(words).ok();
    let by_query = url.as_ref().and_then(|url| url.query_pairs().find(|(name, _)| name == "p").map(|(_, id)| id.into_owned()));
    let home = call.credential("server")?;
    if by_query.is_some() && !words.starts_with(&home) {
        return Ok(None);
    }
    if let Some(id) = by_query.or(Some(words.to_owned())).filter(|id| is_id(id)) {
        return by_id(call, kind, &id).await;
    }
    let Some(url) = url else { return Ok(None) };
    let slug = url.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    if slug.is_empty() || slug.len() > 600 {
        return Ok(None);
    }
    let query = [("slug", slug.as_str()), ("context", "edit")];
    let reply = send(call, Method::GET, &format!("wp/v2/{kind}"), |r| r.query(&query)).await?;
    let bare = |url: &str| url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned();
    let is_its = |post: &Post| post.link.as_deref().map(bare) == Some(bare(words));
    Ok(typed(&reply, kind)?.into_iter().find(is_its).map(Candidate::from))
}

async fn by_id(call: &Call<'_>, kind: &str, id: &str) -> Result<Option<Candidate>, Failure> {
    match send(call, Method::GET, &format!("wp/v2/{kind}/{id}"), |r| r.query(&[("context", "edit")])).await {
        Ok(reply) => Ok(Some(Post { kind: kind.to_owned(), ..reply.json()? }.into())),
        Err(failure) if failure.code.as_deref() == Some("rest_post_invalid_id") => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Where a published post is changed.
pub fn place(remote: &Remote) -> Result<String, Failure> {
    let (id, kind) = (&remote.id, kind_of(remote));
    let is_sound = !id.is_empty()
        && id.bytes().all(|b| b.is_ascii_digit())
        && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if is_sound { Ok(format!("wp/v2/{kind}/{id}")) } else { Err(Failure::rejected("that is no id of WordPress's")) }
}

/// The type of a published post.
pub fn kind_of(remote: &Remote) -> &str {
    remote.extra["type"].as_str().unwrap_or("posts")
}

/// WordPress counts comments only.
pub async fn metrics(access: &Access<'_>, remote: &Remote) -> Result<Vec<Metric>, Failure> {
    let query = [("post", remote.id.as_str()), ("per_page", "1")];
    let reply = send(access, Method::GET, "wp/v2/comments", |r| r.query(&query)).await?;
    Ok(number(&reply, "x-wp-total").map(|n| Metric::new("comments", n)).into_iter().collect())
}

fn number(reply: &Reply, header: &str) -> Option<i64> {
    reply.header(header)?.parse().ok()
}

/// Types of posts that people write.
pub async fn types(access: &Access<'_>) -> Result<Vec<Item>, Failure> {
    let types: Json = send(access, Method::GET, "wp/v2/types", |r| r).await?.json()?;
    let is_written = |key: &str| !key.contains("wp_") && !key.contains("nav_") && key != "attachment";
    let known = types.as_object().into_iter().flatten().filter(|(key, _)| is_written(key));
    Ok(known.filter_map(|(_, kind)| Some(Item::new(kind["rest_base"].as_str()?, kind["name"].as_str()?))).collect())
}

/// Categories or tags, all pages.
pub async fn terms(access: &Access<'_>, name: &str) -> Result<Vec<Item>, Failure> {
    #[derive(Deserialize)]
    struct Term {
        id: i64,
        name: String,
    }
    let mut items = Vec::new();
    for page in 1..=PAGES {
        let number_of_page = page.to_string();
        let query = [("per_page", "100"), ("page", number_of_page.as_str())];
        let reply = send(access, Method::GET, &format!("wp/v2/{name}"), |r| r.query(&query)).await?;
        let terms: Vec<Term> = reply.json()?;
        items.extend(terms.into_iter().map(|term| Item::new(term.id.to_string(), term.name)));
        if number(&reply, "x-wp-totalpages").is_none_or(|pages| i64::try_from(page).is_ok_and(|page| page >= pages)) {
            break;
        }
    }
    Ok(items)
}
