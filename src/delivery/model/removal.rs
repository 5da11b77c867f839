//! Taking one target off the lists, and bringing back what was taken off with its post. Like the actions: one
//! transaction of the caller, a line in the audit trail.

use chrono::{DateTime, Utc};

use super::{Target, changed, find_target, settle};
use crate::{
    db::{Topic, Tx, q},
    delivery::{HOURLY, TargetState, trail::note},
    error::Result,
    kit::{OrgId, PartId, PostId, TargetId, UserId},
};

/// Removes one target from the lists and withdraws what has not gone out. What is in flight finishes.
pub async fn remove_one(tx: &mut Tx, org: OrgId, id: TargetId, user: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
    let target = find_target(&mut *tx, org, id).await?;
    withdraw_unsent(tx, id, now).await?;
    q("UPDATE targets SET deleted_at = $2 WHERE id = $1").bind(id).bind(now).exec(tx).await?;
    note(tx, &target, ("target.deleted", user, None), now).await?;
    changed(tx, org, target.channel_id).await
}

/// Withdraws the parts of a target that surely did not go out. Of one that is to be tried again after an answer that was
/// lost nobody knows: that is followed to its end, so that the row says what is live.
pub async fn withdraw_unsent(tx: &mut Tx, id: TargetId, now: DateTime<Utc>) -> Result<()> {
    q(concat!(
        "UPDATE parts SET state = 'cancelled', next_at = NULL WHERE target_id = $1 AND state IN ('waiting', 'retrying')
       AND NOT ",
        may_be_live!()
    ))
    .bind(id)
    .exec(tx)
    .await?;
    q("UPDATE parts SET next_at = COALESCE(next_at, $2), state = CASE WHEN EXISTS
         (SELECT 1 FROM steps s WHERE s.part_id = parts.id AND s.effect <> 'repeatable' AND s.state <> 'done' AND s.unsure > 0)
         THEN 'uncertain' ELSE 'processing' END
       WHERE target_id = $1 AND state IN ('waiting', 'retrying')")
    .bind(id)
    .bind(now)
    .exec(tx)
    .await?;
    Ok(())
}

/// As [`super::hold`], of a target that was removed meanwhile: what may be live is looked for when the channel works
/// again, the rest ends.
pub async fn hold_removed(tx: &mut Tx, org: OrgId, id: TargetId, reason: &str) -> Result<()> {
    q("UPDATE parts SET next_at = NULL, state = CASE WHEN state IN ('processing', 'uncertain') THEN state ELSE 'cancelled' END
       WHERE target_id = $1 AND state IN ('waiting', 'sending', 'retrying', 'processing', 'uncertain')")
    .bind(id)
    .exec(tx)
    .await?;
    settle(tx, org, id).await?;
    q("UPDATE targets SET state = 'held', reason = $2 WHERE id = $1 AND EXISTS
         (SELECT 1 FROM parts p WHERE p.target_id = $1 AND p.state IN ('processing', 'uncertain'))")
    .bind(id)
    .bind(reason)
    .exec(tx)
    .await?;
    Ok(())
}

/// Ends a part that would be tried again although its target was removed meanwhile. One that may be live is looked for
/// instead, as whatever comes after an answer that was lost.
pub async fn stop_removed(tx: &mut Tx, part: PartId) -> Result<()> {
    q(concat!(
        "UPDATE parts SET state = 'cancelled', next_at = NULL WHERE id = $1 AND state IN ('waiting', 'sending', 'retrying')
       AND EXISTS (SELECT 1 FROM targets t WHERE t.id = parts.target_id AND t.deleted_at IS NOT NULL)
       AND NOT ",
        may_be_live!()
    ))
    .bind(part)
    .exec(tx)
    .await?;
    Ok(())
}

/// Undoes the removal of a post at `removed_at`: each target stands as it stood. One whose time has passed since is a
/// draft, so that nothing goes out by surprise.
pub async fn bring_back(
    tx: &mut Tx,
    org: OrgId,
    post: PostId,
    removed_at: DateTime<Utc>,
    (user, now): (Option<UserId>, DateTime<Utc>),
) -> Result<()> {
    let targets: Vec<Target> = q("UPDATE targets SET deleted_at = NULL WHERE org_id = $1 AND post_id = $2 AND deleted_at = $3
       RETURNING id, org_id, post_id, version_id, channel_id, entry, due_at, zone, state, reason, settings, url, created_at, published_at")
    .bind(org)
    .bind(post)
    .bind(removed_at)
    .all(&mut *tx)
    .await?;
    for target in &targets {
        wake(tx, target, now).await?;
        note(tx, target, ("target.brought_back", user, None), now).await?;
        changed(tx, org, target.channel_id).await?;
    }
    Ok(())
}

/// Makes the parts that the removal withdrew wait again. The target's own state was left alone by the removal, except
/// where the engine was at work.
async fn wake(tx: &mut Tx, target: &Target, now: DateTime<Utc>) -> Result<()> {
    let due = target.due_at.filter(|due| target.state == TargetState::Scheduled && *due > now);
    match target.state {
        TargetState::Draft | TargetState::Scheduled | TargetState::Held | TargetState::Missed => {
            q("UPDATE parts SET state = 'waiting', next_at = CASE WHEN position = 0 THEN $2 ELSE NULL END
               WHERE target_id = $1 AND state = 'cancelled'")
            .bind(target.id)
            .bind(due)
            .exec(tx)
            .await?;
            // Its channel may work again by now.
            tx.publish(Topic::Channels);
            // What would have gone on by itself does not: its time has passed, too.
            let went_on = target.reason.as_deref() == Some(HOURLY);
            if went_on || (target.state == TargetState::Scheduled && due.is_none()) {
                q("UPDATE targets SET state = 'draft', reason = NULL WHERE id = $1").bind(target.id).exec(tx).await?;
            }
        }
        TargetState::Cancelled => {}
        // The removal withdrew the rest of what was under way: say what became of it.
        _ => {
            settle(tx, target.org_id, target.id).await?;
        }
    }
    Ok(())
}
