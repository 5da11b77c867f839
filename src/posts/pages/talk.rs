//! What stands below a post: its review, what people say about it, and the links it was given out by.

use serde::Serialize;

use crate::{
    app::App,
    error::{Message, Result},
    identity,
    kit::{CommentId, PostId, ReviewId, ShareId},
    orgs::{Caller, ReviewPolicy, Role},
    posts::{
        model::{self, Comment, Share, Vote},
        review::{self, Asked},
        share,
    },
    render::{Moment, text},
};

/// Most names that the field of a comment offers.
const MOST_NAMES: usize = 500;

/// What `posts/_talk.html` shows.
#[derive(Debug, Serialize)]
pub struct Talk {
    review: Option<ReviewView>,
    comments: Vec<CommentView>,
    /// How many are not dealt with.
    open: usize,
    /// Names that may be mentioned: some, as examples, and all that the field offers.
    people: Vec<String>,
    names: Vec<String>,
    shares: Vec<ShareView>,
    /// The caller may make links that decide.
    decides: bool,
    days: [i64; 3],
    /// The link just made: only in the answer to its making.
    pub link: Option<String>,
    /// What was typed, when it was wrong.
    pub typed: String,
}

#[derive(Debug, Serialize)]
struct ReviewView {
    id: Option<ReviewId>,
    /// `none`, `open`, `approved`, `changes` or `void`.
    state: String,
    policy_text: String,
    asked_by: Option<String>,
    asked: Option<Moment>,
    /// How many approvals it takes and has; only while it is open.
    needs: Option<String>,
    votes: Vec<VoteView>,
    may_answer: bool,
    has_approved: bool,
    may_submit: bool,
    may_withdraw: bool,
}

#[derive(Debug, Serialize)]
pub struct VoteView {
    who: String,
    guest: bool,
    approves: bool,
    at: Moment,
}

#[derive(Debug, Serialize)]
pub struct CommentView {
    id: CommentId,
    who: String,
    guest: bool,
    body: String,
    shared: bool,
    at: Moment,
    resolved: bool,
    resolver: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct ShareView {
    id: ShareId,
    label: String,
    pub customer: Option<String>,
    pub customer_id: Option<String>,
    decides: bool,
    pin: bool,
    ends: Moment,
    seen: Option<Moment>,
}

impl Talk {
    /// Of a post.
    pub async fn read(app: &App, caller: &Caller, post: PostId) -> Result<Self> {
        let comments = model::comments(&app.db, caller.org, post).await?;
        let members = identity::members(&app.db, caller.org).await?;
        let others = members.into_iter().filter(|m| Some(m.user_id) != caller.user).map(|m| m.name);
        let names: Vec<String> = others.take(MOST_NAMES).collect();
        Ok(Self {
            review: review_view(review::asked(app, caller, post).await?, app, caller),
            open: comments.iter().filter(|c| c.resolved_at.is_none()).count(),
            comments: comments.into_iter().map(|c| comment_view(c, app, caller)).collect(),
            people: names.iter().take(8).cloned().collect(),
            names,
            shares: share::of_post(app, caller.org, post).await?.into_iter().map(|s| share_view(s, app, caller)).collect(),
            decides: caller.role >= Role::Admin,
            days: share::DAYS,
            link: None,
            typed: String::new(),
        })
    }
}

/// Nothing to say where nobody has to approve and nobody was ever asked.
fn review_view(asked: Asked, app: &App, caller: &Caller) -> Option<ReviewView> {
    if asked.policy == ReviewPolicy::None && asked.review.is_none() {
        return None;
    }
    let open = asked.review.as_ref().is_some_and(model::Review::is_open);
    let policy = asked.review.as_ref().filter(|r| r.is_open()).map_or(asked.policy, model::Review::policy);
    let approvals = asked.votes.iter().filter(|v| v.verdict == "approve").count();
    let needs =
        Message::new("review.needs").with("have", approvals).with("count", if policy == ReviewPolicy::Two { 2 } else { 1 });
    Some(ReviewView {
        state: asked.review.as_ref().map_or_else(|| "none".to_owned(), |r| r.state.clone()),
        policy_text: text(&policy.words().0.into()),
        asked_by: asked.review.as_ref().and_then(|r| r.asked_by_name.clone()),
        asked: asked.review.as_ref().map(|r| Moment::new(r.created_at, app.clock.now(), caller.zone)),
        id: asked.review.map(|r| r.id),
        needs: (open && policy == ReviewPolicy::Two).then(|| text(&needs)),
        votes: asked.votes.into_iter().map(|v| vote_view(v, app, caller)).collect(),
        may_answer: asked.may_answer,
        has_approved: asked.has_approved,
        may_submit: asked.may_submit,
        may_withdraw: asked.may_withdraw && open,
    })
}

fn vote_view(vote: Vote, app: &App, caller: &Caller) -> VoteView {
    VoteView {
        guest: vote.guest.is_some(),
        who: vote.name.or(vote.guest).unwrap_or_else(|| text(&"notice.somebody".into())),
        approves: vote.verdict == "approve",
        at: Moment::new(vote.created_at, app.clock.now(), caller.zone),
    }
}

/// A comment as members see it.
pub fn comment_view(comment: Comment, app: &App, caller: &Caller) -> CommentView {
    CommentView {
        id: comment.id,
        guest: comment.guest.is_some(),
        who: comment.author.or(comment.guest).unwrap_or_else(|| text(&"notice.somebody".into())),
        body: comment.body,
        shared: comment.shared,
        at: Moment::new(comment.created_at, app.clock.now(), caller.zone),
        resolved: comment.resolved_at.is_some(),
        resolver: comment.resolver,
    }
}

/// A link as members see it.
pub fn share_view(share: Share, app: &App, caller: &Caller) -> ShareView {
    let moment = |at| Moment::new(at, app.clock.now(), caller.zone);
    ShareView {
        id: share.id,
        label: share.label,
        customer: share.customer,
        customer_id: share.customer_id.map(|id| id.to_string()),
        decides: share.decides,
        pin: share.pin_hash.is_some(),
        ends: moment(share.expires_at),
        seen: share.seen_at.map(moment),
    }
}
