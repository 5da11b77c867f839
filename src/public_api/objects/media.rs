//! Media on the wire: the fields of both of Postiz's versions.

use poem_openapi::{Multipart, Object, types::Example};
use serde::Serialize;

use super::super::date;
use crate::{app::App, media::Media};

/// A file of the library.
#[derive(Object, Serialize)]
#[oai(rename_all = "camelCase", example)]
#[serde(rename_all = "camelCase")]
pub struct UploadedMedia {
    /// Its id: what `image[].id` takes.
    pub id: String,
    /// The name it was uploaded under, made safe.
    pub name: String,
    /// The same name.
    pub original_name: Option<String>,
    /// Its public address: what `image[].path` takes.
    pub path: String,
    /// The organisation it belongs to.
    pub organization_id: String,
    /// When it was uploaded, ISO 8601 in UTC.
    pub created_at: String,
    /// The same time: a file never changes.
    pub updated_at: String,
    /// Always null here.
    pub deleted_at: Option<String>,
    /// The picture that stands for a film; null.
    pub thumbnail: Option<String>,
    /// Its alternative text; null until it has one.
    pub alt: Option<String>,
}

impl UploadedMedia {
    /// As it goes out.
    pub fn new(app: &App, media: Media) -> Self {
        Self {
            id: media.id.to_string(),
            path: media.url(app),
            organization_id: media.org_id.to_string(),
            created_at: date::iso(media.created_at),
            updated_at: date::iso(media.created_at),
            deleted_at: media.deleted_at.map(date::iso),
            thumbnail: None,
            alt: Some(media.alt).filter(|alt| !alt.is_empty()),
            original_name: Some(media.name.clone()),
            name: media.name,
        }
    }
}

impl Example for UploadedMedia {
    fn example() -> Self {
        Self {
            id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a93".into(),
            name: "engine.png".into(),
            original_name: Some("engine.png".into()),
            path: "https://rostrum.example.org/media/file/2026/11/5f2b.png".into(),
            organization_id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a01".into(),
            created_at: "2026-11-23T08:00:00.000Z".into(),
            updated_at: "2026-11-23T08:00:00.000Z".into(),
            deleted_at: None,
            thumbnail: None,
            alt: None,
        }
    }
}

/// A file to be fetched.
#[derive(Object, Serialize)]
#[oai(example)]
pub struct FetchUrl {
    /// A public web address of a picture or film, at most 10 MiB.
    pub url: String,
}

impl Example for FetchUrl {
    fn example() -> Self {
        Self { url: "https://example.org/engine.png".into() }
    }
}

/// A form with one file.
#[derive(Multipart)]
pub struct UploadForm {
    /// A JPEG, PNG, GIF or WebP picture of at most 10 MiB and 40 megapixels, or an MP4 film of at most 1 GiB. What it
    /// is is told by its content, not by its name.
    #[expect(dead_code, reason = "uploads are streamed; this documents them")]
    pub file: poem_openapi::types::Binary<Vec<u8>>,
}
