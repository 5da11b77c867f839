//! A post as Ghost takes it, with its pictures uploaded.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{ABOUT, wire::send};
use crate::{
    error::Failure,
    http::{FormData, Method},
    kit::MediaId,
    providers::{
        Call, Effect, Picture,
        article::{self, Cover, Shown},
    },
};

/// Pictures as they are uploaded.
pub const PICTURE: Picture =
    Picture { max_bytes: 10 * 1024 * 1024, max_side: 4_096, formats: &["image/jpeg", "image/png", "image/webp", "image/gif"] };

/// The draft.
pub async fn post(call: &Call<'_>) -> Result<Json, Failure> {
    let title = article::needed(call, "title")?;
    let mut shown = Vec::with_capacity(call.media.len());
    for file in call.media {
        shown.push(Shown { url: uploaded(call, file.id).await?, alt: file.alt.clone() });
    }
    let mut post = json!({"title": title, "html": article::html(call, &ABOUT, &shown), "status": "draft"});
    if let Some(cover) = Cover::of(call, "main_image") {
        post["feature_image"] = match cover.id {
            Some(id) => uploaded(call, id).await?.into(),
            None => cover.url(call, "main_image")?.into(),
        };
    }
    for (theirs, ours) in [
        ("slug", "slug"),
        ("feature_image_alt", "feature_image_alt"),
        ("custom_excerpt", "excerpt"),
        ("canonical_url", "canonical"),
        ("visibility", "visibility"),
        ("meta_title", "meta_title"),
        ("meta_description", "meta_description"),
    ] {
        if let Some(value) = call.setting(ours) {
            post[theirs] = value.into();
        }
    }
    if call.settings["featured"] == true {
        post["featured"] = true.into();
    }
    lists(call, &mut post);
    Ok(post)
}

/// Tags by name, authors by address, tiers by id.
fn lists(call: &Call<'_>, post: &mut Json) {
    let tags: Vec<String> = article::labels(call.settings, "tags").into_iter().map(|tag| tag.name).collect();
    let authors: Vec<String> = article::labels(call.settings, "authors").into_iter().map(|author| author.value).collect();
    let tiers = article::labels(call.settings, "tiers").into_iter().map(|tier| json!({"id": tier.value}));
    let tiers: Vec<Json> = tiers.filter(|_| call.setting("visibility") == Some("tiers")).collect();
    for (name, empty, list) in [
        ("tags", tags.is_empty(), json!(tags)),
        ("authors", authors.is_empty(), json!(authors)),
        ("tiers", tiers.is_empty(), json!(tiers)),
    ] {
        if !empty {
            post[name] = list;
        }
    }
}

/// Where the picture is after its upload.
async fn uploaded(call: &Call<'_>, id: MediaId) -> Result<String, Failure> {
    call.step(&format!("picture:{id}"), Effect::Repeatable, id.0.as_bytes(), |_| upload(call, id)).await
}

/// <https://docs.ghost.org/admin-api/images/uploading-an-image>
async fn upload(call: &Call<'_>, id: MediaId) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Images {
        images: Vec<Image>,
    }
    #[derive(Deserialize)]
    struct Image {
        url: String,
    }
    let fitted = call.files.fit(id, PICTURE).await?;
    let name = format!("{id}.{}", fitted.mime.trim_start_matches("image/"));
    let form = FormData::default()
        .bytes("file", fitted.bytes, (&name, &fitted.mime))
        .text("purpose", "image")
        .text("ref", name.as_str());
    let mut images = send(call, Method::POST, "images/upload/", |r| r.multipart(form)).await?.json::<Images>()?.images;
    images.pop().map(|image| image.url).ok_or_else(|| Failure::unexpected("Ghost took a picture and gave no address"))
}

/// What a sent post is listed under.
pub fn sent_status(call: &Call<'_>) -> &'static str {
    if call.setting("status") == Some("draft") { "status:draft" } else { "status:[published,sent]" }
}
