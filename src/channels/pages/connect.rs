//! `/channels/connect/{provider}`: the form that connects an account, or reconnects the one named by `channel`.

use poem::{
    handler,
    http::StatusCode,
    web::{Path, Query},
};
use serde::{Deserialize, Serialize};

use super::{Sent, find};
use crate::{
    app::App,
    channels::{
        Connecting,
        describe::help,
        fields::{self, FormField},
        model::Channel,
    },
    error::{Error, FieldError, Message, Result},
    kit::ChannelId,
    orgs::{Caller, Role},
    providers::{self, Answers, Descriptor, Provider},
    render::{FieldText, View},
    web::{self, Flash, Frame, problem},
};

/// The page.
#[derive(Debug, Clone, Serialize)]
struct Connect {
    provider: ProviderView,
    fields: Vec<FormField>,
    errors: Vec<FieldText>,
    reconnect: Option<ReconnectView>,
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
}

#[derive(Debug, Clone, Serialize)]
struct ReconnectView {
    id: ChannelId,
    name: String,
}

impl Connect {
    fn new(about: &Descriptor, answers: &Answers, again: Option<&Channel>, errors: &[FieldError]) -> Self {
        Self {
            provider: ProviderView { id: about.id, name: about.name, help: help(about) },
            fields: fields::form(about.connect, answers, ""),
            errors: FieldText::list(errors),
            reconnect: again.map(|c| ReconnectView { id: c.id, name: c.name.clone() }),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Which {
    channel: String,
}

fn provider(id: &str) -> Result<&'static dyn Provider> {
    providers::find(id).ok_or(Error::NotFound("provider"))
}

/// The channel to reconnect, when one is named.
async fn again(app: &App, caller: &Caller, about: &Descriptor, id: &str) -> Result<Option<Channel>> {
    if id.is_empty() {
        return Ok(None);
    }
    let channel = find(app, caller.org, id).await?;
    if channel.provider == about.id { Ok(Some(channel)) } else { Err(Error::NotFound("channel")) }
}

/// What is known of the account that is connected again: its name there.
fn known(about: &Descriptor, again: Option<&Channel>) -> Answers {
    let names = about.connect.iter().map(|f| f.name).filter(|name| matches!(*name, "handle" | "identifier"));
    again.map(|c| names.map(|name| (name.into(), c.handle.clone())).collect()).unwrap_or_default()
}

/// The form.
#[handler]
pub async fn new(app: App, caller: Caller, frame: Frame, Path(id): Path<String>, Query(which): Query<Which>) -> web::Result {
    caller.require(Role::Admin)?;
    let about = provider(&id)?.about();
    let again = again(&app, &caller, about, &which.channel).await?;
    Ok(frame.page(&Connect::new(about, &known(about, again.as_ref()), again.as_ref(), &[]))?)
}

/// Connects; on failure the form again, with everything but the secrets.
#[handler]
pub async fn create(app: App, caller: Caller, frame: Frame, Path(id): Path<String>, sent: Sent) -> web::Result {
    let Sent { form, peer } = sent;
    caller.require(Role::Admin)?;
    let about = provider(&id)?.about();
    let again = again(&app, &caller, about, form.get("channel")).await?;
    let answers = fields::submitted(about.connect, &form.0, "");
    let connecting = Connecting { org: caller.org, by: caller.user, again: again.as_ref().map(|c| c.id) };
    let view = |errors: &[FieldError]| Connect::new(about, &answers, again.as_ref(), errors);
    match connecting.run(&app, about.id, &answers).await {
        Ok(channel) => {
            let said = if again.is_some() { "channels.reconnected" } else { "channels.connected" };
            let flash = Flash::ok(Message::new(said).with("name", &channel.name));
            Ok(flash.into_response(web::redirect(&format!("/channels/{}", channel.id)), &peer))
        }
        Err(Error::Invalid(errors)) => Ok(frame.invalid(&view(&errors))?),
        // The platform's trouble must not cost a person what they typed.
        Err(Error::Provider(failure)) => {
            let message = Message::new("connect.unreachable").with("provider", about.name).with("words", &failure.message);
            let status: StatusCode = problem::status(&Error::Provider(failure));
            Ok(frame.page_with(status, &view(&[FieldError::new("", message)]))?)
        }
        Err(e) => Err(e.into()),
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
            credentials: serde_json::json!({}),
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
        let view = Connect::new(&ABOUT, &answers, Some(&channel), &errors);
        let page = app.pages.render(&view, &Frame::sample()).unwrap();
        assert!(page.contains("value=\"bob\"") && !page.contains("geheim"), "{page}");
        assert!(page.contains("id=\"e-password\"") && page.contains("no way"));
        assert!(page.contains("Reconnect Ann &lt;b&gt;") && page.contains(&format!("value=\"{}\"", channel.id)));
        let first = app.pages.render(&Connect::new(&ABOUT, &Answers::new(), None, &[]), &Frame::sample()).unwrap();
        assert!(first.contains("Connect Fake") && !first.contains("name=\"channel\""));
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
