//! Which library item somebody means who names it by address or id, as callers of the REST API do.

use std::{io::Cursor, sync::Arc};

use url::Url;

use super::{
    FILES,
    kind::Kind,
    model::Media,
    name,
    upload::{Also, Incoming, take_in},
};
use crate::{
    app::App,
    error::{Error, FailureKind, Message, Result},
    kit::{MediaId, OrgId, UserId},
    web::problem::size,
};

/// Most bytes of a file that is fetched from an address: what is held in memory at once.
const FETCH_LIMIT: u64 = Kind::IMAGE_LIMIT;

/// How a caller names an item.
#[derive(Debug, Clone, Copy, Default)]
pub struct MediaInput<'a> {
    /// Its id.
    pub id: Option<&'a str>,
    /// Its address: one of ours, absolute or from `/`, or a foreign one.
    pub path: Option<&'a str>,
}

/// The item that `input` means: by an address of ours first, then by id. A foreign https address becomes a new item.
/// What means nothing is refused naming `field`.
pub async fn resolve(app: &App, org: OrgId, input: MediaInput<'_>, field: &str) -> Result<Media> {
    let path = input.path.map(str::trim).filter(|p| !p.is_empty());
    let ours = path.and_then(|p| stored_at(app, p));
    if let Some(file) = &ours
        && let Some(media) = known(Media::at(&app.db, org, file).await)?
    {
        return Ok(media);
    }
    if let Some(id) = input.id.and_then(|id| id.trim().parse::<MediaId>().ok())
        && let Some(media) = known(Media::find(&app.db, org, id).await)?
    {
        return Ok(media);
    }
    match path {
        Some(url) if ours.is_none() && is_absolute(url) => import(app, org, url, field).await,
        Some(_) => Err(Error::invalid(field, "media.error.unknown_path")),
        None if input.id.is_some() => Err(Error::invalid(field, "media.error.unknown_id")),
        None => Err(Error::invalid(field, "media.error.unnamed")),
    }
}

/// Adds the file at a foreign address to the library, under the name in the address. At most 10 MiB; only addresses
/// that this instance may call. Every failure names `field`.
pub async fn import(app: &App, org: OrgId, url: &str, field: &str) -> Result<Media> {
    import_also(app, (org, None), (url, field), None).await
}

/// The same, with something else in the transaction that adds it.
pub(super) async fn import_also(
    app: &App,
    (org, user): (OrgId, Option<UserId>),
    (url, field): (&str, &str),
    also: Option<Arc<dyn Also>>,
) -> Result<Media> {
    let refused = |detail: &str| Error::invalid(field, Message::new("media.error.fetch").with("detail", detail));
    let parsed = Url::parse(url).map_err(|e| refused(&e.to_string()))?;
    let limit = usize::try_from(FETCH_LIMIT).expect("ten MiB fit everywhere");
    let reply = app.http.fetch(url).max_reply(limit).send().await.map_err(|e| match e.kind {
        // The only thing that a complete exchange without a reply can mean.
        FailureKind::Unexpected => {
            Error::invalid(field, Message::new("media.error.fetch_large").with("limit", size(FETCH_LIMIT)))
        }
        _ => refused(&e.message),
    })?;
    if !reply.is_success() {
        return Err(refused(&reply.failure(app.clock.now()).message));
    }
    let name = name::of_url(&parsed);
    take_in(app, &Incoming { org, user, name: &name, field, also }, Cursor::new(reply.body)).await
}

/// The place in the store that an address of ours names.
fn stored_at(app: &App, address: &str) -> Option<String> {
    if let Some(file) = address.strip_prefix(FILES) {
        return Some(file.to_owned());
    }
    if let Some(path) = address.strip_prefix(&*app.url) {
        return path.strip_prefix(FILES).map(str::to_owned);
    }
    let url = Url::parse(address).ok().filter(|u| matches!(u.scheme(), "http" | "https"))?;
    let host = url.port().map_or_else(|| url.host_str().map(str::to_owned), |p| url.host_str().map(|h| format!("{h}:{p}")))?;
    let known = app.hosts().iter().any(|h| h.eq_ignore_ascii_case(&host));
    url.path().strip_prefix(FILES).filter(|_| known).map(str::to_owned)
}

fn is_absolute(address: &str) -> bool {
    Url::parse(address).is_ok_and(|u| matches!(u.scheme(), "http" | "https"))
}

fn known(found: Result<Media>) -> Result<Option<Media>> {
    match found {
        Ok(media) => Ok(Some(media)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(e) => Err(e),
    }
}
