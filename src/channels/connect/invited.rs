//! Waiting until a person has done something at the platform.

use super::{
    flow::{Flow, Step, patient},
    offered,
};
use crate::{app::App, channels::model::Connection, error::Result};

/// Asks whether the person has done it; `None`: not yet, or asked a moment ago. Errors as [`super::connect`]; after one the
/// connection is over, unless the platform could not be asked.
pub async fn look(app: &App, connection: &Connection) -> Result<Option<Step>> {
    let provider = offered(app, &connection.provider)?;
    let mut tx = app.db.begin().await?;
    let may_ask = connection.may_ask(&mut tx, app.clock.now()).await?;
    tx.commit().await?;
    if !may_ask {
        return Ok(None);
    }
    let flow = Flow::resume(app, provider, connection).await?;
    let accepted = {
        let reach = flow.reach().await?;
        patient(provider.about(), provider.accepted(&reach.link(), &flow.kept().own)).await?
    };
    let Some(connected) = accepted else { return Ok(None) };
    let mut tx = app.db.begin().await?;
    let first = connection.take(&mut tx, app.clock.now()).await?;
    tx.commit().await?;
    // Of two tabs that hear of it, one goes on.
    if first { flow.settle(connected).await.map(Some) } else { Ok(None) }
}
