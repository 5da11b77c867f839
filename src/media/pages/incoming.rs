//! `POST /media`: files that people and scripts bring.

use std::time::Duration;

use poem::{Request, Response, handler, http::StatusCode};
use serde_json::json;

use super::library::Library;
use crate::{
    app::App,
    error::{Error, FieldError, Message, Result},
    media::{Filter, Media, upload},
    orgs::Caller,
    render::FieldText,
    web::{
        self, Flash, Frame, Peer, RequestId, Upload,
        problem::{self, size},
    },
};

/// How long the rest of a refused upload is read and thrown away: a browser shows the answer only when it could send all.
const DRAIN: Duration = Duration::from_secs(20);

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
                Error::Invalid(fields) => (StatusCode::UNPROCESSABLE_ENTITY, FieldText::list(&fields)),
                Error::TooLarge(limit) => {
                    let message = Message::new("media.error.too_large").with("limit", size(limit));
                    (StatusCode::PAYLOAD_TOO_LARGE, FieldText::list(&[FieldError::new("file", message)]))
                }
                e => return Err(e.into()),
            };
            let mut library = Library::read(&app, caller.org, (Filter::default(), None)).await?;
            library.errors = errors;
            Ok(frame.page_with(status, &library)?)
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
