//! The account's own posts, read from the server that holds them: for a person who compares.
//! <https://docs.bsky.app/docs/api/com-atproto-repo-list-records>

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::{
    record::{COLLECTION, Strong},
    session, xrpc,
};
use crate::{
    error::{Failure, FailureKind},
    http::Method,
    providers::{Call, Candidate, StepKey},
};

/// A record's time is that of whoever wrote it, so clocks may differ.
const BEFORE: TimeDelta = TimeDelta::minutes(5);

#[derive(Deserialize)]
struct Listed {
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(flatten)]
    strong: Strong,
    value: Post,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Post {
    #[serde(default)]
    text: String,
    created_at: Option<DateTime<Utc>>,
}

impl Record {
    fn candidate(self, web: &str) -> Candidate {
        Candidate::new(self.strong.remote(web), &self.value.text, self.value.created_at)
    }
}

/// The newest fifty, without those that are surely older than the step.
pub async fn recent(call: &Call<'_>, step: &StepKey, web: String) -> Result<Vec<Candidate>, Failure> {
    let query = [("repo", call.account), ("collection", COLLECTION), ("limit", "50")];
    let reply = session::send(call, |credentials| {
        credentials.request(call.http, Method::GET, "com.atproto.repo.listRecords").query(&query)
    });
    let since = step.begun_at - BEFORE;
    let young = |record: &Record| record.value.created_at.is_none_or(|at| at >= since);
    let records = xrpc::decode::<Listed>(&reply.await?)?.records;
    Ok(records.into_iter().filter(young).map(|record| record.candidate(&web)).collect())
}

/// The post that `https://bsky.app/profile/…/post/KEY`, `at://…/KEY` or `KEY` names, if this account has it.
pub async fn named(call: &Call<'_>, words: &str, web: String) -> Result<Option<Candidate>, Failure> {
    let path = words.trim().split(['?', '#']).next().unwrap_or_default();
    let rkey = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if !is_key(rkey) {
        return Ok(None);
    }
    let query = [("repo", call.account), ("collection", COLLECTION), ("rkey", rkey)];
    let reply = session::send(call, |credentials| {
        credentials.request(call.http, Method::GET, "com.atproto.repo.getRecord").query(&query)
    });
    match reply.await {
        Ok(reply) => Ok(Some(xrpc::decode::<Record>(&reply)?.candidate(&web))),
        Err(failure) if failure.code.as_deref() == Some("RecordNotFound") => Ok(None),
        // How a server refuses a key that cannot be one.
        Err(failure) if failure.kind == FailureKind::Rejected => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// <https://atproto.com/specs/record-key>
fn is_key(word: &str) -> bool {
    (1..=512).contains(&word.len()) && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '~' | '-'))
}
