//! `/api/v1/media`: the library.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use poem_openapi::{
    Multipart, Object, OpenApi,
    param::{Path, Query},
    types::Example,
};
use serde::Serialize;

use super::{
    model::Media,
    resolve::import_also,
    upload::{Also, upload_also},
};
use crate::{
    app::App,
    db::Tx,
    error::{Error, Result},
    kit::MediaId,
    orgs::Caller,
    tokens::{
        Cursor, Scope,
        api::{About, Answer, Bearer, Once, Page, Read, Reply, Write, id},
        limit,
    },
    web::{
        Upload,
        input::{Object as Input, Wrong, single_text},
        payload::{Body, FileUpload},
    },
};

/// The operations.
pub struct Api;

/// A file of the library.
#[derive(Object, Serialize)]
#[oai(rename = "Media", example)]
pub struct MediaView {
    /// Its id: what a part names.
    id: String,
    /// The name it was uploaded under, made safe.
    name: String,
    /// Its public address.
    url: String,
    /// `image/jpeg`, `image/png`, `image/gif`, `image/webp` or `video/mp4`.
    mime: String,
    /// Its size.
    bytes: i64,
    /// SHA-256 of its content, in hex.
    sha256: String,
    /// Pixels, upright.
    width: Option<i64>,
    /// Pixels, upright.
    height: Option<i64>,
    /// Milliseconds of a film that says it.
    duration_ms: Option<i64>,
    /// Alternative text; may be empty.
    alt: String,
    /// When it was uploaded.
    created_at: DateTime<Utc>,
}

impl MediaView {
    fn new(app: &App, media: &Media) -> Self {
        Self {
            id: media.id.to_string(),
            name: media.name.clone(),
            url: media.url(app),
            mime: media.mime.clone(),
            bytes: media.bytes,
            sha256: hex::encode(&media.sha256),
            width: media.width,
            height: media.height,
            duration_ms: media.duration_ms,
            alt: media.alt.clone(),
            created_at: media.created_at,
        }
    }
}

impl Example for MediaView {
    fn example() -> Self {
        Self {
            id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a93".into(),
            name: "engine.png".into(),
            url: "https://rostrum.example.org/media/file/2026/11/5f2b.png".into(),
            mime: "image/png".into(),
            bytes: 48_213,
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
            width: Some(1200),
            height: Some(800),
            duration_ms: None,
            alt: "The engine's plan".into(),
            created_at: "2026-11-23T08:00:00Z".parse().unwrap_or_default(),
        }
    }
}

/// A form with one file.
#[derive(Multipart)]
pub struct NewMedia {
    /// A JPEG, PNG, GIF or WebP picture of at most 10 MiB and 40 megapixels, or an MP4 film of at most 1 GiB.
    #[expect(dead_code, reason = "uploads are streamed; this documents them")]
    file: poem_openapi::types::Binary<Vec<u8>>,
}

/// A file to be fetched.
#[derive(Object)]
#[oai(example)]
pub struct NewImport {
    /// A public web address of a picture or film, at most 10 MiB.
    url: String,
}

impl Example for NewImport {
    fn example() -> Self {
        Self { url: "https://example.org/engine.png".into() }
    }
}

/// What may be changed of a file.
#[derive(Object)]
#[oai(rename = "MediaChange", example)]
pub struct NewAlt {
    /// Alternative text, at most 2,000 characters.
    alt: String,
}

impl Example for NewAlt {
    fn example() -> Self {
        Self { alt: "The engine's plan".into() }
    }
}

#[OpenApi]
impl Api {
    /// List the library
    ///
    /// The newest first. Needs `media:read`.
    #[oai(path = "/media", method = "get", operation_id = "listMedia", tag = "About::Media")]
    async fn list(
        &self,
        app: App,
        token: Bearer,
        /// How many, 1 to 100; 50 when nothing is said.
        limit: Query<Option<i64>>,
        /// The `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Answer<Reply<Page<MediaView>>, Read> {
        let org = token.may(Scope::MediaRead)?.org;
        let (take, after) = (self::limit(limit.0)?, Cursor::read(cursor.0.as_deref())?);
        let found = Media::page(&app.db, org, after, take + 1).await?;
        Ok(Page::of(found, take, |m: &Media| Cursor::new(m.created_at, m.id), |m| MediaView::new(&app, &m)))
    }

    /// Show a file
    ///
    /// Needs `media:read`.
    #[oai(path = "/media/:id", method = "get", operation_id = "getMedia", tag = "About::Media")]
    async fn show(
        &self,
        app: App,
        token: Bearer,
        /// The id of the file.
        id: Path<String>,
    ) -> Answer<Reply<MediaView>, Read> {
        let org = token.may(Scope::MediaRead)?.org;
        let media = Media::find(&app.db, org, self::id(&id, "media")?).await?;
        Ok(Reply::tagged(&MediaView::new(&app, &media), None))
    }

