//! What a person can do with a target: cancel, bring back, send now, try again, answer what became of it, remove.
//!
//! Each is one transaction of the caller, fails with [`Error::Conflict`] when the engine was faster, and leaves a line
//! in the audit trail.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::model::{self, Part, Target, changed, find_target};
use crate::{
    db::{Tx, q},
    delivery::{PartState, TargetState},
    error::{Error, Result},
    events::{self, Event},
    kit::{OrgId, PartId, PostId, TargetId, UserId},
};

/// What a person found out about a part whose outcome was unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// It is live, perhaps with its address.
    Live {
        /// Where.
        url: Option<String>,
    },
    /// It is not live: send it again.
    Resend,
    /// It is not live and shall not be.
    Drop,
}

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
    note(tx, &target, "target.cancelled", user, now).await?;
    changed(tx, org, target.channel_id).await
}

/// Undoes a cancellation: scheduled again when its time is still to come, else a draft.
pub async fn restore(tx: &mut Tx, org: OrgId, id: TargetId, user: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
    let target = find_target(&mut *tx, org, id).await?;
    if target.state != TargetState::Cancelled {
        return Err(Error::conflict("error.not_cancelled"));
    }
    let due = target.due_at.filter(|due| *due > now);
    q("UPDATE parts SET state = 'waiting', failure = NULL, tries = 0, next_at = CASE WHEN position = 0 THEN $2 ELSE NULL END
       WHERE target_id = $1 AND state = 'cancelled'")
    .bind(id)
    .bind(due)
    .exec(tx)
    .await?;
    let state = if due.is_some() { TargetState::Scheduled } else { TargetState::Draft };
    set_state(tx, &target, state).await?;
    note(tx, &target, "target.restored", user, now).await?;
    changed(tx, org, target.channel_id).await
}

/// Sends a draft, scheduled or held target at once.
pub async fn publish_now(tx: &mut Tx, org: OrgId, id: TargetId, user: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
    let target = find_target(&mut *tx, org, id).await?;
    if !matches!(target.state, TargetState::Draft | TargetState::Scheduled | TargetState::Held | TargetState::Missed) {
        return Err(Error::conflict("error.not_waiting"));
    }
    // Parts before the target, as the engine locks them.
    q("UPDATE parts SET next_at = NULL WHERE target_id = $1 AND state = 'waiting'").bind(id).exec(tx).await?;
    q("UPDATE targets SET due_at = $2 WHERE id = $1").bind(id).bind(now).exec(tx).await?;
    model::resume(tx, &Target { due_at: Some(now), ..target.clone() }, now).await?;
    note(tx, &target, "target.sent_now", user, now).await?;
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
    q("UPDATE targets SET due_at = $2 WHERE id = $1 AND published_at IS NULL").bind(id).bind(now).exec(tx).await?;
    model::resume(tx, &Target { due_at: Some(now), ..target.clone() }, now).await?;
    note(tx, &target, "target.retried", user, now).await?;
    changed(tx, org, target.channel_id).await
}

/// Answers what became of a part whose outcome nobody but a person can know.
pub async fn resolve(
    tx: &mut Tx,
    org: OrgId,
    id: PartId,
    answer: &Resolution,
    (user, now): (Option<UserId>, DateTime<Utc>),
) -> Result<()> {
    let part = model::find_part(&mut *tx, org, id).await?;
    let target = find_target(&mut *tx, org, part.target_id).await?;
    if part.state != PartState::NeedsYou {
        return Err(Error::conflict("error.nothing_to_resolve"));
    }
    let word = match answer {
        Resolution::Live { url } => {
            link(tx, &target, &part, url.as_deref(), now).await?;
            "live"
        }
        Resolution::Resend => {
            model::absolve(tx, id, now).await?;
            q("UPDATE parts SET state = 'waiting', next_at = $2, tries = 0, looks = 0, failure = NULL WHERE id = $1")
                .bind(id)
                .bind(now)
                .exec(tx)
                .await?;
            "resend"
        }
        Resolution::Drop => {
            model::absolve(tx, id, now).await?;
            q("UPDATE parts SET state = 'failed', next_at = NULL WHERE id = $1").bind(id).exec(tx).await?;
            q("UPDATE parts SET state = 'skipped', next_at = NULL WHERE target_id = $1 AND position > $2 AND state = 'waiting'")
                .bind(part.target_id)
                .bind(part.position)
                .exec(tx)
                .await?;
            "drop"
        }
    };
    model::settle(tx, org, part.target_id).await?;
    let event = Event {
        kind: "part.resolved",
        post: Some(target.post_id),
        target: Some(target.id),
        part: Some(id),
        user,
        data: Some(json!({"answer": word, "position": part.position + 1})),
        ..Event::default()
    };
    events::record(tx, org, event, now).await?;
    changed(tx, org, target.channel_id).await
}

/// Marks a part live by a person's word and lets the part after it follow.
async fn link(tx: &mut Tx, target: &Target, part: &Part, url: Option<&str>, now: DateTime<Utc>) -> Result<()> {
    q("INSERT INTO remotes (part_id, n, org_id, remote_id, url, extra, created_at) VALUES ($1, 0, $2, 'missing', $3, $4, $5)")
        .bind(part.id)
        .bind(part.org_id)
        .bind(url)
        .bind(json!({}))
        .bind(now)
        .exec(tx)
        .await?;
    q("UPDATE parts SET state = 'published', next_at = NULL, published_at = $2, failure = NULL WHERE id = $1")
        .bind(part.id)
        .bind(now)
        .exec(tx)
        .await?;
    if part.position == 0 {
        q("UPDATE targets SET published_at = $2, url = $3 WHERE id = $1").bind(target.id).bind(now).bind(url).exec(tx).await?;
    }
    // Without the platform's id the rest of a thread has nothing to reply to.
    q("UPDATE parts SET state = 'skipped', next_at = NULL WHERE target_id = $1 AND position > $2 AND state = 'waiting'")
        .bind(target.id)
        .bind(part.position)
        .exec(tx)
        .await?;
    Ok(())
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
        q("UPDATE parts SET state = 'cancelled', next_at = NULL WHERE target_id = $1 AND state IN ('waiting', 'retrying')")
            .bind(target.id)
            .exec(tx)
            .await?;
        q("UPDATE targets SET deleted_at = $2 WHERE id = $1").bind(target.id).bind(now).exec(tx).await?;
        note(tx, target, "target.deleted", user, now).await?;
        changed(tx, org, target.channel_id).await?;
    }
    Ok(())
}

async fn set_state(tx: &mut Tx, target: &Target, state: TargetState) -> Result<()> {
    q("UPDATE targets SET state = $2, reason = NULL WHERE id = $1").bind(target.id).bind(state.as_str()).exec(tx).await?;
    Ok(())
}

async fn note(tx: &mut Tx, target: &Target, kind: &'static str, user: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
    let event = Event {
        kind,
        post: Some(target.post_id),
        target: Some(target.id),
        channel: Some(target.channel_id),
        user,
        ..Event::default()
    };
    events::record(tx, target.org_id, event, now).await
}
