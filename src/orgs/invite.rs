//! Invitations: a link that lets one person join an organisation, once, for a week. Only the token's hash is kept.
//!
//! Whoever has the link may use it; that it went to an address by mail proves nothing. Knows no accounts and no mail.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{
    Caller, Role,
    member::{note, reaches},
    model_invite::{self as model, NewInvite, Offer},
    model_member,
};
use crate::{
    db::{Ex, Tx},
    error::{Error, OrNotFound as _, Result},
    kit::{
        InviteId, OrgId, Secret, UserId,
        crypto::{random_token, sha256},
    },
};

/// How long one can be accepted.
pub const VALID: TimeDelta = TimeDelta::days(7);
/// Most that wait at a time.
const MOST: usize = 100;
/// Longest token: what is longer is none of ours.
const LONGEST: usize = 64;

/// Makes one and gives the token of its link: only here, only now. `email` must have been checked.
pub async fn create(
    tx: &mut Tx,
    caller: &Caller,
    role: Role,
    email: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(InviteId, Secret)> {
    caller.require(Role::Admin)?;
    if !reaches(caller.role, role) {
        return Err(Error::forbidden("people.above_you"));
    }
    if model::open(&mut *tx, caller.org, now).await?.len() >= MOST {
        return Err(Error::invalid("email", "people.too_many_invites"));
    }
    let (id, token) = (InviteId::new(), random_token());
    let new = NewInvite { id, hash: sha256(token.as_bytes()), role, email, by: caller.user };
    model::insert(tx, caller.org, new, now, now + VALID).await?;
    let data = json!({"invite": id, "role": role.as_str(), "email": email});
    note(tx, (caller.org, caller.user), "member.invited", data, now).await?;
    Ok((id, Secret::new(token)))
}

/// What a link offers; [`Error::NotFound`] when it is over or was never ours.
pub async fn find(ex: impl Into<Ex<'_>>, token: &str, now: DateTime<Utc>) -> Result<Offer> {
    if token.len() > LONGEST {
        return Err(Error::NotFound("invitation"));
    }
    model::by_hash(ex, sha256(token.as_bytes()), now).await.or_not_found("invitation")
}

/// One of an organisation that can be accepted.
pub async fn find_by_id(ex: impl Into<Ex<'_>>, org: OrgId, id: InviteId, now: DateTime<Utc>) -> Result<Option<Offer>> {
    model::by_id(ex, org, id, now).await
}

/// Those of an organisation that can be accepted, newest first.
pub async fn open(ex: impl Into<Ex<'_>>, org: OrgId, now: DateTime<Utc>) -> Result<Vec<Offer>> {
    model::open(ex, org, now).await
}

/// Makes the person a member. [`Error::Conflict`] when somebody was faster, or they are one already: then the link stays
/// good.
pub async fn accept(tx: &mut Tx, offer: &Offer, user: UserId, now: DateTime<Utc>) -> Result<()> {
    if !model::take(tx, offer.id, user, now).await? {
        return Err(Error::conflict("join.over"));
    }
    let role = Role::parse(&offer.role);
    if !model_member::add(tx, offer.org_id, (user, role), now).await? {
        return Err(Error::conflict("join.member"));
    }
    let data = json!({"member": user, "role": role.as_str(), "invite": offer.id});
    note(tx, (offer.org_id, Some(user)), "member.joined", data, now).await
}

/// Ends one, or takes that back.
pub async fn set_revoked(tx: &mut Tx, caller: &Caller, id: InviteId, revoked: bool, now: DateTime<Utc>) -> Result<()> {
    caller.require(Role::Admin)?;
    if !model::set_revoked(tx, caller.org, id, revoked.then_some(now), now).await? {
        return Err(Error::NotFound("invitation"));
    }
    let kind = if revoked { "member.invite_revoked" } else { "member.invite_restored" };
    note(tx, (caller.org, caller.user), kind, json!({"invite": id}), now).await
}
