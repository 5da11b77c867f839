//! The buttons of a post's page. Each does one thing and leads back; who comes too late is told so.

use chrono::{DateTime, Utc};
use poem::{Response, handler, web::Path};
use url::Url;

use super::{
    id,
    show::Show,
    toast::{Asker, page_of, undo},
};
use crate::{
    app::App,
    db::Tx,
    delivery::{self, Resolution},
    error::{Error, FieldError, Message, Result},
    events::{self, Event},
    kit::{PartId, PostId, TargetId},
    orgs::Caller,
    posts::{
        model::{self, Post},
        review,
        sendable::unsendable,
    },
    web::{self, Flash, Form, Frame, Peer},
};

/// Withdraws a target.
#[handler]
pub async fn cancel(app: App, caller: Caller, peer: Peer, Path((post, target)): Path<(String, String)>) -> web::Result {
    let place = Place::find(&app, &caller, &post, &target).await?;
    let mut tx = app.db.begin().await?;
    let done = delivery::cancel(&mut tx, caller.org, place.target, caller.user, app.clock.now()).await;
    let undo = format!("/posts/{}/targets/{}/restoration", place.post, place.target);
    Ok(place.back(finish(tx, done).await, Flash::ok("post.cancelled").undo(undo, "post.undo"), &peer)?)
}

/// Takes a withdrawal back.
#[handler]
pub async fn restore(app: App, caller: Caller, peer: Peer, Path((post, target)): Path<(String, String)>) -> web::Result {
    let place = Place::find(&app, &caller, &post, &target).await?;
    let mut tx = app.db.begin().await?;
    let done = match review::admit(&mut tx, caller.org, place.target).await {
        Ok(()) => delivery::restore(&mut tx, caller.org, place.target, caller.user, app.clock.now()).await,
        refused => refused,
    };
    Ok(place.back(finish(tx, done).await, Flash::ok("post.restored"), &peer)?)
}

/// Tries what failed again.
#[handler]
pub async fn retry(app: App, caller: Caller, peer: Peer, Path((post, target)): Path<(String, String)>) -> web::Result {
    let place = Place::find(&app, &caller, &post, &target).await?;
    let mut tx = app.db.begin().await?;
    let done = delivery::retry(&mut tx, caller.org, place.target, caller.user, app.clock.now()).await;
    Ok(place.back(finish(tx, done).await, Flash::ok("post.retried"), &peer)?)
}

/// Has a target deleted at its platform, after a moment in which that can be taken back.
#[handler]
pub async fn take_down(app: App, caller: Caller, peer: Peer, Path((post, target)): Path<(String, String)>) -> web::Result {
    let place = Place::find(&app, &caller, &post, &target).await?;
    let mut tx = app.db.begin().await?;
    let done = delivery::take_down(&mut tx, caller.org, place.target, caller.user, app.clock.now()).await;
    match finish(tx, done).await {
        // The page says so for as long as it is true, and a message would stay longer.
        Ok(()) => Ok(web::redirect(&page_of(place.post))),
        Err(Error::Conflict(message)) => Ok(Flash::error(message).into_response(web::redirect(&page_of(place.post)), &peer)),
        Err(e) => Err(e.into()),
    }
}

/// Takes that back.
#[handler]
pub async fn leave_live(app: App, caller: Caller, peer: Peer, Path((post, target)): Path<(String, String)>) -> web::Result {
    let place = Place::find(&app, &caller, &post, &target).await?;
    let mut tx = app.db.begin().await?;
    let done = delivery::leave_live(&mut tx, caller.org, place.target, caller.user, app.clock.now()).await;
    Ok(place.back(finish(tx, done).await, Flash::ok("post.left_live"), &peer)?)
}

/// Asks the platform what it counts at a target now.
#[handler]
pub async fn read_numbers(app: App, caller: Caller, peer: Peer, Path((post, target)): Path<(String, String)>) -> web::Result {
    let place = Place::find(&app, &caller, &post, &target).await?;
    let read = match delivery::read_numbers(&app, caller.org, place.target).await {
        Err(Error::Provider(failure)) => Err(Error::Conflict(Message::new("post.numbers_failed").with("words", failure.message))),
        read => read,
    };
    Ok(place.back(read, Flash::ok("post.numbers_read"), &peer)?)
}

/// Sends a target at once, when nothing keeps it from going out.
#[handler]
pub async fn publish_now(
    app: App,
    caller: Caller,
    frame: Frame,
    peer: Peer,
    Path((post, target)): Path<(String, String)>,
) -> web::Result {
    let place = Place::find(&app, &caller, &post, &target).await?;
    let problems = unsendable(&app, caller.org, place.target).await?;
    if !problems.is_empty() {
        let errors: Vec<FieldError> = problems.into_iter().map(|p| FieldError::new("", p.message)).collect();
        return Ok(frame.invalid(&Show::read(&app, &caller, place.post, &errors).await?)?);
    }
    let mut tx = app.db.begin().await?;
    let done = match review::admit(&mut tx, caller.org, place.target).await {
        Ok(()) => delivery::publish_now(&mut tx, caller.org, place.target, caller.user, app.clock.now()).await,
        refused => refused,
    };
    Ok(place.back(finish(tx, done).await, Flash::ok("post.sent_now"), &peer)?)
}

