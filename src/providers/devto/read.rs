//! What Forem says about the account's articles: to recognise one, to count, and to choose from.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{Made, send};
use crate::{
    error::Failure,
    http::Method,
    providers::{Access, Call, Candidate, Item, Metric, Remote, StepKey, article::Sought},
};

/// Articles of a page: each comes with its whole text, and answers are read up to five megabytes.
const PAGE: &str = "50";
/// Pages that are looked through for the numbers of one article.
const PAGES: usize = 6;
/// Organisations that are asked for.
const ORGANIZATIONS: usize = 20;

#[derive(Deserialize)]
struct Article {
    id: i64,
    #[serde(default)]
    title: String,
    url: Option<String>,
    #[serde(default)]
    body_markdown: String,
    published_at: Option<DateTime<Utc>>,
    page_views_count: Option<i64>,
    #[serde(default)]
    public_reactions_count: i64,
    #[serde(default)]
    comments_count: i64,
    organization: Option<Named>,
    user: Option<Author>,
}

#[derive(Deserialize)]
struct Named {
    username: String,
}

#[derive(Deserialize)]
struct Author {
    user_id: Option<i64>,
}

impl Article {
    fn made(self) -> Made {
        Made { id: self.id, url: self.url }
    }

    fn candidate(self) -> Candidate {
        let (text, at) = (format!("{}\n{}", self.title, self.body_markdown), self.published_at);
        Candidate::new(self.made().into(), &text, at)
    }
}

async fn page(access: &Access<'_>, path: &str, page: usize) -> Result<Vec<Article>, Failure> {
    let page = page.to_string();
    send(access, Method::GET, path, |r| r.query(&[("per_page", PAGE), ("page", &page)])).await?.json()
}

/// The newest articles of a list that are what the step would send. Drafts have no time.
pub async fn like(access: &Access<'_>, path: &str, article: &Json, step: &StepKey) -> Result<Vec<Made>, Failure> {
    let text = |name: &str| article[name].as_str().unwrap_or_default();
    let sought = Sought::new(text("title"), text("body_markdown"), step);
    let newest = page(access, path, 1).await?;
    let same = |a: &Article| sought.is(&a.title, &a.body_markdown, a.published_at);
    Ok(newest.into_iter().filter(same).map(Article::made).collect())
}

/// The newest articles, without those that are surely older than the step.
pub async fn recent(call: &Call<'_>, step: &StepKey) -> Result<Vec<Candidate>, Failure> {
    let sought = Sought::new("", "", step);
    let newest = page(call, "articles/me/published", 1).await?;
    Ok(newest.into_iter().filter(|a| sought.is_young(a.published_at)).map(Article::candidate).collect())
}

/// The article that `https://dev.to/name/slug` or an id names, if this account wrote it.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let Some(path) = path(words) else { return Ok(None) };
    match send(call, Method::GET, &format!("articles/{path}"), |r| r).await {
        Ok(reply) => {
            let article: Article = reply.json()?;
            let author = article.user.as_ref().and_then(|user| user.user_id);
            Ok((author.map(|id| id.to_string()).as_deref() == Some(call.account)).then(|| article.candidate()))
        }
        Err(failure) if failure.code.as_deref() == Some("404") => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn path(words: &str) -> Option<String> {
    let words = words.trim().split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if words.len() <= 19 && !words.is_empty() && words.chars().all(|c| c.is_ascii_digit()) {
        return Some(words.to_owned());
    }
    let mut parts = words.split("://").last()?.split('/').skip(1);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(name), Some(slug), None) if is_word(name) && is_word(slug) => Some(format!("{name}/{slug}")),
        _ => None,
    }
}

/// Views stand only in the account's own list; of an article further back the public numbers are given.
pub async fn metrics(access: &Access<'_>, remote: &Remote) -> Result<Vec<Metric>, Failure> {
    for n in 1..=PAGES {
        let articles = page(access, "articles/me/published", n).await?;
        let last = articles.len() < PAGE.parse().unwrap_or(usize::MAX);
        if let Some(article) = articles.into_iter().find(|a| a.id.to_string() == remote.id) {
            return Ok(numbers(&article));
        }
        if last {
            break;
        }
    }
    let article: Article = send(access, Method::GET, &format!("articles/{}", remote.id), |r| r).await?.json()?;
    Ok(numbers(&article))
}

fn numbers(article: &Article) -> Vec<Metric> {
    let views = article.page_views_count.map(|n| Metric::new("views", n));
    let others = [Metric::new("likes", article.public_reactions_count), Metric::new("comments", article.comments_count)];
    views.into_iter().chain(others).collect()
}

/// The most used tags.
pub async fn tags(access: &Access<'_>) -> Result<Vec<Item>, Failure> {
    #[derive(Deserialize)]
    struct Tag {
        id: i64,
        name: String,
    }
    let tags: Vec<Tag> = send(access, Method::GET, "tags", |r| r.query(&[("per_page", "1000"), ("page", "1")])).await?.json()?;
    Ok(tags.into_iter().map(|tag| Item::new(tag.id.to_string(), tag.name)).collect())
}

/// Forem has no list of one's organisations: they are those of the newest articles.
pub async fn organizations(access: &Access<'_>) -> Result<Vec<Item>, Failure> {
    #[derive(Deserialize)]
    struct Organization {
        id: i64,
        name: String,
        username: String,
    }
    let articles = page(access, "articles/me/all", 1).await?;
    let mut names: Vec<String> = articles.into_iter().filter_map(|a| a.organization).map(|o| o.username).collect();
    names.sort();
    names.dedup();
    let mut items = Vec::new();
    for name in names.iter().take(ORGANIZATIONS) {
        let reply = send(access, Method::GET, &format!("organizations/{name}"), |r| r).await?;
        let Organization { id, name, username } = reply.json()?;
        let mut item = Item::new(id.to_string(), name);
        item.extra.insert("username".into(), json!(username));
        items.push(item);
    }
    Ok(items)
}
