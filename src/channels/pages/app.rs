//! `/settings/apps/{provider}`, `/admin/apps/{provider}` and `/channels/{id}/app`: one developer app, of an organisation, of the
//! instance or of a channel: how to make one, entering it, trying it, removing it. Secrets are never shown again.

use poem::{FromRequest, Request, RequestBody, handler};
use serde::Serialize;

use super::{Sent, find};
use crate::{
    app::App,
    channels::{
        Channel,
        apps::{Change, Source, redirect, source},
        connect::offered,
        fields::{self, FormField},
        model::{DeveloperApp, Owner, nearest, users},
    },
    error::{Error, FieldError, Message, Result},
    kit::ChannelId,
    orgs::{Caller, Role},
    providers::{Answers, Auth, Descriptor, FieldKind, Provider, Trial},
    render::{FieldText, Moment, View, lookup, text},
    web::{self, Flash, Frame, Peer},
};

/// Most channels that are named.
const NAMED: usize = 20;

/// The page.
#[derive(Debug, Clone, Serialize)]
struct AppPage {
    /// `instance`, `organisation` or `channel`.
    scope: &'static str,
    here: String,
    back: String,
    provider: &'static str,
    provider_id: &'static str,
    docs: &'static str,
    channel: Option<String>,
    steps: Vec<String>,
    redirect: String,
    /// The address that platforms send people back to is not encrypted, which most refuse.
    plain: bool,
    scopes: Vec<&'static str>,
    fields: Vec<FormField>,
    errors: Vec<FieldText>,
    entered: Option<Entered>,
    source: Option<Source>,
    users: Vec<UserView>,
    more: usize,
    can_try: bool,
}

impl View for AppPage {
    const TEMPLATE: &'static str = "channels/app.html";

    fn title(&self) -> Message {
        Message::new("apps.of").with("provider", self.provider)
    }
}

#[derive(Debug, Clone, Serialize)]
struct Entered {
    client_id: String,
    at: Moment,
}

#[derive(Debug, Clone, Serialize)]
struct UserView {
    name: String,
    /// Only on the page of the instance, where the channel itself has no link.
    organisation: Option<String>,
    url: Option<String>,
}

/// Whose developer app a request is about, and by somebody who may change it.
pub struct Place {
    app: App,
    caller: Caller,
    peer: Peer,
    owner: Owner,
    provider: &'static dyn Provider,
    channel: Option<Channel>,
    here: String,
}

impl<'a> FromRequest<'a> for Place {
    async fn from_request(req: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let app = App::from_request(req, body).await?;
        let caller = Caller::from_request(req, body).await?;
        let peer = Peer::from_request(req, body).await?;
        let parameter = |name: &str| req.raw_path_param(name).unwrap_or_default().to_owned();
        Ok(Self::find((app, caller, peer), req.uri().path(), (&parameter("provider"), &parameter("id"))).await?)
    }
}

impl Place {
    async fn find((app, caller, peer): (App, Caller, Peer), path: &str, (provider, id): (&str, &str)) -> Result<Self> {
        let (owner, provider_id, channel) = if path.starts_with("/admin/") {
            caller.require_operator()?;
            (Owner::Instance, provider.to_owned(), None)
        } else {
            caller.require(Role::Admin)?;
            if path.starts_with("/settings/") {
                (Owner::Organisation(caller.org), provider.to_owned(), None)
            } else {
                let channel = find(&app, caller.org, id).await?;
                (Owner::Channel(caller.org, channel.id), channel.provider.clone(), Some(channel))
            }
        };
        let provider = offered(&app, &provider_id)?;
        if provider.about().app.is_empty() {
            return Err(Error::NotFound("app"));
        }
        let here = match owner {
            Owner::Instance => format!("/admin/apps/{}", provider.about().id),
            Owner::Organisation(_) => format!("/settings/apps/{}", provider.about().id),
            Owner::Channel(_, id) => format!("/channels/{id}/app"),
        };
        Ok(Self { app, caller, peer, owner, provider, channel, here })
    }

