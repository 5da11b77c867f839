//! What becomes of targets whose channel was removed: what surely did not go out is cancelled, what may be live is for a
//! person to say, for nothing can be looked up any more.

use super::settle;
use crate::{
    db::{FromRow, Tx, q},
    delivery::TargetState,
    error::{Error, Failure, FailureKind, Result},
    kit::{ChannelId, OrgId, TargetId},
};

#[derive(FromRow)]
struct Orphan {
    id: TargetId,
    org_id: OrgId,
}

/// Withdraws what waits for removed channels. What is due is left to the worker that has the lane.
pub async fn withdraw_removed(tx: &mut Tx) -> Result<()> {
    let orphans: Vec<Orphan> = q("SELECT t.id, t.org_id FROM channels c JOIN targets t ON t.channel_id = c.id
       WHERE c.deleted_at IS NOT NULL AND t.state IN ('scheduled', 'held', 'sending')")
    .all(&mut *tx)
    .await?;
    for orphan in &orphans {
        withdraw(tx, orphan, false).await?;
    }
    Ok(())
}

/// Withdraws everything of a removed channel, what is due included: only for the worker that has its lane.
pub async fn withdraw_lane(tx: &mut Tx, channel: ChannelId) -> Result<()> {
    let orphans: Vec<Orphan> = q("SELECT t.id, t.org_id FROM targets t WHERE t.channel_id = $1 AND EXISTS
       (SELECT 1 FROM parts p WHERE p.target_id = t.id AND (p.next_at IS NOT NULL OR p.state = 'sending'))")
    .bind(channel)
    .all(&mut *tx)
    .await?;
    for orphan in &orphans {
        withdraw(tx, orphan, true).await?;
    }
    Ok(())
}

/// `due`: also what a worker could have.
async fn withdraw(tx: &mut Tx, target: &Orphan, due: bool) -> Result<()> {
    q(concat!(
        "UPDATE parts SET state = 'cancelled', next_at = NULL WHERE target_id = $1
       AND (state IN ('waiting', 'retrying') OR ($2 AND state = 'sending'))
       AND NOT ",
        may_be_live!()
    ))
    .bind(target.id)
    .bind(due)
    .exec(tx)
    .await?;
    let failure = Failure::new(FailureKind::Uncertain, "the channel was removed before the outcome was known");
    q("UPDATE parts SET state = 'needs_you', next_at = NULL, failure = COALESCE(failure, $3) WHERE target_id = $1
       AND state IN ('waiting', 'retrying', 'sending', 'processing', 'uncertain')
       AND ($2 OR (next_at IS NULL AND state <> 'sending'))")
    .bind(target.id)
    .bind(due)
    .bind(serde_json::to_value(failure).map_err(Error::internal)?)
    .exec(tx)
    .await?;
    if settle(tx, target.org_id, target.id).await? == TargetState::Cancelled {
        q("UPDATE targets SET reason = 'channel_removed' WHERE id = $1").bind(target.id).exec(tx).await?;
    }
    Ok(())
}
