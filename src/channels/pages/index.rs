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

/// So many customers are shown also without a channel.
const FEW: usize = 20;
/// An access that ends so soon is told of in the list.
const SOON: TimeDelta = TimeDelta::days(14);

/// The page.
#[derive(Debug, Clone, Serialize)]
struct Index {
    groups: Vec<Group>,
    /// The groups have headings: there are customers, and not only one of them is shown.
    grouped: bool,
    /// There is a channel in one of the groups.
    any: bool,
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

/// Channels that are run for the same customer.
#[derive(Debug, Clone, Serialize)]
struct Group {
    /// Nothing: for nobody in particular.
    id: Option<CustomerId>,
    name: Option<String>,
    channels: Vec<ChannelView>,
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
    let can_manage = caller.role >= Role::Admin;
    let view = |channel: &Channel| ChannelView::new(channel, &known, &app, &caller);
    let mut groups = groups(&customers, chosen, &channels, view);
    // Where somebody can drop a channel a group is of use without any; a long list of them is not.
    let drops = can_manage && customers.len() <= FEW;
    groups.retain(|group| drops || !group.channels.is_empty());
    let choice = |c: &Customer| CustomerView { id: c.id, name: c.name.clone(), chosen: chosen == Some(c.id) };
    let view = Index {
        any: groups.iter().any(|group| !group.channels.is_empty()),
        grouped: chosen.is_none() && !customers.is_empty(),
        groups,
        customers: customers.iter().map(choice).collect(),
        filtered: chosen.is_some(),
        can_manage,
    };
    Ok(frame.page(&view)?)
}

/// By customer, in the order of their names; last what is run for nobody in particular. Of one who was chosen alone.
fn groups(
    customers: &[Customer],
    chosen: Option<CustomerId>,
    channels: &[Channel],
    view: impl Fn(&Channel) -> ChannelView,
) -> Vec<Group> {
    let mut of: HashMap<Option<CustomerId>, Vec<ChannelView>> = HashMap::new();
    for channel in channels {
        of.entry(channel.customer_id).or_default().push(view(channel));
    }
    let all = customers.iter().map(|c| (Some(c.id), Some(c.name.clone()))).chain([(None, None)]);
    let shown = all.filter(|(id, _)| chosen.is_none() || *id == chosen);
    shown.map(|(id, name)| Group { channels: of.remove(&id).unwrap_or_default(), id, name }).collect()
}
