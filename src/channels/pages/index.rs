//! `GET /channels`: the connected accounts, all or those of one customer.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use poem::{handler, web::Query};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    channels::model::{Channel, ChannelState, Customer, next_due},
    error::{Error, Message},
    kit::{ChannelId, CustomerId},
    orgs::{Caller, Role},
    render::{Moment, View},
    web::{self, Frame},
};

/// The page.
#[derive(Debug, Clone, Serialize)]
struct Index {
    channels: Vec<ChannelView>,
    customers: Vec<CustomerView>,
    /// Only channels of one customer are shown.
    filtered: bool,
    can_manage: bool,
}

impl View for Index {
    const TEMPLATE: &'static str = "channels/index.html";

    fn title(&self) -> Message {
        "channels.title".into()
    }
}

/// A channel as the templates show it.
#[derive(Debug, Clone, Serialize)]
pub struct ChannelView {
    id: ChannelId,
    pub name: String,
    handle: String,
    provider: String,
    pub provider_name: String,
    picture: Option<String>,
    state: &'static str,
    reason: Option<String>,
    next_due: Option<Moment>,
    url: Option<String>,
    pub zone: String,
    /// Whom it is run for; on the list only.
    customer: Option<String>,
}

impl ChannelView {
    /// A provider that this program does not know is shown by its id.
    pub fn new(channel: &Channel, next_due: Option<Moment>) -> Self {
        let provider_name = channel.provider().map_or(channel.provider.as_str(), |p| p.about().name);
        Self {
            id: channel.id,
            name: channel.name.clone(),
            handle: if channel.handle.is_empty() { String::new() } else { format!("@{}", channel.handle) },
            provider: channel.provider.clone(),
            provider_name: provider_name.to_owned(),
            // Pages load nothing from other sites, so a picture that lies elsewhere would only be a broken one.
            picture: channel.picture.clone().filter(|p| p.starts_with('/')),
            state: match channel.state {
                ChannelState::Active => "active",
                ChannelState::Paused => "disabled",
                ChannelState::Reconnect => "reconnect",
            },
            reason: channel.reason.clone(),
            next_due,
            url: channel.url.clone().filter(|url| ["https://", "http://", "/"].iter().any(|s| url.starts_with(s))),
            zone: channel.zone.clone(),
            customer: None,
        }
    }

    /// With the time at which it is next due, on the reader's clock.
    pub fn due(channel: &Channel, due: &HashMap<ChannelId, DateTime<Utc>>, app: &App, caller: &Caller) -> Self {
        Self::new(channel, due.get(&channel.id).map(|at| Moment::new(*at, app.clock.now(), caller.zone)))
    }
}

/// A customer whose channels can be shown alone.
#[derive(Debug, Clone, Serialize)]
struct CustomerView {
    id: CustomerId,
    name: String,
    chosen: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Filter {
    customer: String,
}

/// The list.
#[handler]
pub async fn index(app: App, caller: Caller, frame: Frame, Query(filter): Query<Filter>) -> web::Result {
    let due = next_due(&app.db, caller.org).await?;
    let customers = Customer::list(&app.db, caller.org).await?;
    let chosen = match filter.customer.as_str() {
        "" => None,
        id => Some(id.parse::<CustomerId>().map_err(|_| Error::NotFound("customer"))?),
    };
    if chosen.is_some_and(|id| !customers.iter().any(|c| c.id == id)) {
        return Err(Error::NotFound("customer").into());
    }
    let channels = Channel::list(&app.db, caller.org).await?;
    let name = |channel: &Channel| customers.iter().find(|c| Some(c.id) == channel.customer_id).map(|c| c.name.clone());
    let view = |channel: &Channel| {
        let mut view = ChannelView::due(channel, &due, &app, &caller);
        view.customer = name(channel);
        view
    };
    let shown = channels.iter().filter(|c| chosen.is_none() || c.customer_id == chosen);
    let choice = |c: &Customer| CustomerView { id: c.id, name: c.name.clone(), chosen: chosen == Some(c.id) };
    let view = Index {
        channels: shown.map(view).collect(),
        customers: customers.iter().map(choice).collect(),
        filtered: chosen.is_some(),
        can_manage: caller.role >= Role::Admin,
    };
    Ok(frame.page(&view)?)
}
