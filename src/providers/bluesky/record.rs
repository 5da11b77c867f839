//! The record of a post: its shape, and how it is created, read back and deleted.
//! <https://docs.bsky.app/docs/advanced-guides/posts>

use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{card::Card, session, tid, xrpc};
use crate::{
    error::{Failure, FailureKind},
    http::Method,
    providers::{Call, MediaFile, Picture, Remote, StepKey},
};

pub const COLLECTION: &str = "app.bsky.feed.post";
/// What servers of before April 2026 accept, too: a million bytes, with some room.
pub const IMAGE_BYTES: u64 = 976 * 1024;
const PICTURE: Picture = Picture { max_bytes: IMAGE_BYTES, max_side: 2_000, formats: &["image/jpeg", "image/png", "image/webp"] };

/// A picture that the server has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Image {
    /// How a record names it.
    pub blob: Json,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// What names a record for good: address and content hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Strong {
    /// `at://did/collection/key`.
    pub uri: String,
    /// Of the content.
    pub cid: String,
}

impl Strong {
    /// What a later part needs to reply to it, and where people see it.
    pub fn remote(self, web: &str) -> Remote {
        let url = parts(&self.uri).map(|(did, _, key)| format!("{web}/profile/{did}/post/{key}"));
        Remote { id: self.uri.clone(), url, extra: json!({"uri": self.uri, "cid": self.cid}) }
    }
}

/// Makes a picture fit and uploads it.
pub async fn upload(call: &Call<'_>, file: &MediaFile) -> Result<Image, Failure> {
    let fitted = call.files.fit(file.id, PICTURE).await?;
    let blob = upload_bytes(call, fitted.bytes, &fitted.mime).await?;
    Ok(Image { blob, width: fitted.width, height: fitted.height })
}

/// Uploads bytes; what comes back names them in a record.
pub async fn upload_bytes(call: &Call<'_>, bytes: bytes::Bytes, mime: &str) -> Result<Json, Failure> {
    #[derive(Deserialize)]
    struct Uploaded {
        blob: Json,
    }
    let reply = session::send(call, |credentials| {
        credentials.request(call.http, Method::POST, "com.atproto.repo.uploadBlob").body(bytes.clone(), mime)
    });
    Ok(xrpc::decode::<Uploaded>(&reply.await?)?.blob)
}

/// The record, without the time that the step's key brings.
pub fn compose(call: &Call<'_>, text: &str, facets: Vec<Json>, embed: Option<Json>) -> Result<Json, Failure> {
    let mut record = note(text, facets, embed);
    if let (Some(root), Some(parent)) = (call.thread.first(), call.thread.last()) {
        record["reply"] = json!({"root": strong(root)?, "parent": strong(parent)?});
    }
    Ok(record)
}

/// As [`compose`], replying to nothing.
pub fn note(text: &str, facets: Vec<Json>, embed: Option<Json>) -> Json {
    let mut record = json!({"$type": COLLECTION, "text": text});
    if !facets.is_empty() {
        record["facets"] = facets.into();
    }
    if let Some(embed) = embed {
        record["embed"] = embed;
    }
    record
}

/// What names the record of something published.
pub fn strong(remote: &Remote) -> Result<Strong, Failure> {
    Strong::deserialize(&remote.extra).map_err(|_| Failure::unexpected("the post to reply to was stored without its uri and cid"))
}

/// Pictures with their alternative text.
pub fn images(uploaded: &[Image], media: &[MediaFile]) -> Json {
    let image = |(image, file): (&Image, &MediaFile)| {
        let ratio = json!({"width": image.width.max(1), "height": image.height.max(1)});
        json!({"image": image.blob, "alt": file.alt, "aspectRatio": ratio})
    };
    let images: Vec<Json> = uploaded.iter().zip(media).map(image).collect();
    json!({"$type": "app.bsky.embed.images", "images": images})
}

/// A preview of the page that is linked.
pub fn external(card: &Card) -> Json {
    let mut external = json!({"uri": card.uri, "title": card.title, "description": card.description});
    if let Some(thumb) = &card.thumb {
        external["thumb"] = thumb.clone();
    }
    json!({"$type": "app.bsky.embed.external", "external": external})
}

