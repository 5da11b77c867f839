//! `/settings/notices`: which mails somebody wants, and when.

use poem::handler;
use serde::Serialize;

use crate::{
    app::App,
    error::{Error, Message, Result},
    notify::{
        How, choose, model,
        words::{kind_name, kind_text},
    },
    orgs::Caller,
    render::{FieldText, View, text},
    web::{self, Flash, Form, Frame, Peer},
};

const PATH: &str = "/settings/notices";

/// `templates/notify/choices.html`.
#[derive(Debug, Serialize)]
struct Choices {
    kinds: Vec<Row>,
    ways: Vec<Way>,
    email: String,
    mail_on: bool,
    errors: Vec<FieldText>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: &'static str,
    label: String,
    help: String,
    value: String,
}

/// As `form.select` takes it.
#[derive(Debug, Serialize)]
struct Way {
    value: &'static str,
    label: String,
}

impl View for Choices {
    const TEMPLATE: &'static str = "notify/choices.html";

    fn title(&self) -> Message {
        "notices.choices".into()
    }
}

impl Choices {
    async fn read(app: &App, caller: &Caller, frame: &Frame) -> Result<Self> {
        let rows = model::choices(&app.db, caller.person()?).await?.into_iter().map(|(kind, how)| Row {
            name: kind.as_str(),
            label: kind_name(kind),
            help: kind_text(kind),
            value: how.as_str().to_owned(),
        });
        let email = frame.user.as_ref().ok_or(Error::Unauthorized)?.email.clone();
        Ok(Self { kinds: rows.collect(), ways: ways(), email, mail_on: app.mail.is_on(), errors: Vec::new() })
    }
}

fn ways() -> Vec<Way> {
    let label = |how| match how {
        How::AtOnce => "notices.at_once",
        How::Daily => "notices.daily",
        How::Never => "notices.never",
    };
    How::ALL.map(|how| Way { value: how.as_str(), label: text(&Message::new(label(how))) }).into()
}

#[handler]
pub async fn show(app: App, caller: Caller, frame: Frame) -> web::Result {
    let view = Choices::read(&app, &caller, &frame).await?;
    Ok(frame.page(&view)?)
}

#[handler]
pub async fn update(app: App, caller: Caller, form: Form, frame: Frame, peer: Peer) -> web::Result {
    match choose::choose(&app, caller.person()?, |name| form.get(name)).await {
        Ok(()) => Ok(Flash::ok("notices.chosen").into_response(web::redirect(PATH), &peer)),
        Err(Error::Invalid(errors)) => {
            let view = Choices { errors: FieldText::list(&errors), ..Choices::read(&app, &caller, &frame).await? };
            Ok(frame.invalid(&view)?)
        }
        Err(e) => Err(e.into()),
    }
}
