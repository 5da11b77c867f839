//! `/setup`: the first owner.

use poem::{Response, handler, http::StatusCode, web::Query};
use serde::{Deserialize, Serialize};

use super::signed_in;
use crate::{
    app::App,
    error::{Error, FieldError, Message},
    identity::{self, Device, Gate, NewOwner},
    kit::{Secret, zone},
    render::{FieldText, View},
    web::{self, Flash, Form, Frame, Peer},
};

/// The page.
#[derive(Debug, Serialize)]
struct Setup {
    token: String,
    email: String,
    name: String,
    organisation: String,
    timezone: String,
    zones: Vec<&'static str>,
    errors: Vec<FieldText>,
}

impl View for Setup {
    const TEMPLATE: &'static str = "identity/setup.html";

    fn title(&self) -> Message {
        "setup.title".into()
    }
}

impl Setup {
    fn new(form: &Form, token: &str, errors: &[FieldError]) -> Self {
        let own = |name| form.get(name).to_owned();
        let timezone = own("timezone");
        Self {
            token: token.to_owned(),
            email: own("email"),
            name: own("name"),
            organisation: own("organisation"),
            timezone: if timezone.is_empty() { "UTC".into() } else { timezone },
            zones: zone::names(),
            errors: FieldText::list(errors),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Link {
    token: String,
}

/// The form, for whoever brings the token; without it the form says so and asks for the token.
#[handler]
pub async fn show(app: App, Query(link): Query<Link>, frame: Frame) -> web::Result {
    match identity::setup_gate(&app, &link.token).await? {
        Gate::Over => Ok(web::redirect("/login")),
        Gate::Shut => refused(frame, &Form::default(), &link.token),
        Gate::Open => Ok(frame.page(&Setup::new(&Form::default(), &link.token, &[]))?),
    }
}

#[handler]
pub async fn create(app: App, device: Device, peer: Peer, form: Form, frame: Frame) -> web::Result {
    let token = form.get("token").trim();
    match identity::setup_gate(&app, token).await? {
        Gate::Over => return Ok(over(&peer)),
        Gate::Shut => return refused(frame, &form, token),
        Gate::Open => {}
    }
    match identity::complete_setup(&app, token, new_owner(&form), &device).await {
        Ok(cookie) => {
            let response = signed_in(web::redirect("/start"), &peer, &cookie);
            Ok(Flash::ok("setup.done").into_response(response, &peer))
        }
        Err(Error::Conflict(_)) => Ok(over(&peer)),
        Err(Error::Invalid(errors)) => Ok(frame.invalid(&Setup::new(&form, token, &errors))?),
        Err(e) => Err(e.into()),
    }
}

fn new_owner(form: &Form) -> NewOwner {
    NewOwner {
        email: form.get("email").to_owned(),
        name: form.get("name").to_owned(),
        password: Secret::new(form.get("password")),
        organisation: form.get("organisation").to_owned(),
        zone: form.get("timezone").to_owned(),
        operator: true,
    }
}

fn refused(frame: Frame, form: &Form, token: &str) -> web::Result {
    let key = if token.is_empty() { "setup.token_missing" } else { "setup.token_wrong" };
    let view = Setup::new(form, token, &[FieldError::new("token", key)]);
    Ok(frame.page_with(StatusCode::FORBIDDEN, &view)?)
}

fn over(peer: &Peer) -> Response {
    Flash::error("setup.over").into_response(web::redirect("/login"), peer)
}
