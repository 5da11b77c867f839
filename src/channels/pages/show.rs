//! `/channels/{id}`: one channel, its name and zone, pausing and removing it.

use chrono_tz::Tz;
use poem::{handler, web::Path};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{
    Sent, find,
    index::{ChannelView, Known},
    late::LateView,
};
use crate::{
    app::App,
    channels::{
        apps::{Source, source},
        describe::{Limit, limits},
        health,
        model::{Channel, ChannelChange, ChannelState, Customer, DeveloperApp, Slot},
        slots,
    },
    error::{Error, FieldError, Message, Result},
    kit::{CustomerId, SlotId, zone},
    orgs::{Caller, Role},
    render::{FieldText, View},
    web::{self, Flash, Form, Frame, Peer},
};

/// Most characters of a name.
const NAME_MAX: usize = 100;

/// The page.
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    channel: ChannelView,
    zones: Vec<String>,
    slots: Vec<SlotView>,
    errors: Vec<FieldText>,
    can: Json,
    limits: Vec<Limit>,
    new_slot: NewSlotView,
    late: LateView,
    /// Something can be done to its posts by itself.
    plugs: bool,
    /// Whom it can be run for, and is.
    customers: Vec<CustomerView>,
    /// It needs a developer app: where the one in force comes from.
    app: Option<AppView>,
    can_manage: bool,
}

impl View for Show {
    const TEMPLATE: &'static str = "channels/show.html";

    fn title(&self) -> Message {
        Message::new("channel.page_title").with("name", &self.channel.name)
    }
}

#[derive(Debug, Clone, Serialize)]
struct CustomerView {
    id: CustomerId,
    name: String,
    chosen: bool,
}

#[derive(Debug, Clone, Serialize)]
struct AppView {
    source: Option<Source>,
}

#[derive(Debug, Clone, Serialize)]
struct SlotView {
    id: SlotId,
    minute_text: String,
    weekdays: Vec<u32>,
    weekdays_text: String,
}

impl SlotView {
    fn new(slot: &Slot) -> Self {
        Self {
            id: slot.id,
            minute_text: slots::time(slot.minute),
            weekdays: slots::days(slot.weekdays),
            weekdays_text: slots::days_text(slot.weekdays),
        }
    }
}

/// The form of a new posting time as it was filled in.
#[derive(Debug, Clone, Serialize)]
struct NewSlotView {
    time: String,
    weekdays: Vec<u32>,
}

impl Show {
    /// The page as it is stored.
    pub async fn new(app: &App, caller: &Caller, channel: &Channel) -> Result<Self> {
        let known = Known::load(app, caller, std::slice::from_ref(channel)).await?;
        let slots = Slot::list(&app.db, caller.org, channel.id).await?;
        let about = channel.provider().map(|p| p.about());
        Ok(Self {
            channel: ChannelView::new(channel, &known, app, caller),
            zones: zones(&channel.zone),
            slots: slots.iter().map(SlotView::new).collect(),
            errors: Vec::new(),
            can: about.map_or(json!({}), |about| json!(about.can)),
            limits: about.map(|about| limits(&about.limits)).unwrap_or_default(),
            new_slot: NewSlotView { time: String::new(), weekdays: slots::days(slots::EVERY_DAY) },
            late: LateView::load(app, channel).await?,
            plugs: about.is_some_and(|about| !about.plugs.is_empty()),
            customers: customers(app, channel).await?,
            app: developer_app(app, channel).await?,
            can_manage: caller.role >= Role::Admin,
        })
    }

    /// The page again after a posting time that could not be added.
    pub fn with_new_slot(mut self, form: &Form, errors: &[FieldError]) -> Self {
        let weekdays = form.all("weekday").filter_map(|day| day.parse().ok()).collect();
        self.new_slot = NewSlotView { time: form.get("time").to_owned(), weekdays };
        self.errors = FieldText::list(errors);
        self
    }

    /// The page again after a choice for late posts that could not be made.
    pub fn with_late(mut self, form: &Form, errors: &[FieldError]) -> Self {
        self.late = self.late.with(form);
        self.errors = FieldText::list(errors);
        self
    }

    /// The page again after a change that could not be made.
    fn with_change(mut self, form: &Form, errors: &[FieldError]) -> Self {
        // The page is headed by the name and tells the zone, so what cannot be either is not shown again.
        if !form.get("name").trim().is_empty() {
            form.get("name").clone_into(&mut self.channel.name);
        }
        if zone::parse(form.get("zone")).is_some() {
            form.get("zone").clone_into(&mut self.channel.zone);
        }
        self.errors = FieldText::list(errors);
        self
    }
}

async fn customers(app: &App, channel: &Channel) -> Result<Vec<CustomerView>> {
    let all = Customer::list(&app.db, channel.org_id).await?;
    let view = |c: Customer| CustomerView { chosen: channel.customer_id == Some(c.id), id: c.id, name: c.name };
    Ok(all.into_iter().map(view).collect())
}

async fn developer_app(app: &App, channel: &Channel) -> Result<Option<AppView>> {
    let about = channel.provider().map(|p| p.about()).filter(|about| !about.app.is_empty());
    let Some(about) = about else { return Ok(None) };
    let entered = DeveloperApp::list(&app.db, channel.org_id).await?;
    Ok(Some(AppView { source: source(app, about, &entered, (channel.org_id, Some(channel.id))) }))
}

