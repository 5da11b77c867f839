//! Lists of `/api/v1`, page by page along an index: `posts_org` for posts; for targets `targets_state` when a state is asked
//! for, `targets_channel` for a channel, else `targets_calendar`. The page is cut out first and joined afterwards, so that
//! no plan begins with all there is.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use crate::{
    db::{Ex, FromRow, Json as JsonColumn, Q, q},
    delivery::TargetState,
    error::{OrNotFound as _, Result},
    kit::{ChannelId, OrgId, PartId, PostId, TargetId, UserId},
    posts::model::Stored,
    tokens::Cursor,
};

/// A post with its newest version.
#[derive(Debug, Clone, FromRow)]
pub struct PostRow {
    pub id: PostId,
    pub source: String,
    pub author_id: Option<UserId>,
    pub created_at: DateTime<Utc>,
    /// The number of its newest version.
    pub version: i64,
    /// When that was saved.
    pub updated_at: DateTime<Utc>,
    /// Its content, only of a draft for which no channel is chosen.
    pub loose: Option<JsonColumn<Stored>>,
}

/// A target with its channel.
#[derive(Debug, Clone, FromRow)]
pub struct TargetRow {
    pub id: TargetId,
    pub post_id: PostId,
    /// The number of the version it sends.
    pub version: i64,
    pub due_at: Option<DateTime<Utc>>,
    pub zone: String,
    pub state: TargetState,
    pub reason: Option<String>,
    pub settings: Json,
    pub url: Option<String>,
    pub created_at: DateTime<Utc>,
    pub published_at: Option<DateTime<Utc>>,
    pub channel_id: ChannelId,
    pub provider: String,
    pub channel_name: String,
    pub channel_handle: String,
}

/// Which entries of a list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// From when, inclusive.
    pub from: Option<DateTime<Utc>>,
    /// Until when, exclusive.
    pub to: Option<DateTime<Utc>>,
    /// Only targets in this state.
    pub state: Option<TargetState>,
    /// Only targets of this channel.
    pub channel: Option<ChannelId>,
    /// Only drafts without a date.
    pub undated: bool,
    /// Where the page before ended.
    pub after: Option<Cursor>,
}

/// The newest first.
pub async fn posts_page(ex: impl Into<Ex<'_>>, org: OrgId, filter: &Filter, limit: i64) -> Result<Vec<PostRow>> {
    let mut page = q(POSTS)
        .push("SELECT id, source, author_id, created_at, unplaced FROM posts WHERE deleted_at IS NULL")
        .and(" AND org_id = ", org);
    if let Some(from) = filter.from {
        page = page.and(" AND created_at >= ", from);
    }
    if let Some(to) = filter.to {
        page = page.and(" AND created_at < ", to);
    }
    if let Some(after) = filter.after {
        page = page.and(" AND (created_at, id) < (", after.at).and(", ", after.id).push(")");
    }
    let page = page.and(" ORDER BY created_at DESC, id DESC LIMIT ", limit);
    page.push(WITH_VERSION).push(" ORDER BY p.created_at DESC, p.id DESC").all(ex).await
}

/// One that is not deleted.
pub async fn find_post(ex: impl Into<Ex<'_>>, org: OrgId, id: PostId) -> Result<PostRow> {
    q(POSTS)
        .push("SELECT id, source, author_id, created_at, unplaced FROM posts WHERE deleted_at IS NULL")
        .and(" AND org_id = ", org)
        .and(" AND id = ", id)
        .push(WITH_VERSION)
        .opt(ex)
        .await
        .or_not_found("post")
}

