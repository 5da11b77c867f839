//! The first owner of a new instance, made in the browser by whoever can read the program's output.

use super::{
    Device, NewOwner,
    model::{setup, user},
    session,
};
use crate::{
    app::App,
    error::{Error, Result},
    kit::crypto::{random_token, same, sha256},
};

/// What the set-up page may do with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// An owner exists: set-up is over.
    Over,
    /// The token is missing or wrong.
    Shut,
    /// Go ahead.
    Open,
}

/// A new token for the set-up page in place of the one before; `None` once an owner exists. Called at each start.
pub async fn setup_token(app: &App) -> Result<Option<String>> {
    let mut tx = app.db.begin().await?;
    // The write comes first: it waits for whoever is making the first owner, so that the look sees them.
    setup::close(&mut tx).await?;
    let token = match user::any(&mut tx).await? {
        true => None,
        false => Some(random_token()),
    };
    if let Some(token) = &token {
        setup::open(&mut tx, sha256(token.as_bytes())).await?;
    }
    tx.commit().await?;
    Ok(token)
}

/// Looks at a token.
pub async fn gate(app: &App, token: &str) -> Result<Gate> {
    if user::any(&app.db).await? {
        return Ok(Gate::Over);
    }
    let expected = setup::token(&app.db).await?;
    let right = expected.is_some_and(|hash| same(&hash, &sha256(token.as_bytes())));
    Ok(if right { Gate::Open } else { Gate::Shut })
}

/// Makes the operator and gives the cookie of their session. Of two at the same time one wins; the other gets
/// [`Error::Conflict`]. No API key is made: nobody could be shown it here.
pub async fn complete(app: &App, token: &str, new: NewOwner, device: &Device) -> Result<String> {
    let new = new.check().await?;
    let mut tx = app.db.begin().await?;
    if !setup::claim(&mut tx, sha256(token.as_bytes())).await? {
        return Err(Error::conflict("setup.over"));
    }
    let (user, org) = new.insert(&mut tx, app.clock.now()).await?;
    let cookie = session::open(&mut tx, app, user, org, device).await?;
    tx.commit().await?;
    Ok(cookie)
}
