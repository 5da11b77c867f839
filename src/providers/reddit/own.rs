//! The account's own submissions and comments: what became of a write, what a person compares, and their numbers.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;

use super::{
    ABOUT, api,
    entry::{self, Entry},
    markdown,
    submit::{Submitted, thing},
};
use crate::{
    error::Failure,
    providers::{Access, Call, Candidate, Found, Metric, Remote, StepKey},
};

/// The two clocks may be apart.
const BEFORE: TimeDelta = TimeDelta::seconds(60);
/// As long as one run of a part with several submissions can last.
const RUN: TimeDelta = TimeDelta::minutes(15);

#[derive(Deserialize)]
struct Listing {
    data: Children,
}

#[derive(Deserialize)]
struct Children {
    children: Vec<Child>,
}

#[derive(Deserialize)]
struct Child {
    kind: String,
    data: Post,
}

#[derive(Deserialize)]
struct Post {
    id: String,
    #[serde(default)]
    author: String,
    #[serde(default)]
    subreddit: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    selftext: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    link_id: String,
    created_utc: f64,
    permalink: String,
    #[serde(default)]
    is_self: bool,
    score: Option<i64>,
    num_comments: Option<i64>,
}

impl Post {
    fn at(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.created_utc as i64, 0)
    }

    fn is_young(&self, then: DateTime<Utc>) -> bool {
        self.at().is_some_and(|at| at >= then)
    }

    fn submitted(self, site: &str) -> Submitted {
        Submitted { url: Some(format!("{site}{}", self.permalink)), at: self.at().unwrap_or_default(), id: Some(self.id) }
    }
}

impl Child {
    fn candidate(self, site: &str) -> Candidate {
        let (at, post) = (self.data.at(), self.data);
        let text = [&post.title, &post.selftext, &post.body].into_iter().filter(|t| !t.is_empty()).cloned().collect::<Vec<_>>();
        let parent = post.link_id.trim_start_matches("t3_");
        let posts = if self.kind == "t1" { json!([parent]) } else { json!([post.id]) };
        let extra = json!({"kind": self.kind, "text": post.is_self || self.kind == "t1", "posts": posts});
        let remote = Remote { id: post.id, url: Some(format!("{site}{}", post.permalink)), extra };
        Candidate::new(remote, &text.join("\n"), at)
    }
}

async fn list(call: &Call<'_>, what: &str) -> Result<Vec<Child>, Failure> {
    let path = format!("user/{}/{what}", call.credential("handle")?);
    let listing: Listing = api::get(&call.access, &path, &[("limit", "25"), ("sort", "new")]).await?;
    Ok(listing.data.children)
}

/// The submission of this entry since then, if the account's list shows it.
pub async fn submission(call: &Call<'_>, entry: &Entry, then: DateTime<Utc>) -> Result<Option<Submitted>, Failure> {
    let site = call.host(&ABOUT, "site");
    let found = list(call, "submitted").await?.into_iter().map(|child| child.data).find(|post| is(post, entry, then - BEFORE));
    Ok(found.map(|post| post.submitted(&site)))
}

fn is(post: &Post, entry: &Entry, then: DateTime<Utc>) -> bool {
    post.subreddit.eq_ignore_ascii_case(&entry.subreddit) && post.title.trim() == entry.title && post.is_young(then)
}

/// The comment with these words below this submission since then.
pub async fn comment(call: &Call<'_>, post: &str, text: &str, then: DateTime<Utc>) -> Result<Option<Submitted>, Failure> {
    let (site, parent) = (call.host(&ABOUT, "site"), format!("t3_{post}"));
    let same = |c: &Post| c.link_id == parent && c.body.trim() == text.trim() && c.is_young(then - BEFORE);
    let found = list(call, "comments").await?.into_iter().map(|child| child.data).find(same);
    Ok(found.map(|comment| comment.submitted(&site)))
}

