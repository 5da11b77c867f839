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
    facts::{facts, filter},
    focus::Focus,
    model::Media,
    resolve::import_also,
    upload::{Also, upload_also},
};
use crate::{
    app::App,
    db::{Ex, Tx},
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
        input::single_text,
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
    /// The words that it is sorted by.
    tags: Vec<String>,
    /// What stays in sight where it is cut; null: the middle.
    focus: Option<FocusView>,
    /// The id of the picture that stands for a film; null: none.
    cover: Option<String>,
    /// When it was uploaded.
    created_at: DateTime<Utc>,
}

/// A point of a picture.
#[derive(Object, Serialize)]
#[oai(rename = "Focus")]
struct FocusView {
    /// From the left, as a share of the width: 0 to 1.
    x: f64,
    /// From the top, as a share of the height: 0 to 1.
    y: f64,
}

impl MediaView {
    fn new(app: &App, media: &Media, tags: Vec<String>) -> Self {
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
            tags,
            focus: media.focus().map(|Focus { x, y }| FocusView { x, y }),
            cover: media.cover_id.map(|id| id.to_string()),
            created_at: media.created_at,
        }
    }

    /// With its tags as they are now.
    async fn read(app: &App, ex: impl Into<Ex<'_>>, media: &Media) -> Result<Self> {
        let tags = Media::tags(ex, media.org_id, &[media.id]).await?.remove(&media.id);
        Ok(Self::new(app, media, tags.unwrap_or_default()))
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
            tags: vec!["Launch".into()],
            focus: Some(FocusView { x: 0.5, y: 0.25 }),
            cover: None,
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
pub struct NewFacts {
    /// Alternative text, at most 2,000 characters.
    alt: Option<String>,
    /// Another name; it keeps its extension.
    name: Option<String>,
    /// The words that it is sorted by from now on: at most 20 of at most 40 characters.
    tags: Option<Vec<String>>,
    /// What stays in sight where it is cut; null: the middle again.
    focus: Option<FocusView>,
    /// The id of a picture of the library that stands for this film; null: none any more.
    cover: Option<String>,
}

impl Example for NewFacts {
    fn example() -> Self {
        Self {
            alt: Some("The engine's plan".into()),
            name: None,
            tags: Some(vec!["Launch".into()]),
            focus: Some(FocusView { x: 0.5, y: 0.25 }),
            cover: None,
        }
    }
}

#[OpenApi]
impl Api {
    /// List the library
    ///
    /// The newest first; of several conditions all must be met. Needs `media:read`.
    #[oai(path = "/media", method = "get", operation_id = "listMedia", tag = "About::Media")]
    #[allow(clippy::too_many_arguments, reason = "one per parameter of the query")]
    async fn list(
        &self,
        app: App,
        token: Bearer,
        /// How many, 1 to 100; 50 when nothing is said.
        limit: Query<Option<i64>>,
        /// The `next_cursor` of the page before.
        cursor: Query<Option<String>>,
        /// Words of its name or alternative text, or pieces of them.
        q: Query<Option<String>>,
        /// `picture`, `gif` or `film`.
        kind: Query<Option<String>>,
        /// A tag that it carries.
        tag: Query<Option<String>>,
        /// `unused`: no post shows it; `no_alt`: it has no alternative text.
        only: Query<Option<String>>,
    ) -> Answer<Reply<Page<MediaView>>, Read> {
        let org = token.may(Scope::MediaRead)?.org;
        let (take, after) = (self::limit(limit.0)?, Cursor::read(cursor.0.as_deref())?);
        let filter = filter(&[q.0, kind.0, tag.0, only.0])?;
        let found = Media::list(&app.db, org, &filter, after, take + 1).await?;
        let tags = Media::tags(&app.db, org, &found.iter().map(|m| m.id).collect::<Vec<_>>()).await?;
        let view = |m: Media| MediaView::new(&app, &m, tags.get(&m.id).cloned().unwrap_or_default());
        Ok(Page::of(found, take, |m: &Media| Cursor::new(m.created_at, m.id), view))
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
        Ok(Reply::tagged(&MediaView::read(&app, &app.db, &media).await?, None))
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
        import_also(&app, (caller.org, caller.user), (&url, "url"), Some(keeping.clone())).await?;
        Ok(keeping.reply())
    }

    /// Change a file
    ///
    /// Its alternative text, name, tags, focal point or cover: what is not named stays. Posts that use it keep the text they
    /// have. Needs `media:write`.
    #[oai(path = "/media/:id", method = "patch", operation_id = "updateMedia", tag = "About::Media")]
    async fn update(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the file.
        id: Path<String>,
        body: Body<NewFacts>,
    ) -> Answer<Reply<MediaView>, Write> {
        let Caller { org, user, .. } = *token.may(Scope::MediaWrite)?;
        let id: MediaId = self::id(&id, "media")?;
        let facts = facts(&body.json)?;
        let mut tx = app.db.begin().await?;
        Media::describe(&mut tx, org, id, facts.words).await?;
        if let Some(tags) = &facts.tags {
            Media::set_tags(&mut tx, org, id, tags).await?;
        }
        if let Some(focus) = facts.focus {
            Media::set_focus(&mut tx, org, id, focus).await?;
        }
        if let Some(cover) = facts.cover {
            Media::set_cover(&mut tx, org, id, cover).await?;
        }
        Media::note(&mut tx, org, ("media.described", id), user, app.clock.now()).await?;
        let media = Media::find(&mut tx, org, id).await?;
        let reply = Reply::tagged(&MediaView::read(&app, &mut tx, &media).await?, None);
        Ok(once.commit(tx, reply).await?)
    }

    /// Delete a file
    ///
    /// From the library; posts that have gone out keep it, and one that a post still waits for is not deleted (409). Needs
    /// `media:write`.
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
        if !Media::awaited(&mut tx, org, &[media.id]).await?.is_empty() {
            return Err(Error::conflict("library.error.awaited").into());
        }
        let reply = Reply::new(&MediaView::read(&app, &mut tx, &media).await?);
        Media::delete(&mut tx, org, media.id, app.clock.now()).await?;
        Media::note(&mut tx, org, ("media.deleted", media.id), user, app.clock.now()).await?;
        Ok(once.commit(tx, reply).await?)
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
            let reply = Reply::tagged(&MediaView::new(&self.app, media, Vec::new()), None);
            self.once.keep(tx, &reply).await?;
            *self.reply.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply);
            Ok(())
        })
    }
}
