//! Files of a post: announced, put where Whop says, and ready after a while.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::send;
use crate::{
    error::Failure,
    http::Method,
    providers::{Call, Effect, MediaFile, Outcome, Picture},
};

/// Pictures as they are uploaded.
pub const PICTURE: Picture =
    Picture { max_bytes: 20 * 1024 * 1024, max_side: 8_192, formats: &["image/jpeg", "image/png", "image/webp", "image/gif"] };
/// How long to wait before a file is asked for again.
const AGAIN: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct Announced {
    id: String,
    upload_url: String,
    #[serde(default)]
    upload_headers: BTreeMap<String, String>,
}

/// The id of a file after its upload.
pub async fn uploaded(call: &Call<'_>, n: usize, media: &MediaFile) -> Result<String, Failure> {
    call.step(&format!("file:{n}"), Effect::Repeatable, media.id.0.as_bytes(), |_| upload(call, media)).await
}

async fn upload(call: &Call<'_>, media: &MediaFile) -> Result<String, Failure> {
    let fitted = if media.is_video() { None } else { Some(call.files.fit(media.id, PICTURE).await?) };
    let mime = fitted.as_ref().map_or(media.mime.as_str(), |fitted| fitted.mime.as_str()).to_owned();
    let end = mime.split('/').next_back().unwrap_or("bin").replace("jpeg", "jpg");
    let name = serde_json::json!({"filename": format!("{}.{end}", media.id)});
    let announced: Announced = send(call, Method::POST, "api/v1/files", |r| r.json(&name)).await?.json()?;
    let mut request = call.http.request(Method::PUT, &announced.upload_url);
    for (name, value) in &announced.upload_headers {
        request = request.header(name, value);
    }
    let request = match fitted {
        Some(fitted) => request.body(fitted.bytes, &mime),
        None => request.stream(call.files.stream(media.id).await?, media.bytes, &mime),
    };
    // The address carries its own proof; whether the store takes it is no matter of the account.
    let stored = request.send().await?;
    match stored.is_success() {
        true => Ok(announced.id),
        false => Err(Failure::unavailable(format!("Whop's store answered {}", stored.status)).code(stored.status.to_string())),
    }
}

/// How long to wait for a file; nothing when it is ready.
pub async fn pending(call: &Call<'_>, id: &str) -> Result<Option<Outcome>, Failure> {
    #[derive(Deserialize)]
    struct File {
        upload_status: String,
        filename: Option<String>,
    }
    let file: File = send(call, Method::GET, &format!("api/v1/files/{id}"), |r| r).await?.json()?;
    match file.upload_status.as_str() {
        "ready" => Ok(None),
        "failed" => Err(Failure::rejected(format!("Whop could not process {}", file.filename.unwrap_or_default()))),
        _ => Ok(Some(Outcome::Wait { after: AGAIN })),
    }
}
