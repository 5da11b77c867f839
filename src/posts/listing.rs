//! Targets with all that a list says about them: for the API, the command line and the page of one post.
//!
//! Three queries for any number of targets. Lists of thousands on a page are `month.rs`, which reads less.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::model::{self, ListedRow};
use crate::{
    db::Ex,
    delivery::{Part, PartState, Target, parts_of},
    error::{Failure, Result},
    kit::{OrgId, PostId, TargetId},
};

/// Most ids in one query: SQLite takes 32,766 values.
const BATCH: usize = 5_000;

/// A target with its channel, its thread and what became of it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The target: id, post, due time, state, settings, address.
    pub target: Target,
    /// Where to. Present also when the channel was removed since.
    pub channel: ListedChannel,
    /// The thread in order; at least one.
    pub parts: Vec<Part>,
    /// What the first part became, when it is live.
    pub remote: Option<ListedRemote>,
}

/// The account of a [`Listed`].
#[derive(Debug, Clone)]
pub struct ListedChannel {
    /// The provider's id.
    pub provider: String,
    /// The account's id at the platform.
    pub remote_id: String,
    /// Shown name.
    pub name: String,
    /// `@`-less handle.
    pub handle: String,
    /// Picture.
    pub picture: Option<String>,
}

/// What the first part became.
#[derive(Debug, Clone)]
pub struct ListedRemote {
    /// The platform's id; `missing` when a person said that it is live.
    pub id: String,
    /// Where people see it.
    pub url: Option<String>,
}

impl Listed {
    /// Sanitised HTML of the first part.
    pub fn content(&self) -> &str {
        self.parts.first().map_or("", |p| p.content.as_str())
    }

    /// Why the first part that did not get through did not, if the platform or we said so.
    pub fn failure(&self) -> Option<&Failure> {
        let broken = |p: &&Part| matches!(p.state, PartState::Failed | PartState::NeedsYou);
        self.parts.iter().find(broken).and_then(|p| p.failure.as_deref())
    }
}

/// Every target due from `from` up to but not including `to`, earliest first, in any state, cancelled ones included;
/// drafts without a date and deleted ones are not among them.
pub async fn list(ex: impl Into<Ex<'_>>, org: OrgId, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Listed>> {
    let mut ex = ex.into();
    let rows = model::window(&mut ex, org, from, to).await?;
    complete(ex, org, rows).await
}

/// One target; [`crate::Error::NotFound`] when it is deleted or somebody else's.
pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId, id: TargetId) -> Result<Listed> {
    let mut ex = ex.into();
    let row = model::find_row(&mut ex, org, id).await?;
    let mut listed = complete(ex, org, vec![row]).await?;
    listed.pop().ok_or(crate::Error::NotFound("post"))
}

/// The targets of a post in the order of its entries, drafts without a date included; empty for an unknown post.
pub async fn of_post(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId) -> Result<Vec<Listed>> {
    let mut ex = ex.into();
    let rows = model::of_post(&mut ex, org, post).await?;
    complete(ex, org, rows).await
}

/// Of each entry of some posts the newest target, ordered by post and entry.
pub async fn newest_of(ex: impl Into<Ex<'_>>, org: OrgId, posts: &[PostId]) -> Result<Vec<Listed>> {
    let (mut ex, mut rows) = (ex.into(), Vec::new());
    for posts in posts.chunks(BATCH) {
        rows.extend(model::newest_of(&mut ex, org, posts).await?);
    }
    complete(ex, org, rows).await
}

/// Some targets, in the order of `ids`; those that are deleted or somebody else's are left out.
pub async fn of_targets(ex: impl Into<Ex<'_>>, org: OrgId, ids: &[TargetId]) -> Result<Vec<Listed>> {
    let mut ex = ex.into();
    let mut rows = Vec::new();
    for ids in ids.chunks(BATCH) {
        rows.extend(model::of_targets(&mut ex, org, ids).await?);
    }
    let mut listed: HashMap<TargetId, Listed> =
        complete(ex, org, rows).await?.into_iter().map(|listed| (listed.target.id, listed)).collect();
    Ok(ids.iter().filter_map(|id| listed.remove(id)).collect())
}

async fn complete(mut ex: Ex<'_>, org: OrgId, rows: Vec<ListedRow>) -> Result<Vec<Listed>> {
    let ids: Vec<TargetId> = rows.iter().map(|r| r.target.id).collect();
    let mut parts: HashMap<TargetId, Vec<Part>> = HashMap::new();
    let mut remotes = HashMap::new();
    for ids in ids.chunks(BATCH) {
        for part in parts_of(&mut ex, org, ids).await? {
            parts.entry(part.target_id).or_default().push(part);
        }
        for row in model::remotes_of(&mut ex, org, ids).await? {
            remotes.insert(row.target_id, ListedRemote { id: row.remote_id, url: row.url });
        }
    }
    let listed = rows.into_iter().map(|row| Listed {
        parts: parts.remove(&row.target.id).unwrap_or_default(),
        remote: remotes.remove(&row.target.id),
        channel: ListedChannel {
            provider: row.provider,
            remote_id: row.channel_remote_id,
            name: row.channel_name,
            handle: row.channel_handle,
            picture: row.channel_picture,
        },
        target: row.target,
    });
    Ok(listed.collect())
}
