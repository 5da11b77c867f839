//! The buttons of the inbox. Each leads back to where it was pressed and says what was done, or who was faster.

use poem::{handler, web::Path};

use super::{back::Back, downtime::Downtime, id, index::Inbox};
use crate::{
    app::App,
    delivery::{self, Recognised, Resolution, candidates_of},
    error::{Error, FieldError, Message, Result},
    inbox::act::{Act, Done, perform_all},
    kit::{PartId, TargetId, text::web_address},
    orgs::Caller,
    render::text,
    web::{self, Flash, Form, Frame, Peer},
};

/// Most targets of one form: as many as a page shows, twice.
const MOST: usize = 200;
/// Longest address or id that a person pastes.
const LONGEST: usize = 2_000;

/// Does one thing with every target that was ticked.
#[handler]
pub async fn perform(app: App, caller: Caller, frame: Frame, form: Form, peer: Peer) -> web::Result {
    let back = Back::of(&form);
    let (act, ids) = match asked(&form) {
        Ok(asked) => asked,
        Err(error) => return again(&app, &caller, frame, back, error).await,
    };
    let done = perform_all(&app, &caller, act, &ids).await?;
    Ok(back.answer(told(act, &done), &peer))
}

async fn again(app: &App, caller: &Caller, frame: Frame, back: Back, error: FieldError) -> web::Result {
    if back.outage.is_empty() {
        return Ok(frame.invalid(&Inbox::read(app, caller, back, &[error]).await?)?);
    }
    Ok(frame.invalid(&Downtime::read(app, caller, back, &[error]).await?)?)
}

fn asked(form: &Form) -> Result<(Act, Vec<TargetId>), FieldError> {
    let act = Act::parse(form.get("act")).ok_or_else(|| FieldError::new("act", "inbox.unknown_act"))?;
    let ids: Vec<&str> = form.all("target").collect();
    if ids.is_empty() {
        return Err(FieldError::new("target", "inbox.nothing_ticked"));
    }
    if ids.len() > MOST {
        return Err(FieldError::new("target", Message::new("inbox.too_many").with("count", MOST)));
    }
    let ids = ids.into_iter().map(|id| id.parse().map_err(|_| FieldError::new("target", "inbox.no_post")));
    Ok((act, ids.collect::<Result<_, _>>()?))
}

fn told(act: Act, done: &Done) -> Flash {
    let count = done.done;
    if done.refused == 0 {
        return Flash::ok(
            Message::new(match act {
                Act::PublishNow => "inbox.done.publish_now",
                Act::Move => "inbox.done.move",
                Act::Retry => "inbox.done.retry",
                Act::Drop => "inbox.done.drop",
            })
            .with("count", count),
        );
    }
    let reason = done.reason.as_ref().map_or_else(|| text(&"inbox.no_post".into()), text);
    Flash::error(Message::new("inbox.done.partly").with("count", done.refused).with("done", count).with("reason", reason))
}

/// Looks for candidates on the platform again.
#[handler]
pub async fn look(app: App, caller: Caller, form: Form, peer: Peer, Path(part): Path<String>) -> web::Result {
    let (back, part): (_, PartId) = (Back::of(&form), id(&part)?);
    let flash = match delivery::look_for_candidates(&app, caller.org, part).await {
        Ok(found) if found.is_empty() => Flash::ok("inbox.looked_none"),
        Ok(found) => Flash::ok(Message::new("inbox.looked_some").with("count", found.len())),
        Err(Error::Conflict(message)) => Flash::error(message),
        Err(Error::Provider(failure)) => Flash::error(Message::new("inbox.look_failed").with("words", failure.message)),
        Err(Error::NotFound("channel")) => Flash::error("inbox.channel_gone"),
        Err(e) => return Err(e.into()),
    };
    Ok(back.answer_at(part, flash, &peer))
}

