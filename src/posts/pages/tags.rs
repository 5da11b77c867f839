//! `/settings/tags`: the coloured labels of posts.

use poem::{handler, web::Path};
use serde::Serialize;

use crate::{
    app::App,
    error::{Error, FieldError, Message, Result},
    kit::TagId,
    orgs::{Caller, check},
    posts::{
        model::{Tag, TagUse},
        tag,
        words::say,
    },
    render::{FieldText, View},
    web::{self, Flash, Form, Frame, Peer},
};

const PLACE: &str = "/settings/tags";

/// The page.
#[derive(Debug, Serialize)]
struct Tags {
    tags: Vec<Row>,
    name: String,
    colour: String,
    palette: Vec<Swatch>,
    errors: Vec<FieldText>,
}

impl View for Tags {
    const TEMPLATE: &'static str = "posts/tags.html";

    fn title(&self) -> Message {
        "tags.title".into()
    }
}

#[derive(Debug, Serialize)]
struct Row {
    id: TagId,
    name: String,
    tone: &'static str,
    posts: i64,
}

#[derive(Debug, Serialize)]
struct Swatch {
    value: &'static str,
    label: String,
}

fn palette() -> Vec<Swatch> {
    tag::PALETTE.iter().map(|&(word, _)| Swatch { value: word, label: label(word) }).collect()
}

fn label(word: &str) -> String {
    say(match word {
        "red" => "tags.red",
        "orange" => "tags.orange",
        "yellow" => "tags.yellow",
        "green" => "tags.green",
        "teal" => "tags.teal",
        "blue" => "tags.blue",
        "purple" => "tags.purple",
        "pink" => "tags.pink",
        _ => "tags.grey",
    })
}

async fn page(app: &App, caller: &Caller, form: &Form, errors: &[FieldError]) -> Result<Tags> {
    let row = |t: TagUse| Row { id: t.id, tone: tag::tone(&t.colour), name: t.name, posts: t.posts };
    let tags: Vec<Row> = Tag::uses(&app.db, caller.org).await?.into_iter().map(row).collect();
    // The next one has another colour than the last.
    let next = tag::PALETTE[(tags.len() + 6) % tag::PALETTE.len()].0;
    let colour = tag::colour(form.get("colour")).unwrap_or_else(|| next.to_owned());
    Ok(Tags { tags, name: form.get("name").to_owned(), colour, palette: palette(), errors: FieldText::list(errors) })
}

fn id(given: &str) -> Result<TagId> {
    given.parse().map_err(|_| Error::NotFound("tag"))
}

fn back(key: &'static str, peer: &Peer) -> poem::Response {
    Flash::ok(key).into_response(web::redirect(PLACE), peer)
}

/// Name and colour of a form.
fn read(form: &Form) -> Result<(String, String)> {
    let mut wrong = Vec::new();
    let name = check::name("name", form.get("name")).map_err(|e| wrong.push(e)).ok();
    let colour = tag::colour(form.get("colour"));
    if colour.is_none() {
        wrong.push(FieldError::new("colour", "tags.colour_unknown"));
    }
    name.zip(colour).ok_or(Error::Invalid(wrong))
}

/// All of them.
#[handler]
pub async fn index(app: App, caller: Caller, frame: Frame) -> web::Result {
    Ok(frame.page(&page(&app, &caller, &Form::default(), &[]).await?)?)
}

/// Adds one.
#[handler]
pub async fn create(app: App, caller: Caller, frame: Frame, peer: Peer, form: Form) -> web::Result {
    match add(&app, &caller, &form).await {
        Ok(()) => Ok(back("tags.added", &peer)),
        Err(Error::Invalid(errors)) => Ok(frame.invalid(&page(&app, &caller, &form, &errors).await?)?),
        Err(e) => Err(e.into()),
    }
}

async fn add(app: &App, caller: &Caller, form: &Form) -> Result<()> {
    let (name, colour) = read(form)?;
    let mut tx = app.db.begin().await?;
    Tag::add(&mut tx, caller.org, (&name, &colour), app.clock.now()).await?;
    tx.commit().await
}

/// Gives one another name and colour.
#[handler]
pub async fn update(app: App, caller: Caller, frame: Frame, peer: Peer, Path(given): Path<String>, form: Form) -> web::Result {
    match change(&app, &caller, id(&given)?, &form).await {
        Ok(()) => Ok(back("tags.changed", &peer)),
        Err(Error::Invalid(mut errors)) => {
            // The list has fields of this kind for each.
            errors.iter_mut().for_each(|e| e.field = format!("{}-{given}", e.field));
            Ok(frame.invalid(&page(&app, &caller, &Form::default(), &errors).await?)?)
        }
        Err(e) => Err(e.into()),
    }
}

async fn change(app: &App, caller: &Caller, id: TagId, form: &Form) -> Result<()> {
    Tag::find(&app.db, caller.org, id).await?;
    let (name, colour) = read(form)?;
    let mut tx = app.db.begin().await?;
    Tag::change(&mut tx, caller.org, id, (&name, &colour)).await?;
    tx.commit().await
}

/// Removes one, until somebody takes that back; its posts stay.
#[handler]
pub async fn remove(app: App, caller: Caller, peer: Peer, Path(given): Path<String>) -> web::Result {
    let id = id(&given)?;
    let mut tx = app.db.begin().await?;
    Tag::remove(&mut tx, caller.org, id, app.clock.now()).await?;
    tx.commit().await?;
    let flash = Flash::ok("tags.removed").undo(format!("{PLACE}/{id}/restoration"), "post.undo");
    Ok(flash.into_response(web::redirect(PLACE), &peer))
}

/// Takes that back: the tag stands on its posts again.
#[handler]
pub async fn restore(app: App, caller: Caller, peer: Peer, Path(given): Path<String>) -> web::Result {
    let mut tx = app.db.begin().await?;
    match Tag::bring_back(&mut tx, caller.org, id(&given)?).await {
        Ok(()) => tx.commit().await?,
        Err(Error::Conflict(message)) => return Ok(Flash::error(message).into_response(web::redirect(PLACE), &peer)),
        Err(e) => return Err(e.into()),
    }
    Ok(back("tags.restored", &peer))
}
