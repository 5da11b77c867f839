//! `/settings/account`: one's own name, password and sessions.

use poem::{Response, handler, web::Path};
use serde::Serialize;

use crate::{
    app::App,
    error::{Error, FieldError, Message, Result},
    identity::{self, device, session},
    kit::{Secret, SessionId},
    orgs::Caller,
    render::{FieldText, Language, Moment, View, text},
    web::{self, Flash, Form, Frame, Peer},
};

const PATH: &str = "/settings/account";

/// The page.
#[derive(Debug, Serialize)]
struct Account {
    /// The login.
    email: String,
    /// What stands in the form for another one.
    new_email: String,
    name: String,
    /// The code of the language they chose; empty: that of the browser.
    language: String,
    languages: Vec<Choice>,
    errors: Vec<FieldText>,
    sessions: Vec<SessionView>,
}

#[derive(Debug, Serialize)]
struct Choice {
    value: &'static str,
    label: String,
}

#[derive(Debug, Serialize)]
struct SessionView {
    id: SessionId,
    current: bool,
    agent: String,
    address: String,
    last_seen: Moment,
}

impl View for Account {
    const TEMPLATE: &'static str = "identity/account.html";

    fn title(&self) -> Message {
        "settings.account".into()
    }
}

impl Account {
    async fn load(app: &App, caller: &Caller, frame: &Frame) -> Result<Self> {
        let user = frame.user.as_ref().ok_or(Error::Unauthorized)?;
        let now = app.clock.now();
        let sessions = session::list(app, caller.person()?).await?.into_iter().map(|session| SessionView {
            id: session.id,
            current: Some(session.id) == caller.session,
            agent: device::describe(&session.agent),
            address: session.address,
            last_seen: Moment::new(session.seen_at, now, caller.zone),
        });
        let browser = Choice { value: "", label: text(&Message::new("account.language_of_browser")) };
        let languages = Language::all().map(|language| Choice { value: language.code(), label: language.name() });
        Ok(Self {
            new_email: user.email.clone(),
            email: user.email.clone(),
            name: user.name.clone(),
            language: user.language.unwrap_or_default().to_owned(),
            languages: std::iter::once(browser).chain(languages).collect(),
            errors: Vec::new(),
            sessions: sessions.collect(),
        })
    }
}

#[handler]
pub async fn show(app: App, caller: Caller, frame: Frame) -> web::Result {
    let view = Account::load(&app, &caller, &frame).await?;
    Ok(frame.page(&view)?)
}

#[handler]
pub async fn rename(app: App, caller: Caller, form: Form, frame: Frame, peer: Peer) -> web::Result {
    match identity::rename(&app, &caller, form.get("name")).await {
        Ok(()) => Ok(Flash::ok("account.saved").into_response(web::redirect(PATH), &peer)),
        Err(Error::Invalid(errors)) => {
            let mut view = Account::load(&app, &caller, &frame).await?;
            form.get("name").clone_into(&mut view.name);
            wrong(frame, view, &errors)
        }
        Err(e) => Err(e.into()),
    }
}

#[handler]
pub async fn choose_language(app: App, caller: Caller, form: Form, frame: Frame) -> web::Result {
    match identity::choose_language(&app, caller.person()?, form.get("language")).await {
        Ok(()) => Ok(web::redirect(PATH)),
        Err(Error::Invalid(errors)) => {
            let view = Account::load(&app, &caller, &frame).await?;
            wrong(frame, view, &errors)
        }
        Err(e) => Err(e.into()),
    }
}

#[handler]
pub async fn change_email(app: App, caller: Caller, form: Form, frame: Frame, peer: Peer) -> web::Result {
    let current = Secret::new(form.get("email_password"));
    match identity::change_email(&app, &caller, form.get("email"), current).await {
        Ok(()) => Ok(Flash::ok("account.email_changed").into_response(web::redirect(PATH), &peer)),
        Err(Error::Invalid(errors)) => {
            let mut view = Account::load(&app, &caller, &frame).await?;
            form.get("email").clone_into(&mut view.new_email);
            wrong(frame, view, &errors)
        }
        Err(e) => Err(e.into()),
    }
}

#[handler]
pub async fn change_password(app: App, caller: Caller, form: Form, frame: Frame, peer: Peer) -> web::Result {
    let (current, new) = (Secret::new(form.get("current")), Secret::new(form.get("password")));
    match identity::change_password(&app, &caller, current, new).await {
        Ok(()) => Ok(Flash::ok("account.password_changed").into_response(web::redirect(PATH), &peer)),
        Err(Error::Invalid(errors)) => {
            let view = Account::load(&app, &caller, &frame).await?;
            wrong(frame, view, &errors)
        }
        Err(e) => Err(e.into()),
    }
}

fn wrong(mut frame: Frame, mut view: Account, errors: &[FieldError]) -> web::Result {
    PATH.clone_into(&mut frame.path);
    view.errors = FieldText::list(errors);
    Ok(frame.invalid(&view)?)
}

#[handler]
pub async fn end_session(app: App, caller: Caller, Path(id): Path<String>, peer: Peer) -> web::Result {
    let id = id.parse().map_err(|_| Error::NotFound("session"))?;
    session::end(&app, caller.person()?, id).await?;
    Ok(Flash::ok("account.session_ended").into_response(web::redirect(PATH), &peer))
}

#[handler]
pub async fn end_others(app: App, caller: Caller, peer: Peer) -> web::Result {
    session::end_others(&app, &caller).await?;
    Ok(Flash::ok("account.others_ended").into_response(web::redirect(PATH), &peer))
}

#[handler]
pub fn to_account() -> Response {
    web::redirect(PATH)
}
