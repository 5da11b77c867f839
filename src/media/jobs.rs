//! The clean-up of files that nobody needs any more.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::Media;
use crate::{
    app::App,
    error::{Error, Result},
    queue::{Job, Policy, Stop},
};

/// How long a file that was taken out of the library can be put back.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// Files looked at together.
const BATCH: i64 = 50;

/// Deletes the bytes of files that left the library a day ago and that nothing unpublished shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Clean {}

impl Job for Clean {
    type Context = App;
    const NAME: &'static str = "media.clean";
    const POLICY: Policy = Policy { at_once: 1, limit: std::time::Duration::from_secs(1_800), ..Policy::USUAL };

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, app: &App) -> Result<(), Stop> {
        let before = app.clock.now() - KEPT;
        let mut after = None;
        loop {
            let files = Media::discarded(&app.db, before, after, BATCH).await?;
            let Some(last) = files.last() else { return Ok(()) };
            after = Some(last.id);
            for file in &files {
                if !file.is_needed(&app.db).await? {
                    remove(app, file).await?;
                }
            }
        }
    }
}

/// Marked first: a crash between leaves bytes without a use, never a use without bytes.
async fn remove(app: &App, file: &Media) -> Result<()> {
    let mut tx = app.db.begin().await?;
    // Looked at again with the mark: a post may have taken it since.
    if !file.give_up(&mut tx, app.clock.now()).await? || file.is_taken(&mut tx).await? {
        return Ok(());
    }
    tx.commit().await?;
    match app.store.delete(&file.file).await {
        Ok(()) | Err(Error::NotFound(_)) => {}
        Err(e) => tracing::warn!(media = %file.id, error = %e, "the bytes of a removed file could not be deleted"),
    }
    tracing::info!(media = %file.id, org = %file.org_id, bytes = file.bytes, "deleted a file that nothing needs any more");
    Ok(())
}
