//! `/api/v1/channels`: connected accounts, whom they are run for, and their weekly posting times. Connecting is for the pages and the command line.

mod customers;
mod lookups;

use chrono::{DateTime, Utc};
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    types::Example,
};
use serde::Serialize;
use serde_json::Value as Json;

use self::customers::CustomerView;
pub use self::{customers::Customers, lookups::Lookups};
use super::{
    model::{Channel, ChannelChange, Customer, Slot},
    picture::public,
    slots::{self, NewSlot},
};
use crate::{
    app::App,
    db::{Ex, Tx},
    error::{Error, Result},
    kit::{ChannelId, CustomerId, OrgId, SlotId, zone},
    orgs::{Caller, Role, check},
    tokens::{
        Cursor, Refusal, Scope,
        api::{About, Answer, Bearer, Once, Page, Read, Reply, Write, id, is_current},
        limit,
    },
    web::{
        input::{Object as Input, Wrong},
        payload::Body,
    },
};

/// The operations.
pub struct Api;

/// A connected account.
#[derive(Object, Serialize)]
#[oai(rename = "Channel", example)]
pub struct ChannelView {
    /// Its id, an opaque string.
    id: String,
    /// Its provider's id.
    provider: String,
    /// Its name.
    name: String,
    /// The account's handle.
    handle: String,
    /// The account's picture.
    picture: Option<String>,
    /// The account's page.
    url: Option<String>,
    /// `active`, `paused` or `reconnect`: its credentials no longer work.
    state: String,
    /// Why it must be reconnected, in the platform's words.
    reason: Option<String>,
    /// The IANA zone of its posting times.
    zone: String,
    /// Whom it is run for.
    customer: Option<CustomerView>,
    /// When it was first connected.
    created_at: DateTime<Utc>,
    /// Its weekly posting times, by time of day.
    slots: Vec<SlotView>,
}

/// A weekly posting time.
#[derive(Object, Serialize)]
#[oai(rename = "Slot")]
struct SlotView {
    /// Its id.
    id: String,
    /// `HH:MM` on the clock of the channel's zone.
    time: String,
    /// From 1, Monday, to 7.
    weekdays: Vec<u32>,
}

/// What may be changed of a channel.
#[derive(Object)]
#[oai(example, rename = "ChannelChange", skip_serializing_if_is_none)]
struct NewNames {
    /// Its name, 1 to 100 characters.
    name: Option<String>,
    /// The IANA zone of its posting times.
    zone: Option<String>,
    /// The id of the customer it is run for; an empty text: nobody in particular.
    customer: Option<String>,
}

/// A posting time to be added.
#[derive(Object)]
#[oai(example, rename = "NewSlot", skip_serializing_if_is_none)]
struct NewTime {
    /// `HH:MM` on the clock of the channel's zone.
    time: String,
    /// From 1, Monday, to 7; all days when there are none.
    weekdays: Option<Vec<u32>>,
}

impl Example for NewNames {
    fn example() -> Self {
        Self { name: Some("Analytical Press".into()), zone: Some("Europe/London".into()), customer: None }
    }
}

impl Example for NewTime {
    fn example() -> Self {
        Self { time: "09:20".into(), weekdays: Some(vec![1, 2, 3, 4, 5]) }
    }
}

impl Example for ChannelView {
    fn example() -> Self {
        let slot =
            SlotView { id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a95".into(), time: "09:20".into(), weekdays: vec![1, 2, 3, 4, 5] };
        Self {
            id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a90".into(),
            provider: "bluesky".into(),
            name: "Analytical Press".into(),
            handle: "press.example.org".into(),
            picture: None,
            url: Some("https://bsky.app/profile/press.example.org".into()),
            state: "active".into(),
            reason: None,
            zone: "Europe/London".into(),
            customer: Some(CustomerView::example()),
            created_at: "2026-11-23T08:00:00Z".parse().unwrap_or_default(),
            slots: vec![slot],
        }
    }
}

impl ChannelView {
    fn new(app: &App, channel: Channel, slots: &[Slot], customer: Option<Customer>) -> Self {
        let slot = |s: &Slot| SlotView { id: s.id.to_string(), time: slots::time(s.minute), weekdays: slots::days(s.weekdays) };
        Self {
            id: channel.id.to_string(),
            provider: channel.provider,
            name: channel.name,
            handle: channel.handle,
            picture: channel.picture.map(|picture| public(app, &picture)),
            url: channel.url,
            state: channel.state.as_str().into(),
            reason: channel.reason,
            zone: channel.zone,
            customer: customer.map(CustomerView::from),
            created_at: channel.created_at,
            slots: slots.iter().map(slot).collect(),
        }
    }

