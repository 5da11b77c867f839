//! Drafts that are saved while one writes: what the composer's script sends, and the buttons of what was found again.

use std::time::Duration;

use poem::{
    IntoResponse as _, handler,
    web::{Json as Body, Path},
};
use serde_json::json;

use super::{typed::Typed, unsaved::first_words};
use crate::{
    app::App,
    error::{Error, Message, Result},
    kit::{DraftId, PostId, UserId},
    orgs::Caller,
    posts::{
        model::{self, NewAutosave, Pairs, Post, autosave},
        words::Reader,
    },
    render::text,
    web::{self, Flash, Form, Peer},
};

/// Fields of a form that are nothing of the draft.
const PASSING: [&str; 3] = ["csrf", "_method", "action"];
/// Most fields that are kept.
const MAX_FIELDS: usize = 5_000;
/// How often the script says that somebody is there.
const PULSE: Duration = Duration::from_secs(30);

/// Keeps what was typed. Answers `{draft, said, others, stale, pulse}`: the draft's id, when it was kept in words, who else has
/// the post open, what somebody saved meanwhile. A form without words and without a draft is not kept; one with `presence`
/// only says that somebody is there.
#[handler]
pub async fn keep(app: App, caller: Caller, form: Form) -> web::Result {
    let user = caller.person()?;
    let post: Option<PostId> = match form.get("post") {
        "" => None,
        id => Some(id.parse().map_err(|_| Error::NotFound("post"))?),
    };
    if let Some(post) = post {
        Post::find(&app.db, caller.org, post).await?;
    }
    let pairs: Pairs = form.0.iter().filter(|(name, _)| !PASSING.contains(&name.as_str()) && name != "post").cloned().collect();
    if pairs.len() > MAX_FIELDS {
        return Err(Error::invalid("", "compose.too_many_fields").into());
    }
    let typed = Typed::parse(pairs);
    let draft = if form.get("presence").is_empty() { write(&app, (&caller, user), post, &typed).await? } else { typed.draft };
    if let Some(post) = post {
        let mut tx = app.db.begin().await?;
        autosave::arrive(&mut tx, (caller.org, user), post, app.clock.now()).await?;
        tx.commit().await?;
    }
    let reader = Reader { now: app.clock.now(), zone: caller.zone };
    let said = draft.map(|_| text(&Message::new("autosave.saved").with("time", reader.time(reader.now))));
    let others = match post {
        Some(post) => others(&app, (&caller, user), post).await?,
        None => None,
    };
    let stale = match (post, typed.version) {
        (Some(post), Some(seen)) => stale(&app, &caller, post, seen).await?,
        _ => None,
    };
    let answer = json!({"draft": draft, "said": said, "others": others, "stale": stale, "pulse": PULSE.as_secs()});
    Ok(Body(answer).into_response())
}

async fn write(app: &App, (caller, user): (&Caller, UserId), post: Option<PostId>, typed: &Typed) -> Result<Option<DraftId>> {
    if typed.draft.is_none() && typed.is_blank() {
        return Ok(None);
    }
    let draft = typed.draft.unwrap_or_else(DraftId::new);
    let words = first_words(typed);
    let new = NewAutosave { draft, post, version: typed.version, form: &typed.pairs, words: &words };
    let mut tx = app.db.begin().await?;
    autosave::keep(&mut tx, (caller.org, user), &new, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Some(draft))
}

/// Who else has the post open, in words.
pub async fn others(app: &App, (caller, user): (&Caller, UserId), post: PostId) -> Result<Option<String>> {
    let names = autosave::others(&app.db, (caller.org, user), post, app.clock.now()).await?;
    Ok((!names.is_empty()).then(|| text(&Message::new("autosave.others").with("names", names.join(", ")))))
}

/// That there is a newer version than the one that was before the writer's eyes, in words.
async fn stale(app: &App, caller: &Caller, post: PostId, seen: i64) -> Result<Option<String>> {
    let (newest, _) = model::latest_version(&app.db, caller.org, post).await?;
    if newest <= seen {
        return Ok(None);
    }
    let saving = model::saving(&app.db, caller.org, post, newest).await?;
    let reader = Reader { now: app.clock.now(), zone: caller.zone };
    let message = match saving.author {
        Some(name) => Message::new("autosave.stale").with("name", name),
        None => Message::new("autosave.stale_script"),
    };
    Ok(Some(text(&message.with("when", reader.short(saving.created_at)))))
}

fn id(given: &str) -> Result<DraftId> {
    given.parse().map_err(|_| Error::NotFound("draft"))
}

/// The person wants none of it.
#[handler]
pub async fn discard(app: App, caller: Caller, peer: Peer, Path(given): Path<String>) -> web::Result {
    let (draft, user) = (id(&given)?, caller.person()?);
    let mut tx = app.db.begin().await?;
    let kept = autosave::draft(&mut tx, (caller.org, user), draft).await?;
    autosave::settle(&mut tx, (caller.org, user), draft, None, app.clock.now()).await?;
    tx.commit().await?;
    let back = kept.post_id.map_or_else(|| "/posts/new".to_owned(), |post| format!("/posts/{post}/edit"));
    let flash = Flash::ok("autosave.discarded").undo(format!("/posts/drafts/{draft}/restoration"), "post.undo");
    Ok(flash.into_response(web::redirect(&back), &peer))
}

/// Takes that back, and goes on with it.
#[handler]
pub async fn reopen(app: App, caller: Caller, Path(given): Path<String>) -> web::Result {
    let (draft, user) = (id(&given)?, caller.person()?);
    let mut tx = app.db.begin().await?;
    let kept = autosave::draft(&mut tx, (caller.org, user), draft).await?;
    autosave::reopen(&mut tx, (caller.org, user), draft).await?;
    tx.commit().await?;
    let place = kept.post_id.map_or_else(|| "/posts/new".to_owned(), |post| format!("/posts/{post}/edit"));
    Ok(web::redirect(&format!("{place}?draft={draft}")))
}
