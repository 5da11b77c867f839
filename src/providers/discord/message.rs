//! A part as a message, as the beginning of a forum's thread, or as a message in the thread below the first part.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{ABOUT, FILE, FILES, allowed_mentions, api, content};
use crate::{
    error::Failure,
    http::{FormData, Method},
    providers::{Call, Effect, MediaFile, Outcome, Picture, Remote, StepKey, article::labels},
};

/// For how long Discord surely knows a nonce; it says "a few minutes".
const NONCE: Duration = Duration::from_secs(60);
/// Minutes without a message after which a thread is put away.
const ARCHIVE: u32 = 1_440;
/// Characters of a thread's name are at most 100.
const NAME: usize = 90;
/// Most tags of a forum's thread: <https://discord.com/developers/docs/resources/channel#channel-object>
pub const TAGS: usize = 5;
/// Forums and channels of pictures take threads only.
const FORUMS: [u8; 2] = [15, 16];

/// The channel a part goes to.
#[derive(Serialize, Deserialize)]
struct Place {
    id: String,
    forum: bool,
}

#[derive(Deserialize)]
struct Channel {
    id: String,
    #[serde(rename = "type")]
    kind: u8,
    guild_id: Option<String>,
}

#[derive(Deserialize)]
struct Sent {
    id: String,
    channel_id: String,
}

#[derive(Deserialize)]
struct Opened {
    message: Sent,
}

/// Publishes one part.
pub async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    call.fits(&ABOUT)?;
    let text = content(call);
    if text.trim().is_empty() && call.media.is_empty() {
        return Err(Failure::rejected("the post has neither text nor a picture"));
    }
    if text.chars().count() > ABOUT.limits.text.max {
        return Err(Failure::rejected("the text with its mentions is longer than Discord takes"));
    }
    let place = match call.thread.first() {
        Some(root) => below(call, root).await?,
        None => channel(call).await?,
    };
    let mut sent = json!({"channel": place.id, "content": text, "files": call.media.iter().map(|m| m.id).collect::<Vec<_>>()});
    if place.forum {
        sent["tags"] = json!(tags(call)?);
    }
    // A forum's thread has no nonce.
    let effect = if place.forum { Effect::Once } else { Effect::Keyed { lasts: NONCE } };
    let write = async |key| write(call, &place, text, key).await;
    let remote = call.step("create", effect, sent.to_string().as_bytes(), write).await?;
    Ok(Outcome::live(remote))
}

/// The channel of the settings, which must be of this server: the bot may be on others, too.
async fn channel(call: &Call<'_>) -> Result<Place, Failure> {
    let id = wanted(call)?;
    let look = async |_| {
        let found: Channel = api::call(&call.access, Method::GET, &format!("channels/{id}"), None).await?;
        if found.guild_id.as_deref() != Some(call.account) {
            return Err(Failure::rejected("settings.channel: this server has no such channel"));
        }
        Ok(Place { id: found.id, forum: FORUMS.contains(&found.kind) })
    };
    call.step("channel", Effect::Repeatable, id.as_bytes(), look).await
}

/// The setting, a number of Discord's.
pub fn wanted<'a>(call: &'a Call<'_>) -> Result<&'a str, Failure> {
    number(call.setting("channel").ok_or_else(|| Failure::rejected("settings.channel: choose a channel"))?)
}

/// A number of Discord's, so that it leads nowhere else.
pub fn number(id: &str) -> Result<&str, Failure> {
    match (1..=20).contains(&id.len()) && id.chars().all(|c| c.is_ascii_digit()) {
        true => Ok(id),
        false => Err(Failure::rejected("settings.channel: this is no channel")),
    }
}

/// The forum's tags that are chosen.
fn tags(call: &Call<'_>) -> Result<Vec<String>, Failure> {
    let chosen: Vec<String> = labels(call.settings, "tags").into_iter().map(|tag| tag.value).collect();
    match chosen.len() > TAGS || chosen.iter().any(|id| number(id).is_err()) {
        true => Err(Failure::rejected(format!("settings.tags: Discord takes up to {TAGS} tags of the forum"))),
        false => Ok(chosen),
    }
}

/// The thread below the first part; it has the number of the message it hangs on, so opening it twice is refused.
async fn below(call: &Call<'_>, root: &Remote) -> Result<Place, Failure> {
    let channel =
        root.extra["channel"].as_str().ok_or_else(|| Failure::unexpected("the first part was stored without its channel"))?;
    if root.extra["thread"] == json!(true) {
        return Ok(Place { id: channel.into(), forum: false });
    }
    let name = root.extra["title"].as_str().filter(|title| !title.is_empty()).unwrap_or("Thread");
    let path = format!("channels/{channel}/messages/{}/threads", root.id);
    let body = json!({"name": name, "auto_archive_duration": ARCHIVE});
    let open = async |_| match api::repeat(&call.access, Method::POST, &path, Some(&body)).await {
        Err(failure) if !api::is(&failure, "160004") => Err(failure),
        _ => Ok(Place { id: root.id.clone(), forum: false }),
    };
    call.step("thread", Effect::Repeatable, path.as_bytes(), open).await
}

