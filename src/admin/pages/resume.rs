//! `/admin/resume`: what was due while a restored instance was not itself, and the two ways to go on. For the operator.

use poem::{Route, get, handler};
use serde::Serialize;

use crate::{
    app::App,
    delivery::{self, Overdue, Resume},
    error::{Error, Message, Result},
    instance,
    orgs::Caller,
    providers,
    render::{Moment, View},
    web::{self, Flash, Form, Frame, Peer},
};

const PATH: &str = "/admin/resume";

/// Adds the routes.
pub fn mount(route: Route) -> Route {
    route.at(PATH, get(show).post(resume))
}

/// The page.
#[derive(Debug, Serialize)]
struct Paused {
    held: bool,
    /// The history that was forgotten cannot be looked up at all.
    blind: bool,
    last_alive: Option<Moment>,
    overdue: Vec<OverdueView>,
}

#[derive(Debug, Serialize)]
struct OverdueView {
    organisation: String,
    channel: String,
    provider: String,
    provider_name: &'static str,
    posts: i64,
    earliest: Moment,
    can_be_looked_up: bool,
}

impl View for Paused {
    const TEMPLATE: &'static str = "admin/resume.html";

    fn title(&self) -> Message {
        "paused.title".into()
    }
}

impl Paused {
    async fn load(app: &App, caller: &Caller) -> Result<Self> {
        let now = app.clock.now();
        let moment = |at| Moment::new(at, now, caller.zone);
        let held = instance::held(&app.db).await?;
        let blind = held.as_ref().is_some_and(|h| h.reason == "restored_blind");
        let overdue = if held.is_some() { delivery::overdue(&app.db, now).await? } else { Vec::new() };
        let view = |o: Overdue| OverdueView {
            can_be_looked_up: !blind && o.can_be_looked_up(),
            provider_name: providers::find(&o.provider).map_or("", |p| p.about().name),
            earliest: moment(o.earliest),
            organisation: o.organisation,
            channel: o.channel,
            provider: o.provider,
            posts: o.posts,
        };
        Ok(Self {
            held: held.is_some(),
            blind,
            last_alive: held.and_then(|h| h.since).map(moment),
            overdue: overdue.into_iter().map(view).collect(),
        })
    }
}

#[handler]
async fn show(app: App, caller: Caller, frame: Frame) -> web::Result {
    caller.require_operator()?;
    Ok(frame.page(&Paused::load(&app, &caller).await?)?)
}

#[handler]
async fn resume(app: App, caller: Caller, form: Form, peer: Peer) -> web::Result {
    caller.require_operator()?;
    let how = match form.get("overdue") {
        "look_up" => Resume::Reconcile,
        "hold" => Resume::HoldOverdue,
        other => {
            let message = Message::new("error.not_understood").with("detail", format!("overdue = {other}"));
            return Err(Error::invalid("overdue", message).into());
        }
    };
    let done = delivery::resume_instance(&app, how).await?;
    let message = Message::new("paused.done").with("looked_up", done.looked_up).with("count", done.held);
    Ok(Flash::ok(message).into_response(web::redirect("/posts"), &peer))
}
