//! `/channels/{id}/slots`: adding and removing posting times.

use poem::{handler, web::Path};

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

/// Removes one.
#[handler]
pub async fn remove(app: App, caller: Caller, peer: Peer, Path((id, slot)): Path<(String, String)>) -> web::Result {
    caller.require(Role::Admin)?;
    let channel = find(&app, caller.org, &id).await?;
    let mut tx = app.db.begin().await?;
    Slot::remove(&mut tx, caller.org, channel.id, slot_id(&slot)?).await?;
    tx.commit().await?;
    Ok(back(&channel, Flash::ok("channels.slot_removed"), &peer))
}