async fn write(call: &Call<'_>, place: &Place, text: String, key: StepKey) -> Result<Remote, Failure> {
    let title = call.text.excerpt(NAME);
    let mut message = json!({"content": text, "allowed_mentions": allowed_mentions()});
    if !call.media.is_empty() {
        message["attachments"] = call.media.iter().enumerate().map(attachment).collect();
    }
    if !place.forum {
        // 25 characters at most.
        message["nonce"] = json!(&key.key.simple().to_string()[..25]);
        message["enforce_nonce"] = json!(true);
        let sent: Sent = send(call, &format!("channels/{}/messages", place.id), message).await?;
        return Ok(remote(call, sent, &title, !call.thread.is_empty()));
    }
    let name = if title.is_empty() { "Post" } else { &title };
    let mut thread = json!({"name": name, "auto_archive_duration": ARCHIVE, "message": message});
    let tags = tags(call)?;
    if !tags.is_empty() {
        thread["applied_tags"] = json!(tags);
    }
    let opened: Opened = send(call, &format!("channels/{}/threads", place.id), thread).await?;
    Ok(remote(call, opened.message, &title, true))
}

async fn send<T: serde::de::DeserializeOwned>(call: &Call<'_>, path: &str, body: Json) -> Result<T, Failure> {
    if call.media.is_empty() {
        return api::call(&call.access, Method::POST, path, Some(&body)).await;
    }
    let films: u64 = call.media.iter().filter(|m| m.is_video()).map(|m| m.bytes).sum();
    let pictures = call.media.iter().filter(|m| !m.is_video()).count().max(1) as u64;
    let room = FILES.checked_sub(films).ok_or_else(|| Failure::rejected("the videos have more than 24 MiB together"))?;
    let wanted = Picture {
        max_bytes: FILE.min(room / pictures),
        max_side: 8_192,
        formats: &["image/jpeg", "image/png", "image/webp", "image/gif"],
    };
    let mut form = FormData::default().field("payload_json", body.to_string(), "application/json");
    for (n, file) in call.media.iter().enumerate() {
        let (field, name) = (format!("files[{n}]"), name(n, file));
        form = if file.is_video() {
            form.stream(&field, (call.files.stream(file.id).await?, file.bytes), (&name, &file.mime))
        } else {
            let fitted = call.files.fit(file.id, wanted).await?;
            form.bytes(&field, fitted.bytes, (&name, &fitted.mime))
        };
    }
    api::upload(&call.access, path, form).await
}

fn attachment((n, file): (usize, &MediaFile)) -> Json {
    let mut attachment = json!({"id": n, "filename": name(n, file)});
    if !file.alt.is_empty() {
        attachment["description"] = json!(file.alt);
    }
    attachment
}

fn name(n: usize, file: &MediaFile) -> String {
    let kind = if file.is_video() { "video" } else { "picture" };
    format!("{kind}-{}.{}", n + 1, file.mime.rsplit('/').next().unwrap_or("bin"))
}

fn remote(call: &Call<'_>, sent: Sent, title: &str, thread: bool) -> Remote {
    named(call, &sent.channel_id, &sent.id, title, thread)
}

/// A message as later parts and a person need it.
pub fn named(call: &Call<'_>, channel: &str, id: &str, title: &str, thread: bool) -> Remote {
    let url = format!("{}/channels/{}/{channel}/{id}", call.host(&ABOUT, "site"), call.account);
    Remote { id: id.into(), url: Some(url), extra: json!({"channel": channel, "title": title, "thread": thread}) }
}

/// Changes the text; files stay.
pub async fn edit(call: &Call<'_>, remote: &Remote) -> Result<Remote, Failure> {
    let text = content(call);
    if text.chars().count() > ABOUT.limits.text.max {
        return Err(Failure::rejected("the text with its mentions is longer than Discord takes"));
    }
    let body = json!({"content": text, "allowed_mentions": allowed_mentions()});
    api::repeat(&call.access, Method::PATCH, &path(remote)?, Some(&body)).await?;
    Ok(remote.clone())
}

/// Deletes the message; one that is gone already is as good.
pub async fn delete(call: &Call<'_>, remote: &Remote) -> Result<(), Failure> {
    match api::repeat(&call.access, Method::DELETE, &path(remote)?, None).await {
        Err(failure) if !api::is(&failure, "10008") => Err(failure),
        _ => Ok(()),
    }
}

fn path(remote: &Remote) -> Result<String, Failure> {
    let channel = remote.extra["channel"].as_str().ok_or_else(|| Failure::unexpected("a message without its channel"))?;
    Ok(format!("channels/{channel}/messages/{}", remote.id))
}
