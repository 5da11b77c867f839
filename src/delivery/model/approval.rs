//! Targets that must be approved before they may go out: drafts whose parts carry a mark under which the database lets
//! nothing become due. Who approves what, and why, is posts'.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Target, changed};
use crate::{
    db::{Ex, Topic, Tx, q},
    delivery::TargetState,
    error::Result,
    events::{self, Event},
    kit::{ChannelId, OrgId, PostId, TargetId},
};

/// The reason of a draft that was handed in and waits.
pub const IN_REVIEW: &str = "in_review";
/// The reason of a draft of which changes were asked for.
pub const CHANGES: &str = "changes";
/// The reason of a target whose time came before anybody had approved it.
pub const NOT_APPROVED: &str = "not_approved";
/// The same, once it was approved after all: a person says when it goes out.
pub const APPROVED_LATE: &str = "approved_late";

const SELECT: &str = "SELECT t.id, t.org_id, t.post_id, t.version_id, t.channel_id, t.entry, t.due_at, t.zone, t.state, t.reason,
     t.settings, t.url, t.created_at, t.published_at FROM targets t";

/// Makes drafts wait for approval.
pub async fn await_approval(tx: &mut Tx, org: OrgId, ids: &[TargetId]) -> Result<()> {
    mark(tx, org, ids, true).await?;
    set_reason(tx, org, ids, Some(IN_REVIEW)).await
}

/// Lets nothing of these become due before it is approved, or takes that back.
pub async fn mark(tx: &mut Tx, org: OrgId, ids: &[TargetId], unapproved: bool) -> Result<()> {
    // What is marked must not be due: `next_at` goes in the same statement.
    q("UPDATE parts SET unapproved = $2, next_at = CASE WHEN $2 THEN NULL ELSE next_at END WHERE org_id = $1")
        .bind(org)
        .bind(unapproved)
        .list(" AND target_id IN ", ids.iter().copied())
        .exec(tx)
        .await?;
    Ok(())
}

/// What a draft waits for.
pub async fn set_reason(tx: &mut Tx, org: OrgId, ids: &[TargetId], reason: Option<&'static str>) -> Result<()> {
    q("UPDATE targets SET reason = $2 WHERE org_id = $1 AND state = 'draft'")
        .bind(org)
        .bind(reason)
        .list(" AND id IN ", ids.iter().copied())
        .exec(tx)
        .await?;
    tx.publish(Topic::Posts(org));
    Ok(())
}

/// True when nothing of it may become due.
pub async fn is_unapproved(ex: impl Into<Ex<'_>>, org: OrgId, id: TargetId) -> Result<bool> {
    let (parts,): (i64,) =
        q("SELECT count(*) FROM parts WHERE org_id = $1 AND target_id = $2 AND unapproved").bind(org).bind(id).one(ex).await?;
    Ok(parts > 0)
}

/// The targets of a post that were handed in: they wait, or their time has come meanwhile.
pub async fn in_review(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId) -> Result<Vec<Target>> {
    q(SELECT)
        .push(" WHERE t.org_id = $1 AND t.post_id = $2 AND t.deleted_at IS NULL
           AND ((t.state = 'draft' AND t.reason = 'in_review') OR (t.state = 'missed' AND t.reason = 'not_approved')) ORDER BY t.id")
        .bind(org)
        .bind(post)
        .all(ex)
        .await
}

/// The ids of [`in_review`] of several posts at once.
pub async fn all_in_review(ex: impl Into<Ex<'_>>, org: OrgId, posts: &[PostId]) -> Result<Vec<TargetId>> {
    let rows: Vec<(TargetId,)> = q("SELECT t.id FROM targets t WHERE t.org_id = $1 AND t.deleted_at IS NULL
         AND ((t.state = 'draft' AND t.reason = 'in_review') OR (t.state = 'missed' AND t.reason = 'not_approved'))")
    .bind(org)
    .list(" AND t.post_id IN ", posts.iter().copied())
    .push(" ORDER BY t.id")
    .all(ex)
    .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Approves targets: those that wait are scheduled, at once when they have no time; those whose time has come stay missed
/// until a person says when.
pub async fn approve(tx: &mut Tx, org: OrgId, targets: &[Target], now: DateTime<Utc>) -> Result<()> {
    let ids: Vec<TargetId> = targets.iter().map(|t| t.id).collect();
    mark(tx, org, &ids, false).await?;
    let waiting: Vec<&Target> = targets.iter().filter(|t| t.state == TargetState::Draft).collect();
    for target in &waiting {
        q("UPDATE parts SET next_at = $2 WHERE target_id = $1 AND position = 0 AND state = 'waiting'")
            .bind(target.id)
            .bind(target.due_at.unwrap_or(now))
            .exec(&mut *tx)
            .await?;
    }
    for target in &waiting {
        q("UPDATE targets SET state = 'scheduled', reason = NULL, due_at = $3 WHERE org_id = $1 AND id = $2 AND state = 'draft'")
            .bind(org)
            .bind(target.id)
            .bind(target.due_at.unwrap_or(now))
            .exec(&mut *tx)
            .await?;
    }
    q("UPDATE targets SET reason = $2 WHERE org_id = $1 AND state = 'missed'")
        .bind(org)
        .bind(APPROVED_LATE)
        .list(" AND id IN ", ids.iter().copied())
        .exec(&mut *tx)
        .await?;
    // Lanes last and in their order, as the engine takes them.
    for channel in targets.iter().map(|t| t.channel_id).collect::<BTreeSet<ChannelId>>() {
        changed(tx, org, channel).await?;
    }
    Ok(())
}

/// The time of a target has come and nobody has approved it.
pub async fn miss_unapproved(tx: &mut Tx, target: &Target, now: DateTime<Utc>) -> Result<()> {
    let missed = q("UPDATE targets SET state = 'missed', reason = $3 WHERE org_id = $1 AND id = $2 AND state = 'draft' AND reason = 'in_review'")
        .bind(target.org_id)
        .bind(target.id)
        .bind(NOT_APPROVED)
        .exec(&mut *tx)
        .await?;
    if missed == 0 {
        return Ok(());
    }
    let event = Event {
        kind: "target.missed",
        post: Some(target.post_id),
        target: Some(target.id),
        channel: Some(target.channel_id),
        data: Some(json!({"reason": NOT_APPROVED})),
        ..Event::default()
    };
    events::record(tx, target.org_id, event, now).await?;
    tx.publish(Topic::Posts(target.org_id));
    Ok(())
}

/// Gives what nobody has approved another time until which it waits; false when it is no longer as it was loaded.
pub async fn wait_anew(tx: &mut Tx, target: &Target, due: DateTime<Utc>) -> Result<bool> {
    let waits = q("UPDATE targets SET due_at = $3, state = 'draft', reason = $4 WHERE org_id = $1 AND id = $2 AND state = $5")
        .bind(target.org_id)
        .bind(target.id)
        .bind(due)
        .bind(IN_REVIEW)
        .bind(target.state.as_str())
        .exec(tx)
        .await?;
    tx.publish(Topic::Posts(target.org_id));
    Ok(waits == 1)
}

/// Posts of all organisations with a target whose time has come while it waits for approval, at most a thousand.
pub async fn overdue_reviews(ex: impl Into<Ex<'_>>, now: DateTime<Utc>) -> Result<Vec<(OrgId, PostId)>> {
    q("SELECT DISTINCT t.org_id, t.post_id FROM targets t
       WHERE t.reason = 'in_review' AND t.deleted_at IS NULL AND t.state = 'draft' AND t.due_at <= $1 LIMIT 1000")
    .bind(now)
    .all(ex)
    .await
}
