//! `/organisations`: those of the caller, going over to one, leaving one, making another.

use poem::{handler, web::Path};
use serde::Serialize;

use crate::{
    app::App,
    error::{Error, FieldError, Message, Result},
    identity::{self, enter},
    kit::{OrgId, zone},
    orgs::{self, Caller, Role},
    render::{FieldText, View, text},
    web::{self, Flash, Form, Frame, Peer},
};

const PATH: &str = "/organisations";

/// `templates/identity/organisations.html`.
#[derive(Debug, Serialize)]
struct Organisations {
    organisations: Vec<Row>,
    name: String,
    timezone: String,
    zones: Vec<&'static str>,
    errors: Vec<FieldText>,
}

#[derive(Debug, Serialize)]
struct Row {
    id: OrgId,
    name: String,
    role_text: String,
    current: bool,
}

impl View for Organisations {
    const TEMPLATE: &'static str = "identity/organisations.html";

    fn title(&self) -> Message {
        "organisations.title".into()
    }
}

impl Organisations {
    async fn load(app: &App, caller: &Caller) -> Result<Self> {
        let all = orgs::of_person(&app.db, caller.person()?).await?.into_iter().map(|m| Row {
            id: m.org_id,
            name: m.name,
            role_text: text(&Role::parse(&m.role).words().0.into()),
            current: m.org_id == caller.org,
        });
        Ok(Self {
            organisations: all.collect(),
            name: String::new(),
            timezone: caller.zone.name().to_owned(),
            zones: zone::names(),
            errors: Vec::new(),
        })
    }

    fn with_errors(mut self, form: &Form, errors: &[FieldError]) -> Self {
        form.get("name").clone_into(&mut self.name);
        form.get("timezone").clone_into(&mut self.timezone);
        self.errors = FieldText::list(errors);
        self
    }
}

#[handler]
pub async fn index(app: App, caller: Caller, frame: Frame) -> web::Result {
    Ok(frame.page(&Organisations::load(&app, &caller).await?)?)
}

#[handler]
pub async fn create(app: App, caller: Caller, form: Form, frame: Frame, peer: Peer) -> web::Result {
    match identity::create_organisation(&app, &caller, form.get("name"), form.get("timezone")).await {
        Ok(_) => Ok(Flash::ok("organisations.made").into_response(web::redirect("/channels"), &peer)),
        Err(Error::Invalid(errors)) => Ok(frame.invalid(&Organisations::load(&app, &caller).await?.with_errors(&form, &errors))?),
        Err(e) => Err(e.into()),
    }
}

#[handler]
pub async fn go_over(app: App, caller: Caller, form: Form, peer: Peer) -> web::Result {
    enter(&app, &caller, parse(form.get("organisation"))?).await?;
    Ok(Flash::ok("organisations.entered").into_response(web::redirect("/posts"), &peer))
}

#[handler]
pub async fn leave(app: App, caller: Caller, Path(id): Path<String>, peer: Peer) -> web::Result {
    let flash = match identity::leave(&app, &caller, parse(&id)?).await {
        Ok(()) => Flash::ok("organisations.left"),
        Err(Error::Conflict(message)) => Flash::error(message),
        Err(e) => return Err(e.into()),
    };
    Ok(flash.into_response(web::redirect(PATH), &peer))
}

fn parse(id: &str) -> Result<OrgId> {
    id.parse().map_err(|_| Error::NotFound("organisation"))
}