/// All zones; also the stored one when this program does not know it, so that saving the form does not change it.
fn zones(own: &str) -> Vec<String> {
    let mut zones: Vec<String> = zone::names().into_iter().map(str::to_owned).collect();
    if !zones.iter().any(|zone| zone == own) {
        zones.insert(0, own.to_owned());
    }
    zones
}

/// The page.
#[handler]
pub async fn show(app: App, caller: Caller, frame: Frame, Path(id): Path<String>) -> web::Result {
    let channel = find(&app, caller.org, &id).await?;
    Ok(frame.page(&Show::new(&app, &caller, &channel).await?)?)
}

/// Changes name and zone.
#[handler]
pub async fn update(app: App, caller: Caller, frame: Frame, Path(id): Path<String>, sent: Sent) -> web::Result {
    let Sent { form, peer } = sent;
    caller.require(Role::Admin)?;
    let channel = find(&app, caller.org, &id).await?;
    let change = match change(form.get("name"), form.get("zone")) {
        Ok(change) => change,
        Err(errors) => return Ok(frame.invalid(&Show::new(&app, &caller, &channel).await?.with_change(&form, &errors))?),
    };
    let mut tx = app.db.begin().await?;
    channel.change(&mut tx, &change, caller.user, app.clock.now()).await?;
    tx.commit().await?;
    Ok(back(&channel, Flash::ok("channels.changed"), &peer))
}

fn change(name: &str, zone_name: &str) -> Result<ChannelChange, Vec<FieldError>> {
    let (name, zone) = (self::name(name), zone::parse(zone_name));
    match (name, zone) {
        (Ok(name), Some(zone)) => Ok(ChannelChange { name, zone }),
        (name, zone) => Err(errors(name.err(), zone)),
    }
}

fn errors(name: Option<Message>, zone: Option<Tz>) -> Vec<FieldError> {
    let name = name.map(|message| FieldError::new("name", message));
    let zone = zone.is_none().then(|| FieldError::new("zone", "channel.zone_unknown"));
    name.into_iter().chain(zone).collect()
}

fn name(given: &str) -> Result<String, Message> {
    match given.trim() {
        "" => Err("channel.name_needed".into()),
        long if long.chars().count() > NAME_MAX => Err(Message::new("channel.name_long").with("count", NAME_MAX)),
        name => Ok(name.to_owned()),
    }
}

/// Pauses.
#[handler]
pub async fn pause(app: App, caller: Caller, peer: Peer, Path(id): Path<String>) -> web::Result {
    caller.require(Role::Admin)?;
    let channel = find(&app, caller.org, &id).await?;
    let mut tx = app.db.begin().await?;
    channel.pause(&mut tx, caller.user, app.clock.now()).await?;
    tx.commit().await?;
    Ok(back(&channel, Flash::ok(named("channels.paused", &channel)), &peer))
}

/// Ends the pause.
#[handler]
pub async fn resume(app: App, caller: Caller, peer: Peer, Path(id): Path<String>) -> web::Result {
    caller.require(Role::Admin)?;
    let channel = find(&app, caller.org, &id).await?;
    let mut tx = app.db.begin().await?;
    channel.resume(&mut tx, caller.user, app.clock.now()).await?;
    let channel = Channel::find(&mut tx, caller.org, channel.id).await?;
    tx.commit().await?;
    let broken = channel.state == ChannelState::Reconnect;
    let said = if broken { "channels.resumed_reconnect" } else { "channels.resumed" };
    Ok(back(&channel, Flash::ok(named(said, &channel)), &peer))
}

/// Asks the platform whether the access works, and says what it answered. Nothing changes.
#[handler]
pub async fn test(app: App, caller: Caller, peer: Peer, Path(id): Path<String>) -> web::Result {
    caller.require(Role::Admin)?;
    let channel = find(&app, caller.org, &id).await?;
    let flash = match health::test(&app, &channel).await {
        Ok(health) if health.same => {
            let shown = if health.identity.handle.is_empty() { &health.identity.name } else { &health.identity.handle };
            Flash::ok(Message::new("channel.works").with("account", shown))
        }
        Ok(health) => Flash::error(Message::new("channel.works_other").with("account", &health.identity.name)),
        Err(Error::Provider(failure)) => {
            let name = channel.provider().map_or(channel.provider.as_str(), |p| p.about().name);
            Flash::error(Message::new("channel.fails").with("provider", name).with("words", &failure.message))
        }
        Err(e) => return Err(e.into()),
    };
    Ok(back(&channel, flash, &peer))
}

/// Removes the channel.
#[handler]
pub async fn remove(app: App, caller: Caller, peer: Peer, Path(id): Path<String>) -> web::Result {
    caller.require(Role::Admin)?;
    let channel = find(&app, caller.org, &id).await?;
    let mut tx = app.db.begin().await?;
    channel.remove(&mut tx, caller.user, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Flash::ok(named("channels.removed", &channel)).into_response(web::redirect("/channels"), &peer))
}

fn named(key: &'static str, channel: &Channel) -> Message {
    Message::new(key).with("name", &channel.name)
}

/// To the channel's page.
pub fn back(channel: &Channel, flash: Flash, peer: &Peer) -> poem::Response {
    flash.into_response(web::redirect(&format!("/channels/{}", channel.id)), peer)
}

/// What is no id is nothing that exists.
pub fn slot_id(id: &str) -> Result<SlotId> {
    id.parse().map_err(|_| Error::NotFound("slot"))
}