    async fn find(app: &App, ex: impl Into<Ex<'_>>, org: OrgId, id: ChannelId) -> Result<Self> {
        let mut ex = ex.into();
        let channel = Channel::find(&mut ex, org, id).await?;
        let customer = match channel.customer_id {
            Some(id) => Some(Customer::find(&mut ex, org, id).await?),
            None => None,
        };
        let slots = Slot::list(ex, org, id).await?;
        Ok(Self::new(app, channel, &slots, customer))
    }
}

#[OpenApi]
impl Api {
    /// List the channels
    ///
    /// The oldest first. Needs `channels:read`.
    #[oai(path = "/channels", method = "get", operation_id = "listChannels", tag = "About::Channels")]
    async fn list(
        &self,
        app: App,
        token: Bearer,
        /// How many, 1 to 100; 50 when nothing is said.
        limit: Query<Option<i64>>,
        /// The `next_cursor` of the page before.
        cursor: Query<Option<String>>,
        /// Only those that are run for this customer.
        customer: Query<Option<String>>,
    ) -> Answer<Reply<Page<ChannelView>>, Read> {
        let org = token.may(Scope::ChannelsRead)?.org;
        let (take, after) = (self::limit(limit.0)?, Cursor::read(cursor.0.as_deref())?);
        let wanted = customer.0.as_deref().map(customer_id).transpose()?;
        let all = Channel::list(&app.db, org).await?;
        let (slots, customers) = (Slot::of_organisation(&app.db, org).await?, Customer::list(&app.db, org).await?);
        let fits = |c: &Channel| wanted.is_none_or(|of| c.customer_id == Some(of)) && after.is_none_or(|a| c.id.0 > a.id);
        let rest: Vec<Channel> = all.into_iter().filter(fits).collect();
        let view = |channel: Channel| {
            let own: Vec<Slot> = slots.iter().filter(|(of, _)| *of == channel.id).map(|(_, slot)| slot.clone()).collect();
            let customer = customers.iter().find(|customer| Some(customer.id) == channel.customer_id).cloned();
            ChannelView::new(&app, channel, &own, customer)
        };
        Ok(Page::of(rest, take, |c: &Channel| Cursor::new(c.created_at, c.id), view))
    }

    /// Show a channel
    ///
    /// Needs `channels:read`.
    #[oai(path = "/channels/:id", method = "get", operation_id = "getChannel", tag = "About::Channels")]
    async fn show(
        &self,
        app: App,
        token: Bearer,
        /// The id of the channel.
        id: Path<String>,
    ) -> Answer<Reply<ChannelView>, Read> {
        let org = token.may(Scope::ChannelsRead)?.org;
        Ok(Reply::tagged(&ChannelView::find(&app, &app.db, org, self::id(&id, "channel")?).await?, None))
    }

    /// Change a channel
    ///
    /// Its name, its zone and whom it is run for; what is not named stays. Needs `channels:write`.
    #[oai(path = "/channels/:id", method = "patch", operation_id = "updateChannel", tag = "About::Channels")]
    async fn update(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the channel.
        id: Path<String>,
        /// The `ETag` that was read, to change nothing that has changed since.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Body<NewNames>,
    ) -> Answer<Reply<ChannelView>, Write> {
        let change = Change::begin(&app, &token, (&id, if_match.0)).await?;
        let (names, customer) = changes(&change.channel, &body.json)?;
        let Change { channel, caller, mut tx } = change;
        channel.change(&mut tx, &names, caller.user, app.clock.now()).await?;
        if let Some(customer) = customer {
            Customer::assign(&mut tx, caller.org, channel.id, customer).await.map_err(|e| match e {
                Error::NotFound("customer") => Error::invalid("customer", "customers.unknown"),
                e => e,
            })?;
        }
        Ok(end(&app, tx, &once, &channel).await?)
    }

    /// Remove a channel
    ///
    /// What waits for it is cancelled; what is live stays live. Needs `channels:write`.
    #[oai(path = "/channels/:id", method = "delete", operation_id = "deleteChannel", tag = "About::Channels")]
    async fn remove(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the channel.
        id: Path<String>,
        /// The `ETag` that was read, to remove nothing that has changed since.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Answer<Reply<ChannelView>, Write> {
        let Change { channel, caller, mut tx } = Change::begin(&app, &token, (&id, if_match.0)).await?;
        let view = ChannelView::find(&app, &mut tx, caller.org, channel.id).await?;
        channel.remove(&mut tx, caller.user, app.clock.now()).await?;
        Ok(once.commit(tx, Reply::new(&view)).await?)
    }

    /// Pause a channel
    ///
    /// Its posts wait until the pause ends. Needs `channels:write`.
    #[oai(path = "/channels/:id/pause", method = "post", operation_id = "pauseChannel", tag = "About::Channels")]
    async fn pause(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the channel.
        id: Path<String>,
        /// The `ETag` that was read, to act on nothing that has changed since.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Answer<Reply<ChannelView>, Write> {
        let Change { channel, caller, mut tx } = Change::begin(&app, &token, (&id, if_match.0)).await?;
        channel.pause(&mut tx, caller.user, app.clock.now()).await?;
        Ok(end(&app, tx, &once, &channel).await?)
    }

