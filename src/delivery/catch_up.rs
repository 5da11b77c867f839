//! What becomes of what could not go out at its time: the engine's answer by the policy, and a person's.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    TargetState,
    model::{self, Target, find_target},
    policy::Policy,
    slot,
    trail::note,
};
use crate::{
    channels::Channel,
    config,
    db::Tx,
    error::{Error, Result},
    kit::{ChannelId, OrgId, TargetId, UserId},
    orgs::LatePolicy,
};

/// The reason of a target that is held because its channel has had its posts of the hour. It needs nobody.
pub const HOURLY: &str = "hourly_limit";

/// Does with a late target, of which nothing has begun, what the policy says. Without a free posting time within two years
/// it is held.
pub async fn apply(tx: &mut Tx, target: &Target, then: LatePolicy, now: DateTime<Utc>) -> Result<()> {
    match then {
        LatePolicy::Hold => model::hold(tx, target, "late", now).await,
        LatePolicy::Skip => {
            if model::miss(tx, target, "late").await? {
                note(tx, target, ("target.missed", None, Some(json!({"reason": "late"}))), now).await?;
            }
            Ok(())
        }
        LatePolicy::NextFreeSlot => match move_on(tx, target, None, now).await? {
            Some(_) => Ok(()),
            None => model::hold(tx, target, "late", now).await,
        },
    }
}

/// Shows that the channel has had its posts of the hour; it goes on by itself.
pub async fn hold_for_the_hour(tx: &mut Tx, target: &Target, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<()> {
    if target.reason.as_deref() == Some(HOURLY) {
        return Ok(());
    }
    model::show_held(tx, target, HOURLY).await?;
    note(tx, target, ("target.held", None, Some(json!({"reason": HOURLY, "until": until}))), now).await
}

/// Lets targets go that were held for a channel that works again; the late ones of which nothing is or may be live are dealt
/// with as their channel's policy says. Tells how many were touched.
pub async fn release_held(tx: &mut Tx, config: &config::Delivery, now: DateTime<Utc>) -> Result<usize> {
    let held = model::held_for_channels(tx).await?;
    let mut policies: HashMap<ChannelId, Policy> = HashMap::new();
    for target in &held {
        let policy = match policies.get(&target.channel_id) {
            Some(policy) => *policy,
            None => Policy::load(&mut *tx, config, target.org_id, target.channel_id).await?,
        };
        policies.insert(target.channel_id, policy);
        let late = target.due_at.and_then(|due| policy.judge(due, now));
        match late.filter(|_| target.published_at.is_none()) {
            Some(then) if !model::is_under_way(tx, target.id).await? => apply(tx, target, then, now).await?,
            _ => model::let_go(tx, target, now).await?,
        }
    }
    Ok(held.len())
}

/// Plans a target that waits, is held or was missed for the next free posting time of its channel, and tells it.
///
/// [`Error::Conflict`] when something of it has begun, or when no time is free within two years.
pub async fn move_to_free_slot(
    tx: &mut Tx,
    org: OrgId,
    id: TargetId,
    user: Option<UserId>,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>> {
    let target = waiting(tx, org, id).await?;
    move_on(tx, &target, user, now).await?.ok_or_else(|| Error::conflict("error.no_free_slot"))
}

/// Lets the time of a target pass for good: it is shown as missed, and can still be sent or planned anew.
///
/// [`Error::Conflict`] when something of it has begun.
pub async fn skip(tx: &mut Tx, org: OrgId, id: TargetId, user: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
    let target = waiting(tx, org, id).await?;
    if !model::miss(tx, &target, "skipped").await? {
        return Err(Error::conflict("error.not_waiting"));
    }
    note(tx, &target, ("target.missed", user, Some(json!({"reason": "skipped"}))), now).await
}

async fn waiting(tx: &mut Tx, org: OrgId, id: TargetId) -> Result<Target> {
    let target = find_target(&mut *tx, org, id).await?;
    let waits = matches!(target.state, TargetState::Scheduled | TargetState::Held | TargetState::Missed);
    if !waits || model::has_begun(tx, id).await? {
        return Err(Error::conflict("error.not_waiting"));
    }
    Ok(target)
}

/// `None`: there is no free time, or the target is no longer as it was.
async fn move_on(tx: &mut Tx, target: &Target, user: Option<UserId>, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    let channel = Channel::find(&mut *tx, target.org_id, target.channel_id).await?;
    let Some(due) = slot::free_slot(tx, &channel, now).await? else { return Ok(None) };
    if !model::plan_anew(tx, target, due).await? {
        return Ok(None);
    }
    let data = json!({"due": due, "was": target.due_at, "zone": channel.zone});
    note(tx, target, ("target.moved", user, Some(data)), now).await?;
    Ok(Some(due))
}