    fn about(&self) -> &'static Descriptor {
        self.provider.about()
    }

    fn change(&self) -> Change<'_> {
        Change { app: &self.app, owner: self.owner, provider: self.provider, by: self.caller.user }
    }

    fn channel_id(&self) -> Option<ChannelId> {
        self.channel.as_ref().map(|c| c.id)
    }

    /// The page; `given` is a form that could not be taken.
    async fn page(&self, given: Option<&Answers>, errors: &[FieldError]) -> Result<AppPage> {
        let (app, about) = (&self.app, self.about());
        let entered = DeveloperApp::find(&app.db, self.owner, about.id).await?;
        let stored = entered.as_ref().map(|e| e.open(&app.key)).transpose()?.unwrap_or_default();
        let all = DeveloperApp::of_provider(&app.db, self.owner, about.id).await?;
        let mut form = fields::form(about.app, given.unwrap_or(&stored), "");
        // What is stored need not be typed again.
        form.iter_mut().filter(|f| f.kind == "password" && entered.is_some()).for_each(|f| f.required = false);
        let (users, more) = self.users(&all).await?;
        let redirect = redirect(app, about);
        Ok(AppPage {
            scope: match self.owner {
                Owner::Instance => "instance",
                Owner::Organisation(_) => "organisation",
                Owner::Channel(..) => "channel",
            },
            here: self.here.clone(),
            back: self.back(),
            provider: about.name,
            provider_id: about.id,
            docs: about.docs,
            channel: self.channel.as_ref().map(|c| c.name.clone()),
            steps: steps(about, &redirect),
            plain: redirect.starts_with("http://"),
            redirect,
            scopes: match about.auth {
                Auth::OAuth2(how) => how.scopes.to_vec(),
                _ => Vec::new(),
            },
            fields: form,
            errors: FieldText::list(errors),
            can_try: entered.is_some() || (self.owner == Owner::Instance && self.source(&all) == Some(Source::Configuration)),
            entered: entered
                .map(|e| Entered { client_id: e.client_id, at: Moment::new(e.set_at, app.clock.now(), self.caller.zone) }),
            source: self.source(&all),
            users,
            more,
        })
    }

    fn back(&self) -> String {
        match self.owner {
            Owner::Instance => "/admin/apps".into(),
            Owner::Organisation(_) => "/settings/apps".into(),
            Owner::Channel(_, id) => format!("/channels/{id}"),
        }
    }

    /// Where the one in force comes from; on the page of the instance, its own or the configuration's.
    fn source(&self, all: &[DeveloperApp]) -> Option<Source> {
        let of_instance: Vec<DeveloperApp> = all.iter().filter(|a| a.org_id.is_none()).cloned().collect();
        let all = if self.owner == Owner::Instance { &of_instance } else { all };
        source(&self.app, self.about(), all, (self.caller.org, self.channel_id()))
    }

    /// The channels that use this one, the first of them named.
    async fn users(&self, all: &[DeveloperApp]) -> Result<(Vec<UserView>, usize)> {
        let instance = self.owner == Owner::Instance;
        let of_owner = |found: Option<&DeveloperApp>| match self.owner {
            Owner::Instance => found.is_none_or(|a| a.org_id.is_none()),
            Owner::Organisation(_) => found.is_some_and(|a| a.org_id.is_some() && a.channel_id.is_none()),
            Owner::Channel(..) => found.is_some_and(|a| a.channel_id.is_some()),
        };
        let users = users(&self.app.db, self.owner, self.about().id).await?;
        let using: Vec<_> = users.into_iter().filter(|user| of_owner(nearest(all, user.org_id, Some(user.id)))).collect();
        let more = using.len().saturating_sub(NAMED);
        let view = |user: crate::channels::model::User| UserView {
            organisation: instance.then_some(user.organisation),
            url: (!instance).then(|| format!("/channels/{}", user.id)),
            name: user.name,
        };
        Ok((using.into_iter().take(NAMED).map(view).collect(), more))
    }

    fn said(&self, key: &'static str, reconnect: usize) -> poem::Response {
        let message = Message::new(key).with("provider", self.about().name);
        let message = match reconnect {
            0 => message,
            n => Message::new("apps.saved_reconnect").with("provider", self.about().name).with("count", n),
        };
        Flash::ok(message).into_response(web::redirect(&self.here), &self.peer)
    }
}

/// The catalogue's `provider.<id>.setup`: a step a line; `{redirect}` is this instance's address.
fn steps(about: &Descriptor, redirect: &str) -> Vec<String> {
    let lines = lookup(&format!("provider.{}.setup", about.id)).unwrap_or_default();
    lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| line.replace("{redirect}", redirect)).collect()
}

/// The page.
#[handler]
pub async fn show(place: Place, frame: Frame) -> web::Result {
    Ok(frame.page(&place.page(None, &[]).await?)?)
}

/// Enters or replaces it.
#[handler]
pub async fn update(place: Place, frame: Frame, sent: Sent) -> web::Result {
    let given = fields::submitted(place.about().app, &sent.form.0, "");
    match place.change().set(&given).await {
        Ok(reconnect) => Ok(place.said("apps.saved", reconnect)),
        Err(Error::Invalid(errors)) => Ok(frame.invalid(&place.page(Some(&public(place.about(), &given)), &errors).await?)?),
        Err(e) => Err(e.into()),
    }
}

fn public(about: &Descriptor, given: &Answers) -> Answers {
    let shown = |name: &str| about.app.iter().any(|f| f.name == name && f.kind != FieldKind::Password);
    given.iter().filter(|(name, _)| shown(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Removes it.
#[handler]
pub async fn remove(place: Place) -> web::Result {
    let reconnect = place.change().remove().await?;
    Ok(place.said("apps.removed", reconnect))
}

/// Asks the platform whether it knows it.
#[handler]
pub async fn attempt(place: Place) -> web::Result {
    let name = place.about().name;
    let flash = match place.change().trial().await {
        Ok(Trial::Works) => Flash::ok(Message::new("apps.works").with("provider", name)),
        Ok(Trial::Unclear(words)) => Flash::error(Message::new("apps.unclear").with("provider", name).with("words", words)),
        Err(Error::Provider(failure)) => {
            Flash::error(Message::new("apps.fails").with("provider", name).with("words", text_of(&failure.message)))
        }
        Err(e) => return Err(e.into()),
    };
    Ok(flash.into_response(web::redirect(&place.here), &place.peer))
}

fn text_of(words: &str) -> String {
    if words.is_empty() { text(&"connect.no_reason".into()) } else { words.chars().take(300).collect() }
}
