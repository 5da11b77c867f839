//! `/settings/sets`: whole composers to begin posts from. They are made and changed in the composer itself.

use poem::{handler, web::Path};
use serde::Serialize;

use super::{typed::Typed, unsaved::first_words};
use crate::{
    app::App,
    error::{Error, FieldError, Message, Result},
    kit::SetId,
    orgs::{Caller, check},
    posts::{
        model::{Pairs, Set, SetRow, autosave},
        words::Reader,
    },
    render::{FieldText, View},
    web::{self, Flash, Form, Frame, Peer},
};

/// Fields of a composer that are of one post only.
const PASSING: [&str; 10] =
    ["csrf", "_method", "action", "version", "target", "draft", "set", "set_name", "date", "allow_duplicate"];

/// The page.
#[derive(Debug, Serialize)]
struct Sets {
    sets: Vec<Row>,
    errors: Vec<FieldText>,
}

impl View for Sets {
    const TEMPLATE: &'static str = "posts/sets.html";

    fn title(&self) -> Message {
        "sets.title".into()
    }
}

#[derive(Debug, Serialize)]
struct Row {
    id: SetId,
    name: String,
    words: String,
    when: String,
}

/// Keeps what is in the composer as a set: the one that is changed, or a new one under the name that was given.
pub async fn keep(app: &App, caller: &Caller, typed: &Typed) -> Result<Flash> {
    let given = typed.pairs.iter().find(|(name, _)| name == "set_name").map_or("", |(_, value)| value.as_str());
    let name = check::name("set_name", given).map_err(|e| Error::Invalid(vec![e]))?;
    if typed.is_blank() && typed.channels.is_empty() {
        return Err(Error::invalid("set_name", "sets.empty"));
    }
    // A part of a post is no part of the next one.
    let passing = |name: &str| PASSING.contains(&name) || name.ends_with("][id]");
    let form: Pairs = typed.pairs.iter().filter(|(name, _)| !passing(name)).cloned().collect();
    let (words, now) = (first_words(typed), app.clock.now());
    let mut tx = app.db.begin().await?;
    match typed.set {
        Some(id) => {
            Set::change(&mut tx, (caller.org, id), (&name, &form, &words), now).await?;
            if let (Some(user), Some(draft)) = (caller.user, typed.draft) {
                autosave::settle(&mut tx, (caller.org, user), draft, None, now).await?;
            }
        }
        None => drop(Set::add(&mut tx, caller.org, (&name, &form, &words), now).await?),
    }
    tx.commit().await?;
    Ok(Flash::ok(Message::new("sets.saved").with("name", name)))
}

fn id(given: &str) -> Result<SetId> {
    given.parse().map_err(|_| Error::NotFound("set"))
}

async fn page(app: &App, caller: &Caller, errors: &[FieldError]) -> Result<Sets> {
    let reader = Reader { now: app.clock.now(), zone: caller.zone };
    let row = |set: SetRow| Row { id: set.id, name: set.name, words: set.words, when: reader.short(set.updated_at) };
    let sets = Set::list(&app.db, caller.org).await?.into_iter().map(row).collect();
    Ok(Sets { sets, errors: FieldText::list(errors) })
}

/// All of them.
#[handler]
pub async fn index(app: App, caller: Caller, frame: Frame) -> web::Result {
    Ok(frame.page(&page(&app, &caller, &[]).await?)?)
}

/// Gives one another name.
#[handler]
pub async fn update(app: App, caller: Caller, frame: Frame, peer: Peer, Path(given): Path<String>, form: Form) -> web::Result {
    let id = id(&given)?;
    let name = match check::name(&format!("name-{given}"), form.get("name")) {
        Ok(name) => name,
        Err(wrong) => {
            Set::find(&app.db, caller.org, id).await?;
            return Ok(frame.invalid(&page(&app, &caller, &[wrong]).await?)?);
        }
    };
    let mut tx = app.db.begin().await?;
    Set::rename(&mut tx, caller.org, id, &name).await?;
    tx.commit().await?;
    Ok(Flash::ok("sets.renamed").into_response(web::redirect("/settings/sets"), &peer))
}

/// Deletes one, until somebody takes that back.
#[handler]
pub async fn remove(app: App, caller: Caller, peer: Peer, Path(given): Path<String>) -> web::Result {
    let id = id(&given)?;
    let mut tx = app.db.begin().await?;
    Set::set_deleted(&mut tx, caller.org, id, Some(app.clock.now())).await?;
    tx.commit().await?;
    let flash = Flash::ok("sets.removed").undo(format!("/settings/sets/{id}/restoration"), "post.undo");
    Ok(flash.into_response(web::redirect("/settings/sets"), &peer))
}

/// Takes that back.
#[handler]
pub async fn restore(app: App, caller: Caller, peer: Peer, Path(given): Path<String>) -> web::Result {
    let mut tx = app.db.begin().await?;
    Set::set_deleted(&mut tx, caller.org, id(&given)?, None).await?;
    tx.commit().await?;
    Ok(Flash::ok("sets.restored").into_response(web::redirect("/settings/sets"), &peer))
}