/// A person's answer to what nobody else can know.
#[handler]
pub async fn resolve(
    app: App,
    caller: Caller,
    frame: Frame,
    sent: Sent,
    Path((post, target, part)): Path<(String, String, String)>,
) -> web::Result {
    let place = Place::find(&app, &caller, &post, &target).await?;
    let part: PartId = id(&part)?;
    if delivery::find_part(&app.db, caller.org, part).await?.target_id != place.target {
        return Err(Error::NotFound("post").into());
    }
    let answer = match answer(&sent.form) {
        Ok(answer) => answer,
        Err(error) => return Ok(frame.invalid(&Show::read(&app, &caller, place.post, &[error]).await?)?),
    };
    let mut tx = app.db.begin().await?;
    let done = delivery::resolve(&mut tx, caller.org, part, &answer, (caller.user, app.clock.now())).await;
    Ok(place.back(finish(tx, done).await, Flash::ok("post.resolved"), &sent.peer)?)
}

fn answer(form: &Form) -> Result<Resolution, FieldError> {
    let url = form.get("url").trim();
    match form.get("answer") {
        "resend" => Ok(Resolution::Resend),
        "drop" => Ok(Resolution::Drop),
        "live" if url.is_empty() => Ok(Resolution::Live { url: None }),
        "live" => {
            let web = Url::parse(url).ok().filter(|u| matches!(u.scheme(), "http" | "https") && url.len() <= 2_000);
            web.map(|u| Resolution::Live { url: Some(u.into()) }).ok_or_else(|| FieldError::new("url", "field.url"))
        }
        _ => Err(FieldError::new("answer", "post.answer_missing")),
    }
}

/// Deletes a post: nothing of it goes out any more; what is live stays live.
#[handler]
pub async fn remove(app: App, caller: Caller, asker: Asker, Path(post): Path<String>) -> web::Result {
    let post: PostId = id(&post)?;
    Post::find(&app.db, caller.org, post).await?;
    let mut tx = app.db.begin().await?;
    crate::posts::remove(&mut tx, &caller, post, app.clock.now()).await?;
    tx.commit().await?;
    let back = asker.back("");
    let path = format!("/posts/{post}/restoration");
    let taken_back = if back.is_empty() { path } else { undo(&path, &[], &back) };
    asker.done(Flash::ok("post.deleted").undo(taken_back, "post.undo"), "/posts")
}

/// Brings a deleted post back as it stood.
#[handler]
pub async fn bring_back(app: App, caller: Caller, asker: Asker, Path(post): Path<String>) -> web::Result {
    let post: PostId = id(&post)?;
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    if let Some(deleted) = model::lock(&mut tx, caller.org, post).await? {
        model::set_deleted(&mut tx, caller.org, post, None).await?;
        delivery::bring_back(&mut tx, caller.org, post, deleted, (caller.user, now)).await?;
        note(&mut tx, &caller, post, "post.brought_back", now).await?;
        tx.commit().await?;
    }
    asker.done(Flash::ok("post.brought_back"), &page_of(post))
}

async fn note(tx: &mut Tx, caller: &Caller, post: PostId, kind: &'static str, now: DateTime<Utc>) -> Result<()> {
    let event = Event { kind, post: Some(post), user: caller.user, ..Event::default() };
    events::record(tx, caller.org, event, now).await
}

/// A form and who sent it.
pub struct Sent {
    /// The form.
    pub form: Form,
    /// Who.
    pub peer: Peer,
}

impl<'a> poem::FromRequest<'a> for Sent {
    async fn from_request(req: &'a poem::Request, body: &mut poem::RequestBody) -> poem::Result<Self> {
        Ok(Self { form: Form::from_request(req, body).await?, peer: Peer::from_request(req, body).await? })
    }
}

/// The target a path names.
struct Place {
    post: PostId,
    target: TargetId,
}

impl Place {
    /// [`Error::NotFound`] also when the target is of another post.
    async fn find(app: &App, caller: &Caller, post: &str, target: &str) -> Result<Self> {
        let place = Self { post: id(post)?, target: id(target)? };
        let found = delivery::find_target(&app.db, caller.org, place.target).await?;
        if found.post_id == place.post { Ok(place) } else { Err(Error::NotFound("post")) }
    }

    /// Back to the post, saying what was done or that the engine was faster.
    fn back(&self, done: Result<()>, flash: Flash, peer: &Peer) -> Result<Response> {
        let flash = match done {
            Ok(()) => flash,
            Err(Error::Conflict(message)) => Flash::error(message),
            Err(e) => return Err(e),
        };
        Ok(flash.into_response(web::redirect(&format!("/posts/{}", self.post)), peer))
    }
}

/// Commits what was done; a refusal changes nothing.
async fn finish(tx: Tx, done: Result<()>) -> Result<()> {
    done?;
    tx.commit().await
}
