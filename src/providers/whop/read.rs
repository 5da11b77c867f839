//! What Whop says about companies, forums and posts: to recognise one, to count, and to choose from.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value as Json;

use super::{remote, send};
use crate::{
    error::{Failure, FailureKind},
    http::Method,
    providers::{Access, Call, Candidate, Item, Metric, Remote, article, article::Sought},
};

/// Pages of fifty that are read of a list.
const PAGES: usize = 10;

/// A post or comment as it stands there.
#[derive(Deserialize)]
pub struct Post {
    /// What it is.
    pub id: String,
    content: Option<String>,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    user: Option<User>,
    view_count: Option<i64>,
    like_count: Option<i64>,
    comment_count: Option<i64>,
}

#[derive(Deserialize)]
struct User {
    id: String,
}

#[derive(Deserialize)]
struct Page<T> {
    data: Vec<T>,
    page_info: Option<PageInfo>,
}

#[derive(Deserialize)]
struct PageInfo {
    end_cursor: Option<String>,
    #[serde(default)]
    has_next_page: bool,
}

impl Post {
    /// Whether it is what is looked for.
    pub fn is(&self, sought: &Sought) -> bool {
        sought.is("", self.content.as_deref().unwrap_or_default(), self.created_at)
    }

    /// With its words.
    pub fn candidate(self, call: &Call<'_>) -> Candidate {
        let (text, at) = (self.content.unwrap_or_default(), self.created_at);
        Candidate::new(remote(call, self.id), &text, at)
    }

    fn is_by(&self, account: &str) -> bool {
        self.user.as_ref().is_some_and(|user| user.id == account)
    }
}

/// The account's newest posts of the forum, or its comments under the call's root.
pub async fn newest(call: &Call<'_>) -> Result<Vec<Post>, Failure> {
    let experience = article::needed(call, "experience")?;
    let mut query = vec![("experience_id", experience), ("first", "50")];
    if let Some(parent) = call.parent() {
        query.push(("parent_id", &parent.id));
    }
    let page: Page<Post> = send(call, Method::GET, "api/v1/forum_posts", |r| r.query(&query)).await?.json()?;
    Ok(page.data.into_iter().filter(|post| post.is_by(call.account)).collect())
}

/// The post of this account that `https://whop.com/experiences/exp_…/post_…` or an id names.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let words = words.trim().split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let Ok(place) = place(words.rsplit('/').next().unwrap_or_default()) else { return Ok(None) };
    match send(call, Method::GET, &place, |r| r).await {
        Ok(reply) => {
            let post: Post = reply.json()?;
            Ok(post.is_by(call.account).then(|| post.candidate(call)))
        }
        Err(failure) if failure.kind == FailureKind::Rejected => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Where a post is read and changed: an id may come from a person, and must not lead elsewhere.
pub fn place(id: &str) -> Result<String, Failure> {
    match !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
        true => Ok(format!("api/v1/forum_posts/{id}")),
        false => Err(Failure::rejected("that is no id of Whop's")),
    }
}

/// Views, likes and comments; what Whop does not count is left out.
pub async fn metrics(access: &Access<'_>, remote: &Remote) -> Result<Vec<Metric>, Failure> {
    let post: Post = send(access, Method::GET, &place(&remote.id)?, |r| r).await?.json()?;
    let numbers = [("views", post.view_count), ("likes", post.like_count), ("comments", post.comment_count)];
    Ok(numbers.into_iter().filter_map(|(name, value)| Some(Metric::new(name, value?))).collect())
}

/// Companies, and the forums of one.
pub async fn list(access: &Access<'_>, name: &str, with: &Json) -> Result<Vec<Item>, Failure> {
    match name {
        "companies" => {
            let companies = all(access, "api/v1/companies", &[]).await?;
            Ok(companies.iter().filter_map(|c| Some(Item::new(c["id"].as_str()?, c["title"].as_str()?))).collect())
        }
        "experiences" => {
            let company = with["company"].as_str().map(str::trim).filter(|id| !id.is_empty());
            let company = company.ok_or_else(|| Failure::rejected("company is missing"))?;
            let forums = all(access, "api/v1/forums", &[("company_id", company)]).await?;
            let item = |forum: &Json| {
                let experience = &forum["experience"];
                Some(Item::new(experience["id"].as_str()?, experience["name"].as_str()?))
            };
            Ok(forums.iter().filter_map(item).collect())
        }
        _ => Err(Failure::unsupported(name)),
    }
}

async fn all(access: &Access<'_>, path: &str, with: &[(&str, &str)]) -> Result<Vec<Json>, Failure> {
    let (mut all, mut after) = (Vec::new(), None::<String>);
    for _ in 0..PAGES {
        let mut query = [with, &[("first", "50")]].concat();
        query.extend(after.as_deref().map(|cursor| ("after", cursor)));
        let page: Page<Json> = send(access, Method::GET, path, |r| r.query(&query)).await?.json()?;
        all.extend(page.data);
        after = page.page_info.filter(|info| info.has_next_page).and_then(|info| info.end_cursor);
        if after.is_none() {
            break;
        }
    }
    Ok(all)
}
