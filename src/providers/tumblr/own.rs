//! The blog's own posts: what became of a write, what a person compares, and their numbers.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value as Json;

use super::{api, blocks, post};
use crate::{
    error::Failure,
    providers::{Access, Call, Candidate, Found, Metric, Remote, StepKey},
};

/// The two clocks may be apart.
const BEFORE: TimeDelta = TimeDelta::minutes(1);

#[derive(Deserialize)]
struct Listed {
    posts: Vec<Post>,
}

#[derive(Deserialize)]
struct Post {
    id_string: String,
    timestamp: i64,
    #[serde(default)]
    content: Vec<Json>,
}

#[derive(Deserialize)]
struct Notes {
    total_notes: Option<i64>,
    total_likes: Option<i64>,
    total_reblogs: Option<i64>,
}

impl Post {
    fn at(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.timestamp, 0)
    }

    fn files(&self) -> usize {
        self.content.iter().filter(|block| matches!(block["type"].as_str(), Some("image" | "video"))).count()
    }

    fn candidate(&self, call: &Call<'_>) -> Candidate {
        Candidate::new(post::remote(call, &self.id_string, self.files()), &blocks::words(&self.content), self.at())
    }
}

/// The newest since then.
async fn since(call: &Call<'_>, then: DateTime<Utc>) -> Result<Vec<Post>, Failure> {
    let path = format!("blog/{}/posts", call.account);
    let listed: Listed = api::get(&call.access, &path, &[("npf", "true"), ("limit", "20")]).await?;
    Ok(listed.posts.into_iter().filter(|post| post.at().is_some_and(|at| at >= then)).collect())
}

/// A post with the same words and as many files. That it is not listed proves nothing.
pub async fn find(call: &Call<'_>, step: &StepKey) -> Result<Found, Failure> {
    let wanted = blocks::words(&post::content(call)?);
    let posts = since(call, step.begun_at - BEFORE).await?;
    let same = |p: &&Post| blocks::words(&p.content).trim() == wanted.trim() && p.files() == call.media.len();
    let found = posts.iter().find(same).map(|p| post::remote(call, &p.id_string, p.files()));
    Ok(found.map_or(Found::NotSeen, |remote| Found::Yes(vec![remote])))
}

/// The blog's posts since shortly before the write.
pub async fn recent(call: &Call<'_>, step: &StepKey) -> Result<Vec<Candidate>, Failure> {
    let posts = since(call, step.begun_at - BEFORE * 5).await?;
    Ok(posts.iter().map(|post| post.candidate(call)).collect())
}

/// The post of this blog that an address or number names: `…/blog/123`, `blog.tumblr.com/post/123/title`.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let path = words.trim().split(['?', '#']).next().unwrap_or_default();
    let number = |word: &&str| word.len() > 5 && word.len() <= 20 && word.chars().all(|c| c.is_ascii_digit());
    let Some(id) = path.split('/').find(number) else { return Ok(None) };
    match api::get::<Post>(&call.access, &format!("blog/{}/posts/{id}", call.account), &[("npf", "true")]).await {
        Ok(post) => Ok(Some(post.candidate(call))),
        Err(failure) if failure.code.as_deref() == Some("404") => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Likes, reblogs and all notes.
pub async fn metrics(access: &Access<'_>, remote: &Remote) -> Result<Vec<Metric>, Failure> {
    let query = [("id", remote.id.as_str()), ("mode", "all")];
    let notes: Notes = api::get(access, &format!("blog/{}/notes", access.account), &query).await?;
    let replies =
        notes.total_notes.zip(notes.total_likes).zip(notes.total_reblogs).map(|((all, likes), shares)| all - likes - shares);
    let numbers = [("likes", notes.total_likes), ("shares", notes.total_reblogs), ("comments", replies.filter(|n| *n >= 0))];
    Ok(numbers.into_iter().filter_map(|(name, value)| Some(Metric::new(name, value?))).collect())
}
