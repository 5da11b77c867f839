//! Asking for approval, and no longer asking.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{NotApproved, fingerprint_of};
use crate::{
    app::App,
    db::Tx,
    delivery::{self, TargetState},
    error::{Error, Result},
    events::{self, Event},
    kit::{ChannelId, OrgId, PostId, TargetId},
    orgs::{Caller, ReviewPolicy, model_review},
    posts::{
        Listed, Problem, listing,
        model::{self, Post},
        sendable::unsendable,
    },
    queue,
};

/// Asks anew about everything of a post that waits, after it was saved: answers to what it said before do not count. The
/// caller holds the post.
pub async fn renew(tx: &mut Tx, caller: &Caller, post: PostId, now: DateTime<Utc>) -> Result<()> {
    let org = caller.org;
    let was_open = model::void_review(tx, org, post, now).await?;
    let waiting: Vec<TargetId> = delivery::in_review(&mut *tx, org, post).await?.into_iter().map(|t| t.id).collect();
    if waiting.is_empty() {
        return if was_open { note(tx, caller, post, ("review.void", json!({})), now).await } else { Ok(()) };
    }
    let listed = listing::of_targets(&mut *tx, org, &waiting).await?;
    let channels: Vec<ChannelId> = listed.iter().map(|l| l.target.channel_id).collect();
    let policy = model::policy_of(&mut *tx, org, &channels).await?.max(ReviewPolicy::One);
    let version = model::latest_version_id(&mut *tx, org, post).await?;
    let review = model::open_review(tx, (org, post, version), policy, (caller.user, now)).await?;
    for one in &listed {
        model::add_content(tx, org, review, (one.target.id, one.target.version_id), fingerprint_of(one)).await?;
    }
    let mut to = model_review::approvers(&mut *tx, org).await?;
    to.retain(|user| Some(*user) != caller.user);
    let data = json!({"review": review, "policy": policy.as_str(), "to": to, "excerpt": excerpt(&listed), "again": was_open});
    note(tx, caller, post, ("review.asked", data), now).await?;
    watch(tx, org, post, &listed, now).await
}

/// Looks at it again when the earliest time comes.
pub(super) async fn watch(tx: &mut Tx, org: OrgId, post: PostId, waiting: &[Listed], now: DateTime<Utc>) -> Result<()> {
    let draft = |l: &&Listed| l.target.state == TargetState::Draft;
    match waiting.iter().filter(draft).filter_map(|l| l.target.due_at).filter(|due| *due > now).min() {
        Some(due) => queue::enqueue_at(tx, &NotApproved { org, post, due }, due, now).await,
        None => Ok(()),
    }
}

pub(super) fn excerpt(listed: &[Listed]) -> String {
    listed.first().map(|l| crate::kit::text::Doc::from_html(l.content()).excerpt(80)).unwrap_or_default()
}

/// Hands the drafts of a post in as they stand. The inner error lists what keeps one from going out; drafts whose time has
/// passed need another one first.
pub async fn submit(app: &App, caller: &Caller, post: PostId) -> Result<std::result::Result<(), Vec<Problem>>> {
    Post::find(&app.db, caller.org, post).await?;
    let drafts = |all: Vec<Listed>| -> Vec<Listed> { all.into_iter().filter(|l| l.target.state == TargetState::Draft).collect() };
    let mut problems = Vec::new();
    for one in drafts(listing::of_post(&app.db, caller.org, post).await?) {
        problems.extend(unsendable(app, caller.org, one.target.id).await?);
    }
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    if model::lock(&mut tx, caller.org, post).await?.is_some() {
        return Err(Error::NotFound("post"));
    }
    let listed = drafts(listing::of_post(&mut tx, caller.org, post).await?);
    let ids: Vec<TargetId> = listed.iter().map(|l| l.target.id).collect();
    if ids.is_empty() {
        return Err(Error::conflict("review.nothing"));
    }
    if listed.iter().any(|l| l.target.due_at.is_some_and(|due| due <= now)) {
        return Err(Error::conflict("review.past"));
    }
    delivery::await_approval(&mut tx, caller.org, &ids).await?;
    renew(&mut tx, caller, post, now).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Takes a post back that was handed in: it is a draft again.
pub async fn withdraw(app: &App, caller: &Caller, post: PostId) -> Result<()> {
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    take_back(&mut tx, caller, post, now).await?;
    tx.commit().await
}

/// [`withdraw`] within a transaction.
pub async fn take_back(tx: &mut Tx, caller: &Caller, post: PostId, now: DateTime<Utc>) -> Result<()> {
    if model::lock(tx, caller.org, post).await?.is_some() {
        return Err(Error::NotFound("post"));
    }
    let waiting = delivery::in_review(&mut *tx, caller.org, post).await?;
    let ids: Vec<TargetId> = waiting.iter().filter(|t| t.state == TargetState::Draft).map(|t| t.id).collect();
    if ids.is_empty() {
        return Err(Error::conflict("review.over"));
    }
    delivery::set_reason(tx, caller.org, &ids, None).await?;
    model::void_review(tx, caller.org, post, now).await?;
    note(tx, caller, post, ("review.withdrawn", json!({})), now).await
}

pub(super) async fn note(
    tx: &mut Tx,
    caller: &Caller,
    post: PostId,
    (kind, data): (&'static str, serde_json::Value),
    now: DateTime<Utc>,
) -> Result<()> {
    let event = Event { kind, post: Some(post), user: caller.user, data: Some(data), ..Event::default() };
    events::record(tx, caller.org, event, now).await
}
