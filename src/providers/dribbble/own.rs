//! The account's own shots: what became of an upload, and what a person compares.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value as Json;

use super::{Dribbble, connect::request, shot};
use crate::{
    error::Failure,
    http::Method,
    providers::{Call, Candidate, Found, StepKey},
};

/// The two clocks may be apart.
const BEFORE: TimeDelta = TimeDelta::minutes(1);

#[derive(Deserialize)]
struct Shot {
    id: i64,
    title: String,
    published_at: Option<DateTime<Utc>>,
}

impl Shot {
    fn candidate(&self, call: &Call<'_>) -> Candidate {
        Candidate::new(shot::remote(call, &self.id.to_string()), &self.title, self.published_at)
    }
}

async fn since(call: &Call<'_>, then: DateTime<Utc>) -> Result<Vec<Shot>, Failure> {
    let make = |credentials: &Json| request(&call.access, Method::GET, "user/shots", credentials).query(&[("per_page", "30")]);
    let shots: Vec<Shot> = call.send(&Dribbble, make).await?.json()?;
    Ok(shots.into_iter().filter(|shot| shot.published_at.is_some_and(|at| at >= then)).collect())
}

/// A shot with the same title. One that is still worked on is not listed, so absence proves nothing.
pub async fn find(call: &Call<'_>, step: &StepKey) -> Result<Found, Failure> {
    let Some(title) = call.setting("title") else { return Ok(Found::NotSeen) };
    let shots = since(call, step.begun_at - BEFORE).await?;
    let same = shots.iter().find(|shot| shot.title.trim() == title);
    Ok(same.map_or(Found::NotSeen, |found| Found::Yes(vec![shot::remote(call, &found.id.to_string())])))
}

/// The account's shots since shortly before the upload.
pub async fn recent(call: &Call<'_>, step: &StepKey) -> Result<Vec<Candidate>, Failure> {
    Ok(since(call, step.begun_at - BEFORE * 5).await?.iter().map(|shot| shot.candidate(call)).collect())
}

/// The shot that `https://dribbble.com/shots/471756-title` or its number names. The API shows a player's own shots only.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let Some(id) = shot::number(words.trim()) else { return Ok(None) };
    let path = format!("shots/{id}");
    match call.send(&Dribbble, |credentials: &Json| request(&call.access, Method::GET, &path, credentials)).await {
        Ok(reply) => Ok(Some(reply.json::<Shot>()?.candidate(call))),
        Err(failure) if failure.code.as_deref() == Some("404") => Ok(None),
        Err(failure) => Err(failure),
    }
}
