//! What is done with several files of the library at once, and how a deletion is taken back.

use chrono::{DateTime, Datelike as _};
use poem::{Response, handler, web::Path};

use crate::{
    app::App,
    db::Tx,
    error::{Error, FieldError, Message, Result},
    kit::MediaId,
    media::{Media, tag::Tag},
    orgs::Caller,
    render::text,
    web::{self, Flash, Form, Peer},
};

/// Files that are changed together at most.
const MOST: usize = 500;

/// `POST /media/bulk`: deletes files, or gives or takes a tag.
#[handler]
pub async fn change(app: App, caller: Caller, peer: Peer, form: Form) -> web::Result {
    let done = match chosen(&form) {
        Ok(ids) => act(&app, &caller, &ids, &form).await?,
        Err(Error::Invalid(wrong)) => told(wrong),
        Err(e) => return Err(e.into()),
    };
    Ok(done.into_response(back(&form), &peer))
}

fn chosen(form: &Form) -> Result<Vec<MediaId>> {
    let mut ids: Vec<MediaId> = form.all("id").filter_map(|id| id.parse().ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    match ids.len() {
        0 => Err(Error::invalid("id", "library.error.none_chosen")),
        n if n > MOST => Err(Error::invalid("id", Message::new("library.error.too_many").with("max", MOST))),
        _ => Ok(ids),
    }
}

async fn act(app: &App, caller: &Caller, ids: &[MediaId], form: &Form) -> Result<Flash> {
    let tag = || Tag::read_all([form.get("tag")], "tag").map(|tags| tags.into_iter().next());
    match form.get("action") {
        "delete" => remove(app, caller, ids).await,
        action @ ("tag" | "untag") => match tag() {
            Ok(Some(tag)) => label(app, caller, ids, (&tag, action == "tag")).await,
            Ok(None) => Ok(Flash::error("library.error.no_tag")),
            Err(Error::Invalid(wrong)) => Ok(told(wrong)),
            Err(e) => Err(e),
        },
        _ => Err(Error::invalid("action", "field.required")),
    }
}

/// The form is a bar below the list and has no room of its own for what is wrong.
fn told(wrong: Vec<FieldError>) -> Flash {
    let words: Vec<String> = wrong.iter().map(|w| text(&w.message)).collect();
    Flash { text: words.join(" "), ..Flash::error("library.error.none_chosen") }
}

/// Deletes what nothing waits for.
async fn remove(app: &App, caller: &Caller, ids: &[MediaId]) -> Result<Flash> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let awaited = Media::awaited(&mut tx, caller.org, ids).await?;
    let free: Vec<MediaId> = ids.iter().copied().filter(|id| !awaited.contains(id)).collect();
    let gone = Media::delete_all(&mut tx, caller.org, &free, now).await?;
    note(&mut tx, caller, ("media.deleted", &gone[..]), app).await?;
    tx.commit().await?;
    let kept = Message::new("library.kept").with("count", awaited.len());
    if gone.is_empty() {
        return Ok(if awaited.is_empty() { Flash::error("library.error.none_chosen") } else { Flash::error(kept) });
    }
    let mut done = Flash::ok(Message::new("library.deleted").with("count", gone.len()));
    if !awaited.is_empty() {
        done.text = format!("{} {}", done.text, text(&kept));
    }
    Ok(done.undo(format!("/media/restorations/{}", now.timestamp_micros()), "media.undo"))
}

async fn label(app: &App, caller: &Caller, ids: &[MediaId], (tag, on): (&Tag, bool)) -> Result<Flash> {
    let mut tx = app.db.begin().await?;
    if on {
        Media::add_tag(&mut tx, caller.org, ids, tag).await?;
    } else {
        Media::remove_tag(&mut tx, caller.org, ids, tag).await?;
    }
    tx.commit().await?;
    let key = if on { "library.tagged" } else { "library.untagged" };
    Ok(Flash::ok(Message::new(key).with("count", ids.len()).with("tag", &tag.name)))
}

async fn note(tx: &mut Tx, caller: &Caller, (kind, ids): (&'static str, &[MediaId]), app: &App) -> Result<()> {
    for id in ids {
        Media::note(tx, caller.org, (kind, *id), caller.user, app.clock.now()).await?;
    }
    Ok(())
}

/// `POST /media/restorations/{moment}`: puts back what was deleted together then, in microseconds since 1970.
#[handler]
pub async fn restore(app: App, caller: Caller, peer: Peer, Path(moment): Path<String>) -> web::Result {
    // Postgres keeps no times of other years.
    let at = moment.parse().ok().and_then(DateTime::from_timestamp_micros).filter(|at| (1970..=9999).contains(&at.year()));
    let at = at.ok_or(Error::NotFound("media"))?;
    let mut tx = app.db.begin().await?;
    let back = Media::restore_all(&mut tx, caller.org, at).await?;
    if back.is_empty() {
        return Err(Error::NotFound("media").into());
    }
    note(&mut tx, &caller, ("media.restored", &back[..]), &app).await?;
    tx.commit().await?;
    let done = Flash::ok(Message::new("library.restored").with("count", back.len()));
    Ok(done.into_response(web::redirect("/media"), &peer))
}

/// The page that the form was sent from, if it is the library.
fn back(form: &Form) -> Response {
    let from = form.get("back");
    let is_ours = (from == "/media" || from.starts_with("/media?")) && from.bytes().all(|b| b.is_ascii_graphic());
    web::redirect(if is_ours { from } else { "/media" })
}
