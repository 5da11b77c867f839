//! `/channels/{id}/slots`: adding posting times, choosing their days, removing them and putting them back.

use poem::{
    handler,
    web::{Path, Query},
};
use serde::Deserialize;

use super::{
    Sent, find,
    show::{Show, back, slot_id},
};
use crate::{
    app::App,
    channels::{
        model::{Channel, Slot},
        slots::{self, NewSlot},
    },
    error::{Error, Message, Result},
    kit::OrgId,
    orgs::{Caller, Role},
    web::{self, Flash, Form, Frame, Peer},
};

/// Adds a posting time.
#[handler]
pub async fn create(app: App, caller: Caller, frame: Frame, Path(id): Path<String>, sent: Sent) -> web::Result {
    let Sent { form, peer } = sent;
    caller.require(Role::Admin)?;
    let channel = find(&app, caller.org, &id).await?;
    match add(&app, caller.org, &channel, &form).await {
        Ok(slot) => {
            let said = Message::new("channels.slot_added").with("time", slots::time(slot.minute));
            Ok(back(&channel, Flash::ok(said), &peer))
        }
        Err(Error::Invalid(errors)) => {
            Ok(frame.invalid(&Show::new(&app, &caller, &channel).await?.with_new_slot(&form, &errors))?)
        }
        Err(e) => Err(e.into()),
    }
}

async fn add(app: &App, org: OrgId, channel: &Channel, form: &Form) -> Result<Slot> {
    let new = NewSlot::read(form.get("time"), form.all("weekday"))?;
    let mut tx = app.db.begin().await?;
    let slot = Slot::add(&mut tx, org, channel.id, new).await?;
    tx.commit().await?;
    Ok(slot)
}

/// Takes one day to a posting time (`on`) or away from it (`off`).
#[handler]
pub async fn update(app: App, caller: Caller, Path((id, slot)): Path<(String, String)>, sent: Sent) -> web::Result {
    let Sent { form, peer } = sent;
    caller.require(Role::Admin)?;
    let channel = find(&app, caller.org, &id).await?;
    let id = slot_id(&slot)?;
    let (on, off) = (slots::bit(form.get("on")), slots::bit(form.get("off")));
    let mut tx = app.db.begin().await?;
    let before = Slot::find(&mut tx, caller.org, channel.id, id).await?;
    let stays = match (on, off) {
        (Some(day), None) => Slot::join(&mut tx, caller.org, channel.id, id, day).await.map(|()| true)?,
        (None, Some(day)) => Slot::leave(&mut tx, caller.org, channel.id, id, day).await?,
        _ => return Err(Error::invalid("weekday", "slot.weekday").into()),
    };
    let weekdays = (before.weekdays & !off.unwrap_or(0)) | on.unwrap_or(0);
    tx.commit().await?;
    let time = slots::time(before.minute);
    let changed = Message::new("channels.slot_changed").with("time", time).with("days", slots::days_text(weekdays));
    Ok(back(&channel, if stays { Flash::ok(changed) } else { removed(&channel, &before) }, &peer))
}

/// Removes one.
#[handler]
pub async fn remove(app: App, caller: Caller, peer: Peer, Path((id, slot)): Path<(String, String)>) -> web::Result {
    caller.require(Role::Admin)?;
    let channel = find(&app, caller.org, &id).await?;
    let id = slot_id(&slot)?;
    let mut tx = app.db.begin().await?;
    let slot = Slot::find(&mut tx, caller.org, channel.id, id).await?;
    Slot::remove(&mut tx, caller.org, channel.id, id).await?;
    tx.commit().await?;
    Ok(back(&channel, removed(&channel, &slot), &peer))
}

/// Says so, and how to have it again.
fn removed(channel: &Channel, slot: &Slot) -> Flash {
    let days: Vec<String> = slots::days(slot.weekdays).iter().map(ToString::to_string).collect();
    let undo = format!("/channels/{}/slots/restoration?time={}&days={}", channel.id, slots::time(slot.minute), days.join(","));
    Flash::ok("channels.slot_removed").undo(undo, "common.undo")
}

/// What was removed, by what it was: its row is gone.
#[derive(Deserialize)]
pub struct Gone {
    time: String,
    /// As `1,2,5`.
    days: String,
}

/// Puts back what was removed.
#[handler]
pub async fn restore(app: App, caller: Caller, peer: Peer, Path(id): Path<String>, Query(gone): Query<Gone>) -> web::Result {
    caller.require(Role::Admin)?;
    let channel = find(&app, caller.org, &id).await?;
    let slot = NewSlot::read(&gone.time, gone.days.split(','))?;
    let mut tx = app.db.begin().await?;
    Slot::bring_back(&mut tx, caller.org, channel.id, slot).await?;
    tx.commit().await?;
    let said = Message::new("channels.slot_added").with("time", slots::time(slot.minute));
    Ok(back(&channel, Flash::ok(said), &peer))
}
