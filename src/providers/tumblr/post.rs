//! A part as a post of the blog: written, changed and deleted.

use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};

use super::{ABOUT, api, blocks};
use crate::{
    error::{Failure, FailureKind},
    http::{FormData, Method},
    providers::{Call, Effect, MediaFile, Outcome, Picture, Remote},
};

/// What a picture must be.
pub const PICTURE: Picture =
    Picture { max_bytes: 10_000_000, max_side: 4_096, formats: &["image/jpeg", "image/png", "image/gif", "image/webp"] };
/// All pictures of a post are in memory together.
const PICTURES: u64 = 48_000_000;
/// Of a video whose size is not known, as Tumblr's own player assumes.
const FRAME: (u32, u32) = (540, 405);

#[derive(Deserialize)]
struct Created {
    id_string: Option<String>,
    id: Option<Json>,
}

/// A file and its block.
struct File<'a> {
    media: &'a MediaFile,
    fitted: Option<Bytes>,
    mime: String,
    block: Json,
}

/// Publishes the part.
pub async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    call.fits(&ABOUT)?;
    let text = content(call)?;
    if text.is_empty() && call.media.is_empty() {
        return Err(Failure::rejected("the post has neither text nor a picture"));
    }
    call.freshen(&super::Tumblr).await?;
    let sent = json!({"content": text, "settings": call.settings, "media": call.media.iter().map(|m| m.id).collect::<Vec<_>>()});
    let write = async |_| write(call, text).await;
    let remote = call.step("create", Effect::Once, sent.to_string().as_bytes(), write).await?;
    Ok(Outcome::live(remote))
}

async fn write(call: &Call<'_>, text: Vec<Json>) -> Result<Remote, Failure> {
    let path = format!("blog/{}/posts", call.account);
    let created: Created = match call.media {
        [] => api::post(&call.access, &path, &body(call, text)?).await?,
        _ => with_files(call, (Method::POST, path.as_str()), &text).await?,
    };
    let id = created.id_string.or_else(|| match created.id {
        Some(Json::String(id)) => Some(id),
        Some(Json::Number(id)) => Some(id.to_string()),
        _ => None,
    });
    let id = id.filter(|id| !id.is_empty()).ok_or_else(|| Failure::uncertain("Tumblr named no post"))?;
    Ok(remote(call, &id, call.media.len()))
}

/// A body with files can be sent once: where the access is refused, a read renews it, and the whole is made again.
async fn with_files<T: DeserializeOwned>(call: &Call<'_>, place: (Method, &str), text: &[Json]) -> Result<T, Failure> {
    match upload(call, place.clone(), text).await {
        Err(failure) if failure.kind == FailureKind::Reconnect => {
            api::get::<Json>(&call.access, "user/info", &[]).await.map_err(|f| nothing_happened(f, failure))?;
            upload(call, place, text).await
        }
        answer => answer,
    }
}

/// The write was refused; whatever the read met is no uncertainty.
fn nothing_happened(read: Failure, write: Failure) -> Failure {
    if read.kind == FailureKind::Reconnect { write } else { Failure { kind: FailureKind::Unavailable, ..read } }
}

async fn upload<T: DeserializeOwned>(call: &Call<'_>, place: (Method, &str), text: &[Json]) -> Result<T, Failure> {
    let files = files(call).await?;
    let mut content = text.to_vec();
    content.extend(files.iter().map(|file| file.block.clone()));
    let mut form = FormData::default().field("json", body(call, content)?.to_string(), "application/json");
    for (n, file) in files.into_iter().enumerate() {
        let (field, name) = (format!("media-{n}"), format!("media-{n}.{}", file.mime.rsplit('/').next().unwrap_or("bin")));
        form = match file.fitted {
            Some(bytes) => form.bytes(&field, bytes, (&name, &file.mime)),
            None => form.stream(&field, (call.files.stream(file.media.id).await?, file.media.bytes), (&name, &file.mime)),
        };
    }
    api::upload(&call.access, place, form).await
}

