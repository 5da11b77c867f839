//! Targets with their channel, for lists: one query for any number of targets, one for what their first parts became.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, q},
    delivery::Target,
    error::{OrNotFound as _, Result},
    kit::{OrgId, PartId, PostId, TargetId},
};

/// A target and the account it is for.
#[derive(Debug, Clone, FromRow)]
pub struct ListedRow {
    /// The target.
    #[sqlx(flatten)]
    pub target: Target,
    /// The provider's id.
    pub provider: String,
    /// The account's id at the platform.
    pub channel_remote_id: String,
    /// Shown name.
    pub channel_name: String,
    /// `@`-less handle.
    pub channel_handle: String,
    /// Picture.
    pub channel_picture: Option<String>,
}

/// What a first part became.
#[derive(Debug, Clone, FromRow)]
pub struct RemoteRow {
    /// Whose.
    pub target_id: TargetId,
    /// The platform's id.
    pub remote_id: String,
    /// Where people see it.
    pub url: Option<String>,
}

const SELECT: &str =
    "SELECT t.id, t.org_id, t.post_id, t.version_id, t.channel_id, t.entry, t.due_at, t.zone, t.state, t.reason, t.settings,
       t.url, t.created_at, t.published_at, c.provider, c.remote_id AS channel_remote_id, c.name AS channel_name,
       c.handle AS channel_handle, c.picture AS channel_picture
     FROM targets t JOIN channels c ON c.id = t.channel_id WHERE t.deleted_at IS NULL";

/// Those due from `from` up to but not including `to`, in order.
pub async fn window(ex: impl Into<Ex<'_>>, org: OrgId, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<ListedRow>> {
    q(SELECT)
        .and(" AND t.org_id = ", org)
        .and(" AND t.due_at >= ", from)
        .and(" AND t.due_at < ", to)
        .push(" ORDER BY t.due_at, t.id")
        .all(ex)
        .await
}

/// Those of one post, in the order of its entries.
pub async fn of_post(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId) -> Result<Vec<ListedRow>> {
    q(SELECT).and(" AND t.org_id = ", org).and(" AND t.post_id = ", post).push(" ORDER BY t.entry, t.id").all(ex).await
}

/// The newest of each entry of some posts, by its time.
pub async fn newest_of(ex: impl Into<Ex<'_>>, org: OrgId, posts: &[PostId]) -> Result<Vec<ListedRow>> {
    q(SELECT)
        .and(" AND t.org_id = ", org)
        .push(
            " AND t.id IN (SELECT id FROM (SELECT id, row_number() OVER
                (PARTITION BY post_id, entry ORDER BY due_at DESC NULLS LAST, id DESC) AS place
              FROM targets WHERE deleted_at IS NULL",
        )
        .and(" AND org_id = ", org)
        .list(" AND post_id IN ", posts.iter().copied())
        .push(") newest WHERE place = 1) ORDER BY t.post_id, t.entry")
        .all(ex)
        .await
}

/// Some of them, in any order.
pub async fn of_targets(ex: impl Into<Ex<'_>>, org: OrgId, ids: &[TargetId]) -> Result<Vec<ListedRow>> {
    q(SELECT).and(" AND t.org_id = ", org).list(" AND t.id IN ", ids.iter().copied()).all(ex).await
}

/// One of them.
pub async fn find_row(ex: impl Into<Ex<'_>>, org: OrgId, id: TargetId) -> Result<ListedRow> {
    q(SELECT).and(" AND t.org_id = ", org).and(" AND t.id = ", id).opt(ex).await.or_not_found("post")
}

/// What the first parts of some targets became; those that are not live, or not any more, are left out.
pub async fn remotes_of(ex: impl Into<Ex<'_>>, org: OrgId, targets: &[TargetId]) -> Result<Vec<RemoteRow>> {
    q("SELECT p.target_id, r.remote_id, r.url FROM parts p JOIN remotes r ON r.part_id = p.id
       WHERE p.position = 0 AND r.n = 0 AND r.removed_at IS NULL AND p.org_id = $1")
    .bind(org)
    .list(" AND p.target_id IN ", targets.iter().copied())
    .all(ex)
    .await
}

/// Where the parts of some targets can be seen, by part; those that were deleted there are left out.
pub async fn urls_of(ex: impl Into<Ex<'_>>, org: OrgId, targets: &[TargetId]) -> Result<Vec<(PartId, String)>> {
    q("SELECT r.part_id, r.url FROM parts p JOIN remotes r ON r.part_id = p.id
       WHERE r.n = 0 AND r.url IS NOT NULL AND r.removed_at IS NULL AND p.org_id = $1")
    .bind(org)
    .list(" AND p.target_id IN ", targets.iter().copied())
    .all(ex)
    .await
}
