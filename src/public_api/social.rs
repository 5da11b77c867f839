//! `GET /social/{integration}`: where a person connects an account.
//!
//! The address is a page of ours, not the platform's: whoever opens it signs in, so an account is always connected by a person
//! who may, and platforms without a consent page are connected the same way (docs/decisions/0025).

use super::refusal::Refusal;
use crate::{
    app::App,
    channels::{Channel, offered},
    kit::OrgId,
};

/// The address; with `refresh`, an id of the account or of its channel, that of connecting the channel again.
pub async fn address(app: &App, org: OrgId, integration: &str, refresh: Option<&str>) -> Result<String, Refusal> {
    let about = offered(app, integration).map_err(|_| Refusal::NOT_ALLOWED)?.about();
    let page = app.link(&format!("/channels/connect/{}", about.id));
    let Some(wanted) = refresh.map(str::trim).filter(|id| !id.is_empty()) else { return Ok(page) };
    let channels = Channel::list(&app.db, org).await?;
    let is_it =
        |channel: &&Channel| channel.provider == about.id && (channel.remote_id == wanted || channel.id.to_string() == wanted);
    match channels.iter().find(is_it) {
        Some(channel) => Ok(format!("{page}?channel={}", channel.id)),
        None => Err(Refusal::NO_CHANNEL),
    }
}