/// A film, shown in its shape.
pub fn video(blob: &Json, file: &MediaFile) -> Json {
    let mut video = json!({"$type": "app.bsky.embed.video", "video": blob});
    if !file.alt.trim().is_empty() {
        video["alt"] = file.alt.trim().into();
    }
    if let (Some(width), Some(height)) = (file.width, file.height) {
        video["aspectRatio"] = json!({"width": width.max(1), "height": height.max(1)});
    }
    video
}

/// Another post shown below the text, beside media where there are any.
pub fn quoting(quoted: &Strong, media: Option<Json>) -> Json {
    let record = json!({"$type": "app.bsky.embed.record", "record": quoted});
    match media {
        Some(media) => json!({"$type": "app.bsky.embed.recordWithMedia", "record": record, "media": media}),
        None => record,
    }
}

/// Creates the record under the step's own key, so that it exists once however often this runs.
///
/// A server that has the key already answers 500 `InternalServerError` (seen with @atproto/pds 0.5), which may mean
/// anything: so what it has is looked at.
pub async fn create(call: &Call<'_>, key: &StepKey, record: &Json) -> Result<Strong, Failure> {
    if key.earlier > 0
        && let Some(found) = get_in(call, collection_of(record), key).await?
    {
        return Ok(found);
    }
    match write(call, key, record).await {
        Err(failure) if may_exist(&failure) => get_in(call, collection_of(record), key).await.ok().flatten().ok_or(failure),
        result => result,
    }
}

/// True for an answer behind which the record may exist. Where no answer came the server gets time first.
fn may_exist(failure: &Failure) -> bool {
    let words = failure.message.to_lowercase();
    match failure.kind {
        FailureKind::Uncertain => failure.code.is_some(),
        FailureKind::Rejected => words.contains("already") || words.contains("exists"),
        _ => false,
    }
}

async fn write(call: &Call<'_>, key: &StepKey, record: &Json) -> Result<Strong, Failure> {
    let mut record = record.clone();
    record["createdAt"] = key.begun_at.to_rfc3339_opts(SecondsFormat::Millis, true).into();
    let body = json!({"repo": call.account, "collection": collection_of(&record), "rkey": tid::of(key), "record": record});
    let reply = session::send(call, |credentials| {
        credentials.request(call.http, Method::POST, "com.atproto.repo.createRecord").json(&body)
    });
    xrpc::decode(&reply.await?)
}

/// Reads the record of a step back from the server that holds it; `None` when that says there is none.
pub async fn get(call: &Call<'_>, key: &StepKey) -> Result<Option<Strong>, Failure> {
    get_in(call, COLLECTION, key).await
}

fn collection_of(record: &Json) -> &str {
    record["$type"].as_str().unwrap_or(COLLECTION)
}

async fn get_in(call: &Call<'_>, collection: &str, key: &StepKey) -> Result<Option<Strong>, Failure> {
    let rkey = tid::of(key);
    let query = [("repo", call.account), ("collection", collection), ("rkey", rkey.as_str())];
    let reply = session::send(call, |credentials| {
        credentials.request(call.http, Method::GET, "com.atproto.repo.getRecord").query(&query)
    });
    match reply.await {
        Ok(reply) => xrpc::decode(&reply).map(Some),
        Err(failure) if failure.code.as_deref() == Some("RecordNotFound") => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Deletes a record of the account. One that is gone already is no failure; a lost answer may be asked for again.
pub async fn delete(call: &Call<'_>, uri: &str) -> Result<(), Failure> {
    let Some((did, collection, rkey)) = parts(uri).filter(|(did, ..)| *did == call.account) else {
        return Err(Failure::unexpected(format!("{uri} is not a record of {}", call.account)));
    };
    let body = json!({"repo": did, "collection": collection, "rkey": rkey});
    let reply = session::send(call, |credentials| {
        credentials.request(call.http, Method::POST, "com.atproto.repo.deleteRecord").reads().json(&body)
    });
    match reply.await {
        Err(failure) if failure.code.as_deref() != Some("RecordNotFound") => Err(failure),
        _ => Ok(()),
    }
}

/// Repository, collection and key of an address.
pub fn parts(uri: &str) -> Option<(&str, &str, &str)> {
    let mut parts = uri.strip_prefix("at://")?.splitn(3, '/');
    Some((parts.next()?, parts.next()?, parts.next()?))
}
