//! Answering: an approval that suffices lets the post go out at its time; a wish for changes makes it a draft again.
//!
//! Everything that changes a post holds its row first, so an answer comes either before an edit, which then asks anew, or
//! after it, and is refused because the question is over.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::ask::excerpt;
use crate::{
    app::App,
    db::Tx,
    delivery::{self, Target, TargetState},
    error::{Error, Result},
    events::{self, Event},
    kit::{OrgId, ReviewId, TargetId, UserId},
    orgs::{Caller, ReviewPolicy, Source, model_review},
    posts::{
        comment, listing,
        model::{self, Review, Vote},
        recurrence,
    },
};

/// Whose answer it is.
#[derive(Debug, Clone, Copy)]
pub enum Voice<'a> {
    /// A member's, or a script's.
    Member(&'a Caller),
    /// A client's with this name, who came by a link.
    Guest(&'a str),
}

impl Voice<'_> {
    fn user(&self) -> Option<UserId> {
        match self {
            Self::Member(caller) => caller.user,
            Self::Guest(_) => None,
        }
    }

    fn guest(&self) -> Option<&str> {
        match self {
            Self::Member(_) => None,
            Self::Guest(name) => Some(name),
        }
    }
}

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// It may go out.
    Approve,
    /// Not like this; why.
    Changes(&'a str),
}

/// What came of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It goes out at its time.
    Approved,
    /// It is approved, but its time has come before: a person says when it goes out.
    TooLate,
    /// Another approval is needed.
    OneMore,
    /// It is a draft again.
    Changes,
}

/// Gives an answer. [`Error::Conflict`] when the question is over, because somebody has answered or the post was edited;
/// [`Error::Forbidden`] when this voice does not count.
pub async fn answer(app: &App, org: OrgId, id: ReviewId, voice: Voice<'_>, answer: Answer<'_>) -> Result<Decided> {
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    let decided = decide(&mut tx, org, id, (voice, answer), now).await?;
    tx.commit().await?;
    Ok(decided)
}

/// [`answer`] within a transaction.
pub async fn decide(
    tx: &mut Tx,
    org: OrgId,
    id: ReviewId,
    (voice, answer): (Voice<'_>, Answer<'_>),
    now: DateTime<Utc>,
) -> Result<Decided> {
    let asked = model::review(&mut *tx, org, id).await?;
    if model::lock(tx, org, asked.post_id).await?.is_some() {
        return Err(Error::NotFound("review"));
    }
    // Again, now that nothing about it changes any more.
    let review = model::review(&mut *tx, org, id).await?;
    if !review.is_open() {
        return Err(Error::conflict("review.over"));
    }
    require_voice(tx, &review, voice).await?;
    let decision = Decision { review: &review, voice, now };
    match answer {
        Answer::Approve => decision.approve(tx).await,
        Answer::Changes(why) => decision.send_back(tx, why).await,
    }
}

async fn require_voice(tx: &mut Tx, review: &Review, voice: Voice<'_>) -> Result<()> {
    let Voice::Member(caller) = voice else { return Ok(()) };
    let (role, reviewer) = match caller.user {
        Some(user) => model_review::standing(&mut *tx, review.org_id, user).await?.ok_or(Error::Unauthorized)?,
        // A key of the organisation speaks for nobody: it could approve what it wrote itself.
        None => return Err(Error::forbidden("review.nobody")),
    };
    let is_writer = review.writer.is_some() && review.writer == caller.user;
    match review.policy().may_approve(role, reviewer, is_writer) {
        true => Ok(()),
        false if is_writer && review.policy() == ReviewPolicy::Two => Err(Error::forbidden("review.own")),
        false => Err(Error::forbidden("review.not_yours")),
    }
}

/// How many different people have approved.
fn approvals(votes: &[Vote]) -> usize {
    let mut names: Vec<String> = votes
        .iter()
        .filter(|v| v.verdict == "approve")
        .map(|v| v.user_id.map_or_else(|| format!("guest {}", v.guest.as_deref().unwrap_or_default()), |id| id.to_string()))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

struct Decision<'a> {
    review: &'a Review,
    voice: Voice<'a>,
    now: DateTime<Utc>,
}

