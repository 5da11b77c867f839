//! The library's page, and what its forms and scripts do.

use std::time::Duration;

use poem::{
    Request, Response, handler,
    http::StatusCode,
    web::{Path, Query},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    app::App,
    error::{Error, FieldError, Message, Result},
    kit::{MediaId, OrgId},
    media::{Kind, Media, upload},
    orgs::Caller,
    render::{View, text},
    web::{
        self, Flash, Form, Frame, Peer, RequestId, Upload,
        problem::{self, size},
    },
};

/// Files on a page.
const PAGE: i64 = 60;
/// How long the rest of a refused upload is read and thrown away: a browser shows the answer only when it could send all.
const DRAIN: Duration = Duration::from_secs(20);

/// `templates/media/index.html`.
#[derive(Debug, Serialize)]
pub struct Library {
    items: Vec<Item>,
    total_text: String,
    next: Option<String>,
    errors: Vec<Wrong>,
    limits_text: String,
}

#[derive(Debug, Serialize)]
struct Item {
    id: MediaId,
    url: String,
    name: String,
    mime: String,
    width: Option<i64>,
    height: Option<i64>,
    duration_text: Option<String>,
    size_text: String,
    alt: String,
    used: i64,
}

#[derive(Debug, Serialize)]
struct Wrong {
    field: String,
    text: String,
}

impl View for Library {
    const TEMPLATE: &'static str = "media/index.html";

    fn title(&self) -> Message {
        "media.title".into()
    }
}

impl Library {
    async fn read(app: &App, org: OrgId, after: Option<MediaId>) -> Result<Self> {
        let mut media = Media::list(&app.db, org, after, PAGE + 1).await?;
        let more = media.len() as i64 > PAGE;
        media.truncate(PAGE as usize);
        let next = media.last().filter(|_| more).map(|last| format!("/media?after={}", last.id));
        let total = Media::total(&app.db, org).await?;
        let total_size = size(total.bytes.unsigned_abs());
        let limits = Message::new("media.limits").with("image", size(Kind::IMAGE_LIMIT)).with("video", size(Kind::VIDEO_LIMIT));
        Ok(Self {
            items: items(app, org, media).await?,
            total_text: text(&Message::new("media.total").with("count", total.count).with("size", total_size)),
            next,
            errors: vec![],
            limits_text: text(&limits),
        })
    }
}

async fn items(app: &App, org: OrgId, media: Vec<Media>) -> Result<Vec<Item>> {
    let ids: Vec<MediaId> = media.iter().map(|m| m.id).collect();
    let uses = if ids.is_empty() { vec![] } else { Media::uses(&app.db, org, &ids).await? };
    let used = |id: MediaId| uses.iter().find(|u| u.id == id).map_or(0, |u| u.posts);
    Ok(media.into_iter().map(|m| Item::new(&m, used(m.id))).collect())
}

impl Item {
    fn new(media: &Media, used: i64) -> Self {
        Self {
            id: media.id,
            url: media.path(),
            name: media.name.clone(),
            mime: media.mime.clone(),
            width: media.width,
            height: media.height,
            duration_text: media.duration_ms.map(clock_time),
            size_text: size(media.bytes.unsigned_abs()),
            alt: media.alt.clone(),
            used,
        }
    }
}

