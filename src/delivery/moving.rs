//! A person gives a target another time, and takes that back. Each is one transaction of the caller and fails with
//! [`Error::Conflict`] when the engine was faster.

use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};

use super::{
    HOURLY, NOT_APPROVED, TargetState,
    model::{self, Target, find_target},
    trail::note,
};
use crate::{
    db::Tx,
    error::{Error, Result},
    events::{self, Trace},
    kit::{OrgId, TargetId, UserId},
};

/// Events of a target that are looked through for how it stood.
const LOOK_BACK: i64 = 20;

/// True for what may still be given another time, as far as its state tells; [`move_to`] looks closer.
pub fn is_movable(state: TargetState, reason: Option<&str>) -> bool {
    match state {
        TargetState::Draft | TargetState::Scheduled | TargetState::Missed => true,
        // Of a paused series nothing goes out, at no time.
        TargetState::Held => reason != Some("series"),
        _ => false,
    }
}

/// Plans a target for another time, which the caller has judged. A draft stays a draft; what was held or missed is planned.
///
/// [`Error::Conflict`] when something of it has begun, or when its series is paused.
pub async fn move_to(
    tx: &mut Tx,
    org: OrgId,
    id: TargetId,
    due: DateTime<Utc>,
    (user, now): (Option<UserId>, DateTime<Utc>),
) -> Result<()> {
    let target = find_target(&mut *tx, org, id).await?;
    if target.reason.as_deref() == Some("series") {
        return Err(Error::conflict("error.series_rests"));
    }
    if !is_movable(target.state, target.reason.as_deref()) || model::has_begun(tx, id).await? {
        return Err(Error::conflict("error.not_movable"));
    }
    plan(tx, &target, Some(due)).await?;
    let data = json!({
        "due": due, "zone": target.zone, "was": target.due_at, "was_state": target.state.as_str(), "was_reason": target.reason,
    });
    note(tx, &target, ("target.moved", user, Some(data)), now).await
}

/// Takes the last move of a target back: it stands as it stood.
///
/// [`Error::Conflict`] when it was not moved or something has happened to it since, and when the time it had is over
/// although it would go out then.
pub async fn move_back(tx: &mut Tx, org: OrgId, id: TargetId, (user, now): (Option<UserId>, DateTime<Utc>)) -> Result<()> {
    let target = find_target(&mut *tx, org, id).await?;
    let trail = events::page(&mut *tx, org, Some(id), None, LOOK_BACK).await?;
    let before = Before::of(&trail, &target).ok_or_else(|| Error::conflict("error.not_moved"))?;
    if !matches!(target.state, TargetState::Draft | TargetState::Scheduled) || model::has_begun(tx, id).await? {
        return Err(Error::conflict("error.not_movable"));
    }
    match before.state {
        TargetState::Draft => plan(tx, &target, before.due).await?,
        TargetState::Held | TargetState::Missed if before.reason.as_deref() != Some(HOURLY) => {
            let stood = model::stand_as(tx, &target, before.due, (before.state, before.reason.as_deref())).await?;
            if !stood {
                return Err(Error::conflict("error.not_movable"));
            }
        }
        _ if before.due.is_some_and(|due| due > now) => plan(tx, &target, before.due).await?,
        _ => return Err(Error::conflict("error.time_is_over")),
    }
    note(tx, &target, ("target.moved_back", user, Some(json!({"due": before.due, "zone": target.zone}))), now).await
}

async fn plan(tx: &mut Tx, target: &Target, due: Option<DateTime<Utc>>) -> Result<()> {
    let done = match (target.state, due) {
        (TargetState::Draft, due) => model::date_draft(tx, target, due).await?,
        (_, Some(due)) => model::plan_anew(tx, target, due).await?,
        (_, None) => false,
    };
    if done { Ok(()) } else { Err(Error::conflict("error.not_movable")) }
}

/// How a target stood before its last move.
struct Before {
    due: Option<DateTime<Utc>>,
    state: TargetState,
    reason: Option<String>,
}

impl Before {
    /// From its trail, newest first. `None` when it was not moved to where it stands now.
    fn of(trail: &[Trace], target: &Target) -> Option<Self> {
        let moved = trail.iter().find(|event| matches!(event.kind.as_str(), "target.moved" | "target.moved_back"))?;
        let instant = |name: &str| moved.data.get(name).and_then(Json::as_str).and_then(|at| at.parse::<DateTime<Utc>>().ok());
        let word = |name: &str| moved.data.get(name).and_then(Json::as_str);
        if moved.kind != "target.moved" || instant("due") != target.due_at {
            return None;
        }
        let state = TargetState::parse(word("was_state")?)?;
        let reason = word("was_reason");
        // What it became is derived from what it was: anything else has happened since.
        let drafted = state == TargetState::Draft || reason == Some(NOT_APPROVED);
        let became = if drafted { TargetState::Draft } else { TargetState::Scheduled };
        (target.state == became).then(|| Self { due: instant("was"), state, reason: reason.map(str::to_owned) })
    }
}
