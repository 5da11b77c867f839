//! Whether a channel works: the platform is asked who it is.

use super::{apps::Reach, connect::in_time, model::Channel, vault::Vault};
use crate::{
    app::App,
    error::{Error, Result},
    providers::{Failure, Identity},
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
