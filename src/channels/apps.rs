//! The developer apps that platforms want: a client id and a secret, or a bot's token. Knows no platform.

use std::borrow::Cow;

use crate::{
    app::App,
    channels::{Channel, Vault},
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
    /// For an organisation, or for one channel of it. The developer app is that of the instance's configuration.
    pub async fn of(app: &'a App, of: (OrgId, Option<ChannelId>), about: &Descriptor) -> Result<Self> {
        let _ = of;
        let keys = app.config.providers.get(about.id).map_or_else(|| Cow::Owned(Answers::new()), |p| Cow::Borrowed(&p.app));
        Ok(Self { app, keys, redirect: redirect(app, about), about: about.id })
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

/// Where a platform sends people back to this instance after they consented: what a developer app must name, exactly.
pub fn redirect(app: &App, about: &Descriptor) -> String {
    app.link(&format!("/integrations/social/{}", about.id))
}