/// `0:42`, `1:02:03`; half a second counts as one.
fn clock_time(ms: i64) -> String {
    let seconds = (ms + 500) / 1_000;
    let (h, m, s) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

#[derive(Debug, Deserialize)]
pub struct After {
    /// The last file of the page before; one that is no id is no file.
    after: Option<String>,
}

/// The library, newest first.
#[handler]
pub async fn index(app: App, caller: Caller, frame: Frame, Query(page): Query<After>) -> web::Result {
    Ok(frame.page(&Library::read(&app, caller.org, page.after.and_then(|id| id.parse().ok())).await?)?)
}

/// Takes files in. A script, known by its token header or by what it accepts, gets the new item as JSON (a list when it
/// sent several) or a problem; a form gets the library.
#[handler]
pub async fn create(
    app: App,
    caller: web::Result<Caller>,
    files: web::Result<Upload>,
    frame: Frame,
    peer: Peer,
    req: &Request,
) -> web::Result {
    let script = req.header("x-csrf-token").is_some() || req.header("accept").is_some_and(|a| a.contains("application/json"));
    let (caller, files) = match (caller, files) {
        (Ok(caller), Ok(files)) => (caller, files),
        (Err(e), _) | (_, Err(e)) if script => return Ok(refused(problem::understand(e), req)),
        (Err(e), _) | (_, Err(e)) => return Err(e),
    };
    match (take_all(&app, &caller, files).await, script) {
        (Ok(media), true) => Ok(created(&media)),
        (Ok(media), false) => {
            let done = Flash::ok(Message::new("media.uploaded").with("count", media.len()));
            Ok(done.into_response(web::redirect("/media"), &peer))
        }
        (Err(e), true) => Ok(refused((problem::status(&e), e), req)),
        (Err(e), false) => {
            let (status, errors) = match e {
                Error::Invalid(fields) => (StatusCode::UNPROCESSABLE_ENTITY, wrong(&fields)),
                Error::TooLarge(limit) => {
                    let message = Message::new("media.error.too_large").with("limit", size(limit));
                    (StatusCode::PAYLOAD_TOO_LARGE, wrong(&[FieldError::new("file", message)]))
                }
                e => return Err(e.into()),
            };
            let library = Library::read(&app, caller.org, None).await?;
            Ok(frame.page_with(status, &Library { errors, ..library })?)
        }
    }
}

/// Every field `file`, one after the other; those before a refused one stay.
async fn take_all(app: &App, caller: &Caller, mut files: Upload) -> Result<Vec<Media>> {
    let taken = take_each(app, caller, &mut files).await;
    if taken.is_err() {
        let rest = async { while let Ok(Some(_)) = files.next().await {} };
        // What is still unread then is cut off.
        let _ = tokio::time::timeout(DRAIN, rest).await;
    }
    taken
}

async fn take_each(app: &App, caller: &Caller, files: &mut Upload) -> Result<Vec<Media>> {
    let mut taken = vec![];
    while let Some(field) = files.next().await? {
        let name = field.file_name().unwrap_or_default().to_owned();
        // A browser sends an empty field when no file was chosen.
        if field.name() != Some("file")
            || (name.is_empty() && field.content_type().is_some_and(|t| t == "application/octet-stream"))
        {
            continue;
        }
        taken.push(upload(app, caller, &name, Box::pin(field.into_async_read())).await?);
    }
    if taken.is_empty() { Err(Error::invalid("file", "media.error.none")) } else { Ok(taken) }
}

fn created(media: &[Media]) -> Response {
    let json = |m: &Media| {
        json!({
            "id": m.id, "name": m.name, "url": m.path(), "mime": m.mime, "width": m.width, "height": m.height, "alt": m.alt,
        })
    };
    let body = match media {
        [one] => json(one),
        several => several.iter().map(json).collect(),
    };
    Response::builder().status(StatusCode::CREATED).content_type("application/json").body(body.to_string())
}

fn refused((status, e): (StatusCode, Error), req: &Request) -> Response {
    let id = RequestId::of(req);
    problem::log(&e, req.method().as_str(), req.uri().path(), &id);
    problem::problem(status, &e, &id)
}

fn wrong(fields: &[FieldError]) -> Vec<Wrong> {
    fields.iter().map(|f| Wrong { field: f.field.clone(), text: text(&f.message) }).collect()
}

fn parse(id: &str) -> Result<MediaId> {
    id.parse().map_err(|_| Error::NotFound("media"))
}

/// Changes the alternative text.
#[handler]
pub async fn update(app: App, caller: Caller, frame: Frame, peer: Peer, Path(id): Path<String>, form: Form) -> web::Result {
    let id = parse(&id)?;
    let alt: String = form.get("alt").trim().chars().filter(|c| !c.is_control() || *c == '\n').collect();
    match set_alt(&app, &caller, id, &alt).await {
        Ok(()) => Ok(Flash::ok("media.saved").into_response(web::redirect("/media"), &peer)),
        Err(Error::Invalid(fields)) => {
            let mut library = Library::read(&app, caller.org, None).await?;
            let media = Media::find(&app.db, caller.org, id).await?;
            if library.items.iter().all(|item| item.id != id) {
                library.items.insert(0, items(&app, caller.org, vec![media]).await?.remove(0));
            }
            library.items.iter_mut().filter(|item| item.id == id).for_each(|item| item.alt.clone_from(&alt));
            library.errors = wrong(&fields).into_iter().map(|w| Wrong { field: format!("{}-{id}", w.field), ..w }).collect();
            Ok(frame.invalid(&library)?)
        }
        Err(e) => Err(e.into()),
    }
}

async fn set_alt(app: &App, caller: &Caller, id: MediaId, alt: &str) -> Result<()> {
    let mut tx = app.db.begin().await?;
    Media::set_alt(&mut tx, caller.org, id, alt).await?;
    Media::note(&mut tx, caller.org, ("media.described", id), caller.user, app.clock.now()).await?;
    tx.commit().await
}

/// Takes a file out of the library.
#[handler]
pub async fn destroy(app: App, caller: Caller, peer: Peer, Path(id): Path<String>) -> web::Result {
    let id = parse(&id)?;
    let media = Media::find(&app.db, caller.org, id).await?;
    let mut tx = app.db.begin().await?;
    Media::delete(&mut tx, caller.org, id, app.clock.now()).await?;
    Media::note(&mut tx, caller.org, ("media.deleted", id), caller.user, app.clock.now()).await?;
    tx.commit().await?;
    let done = Flash::ok(Message::new("media.deleted").with("name", media.name));
    Ok(done.undo(format!("/media/{id}/restoration"), "media.undo").into_response(web::redirect("/media"), &peer))
}

/// Puts it back.
#[handler]
pub async fn restore(app: App, caller: Caller, peer: Peer, Path(id): Path<String>) -> web::Result {
    let id = parse(&id)?;
    let mut tx = app.db.begin().await?;
    Media::restore(&mut tx, caller.org, id).await?;
    Media::note(&mut tx, caller.org, ("media.restored", id), caller.user, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Flash::ok("media.restored").into_response(web::redirect("/media"), &peer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_a_clock() {
        assert_eq!(clock_time(42_400), "0:42");
        assert_eq!(clock_time(3_723_000), "1:02:03");
        assert_eq!(clock_time(0), "0:00");
    }
}
