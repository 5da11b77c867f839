//! `/channels/customers`: whom channels are run for, and `/channels/{id}/customer`.

use poem::{
    handler,
    web::{Path, Query},
};
use serde::{Deserialize, Serialize};

use super::{Sent, find, show::back};
use crate::{
    app::App,
    channels::model::{Channel, Customer},
    error::{Error, FieldError, Message, Result},
    kit::{ChannelId, CustomerId},
    orgs::{Caller, Role, check},
    render::{FieldText, View},
    web::{self, Flash, Frame, Peer},
};

/// The page.
#[derive(Debug, Clone, Serialize)]
struct Customers {
    customers: Vec<Row>,
    /// What can be sorted; nothing while there are no customers.
    sorted: Vec<ChannelRow>,
    name: String,
    errors: Vec<FieldText>,
}

impl View for Customers {
    const TEMPLATE: &'static str = "channels/customers.html";

    fn title(&self) -> Message {
        "customers.title".into()
    }
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    id: CustomerId,
    name: String,
    channels: usize,
}

/// A channel, and whom it is run for.
#[derive(Debug, Clone, Serialize)]
struct ChannelRow {
    id: ChannelId,
    name: String,
    provider: String,
    customer: Option<CustomerId>,
}

async fn page(app: &App, caller: &Caller, name: &str, errors: &[FieldError]) -> Result<Customers> {
    let channels = Channel::list(&app.db, caller.org).await?;
    let count = |id| channels.iter().filter(|c| c.customer_id == Some(id)).count();
    let all = Customer::list(&app.db, caller.org).await?;
    let customers: Vec<Row> = all.into_iter().map(|c| Row { channels: count(c.id), id: c.id, name: c.name }).collect();
    let row = |c: &Channel| ChannelRow { id: c.id, name: c.name.clone(), provider: c.provider.clone(), customer: c.customer_id };
    let sorted = if customers.is_empty() { Vec::new() } else { channels.iter().map(row).collect() };
    Ok(Customers { customers, sorted, name: name.to_owned(), errors: FieldText::list(errors) })
}

fn id(given: &str) -> Result<CustomerId> {
    given.parse().map_err(|_| Error::NotFound("customer"))
}

fn flash(key: &'static str, peer: &Peer) -> poem::Response {
    Flash::ok(key).into_response(web::redirect("/channels/customers"), peer)
}

/// All of them.
#[handler]
pub async fn index(app: App, caller: Caller, frame: Frame) -> web::Result {
    caller.require(Role::Admin)?;
    Ok(frame.page(&page(&app, &caller, "", &[]).await?)?)
}

/// Adds one.
#[handler]
pub async fn create(app: App, caller: Caller, frame: Frame, sent: Sent) -> web::Result {
    let Sent { form, peer } = sent;
    caller.require(Role::Admin)?;
    match add(&app, &caller, form.get("name")).await {
        Ok(()) => Ok(flash("customers.added", &peer)),
        Err(Error::Invalid(errors)) => Ok(frame.invalid(&page(&app, &caller, form.get("name"), &errors).await?)?),
        Err(e) => Err(e.into()),
    }
}

async fn add(app: &App, caller: &Caller, name: &str) -> Result<()> {
    let name = check::name("name", name).map_err(|e| Error::Invalid(vec![e]))?;
    let mut tx = app.db.begin().await?;
    Customer::add(&mut tx, caller.org, &name, app.clock.now()).await?;
    tx.commit().await
}

/// Gives one another name.
#[handler]
pub async fn update(app: App, caller: Caller, frame: Frame, Path(given): Path<String>, sent: Sent) -> web::Result {
    let Sent { form, peer } = sent;
    caller.require(Role::Admin)?;
    match rename(&app, &caller, id(&given)?, form.get("name")).await {
        Ok(()) => Ok(flash("customers.renamed", &peer)),
        Err(Error::Invalid(mut errors)) => {
            // The list has a field of this kind for each.
            errors.iter_mut().for_each(|e| e.field = format!("name-{given}"));
            Ok(frame.invalid(&page(&app, &caller, "", &errors).await?)?)
        }
        Err(e) => Err(e.into()),
    }
}

async fn rename(app: &App, caller: &Caller, id: CustomerId, name: &str) -> Result<()> {
    let name = check::name("name", name).map_err(|e| Error::Invalid(vec![e]))?;
    let mut tx = app.db.begin().await?;
    Customer::rename(&mut tx, caller.org, id, &name).await?;
    tx.commit().await
}

/// Removes one; its channels stay.
#[handler]
pub async fn remove(app: App, caller: Caller, peer: Peer, Path(given): Path<String>) -> web::Result {
    caller.require(Role::Admin)?;
    let mut tx = app.db.begin().await?;
    Customer::remove(&mut tx, caller.org, id(&given)?).await?;
    tx.commit().await?;
    Ok(flash("customers.removed", &peer))
}

/// Says whom a channel is run for.
#[handler]
pub async fn assign(app: App, caller: Caller, Path(channel): Path<String>, sent: Sent) -> web::Result {
    let Sent { form, peer } = sent;
    caller.require(Role::Admin)?;
    let channel = find(&app, caller.org, &channel).await?;
    let said = run_for(&app, &channel, form.get("customer")).await?;
    let before = channel.customer_id.map(|id| id.to_string()).unwrap_or_default();
    let undo = format!("/channels/{}/customer/reversal?customer={before}", channel.id);
    let flash = Flash::ok(said).undo(undo, "common.undo");
    // Where it was chosen; anything else is the channel's own page.
    Ok(match form.get("from") {
        "list" => flash.into_response(web::redirect("/channels"), &peer),
        "customers" => flash.into_response(web::redirect("/channels/customers"), &peer),
        _ => back(&channel, flash, &peer),
    })
}

/// Whom it was run for before.
#[derive(Deserialize)]
pub struct Before {
    customer: String,
}

/// Takes back what was said last.
#[handler]
pub async fn put_back(
    app: App,
    caller: Caller,
    peer: Peer,
    Path(channel): Path<String>,
    Query(before): Query<Before>,
) -> web::Result {
    caller.require(Role::Admin)?;
    let channel = find(&app, caller.org, &channel).await?;
    let said = run_for(&app, &channel, &before.customer).await?;
    Ok(Flash::ok(said).into_response(web::redirect("/channels"), &peer))
}

/// For the customer of this id, or for nobody in particular; → what was done, in words.
async fn run_for(app: &App, channel: &Channel, customer: &str) -> Result<Message> {
    let mut tx = app.db.begin().await?;
    let customer = match customer {
        "" => None,
        given => Some(Customer::find(&mut tx, channel.org_id, id(given)?).await?),
    };
    Customer::assign(&mut tx, channel.org_id, channel.id, customer.as_ref().map(|c| c.id)).await?;
    tx.commit().await?;
    let said = match &customer {
        Some(customer) => Message::new("customers.assigned").with("customer", &customer.name),
        None => "customers.unassigned".into(),
    };
    Ok(said.with("name", &channel.name))
}
