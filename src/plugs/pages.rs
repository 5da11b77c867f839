//! `/channels/{id}/plugs`: what is done by itself to the posts of a channel.

use poem::{FromRequest, Request, RequestBody, Route, get, handler, put, web::Path};
use serde::Serialize;

use super::model::{self, Past, Stored};
use crate::{
    app::App,
    channels::{
        Channel,
        fields::{self, FormField},
    },
    error::{Error, FieldError, Message, Result},
    kit::{OrgId, text::Doc},
    orgs::{Caller, Role},
    providers::Plug,
    render::{FieldText, Moment, View, text},
    web::{self, Flash, Form, Frame, Peer},
};

/// Runs that are shown.
const PAST: i64 = 20;
/// Characters of a post's text.
const EXCERPT: usize = 80;

/// Adds the routes.
pub fn mount(route: Route) -> Route {
    route.at("/channels/:id/plugs", get(index)).at("/channels/:id/plugs/:name", put(update))
}

/// The page.
#[derive(Debug, Serialize)]
struct Index {
    channel: ChannelView,
    plugs: Vec<PlugView>,
    past: Vec<PastView>,
    errors: Vec<FieldText>,
    can_manage: bool,
}

impl View for Index {
    const TEMPLATE: &'static str = "plugs/index.html";

    fn title(&self) -> Message {
        Message::new("plugs.page_title").with("name", &self.channel.name)
    }
}

#[derive(Debug, Serialize)]
struct ChannelView {
    id: String,
    name: String,
    provider: String,
}

#[derive(Debug, Serialize)]
struct PlugView {
    name: &'static str,
    title: String,
    help: String,
    hours: String,
    active: bool,
    fields: Vec<FormField>,
}

#[derive(Debug, Serialize)]
struct PastView {
    plug: String,
    state: String,
    post: String,
    excerpt: String,
    at: Moment,
    words: String,
}

/// What was filled in and refused.
struct Refused<'a> {
    plug: &'static str,
    form: &'a Form,
    errors: &'a [FieldError],
}

async fn view(app: &App, caller: &Caller, channel: &Channel, refused: Option<Refused<'_>>) -> Result<Index> {
    let known = channel.provider().map(|p| p.about().plugs).unwrap_or_default();
    let stored = Stored::of(&app.db, caller.org, channel.id).await?;
    let past = model::past(&app.db, caller.org, channel.id, PAST).await?;
    let plug = |plug: &Plug| {
        let had = stored.iter().find(|s| s.name == plug.name);
        let typed = refused.as_ref().filter(|r| r.plug == plug.name);
        let fields = match (typed, had) {
            (Some(r), _) => fields::show(plug.fields, &fields::sent(plug.fields, &r.form.0, plug.name), plug.name),
            (None, had) => fields::show(plug.fields, &had.map(|s| s.settings.clone()).unwrap_or_default(), plug.name),
        };
        let active = typed.map_or(had.is_some_and(|s| s.active), |r| r.form.get("active") == "true");
        let hours: Vec<String> = plug.after.iter().map(|seconds| (seconds / 3_600).to_string()).collect();
        PlugView {
            name: plug.name,
            title: text(&plug.title.into()),
            help: text(&plug.help.into()),
            hours: hours.join(", "),
            active,
            fields,
        }
    };
    Ok(Index {
        channel: ChannelView { id: channel.id.to_string(), name: channel.name.clone(), provider: channel.provider.clone() },
        plugs: known.iter().map(plug).collect(),
        past: past.into_iter().map(|p| past_view(app, caller, known, p)).collect(),
        errors: refused.map(|r| FieldText::list(r.errors)).unwrap_or_default(),
        can_manage: caller.role >= Role::Admin,
    })
}

fn past_view(app: &App, caller: &Caller, known: &[Plug], past: Past) -> PastView {
    let title = known.iter().find(|plug| plug.name == past.name).map(|plug| text(&plug.title.into()));
    let plain = Doc::from_html(&past.content).to_plain();
    let words = past.failure.as_ref().and_then(|f| f["message"].as_str()).unwrap_or_default();
    PastView {
        plug: title.unwrap_or(past.name),
        state: text(&Message::new(match past.state.as_str() {
            "waiting" => "plugs.state.waiting",
            "done" => "plugs.state.done",
            "passed" => "plugs.state.passed",
            "failed" => "plugs.state.failed",
            _ => "plugs.state.uncertain",
        })),
        post: past.post_id.to_string(),
        excerpt: plain.chars().take(EXCERPT).collect(),
        at: Moment::new(past.published_at, app.clock.now(), caller.zone),
        words: words.to_owned(),
    }
}

async fn find(app: &App, org: OrgId, id: &str) -> Result<Channel> {
    let id = id.parse().map_err(|_| Error::NotFound("channel"))?;
    Channel::find(&app.db, org, id).await
}

#[handler]
async fn index(app: App, caller: Caller, frame: Frame, Path(id): Path<String>) -> web::Result {
    let channel = find(&app, caller.org, &id).await?;
    Ok(frame.page(&view(&app, &caller, &channel, None).await?)?)
}

/// Stores a plug's settings and switches it on or off.
#[handler]
async fn update(app: App, caller: Caller, frame: Frame, Path((id, name)): Path<(String, String)>, sent: Sent) -> web::Result {
    let Sent { form, peer } = sent;
    caller.require(Role::Admin)?;
    let channel = find(&app, caller.org, &id).await?;
    let known = channel.provider().map(|p| p.about().plugs).unwrap_or_default();
    let plug = known.iter().find(|plug| plug.name == name).ok_or(Error::NotFound("plug"))?;
    let active = form.get("active") == "true";
    let given = fields::answered(plug.fields, &form.0, plug.name);
    let settings = match fields::read_json(plug.fields, &given, "") {
        Ok(settings) => settings,
        // What is switched off may be unfinished.
        Err(_) if !active => given,
        Err(errors) => {
            let named = |e: FieldError| FieldError { field: fields::on_form(plug.fields, &e.field, plug.name), ..e };
            let errors: Vec<FieldError> = errors.into_iter().map(named).collect();
            let refused = Refused { plug: plug.name, form: &form, errors: &errors };
            return Ok(frame.invalid(&view(&app, &caller, &channel, Some(refused)).await?)?);
        }
    };
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    Stored::save(&mut tx, (caller.org, channel.id), (plug.name, &settings), active, now).await?;
    tx.commit().await?;
    let said = if active { "plugs.on" } else { "plugs.off" };
    let flash = Flash::ok(Message::new(said).with("plug", text(&plug.title.into())));
    Ok(flash.into_response(web::redirect(&format!("/channels/{}/plugs", channel.id)), &peer))
}

/// A form that was sent, and by whom.
struct Sent {
    form: Form,
    peer: Peer,
}

impl<'a> FromRequest<'a> for Sent {
    async fn from_request(req: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self { form: Form::from_request(req, body).await?, peer: Peer::from_request(req, body).await? })
    }
}