    /// End the pause of a channel
    ///
    /// Needs `channels:write`.
    #[oai(path = "/channels/:id/pause", method = "delete", operation_id = "resumeChannel", tag = "About::Channels")]
    async fn resume(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the channel.
        id: Path<String>,
        /// The `ETag` that was read, to act on nothing that has changed since.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Answer<Reply<ChannelView>, Write> {
        let Change { channel, caller, mut tx } = Change::begin(&app, &token, (&id, if_match.0)).await?;
        channel.resume(&mut tx, caller.user, app.clock.now()).await?;
        Ok(end(&app, tx, &once, &channel).await?)
    }

    /// Add a posting time
    ///
    /// Needs `channels:write`.
    #[oai(path = "/channels/:id/slots", method = "post", operation_id = "addSlot", tag = "About::Channels")]
    async fn add_slot(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the channel.
        id: Path<String>,
        body: Body<NewTime>,
    ) -> Answer<Reply<ChannelView, 201>, Write> {
        let Change { channel, caller, mut tx } = Change::begin(&app, &token, (&id, None)).await?;
        Slot::add(&mut tx, caller.org, channel.id, time(&body.json)?).await?;
        Ok(end(&app, tx, &once, &channel).await?)
    }

    /// Remove a posting time
    ///
    /// Needs `channels:write`.
    #[oai(path = "/channels/:id/slots/:slot", method = "delete", operation_id = "removeSlot", tag = "About::Channels")]
    async fn remove_slot(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the channel.
        id: Path<String>,
        /// The id of the posting time.
        slot: Path<String>,
    ) -> Answer<Reply<ChannelView>, Write> {
        let Change { channel, caller, mut tx } = Change::begin(&app, &token, (&id, None)).await?;
        let slot: SlotId = self::id(&slot, "slot")?;
        Slot::remove(&mut tx, caller.org, channel.id, slot).await?;
        Ok(end(&app, tx, &once, &channel).await?)
    }
}

/// A channel that is being changed by somebody who may.
struct Change<'a> {
    channel: Channel,
    caller: &'a Caller,
    tx: Tx,
}

impl<'a> Change<'a> {
    async fn begin(app: &App, token: &'a Bearer, (id, if_match): (&str, Option<String>)) -> Result<Self, Refusal> {
        let caller = token.may(Scope::ChannelsWrite)?;
        caller.require(Role::Admin)?;
        let id: ChannelId = self::id(id, "channel")?;
        let mut tx = app.db.begin().await?;
        let channel = Channel::find(&mut tx, caller.org, id).await?;
        if if_match.is_some() {
            let view = ChannelView::find(app, &mut tx, caller.org, id).await?;
            is_current(if_match.as_deref(), &Reply::<ChannelView>::tagged(&view, None).etag.unwrap_or_default())?;
        }
        Ok(Self { channel, caller, tx })
    }
}

async fn end<const STATUS: u16>(app: &App, mut tx: Tx, once: &Once, channel: &Channel) -> Result<Reply<ChannelView, STATUS>> {
    let view = ChannelView::find(app, &mut tx, channel.org_id, channel.id).await?;
    once.commit(tx, Reply::tagged(&view, None)).await
}

fn customer_id(given: &str) -> Result<CustomerId> {
    given.parse().map_err(|_| Error::invalid("customer", "customers.unknown"))
}

/// Name and zone, and whom it is to be run for from now on, where that is named.
fn changes(channel: &Channel, body: &Json) -> Result<(ChannelChange, Option<Option<CustomerId>>)> {
    let wrong = Wrong::default();
    let (mut name, mut found) = (channel.name.clone(), zone::parse(&channel.zone).unwrap_or_default());
    let mut customer = None;
    if let Some(body) = Input::body(body, &wrong) {
        match body.text("name").map(|text| check::name("name", text)) {
            Some(Ok(text)) => name = text,
            Some(Err(e)) => wrong.add(e.field, e.message),
            None => {}
        }
        match body.text("zone").map(zone::parse) {
            Some(Some(zone)) => found = zone,
            Some(None) => wrong.add("zone", "org.zone_unknown"),
            None => {}
        }
        match body.text("customer").map(|id| if id.is_empty() { Ok(None) } else { customer_id(id).map(Some) }) {
            Some(Ok(id)) => customer = Some(id),
            Some(Err(_)) => wrong.add("customer", "customers.unknown"),
            None => {}
        }
    }
    wrong.check()?;
    Ok((ChannelChange { name, zone: found }, customer))
}

fn time(body: &Json) -> Result<NewSlot> {
    let wrong = Wrong::default();
    let (time, days) = match Input::body(body, &wrong) {
        Some(body) => (body.required_text("time"), body.list("weekdays", 7)),
        None => (None, None),
    };
    wrong.check()?;
    let days: Vec<String> = match days {
        Some(days) => days.iter().map(ToString::to_string).collect(),
        None => (1..=7).map(|day| day.to_string()).collect(),
    };
    NewSlot::read(time.unwrap_or_default(), days.iter().map(String::as_str)).map_err(|e| match e {
        Error::Invalid(mut fields) => {
            fields.iter_mut().filter(|f| f.field == "weekday").for_each(|f| f.field = "weekdays".into());
            Error::Invalid(fields)
        }
        e => e,
    })
}
