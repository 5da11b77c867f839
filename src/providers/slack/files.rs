//! A part with a video. Slack shows a film only in a message that it makes by itself when uploads are finished in a channel.
//! <https://docs.slack.dev/messaging/working-with-files#upload>
//!
//! Such a message carries no mark of ours, so one whose answer was lost is known by its words and the number of its files.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    api,
    message::{lease, permalink, words},
};
use crate::{
    error::{Failure, FailureKind},
    providers::{Call, Effect, Outcome, Remote, StepKey},
};

/// Slack tells where a file is shown a moment after it was shared; asked again after this long, for at most so long.
const AGAIN: Duration = Duration::from_secs(3);
const PATIENCE: TimeDelta = TimeDelta::minutes(2);

/// Files that everybody in the channel sees.
#[derive(Debug, Serialize, Deserialize)]
struct Shared {
    at: DateTime<Utc>,
    /// Where the first one is shown alone.
    link: Option<String>,
}

/// Publishes the part as one message with all its files.
pub async fn publish(call: &Call<'_>, channel: &str) -> Result<Outcome, Failure> {
    let mut files: Vec<String> = Vec::with_capacity(call.media.len());
    for (n, file) in call.media.iter().enumerate() {
        let upload = async |_: StepKey| lease(call, file).await;
        files.push(call.step(&format!("bytes:{n}"), Effect::Repeatable, file.id.0.as_bytes(), upload).await?);
    }
    let listed: Vec<Json> = files.iter().map(|id| json!({"id": id})).collect();
    let mut body = json!({"files": listed, "channel_id": channel, "initial_comment": words(call)});
    if let Some(root) = call.thread.first() {
        body["thread_ts"] = json!(root.id);
    }
    let write = async |_: StepKey| {
        let answer: Json = api::post(&call.access, "files.completeUploadExternal", &body).await?;
        Ok(Shared { at: call.now, link: answer["files"][0]["permalink"].as_str().map(str::to_owned) })
    };
    let shared = call.step("share", Effect::Once, body.to_string().as_bytes(), write).await?;
    let first = files.first().map_or("", String::as_str);
    match stamp(call, channel, first).await? {
        Some(ts) => {
            let remote = remote(channel, &ts);
            let url = permalink(call, &remote).await;
            Ok(Outcome::live(Remote { url, ..remote }))
        }
        None if call.now - shared.at < PATIENCE => Ok(Outcome::Wait { after: AGAIN }),
        None => {
            let remote = Remote { id: first.to_owned(), url: shared.link, extra: json!({"files": []}) };
            let warning = "Slack did not tell which message shows the files; it may want the permission files:read".to_owned();
            Ok(Outcome::Live { remotes: vec![remote], warnings: vec![warning] })
        }
    }
}

/// A message that Slack made of files.
pub fn remote(channel: &str, ts: &str) -> Remote {
    Remote { id: ts.to_owned(), url: None, extra: json!({"channel": channel, "files": [], "shared": true}) }
}

/// The message in which the file is shown in the channel.
async fn stamp(call: &Call<'_>, channel: &str, file: &str) -> Result<Option<String>, Failure> {
    let info: Json = match api::get(&call.access, "files.info", &[("file", file)]).await {
        // An app of before this permission was asked for.
        Err(failure) if failure.kind == FailureKind::Rejected => return Ok(None),
        info => info?,
    };
    let shares = &info["file"]["shares"];
    let found = ["public", "private"].iter().find_map(|kind| shares[*kind][channel][0]["ts"].as_str());
    Ok(found.map(str::to_owned))
}
