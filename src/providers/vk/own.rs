//! What stands on the wall: what became of a write, what a person compares, and its numbers.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::{ABOUT, api, wall};
use crate::{
    error::Failure,
    providers::{Access, Call, Candidate, Found, Metric, Remote, StepKey},
};

/// The two clocks may be apart.
const BEFORE: TimeDelta = TimeDelta::minutes(1);

#[derive(Deserialize)]
struct Listed {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    id: i64,
    date: i64,
    #[serde(default)]
    text: String,
    from_id: Option<i64>,
    likes: Option<Count>,
    reposts: Option<Count>,
    comments: Option<Count>,
    views: Option<Count>,
}

#[derive(Deserialize)]
struct Count {
    count: i64,
}

impl Item {
    fn at(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.date, 0)
    }

    fn remote(&self, call: &Call<'_>) -> Remote {
        wall::remote(call, &self.id.to_string(), call.thread.first().map(|root| root.id.as_str()), "")
    }
}

/// The newest of the account since then: posts, or comments below the first part.
async fn since(call: &Call<'_>, then: DateTime<Utc>) -> Result<Vec<Item>, Failure> {
    let listed: Listed = match call.thread.first() {
        Some(root) => {
            let fields = [("owner_id", call.account), ("post_id", root.id.as_str()), ("sort", "desc"), ("count", "20")];
            api::repeat(&call.access, "wall.getComments", &fields).await?
        }
        None => {
            let fields = [("owner_id", call.account), ("filter", "owner"), ("count", "20")];
            api::repeat(&call.access, "wall.get", &fields).await?
        }
    };
    let own = |item: &Item| item.from_id.is_none_or(|from| from.to_string() == call.account);
    Ok(listed.items.into_iter().filter(|item| own(item) && item.at().is_some_and(|at| at >= then)).collect())
}

/// One with the same words. That it is not listed proves nothing.
pub async fn find(call: &Call<'_>, step: &StepKey) -> Result<Found, Failure> {
    let words = call.words(&ABOUT);
    let items = since(call, step.begun_at - BEFORE).await?;
    let found = items.iter().find(|item| item.text.trim() == words.trim()).map(|item| item.remote(call));
    Ok(found.map_or(Found::NotSeen, |remote| Found::Yes(vec![remote])))
}

/// What the account wrote since shortly before the write.
pub async fn recent(call: &Call<'_>, step: &StepKey) -> Result<Vec<Candidate>, Failure> {
    let items = since(call, step.begun_at - BEFORE * 5).await?;
    Ok(items.iter().map(|item| Candidate::new(item.remote(call), &item.text, item.at())).collect())
}

/// The post of this account that `…wall1_77` names.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let Some((_, rest)) = words.rsplit_once("wall") else { return Ok(None) };
    let name: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '_').collect();
    let Some((owner, id)) = name.split_once('_') else { return Ok(None) };
    if owner != call.account || id.is_empty() || id.len() > 18 || id.contains('_') {
        return Ok(None);
    }
    let found = by_id(&call.access, &name).await?;
    let remote = |item: &Item| wall::remote(call, &item.id.to_string(), None, "");
    Ok(found.map(|item| Candidate::new(remote(&item), &item.text, item.at())))
}

async fn by_id(access: &Access<'_>, name: &str) -> Result<Option<Item>, Failure> {
    let listed: Listed = api::repeat(access, "wall.getById", &[("posts", name)]).await?;
    Ok(listed.items.into_iter().next())
}

/// Likes, reposts, comments and views of a post.
pub async fn metrics(access: &Access<'_>, remote: &Remote) -> Result<Vec<Metric>, Failure> {
    if remote.extra["post"].is_string() {
        return Ok(Vec::new());
    }
    let Some(item) = by_id(access, &format!("{}_{}", access.account, remote.id)).await? else { return Ok(Vec::new()) };
    let numbers = [("likes", item.likes), ("shares", item.reposts), ("comments", item.comments), ("views", item.views)];
    Ok(numbers.into_iter().filter_map(|(name, count)| Some(Metric::new(name, count?.count))).collect())
}