const POSTS: &str = "SELECT p.id, p.source, p.author_id, p.created_at, v.number AS version, v.created_at AS updated_at,
       CASE WHEN p.unplaced THEN v.content END AS loose FROM (";
const WITH_VERSION: &str = ") AS p JOIN post_versions v ON v.post_id = p.id
       AND v.number = (SELECT max(n.number) FROM post_versions n WHERE n.post_id = p.id)";

const TARGETS: &str =
    "SELECT t.id, t.post_id, v.number AS version, t.due_at, t.zone, t.state, t.reason, t.settings, t.url, t.created_at,
       t.published_at, t.channel_id, c.provider, c.name AS channel_name, c.handle AS channel_handle FROM (SELECT * FROM targets
       WHERE deleted_at IS NULL";
const WITH_CHANNEL: &str = ") AS t JOIN post_versions v ON v.id = t.version_id JOIN channels c ON c.id = t.channel_id";

/// The earliest first; those without a date the oldest first.
pub async fn targets_page(ex: impl Into<Ex<'_>>, org: OrgId, filter: &Filter, limit: i64) -> Result<Vec<TargetRow>> {
    let mut page = q(TARGETS).and(" AND org_id = ", org);
    if let Some(channel) = filter.channel {
        page = page.and(" AND channel_id = ", channel);
    }
    if let Some(state) = filter.state {
        page = page.and(" AND state = ", state.as_str());
    }
    let page = if filter.undated { undated(page, filter) } else { dated(page, filter) };
    let order = if filter.undated { " ORDER BY t.id" } else { " ORDER BY t.due_at, t.id" };
    page.and(" LIMIT ", limit).push(WITH_CHANNEL).push(order).all(ex).await
}

fn undated(page: Q, filter: &Filter) -> Q {
    let page = page.push(" AND due_at IS NULL");
    let page = match filter.after {
        Some(after) => page.and(" AND id > ", after.id),
        None => page,
    };
    // All have the same time, namely none: said all the same, for it is the order of the index.
    page.push(" ORDER BY due_at, id")
}

fn dated(mut page: Q, filter: &Filter) -> Q {
    page = match filter.from {
        Some(from) => page.and(" AND due_at >= ", from),
        None => page.push(" AND due_at IS NOT NULL"),
    };
    if let Some(to) = filter.to {
        page = page.and(" AND due_at < ", to);
    }
    if let Some(after) = filter.after {
        page = page.and(" AND (due_at, id) > (", after.at).and(", ", after.id).push(")");
    }
    page.push(" ORDER BY due_at, id")
}

/// Those of some posts, by post and entry.
pub async fn targets_of(ex: impl Into<Ex<'_>>, org: OrgId, posts: &[PostId]) -> Result<Vec<TargetRow>> {
    q(TARGETS)
        // In a CASE, where no index is seen in it: SQLite would rather walk all targets of the organisation than look up a
        // hundred posts.
        .and(" AND CASE WHEN org_id = ", org)
        .list(" THEN TRUE END AND post_id IN ", posts.iter().copied())
        .push(WITH_CHANNEL)
        .push(" ORDER BY t.post_id, t.entry, t.id")
        .all(ex)
        .await
}

/// One that is not deleted.
pub async fn find_target_row(ex: impl Into<Ex<'_>>, org: OrgId, id: TargetId) -> Result<TargetRow> {
    q(TARGETS).and(" AND org_id = ", org).and(" AND id = ", id).push(WITH_CHANNEL).opt(ex).await.or_not_found("target")
}

/// A step of a part. The table is delivery's.
#[derive(Debug, Clone, FromRow)]
pub struct StepAt {
    pub part_id: PartId,
    pub name: String,
    pub effect: String,
    pub state: String,
    pub begun_at: DateTime<Utc>,
    /// Attempts that may have been seen and whose end is not known.
    pub unsure: i64,
}

/// The steps of a target's parts.
pub async fn steps_at(ex: impl Into<Ex<'_>>, org: OrgId, target: TargetId) -> Result<Vec<StepAt>> {
    q("SELECT s.part_id, s.name, s.effect, s.state, s.begun_at, s.unsure FROM parts p JOIN steps s ON s.part_id = p.id
       WHERE p.org_id = $1 AND p.target_id = $2 ORDER BY s.begun_at, s.name LIMIT 2000")
    .bind(org)
    .bind(target)
    .all(ex)
    .await
}

/// What a part became. The table is delivery's.
#[derive(Debug, Clone, FromRow)]
pub struct RemoteAt {
    pub part_id: PartId,
    pub remote_id: String,
    pub url: Option<String>,
    /// When it was deleted there.
    pub removed_at: Option<DateTime<Utc>>,
}

/// What a target's parts became.
pub async fn remotes_at(ex: impl Into<Ex<'_>>, org: OrgId, target: TargetId) -> Result<Vec<RemoteAt>> {
    q("SELECT r.part_id, r.remote_id, r.url, r.removed_at FROM parts p JOIN remotes r ON r.part_id = p.id
       WHERE p.org_id = $1 AND p.target_id = $2 ORDER BY p.position, r.n LIMIT 2000")
    .bind(org)
    .bind(target)
    .all(ex)
    .await
}
