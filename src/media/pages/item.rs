//! A file's own page: what it shows, its words, where it is used, and what is done with it.

use poem::{handler, web::Path};
use serde::Serialize;

use super::card::Card;
use crate::{
    app::App,
    db::Tx,
    error::{Error, FieldError, Message, Result},
    kit::{MediaId, PostId, text::Doc},
    media::{
        Filter, Focus, Media, Shape, Words,
        model::{MAX_ALT, Shown},
        tag::Tag,
    },
    orgs::Caller,
    render::{FieldText, Moment, View, lookup},
    web::{self, Flash, Form, Frame, Peer},
};

/// Posts that are named.
const POSTS: i64 = 20;
/// Pictures offered as a cover.
const COVERS: i64 = 12;
/// Characters of a post's text.
const EXCERPT: usize = 90;

/// `templates/media/show.html`.
#[derive(Debug, Serialize)]
pub struct Item {
    file: Card,
    /// Without what stays in sight.
    path: String,
    name: String,
    alt: String,
    tags: String,
    known_tags: Vec<String>,
    /// In percents, if one was set.
    focus: Option<Percents>,
    film: bool,
    /// It can be cut.
    still: bool,
    cover: Option<MediaId>,
    /// Pictures to choose a cover from.
    covers: Vec<Card>,
    posts: Vec<Usage>,
    created: Moment,
    errors: Vec<FieldText>,
    most_alt: usize,
}

#[derive(Debug, Serialize)]
struct Percents {
    x: i64,
    y: i64,
}

#[derive(Debug, Serialize)]
struct Usage {
    id: PostId,
    text: String,
    state: String,
    state_text: String,
    due: Option<Moment>,
    channel: String,
    provider: String,
}

impl View for Item {
    const TEMPLATE: &'static str = "media/show.html";

    fn title(&self) -> Message {
        Message::new("library.item_title").with("name", &self.name)
    }
}

impl Item {
    async fn read(app: &App, caller: &Caller, id: MediaId) -> Result<Self> {
        let media = Media::find(&app.db, caller.org, id).await?;
        let now = app.clock.now();
        let moment = |at| Moment::new(at, now, caller.zone);
        let posts = Media::posts(&app.db, caller.org, id, POSTS).await?;
        let pictures = Filter { kind: Some(Shape::Picture), ..Filter::default() };
        let covers = if media.is_video() { Media::list(&app.db, caller.org, &pictures, None, COVERS).await? } else { Vec::new() };
        let file = Card::list(app, caller.org, std::slice::from_ref(&media)).await?.remove(0);
        let known = Media::all_tags(&app.db, caller.org).await?;
        let percent = |share: f64| (share * 100.0).round() as i64;
        Ok(Self {
            path: media.path(),
            tags: file.tags().join(", "),
            file,
            known_tags: known.into_iter().map(|(_, name, _)| name).collect(),
            focus: media.focus().map(|focus| Percents { x: percent(focus.x), y: percent(focus.y) }),
            film: media.is_video(),
            still: !media.is_video() && media.mime != "image/gif",
            cover: media.cover_id,
            covers: Card::list(app, caller.org, &covers).await?,
            posts: posts.into_iter().map(|shown| usage(shown, moment)).collect(),
            created: moment(media.created_at),
            name: media.name,
            alt: media.alt,
            errors: Vec::new(),
            most_alt: MAX_ALT,
        })
    }
}

fn usage(shown: Shown, moment: impl Fn(chrono::DateTime<chrono::Utc>) -> Moment) -> Usage {
    let words = Doc::from_html(&shown.content).to_plain();
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text: String = line.chars().take(EXCERPT).collect();
    if text.len() < line.len() {
        text.push('…');
    }
    Usage {
        id: shown.post_id,
        text,
        state_text: lookup(&format!("state.{}", shown.state)).unwrap_or_else(|| shown.state.clone()),
        state: shown.state,
        due: shown.due_at.map(moment),
        channel: shown.channel,
        provider: shown.provider,
    }
}

fn parse(id: &str) -> Result<MediaId> {
    id.parse().map_err(|_| Error::NotFound("media"))
}

