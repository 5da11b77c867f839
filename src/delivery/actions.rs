//! What a person can do with a target: cancel, bring back, send now, try again, remove. What became of it is answered in
//! `model/resolution.rs`.
//!
//! Each is one transaction of the caller, fails with [`Error::Conflict`] when the engine was faster, and leaves a line
//! in the audit trail.

use chrono::{DateTime, Utc};

use super::{
    TAKEN_DOWN,
    model::{self, Target, changed, find_target},
    trail::note,
};
use crate::{
    db::{Tx, q},
    delivery::TargetState,
    error::{Error, Result},
    kit::{OrgId, PostId, TargetId, UserId},
};

/// Withdraws a target before anything of it went out, or the rest of a thread that has begun.
///
/// Parts that a worker has, or that may be live, are not touched; when there is nothing left to withdraw it is a
/// conflict.
pub async fn cancel(tx: &mut Tx, org: OrgId, id: TargetId, user: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
    let target = find_target(&mut *tx, org, id).await?;
    if model::may_be_live(tx, id).await? {
        return Err(Error::conflict("error.nothing_to_cancel"));
    }
    let withdrawn = q("UPDATE parts SET state = 'cancelled', next_at = NULL WHERE target_id = $1 AND state IN ('waiting', 'retrying')
       AND NOT EXISTS (SELECT 1 FROM parts o WHERE o.target_id = $1 AND o.state IN ('sending', 'processing', 'uncertain', 'needs_you'))")
    .bind(id)
    .exec(tx)
    .await?;
    if withdrawn == 0 {
        return Err(Error::conflict("error.nothing_to_cancel"));
    }
    model::settle(tx, org, id).await?;
    note(tx, &target, ("target.cancelled", user, None), now).await?;
    changed(tx, org, target.channel_id).await
}

/// Undoes a cancellation: scheduled again when its time is still to come, else a draft.
pub async fn restore(tx: &mut Tx, org: OrgId, id: TargetId, user: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
    let target = find_target(&mut *tx, org, id).await?;
    if target.state != TargetState::Cancelled {
        return Err(Error::conflict("error.not_cancelled"));
    }
    if target.reason.as_deref() == Some(TAKEN_DOWN) {
        return Err(Error::conflict("error.taken_down"));
    }
    // What nobody has approved comes back as a draft.
    let unapproved = model::is_unapproved(&mut *tx, org, id).await?;
    let due = target.due_at.filter(|due| *due > now && !unapproved);
    q("UPDATE parts SET state = 'waiting', failure = NULL, tries = 0, next_at = CASE WHEN position = 0 THEN $2 ELSE NULL END
       WHERE target_id = $1 AND state = 'cancelled'")
    .bind(id)
    .bind(due)
    .exec(tx)
    .await?;
    let state = if due.is_some() { TargetState::Scheduled } else { TargetState::Draft };
    set_state(tx, &target, state).await?;
    note(tx, &target, ("target.restored", user, None), now).await?;
    changed(tx, org, target.channel_id).await
}

/// Sends a draft, scheduled or held target at once.
pub async fn publish_now(tx: &mut Tx, org: OrgId, id: TargetId, user: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
    let target = find_target(&mut *tx, org, id).await?;
    if !matches!(target.state, TargetState::Draft | TargetState::Scheduled | TargetState::Held | TargetState::Missed) {
        return Err(Error::conflict("error.not_waiting"));
    }
    if model::is_unapproved(&mut *tx, org, id).await? {
        return Err(Error::conflict("error.not_approved"));
    }
    // Parts before the target, as the engine locks them.
    q("UPDATE parts SET next_at = NULL WHERE target_id = $1 AND state = 'waiting'").bind(id).exec(tx).await?;
    q("UPDATE targets SET due_at = $2 WHERE id = $1").bind(id).bind(now).exec(tx).await?;
    model::resume(tx, &Target { due_at: Some(now), ..target.clone() }, now).await?;
    note(tx, &target, ("target.sent_now", user, None), now).await?;
    changed(tx, org, target.channel_id).await
}

/// Tries the failed parts again. What is live stays untouched, finished steps are not repeated.
pub async fn retry(tx: &mut Tx, org: OrgId, id: TargetId, user: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
    let target = find_target(&mut *tx, org, id).await?;
    let again = q("UPDATE parts SET state = 'waiting', next_at = NULL, tries = 0, looks = 0, failure = NULL
       WHERE target_id = $1 AND state IN ('failed', 'skipped')")
    .bind(id)
    .exec(tx)
    .await?;
    if again == 0 {
        return Err(Error::conflict("error.nothing_failed"));
    }
    // Counted from now: a retry asked for today of a post due last week is not "late".
    q("UPDATE targets SET due_at = CASE WHEN published_at IS NULL THEN $2 ELSE due_at END, dropped_at = NULL WHERE id = $1")
        .bind(id)
        .bind(now)
        .exec(tx)
        .await?;
    model::resume(tx, &Target { due_at: Some(now), ..target.clone() }, now).await?;
    note(tx, &target, ("target.retried", user, None), now).await?;
    changed(tx, org, target.channel_id).await
}

/// Removes every target of a post from the lists and withdraws what has not gone out. What is in flight finishes.
pub async fn remove(tx: &mut Tx, org: OrgId, post: PostId, user: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
    let targets: Vec<Target> = q("SELECT id, org_id, post_id, version_id, channel_id, entry, due_at, zone, state, reason, settings, url, created_at, published_at
       FROM targets WHERE org_id = $1 AND post_id = $2 AND deleted_at IS NULL")
    .bind(org)
    .bind(post)
    .all(&mut *tx)
    .await?;
    for target in &targets {
        model::withdraw_unsent(tx, target.id, now).await?;
        q("UPDATE targets SET deleted_at = $2 WHERE id = $1").bind(target.id).bind(now).exec(tx).await?;
        note(tx, target, ("target.deleted", user, None), now).await?;
    }
    // Lanes last and in their order, as the engine takes them.
    let channels: std::collections::BTreeSet<_> = targets.iter().map(|t| t.channel_id).collect();
    for channel in channels {
        changed(tx, org, channel).await?;
    }
    Ok(())
}

async fn set_state(tx: &mut Tx, target: &Target, state: TargetState) -> Result<()> {
    q("UPDATE targets SET state = $2, reason = NULL WHERE id = $1").bind(target.id).bind(state.as_str()).exec(tx).await?;
    Ok(())
}