async fn files<'a>(call: &Call<'a>) -> Result<Vec<File<'a>>, Failure> {
    let pictures = call.media.iter().filter(|m| !m.is_video()).count().max(1) as u64;
    let wanted = Picture { max_bytes: PICTURE.max_bytes.min(PICTURES / pictures), ..PICTURE };
    let mut files = Vec::with_capacity(call.media.len());
    for (n, media) in call.media.iter().enumerate() {
        let identifier = format!("media-{n}");
        if media.is_video() {
            let (width, height) = (media.width.unwrap_or(FRAME.0), media.height.unwrap_or(FRAME.1));
            let object = json!({"type": media.mime, "identifier": identifier, "width": width, "height": height});
            let block = json!({"type": "video", "provider": "tumblr", "media": object});
            files.push(File { media, fitted: None, mime: media.mime.clone(), block });
            continue;
        }
        let fitted = call.files.fit(media.id, wanted).await?;
        let object = json!({"type": fitted.mime, "identifier": identifier, "width": fitted.width, "height": fitted.height});
        let mut block = json!({"type": "image", "media": [object]});
        if !media.alt.is_empty() {
            block["alt_text"] = json!(media.alt);
        }
        files.push(File { media, fitted: Some(fitted.bytes), mime: fitted.mime, block });
    }
    Ok(files)
}

/// Title, words and link.
pub fn content(call: &Call<'_>) -> Result<Vec<Json>, Failure> {
    let mut content = Vec::new();
    if let Some(title) = call.setting("title") {
        content.push(json!({"type": "text", "subtype": "heading1", "text": title}));
    }
    content.extend(blocks::of(call.text));
    if let Some(link) = call.setting("link") {
        content.push(json!({"type": "link", "url": address("link", link)?}));
    }
    Ok(content)
}

fn body(call: &Call<'_>, content: Vec<Json>) -> Result<Json, Failure> {
    let mut body = json!({"content": content, "state": "published"});
    if let Some(tags) = call.setting("tags") {
        let tags: Vec<&str> = tags.split(',').map(|tag| tag.trim().trim_start_matches('#')).filter(|t| !t.is_empty()).collect();
        body["tags"] = json!(tags.join(","));
    }
    if let Some(source) = call.setting("sourceUrl") {
        body["source_url"] = json!(address("sourceUrl", source)?);
    }
    Ok(body)
}

/// People write `www.example.org`.
fn address(field: &str, written: &str) -> Result<String, Failure> {
    let whole = if written.contains("://") { written.to_owned() } else { format!("https://{written}") };
    crate::kit::text::web_address(&whole).ok_or_else(|| Failure::rejected(format!("settings.{field}: this is no address")))
}

/// A post as later calls and a person need it.
pub fn remote(call: &Call<'_>, id: &str, media: usize) -> Remote {
    let url = format!("{}/{}/{id}", call.host(&ABOUT, "site"), call.account);
    Remote { id: id.into(), url: Some(url), extra: json!({"media": media}) }
}

/// Changes the post: Tumblr replaces the whole content, so files are handed over again.
pub async fn edit(call: &Call<'_>, remote: &Remote) -> Result<Remote, Failure> {
    call.fits(&ABOUT)?;
    call.freshen(&super::Tumblr).await?;
    let (path, text) = (format!("blog/{}/posts/{}", call.account, remote.id), content(call)?);
    match call.media {
        [] => drop(api::repeat(&call.access, Method::PUT, &path, &body(call, text)?).await?),
        _ => drop(with_files::<Json>(call, (Method::PUT, path.as_str()), &text).await?),
    }
    Ok(Remote { extra: json!({"media": call.media.len()}), ..remote.clone() })
}

/// Deletes the post; one that is gone already is as good.
pub async fn delete(call: &Call<'_>, remote: &Remote) -> Result<(), Failure> {
    let path = format!("blog/{}/post/delete", call.account);
    match api::repeat(&call.access, Method::POST, &path, &json!({"id": remote.id})).await {
        Err(failure) if failure.code.as_deref() != Some("404") => Err(failure),
        _ => Ok(()),
    }
}
