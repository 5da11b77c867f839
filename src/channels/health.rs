//! Whether a channel works: the platform is asked who it is; and how long its access lasts, as far as we were told.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::{
    apps::Reach,
    connect::in_time,
    model::{Channel, Sealed},
    vault::Vault,
};
use crate::{
    app::App,
    error::{Error, Result},
    kit::{ChannelId, OrgId},
    providers::{self, Descriptor, Failure, Identity},
};

/// What the platform said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Who the account is there, today.
    pub identity: Identity,
    /// It is the account that was connected.
    pub same: bool,
}

/// Asks the platform whose access it is. Fails with [`Error::Provider`] when it refuses or cannot be asked, which changes
/// nothing here.
pub async fn test(app: &App, channel: &Channel) -> Result<Health> {
    let vault = Vault::open(app, channel.org_id, channel.id).await?;
    with(app, channel, &vault).await
}

/// The same, with credentials that are open already.
pub(super) async fn with(app: &App, channel: &Channel, vault: &Vault) -> Result<Health> {
    let provider = channel.provider().ok_or_else(|| Error::Provider(Failure::unsupported(&channel.provider)))?;
    let reach = Reach::of(app, (channel.org_id, Some(channel.id)), provider.about()).await?;
    let access = reach.access(channel, vault);
    let identity = in_time(provider.about(), provider.whoami(&access)).await?;
    let same = identity.id == channel.remote_id;
    Ok(Health { identity, same })
}

/// How long an access lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasts {
    /// Until somebody takes it back.
    Always,
    /// It is renewed by itself before it ends.
    Renewed,
    /// Until then; only a person can renew it.
    Until(DateTime<Utc>),
}

impl Lasts {
    /// As the credentials tell.
    fn of(about: &Descriptor, credentials: &Json) -> Self {
        let ends = credentials["expires_at"].as_str().and_then(|at| DateTime::parse_from_rfc3339(at).ok());
        let renewable = about.can.refresh && credentials["refresh"].as_str().is_some_and(|token| !token.is_empty());
        match ends {
            None => Self::Always,
            Some(_) if renewable => Self::Renewed,
            Some(at) => Self::Until(at.to_utc()),
        }
    }
}

/// How long the access of each channel of an organisation lasts. Channels whose credentials cannot be opened are not in it:
/// these must be connected again anyway.
pub async fn lasts(app: &App, org: OrgId, channels: &[Channel]) -> Result<HashMap<ChannelId, Lasts>> {
    let sealed = Sealed::of_organisation(&app.db, org).await?;
    let read = |(id, sealed): (ChannelId, Sealed)| {
        let provider = channels.iter().find(|channel| channel.id == id).and_then(|c| providers::find(&c.provider))?;
        Some((id, Lasts::of(provider.about(), &sealed.open(app, id).ok()?)))
    };
    Ok(sealed.into_iter().filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::Can;

    #[test]
    fn an_access_lasts_until_it_cannot_be_renewed() {
        let renews = Descriptor { can: Can { refresh: true, ..Can::PUBLISH }, ..Descriptor::EMPTY };
        let ends = "2026-12-23T00:00:00+00:00";
        let until = Lasts::Until("2026-12-23T00:00:00Z".parse().unwrap());
        for (about, credentials, lasts) in [
            (&renews, json!({"access": "a"}), Lasts::Always),
            (&renews, json!({"access": "a", "expires_at": ends, "refresh": "r"}), Lasts::Renewed),
            (&renews, json!({"access": "a", "expires_at": ends, "refresh": ""}), until),
            (&Descriptor::EMPTY, json!({"access": "a", "expires_at": ends, "refresh": "r"}), until),
            (&Descriptor::EMPTY, json!({"access": "a", "expires_at": "soon"}), Lasts::Always),
        ] {
            assert_eq!(Lasts::of(about, &credentials), lasts, "{credentials}");
        }
    }
}
