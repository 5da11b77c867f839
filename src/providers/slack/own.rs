//! The bot's own messages in the channel of a post: what became of a write, and what a person compares.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{api, files, message};
use crate::{
    error::{Failure, FailureKind},
    providers::{Call, Candidate, Found, MediaFile, Remote, StepKey},
};

/// The two clocks may be apart.
const BEFORE: TimeDelta = TimeDelta::minutes(1);
/// A request that was cut off may be worked on for so long.
const SETTLED: TimeDelta = TimeDelta::minutes(2);

#[derive(Deserialize)]
struct Listed {
    messages: Vec<Message>,
    #[serde(default)]
    has_more: bool,
}

#[derive(Deserialize)]
struct Message {
    ts: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    metadata: Json,
    #[serde(default)]
    files: Vec<Json>,
}

impl Message {
    fn at(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.ts.split('.').next()?.parse().ok()?, 0)
    }

    fn remote(&self, channel: &str) -> Remote {
        Remote { id: self.ts.clone(), url: None, extra: json!({"channel": channel, "files": []}) }
    }

    fn candidate(&self, channel: &str) -> Candidate {
        Candidate::new(self.remote(channel), &self.text, self.at())
    }
}

/// The message that carries the step's key. When every message of the bot carries the key of another step, it is not there.
pub async fn find(call: &Call<'_>, step: &StepKey) -> Result<Found, Failure> {
    let Ok(channel) = message::channel(call) else { return Ok(Found::NotSeen) };
    let listed = match since(call, channel, step.begun_at - BEFORE).await {
        Ok(listed) => listed,
        Err(failure) if failure.kind == FailureKind::Rejected => return Ok(Found::NotSeen),
        Err(failure) => return Err(failure),
    };
    if call.media.iter().any(MediaFile::is_video) {
        let words = message::words(call);
        let same = |m: &&Message| m.text.trim() == words.trim() && m.files.len() == call.media.len();
        let Some(found) = listed.messages.iter().find(same) else { return Ok(Found::NotSeen) };
        let remote = files::remote(channel, &found.ts);
        let url = message::permalink(call, &remote).await;
        return Ok(Found::Yes(vec![Remote { url, ..remote }]));
    }
    let key = step.key.to_string();
    let ours = |m: &&Message| m.metadata["event_type"] == message::EVENT && m.metadata["event_payload"]["key"] == key.as_str();
    if let Some(found) = listed.messages.iter().find(ours) {
        let remote = found.remote(channel);
        let url = message::permalink(call, &remote).await;
        return Ok(Found::Yes(vec![Remote { url, ..remote }]));
    }
    let keyed = listed.messages.iter().all(|m| m.metadata["event_type"] == message::EVENT);
    match keyed && !listed.has_more && call.now - step.begun_at > SETTLED {
        true => Ok(Found::No),
        false => Ok(Found::NotSeen),
    }
}

/// The bot's messages since shortly before the write.
pub async fn recent(call: &Call<'_>, step: &StepKey) -> Result<Vec<Candidate>, Failure> {
    let Ok(channel) = message::channel(call) else { return Ok(Vec::new()) };
    match since(call, channel, step.begun_at - BEFORE * 5).await {
        Ok(listed) => Ok(listed.messages.iter().map(|m| m.candidate(channel)).collect()),
        // The app may not read this channel.
        Err(failure) if failure.kind == FailureKind::Rejected => Ok(Vec::new()),
        Err(failure) => Err(failure),
    }
}

/// The message that `https://team.slack.com/archives/C1/p1700000000000100` names, if the bot wrote it.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let Some((_, path)) = words.trim().split_once("/archives/") else { return Ok(None) };
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let Some((channel, number)) = path.trim_end_matches('/').split_once("/p") else { return Ok(None) };
    let digits = number.len() > 6 && number.len() <= 20 && number.chars().all(|c| c.is_ascii_digit());
    if !digits || channel.len() > 30 || !channel.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Ok(None);
    }
    let (seconds, rest) = number.split_at(number.len() - 6);
    let ts = format!("{seconds}.{rest}");
    let root = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "thread_ts").map(|(_, ts)| ts.into_owned());
    let bounds = [("channel", channel), ("latest", &ts), ("oldest", &ts), ("inclusive", "true"), ("limit", "1")];
    let listed: Result<Listed, Failure> = match &root {
        Some(root) => api::get(&call.access, "conversations.replies", &[&bounds[..], &[("ts", root.as_str())]].concat()).await,
        None => api::get(&call.access, "conversations.history", &bounds).await,
    };
    let bot = call.credential("id")?;
    match listed {
        Ok(listed) => Ok(listed.messages.iter().find(|m| m.ts == ts && m.user == bot).map(|m| m.candidate(channel))),
        Err(failure) if failure.kind == FailureKind::Rejected => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The bot's messages in the channel, or below the first part.
async fn since(call: &Call<'_>, channel: &str, then: DateTime<Utc>) -> Result<Listed, Failure> {
    let oldest = format!("{}.000000", then.timestamp());
    let query = [("channel", channel), ("oldest", oldest.as_str()), ("limit", "100"), ("include_all_metadata", "true")];
    let mut listed: Listed = match call.thread.first() {
        Some(root) => {
            api::get(&call.access, "conversations.replies", &[&query[..], &[("ts", root.id.as_str())]].concat()).await?
        }
        None => api::get(&call.access, "conversations.history", &query).await?,
    };
    let bot = call.credential("id")?;
    listed.messages.retain(|message| message.user == bot);
    Ok(listed)
}