fn here(id: MediaId) -> poem::Response {
    web::redirect(&format!("/media/{id}"))
}

/// `GET /media/{id}`.
#[handler]
pub async fn show(app: App, caller: Caller, frame: Frame, Path(id): Path<String>) -> web::Result {
    Ok(frame.page(&Item::read(&app, &caller, parse(&id)?).await?)?)
}

/// `PUT /media/{id}`: name, alternative text, tags and focal point; a field that is not sent stays.
#[handler]
pub async fn update(app: App, caller: Caller, frame: Frame, peer: Peer, Path(id): Path<String>, form: Form) -> web::Result {
    let id = parse(&id)?;
    match save(&app, &caller, id, &form).await {
        Ok(()) => Ok(Flash::ok("media.saved").into_response(here(id), &peer)),
        Err(Error::Invalid(fields)) => Ok(frame.invalid(&again(&app, &caller, id, (&form, &fields)).await?)?),
        Err(e) => Err(e.into()),
    }
}

/// The last value of a field: a box stands after the hidden field that says what it means when it is empty.
fn sent<'a>(form: &'a Form, name: &'a str) -> Option<&'a str> {
    form.all(name).last()
}

async fn save(app: &App, caller: &Caller, id: MediaId, form: &Form) -> Result<()> {
    let tags = sent(form, "tags").map(|list| Tag::read_all([list], "tags")).transpose()?;
    let focus = sent(form, "focus").map(|on| focus(on, form)).transpose()?;
    let mut tx = app.db.begin().await?;
    Media::describe(&mut tx, caller.org, id, Words { name: sent(form, "name"), alt: sent(form, "alt") }).await?;
    if let Some(tags) = &tags {
        Media::set_tags(&mut tx, caller.org, id, tags).await?;
    }
    if let Some(focus) = focus {
        Media::set_focus(&mut tx, caller.org, id, focus).await?;
    }
    Media::note(&mut tx, caller.org, ("media.described", id), caller.user, app.clock.now()).await?;
    tx.commit().await
}

fn focus(on: &str, form: &Form) -> Result<Option<Focus>> {
    if on.is_empty() {
        return Ok(None);
    }
    let focus = Focus::of_percents(form.get("focus_x"), form.get("focus_y"));
    focus.map(Some).ok_or_else(|| Error::invalid("focus", "library.error.focus"))
}

/// The page with what was typed and what is wrong with it.
async fn again(app: &App, caller: &Caller, id: MediaId, (form, wrong): (&Form, &[FieldError])) -> Result<Item> {
    let mut item = Item::read(app, caller, id).await?;
    for (name, place) in [("name", &mut item.name), ("alt", &mut item.alt), ("tags", &mut item.tags)] {
        if let Some(typed) = sent(form, name) {
            typed.clone_into(place);
        }
    }
    item.errors = FieldText::list(wrong);
    Ok(item)
}

/// `POST /media/{id}/cover`: the picture `cover` of the library stands for the film from now on.
#[handler]
pub async fn choose_cover(app: App, caller: Caller, peer: Peer, Path(id): Path<String>, form: Form) -> web::Result {
    let id = parse(&id)?;
    let cover: Option<MediaId> = form.get("cover").parse().ok();
    let set = match cover {
        Some(cover) => set_cover(&app, &caller, id, Some(cover)).await,
        None => Media::find(&app.db, caller.org, id).await.and(Err(Error::invalid("cover", "library.error.no_cover"))),
    };
    match set {
        Ok(()) => Ok(Flash::ok("library.cover_set").into_response(here(id), &peer)),
        Err(e @ Error::Invalid(_)) => {
            Ok(Flash { text: web::problem::words(&e), ..Flash::error("library.error.no_cover") }.into_response(here(id), &peer))
        }
        Err(e) => Err(e.into()),
    }
}

/// `DELETE /media/{id}/cover`.
#[handler]
pub async fn remove_cover(app: App, caller: Caller, peer: Peer, Path(id): Path<String>) -> web::Result {
    let id = parse(&id)?;
    set_cover(&app, &caller, id, None).await?;
    Ok(Flash::ok("library.cover_gone").into_response(here(id), &peer))
}

