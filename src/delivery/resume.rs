//! Lets a restored or copied instance send again, as its operator decides.

use super::model::{self, LookUp};
use crate::{
    app::App,
    error::{Error, Result},
    instance,
};

/// What becomes of posts that were due meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// They are looked for at their platforms first and sent when they are not there. Those that cannot be looked for wait
    /// for a person.
    Reconcile,
    /// All of them wait for a person.
    HoldOverdue,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumed {
    /// Parts that are looked for before anything of them is sent.
    pub looked_up: u64,
    /// Targets held for a person, with the reason `restored`.
    pub held: u64,
}

/// Ends the hold. [`Error::Conflict`] when there is none. A crash in the middle leaves the instance held, and it can be
/// done again.
pub async fn resume_instance(app: &App, how: Resume) -> Result<Resumed> {
    let held = instance::held(&app.db).await?.ok_or_else(|| Error::conflict("error.not_paused"))?;
    let now = app.clock.now();
    // What the forgotten history sent under keys that it made at random cannot be found again.
    let reconcile = how == Resume::Reconcile && held.reason != "restored_blind";
    let mut count = 0;
    loop {
        let mut tx = app.db.begin().await?;
        let batch = model::overdue_batch(&mut tx, reconcile, now).await?;
        for target in &batch {
            model::hold(&mut tx, target, "restored", now).await?;
            model::refresh(&mut tx, target.channel_id).await?;
        }
        tx.commit().await?;
        count += batch.len() as u64;
        if batch.is_empty() {
            break;
        }
    }
    let mut tx = app.db.begin().await?;
    count += model::hold_blind(&mut tx, reconcile, now).await?;
    let since = held.since.unwrap_or(held.at);
    let looked_up = if reconcile { model::look_first(&mut tx, LookUp::Restored, since, now).await? } else { 0 };
    // Of two at the same time the second finds nothing left to do.
    if !instance::resume(&mut tx).await? {
        return Err(Error::conflict("error.not_paused"));
    }
    instance::alive(&mut tx, now).await?;
    tx.commit().await?;
    tracing::warn!(looked_up, held = count, "the instance sends again");
    Ok(Resumed { looked_up, held: count })
}