impl Decision<'_> {
    async fn approve(&self, tx: &mut Tx) -> Result<Decided> {
        let Review { id, org_id: org, post_id: post, .. } = *self.review;
        self.vote(tx, "approve").await?;
        if !self.review.policy().is_content_with(approvals(&model::votes(&mut *tx, org, id).await?)) {
            self.note(tx, "review.approval", json!({})).await?;
            return Ok(Decided::OneMore);
        }
        for target in delivery::in_review(&mut *tx, org, post).await?.iter().filter(|t| is_over(t, self.now)) {
            delivery::miss_unapproved(tx, target, self.now).await?;
        }
        let targets = delivery::in_review(&mut *tx, org, post).await?;
        delivery::approve(tx, org, &targets, self.now).await?;
        model::close_review(tx, org, id, "approved", self.now).await?;
        let waited: Vec<TargetId> = targets.iter().filter(|t| t.state == TargetState::Draft).map(|t| t.id).collect();
        recurrence::go_on(tx, &self.speaker(), post, &waited, self.now).await?;
        let late = waited.is_empty() && !targets.is_empty();
        let listed = listing::of_targets(&mut *tx, org, &targets.iter().map(|t| t.id).collect::<Vec<_>>()).await?;
        let data = json!({"to": self.writers(), "late": late, "excerpt": excerpt(&listed)});
        self.note(tx, "review.approved", data).await?;
        Ok(if late { Decided::TooLate } else { Decided::Approved })
    }

    async fn send_back(&self, tx: &mut Tx, why: &str) -> Result<Decided> {
        let Review { id, org_id: org, post_id: post, .. } = *self.review;
        let why = comment::checked("note", why)?;
        self.vote(tx, "changes").await?;
        let targets = delivery::in_review(&mut *tx, org, post).await?;
        let ids: Vec<TargetId> = targets.iter().map(|t| t.id).collect();
        delivery::set_reason(tx, org, &ids, Some(delivery::CHANGES)).await?;
        model::close_review(tx, org, id, "changes", self.now).await?;
        let said = model::NewComment { user: self.voice.user(), guest: self.voice.guest(), body: &why, shared: true };
        model::add_comment(tx, org, post, said, self.now).await?;
        let listed = listing::of_targets(&mut *tx, org, &ids).await?;
        self.note(tx, "review.changes", json!({"to": self.writers(), "message": why, "excerpt": excerpt(&listed)})).await?;
        Ok(Decided::Changes)
    }

    /// Who is told: those who wrote it and who asked, unless they answered themselves.
    fn writers(&self) -> Vec<UserId> {
        let mut to: Vec<UserId> = [self.review.writer, self.review.asked_by].into_iter().flatten().collect();
        to.sort_unstable();
        to.dedup();
        to.retain(|user| Some(*user) != self.voice.user());
        to
    }

    /// In whose name its series goes on.
    fn speaker(&self) -> Caller {
        let user = self.voice.user();
        Caller { user, ..Caller::machine(self.review.org_id, "UTC", Source::Web) }
    }

    async fn vote(&self, tx: &mut Tx, verdict: &'static str) -> Result<()> {
        let (org, id) = (self.review.org_id, self.review.id);
        model::add_vote(tx, (org, id), (self.voice.user(), self.voice.guest()), verdict, self.now).await
    }

    async fn note(&self, tx: &mut Tx, kind: &'static str, mut data: serde_json::Value) -> Result<()> {
        data["review"] = json!(self.review.id);
        if let Some(guest) = self.voice.guest() {
            data["guest"] = json!(guest);
        }
        let event =
            Event { kind, post: Some(self.review.post_id), user: self.voice.user(), data: Some(data), ..Event::default() };
        events::record(tx, self.review.org_id, event, self.now).await
    }
}

fn is_over(target: &Target, now: DateTime<Utc>) -> bool {
    target.state == TargetState::Draft && target.due_at.is_some_and(|due| due <= now)
}