/// All submissions of the part, or all its comments; that one of them is not listed proves nothing.
pub async fn find(call: &Call<'_>, step: &StepKey) -> Result<Found, Failure> {
    let mut found = Vec::new();
    if let Some(root) = call.thread.first() {
        let posts: Vec<String> = serde_json::from_value(root.extra["posts"].clone()).unwrap_or_default();
        let then = if posts.len() > 1 { step.begun_at - RUN } else { step.begun_at };
        for post in &posts {
            found.push((comment(call, post, &markdown(call.text), then).await?, ("t1", true)));
        }
        return Ok(all(found, Some(&posts)));
    }
    let entries = entry::of(call)?;
    let then = if entries.len() > 1 { step.begun_at - RUN } else { step.begun_at };
    for entry in &entries {
        found.push((submission(call, entry, then).await?, ("t3", entry.kind == entry::Kind::Text)));
    }
    Ok(all(found, None))
}

fn all(found: Vec<(Option<Submitted>, (&str, bool))>, posts: Option<&[String]>) -> Found {
    let own: Vec<String> = found.iter().filter_map(|(submitted, _)| submitted.as_ref()?.id.clone()).collect();
    if own.is_empty() || own.len() < found.len() {
        return Found::NotSeen;
    }
    let posts = posts.unwrap_or(&own).to_vec();
    let remote = |(submitted, (kind, text)): (Option<Submitted>, (&str, bool))| {
        let submitted = submitted?;
        Some(Remote { id: submitted.id?, url: submitted.url, extra: json!({"kind": kind, "text": text, "posts": posts}) })
    };
    Found::Yes(found.into_iter().filter_map(remote).collect())
}

/// The newest of the account since shortly before the write.
pub async fn recent(call: &Call<'_>, step: &StepKey) -> Result<Vec<Candidate>, Failure> {
    let site = call.host(&ABOUT, "site");
    let listed = list(call, if call.thread.is_empty() { "submitted" } else { "comments" }).await?;
    let young = listed.into_iter().filter(|child| child.data.is_young(step.begun_at - BEFORE * 5));
    Ok(young.map(|child| child.candidate(&site)).collect())
}

/// The submission or comment that `…/comments/id/title/comment` or `id` names, if the account wrote it.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let path = words.trim().split(['?', '#']).next().unwrap_or_default();
    let rest: Vec<&str> = path.split_once("/comments/").map_or(path, |(_, rest)| rest).trim_end_matches('/').split('/').collect();
    let (kind, id) = match rest[..] {
        [id] | [id, _] => ("t3", id),
        [_, _, id] => ("t1", id),
        _ => return Ok(None),
    };
    if id.is_empty() || id.len() > 12 || !id.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Ok(None);
    }
    let listing = info(&call.access, &format!("{kind}_{id}")).await?;
    let (site, handle) = (call.host(&ABOUT, "site"), call.credential("handle")?);
    let own = listing.into_iter().find(|child| child.data.author.eq_ignore_ascii_case(&handle));
    Ok(own.map(|child| child.candidate(&site)))
}

async fn info(access: &Access<'_>, thing: &str) -> Result<Vec<Child>, Failure> {
    let listing: Result<Listing, Failure> = api::get(access, "api/info", &[("id", thing)]).await;
    match listing {
        Ok(listing) => Ok(listing.data.children),
        Err(failure) if failure.code.as_deref() == Some("404") => Ok(Vec::new()),
        Err(failure) => Err(failure),
    }
}

/// Votes and comments of today.
pub async fn metrics(access: &Access<'_>, remote: &Remote) -> Result<Vec<Metric>, Failure> {
    let Some(child) = info(access, &thing(remote)).await?.into_iter().next() else { return Ok(Vec::new()) };
    let numbers = [("votes", child.data.score), ("comments", child.data.num_comments)];
    Ok(numbers.into_iter().filter_map(|(name, value)| Some(Metric::new(name, value?))).collect())
}
