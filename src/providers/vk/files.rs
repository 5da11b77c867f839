//! Pictures and videos go to an address that VK gives for each, and are attached by their ids.
//! <https://dev.vk.com/ru/api/upload/wall>

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::api;
use crate::{
    error::Failure,
    http::{FormData, Method},
    providers::{Call, MediaFile, Picture},
};

/// VK takes up to 50 MB and 14,000 pixels of both sides together.
pub const PICTURE: Picture =
    Picture { max_bytes: 20_000_000, max_side: 7_000, formats: &["image/jpeg", "image/png", "image/gif"] };

#[derive(Deserialize)]
struct Server {
    upload_url: String,
}

#[derive(Deserialize)]
struct Uploaded {
    server: Json,
    photo: String,
    hash: String,
}

/// What an attachment names.
#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    #[serde(alias = "video_id")]
    id: i64,
    owner_id: i64,
    access_key: Option<String>,
}

#[derive(Deserialize)]
struct Video {
    upload_url: String,
    video_id: i64,
    owner_id: i64,
    access_key: Option<String>,
}

impl Saved {
    fn name(&self, kind: &str) -> String {
        let key = self.access_key.as_ref().map(|key| format!("_{key}")).unwrap_or_default();
        format!("{kind}{}_{}{key}", self.owner_id, self.id)
    }
}

/// Uploads a file; gives the name by which it is attached.
pub async fn upload(call: &Call<'_>, file: &MediaFile) -> Result<String, Failure> {
    if file.is_video() { video(call, file).await } else { photo(call, file).await }
}

async fn photo(call: &Call<'_>, file: &MediaFile) -> Result<String, Failure> {
    let fitted = call.files.fit(file.id, PICTURE).await?;
    let server: Server = api::repeat(&call.access, "photos.getWallUploadServer", &[]).await?;
    let name = format!("photo.{}", fitted.mime.rsplit('/').next().unwrap_or("jpeg").replace("jpeg", "jpg"));
    let form = FormData::default().bytes("photo", fitted.bytes, (&name, &fitted.mime));
    let uploaded: Uploaded = send(call, &server.upload_url, form).await?;
    if matches!(uploaded.photo.as_str(), "" | "[]") {
        return Err(Failure::rejected("VK could not read the picture"));
    }
    let number = uploaded.server.as_str().map_or_else(|| uploaded.server.to_string(), str::to_owned);
    let fields = [("photo", uploaded.photo.as_str()), ("server", number.as_str()), ("hash", uploaded.hash.as_str())];
    let saved: Vec<Saved> = api::repeat(&call.access, "photos.saveWallPhoto", &fields).await?;
    let saved = saved.first().ok_or_else(|| Failure::unexpected("VK saved no picture"))?;
    Ok(saved.name("photo"))
}

async fn video(call: &Call<'_>, file: &MediaFile) -> Result<String, Failure> {
    let name = call.text.excerpt(100);
    let name = if name.is_empty() { "Video" } else { &name };
    let video: Video = api::repeat(&call.access, "video.save", &[("name", name), ("wallpost", "0")]).await?;
    let stream = call.files.stream(file.id).await?;
    let form = FormData::default().stream("video_file", (stream, file.bytes), ("video.mp4", &file.mime));
    send::<Json>(call, &video.upload_url, form).await?;
    Ok(Saved { id: video.video_id, owner_id: video.owner_id, access_key: video.access_key }.name("video"))
}

/// The address is good for one upload and needs no token.
async fn send<T: serde::de::DeserializeOwned>(call: &Call<'_>, url: &str, form: FormData) -> Result<T, Failure> {
    let reply = call.http.request(Method::POST, url).reads().multipart(form).send().await?;
    let reply = reply.ok(call.now, |_, failure| match failure.kind {
        // The address, not the account, is what is refused.
        crate::error::FailureKind::Reconnect => Failure { kind: crate::error::FailureKind::Rejected, ..failure },
        _ => failure,
    })?;
    let said: Json = reply.json()?;
    if let Some(words) = said["error"].as_str() {
        return Err(Failure::rejected(words).raw(&reply.text()));
    }
    reply.json()
}
