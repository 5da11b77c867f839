//! The media of one post for a provider: [`MediaSource`] over the library and the store.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use tokio::sync::Semaphore;

use super::{kind::Kind, model::Media, picture};
use crate::{
    app::App,
    error::{Error, Message, Result},
    kit::{MediaId, OrgId},
    providers::{Failure, Fitted, Fut, MediaFile, MediaRef, MediaSource, Picture},
    render::text,
};

/// A picture of 40 megapixels takes hundreds of megabytes while it is decoded: one at a time.
static DECODING: Semaphore = Semaphore::const_new(1);

/// How long a platform may take to fetch a file itself.
const PUBLIC: Duration = Duration::from_secs(3_600);

/// Some items of one library.
pub struct Files {
    app: App,
    items: Vec<Media>,
}

impl Files {
    /// The items with these ids and the covers of films among them, also those taken out of the library since. One that never was is said when its bytes
    /// are asked for.
    pub async fn of(app: &App, org: OrgId, ids: &[MediaId]) -> Result<Self> {
        let mut items = if ids.is_empty() { Vec::new() } else { Media::find_many(&app.db, org, ids).await? };
        let covers: Vec<MediaId> = items.iter().filter_map(|item| item.cover_id).filter(|id| !ids.contains(id)).collect();
        if !covers.is_empty() {
            items.extend(Media::find_many(&app.db, org, &covers).await?);
        }
        Ok(Self { items, app: app.clone() })
    }

    /// What a provider sees of the items, each with the alternative text of this use.
    pub fn describe(&self, uses: &[MediaRef]) -> Result<Vec<MediaFile>, Failure> {
        uses.iter().map(|used| Ok(self.item(used.id)?.as_file(&used.alt))).collect()
    }

    fn item(&self, id: MediaId) -> Result<&Media, Failure> {
        self.items.iter().find(|m| m.id == id).ok_or_else(|| missing("media.failure.unknown", &id.to_string()))
    }

    async fn fitted(&self, id: MediaId, wanted: Picture) -> Result<Fitted, Failure> {
        let item = self.item(id)?;
        let kind = Kind::from_mime(&item.mime).ok_or_else(|| Failure::unexpected(item.mime.clone()))?;
        let permit = DECODING.acquire().await.map_err(|e| Failure::unavailable(e.to_string()))?;
        let bytes = self.app.store.read_all(&item.file, Kind::IMAGE_LIMIT).await.map_err(|e| unreadable(&e, item))?;
        let fit = move || {
            // Held by the thread: it goes on when the caller is gone.
            let _permit = permit;
            picture::fit(&bytes, kind, wanted)
        };
        let fitted = tokio::task::spawn_blocking(fit).await.map_err(|e| Failure::rejected(e.to_string()))?;
        fitted.map_err(|why| Failure::rejected(format!("{}: {}", item.name, text(&why))))
    }

    async fn streamed(&self, id: MediaId) -> Result<BoxStream<'static, std::io::Result<Bytes>>, Failure> {
        let item = self.item(id)?;
        let (_, content) = self.app.store.get(&item.file).await.map_err(|e| unreadable(&e, item))?;
        Ok(content)
    }
}

impl MediaSource for Files {
    fn fit<'a>(&'a self, id: MediaId, wanted: Picture) -> Fut<'a, Fitted> {
        Box::pin(self.fitted(id, wanted))
    }

    fn stream<'a>(&'a self, id: MediaId) -> Fut<'a, BoxStream<'static, std::io::Result<Bytes>>> {
        Box::pin(self.streamed(id))
    }

    fn public_url(&self, id: MediaId) -> Option<String> {
        let item = self.item(id).ok()?;
        // A platform need not reach us when it can reach the bucket.
        Some(self.app.store.public_url(&item.file, PUBLIC).unwrap_or_else(|| item.url(&self.app)))
    }

    fn lasting_url(&self, id: MediaId) -> Option<String> {
        // Addresses of a bucket may be signed for an hour; ours last.
        Some(self.item(id).ok()?.url(&self.app))
    }
}

/// Makes a picture in memory fit, told by its bytes alone; the message says why it cannot be.
pub async fn fit(bytes: Bytes, wanted: Picture) -> Result<Fitted, Message> {
    let away = |_| Message::new("media.error.not_a_picture");
    let kind = Kind::sniff(&bytes[..bytes.len().min(Kind::HEAD)]).map_err(|_| Message::new("media.error.not_a_picture"))?;
    let permit = DECODING.acquire().await.map_err(away)?;
    let fitted = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        picture::fit(&bytes, kind, wanted)
    });
    fitted.await.map_err(|_| Message::new("media.error.not_a_picture"))?
}

/// A file that is gone stays gone; a store that is away comes back.
fn unreadable(e: &Error, item: &Media) -> Failure {
    match e {
        Error::NotFound(_) => missing("media.failure.missing", &item.name),
        Error::TooLarge(_) => Failure::rejected(text(&Message::new("media.error.not_a_picture"))),
        e => Failure::unavailable(e.to_string()),
    }
}

fn missing(key: &'static str, name: &str) -> Failure {
    Failure::rejected(text(&Message::new(key).with("name", name)))
}