    /// Upload a file
    ///
    /// The field `file` of a form. With an `Idempotency-Key` a second upload is recognised by the length of the request, not
    /// by its content. Needs `media:write`.
    #[oai(path = "/media", method = "post", operation_id = "uploadMedia", tag = "About::Media")]
    async fn upload(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        upload: FileUpload<NewMedia>,
    ) -> Answer<Reply<MediaView, 201>, Write> {
        let caller = token.may(Scope::MediaWrite)?;
        let mut upload: Upload = upload.form.ok_or_else(|| Error::invalid("file", "media.error.none"))?;
        while let Some(field) = upload.next().await? {
            let Some(name) = field.file_name().filter(|_| field.name() == Some("file")).map(str::to_owned) else { continue };
            let keeping = Keeping::new(&app, once);
            upload_also(&app, caller, &name, (Box::pin(field.into_async_read()), keeping.clone())).await?;
            return Ok(keeping.reply());
        }
        Err(Error::invalid("file", "media.error.none").into())
    }

    /// Add a file from an address
    ///
    /// Needs `media:write`.
    #[oai(path = "/media/imports", method = "post", operation_id = "importMedia", tag = "About::Media")]
    async fn import(&self, app: App, token: Bearer, once: Once, body: Body<NewImport>) -> Answer<Reply<MediaView, 201>, Write> {
        let caller = token.may(Scope::MediaWrite)?;
        let url = single_text(&body.json, "url")?;
        let keeping = Keeping::new(&app, once);
        import_also(&app, caller.org, (&url, "url"), Some(keeping.clone())).await?;
        Ok(keeping.reply())
    }

    /// Change a file
    ///
    /// Its alternative text. Posts that use it keep the text they have. Needs `media:write`.
    #[oai(path = "/media/:id", method = "patch", operation_id = "updateMedia", tag = "About::Media")]
    async fn update(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the file.
        id: Path<String>,
        body: Body<NewAlt>,
    ) -> Answer<Reply<MediaView>, Write> {
        let Caller { org, user, .. } = *token.may(Scope::MediaWrite)?;
        let id: MediaId = self::id(&id, "media")?;
        let wrong = Wrong::default();
        let alt = Input::body(&body.json, &wrong).and_then(|input| {
            if body.json["alt"].is_null() {
                input.wrong("alt", "field.required");
            }
            input.text("alt")
        });
        wrong.check()?;
        let mut tx = app.db.begin().await?;
        Media::set_alt(&mut tx, org, id, alt.unwrap_or_default().trim()).await?;
        Media::note(&mut tx, org, ("media.described", id), user, app.clock.now()).await?;
        let media = Media::find(&mut tx, org, id).await?;
        Ok(once.commit(tx, Reply::tagged(&MediaView::new(&app, &media), None)).await?)
    }

    /// Delete a file
    ///
    /// From the library; posts that use it keep it. Needs `media:write`.
    #[oai(path = "/media/:id", method = "delete", operation_id = "deleteMedia", tag = "About::Media")]
    async fn delete(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the file.
        id: Path<String>,
    ) -> Answer<Reply<MediaView>, Write> {
        let Caller { org, user, .. } = *token.may(Scope::MediaWrite)?;
        let mut tx = app.db.begin().await?;
        let media = Media::find(&mut tx, org, self::id(&id, "media")?).await?;
        Media::delete(&mut tx, org, media.id, app.clock.now()).await?;
        Media::note(&mut tx, org, ("media.deleted", media.id), user, app.clock.now()).await?;
        Ok(once.commit(tx, Reply::new(&MediaView::new(&app, &media))).await?)
    }
}

/// Keeps the answer in the transaction that adds the file.
struct Keeping {
    app: App,
    once: Once,
    reply: Mutex<Option<Reply<MediaView, 201>>>,
}

impl Keeping {
    fn new(app: &App, once: Once) -> Arc<Self> {
        Arc::new(Self { app: app.clone(), once, reply: Mutex::new(None) })
    }

    fn reply(&self) -> Reply<MediaView, 201> {
        let reply = self.reply.lock().unwrap_or_else(PoisonError::into_inner).take();
        reply.expect("a file that was added was shown in its transaction")
    }
}

impl Also for Keeping {
    fn then<'a>(&'a self, tx: &'a mut Tx, media: &'a Media) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let reply = Reply::tagged(&MediaView::new(&self.app, media), None);
            self.once.keep(tx, &reply).await?;
            *self.reply.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply);
            Ok(())
        })
    }
}
