//! What the vendor knows: the account's own casts, their numbers, channels and people.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value as Json;

use super::{
    Access, Call, Candidate, Failure, FailureKind, Found, Item, Metric, StepKey,
    cast::{Draft, Made, drafts, is_hash, remotes},
    get,
};

/// Clocks may differ.
const BEFORE: TimeDelta = TimeDelta::minutes(5);

#[derive(Deserialize)]
struct Cast {
    hash: String,
    #[serde(default)]
    text: String,
    timestamp: Option<DateTime<Utc>>,
    parent_hash: Option<String>,
    author: Author,
    channel: Option<Channel>,
    #[serde(default)]
    embeds: Vec<Json>,
    reactions: Option<Reactions>,
    replies: Option<Replies>,
}

#[derive(Deserialize)]
struct Author {
    fid: u64,
}

#[derive(Deserialize)]
struct Channel {
    id: String,
}

#[derive(Deserialize)]
struct Reactions {
    likes_count: i64,
    recasts_count: i64,
}

#[derive(Deserialize)]
struct Replies {
    count: i64,
}

impl Cast {
    fn made(&self) -> Made {
        let channel = self.channel.as_ref().map(|channel| channel.id.clone()).unwrap_or_default();
        Made { hash: self.hash.clone(), channel }
    }

    fn is(&self, draft: &Draft) -> bool {
        let shown: Vec<&str> = self.embeds.iter().filter_map(|embed| embed["url"].as_str()).collect();
        self.text.trim() == draft.text.trim()
            && self.parent_hash == draft.parent
            && draft.embeds.iter().all(|url| shown.contains(&url.as_str()))
            && (draft.parent.is_some() || self.made().channel == draft.channel)
    }
}

async fn since(call: &Call<'_>, step: &StepKey) -> Result<Vec<Cast>, Failure> {
    #[derive(Deserialize)]
    struct Feed {
        casts: Vec<Cast>,
    }
    let query = [("fid", call.account), ("limit", "50"), ("include_replies", "true")];
    let said = get(call, "feed/user/casts/", &query).await?;
    let feed = Feed::deserialize(&said).map_err(|e| Failure::unexpected(format!("the vendor's list cannot be read: {e}")))?;
    let since = step.begun_at - BEFORE;
    Ok(feed.casts.into_iter().filter(|cast| cast.timestamp.is_none_or(|at| at >= since)).collect())
}

/// Whether everything that the part was to become is listed. The list lags behind, so what is not in it proves nothing.
pub async fn find(call: &Call<'_>, step: &StepKey) -> Result<Found, Failure> {
    let casts = match since(call, step).await {
        Err(Failure { kind: FailureKind::Rejected | FailureKind::Unexpected, .. }) => return Ok(Found::NotSeen),
        casts => casts?,
    };
    let there = |draft: &Draft| {
        let cast = casts.iter().find(|cast| cast.is(draft))?;
        Some(Made { channel: draft.channel.clone(), ..cast.made() })
    };
    let made: Option<Vec<Made>> = drafts(call)?.iter().map(there).collect();
    Ok(made.map_or(Found::NotSeen, |made| Found::Yes(remotes(call, &made))))
}

/// What the account has cast since then.
pub async fn recent(call: &Call<'_>, step: &StepKey) -> Result<Vec<Candidate>, Failure> {
    Ok(since(call, step).await?.iter().map(|cast| candidate(call, cast)).collect())
}

fn candidate(call: &Call<'_>, cast: &Cast) -> Candidate {
    Candidate::new(remotes(call, &[cast.made()]).remove(0), &cast.text, cast.timestamp)
}

async fn one(access: &Access<'_>, kind: &str, identifier: &str) -> Result<Cast, Failure> {
    let said = get(access, "cast/", &[("type", kind), ("identifier", identifier)]).await?;
    Cast::deserialize(&said["cast"]).map_err(|e| Failure::unexpected(format!("the vendor's answer cannot be read: {e}")))
}

/// The cast that a hash or an address of a client names, if it is this account's.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let words = words.trim();
    let last = words.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let asked = match () {
        () if is_hash(last) => one(call, "hash", last).await,
        () if words.starts_with("https://") && last.starts_with("0x") && words.len() <= 300 => one(call, "url", words).await,
        () => return Ok(None),
    };
    match asked {
        Ok(cast) => Ok((cast.author.fid.to_string() == call.account).then(|| candidate(call, &cast))),
        Err(failure) if failure.kind == FailureKind::Rejected => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// What became of a cast.
pub async fn metrics(access: &Access<'_>, hash: &str) -> Result<Vec<Metric>, Failure> {
    let cast = one(access, "hash", hash).await?;
    let (likes, shares) = cast.reactions.map_or((0, 0), |reactions| (reactions.likes_count, reactions.recasts_count));
    let comments = cast.replies.map_or(0, |replies| replies.count);
    Ok([("likes", likes), ("shares", shares), ("comments", comments)].map(|(name, value)| Metric::new(name, value)).to_vec())
}

fn query(with: &Json) -> &str {
    with["query"].as_str().or_else(|| with["word"].as_str()).unwrap_or_default().trim().trim_start_matches(['/', '@'])
}

/// Channels whose name has the query in it.
pub async fn channels(access: &Access<'_>, with: &Json) -> Result<Vec<Item>, Failure> {
    #[derive(Deserialize)]
    struct Listed {
        id: String,
        name: String,
        image_url: Option<String>,
    }
    let query = query(with);
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let said = get(access, "channel/search/", &[("q", query), ("limit", "10")]).await?;
    let found = said["channels"].as_array().into_iter().flatten().filter_map(|channel| Listed::deserialize(channel).ok());
    let item = |channel: Listed| {
        let picture = channel.image_url.filter(|url| url.starts_with("https://"));
        let mut item = Item { picture, ..Item::new(channel.id, channel.name.clone()) };
        item.extra.insert("title".into(), channel.name.into());
        item
    };
    Ok(found.map(item).collect())
}

/// Accounts whose name begins so; the vendor finds `@name` in a text by itself.
pub async fn people(access: &Access<'_>, words: &str) -> Result<Vec<Item>, Failure> {
    #[derive(Deserialize)]
    struct Person {
        username: String,
        display_name: Option<String>,
        pfp_url: Option<String>,
    }
    let words = words.trim().trim_start_matches('@');
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let said = get(access, "user/search/", &[("q", words), ("limit", "10")]).await?;
    let found = said["result"]["users"].as_array().into_iter().flatten().filter_map(|person| Person::deserialize(person).ok());
    let item = |person: Person| {
        let picture = person.pfp_url.filter(|url| url.starts_with("https://"));
        let mut item = Item { picture, ..Item::new(person.username.clone(), person.username.clone()) };
        item.extra.insert("display_name".into(), person.display_name.unwrap_or(person.username).into());
        item
    };
    Ok(found.map(item).collect())
}
