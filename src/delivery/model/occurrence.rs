//! Targets as the occurrences of a recurrence: what is planned of a post, and the few things that a plan may do with it.
//!
//! Knows keys, not rules: those are posts'.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Target, changed, find_target, hold, resume};
use crate::{
    db::{Ex, FromRow, Topic, Tx, q},
    delivery::TargetState,
    error::Result,
    events::{self, Event},
    kit::{ChannelId, OrgId, PostId, TargetId},
};

/// A target of a post, removed ones included: their keys stay taken, so that a plan does not bring them back.
#[derive(Debug, Clone, FromRow)]
pub struct Planned {
    /// The target.
    pub id: TargetId,
    /// Where to.
    pub channel_id: ChannelId,
    /// Which entry of the version, from 0.
    pub entry: i64,
    /// Which occurrence; `once` for what is none.
    pub occurrence_key: String,
    /// When.
    pub due_at: Option<DateTime<Utc>>,
    /// Where it is.
    pub state: TargetState,
    /// Why it is held or was passed over.
    pub reason: Option<String>,
    /// It was edited alone.
    pub detached: bool,
    /// It was removed from the lists.
    pub removed: bool,
    /// The engine has begun with it.
    pub begun: bool,
}

impl Planned {
    /// True for what still waits for its time and that nobody has touched.
    pub fn is_ahead(&self, now: DateTime<Utc>) -> bool {
        self.state == TargetState::Scheduled && !self.begun && !self.removed && self.due_at.is_some_and(|due| due > now)
    }
}

/// All targets of a post, in the order of their times.
pub async fn occurrences_of(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId) -> Result<Vec<Planned>> {
    q("SELECT t.id, t.channel_id, t.entry, t.occurrence_key, t.due_at, t.state, t.reason, t.detached, t.deleted_at IS NOT NULL AS removed,
         EXISTS (SELECT 1 FROM parts p WHERE p.target_id = t.id AND (p.state NOT IN ('waiting', 'cancelled') OR p.tries > 0
           OR EXISTS (SELECT 1 FROM steps s WHERE s.part_id = p.id))) AS begun
       FROM targets t WHERE t.org_id = $1 AND t.post_id = $2 ORDER BY t.due_at, t.entry")
    .bind(org)
    .bind(post)
    .all(ex)
    .await
}

/// Names the occurrence that a target is.
pub async fn set_occurrence(tx: &mut Tx, org: OrgId, id: TargetId, key: &str, lapses: bool) -> Result<()> {
    q("UPDATE targets SET occurrence_key = $3, lapses = $4 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .bind(key)
        .bind(lapses)
        .exec(tx)
        .await?;
    Ok(())
}

/// From now on it is edited alone: changes of its recurrence leave it as it is.
pub async fn detach(tx: &mut Tx, org: OrgId, id: TargetId) -> Result<()> {
    q("UPDATE targets SET detached = TRUE WHERE org_id = $1 AND id = $2").bind(org).bind(id).exec(tx).await?;
    Ok(())
}

/// Takes [`detach`] back.
pub async fn attach(tx: &mut Tx, org: OrgId, id: TargetId) -> Result<()> {
    q("UPDATE targets SET detached = FALSE WHERE org_id = $1 AND id = $2").bind(org).bind(id).exec(tx).await?;
    Ok(())
}

/// Takes a planned occurrence back as if it had never been planned. Only for one with which nothing has begun.
pub async fn forget(tx: &mut Tx, org: OrgId, planned: &Planned) -> Result<()> {
    // Parts before the target, as the engine locks them.
    q("DELETE FROM parts WHERE org_id = $1 AND target_id = $2").bind(org).bind(planned.id).exec(tx).await?;
    q("DELETE FROM targets WHERE org_id = $1 AND id = $2").bind(org).bind(planned.id).exec(tx).await?;
    changed(tx, org, planned.channel_id).await
}

/// Holds an occurrence while its recurrence is paused.
pub async fn hold_series(tx: &mut Tx, org: OrgId, id: TargetId, now: DateTime<Utc>) -> Result<()> {
    let target = find_target(&mut *tx, org, id).await?;
    hold(tx, &target, "series", now).await?;
    changed(tx, org, target.channel_id).await
}

/// Lets an occurrence go that was held with its recurrence. One whose time has passed meanwhile is passed over; if it was
/// edited alone, a person is asked.
pub async fn release_series(tx: &mut Tx, org: OrgId, planned: &Planned, now: DateTime<Utc>) -> Result<()> {
    let target = find_target(&mut *tx, org, planned.id).await?;
    match (target.due_at.is_some_and(|due| due > now), planned.detached) {
        (true, _) => {
            resume(tx, &target, now).await?;
            let event =
                Event { kind: "target.released", post: Some(target.post_id), target: Some(target.id), ..Event::default() };
            events::record(tx, org, event, now).await?;
        }
        (false, true) => {
            q("UPDATE targets SET reason = 'late' WHERE org_id = $1 AND id = $2").bind(org).bind(planned.id).exec(tx).await?;
        }
        (false, false) => pass_over(tx, (org, planned.id), "series", now).await?,
    }
    changed(tx, org, target.channel_id).await
}

/// Withdraws an occurrence for which nobody needs to do anything: `reason` says why.
pub async fn pass_over(tx: &mut Tx, (org, id): (OrgId, TargetId), reason: &'static str, now: DateTime<Utc>) -> Result<()> {
    let target: Target = find_target(&mut *tx, org, id).await?;
    q("UPDATE parts SET state = 'cancelled', next_at = NULL WHERE org_id = $1 AND target_id = $2 AND state = 'waiting'")
        .bind(org)
        .bind(id)
        .exec(tx)
        .await?;
    q("UPDATE targets SET state = 'cancelled', reason = $3 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .bind(reason)
        .exec(tx)
        .await?;
    let event = Event {
        kind: "target.passed_over",
        post: Some(target.post_id),
        target: Some(id),
        channel: Some(target.channel_id),
        data: Some(json!({"reason": reason})),
        ..Event::default()
    };
    events::record(tx, org, event, now).await?;
    tx.publish(Topic::Posts(org));
    Ok(())
}
