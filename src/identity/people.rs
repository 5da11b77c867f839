//! Changing who works for an organisation, with what that means for their sessions; making another organisation.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};

use super::{InviteMail, account, model::session as sessions, session};
use crate::{
    app::App,
    db::Tx,
    error::{Error, OrNotFound as _, Result},
    events::{self, Event},
    kit::{InviteId, OrgId, Secret, UserId},
    orgs::{self, Caller, Organisation, Role, invite as invites, member},
    queue,
};

/// Most organisations that one person may own.
const MOST_OWNED: i64 = 50;

/// Gives a member another role.
pub async fn set_role(app: &App, caller: &Caller, user: UserId, role: Role) -> Result<()> {
    let mut tx = app.db.begin().await?;
    member::set_role(&mut tx, caller, user, role, app.clock.now()).await?;
    tx.commit().await
}

/// Takes a member out. Their sessions go on with another organisation of theirs, or end.
pub async fn remove(app: &App, caller: &Caller, user: UserId) -> Result<()> {
    let mut tx = app.db.begin().await?;
    member::remove(&mut tx, caller, user, app.clock.now()).await?;
    sessions::turn_away(&mut tx, user, caller.org).await?;
    tx.commit().await
}

/// Takes a removal back.
pub async fn bring_back(app: &App, caller: &Caller, user: UserId) -> Result<()> {
    let mut tx = app.db.begin().await?;
    member::bring_back(&mut tx, caller, user, app.clock.now()).await?;
    tx.commit().await
}

/// Leaves an organisation of the caller's.
pub async fn leave(app: &App, caller: &Caller, org: OrgId) -> Result<()> {
    let (user, mut tx) = (caller.person()?, app.db.begin().await?);
    member::leave(&mut tx, org, user, app.clock.now()).await?;
    sessions::turn_away(&mut tx, user, org).await?;
    tx.commit().await
}

/// Makes another organisation of which the caller is the owner, and goes on there. Errors name the fields `name` and
/// `timezone`.
pub async fn create_organisation(app: &App, caller: &Caller, name: &str, zone: &str) -> Result<OrgId> {
    let user = caller.person()?;
    let (name, zone) = match (orgs::check::name("name", name), orgs::check::zone("timezone", zone)) {
        (Ok(name), Ok(zone)) => (name, zone),
        (name, zone) => return Err(Error::Invalid(name.err().into_iter().chain(zone.err()).collect())),
    };
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    if orgs::owned(&mut tx, user).await? >= MOST_OWNED {
        return Err(Error::invalid("name", "people.too_many_organisations"));
    }
    let org = Organisation::create(&mut tx, user, &name, &zone, now).await?;
    let event = Event { kind: "organisation.created", user: Some(user), ..Event::default() };
    events::record(&mut tx, org, event, now).await?;
    session::enter_in(&mut tx, caller, org).await?;
    tx.commit().await?;
    Ok(org)
}

/// Makes an invitation and gives its token, only here. `email` may be empty; otherwise the link is mailed there as well,
/// when mail is on. Errors name the fields `role` and `email`.
pub async fn invite(app: &App, caller: &Caller, role: &str, email: &str) -> Result<Secret> {
    let role = Role::read(role).ok_or_else(|| Error::invalid("role", "people.role_unknown"))?;
    let email = match email.trim() {
        "" => None,
        given => Some(account::email(given).map_err(|e| Error::Invalid(vec![e]))?),
    };
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    let token = make(app, &mut tx, caller, (role, email.as_deref()), now).await?;
    tx.commit().await?;
    Ok(token)
}

/// Replaces an invitation by a new one of the same kind, whose link is known.
pub async fn renew_invite(app: &App, caller: &Caller, id: InviteId) -> Result<Secret> {
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    let old = invites::find_by_id(&mut tx, caller.org, id, now).await.or_not_found("invitation")?;
    invites::set_revoked(&mut tx, caller, id, true, now).await?;
    let token = make(app, &mut tx, caller, (Role::parse(&old.role), old.email.as_deref()), now).await?;
    tx.commit().await?;
    Ok(token)
}

async fn make(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    (role, email): (Role, Option<&str>),
    now: DateTime<Utc>,
) -> Result<Secret> {
    let (id, token) = invites::create(tx, caller, role, email, now).await?;
    if email.is_some() && app.mail.is_on() {
        let sealed = URL_SAFE_NO_PAD.encode(app.key.seal(&InviteMail::place(id), token.expose().as_bytes()));
        queue::enqueue(tx, &InviteMail { org: caller.org, invite: id, sealed }, now).await?;
    }
    Ok(token)
}
