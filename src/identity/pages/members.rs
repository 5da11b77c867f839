//! `/settings/members`: who belongs to the organisation, as what, and who is invited. Everybody may look; owners and
//! administrators change.

use poem::{Response, handler, web::Path};
use serde::Serialize;

use crate::{
    app::App,
    error::{Error, FieldError, Message, Result},
    identity::{self, Member},
    kit::{InviteId, Secret, UserId},
    orgs::{Caller, Offer, Role, invite, member::reaches},
    render::{FieldText, Moment, View, text},
    web::{self, Flash, Form, Frame, Peer},
};

const PATH: &str = "/settings/members";

/// `templates/identity/members.html`.
#[derive(Debug, Serialize)]
struct Members {
    members: Vec<Row>,
    invites: Vec<InviteRow>,
    /// What the caller may give, the least first.
    roles: Vec<Choice>,
    /// The caller may change something here.
    manages: bool,
    mail_on: bool,
    /// The link just made: only in the answer to its making.
    link: Option<String>,
    /// The address that it goes to as well.
    mailed_to: String,
    email: String,
    role: String,
    errors: Vec<FieldText>,
}

#[derive(Debug, Serialize)]
struct Row {
    id: UserId,
    name: String,
    email: String,
    role: &'static str,
    role_text: String,
    seen: Option<Moment>,
    me: bool,
    /// The caller may change or remove this member.
    changeable: bool,
}

#[derive(Debug, Serialize)]
struct InviteRow {
    id: InviteId,
    email: Option<String>,
    role_text: String,
    inviter: Option<String>,
    ends: Moment,
}

#[derive(Debug, Serialize)]
struct Choice {
    value: &'static str,
    label: String,
    help: String,
}

impl View for Members {
    const TEMPLATE: &'static str = "identity/members.html";

    fn title(&self) -> Message {
        "people.title".into()
    }
}

impl Members {
    async fn load(app: &App, caller: &Caller) -> Result<Self> {
        let now = app.clock.now();
        let manages = caller.role >= Role::Admin;
        let members = identity::members(&app.db, caller.org).await?.into_iter().map(|m| row(m, app, caller));
        let invites = if manages { invite::open(&app.db, caller.org, now).await? } else { Vec::new() };
        Ok(Self {
            members: members.collect(),
            invites: invites.into_iter().map(|offer| invite_row(offer, app, caller)).collect(),
            roles: Role::ALL.into_iter().filter(|role| reaches(caller.role, *role)).map(choice).collect(),
            manages,
            mail_on: app.mail.is_on(),
            link: None,
            mailed_to: String::new(),
            email: String::new(),
            role: Role::Member.as_str().to_owned(),
            errors: Vec::new(),
        })
    }

    fn with_link(mut self, app: &App, token: &Secret, email: &str) -> Self {
        self.link = Some(app.link(&format!("/join/{}", token.expose())));
        if self.mail_on {
            email.trim().clone_into(&mut self.mailed_to);
        }
        self
    }

    fn with_errors(mut self, form: &Form, errors: &[FieldError]) -> Self {
        form.get("email").clone_into(&mut self.email);
        form.get("role").clone_into(&mut self.role);
        self.errors = FieldText::list(errors);
        self
    }
}

fn row(member: Member, app: &App, caller: &Caller) -> Row {
    let role = Role::parse(&member.role);
    Row {
        id: member.user_id,
        role: role.as_str(),
        role_text: text(&role.words().0.into()),
        seen: member.seen_at.map(|at| Moment::new(at, app.clock.now(), caller.zone)),
        me: Some(member.user_id) == caller.user,
        changeable: reaches(caller.role, role),
        name: member.name,
        email: member.email,
    }
}

fn invite_row(offer: Offer, app: &App, caller: &Caller) -> InviteRow {
    InviteRow {
        id: offer.id,
        role_text: text(&Role::parse(&offer.role).words().0.into()),
        ends: Moment::new(offer.expires_at, app.clock.now(), caller.zone),
        email: offer.email,
        inviter: offer.inviter,
    }
}

fn choice(role: Role) -> Choice {
    let (label, help) = role.words();
    Choice { value: role.as_str(), label: text(&label.into()), help: text(&help.into()) }
}

#[handler]
pub async fn show(app: App, caller: Caller, frame: Frame) -> web::Result {
    Ok(frame.page(&Members::load(&app, &caller).await?)?)
}

