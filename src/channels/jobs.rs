//! What is done for channels from time to time.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{
    model::{prune, stale},
    picture::Copy,
};
use crate::{
    app::App,
    queue::{self, Job, Stop},
};

/// How old a picture may become.
const WEEK: TimeDelta = TimeDelta::days(7);
/// Most pictures looked at in one day.
const A_DAY: i64 = 2_000;
/// How long what was begun and not finished can be begun anew.
const KEPT: TimeDelta = TimeDelta::days(1);

/// Enqueues the pictures that were not looked at for a week.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RefreshPictures {}

impl Job for RefreshPictures {
    type Context = App;
    const NAME: &'static str = "channels.pictures";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, app: &App) -> Result<(), Stop> {
        let now = app.clock.now();
        let mut tx = app.db.begin().await?;
        for (org, channel) in stale(&mut tx, now - WEEK, A_DAY).await? {
            queue::enqueue(&mut tx, &Copy { org, channel, ask: true }, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Forgets connections that were begun and not finished.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Prune {}

impl Job for Prune {
    type Context = App;
    const NAME: &'static str = "channels.prune";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, app: &App) -> Result<(), Stop> {
        let mut tx = app.db.begin().await?;
        prune(&mut tx, app.clock.now() - KEPT).await?;
        tx.commit().await?;
        Ok(())
    }
}
