//! Who belongs to an organisation: who may change it, and the changes with their lines in the audit trail.
//!
//! Knows no sessions: whose browser works for which organisation is identity's.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{Caller, Role, model_member as model};
use crate::{
    db::Tx,
    error::{Error, OrNotFound as _, Result},
    events::{self, Event},
    kit::{OrgId, UserId},
};

/// How long a removal can be taken back.
const UNDO: TimeDelta = TimeDelta::minutes(15);

/// True when somebody of role `actor` may change a member of role `of`, or give somebody that role: nobody reaches above
/// themselves, and members reach nobody.
pub fn reaches(actor: Role, of: Role) -> bool {
    actor >= Role::Admin && actor >= of
}

fn require_reach(caller: &Caller, of: Role) -> Result<()> {
    if reaches(caller.role, of) { Ok(()) } else { Err(Error::forbidden("people.above_you")) }
}

/// Gives a member another role. [`Error::Conflict`] when no owner would be left.
pub async fn set_role(tx: &mut Tx, caller: &Caller, user: UserId, role: Role, now: DateTime<Utc>) -> Result<()> {
    caller.require(Role::Admin)?;
    model::lock(tx, caller.org).await?;
    let was = model::role_of(&mut *tx, caller.org, user).await.or_not_found("member")?;
    require_reach(caller, was)?;
    require_reach(caller, role)?;
    if was == role {
        return Ok(());
    }
    keep_an_owner(tx, caller.org, was).await?;
    model::set_role(tx, caller.org, user, role).await?;
    let data = json!({"member": user, "role": role.as_str(), "was": was.as_str()});
    note(tx, (caller.org, caller.user), "member.role_changed", data, now).await
}

/// Takes a member out. [`Error::Conflict`] for the last owner.
pub async fn remove(tx: &mut Tx, caller: &Caller, user: UserId, now: DateTime<Utc>) -> Result<()> {
    caller.require(Role::Admin)?;
    model::lock(tx, caller.org).await?;
    let role = model::role_of(&mut *tx, caller.org, user).await.or_not_found("member")?;
    require_reach(caller, role)?;
    keep_an_owner(tx, caller.org, role).await?;
    model::remove(tx, caller.org, user).await?;
    model::remember(tx, caller.org, (user, role), now).await?;
    let data = json!({"member": user, "role": role.as_str()});
    note(tx, (caller.org, caller.user), "member.removed", data, now).await
}

/// Takes the removal of a member back, within a quarter of an hour.
pub async fn bring_back(tx: &mut Tx, caller: &Caller, user: UserId, now: DateTime<Utc>) -> Result<()> {
    caller.require(Role::Admin)?;
    let role = model::former_role(tx, caller.org, user, now - UNDO).await.or_not_found("member")?;
    require_reach(caller, role)?;
    model::add(tx, caller.org, (user, role), now).await?;
    let data = json!({"member": user, "role": role.as_str()});
    note(tx, (caller.org, caller.user), "member.brought_back", data, now).await
}

/// Leaves an organisation. [`Error::Conflict`] for its last owner.
pub async fn leave(tx: &mut Tx, org: OrgId, user: UserId, now: DateTime<Utc>) -> Result<()> {
    model::lock(tx, org).await?;
    let role = model::role_of(&mut *tx, org, user).await.or_not_found("organisation")?;
    keep_an_owner(tx, org, role).await?;
    model::remove(tx, org, user).await?;
    note(tx, (org, Some(user)), "member.left", json!({"member": user, "role": role.as_str()}), now).await
}

/// An organisation without an owner could not be given one any more.
async fn keep_an_owner(tx: &mut Tx, org: OrgId, leaving: Role) -> Result<()> {
    if leaving == Role::Owner && model::owners(tx, org).await? < 2 {
        return Err(Error::conflict("people.last_owner"));
    }
    Ok(())
}

pub(super) async fn note(
    tx: &mut Tx,
    (org, user): (OrgId, Option<UserId>),
    kind: &'static str,
    data: serde_json::Value,
    now: DateTime<Utc>,
) -> Result<()> {
    events::record(tx, org, Event { kind, user, data: Some(data), ..Event::default() }, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_reaches_above_themselves_and_members_reach_nobody() {
        use Role::{Admin, Member, Owner};
        for (actor, of, may) in [
            (Owner, Owner, true),
            (Owner, Admin, true),
            (Owner, Member, true),
            (Admin, Owner, false),
            (Admin, Admin, true),
            (Admin, Member, true),
            (Member, Member, false),
            (Member, Owner, false),
        ] {
            assert_eq!(reaches(actor, of), may, "{actor:?} {of:?}");
        }
    }
}