async fn set_cover(app: &App, caller: &Caller, id: MediaId, cover: Option<MediaId>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    Media::set_cover(&mut tx, caller.org, id, cover).await?;
    Media::note(&mut tx, caller.org, ("media.described", id), caller.user, app.clock.now()).await?;
    tx.commit().await
}

/// `POST /media/{id}/replacement`: the picture `by`, made of this one, takes over its words and its place in the library.
#[handler]
pub async fn replace(app: App, caller: Caller, peer: Peer, Path(id): Path<String>, form: Form) -> web::Result {
    let id = parse(&id)?;
    let old = Media::find(&app.db, caller.org, id).await?;
    let by: MediaId = form.get("by").parse().map_err(|_| Error::invalid("by", "media.error.unknown_id"))?;
    let mut tx = app.db.begin().await?;
    let kept = take_over(&mut tx, &caller, (&old, by), app.clock.now()).await?;
    tx.commit().await?;
    let done = match kept {
        true => Flash::ok("library.replaced_kept"),
        false => Flash::ok("library.replaced").undo(format!("/media/{id}/restoration"), "media.undo"),
    };
    Ok(done.into_response(here(by), &peer))
}

/// Tells whether the old one stays, because a post that has not gone out shows it.
async fn take_over(
    tx: &mut Tx,
    caller: &Caller,
    (old, by): (&Media, MediaId),
    now: chrono::DateTime<chrono::Utc>,
) -> Result<bool> {
    let unknown = |e| if matches!(e, Error::NotFound(_)) { Error::invalid("by", "media.error.unknown_id") } else { e };
    let new = Media::find(&mut *tx, caller.org, by).await.map_err(unknown)?;
    if new.id == old.id || new.is_video() || old.is_video() {
        return Err(Error::invalid("by", "media.error.not_a_picture"));
    }
    let stem = old.name.rsplit_once('.').map_or(old.name.as_str(), |(stem, _)| stem);
    Media::describe(tx, caller.org, by, Words { name: Some(stem), alt: Some(&old.alt) }).await?;
    let tags = Media::tags(&mut *tx, caller.org, &[old.id]).await?.remove(&old.id).unwrap_or_default();
    let tags: Vec<Tag> = tags.iter().filter_map(|name| Tag::read(name)).collect();
    Media::set_tags(tx, caller.org, by, &tags).await?;
    Media::note(tx, caller.org, ("media.replaced", by), caller.user, now).await?;
    let kept = !Media::awaited(&mut *tx, caller.org, &[old.id]).await?.is_empty();
    if !kept {
        Media::delete(tx, caller.org, old.id, now).await?;
        Media::note(tx, caller.org, ("media.deleted", old.id), caller.user, now).await?;
    }
    Ok(kept)
}

/// `DELETE /media/{id}`: takes a file out of the library, unless a post waits for it.
#[handler]
pub async fn destroy(app: App, caller: Caller, peer: Peer, Path(id): Path<String>) -> web::Result {
    let id = parse(&id)?;
    let mut tx = app.db.begin().await?;
    let media = Media::find(&mut tx, caller.org, id).await?;
    if !Media::awaited(&mut tx, caller.org, &[id]).await?.is_empty() {
        return Ok(Flash::error("library.error.awaited").into_response(here(id), &peer));
    }
    Media::delete(&mut tx, caller.org, id, app.clock.now()).await?;
    Media::note(&mut tx, caller.org, ("media.deleted", id), caller.user, app.clock.now()).await?;
    tx.commit().await?;
    let done = Flash::ok(Message::new("media.deleted").with("name", media.name));
    Ok(done.undo(format!("/media/{id}/restoration"), "media.undo").into_response(web::redirect("/media"), &peer))
}

/// `POST /media/{id}/restoration`: puts it back.
#[handler]
pub async fn restore(app: App, caller: Caller, peer: Peer, Path(id): Path<String>) -> web::Result {
    let id = parse(&id)?;
    let mut tx = app.db.begin().await?;
    Media::restore(&mut tx, caller.org, id).await?;
    Media::note(&mut tx, caller.org, ("media.restored", id), caller.user, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Flash::ok("media.restored").into_response(here(id), &peer))
}
