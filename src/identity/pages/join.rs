//! `/join/{token}`: accepting an invitation, for strangers and for people who have an account.

use poem::{
    Response, handler,
    http::{HeaderValue, StatusCode},
    web::Path,
};
use serde::Serialize;

use super::signed_in;
use crate::{
    app::App,
    error::{Error, FieldError, Message, Result},
    identity::{self, Device, NewPerson},
    kit::Secret,
    orgs::{self, Caller, Offer, Role, invite},
    render::{FieldText, Moment, View, text},
    web::{self, Flash, Form, Frame, Peer},
};

/// `templates/identity/join.html`.
#[derive(Debug, Serialize)]
struct Join {
    /// `None`: the link is over.
    offer: Option<OfferView>,
    /// The login of whoever is signed in.
    signed_in: Option<String>,
    /// They belong to it already.
    member: bool,
    name: String,
    email: String,
    /// The form for people with an account was used.
    known: bool,
    login_email: String,
    errors: Vec<FieldText>,
}

#[derive(Debug, Serialize)]
struct OfferView {
    organisation: String,
    inviter: Option<String>,
    role_text: String,
    role_help: String,
    ends: Moment,
}

impl View for Join {
    const TEMPLATE: &'static str = "identity/join.html";

    fn title(&self) -> Message {
        "join.title".into()
    }
}

impl Join {
    async fn load(app: &App, token: &str, caller: Option<&Caller>, frame: &Frame) -> Result<Self> {
        let offer = match invite::find(&app.db, token, app.clock.now()).await {
            Ok(offer) => Some(offer),
            Err(Error::NotFound(_)) => None,
            Err(e) => return Err(e),
        };
        let member = match (&offer, caller.and_then(|c| c.user)) {
            (Some(offer), Some(user)) => orgs::role_of(&app.db, offer.org_id, user).await?.is_some(),
            _ => false,
        };
        let email = offer.as_ref().and_then(|offer| offer.email.clone()).unwrap_or_default();
        Ok(Self {
            offer: offer.map(|offer| offer_view(offer, app)),
            signed_in: frame.user.as_ref().map(|user| user.email.clone()),
            member,
            name: String::new(),
            login_email: email.clone(),
            email,
            known: false,
            errors: Vec::new(),
        })
    }

    fn typed(mut self, form: &Form, known: bool, errors: &[FieldError]) -> Self {
        form.get("name").clone_into(&mut self.name);
        let email = if known { &mut self.login_email } else { &mut self.email };
        form.get(if known { "login_email" } else { "email" }).clone_into(email);
        self.known = known;
        self.errors = FieldText::list(errors);
        self
    }
}

fn offer_view(offer: Offer, app: &App) -> OfferView {
    let (label, help) = Role::parse(&offer.role).words();
    OfferView {
        organisation: offer.organisation,
        inviter: offer.inviter,
        role_text: text(&label.into()),
        role_help: text(&help.into()),
        ends: Moment::new(offer.expires_at, app.clock.now(), chrono_tz::Tz::UTC),
    }
}

#[handler]
pub async fn show(app: App, caller: Option<Caller>, frame: Frame, Path(token): Path<String>) -> web::Result {
    page(&app, caller.as_ref(), frame, &token).await
}

async fn page(app: &App, caller: Option<&Caller>, frame: Frame, token: &str) -> web::Result {
    let view = Join::load(app, token, caller, &frame).await?;
    let status = if view.offer.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    Ok(frame.page_with(status, &view)?)
}

/// Who knocks with an invitation.
pub struct Guest {
    caller: Option<Caller>,
    device: Device,
    peer: Peer,
    form: Form,
}

impl<'a> poem::FromRequest<'a> for Guest {
    async fn from_request(req: &'a poem::Request, body: &mut poem::RequestBody) -> poem::Result<Self> {
        Ok(Self {
            caller: req.data::<Caller>().cloned(),
            device: Device::from_request(req, body).await?,
            peer: Peer::from_request(req, body).await?,
            form: Form::from_request(req, body).await?,
        })
    }
}

#[handler]
pub async fn accept(app: App, guest: Guest, frame: Frame, Path(token): Path<String>) -> web::Result {
    let known = guest.form.get("account") == "known";
    match guest.join(&app, &token, known).await {
        Ok(response) => Ok(Flash::ok("join.done").into_response(response, &guest.peer)),
        Err(Error::NotFound(_) | Error::Conflict(_)) => page(&app, guest.caller.as_ref(), frame, &token).await,
        Err(Error::Invalid(errors)) => {
            let errors: Vec<FieldError> = errors.into_iter().map(|e| renamed(e, known)).collect();
            let view = Join::load(&app, &token, guest.caller.as_ref(), &frame).await?;
            Ok(frame.invalid(&view.typed(&guest.form, known, &errors))?)
        }
        Err(Error::RateLimited(wait)) => {
            let wrong = FieldError::new("login_password", "join.wait");
            let view = Join::load(&app, &token, guest.caller.as_ref(), &frame).await?.typed(&guest.form, known, &[wrong]);
            let mut response = frame.page_with(StatusCode::TOO_MANY_REQUESTS, &view)?;
            response.headers_mut().insert("retry-after", HeaderValue::from(wait.as_secs().max(1)));
            Ok(response)
        }
        Err(e) => Err(e.into()),
    }
}

impl Guest {
    async fn join(&self, app: &App, token: &str, known: bool) -> Result<Response> {
        let home = || web::redirect("/posts");
        let form = &self.form;
        if let Some(caller) = &self.caller {
            identity::join_as(app, token, caller).await?;
            return Ok(home());
        }
        let cookie = if known {
            let login = (form.get("login_email"), Secret::new(form.get("login_password")));
            identity::join_known(app, token, login, &self.device).await?
        } else {
            let new = NewPerson {
                name: form.get("name").to_owned(),
                email: form.get("email").to_owned(),
                password: Secret::new(form.get("password")),
            };
            identity::join_new(app, token, new, &self.device).await?
        };
        Ok(signed_in(home(), &self.peer, &cookie))
    }
}

/// Both forms stand on one page, so their fields have names of their own.
fn renamed(error: FieldError, known: bool) -> FieldError {
    match error.field.as_str() {
        "password" if known => FieldError { field: "login_password".into(), ..error },
        "email" if known => FieldError { field: "login_email".into(), ..error },
        _ => error,
    }
}
