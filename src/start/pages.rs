//! `/start`: the first steps, each with its button; works without a script and follows the first post by itself.

use poem::{Response, Route, get, handler, post};
use serde::Serialize;
use url::form_urlencoded::Serializer;

use super::{
    model::{self, Facts, Newest},
    steps::{self, Step},
};
use crate::{
    app::App,
    channels::{self, Connecting},
    delivery::TargetState,
    error::{Error, Message, Result},
    kit::ChannelId,
    orgs::{Caller, Role},
    providers::Answers,
    render::{View, text},
    web::{self, Flash, Frame, Peer},
};

const PATH: &str = "/start";

/// Adds the routes of this feature.
pub fn mount(route: Route) -> Route {
    route
        .at(PATH, get(show))
        .at("/start/channel", post(connect).get(to_start))
        .at("/start/hiding", post(hide).get(to_start))
        .at("/start/return", post(unhide).get(to_start))
}

/// `templates/start/index.html`.
#[derive(Debug, Serialize)]
struct Start {
    steps: Vec<StepView>,
    done: usize,
    all: usize,
    complete: bool,
    hidden: bool,
    /// Seconds until the page looks again by itself; `None` while nothing will change soon.
    refresh_seconds: Option<i64>,
}

#[derive(Debug, Serialize)]
struct StepView {
    title: String,
    text: String,
    icon: &'static str,
    done: bool,
    /// The one to do now.
    current: bool,
    /// What is going on with it.
    note: Option<String>,
    action: Option<Action>,
}

#[derive(Debug, Serialize)]
struct Action {
    url: String,
    label: String,
    /// It changes something: a form.
    sends: bool,
}

impl View for Start {
    const TEMPLATE: &'static str = "start/index.html";

    fn title(&self) -> Message {
        "start.title".into()
    }
}

/// What the steps are told from.
struct Told {
    facts: Facts,
    channel: Option<ChannelId>,
    newest: Option<Newest>,
    /// The address of the sandbox's wall.
    wall: String,
}

impl Told {
    async fn read(app: &App, caller: &Caller) -> Result<Self> {
        let facts = model::facts(&app.db, caller.org, caller.person()?).await?;
        let channel = model::channel(&app.db, caller.org).await?;
        let newest = model::newest(&app.db, caller.org, facts.published).await?;
        Ok(Self { facts, channel, newest, wall: app.link("/sandbox/") })
    }

    fn view(&self) -> Start {
        let next = steps::next(&self.facts);
        let moves = self.newest.as_ref().is_some_and(|n| matches!(n.state, Some(TargetState::Sending | TargetState::Scheduled)));
        let step = |step: Step| StepView {
            title: say(step.title()),
            text: say(step.text()),
            icon: step.icon(),
            done: step.is_done(&self.facts),
            current: next == Some(step),
            note: self.note(step),
            action: self.action(step),
        };
        Start {
            steps: Step::ALL.map(step).into(),
            done: Step::ALL.iter().filter(|step| step.is_done(&self.facts)).count(),
            all: Step::ALL.len(),
            complete: next.is_none(),
            hidden: self.facts.hidden,
            refresh_seconds: (moves && !self.facts.published).then_some(2),
        }
    }

    fn note(&self, step: Step) -> Option<String> {
        let state = self.newest.as_ref().filter(|_| step == Step::Publish && !self.facts.published)?.state;
        Some(say(match state {
            Some(TargetState::Sending) => "start.publish_sending",
            Some(TargetState::Scheduled) => "start.publish_scheduled",
            Some(TargetState::Draft) | None => "start.publish_draft",
            Some(_) => "start.publish_look",
        }))
    }

    /// The button of a step, also of one that is done when there is something to see.
    fn action(&self, step: Step) -> Option<Action> {
        let done = step.is_done(&self.facts);
        let link = |url: String, label| Some(Action { url, label: say(label), sends: false });
        match step {
            Step::Practice if done => None,
            Step::Practice => Some(Action { url: "/start/channel".into(), label: say("start.practice_do"), sends: true }),
            Step::Write if done => None,
            Step::Write => self.channel.and_then(|channel| link(first_post(channel), "start.write_do")),
            Step::Publish => {
                let newest = self.newest.as_ref()?;
                match newest.url.as_ref().filter(|url| done && url.starts_with(&self.wall)) {
                    Some(url) => link(url.clone(), "start.publish_wall"),
                    None if done => link(format!("/posts/{}", newest.post_id), "start.publish_see"),
                    None => link(format!("/posts/{}", newest.post_id), "start.publish_do"),
                }
            }
            Step::Real if done => None,
            Step::Real => link("/channels/connect".into(), "start.real_do"),
            Step::Invite if done => None,
            Step::Invite => link("/settings/members".into(), "start.invite_do"),
            Step::Times => link(format!("/channels/{}#slots", self.channel.filter(|_| !done)?), "start.times_do"),
        }
    }
}

/// The composer with words that can be sent as they are.
fn first_post(channel: ChannelId) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("channels", &channel.to_string());
    query.append_pair("when", "now");
    query.append_pair("text", &say("start.first_words"));
    format!("/posts/new?{}", query.finish())
}

fn say(key: &'static str) -> String {
    text(&Message::new(key))
}

#[handler]
async fn show(app: App, caller: Caller, frame: Frame) -> web::Result {
    caller.require(Role::Admin)?;
    Ok(frame.page(&Told::read(&app, &caller).await?.view())?)
}

/// Connects the sandbox of this instance, once.
#[handler]
async fn connect(app: App, caller: Caller, peer: Peer) -> web::Result {
    caller.require(Role::Admin)?;
    if model::facts(&app.db, caller.org, caller.person()?).await?.practice_channel {
        return Ok(web::redirect(PATH));
    }
    let sandbox = channels::offered(&app, "sandbox")?;
    let answers = Answers::from([("handle".to_owned(), "me".to_owned())]);
    let connecting = Connecting { org: caller.org, by: caller.user, again: None };
    let flash = match connecting.begin(&app, sandbox, &answers, &Answers::new()).await {
        Ok(_) => Flash::ok("start.practice_done"),
        Err(Error::Provider(failure)) => Flash::error(Message::new("start.practice_failed").with("words", &failure.message)),
        Err(e) => return Err(e.into()),
    };
    Ok(flash.into_response(web::redirect(PATH), &peer))
}

#[handler]
async fn hide(app: App, caller: Caller, peer: Peer) -> web::Result {
    let mut tx = app.db.begin().await?;
    model::hide(&mut tx, caller.org, caller.person()?, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Flash::ok("start.hidden").undo("/start/return", "common.undo").into_response(web::redirect("/calendar"), &peer))
}

#[handler]
async fn unhide(app: App, caller: Caller) -> web::Result {
    let mut tx = app.db.begin().await?;
    model::unhide(&mut tx, caller.org, caller.person()?).await?;
    tx.commit().await?;
    Ok(web::redirect(PATH))
}

#[handler]
fn to_start() -> Response {
    web::redirect(PATH)
}
