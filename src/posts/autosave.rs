//! How long what was not saved is kept.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::model::autosave;
use crate::{
    app::App,
    error::Result,
    queue::{Job, Stop},
};

/// What nobody has written on for so long is not gone on with.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Removes old drafts that were never saved, and the states in between of those that were.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Prune {}

impl Job for Prune {
    type Context = App;
    const NAME: &'static str = "posts.prune";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, app: &App) -> Result<(), Stop> {
        loop {
            let mut tx = app.db.begin().await?;
            let gone = autosave::prune(&mut tx, app.clock.now() - KEPT).await?;
            tx.commit().await?;
            if gone == 0 {
                return Ok(());
            }
        }
    }
}
