//! The table `recurrences`: a post's rule and how far it has become targets.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, Json as JsonColumn, Tx, q},
    error::{Error, Result},
    kit::{OrgId, PostId, VersionId, recur::Rule},
};

/// A post that goes out again and again.
#[derive(Debug, Clone, FromRow)]
pub struct Recurrence {
    /// The post.
    pub post_id: PostId,
    /// Its tenant.
    pub org_id: OrgId,
    /// What future occurrences say.
    pub version_id: VersionId,
    /// When they are.
    pub rule: JsonColumn<Rule>,
    /// None from here on.
    pub ends_before: Option<DateTime<Utc>>,
    /// The time zone database by which its targets were planned.
    pub tzdata: String,
    /// When there are more to plan.
    pub plan_at: Option<DateTime<Utc>>,
    /// The first occurrence that is no target yet.
    pub next_at: Option<DateTime<Utc>>,
    /// Since when it is paused.
    pub paused_at: Option<DateTime<Utc>>,
    /// Since when all its occurrences are planned.
    pub ended_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

const SELECT: &str =
    "SELECT r.post_id, r.org_id, r.version_id, r.rule, r.ends_before, r.tzdata, r.plan_at, r.next_at, r.paused_at,
       r.ended_at, r.created_at FROM recurrences r";

/// That of a post.
pub async fn recurrence(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId) -> Result<Option<Recurrence>> {
    q(SELECT).and(" WHERE r.org_id = ", org).and(" AND r.post_id = ", post).opt(ex).await
}

/// Writes it whole. The caller holds the post.
pub async fn save_recurrence(tx: &mut Tx, r: &Recurrence) -> Result<()> {
    q("INSERT INTO recurrences (post_id, org_id, version_id, rule, ends_before, tzdata, plan_at, next_at, paused_at, ended_at, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
       ON CONFLICT (post_id) DO UPDATE SET version_id = $3, rule = $4, ends_before = $5, tzdata = $6, plan_at = $7, next_at = $8,
         paused_at = $9, ended_at = $10")
    .bind(r.post_id)
    .bind(r.org_id)
    .bind(r.version_id)
    .bind(serde_json::to_value(&r.rule.0).map_err(Error::internal)?)
    .bind(r.ends_before)
    .bind(&r.tzdata)
    .bind(r.plan_at)
    .bind(r.next_at)
    .bind(r.paused_at)
    .bind(r.ended_at)
    .bind(r.created_at)
    .exec(tx)
    .await?;
    Ok(())
}

/// The post goes out once again.
pub async fn remove_recurrence(tx: &mut Tx, org: OrgId, post: PostId) -> Result<()> {
    q("DELETE FROM recurrences WHERE org_id = $1 AND post_id = $2").bind(org).bind(post).exec(tx).await?;
    Ok(())
}

/// Those of all organisations of which more is to be planned, or whose targets another time zone database placed.
pub async fn due_recurrences(ex: impl Into<Ex<'_>>, now: DateTime<Utc>, tzdata: &str) -> Result<Vec<(OrgId, PostId)>> {
    q("SELECT r.org_id, r.post_id FROM recurrences r JOIN posts p ON p.id = r.post_id
       WHERE p.deleted_at IS NULL AND r.paused_at IS NULL AND (r.plan_at <= $1 OR r.tzdata <> $2) ORDER BY r.plan_at, r.post_id LIMIT 1000")
    .bind(now)
    .bind(tzdata)
    .all(ex)
    .await
}

/// When the next one wants to be planned.
pub async fn next_plan(ex: impl Into<Ex<'_>>) -> Result<Option<DateTime<Utc>>> {
    let (at,): (Option<DateTime<Utc>>,) = q("SELECT min(r.plan_at) FROM recurrences r JOIN posts p ON p.id = r.post_id
       WHERE r.plan_at IS NOT NULL AND p.deleted_at IS NULL AND r.paused_at IS NULL")
    .one(ex)
    .await?;
    Ok(at)
}

/// Those of an organisation that have occurrences before an instant which are no targets yet.
pub async fn recurrences_of(ex: impl Into<Ex<'_>>, org: OrgId, before: DateTime<Utc>) -> Result<Vec<Recurrence>> {
    q(SELECT)
        .push(" JOIN posts p ON p.id = r.post_id WHERE p.deleted_at IS NULL AND r.paused_at IS NULL")
        .and(" AND r.org_id = ", org)
        .and(" AND r.next_at < ", before)
        .push(" ORDER BY r.next_at, r.post_id LIMIT 500")
        .all(ex)
        .await
}

/// Those of some posts.
pub async fn recurring(ex: impl Into<Ex<'_>>, org: OrgId, posts: &[PostId]) -> Result<Vec<Recurrence>> {
    q(SELECT).and(" WHERE r.org_id = ", org).list(" AND r.post_id IN ", posts.iter().copied()).all(ex).await
}
