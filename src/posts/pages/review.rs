//! The buttons below a post: handing it in, answering, saying something, giving it out by a link.

use poem::{Response, handler, web::Path};

use super::{actions::Sent, id, show::Show};
use crate::{
    app::App,
    error::{Error, FieldError, Result},
    kit::{PostId, ReviewId, Secret, ShareId},
    orgs::Caller,
    posts::{
        comment,
        model::{self, Post, Subject},
        review::{self, Answer, Decided, Voice},
        share::{self, Wanted},
    },
    web::{self, Flash, Form, Frame, Peer},
};

/// Hands the drafts of a post in.
#[handler]
pub async fn submit(app: App, caller: Caller, frame: Frame, peer: Peer, Path(post): Path<String>) -> web::Result {
    let post: PostId = id(&post)?;
    match review::submit(&app, &caller, post).await {
        Ok(Ok(())) => Ok(back(post, Flash::ok("review.submitted"), &peer)),
        Ok(Err(problems)) => {
            let errors: Vec<FieldError> = problems.into_iter().map(|p| FieldError::new("", p.message)).collect();
            Ok(frame.invalid(&Show::read(&app, &caller, post, &errors).await?)?)
        }
        Err(Error::Conflict(message)) => Ok(back(post, Flash::error(message), &peer)),
        Err(e) => Err(e.into()),
    }
}

/// Takes a post back that was handed in.
#[handler]
pub async fn withdraw(app: App, caller: Caller, peer: Peer, Path(post): Path<String>) -> web::Result {
    let post: PostId = id(&post)?;
    let done = review::withdraw(&app, &caller, post).await;
    Ok(told(post, done, Flash::ok("review.withdrawn").undo(format!("/posts/{post}/review"), "review.submit"), &peer)?)
}

/// Approves a post, or asks for changes: the field `answer` says which, and `review` what was looked at.
#[handler]
pub async fn answer(app: App, caller: Caller, frame: Frame, sent: Sent, Path(post): Path<String>) -> web::Result {
    let post: PostId = id(&post)?;
    Post::find(&app.db, caller.org, post).await?;
    let Sent { form, peer } = sent;
    let asked: ReviewId = id(form.get("review"))?;
    if model::review(&app.db, caller.org, asked).await?.post_id != post {
        return Err(Error::NotFound("review").into());
    }
    let answer = match form.get("answer") {
        "approve" => Answer::Approve,
        "changes" => Answer::Changes(form.get("note")),
        _ => {
            let unknown = [FieldError::new("answer", "review.answer_unknown")];
            return Ok(frame.invalid(&Show::read(&app, &caller, post, &unknown).await?)?);
        }
    };
    match review::answer(&app, caller.org, asked, Voice::Member(&caller), answer).await {
        Ok(decided) => Ok(back(post, said(decided), &peer)),
        Err(Error::Invalid(errors)) => Ok(frame.invalid(&Show::read(&app, &caller, post, &errors).await?)?),
        Err(Error::Conflict(message)) => Ok(back(post, Flash::error(message), &peer)),
        Err(e) => Err(e.into()),
    }
}

/// What came of an answer, in words.
pub fn said(decided: Decided) -> Flash {
    match decided {
        Decided::Approved => Flash::ok("review.done_approved"),
        Decided::TooLate => Flash::error("review.done_late"),
        Decided::OneMore => Flash::ok("review.done_one_more"),
        Decided::Changes => Flash::ok("review.done_changes"),
    }
}

/// Says something about a post.
#[handler]
pub async fn remark(app: App, caller: Caller, frame: Frame, sent: Sent, Path(post): Path<String>) -> web::Result {
    let post: PostId = id(&post)?;
    let Sent { form, peer } = sent;
    match comment::say(&app, &caller, post, form.get("body"), form.get("shared") == "true").await {
        Ok(_) => Ok(Flash::ok("comment.said").into_response(web::redirect(&format!("/posts/{post}#talk")), &peer)),
        Err(Error::Invalid(errors)) => {
            let mut view = Show::read(&app, &caller, post, &errors).await?;
            form.get("body").clone_into(&mut view.talk.typed);
            Ok(frame.invalid(&view)?)
        }
        Err(e) => Err(e.into()),
    }
}

/// Says that a comment is dealt with.
#[handler]
pub async fn resolve(app: App, caller: Caller, peer: Peer, Path((post, comment)): Path<(String, String)>) -> web::Result {
    let (post, comment) = (id(&post)?, id(&comment)?);
    comment::resolve(&app, &caller, (post, comment), true).await?;
    let undo = Flash::ok("comment.resolved_done").undo(format!("/posts/{post}/comments/{comment}/reopening"), "common.undo");
    Ok(undo.into_response(web::redirect(&format!("/posts/{post}#talk")), &peer))
}

/// Takes that back.
#[handler]
pub async fn reopen(app: App, caller: Caller, peer: Peer, Path((post, comment)): Path<(String, String)>) -> web::Result {
    let (post, comment) = (id(&post)?, id(&comment)?);
    comment::resolve(&app, &caller, (post, comment), false).await?;
    Ok(Flash::ok("comment.reopened").into_response(web::redirect(&format!("/posts/{post}#talk")), &peer))
}

/// Makes a link to a post. Answers with the page itself: a link in a redirect would have to travel in a cookie.
#[handler]
pub async fn give_out(app: App, caller: Caller, mut frame: Frame, sent: Sent, Path(post): Path<String>) -> web::Result {
    let post: PostId = id(&post)?;
    frame.path = format!("/posts/{post}");
    match share::create(&app, &caller, &wanted(Subject::Post(post), &sent.form)).await {
        Ok(token) => {
            let mut view = Show::read(&app, &caller, post, &[]).await?;
            view.talk.link = Some(app.link(&format!("/r/{}", token.expose())));
            Ok(frame.page(&view)?)
        }
        Err(Error::Invalid(errors)) => Ok(frame.invalid(&Show::read(&app, &caller, post, &errors).await?)?),
        Err(e) => Err(e.into()),
    }
}

/// A link as a form wants it.
pub fn wanted(subject: Subject, form: &Form) -> Wanted {
    Wanted {
        subject,
        decides: form.get("decides") == "true" || matches!(subject, Subject::Customer(_)),
        label: form.get("label").to_owned(),
        days: form.get("days").parse().unwrap_or_default(),
        pin: Secret::new(form.get("pin").trim()),
    }
}

/// Ends a link.
#[handler]
pub async fn revoke(app: App, caller: Caller, peer: Peer, Path((post, link)): Path<(String, String)>) -> web::Result {
    let (post, link): (PostId, ShareId) = (id(&post)?, id(&link)?);
    Post::find(&app.db, caller.org, post).await?;
    share::set_revoked(&app, &caller, (Subject::Post(post), link), true).await?;
    Ok(Flash::ok("share.revoked").into_response(web::redirect(&format!("/posts/{post}#shares")), &peer))
}

fn back(post: PostId, flash: Flash, peer: &Peer) -> Response {
    flash.into_response(web::redirect(&format!("/posts/{post}")), peer)
}

fn told(post: PostId, done: Result<()>, flash: Flash, peer: &Peer) -> Result<Response> {
    match done {
        Ok(()) => Ok(back(post, flash, peer)),
        Err(Error::Conflict(message)) => Ok(back(post, Flash::error(message), peer)),
        Err(e) => Err(e),
    }
}
