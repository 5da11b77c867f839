//! `/channels/connect/{provider}`: the form that connects an account, or reconnects the one named by `channel`; before a
//! consent page or an invitation it is what has to be known first.

use poem::{
    Response, handler,
    http::StatusCode,
    web::{Path, Query},
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Sent, find};
use crate::{
    app::App,
    channels::{
        Connecting, Vault,
        apps::{Source, redirect, source},
        connect::{Step, offered},
        describe::help,
        fields::{self, FormField},
        model::{Channel, DeveloperApp},
    },
    error::{Error, FieldError, Message, Result},
    kit::ChannelId,
    orgs::{Caller, Role},
    providers::{Answers, Auth, Descriptor, FieldKind, Tokens as _},
    render::{FieldText, View},
    web::{self, Flash, Frame, Peer, problem},
};

/// The page.
#[derive(Debug, Clone, Serialize)]
struct Connect {
    provider: ProviderView,
    fields: Vec<FormField>,
    errors: Vec<FieldText>,
    reconnect: Option<ReconnectView>,
    app: Option<AppView>,
}

impl View for Connect {
    const TEMPLATE: &'static str = "channels/connect.html";

    fn title(&self) -> Message {
        match &self.reconnect {
            Some(channel) => Message::new("connect.again").with("name", &channel.name),
            None => Message::new("connect.title").with("provider", self.provider.name),
        }
    }
}

#[derive(Debug, Clone, Serialize)]
struct ProviderView {
    id: &'static str,
    name: &'static str,
    help: String,
    /// `form`, `consent` or `await`.
    auth: &'static str,
    unofficial: bool,
    docs: &'static str,
}

#[derive(Debug, Clone, Serialize)]
struct ReconnectView {
    id: ChannelId,
    name: String,
}

/// The developer app that the platform wants.
#[derive(Debug, Clone, Serialize)]
struct AppView {
    source: Option<Source>,
    redirect: String,
    /// What the form asks for to have one for this channel alone; empty when it has one.
    fields: Vec<FormField>,
    /// Somebody began to fill that in.
    open: bool,
}

/// What the form is shown with.
struct Shown<'a> {
    app: &'a App,
    about: &'static Descriptor,
    again: Option<&'a Channel>,
    source: Option<Source>,
}

impl Connect {
    fn new(shown: &Shown<'_>, answers: &Answers, own: &Answers, errors: &[FieldError]) -> Self {
        let Shown { app, about, again, source } = *shown;
        let open = !own.values().all(String::is_empty) || errors.iter().any(|e| e.field.starts_with("app["));
        let own_app = || AppView {
            source,
            redirect: redirect(app, about),
            fields: if source == Some(Source::Channel) { Vec::new() } else { optional(fields::form(about.app, own, "app")) },
            open,
        };
        Self {
            provider: ProviderView {
                id: about.id,
                name: about.name,
                help: help(about),
                auth: auth(about),
                unofficial: about.unofficial,
                docs: about.docs,
            },
            fields: fields::form(about.connect, answers, ""),
            errors: FieldText::list(errors),
            reconnect: again.map(|c| ReconnectView { id: c.id, name: c.name.clone() }),
            app: (!about.app.is_empty()).then(own_app),
        }
    }
}

/// The browser cannot insist on what need not be filled in at all.
fn optional(mut form: Vec<FormField>) -> Vec<FormField> {
    form.iter_mut().for_each(|field| field.required = false);
    form
}

fn auth(about: &Descriptor) -> &'static str {
    match about.auth {
        Auth::Form => "form",
        Auth::OAuth2(_) => "consent",
        Auth::Await => "await",
    }
}

/// On the way to a platform's consent page. A form that is answered with another site's address is stopped by our own rules
/// for forms, so this page goes there by itself.
#[derive(Debug, Clone, Serialize)]
pub struct Leaving {
    provider: &'static str,
    host: String,
    url: String,
}

impl View for Leaving {
    const TEMPLATE: &'static str = "channels/leaving.html";

    fn title(&self) -> Message {
        Message::new("leaving.title").with("provider", self.provider)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Which {
    channel: String,
}

/// The channel to reconnect, when one is named.
async fn again(app: &App, caller: &Caller, about: &Descriptor, id: &str) -> Result<Option<Channel>> {
    if id.is_empty() {
        return Ok(None);
    }
    let channel = find(app, caller.org, id).await?;
    if channel.provider == about.id { Ok(Some(channel)) } else { Err(Error::NotFound("channel")) }
}

/// What is known of the account that is connected again: its name there, and of its credentials what is no secret.
async fn known(app: &App, about: &Descriptor, again: Option<&Channel>) -> Answers {
    let Some(channel) = again else { return Answers::new() };
    // Credentials that cannot be opened are one more reason to connect again, none to fail here.
    let stored = Vault::open(app, channel.org_id, channel.id).await.map(|vault| vault.current()).unwrap_or_default();
    let shown = about.connect.iter().filter(|field| field.kind != FieldKind::Password);
    let known = shown.filter_map(|field| {
        let handle = matches!(field.name, "handle" | "identifier").then(|| channel.handle.clone());
        Some((field.name.to_owned(), handle.or_else(|| stored[field.name].as_str().map(str::to_owned))?))
    });
    known.collect()
}

async fn shown<'a>(app: &'a App, caller: &Caller, about: &'static Descriptor, again: Option<&'a Channel>) -> Result<Shown<'a>> {
    let source = if about.app.is_empty() {
        None
    } else {
        let entered = DeveloperApp::list(&app.db, caller.org).await?;
        source(app, about, &entered, (caller.org, again.map(|c| c.id)))
    };
    Ok(Shown { app, about, again, source })
}

