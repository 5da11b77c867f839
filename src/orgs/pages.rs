//! `/settings/organisation`: its name and zone, its API key. For owners and administrators.

use poem::{IntoResponse as _, Response, Route, get, handler, post};
use serde::Serialize;
use serde_json::json;

use super::{ApiKey, Caller, Organisation, Role, check, replace_api_key};
use crate::{
    app::App,
    error::{Error, FieldError, Message, Result},
    events::{self, Event},
    kit::{Secret, zone},
    render::{FieldText, Moment, View, text},
    web::{self, Flash, Form, Frame, Peer},
};

const PATH: &str = "/settings/organisation";

/// Adds the routes of this feature.
pub fn mount(route: Route) -> Route {
    route.at(PATH, get(show).put(update)).at("/settings/api-key", post(replace_key).get(to_settings))
}

/// The page.
#[derive(Debug, Serialize)]
struct Settings {
    name: String,
    timezone: String,
    zones: Vec<&'static str>,
    errors: Vec<FieldText>,
    key: Option<KeyView>,
    /// Only in the answer to its making.
    new_key: Option<String>,
    base_url: String,
    curl_example: String,
}

#[derive(Debug, Serialize)]
struct KeyView {
    hint: String,
    created: Moment,
}

impl View for Settings {
    const TEMPLATE: &'static str = "orgs/settings.html";

    fn title(&self) -> Message {
        "org.title".into()
    }
}

impl Settings {
    async fn load(app: &App, caller: &Caller) -> Result<Self> {
        let organisation = Organisation::find(&app.db, caller.org).await?;
        let key = ApiKey::find(&app.db, caller.org).await?.map(|key| KeyView {
            hint: format!("…{}", key.hint),
            created: Moment::new(key.created_at, app.clock.now(), caller.zone),
        });
        let base_url = app.link("/public/v1");
        let curl_example = curl(&base_url, &text(&Message::new("org.key_placeholder")));
        Ok(Self {
            name: organisation.name,
            timezone: organisation.zone,
            zones: zone::names(),
            errors: Vec::new(),
            key,
            new_key: None,
            base_url,
            curl_example,
        })
    }

    fn with_new_key(mut self, key: &Secret) -> Self {
        self.curl_example = curl(&self.base_url, key.expose());
        self.new_key = Some(key.expose().to_owned());
        self
    }

    fn with_errors(mut self, form: &Form, errors: &[FieldError]) -> Self {
        form.get("name").clone_into(&mut self.name);
        form.get("timezone").clone_into(&mut self.timezone);
        self.errors = FieldText::list(errors);
        self
    }
}

fn curl(base_url: &str, key: &str) -> String {
    format!("curl {base_url}/integrations \\\n  -H \"Authorization: {key}\"")
}

#[handler]
async fn show(app: App, caller: Caller, frame: Frame) -> web::Result {
    caller.require(Role::Admin)?;
    Ok(frame.page(&Settings::load(&app, &caller).await?)?)
}

#[handler]
async fn update(app: App, caller: Caller, form: Form, frame: Frame, peer: Peer) -> web::Result {
    caller.require(Role::Admin)?;
    match change(&app, &caller, form.get("name"), form.get("timezone")).await {
        Ok(()) => Ok(Flash::ok("org.saved").into_response(web::redirect(PATH), &peer)),
        Err(Error::Invalid(errors)) => Ok(frame.invalid(&Settings::load(&app, &caller).await?.with_errors(&form, &errors))?),
        Err(e) => Err(e.into()),
    }
}

async fn change(app: &App, caller: &Caller, name: &str, zone: &str) -> Result<()> {
    let (name, zone) = match (check::name("name", name), check::zone("timezone", zone)) {
        (Ok(name), Ok(zone)) => (name, zone),
        (name, zone) => return Err(Error::Invalid(name.err().into_iter().chain(zone.err()).collect())),
    };
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    let before = Organisation::find(&mut tx, caller.org).await?;
    if before.name == name && before.zone == zone {
        return Ok(());
    }
    Organisation::update(&mut tx, caller.org, &name, &zone).await?;
    let data = json!({"name": name, "zone": zone, "before": {"name": before.name, "zone": before.zone}});
    let event = Event { kind: "organisation.changed", user: caller.user, data: Some(data), ..Event::default() };
    events::record(&mut tx, caller.org, event, now).await?;
    tx.commit().await
}

/// Answers with the page itself: a key in a redirect would have to travel in a cookie or an address.
#[handler]
async fn replace_key(app: App, caller: Caller, mut frame: Frame) -> web::Result {
    caller.require(Role::Admin)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let key = replace_api_key(&mut tx, caller.org, now).await?;
    let event = Event { kind: "api_key.replaced", user: caller.user, ..Event::default() };
    events::record(&mut tx, caller.org, event, now).await?;
    tx.commit().await?;
    PATH.clone_into(&mut frame.path);
    Ok(frame.page(&Settings::load(&app, &caller).await?.with_new_key(&key))?)
}

#[handler]
fn to_settings() -> Response {
    web::redirect(PATH).into_response()
}
