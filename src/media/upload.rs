//! Takes a file in: sniffed, streamed to the store, its headers read, its row written. File first, then row, so that no
//! row is ever without its file.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, future::BoxFuture, stream};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio_util::io::ReaderStream;

use super::{
    inspect::{self, Shown},
    kind::Kind,
    model::Media,
    name,
};
use crate::{
    app::App,
    db::Tx,
    error::{Error, Message, Result},
    kit::{MediaId, OrgId, UserId, crypto::random},
    orgs::Caller,
    store::Stored,
};

/// Bytes taken from the sender at a time.
const CHUNK: usize = 64 * 1024;

/// A file on its way in.
pub(super) struct Incoming<'a> {
    /// For whose library.
    pub org: OrgId,
    /// Who brings it.
    pub user: Option<UserId>,
    /// The sender's name for it.
    pub name: &'a str,
    /// The field that errors name.
    pub field: &'a str,
    /// What else belongs to the transaction that adds it.
    pub also: Option<Arc<dyn Also>>,
}

/// What else happens in the transaction that adds a file.
pub(super) trait Also: Send + Sync {
    /// Does it; an error undoes the adding.
    fn then<'a>(&'a self, tx: &'a mut Tx, media: &'a Media) -> BoxFuture<'a, Result<()>>;
}

/// Adds a file to the caller's library.
///
/// Its type is told by its content: JPEG, PNG, GIF, WebP up to 10 MiB and 40 megapixels, MP4 up to 1 GiB. What is none
/// of these, is damaged, or breaks off is refused naming `file`; one that is too large is [`Error::TooLarge`]. In every
/// case of failure nothing is left behind.
pub async fn upload(app: &App, caller: &Caller, name: &str, reader: impl AsyncRead + Send + Unpin) -> Result<Media> {
    take_in(app, &Incoming { org: caller.org, user: caller.user, name, field: "file", also: None }, reader).await
}

/// The same, with something else in its transaction.
pub(super) async fn upload_also(
    app: &App,
    caller: &Caller,
    name: &str,
    (reader, also): (impl AsyncRead + Send + Unpin, Arc<dyn Also>),
) -> Result<Media> {
    take_in(app, &Incoming { org: caller.org, user: caller.user, name, field: "file", also: Some(also) }, reader).await
}

pub(super) async fn take_in(app: &App, incoming: &Incoming<'_>, mut reader: impl AsyncRead + Send + Unpin) -> Result<Media> {
    let broken_off = |_| Error::invalid(incoming.field, "media.error.broken_off");
    let head = read_head(&mut reader).await.map_err(broken_off)?;
    let kind = sniff(&head, incoming)?;
    let now = app.clock.now();
    let file = format!("{}/{}.{}", now.format("%Y/%m"), hex::encode(random::<16>()), kind.extension());
    let rest = ReaderStream::with_capacity(reader, CHUNK).map(|chunk| chunk.map_err(broken_off));
    let stored = app.store.put_stream(&file, stream::iter([Ok(head)]).chain(rest), kind.limit()).await?;
    let media = Media {
        id: MediaId::new(),
        org_id: incoming.org,
        name: name::clean(incoming.name, kind.extension()),
        file,
        mime: kind.mime().to_owned(),
        bytes: i64::try_from(stored.bytes).expect("the limits are below 2^63"),
        sha256: stored.sha256.to_vec(),
        width: None,
        height: None,
        duration_ms: None,
        alt: String::new(),
        created_at: now,
        deleted_at: None,
        focus_x: None,
        focus_y: None,
        cover_id: None,
        cover_file: None,
    };
    // A task of its own: a sender that goes away now must not leave a file without a row.
    let kept = tokio::spawn(keep(app.clone(), media, (kind, incoming.user, incoming.also.clone()), stored))
        .await
        .map_err(Error::internal)??;
    kept.map_err(|message| Error::invalid(incoming.field, message))
}

/// The first bytes, as many as [`Kind::sniff`] wants unless there are fewer.
async fn read_head(reader: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Bytes> {
    let mut head = BytesMut::with_capacity(Kind::HEAD);
    while head.len() < Kind::HEAD && reader.read_buf(&mut head).await? > 0 {}
    Ok(head.freeze())
}

fn sniff(head: &[u8], incoming: &Incoming<'_>) -> Result<Kind> {
    if head.is_empty() {
        return Err(Error::invalid(incoming.field, "media.error.empty"));
    }
    Kind::sniff(head).map_err(|really| {
        let name = name::clean(incoming.name, "bin");
        let message = match really {
            Some(mime) => Message::new("media.error.type").with("name", name).with("type", mime),
            None => Message::new("media.error.type_unknown").with("name", name),
        };
        Error::invalid(incoming.field, message)
    })
}

/// Reads the headers of a stored file and writes its row; removes the file when either fails.
async fn keep(
    app: App,
    mut media: Media,
    (kind, user, also): (Kind, Option<UserId>, Option<Arc<dyn Also>>),
    stored: Stored,
) -> Result<Result<Media, Message>> {
    let outcome = match inspect::inspect(&app.store, &media.file, kind, stored.bytes).await {
        Ok(Ok(shown)) => {
            show(&mut media, shown);
            insert(&app, &media, user, also).await.map(Ok)
        }
        Ok(Err(message)) => Ok(Err(message)),
        Err(e) => Err(e),
    };
    match &outcome {
        Ok(Ok(())) => return Ok(Ok(media)),
        // A commit whose answer was lost may have happened: only what is surely no row loses its file.
        Err(_) if !matches!(Media::find(&app.db, media.org_id, media.id).await, Err(Error::NotFound(_))) => {}
        _ => {
            if let Err(e) = app.store.delete(&media.file).await {
                tracing::warn!(file = media.file, error = %e, "a file without a row could not be removed");
            }
        }
    }
    outcome.map(|refused| refused.map(|()| media))
}

fn show(media: &mut Media, shown: Shown) {
    media.width = Some(shown.width.into());
    media.height = Some(shown.height.into());
    media.duration_ms = shown.duration_ms.and_then(|ms| i64::try_from(ms).ok());
}

async fn insert(app: &App, media: &Media, user: Option<UserId>, also: Option<Arc<dyn Also>>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    media.insert(&mut tx).await?;
    Media::note(&mut tx, media.org_id, ("media.uploaded", media.id), user, media.created_at).await?;
    if let Some(also) = also {
        also.then(&mut tx, media).await?;
    }
    tx.commit().await
}
