//! The account's own notes as its relays know them: for reading back, for a person who compares, and what became of them.

use chrono::{DateTime, TimeDelta};
use serde_json::json;

use super::{
    Access, Call, Candidate, Event, Failure, FailureKind, Found, Metric, StepKey, bech32, draft, kind,
    relays::{self, Known},
    remote,
};

/// Clocks may differ.
const BEFORE: TimeDelta = TimeDelta::minutes(5);

async fn since(call: &Call<'_>, step: &StepKey) -> Result<Known, Failure> {
    let since = (step.begun_at - BEFORE).timestamp();
    let filter = json!({"authors": [call.account], "kinds": [kind::NOTE], "since": since, "limit": 100});
    relays::ask(&call.access, &filter).await
}

/// Looks for the note under its id; who has lost when that was made finds it by what it says.
pub async fn find(call: &Call<'_>, step: &StepKey) -> Result<Found, Failure> {
    let known = match since(call, step).await {
        Err(Failure { kind: FailureKind::Rejected | FailureKind::Unexpected, .. }) => return Ok(Found::NotSeen),
        known => known?,
    };
    let (key, draft) = draft(call)?;
    let id = key.sign(&draft, step.begun_at.timestamp())?.id;
    let same = |event: &&Event| event.id == id || (event.content == draft.content && event.tags == draft.tags);
    match known.events.iter().find(same) {
        Some(event) => Ok(Found::Yes(vec![remote(&call.access, &event.id, &relays::stored(&call.tokens.current())?)])),
        None => Ok(if known.complete { Found::No } else { Found::NotSeen }),
    }
}

/// What the account has said since then.
pub async fn recent(call: &Call<'_>, step: &StepKey) -> Result<Vec<Candidate>, Failure> {
    Ok(since(call, step).await?.events.iter().map(|event| candidate(call, event)).collect())
}

fn candidate(call: &Call<'_>, event: &Event) -> Candidate {
    let relays = relays::stored(&call.tokens.current()).unwrap_or_default();
    Candidate::new(remote(&call.access, &event.id, &relays), &event.content, DateTime::from_timestamp(event.created_at, 0))
}

/// The note that an address ending in `nevent1…`, `note1…` or 64 hex digits names, if it is this account's.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let path = words.trim().split(['?', '#']).next().unwrap_or_default();
    let word = path.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    let id = match word.len() {
        64 if word.chars().all(|c| c.is_ascii_hexdigit()) => Some(word.to_ascii_lowercase()),
        _ => bech32::event_id(word).map(hex::encode),
    };
    let Some(id) = id else { return Ok(None) };
    let filter = json!({"ids": [id], "authors": [call.account], "limit": 1});
    let known = relays::ask(&call.access, &filter).await?;
    let ours = known.events.iter().find(|event| event.id == id && event.pubkey == call.account);
    Ok(ours.map(|event| candidate(call, event)))
}

/// What others have made of it, as far as the account's relays know.
pub async fn metrics(access: &Access<'_>, id: &str) -> Result<Vec<Metric>, Failure> {
    let kinds = [kind::NOTE, kind::REPOST, kind::REACTION];
    let known = relays::ask(access, &json!({"#e": [id], "kinds": kinds, "limit": 500})).await?;
    let count = |kind: u16| {
        let events = known.events.iter().filter(|event| event.kind == kind);
        // A reaction of `-` is a dislike.
        i64::try_from(events.filter(|event| event.content.trim() != "-").count()).unwrap_or(i64::MAX)
    };
    Ok(vec![
        Metric::new("likes", count(kind::REACTION)),
        Metric::new("shares", count(kind::REPOST)),
        Metric::new("comments", count(kind::NOTE)),
    ])
}