/// Answers with the page itself: a link in a redirect would have to travel in a cookie or an address.
#[handler]
pub async fn make_invite(app: App, caller: Caller, form: Form, mut frame: Frame) -> web::Result {
    caller.require(Role::Admin)?;
    PATH.clone_into(&mut frame.path);
    match identity::invite(&app, &caller, form.get("role"), form.get("email")).await {
        Ok(token) => Ok(frame.page(&Members::load(&app, &caller).await?.with_link(&app, &token, form.get("email")))?),
        Err(Error::Invalid(errors)) => Ok(frame.invalid(&Members::load(&app, &caller).await?.with_errors(&form, &errors))?),
        Err(e) => Err(e.into()),
    }
}

#[handler]
pub fn to_members() -> Response {
    web::redirect(PATH)
}

/// Makes a new link for an invitation whose link was lost.
#[handler]
pub async fn renew(app: App, caller: Caller, Path(id): Path<String>, mut frame: Frame) -> web::Result {
    caller.require(Role::Admin)?;
    let id = parse(&id)?;
    let offer = invite::find_by_id(&app.db, caller.org, id, app.clock.now()).await?;
    let email = offer.and_then(|offer| offer.email).unwrap_or_default();
    let token = identity::renew_invite(&app, &caller, id).await?;
    PATH.clone_into(&mut frame.path);
    Ok(frame.page(&Members::load(&app, &caller).await?.with_link(&app, &token, &email))?)
}

#[handler]
pub async fn revoke(app: App, caller: Caller, Path(id): Path<String>, peer: Peer) -> web::Result {
    set_revoked(&app, &caller, &id, true).await?;
    let undo = format!("/settings/invites/{id}/restoration");
    Ok(back(Flash::ok("people.revoked").undo(undo, "common.undo"), &peer))
}

#[handler]
pub async fn restore(app: App, caller: Caller, Path(id): Path<String>, peer: Peer) -> web::Result {
    set_revoked(&app, &caller, &id, false).await?;
    Ok(back(Flash::ok("people.invite_restored"), &peer))
}

async fn set_revoked(app: &App, caller: &Caller, id: &str, revoked: bool) -> Result<()> {
    let mut tx = app.db.begin().await?;
    invite::set_revoked(&mut tx, caller, parse(id)?, revoked, app.clock.now()).await?;
    tx.commit().await
}

#[handler]
pub async fn change_role(app: App, caller: Caller, Path(id): Path<String>, form: Form, peer: Peer) -> web::Result {
    caller.require(Role::Admin)?;
    let role = Role::read(form.get("role")).ok_or_else(|| Error::invalid("role", "people.role_unknown"))?;
    done(identity::set_role(&app, &caller, parse_user(&id)?, role).await, Flash::ok("people.role_changed"), &peer)
}

#[handler]
pub async fn remove(app: App, caller: Caller, Path(id): Path<String>, peer: Peer) -> web::Result {
    caller.require(Role::Admin)?;
    let user = parse_user(&id)?;
    if Some(user) == caller.user {
        return Err(Error::conflict("people.leave_instead").into());
    }
    let undo = Flash::ok("people.removed").undo(format!("{PATH}/{user}/restoration"), "common.undo");
    done(identity::remove(&app, &caller, user).await, undo, &peer)
}

#[handler]
pub async fn bring_back(app: App, caller: Caller, Path(id): Path<String>, peer: Peer) -> web::Result {
    identity::bring_back(&app, &caller, parse_user(&id)?).await?;
    Ok(back(Flash::ok("people.brought_back"), &peer))
}

/// What may not be is said where it was tried.
fn done(result: Result<()>, flash: Flash, peer: &Peer) -> web::Result {
    match result {
        Ok(()) => Ok(back(flash, peer)),
        Err(Error::Conflict(message)) => Ok(back(Flash::error(message), peer)),
        Err(e) => Err(e.into()),
    }
}

fn back(flash: Flash, peer: &Peer) -> Response {
    flash.into_response(web::redirect(PATH), peer)
}

fn parse(id: &str) -> Result<InviteId> {
    id.parse().map_err(|_| Error::NotFound("invitation"))
}

fn parse_user(id: &str) -> Result<UserId> {
    id.parse().map_err(|_| Error::NotFound("member"))
}
