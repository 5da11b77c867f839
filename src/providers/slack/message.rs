//! A part as a message, with its pictures as blocks: sent, changed and deleted.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{ABOUT, api, files, sections::sections};
use crate::{
    error::Failure,
    http::Method,
    providers::{Call, Effect, MediaFile, Outcome, Picture, Remote},
};

/// Slack shows pictures of these kinds: <https://docs.slack.dev/reference/block-kit/blocks/image-block>
pub const PICTURE: Picture =
    Picture { max_bytes: 10 * 1024 * 1024, max_side: 4_096, formats: &["image/jpeg", "image/png", "image/gif"] };
/// What marks a message as ours.
pub const EVENT: &str = "rostrum_post";
/// For so long after an upload Slack may not know the picture yet.
const FRESH: TimeDelta = TimeDelta::minutes(2);
const AGAIN: Duration = Duration::from_secs(5);

/// A picture that Slack has.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct File {
    id: String,
    at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Lease {
    upload_url: String,
    file_id: String,
}

#[derive(Deserialize)]
struct Sent {
    ts: String,
    channel: String,
}

#[derive(Deserialize)]
struct Permalink {
    permalink: String,
}

/// Publishes one part.
pub async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    call.fits(&ABOUT)?;
    let channel = channel(call)?;
    if call.text.is_empty() && call.media.is_empty() {
        return Err(Failure::rejected("the post has neither text nor a picture"));
    }
    call.freshen(&super::Slack).await?;
    if call.thread.is_empty() {
        call.step("join", Effect::Repeatable, channel.as_bytes(), async |_| join(call, channel).await).await?;
    }
    if call.media.iter().any(MediaFile::is_video) {
        return files::publish(call, channel).await;
    }
    let mut files: Vec<File> = Vec::with_capacity(call.media.len());
    for (n, file) in call.media.iter().enumerate() {
        let upload = async |_| upload(call, file).await;
        files.push(call.step(&format!("file:{n}"), Effect::Repeatable, file.id.0.as_bytes(), upload).await?);
    }
    let pictures: Vec<Json> =
        files.iter().zip(call.media).map(|(file, media)| json!({"id": file.id, "alt": media.alt})).collect();
    let mut body = message(call, channel, &pictures);
    if let Some(root) = call.thread.first() {
        body["thread_ts"] = json!(root.id);
    }
    let sent = body.to_string();
    let write = async |key: crate::providers::StepKey| {
        body["metadata"] = json!({"event_type": EVENT, "event_payload": {"key": key.key}});
        let sent: Sent = api::post(&call.access, "chat.postMessage", &body).await?;
        Ok(Remote { extra: json!({"channel": sent.channel, "files": pictures}), id: sent.ts, url: None })
    };
    let remote: Remote = match call.step("post", Effect::Once, sent.as_bytes(), write).await {
        Err(failure) if api::is(&failure, "invalid_blocks") && files.iter().any(|file| call.now - file.at < FRESH) => {
            return Ok(Outcome::Wait { after: AGAIN });
        }
        remote => remote?,
    };
    let url = permalink(call, &remote).await;
    Ok(Outcome::live(Remote { url, ..remote }))
}

/// The setting, an id of Slack's.
pub fn channel<'a>(call: &'a Call<'_>) -> Result<&'a str, Failure> {
    let id = call.setting("channel").ok_or_else(|| Failure::rejected("settings.channel: choose a channel"))?;
    if id.len() > 30 || !id.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(Failure::rejected("settings.channel: this is no channel"));
    }
    Ok(id)
}

/// Public channels can be joined; whether the bot may write in others shows when it does.
async fn join(call: &Call<'_>, channel: &str) -> Result<(), Failure> {
    use crate::error::FailureKind::Rejected;
    match api::repeat::<Json>(&call.access, "conversations.join", &json!({"channel": channel})).await {
        Err(failure) if failure.kind != Rejected => Err(failure),
        _ => Ok(()),
    }
}

/// Uploads a picture that is shown by its id.
async fn upload(call: &Call<'_>, file: &MediaFile) -> Result<File, Failure> {
    let id = lease(call, file).await?;
    api::repeat::<Json>(&call.access, "files.completeUploadExternal", &json!({"files": [{"id": id}]})).await?;
    Ok(File { id, at: call.now })
}

