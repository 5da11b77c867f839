//! `GET /channels`: the connected accounts, all or those of one customer.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use poem::{handler, web::Query};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    channels::{
        health::{Lasts, lasts},
        model::{Channel, ChannelState, Customer, last_published, next_due},
    },
    error::{Error, Message, Result},
    kit::{ChannelId, CustomerId},
    orgs::{Caller, Role},
    render::{Moment, View},
    web::{self, Frame},
};

/// An access that ends so soon is told of in the list.
const SOON: TimeDelta = TimeDelta::days(14);

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
    /// When something of it was last published.
    last: Option<Moment>,
    /// `always`, `renewed`, `until` or `ended`; nothing for credentials that cannot be opened.
    access: Option<&'static str>,
    /// When its access ends, which only a person can renew.
    ends: Option<Moment>,
    /// That is soon, or was.
    ends_soon: bool,
    url: Option<String>,
    pub zone: String,
    /// Whom it is run for; on the list only.
    customer: Option<String>,
}

/// What is known of the channels of an organisation beside their rows.
pub struct Known {
    due: HashMap<ChannelId, DateTime<Utc>>,
    last: HashMap<ChannelId, DateTime<Utc>>,
    lasts: HashMap<ChannelId, Lasts>,
}

impl Known {
    /// A query each, for all of them.
    pub async fn load(app: &App, caller: &Caller, channels: &[Channel]) -> Result<Self> {
        Ok(Self {
            due: next_due(&app.db, caller.org).await?,
            last: last_published(&app.db, caller.org, app.clock.now()).await?,
            lasts: lasts(app, caller.org, channels).await?,
        })
    }
}

impl ChannelView {
    /// On the reader's clock. A provider that this program does not know is shown by its id.
    pub fn new(channel: &Channel, known: &Known, app: &App, caller: &Caller) -> Self {
        let provider_name = channel.provider().map_or(channel.provider.as_str(), |p| p.about().name);
        let now = app.clock.now();
        let moment = |at: DateTime<Utc>| Moment::new(at, now, caller.zone);
        let (access, ends) = match known.lasts.get(&channel.id) {
            None => (None, None),
            Some(Lasts::Always) => (Some("always"), None),
            Some(Lasts::Renewed) => (Some("renewed"), None),
            Some(Lasts::Until(at)) => (Some(if *at > now { "until" } else { "ended" }), Some(*at)),
        };
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
            next_due: known.due.get(&channel.id).copied().map(moment),
            last: known.last.get(&channel.id).copied().map(moment),
            access,
            ends: ends.map(moment),
            ends_soon: ends.is_some_and(|at| at < now + SOON),
            url: channel.url.clone().filter(|url| ["https://", "http://", "/"].iter().any(|s| url.starts_with(s))),
            zone: channel.zone.clone(),
            customer: None,
        }
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
    let customers = Customer::list(&app.db, caller.org).await?;
    let chosen = match filter.customer.as_str() {
        "" => None,
        id => Some(id.parse::<CustomerId>().map_err(|_| Error::NotFound("customer"))?),
    };
    if chosen.is_some_and(|id| !customers.iter().any(|c| c.id == id)) {
        return Err(Error::NotFound("customer").into());
    }
    let channels = Channel::list(&app.db, caller.org).await?;
    let known = Known::load(&app, &caller, &channels).await?;
    let name = |channel: &Channel| customers.iter().find(|c| Some(c.id) == channel.customer_id).map(|c| c.name.clone());
    let view = |channel: &Channel| {
        let mut view = ChannelView::new(channel, &known, &app, &caller);
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
