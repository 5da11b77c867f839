//! What becomes of a post whose time comes while it waits for approval: it is missed, with that reason, and people are told.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ask::watch;
use crate::{
    app::App,
    delivery::{self, TargetState},
    error::{Error, Result},
    kit::{OrgId, PostId, TargetId},
    posts::{listing, model},
    queue::{Job, Stop},
};

/// The time of a post that waits has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NotApproved {
    /// Whose.
    pub org: OrgId,
    /// Which.
    pub post: PostId,
    /// The time, as it was then: it may have been moved.
    pub due: DateTime<Utc>,
}

impl Job for NotApproved {
    type Context = App;
    const NAME: &'static str = "posts.not_approved";

    fn key(&self) -> Option<String> {
        Some(format!("{}/{}", self.post, self.due.timestamp_micros()))
    }

    async fn run(&self, app: &App) -> Result<(), Stop> {
        Ok(miss(app, self.org, self.post).await?)
    }
}

/// Looks for posts that wait past their time, wherever it was moved meanwhile.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Overdue {}

impl Job for Overdue {
    type Context = App;
    const NAME: &'static str = "posts.overdue_reviews";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, app: &App) -> Result<(), Stop> {
        for (org, post) in delivery::overdue_reviews(&app.db, app.clock.now()).await? {
            miss(app, org, post).await?;
        }
        Ok(())
    }
}

async fn miss(app: &App, org: OrgId, post: PostId) -> Result<()> {
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    match model::lock(&mut tx, org, post).await {
        Ok(None) => {}
        Ok(Some(_)) | Err(Error::NotFound(_)) => return Ok(()),
        Err(e) => return Err(e),
    }
    let waiting = delivery::in_review(&mut tx, org, post).await?;
    let drafts = waiting.iter().filter(|t| t.state == TargetState::Draft);
    for target in drafts.filter(|t| t.due_at.is_some_and(|due| due <= now)) {
        delivery::miss_unapproved(&mut tx, target, now).await?;
    }
    let ids: Vec<TargetId> = waiting.iter().map(|t| t.id).collect();
    let listed = listing::of_targets(&mut tx, org, &ids).await?;
    watch(&mut tx, org, post, &listed, now).await?;
    tx.commit().await
}
