//! The bot's own messages in the channel of a post: what became of a write, and what a person compares.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::{ABOUT, api, content, message};
use crate::{
    error::{Failure, FailureKind},
    http::Method,
    providers::{Call, Candidate, Found, Remote, StepKey},
};

/// Milliseconds of Unix time at which Discord's numbers begin: <https://discord.com/developers/docs/reference#snowflakes>
const EPOCH: i64 = 1_420_070_400_000;
/// The two clocks may be apart.
const BEFORE: TimeDelta = TimeDelta::minutes(1);
/// A request that was cut off may be worked on for so long.
const SETTLED: TimeDelta = TimeDelta::minutes(2);
/// Most messages of one answer.
const PAGE: usize = 100;

#[derive(Deserialize)]
struct Message {
    id: String,
    channel_id: String,
    #[serde(default)]
    content: String,
    timestamp: DateTime<Utc>,
    author: Author,
    #[serde(default)]
    attachments: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Author {
    id: String,
}

impl Message {
    fn remote(&self, call: &Call<'_>) -> Remote {
        let (title, thread) = (call.text.excerpt(90), !call.thread.is_empty());
        message::named(call, &self.channel_id, &self.id, &title, thread)
    }
}

/// A message with the same words and as many files. An answer that is not full shows all there is.
pub async fn find(call: &Call<'_>, step: &StepKey) -> Result<Found, Failure> {
    let Some(channel) = channel(call)? else { return Ok(Found::NotSeen) };
    let (messages, complete) = match since(call, &channel, step.begun_at - BEFORE).await {
        Ok(listed) => listed,
        Err(failure) if failure.kind == FailureKind::Rejected => return Ok(Found::NotSeen),
        Err(failure) => return Err(failure),
    };
    let words = content(call);
    let same = |m: &&Message| m.content.trim() == words.trim() && m.attachments.len() == call.media.len();
    match messages.iter().find(same) {
        Some(message) => Ok(Found::Yes(vec![message.remote(call)])),
        None if complete && call.now - step.begun_at > SETTLED => Ok(Found::No),
        None => Ok(Found::NotSeen),
    }
}

/// The bot's messages since shortly before the write.
pub async fn recent(call: &Call<'_>, step: &StepKey) -> Result<Vec<Candidate>, Failure> {
    let Some(channel) = channel(call)? else { return Ok(Vec::new()) };
    let (messages, _) = match since(call, &channel, step.begun_at - BEFORE * 5).await {
        Ok(listed) => listed,
        Err(failure) if failure.kind == FailureKind::Rejected => return Ok(Vec::new()),
        Err(failure) => return Err(failure),
    };
    Ok(messages.iter().map(|m| Candidate::new(m.remote(call), &m.content, Some(m.timestamp))).collect())
}

/// The message that `https://discord.com/channels/server/channel/number` names, if the bot wrote it on this server.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let site = call.host(&ABOUT, "site");
    let path = words.trim().strip_prefix(&site).unwrap_or_default().split(['?', '#']).next().unwrap_or_default();
    let numbers: Vec<&str> = path.strip_prefix("/channels/").unwrap_or_default().trim_end_matches('/').split('/').collect();
    let [guild, channel, id] = numbers[..] else { return Ok(None) };
    let is_number = |word: &str| !word.is_empty() && word.len() <= 20 && word.chars().all(|c| c.is_ascii_digit());
    if guild != call.account || !is_number(channel) || !is_number(id) {
        return Ok(None);
    }
    #[derive(Deserialize)]
    struct Place {
        guild_id: Option<String>,
    }
    let look = async {
        let place: Place = api::call(&call.access, Method::GET, &format!("channels/{channel}"), None).await?;
        if place.guild_id.as_deref() != Some(call.account) {
            return Ok(None);
        }
        api::call::<Message>(&call.access, Method::GET, &format!("channels/{channel}/messages/{id}"), None).await.map(Some)
    };
    match look.await {
        Ok(Some(m)) if m.author.id == call.credential("id")? => {
            Ok(Some(Candidate::new(m.remote(call), &m.content, Some(m.timestamp))))
        }
        Ok(_) => Ok(None),
        Err(failure) if failure.kind == FailureKind::Rejected => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Where the part goes. In a forum every message begins a thread of its own, which this does not list.
fn channel(call: &Call<'_>) -> Result<Option<String>, Failure> {
    match call.thread.first() {
        Some(root) if root.extra["thread"] == serde_json::json!(true) => Ok(root.extra["channel"].as_str().map(str::to_owned)),
        Some(root) => Ok(Some(root.id.clone())),
        None => Ok(message::wanted(call).ok().map(str::to_owned)),
    }
}

/// The bot's own messages since then, and whether these are all.
async fn since(call: &Call<'_>, channel: &str, then: DateTime<Utc>) -> Result<(Vec<Message>, bool), Failure> {
    let after = (then.timestamp_millis() - EPOCH).max(0) << 22;
    let path = format!("channels/{channel}/messages?limit={PAGE}&after={after}");
    let messages: Vec<Message> = api::call(&call.access, Method::GET, &path, None).await?;
    let (complete, bot) = (messages.len() < PAGE, call.credential("id")?);
    Ok((messages.into_iter().filter(|message| message.author.id == bot).collect(), complete))
}