/// The form.
#[handler]
pub async fn new(app: App, caller: Caller, frame: Frame, Path(id): Path<String>, Query(which): Query<Which>) -> web::Result {
    caller.require(Role::Admin)?;
    let about = offered(&app, &id)?.about();
    let again = again(&app, &caller, about, &which.channel).await?;
    let shown = shown(&app, &caller, about, again.as_ref()).await?;
    Ok(frame.page(&Connect::new(&shown, &known(&app, about, again.as_ref()).await, &Answers::new(), &[]))?)
}

/// Connects, or goes on to where the account is connected; on failure the form again, with everything but the secrets.
#[handler]
pub async fn create(app: App, caller: Caller, frame: Frame, Path(id): Path<String>, sent: Sent) -> web::Result {
    let Sent { form, peer } = sent;
    caller.require(Role::Admin)?;
    let provider = offered(&app, &id)?;
    let about = provider.about();
    let again = again(&app, &caller, about, form.get("channel")).await?;
    let answers = fields::submitted(about.connect, &form.0, "");
    let own = fields::submitted(about.app, &form.0, "app");
    let connecting = Connecting { org: caller.org, by: caller.user, again: again.as_ref().map(|c| c.id) };
    let result = connecting.begin(&app, provider, &answers, &own).await;
    let (status, errors) = match result {
        Ok(step) => return Ok(go_on(step, about, again.is_some(), (frame, &peer))?),
        Err(Error::Invalid(errors)) => (StatusCode::UNPROCESSABLE_ENTITY, errors),
        // The platform's trouble must not cost a person what they typed.
        Err(Error::Provider(failure)) => {
            let message = Message::new("connect.unreachable").with("provider", about.name).with("words", &failure.message);
            (problem::status(&Error::Provider(failure)), vec![FieldError::new("", message)])
        }
        Err(e) => return Err(e.into()),
    };
    let shown = shown(&app, &caller, about, again.as_ref()).await?;
    Ok(frame.page_with(status, &Connect::new(&shown, &answers, &own, &errors))?)
}

/// To where it goes on: the channel, the platform, or the page where something has to be done.
pub fn go_on(step: Step, about: &'static Descriptor, again: bool, (frame, peer): (Frame, &Peer)) -> Result<Response> {
    match step {
        Step::Connected(channel) => {
            let said = if again { "channels.reconnected" } else { "channels.connected" };
            let flash = Flash::ok(Message::new(said).with("name", &channel.name));
            Ok(flash.into_response(web::redirect(&format!("/channels/{}", channel.id)), peer))
        }
        Step::Page(id) => Ok(web::redirect(&format!("/channels/connections/{id}"))),
        Step::Consent { url } => {
            let host = Url::parse(&url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
            frame.page(&Leaving { provider: about.name, host, url })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        channels::fake::{ABOUT, instance},
        providers::{Account, Answers},
    };

    async fn channel(app: &App, org: crate::kit::OrgId) -> Channel {
        let account = Account {
            id: "id:ann".into(),
            name: "Ann <b>".into(),
            handle: "ann".into(),
            picture: None,
            url: None,
            credentials: serde_json::json!({"password": "geheim"}),
        };
        let found = crate::channels::model::Found { org, provider: "fake", account: &account, by: None };
        let mut tx = app.db.begin().await.unwrap();
        let channel = Channel::store(&mut tx, &app.key, &found, app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        channel
    }

    #[tokio::test]
    async fn the_form_comes_back_with_everything_but_the_secret() {
        let (app, org, _dir) = instance().await;
        let answers: Answers = [("identifier", "bob"), ("password", "geheim")].map(|(n, v)| (n.into(), v.into())).into();
        let words = Message::new("connect.refused").with("provider", "Fake").with("words", "no way");
        let errors = [FieldError::new("password", words)];
        let channel = channel(&app, org).await;
        let shown = |again| Shown { app: &app, about: &ABOUT, again, source: None };
        let view = Connect::new(&shown(Some(&channel)), &answers, &Answers::new(), &errors);
        let page = app.pages.render(&view, &Frame::sample()).unwrap();
        assert!(page.contains("value=\"bob\"") && !page.contains("geheim"), "{page}");
        assert!(page.contains("id=\"e-password\"") && page.contains("no way"));
        assert!(page.contains("Reconnect Ann &lt;b&gt;") && page.contains(&format!("value=\"{}\"", channel.id)));
        let first = Connect::new(&shown(None), &Answers::new(), &Answers::new(), &[]);
        let first = app.pages.render(&first, &Frame::sample()).unwrap();
        assert!(first.contains("Connect Fake") && !first.contains("name=\"channel\""));
    }

    #[tokio::test]
    async fn what_is_known_is_filled_in_but_no_secret() {
        let (app, org, _dir) = instance().await;
        let channel = channel(&app, org).await;
        let known = known(&app, &ABOUT, Some(&channel)).await;
        assert_eq!(known, [("identifier".to_owned(), "ann".to_owned())].into());
    }

    #[tokio::test]
    async fn only_a_channel_of_the_provider_can_be_reconnected() {
        let (app, org, _dir) = instance().await;
        let caller = Caller::machine(org, "UTC", crate::orgs::Source::Web);
        let id = channel(&app, org).await.id.to_string();
        assert!(again(&app, &caller, &ABOUT, "").await.unwrap().is_none());
        assert_eq!(again(&app, &caller, &ABOUT, &id).await.unwrap().unwrap().id.to_string(), id);
        let other = Descriptor { id: "other", ..ABOUT };
        assert!(matches!(again(&app, &caller, &other, &id).await, Err(Error::NotFound("channel"))));
        let stranger = Caller { org: crate::kit::OrgId::new(), ..caller };
        assert!(matches!(again(&app, &stranger, &ABOUT, &id).await, Err(Error::NotFound("channel"))));
    }
}