/// A person's answer to what nobody else can know.
#[handler]
pub async fn resolve(app: App, caller: Caller, frame: Frame, sent: Sent, Path(part): Path<String>) -> web::Result {
    let (back, part): (_, PartId) = (Back::of(&sent.form), id(&part)?);
    delivery::find_part(&app.db, caller.org, part).await?;
    let answer = match answer(&app, &caller, part, &sent.form).await? {
        Ok(answer) => answer,
        Err(error) => {
            let list = Back { outage: String::new(), ..back };
            let page = Inbox::read(&app, &caller, list, &[error]).await?.with_typed(part, sent.form.get("url"));
            return Ok(frame.invalid(&page)?);
        }
    };
    let mut tx = app.db.begin().await?;
    let done = delivery::resolve(&mut tx, caller.org, part, &answer, (caller.user, app.clock.now())).await;
    let flash = match done {
        Ok(()) => {
            tx.commit().await?;
            Flash::ok(match answer {
                Resolution::Linked(_) => "inbox.resolved_linked",
                Resolution::Live { .. } => "inbox.resolved_live",
                Resolution::Resend => "inbox.resolved_resend",
                Resolution::Drop => "inbox.resolved_drop",
            })
        }
        Err(Error::Conflict(message)) => Flash::error(message),
        Err(e) => return Err(e.into()),
    };
    Ok(back.answer(flash, &sent.peer))
}

/// What the form says; the inner error is the person's.
async fn answer(app: &App, caller: &Caller, part: PartId, form: &Form) -> Result<Result<Resolution, FieldError>> {
    let url = form.get("url").trim();
    Ok(match (form.get("answer"), form.get("candidate")) {
        ("resend", _) => Ok(Resolution::Resend),
        ("drop", _) => Ok(Resolution::Drop),
        (_, candidate) if !candidate.is_empty() => chosen(app, caller, part, candidate).await?,
        ("live", _) if url.is_empty() => Ok(Resolution::Live { url: None }),
        ("live", _) => named(app, caller, part, url).await?,
        _ => Err(FieldError::new(field("answer", part), "post.answer_missing")),
    })
}

fn field(name: &str, part: PartId) -> String {
    format!("{name}-{part}")
}

/// One of those that were found; a look since then may have found others.
async fn chosen(app: &App, caller: &Caller, part: PartId, remote: &str) -> Result<Result<Resolution, FieldError>> {
    let looked = candidates_of(&app.db, caller.org, &[part]).await?.remove(&part);
    let found = looked.and_then(|l| l.found.into_iter().find(|m| m.candidate.remote.id == remote));
    Ok(match found {
        Some(found) => Ok(Resolution::Linked(found.candidate.remote)),
        None => Err(FieldError::new(field("candidate", part), "inbox.candidate_gone")),
    })
}

/// What was pasted, confirmed by the platform where it can be asked.
async fn named(app: &App, caller: &Caller, part: PartId, words: &str) -> Result<Result<Resolution, FieldError>> {
    let wrong = |key: &'static str| Err(FieldError::new(field("url", part), key));
    if words.len() > LONGEST {
        return Ok(wrong("field.url"));
    }
    Ok(match delivery::recognise(app, caller.org, part, words).await {
        Ok(Recognised::Ours(remote)) => Ok(Resolution::Linked(remote)),
        Ok(Recognised::Nothing) => wrong("inbox.not_on_account"),
        Ok(Recognised::CannotTell) => match web_address(words) {
            Some(url) => Ok(Resolution::Live { url: Some(url) }),
            None => wrong("field.url"),
        },
        Err(Error::Provider(failure)) => {
            Err(FieldError::new(field("url", part), Message::new("inbox.look_failed").with("words", failure.message)))
        }
        Err(e) => return Err(e),
    })
}

/// A form and who sent it.
pub struct Sent {
    form: Form,
    peer: Peer,
}

impl<'a> poem::FromRequest<'a> for Sent {
    async fn from_request(req: &'a poem::Request, body: &mut poem::RequestBody) -> poem::Result<Self> {
        Ok(Self { form: Form::from_request(req, body).await?, peer: Peer::from_request(req, body).await? })
    }
}
