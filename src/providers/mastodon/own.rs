//! The account's own statuses, read from the server that holds them: whether a write of unknown outcome is among them, and
//! for a person who compares. <https://docs.joinmastodon.org/methods/accounts/#statuses>

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::{
    Call, Candidate, Failure, FailureKind, Found, Method, StepKey, account::local, draft::Words, request, send, status::Status,
};

/// Clocks may differ.
const BEFORE: TimeDelta = TimeDelta::minutes(5);
/// What was sent so recently may still be on its way into the server's tables.
const SETTLED: TimeDelta = TimeDelta::minutes(3);
/// The most that a server lists at once.
const PAGE: usize = 40;

async fn listed(call: &Call<'_>) -> Result<Vec<Status>, Failure> {
    let request = request(call, Method::GET, &format!("v1/accounts/{}/statuses", local(call)))?;
    let request = request.query(&[("limit", &PAGE.to_string()), ("exclude_reblogs", "true")]);
    send(call, request).await?.json()
}

fn is_young(status: &Status, since: DateTime<Utc>) -> bool {
    status.created_at.is_none_or(|at| at >= since)
}

/// Compares what the account has published since with what was to be sent, word by word.
///
/// The server lists its own account completely, so what is not there some minutes later never arrived.
pub async fn find(call: &Call<'_>, step: &StepKey) -> Result<Found, Failure> {
    let all = match listed(call).await {
        Ok(all) => all,
        Err(Failure { kind: FailureKind::Rejected | FailureKind::Unexpected, .. }) => return Ok(Found::NotSeen),
        Err(failure) => return Err(failure),
    };
    let since = step.begun_at - BEFORE;
    let complete = all.len() < PAGE || all.iter().any(|status| !is_young(status, since));
    let words = Words::of(call)?;
    let mut sure = true;
    for status in all.iter().filter(|status| is_young(status, since) && is_like(status, call, &words)) {
        match source(call, &status.id).await? {
            Some((text, warning)) if text == words.text.trim() && warning == warning_of(&words) => {
                return Ok(Found::Yes(vec![status.remote(&[])]));
            }
            Some(_) => {}
            None => sure = false,
        }
    }
    Ok(if complete && sure && call.now - step.begun_at >= SETTLED { Found::No } else { Found::NotSeen })
}

/// Whether all that a list says is as it was to be sent.
fn is_like(status: &Status, call: &Call<'_>, words: &Words) -> bool {
    status.in_reply_to_id.as_deref() == call.parent().map(|parent| parent.id.as_str())
        && status.visibility == words.field("visibility").as_str().unwrap_or_default()
        && status.media_attachments.len() == call.media.len()
}

fn warning_of(words: &Words) -> &str {
    words.field("spoiler_text").as_str().unwrap_or_default()
}

/// The text and the warning as they were sent; `None` where the server does not tell.
async fn source(call: &Call<'_>, id: &str) -> Result<Option<(String, String)>, Failure> {
    #[derive(Deserialize)]
    struct Source {
        #[serde(default)]
        text: String,
        #[serde(default)]
        spoiler_text: String,
    }
    match send(call, request(call, Method::GET, &format!("v1/statuses/{id}/source"))?).await {
        Ok(reply) => {
            let source: Source = reply.json()?;
            Ok(Some((source.text.trim().to_owned(), source.spoiler_text.trim().to_owned())))
        }
        Err(failure) if failure.kind == FailureKind::Rejected => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The newest forty, without those that are surely older than the step.
pub async fn recent(call: &Call<'_>, step: &StepKey) -> Result<Vec<Candidate>, Failure> {
    let since = step.begun_at - BEFORE;
    let young = listed(call).await?.into_iter().filter(|status| is_young(status, since));
    Ok(young.map(|status| candidate(&status)).collect())
}

fn candidate(status: &Status) -> Candidate {
    Candidate::new(status.remote(&[]), &status.plain(), status.created_at)
}

/// The status that `https://server/@user/ID`, `…/statuses/ID` or `ID` names, if it is this account's.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let path = words.trim().split(['?', '#']).next().unwrap_or_default();
    let id = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if id.is_empty() || id.len() > 64 || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Ok(None);
    }
    let status: Status = match send(call, request(call, Method::GET, &format!("v1/statuses/{id}"))?).await {
        Ok(reply) => reply.json()?,
        Err(failure) if failure.kind == FailureKind::Rejected => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let ours = status.account.as_ref().is_some_and(|owner| owner.id == local(call));
    Ok(ours.then(|| candidate(&status)))
}