/// Puts the bytes of a file where Slack says; nobody sees it before the upload is finished.
/// <https://docs.slack.dev/messaging/working-with-files#upload>
pub async fn lease(call: &Call<'_>, file: &MediaFile) -> Result<String, Failure> {
    let fitted = if file.is_video() { None } else { Some(call.files.fit(file.id, PICTURE).await?) };
    let (mime, length) = match &fitted {
        Some(fitted) => (fitted.mime.clone(), fitted.bytes.len() as u64),
        None => (file.mime.clone(), file.bytes),
    };
    let kind = if file.is_video() { "video" } else { "picture" };
    let (name, length) = (format!("{kind}.{}", mime.rsplit('/').next().unwrap_or("png")), length.to_string());
    let mut query = vec![("filename", name.as_str()), ("length", length.as_str())];
    if !file.alt.is_empty() {
        query.push(("alt_txt", &file.alt));
    }
    let lease: Lease = api::get(&call.access, "files.getUploadURLExternal", &query).await?;
    let request = call.http.request(Method::POST, &lease.upload_url).reads();
    let request = match fitted {
        Some(fitted) => request.body(fitted.bytes, &mime),
        None => request.stream(call.files.stream(file.id).await?, file.bytes, &mime),
    };
    request.send().await?.ok(call.now, |_, failure| failure)?;
    Ok(lease.file_id)
}

/// What is sent for the text.
pub fn words(call: &Call<'_>) -> String {
    call.text.render_with(ABOUT.text, &mention)
}

/// The words in sections, the pictures below them; `text` is what notifications show.
fn message(call: &Call<'_>, channel: &str, pictures: &[Json]) -> Json {
    let words = words(call);
    let section = |text: &String| json!({"type": "section", "text": {"type": "mrkdwn", "text": text}});
    let picture = |p: &Json| json!({"type": "image", "slack_file": {"id": p["id"]}, "alt_text": p["alt"]});
    let blocks: Vec<Json> = sections(&words).iter().map(section).chain(pictures.iter().map(picture)).collect();
    json!({"channel": channel, "text": words, "blocks": blocks})
}

/// <https://docs.slack.dev/messaging/formatting-message-text#mentioning-users>
fn mention(id: &str, label: &str) -> String {
    let plain = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric());
    match id.chars().next() {
        _ if matches!(id, "here" | "channel" | "everyone") => format!("<!{id}>"),
        Some('U' | 'W') if plain => format!("<@{id}>"),
        Some('S') if plain => format!("<!subteam^{id}>"),
        _ => format!("@{}", label.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")),
    }
}

/// It is live with or without its address.
pub async fn permalink(call: &Call<'_>, remote: &Remote) -> Option<String> {
    let channel = remote.extra["channel"].as_str()?;
    let query = [("channel", channel), ("message_ts", remote.id.as_str())];
    let found: Permalink = api::get(&call.access, "chat.getPermalink", &query).await.ok()?;
    Some(found.permalink)
}

/// Changes the text; pictures stay.
pub async fn edit(call: &Call<'_>, remote: &Remote) -> Result<Remote, Failure> {
    let channel = place(remote)?;
    let pictures = remote.extra["files"].as_array().cloned().unwrap_or_default();
    let mut body = match remote.extra["shared"] == true {
        // Its files are no blocks of ours.
        true => json!({"channel": channel, "text": words(call)}),
        false => message(call, channel, &pictures),
    };
    body["ts"] = json!(remote.id);
    api::repeat::<Json>(&call.access, "chat.update", &body).await?;
    Ok(remote.clone())
}

/// Deletes the message; one that is gone already is as good.
pub async fn delete(call: &Call<'_>, remote: &Remote) -> Result<(), Failure> {
    let body = json!({"channel": place(remote)?, "ts": remote.id});
    match api::repeat::<Json>(&call.access, "chat.delete", &body).await {
        Err(failure) if !api::is(&failure, "message_not_found") => Err(failure),
        _ => Ok(()),
    }
}

/// The channel of a message, without which it cannot be reached.
fn place(remote: &Remote) -> Result<&str, Failure> {
    let channel = remote.extra["channel"].as_str();
    channel.ok_or_else(|| Failure::rejected("Slack never told which message this is: look for it at Slack"))
}
