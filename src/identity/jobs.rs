//! The clean-up of logins.

use serde::{Deserialize, Serialize};

use super::{limit, model::session};
use crate::{
    app::App,
    error::Result,
    queue::{Job, Stop},
};

/// Removes sessions that are over and counters that mean nothing any more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Prune {}

impl Job for Prune {
    type Context = App;
    const NAME: &'static str = "identity.prune";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, app: &App) -> Result<(), Stop> {
        limit::prune(app).await?;
        let mut tx = app.db.begin().await?;
        session::prune(&mut tx, app.clock.now()).await?;
        Ok(tx.commit().await?)
    }
}
