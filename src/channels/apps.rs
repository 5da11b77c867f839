//! The developer apps that platforms want: a client id and a secret, or a bot's token. Knows no platform.

use std::borrow::Cow;

use crate::{
    app::App,
    error::Result,
    kit::{ChannelId, OrgId},
    providers::{Answers, Descriptor},
};

/// The developer app in force for an organisation's channel: of the instance's configuration. Empty where none is set up.
pub async fn keys<'a>(app: &'a App, of: (OrgId, Option<ChannelId>), about: &Descriptor) -> Result<Cow<'a, Answers>> {
    let _ = of;
    Ok(app.config.providers.get(about.id).map_or_else(|| Cow::Owned(Answers::new()), |p| Cow::Borrowed(&p.app)))
}

/// Where a platform sends people back to this instance after they consented: what a developer app must name, exactly.
pub fn redirect(app: &App, about: &Descriptor) -> String {
    app.link(&format!("/integrations/social/{}", about.id))
}
