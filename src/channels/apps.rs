//! The developer apps that platforms want: a client id and a secret, or a bot's token. Knows no platform.
//!
//! One is entered for a channel, for an organisation or for the whole instance, or stands in the configuration; the nearest
//! to the channel counts, as a whole. [`Reach`] is the one place that opens them for a call.

mod change;

use std::borrow::Cow;

use serde::Serialize;

pub use self::change::Change;
use crate::{
    app::App,
    channels::{
        Channel, Vault,
        model::{DeveloperApp, nearest},
    },
    error::Result,
    kit::{ChannelId, OrgId},
    providers::{Access, Answers, Descriptor, Link},
};

/// This instance's side of every call to a platform: the developer app in force, and where people are sent back to.
pub struct Reach<'a> {
    app: &'a App,
    keys: Cow<'a, Answers>,
    redirect: String,
    about: &'static str,
}

impl<'a> Reach<'a> {
    /// For an organisation, or for one channel of it, with the developer app in force there.
    pub async fn of(app: &'a App, (org, channel): (OrgId, Option<ChannelId>), about: &Descriptor) -> Result<Self> {
        let entered = match about.app {
            [] => None,
            _ => DeveloperApp::in_force(&app.db, (org, channel), about.id).await?,
        };
        let keys = match entered {
            Some(entered) => Cow::Owned(entered.open(&app.key)?),
            None => configured(app, about).map_or_else(|| Cow::Owned(Answers::new()), Cow::Borrowed),
        };
        Ok(Self { app, keys, redirect: redirect(app, about), about: about.id })
    }

    /// With this developer app instead, unless it is empty.
    pub fn using(mut self, own: &'a Answers) -> Self {
        if !own.is_empty() {
            self.keys = Cow::Borrowed(own);
        }
        self
    }

    /// False when the platform wants a developer app and there is none.
    pub fn is_complete(&self, about: &Descriptor) -> bool {
        about.app.iter().filter(|f| f.required && f.when.is_none()).all(|f| self.keys.get(f.name).is_some_and(|v| !v.is_empty()))
    }

    /// Before an account exists.
    pub fn link(&self) -> Link<'_> {
        Link {
            http: &self.app.http,
            hosts: self.app.provider_hosts(self.about),
            app: &self.keys,
            redirect: &self.redirect,
            now: self.app.clock.now(),
        }
    }

    /// To a connected account.
    pub fn access<'b>(&'b self, channel: &'b Channel, vault: &'b Vault) -> Access<'b> {
        let Link { http, hosts, app, redirect, now } = self.link();
        Access { http, hosts, app, redirect, account: &channel.remote_id, tokens: vault, now }
    }
}

/// Where a developer app that is in force comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The channel has its own.
    Channel,
    /// Entered for the organisation.
    Organisation,
    /// Entered for the instance.
    Instance,
    /// `providers.<id>.app` of the configuration.
    Configuration,
}

/// Where the developer app of an organisation, or of one channel of it, comes from; `None`: there is none. `entered` holds
/// at least those of the provider that count there.
pub fn source(
    app: &App,
    about: &Descriptor,
    entered: &[DeveloperApp],
    (org, channel): (OrgId, Option<ChannelId>),
) -> Option<Source> {
    let of_provider: Vec<DeveloperApp> = entered.iter().filter(|a| a.provider == about.id).cloned().collect();
    match nearest(&of_provider, org, channel) {
        Some(DeveloperApp { channel_id: Some(_), .. }) => Some(Source::Channel),
        Some(DeveloperApp { org_id: Some(_), .. }) => Some(Source::Organisation),
        Some(_) => Some(Source::Instance),
        None => configured(app, about).map(|_| Source::Configuration),
    }
}

/// The developer app of the configuration.
fn configured<'a>(app: &'a App, about: &Descriptor) -> Option<&'a Answers> {
    app.config.providers.get(about.id).map(|p| &p.app).filter(|fields| !fields.is_empty())
}

/// False for a provider without anything official behind it that nobody has switched on.
pub fn is_offered(app: &App, about: &Descriptor) -> bool {
    !about.unofficial || app.config.providers.get(about.id).is_some_and(|p| p.enabled)
}

/// Where a platform sends people back to this instance after they consented: what a developer app must name, exactly.
pub fn redirect(app: &App, about: &Descriptor) -> String {
    app.link(&format!("/integrations/social/{}", about.id))
}
