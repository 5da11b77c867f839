//! Casts: one in each channel, or one without; further parts reply to each. <https://docs.neynar.com/reference/publish-cast>

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{ABOUT, Call, Failure, FailureKind, Method, Remote, Wrapcast, request};
use crate::{kit::crypto::sha256, providers::Effect};

/// How long a repeated key is surely known. The vendor says only that retries should use it.
const REMEMBERED: Duration = Duration::from_secs(5 * 60);
/// Bytes of an address.
const ADDRESS: usize = 256;

/// A cast that a part became.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// `0x` and 40 hex digits.
    pub hash: String,
    /// The channel of its thread; empty: none.
    pub channel: String,
}

/// A cast to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its words, mentions as `@name`.
    pub text: String,
    /// Addresses of pictures.
    pub embeds: Vec<String>,
    /// Of its thread.
    pub channel: String,
    /// What it replies to.
    pub parent: Option<String>,
}

/// The casts of a part, in the order of the channels.
pub fn drafts(call: &Call<'_>) -> Result<Vec<Draft>, Failure> {
    let text = call.text.render_with(ABOUT.text, &|_, label| format!("@{}", label.trim_start_matches('@')));
    let mut embeds = Vec::new();
    for file in call.media {
        let url = call.files.lasting_url(file.id).filter(|url| url.len() <= ADDRESS);
        embeds.push(url.ok_or_else(|| Failure::rejected("a picture has no address that others can open"))?);
    }
    let draft = |channel: String, parent| Draft { text: text.clone(), embeds: embeds.clone(), channel, parent };
    if call.position == 0 {
        return Ok(channels(call.settings).into_iter().map(|channel| draft(channel, None)).collect());
    }
    let made = |remote: &Remote| Vec::<Made>::deserialize(&remote.extra["made"]).unwrap_or_default();
    let before = call.parent().map(made).unwrap_or_default();
    if before.is_empty() {
        return Err(Failure::unexpected("the cast to reply to was stored without its hash"));
    }
    Ok(before.into_iter().map(|made| draft(made.channel, Some(made.hash))).collect())
}

/// The channels of the settings, entries wrapped in `value` as Postiz's are; an empty name when there is none.
fn channels(settings: &Json) -> Vec<String> {
    let listed = settings["subreddit"].as_array().map_or(&[][..], Vec::as_slice);
    let id = |entry: &Json| {
        let value = if entry["value"].is_object() { &entry["value"] } else { entry };
        value["id"].as_str().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned)
    };
    let mut channels: Vec<String> = Vec::new();
    for channel in listed.iter().filter_map(id) {
        if !channels.contains(&channel) {
            channels.push(channel);
        }
    }
    if channels.is_empty() { vec![String::new()] } else { channels }
}

/// Makes them all; each is kept before the next one is begun.
pub async fn publish(call: &Call<'_>) -> Result<Vec<Remote>, Failure> {
    call.fits(&ABOUT)?;
    let drafts = drafts(call)?;
    if drafts.iter().any(|draft| draft.text.trim().is_empty() && draft.embeds.is_empty()) {
        return Err(Failure::rejected("the cast has neither text nor a picture"));
    }
    if drafts.iter().any(|draft| draft.text.len() > ABOUT.limits.text.max) {
        return Err(Failure::rejected("the text is too long with the names it mentions"));
    }
    let mut made = Vec::new();
    for (n, draft) in drafts.iter().enumerate() {
        let body = json(call, draft)?;
        let sent = body.to_string();
        let create = async |key: crate::providers::StepKey| {
            let mut body = body.clone();
            body["idem"] = hex::encode(&sha256(key.key.as_bytes())[..8]).into();
            create(call, draft, &body).await
        };
        made.push(call.step(&format!("cast:{n}"), Effect::Keyed { lasts: REMEMBERED }, sent.as_bytes(), create).await?);
    }
    Ok(remotes(call, &made))
}

fn json(call: &Call<'_>, draft: &Draft) -> Result<Json, Failure> {
    let embeds: Vec<Json> = draft.embeds.iter().map(|url| json!({"url": url})).collect();
    let mut json = json!({"signer_uuid": call.credential("signer_uuid")?, "text": draft.text});
    if !embeds.is_empty() {
        json["embeds"] = embeds.into();
    }
    match &draft.parent {
        Some(parent) => {
            json["parent"] = parent.clone().into();
            json["parent_author_fid"] = call.account.parse::<u64>().map_or(Json::Null, Json::from);
        }
        None if !draft.channel.is_empty() => json["channel_id"] = draft.channel.clone().into(),
        None => {}
    }
    Ok(json)
}

async fn create(call: &Call<'_>, draft: &Draft, body: &Json) -> Result<Made, Failure> {
    let reply = call.send_once(&Wrapcast, request(&call.link(), Method::POST, "cast/").json(body)).await?;
    let said: Json = reply.json()?;
    let hash = said["cast"]["hash"].as_str().filter(|hash| is_hash(hash));
    let hash = hash.ok_or_else(|| Failure::uncertain("the vendor took the cast and did not say under which hash"))?;
    Ok(Made { hash: hash.to_owned(), channel: draft.channel.clone() })
}

/// `0x` and 40 hex digits.
pub fn is_hash(word: &str) -> bool {
    word.strip_prefix("0x").is_some_and(|digits| digits.len() == 40 && digits.chars().all(|c| c.is_ascii_hexdigit()))
}

/// Where people see them; the first one knows all, because the next part is told of it alone.
pub fn remotes(call: &Call<'_>, made: &[Made]) -> Vec<Remote> {
    let handle = call.credential("handle").unwrap_or_default();
    let web = call.host(&ABOUT, "web");
    let remote = |one: &Made| {
        let url = Some(format!("{web}/{handle}/{}", one.hash));
        Remote { id: one.hash.clone(), url, extra: json!({"made": made}) }
    };
    made.iter().map(remote).collect()
}

/// Takes a cast down; one that is gone is no failure, and a lost answer may be asked for again.
pub async fn delete(call: &Call<'_>, hash: &str) -> Result<(), Failure> {
    let body = json!({"signer_uuid": call.credential("signer_uuid")?, "target_hash": hash});
    let request = request(&call.link(), Method::DELETE, "cast/").reads().json(&body);
    match call.send_once(&Wrapcast, request).await {
        Err(failure) if failure.kind == FailureKind::Rejected && is_gone(&failure) => Ok(()),
        answer => answer.map(drop),
    }
}

fn is_gone(failure: &Failure) -> bool {
    failure.code.as_deref() == Some("404") || failure.message.to_lowercase().contains("not found")
}
