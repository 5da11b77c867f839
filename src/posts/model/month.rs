//! What the list of posts shows of a month. Each query runs along an index: `targets_calendar` for a window of time,
//! `targets_state` when one state is asked for, `posts_unplaced` for drafts without a channel.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, Json as JsonColumn, Q, q},
    delivery::TargetState,
    error::{Failure, Result},
    kit::{OrgId, PostId},
    posts::model::Stored,
    providers::MediaRef,
};

/// A target with the beginning of its thread.
#[derive(Debug, Clone, FromRow)]
pub struct MonthRow {
    /// Its post.
    pub post_id: PostId,
    /// When; `None` for a draft without a date.
    pub due_at: Option<DateTime<Utc>>,
    /// Where it is.
    pub state: TargetState,
    /// Why it is held or missed.
    pub reason: Option<String>,
    /// Sanitised HTML of its first part.
    pub content: String,
    /// Pictures and videos of its first part.
    pub media: JsonColumn<Vec<MediaRef>>,
    /// How many parts it has.
    pub parts: i64,
    /// Why a part failed, the first one that did.
    pub failure: Option<JsonColumn<Failure>>,
    /// The channel's name.
    pub channel_name: String,
    /// Its provider.
    pub provider: String,
    /// Its picture.
    pub channel_picture: Option<String>,
}

/// A draft for which no channel is chosen.
#[derive(Debug, Clone, FromRow)]
pub struct UnplacedRow {
    /// The post.
    pub id: PostId,
    /// Its newest version.
    pub content: JsonColumn<Stored>,
}

/// How many posts have a target in a group of states.
#[derive(Debug, Clone, FromRow)]
pub struct Count {
    /// The group: a filter of the list, or a state that is in none; empty: any.
    pub state: String,
    /// How many posts.
    pub posts: i64,
}

/// Which lines of a list.
#[derive(Debug, Clone, Copy)]
pub struct Lines {
    /// How many are left out at the beginning.
    pub skip: i64,
    /// How many at most.
    pub take: i64,
}

const SELECT: &str = "SELECT t.post_id, t.due_at, t.state, t.reason, p.content, p.media,
       (SELECT count(*) FROM parts n WHERE n.target_id = t.id) AS parts,
       (SELECT f.failure FROM parts f WHERE f.target_id = t.id AND f.state IN ('failed', 'needs_you') ORDER BY f.position LIMIT 1) AS failure,
       c.name AS channel_name, c.provider, c.picture AS channel_picture
     FROM targets t JOIN parts p ON p.target_id = t.id AND p.position = 0 JOIN channels c ON c.id = t.channel_id
     WHERE t.deleted_at IS NULL";

/// Those due in a window, in order; `states` empty: in any state.
pub async fn month(
    ex: impl Into<Ex<'_>>,
    org: OrgId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    states: &[TargetState],
    lines: Lines,
) -> Result<Vec<MonthRow>> {
    let all = q(SELECT).and(" AND t.org_id = ", org).and(" AND t.due_at >= ", from).and(" AND t.due_at < ", to);
    let some = in_states(all, states).push(" ORDER BY t.due_at, t.id");
    some.and(" LIMIT ", lines.take).and(" OFFSET ", lines.skip).all(ex).await
}

/// Those in some states whatever their time, by state and time: along `targets_state`, which an order by time alone would
/// give up for a walk through everything that ever went out.
pub async fn in_any_month(ex: impl Into<Ex<'_>>, org: OrgId, states: &[TargetState], lines: Lines) -> Result<Vec<MonthRow>> {
    let some = in_states(q(SELECT).and(" AND t.org_id = ", org), states).push(" ORDER BY t.state, t.due_at, t.id");
    some.and(" LIMIT ", lines.take).and(" OFFSET ", lines.skip).all(ex).await
}

/// Those without a date, the newest first.
pub async fn undated(ex: impl Into<Ex<'_>>, org: OrgId, states: &[TargetState], limit: i64) -> Result<Vec<MonthRow>> {
    let all = q(SELECT).and(" AND t.org_id = ", org).push(" AND t.due_at IS NULL");
    in_states(all, states).and(" ORDER BY t.id DESC LIMIT ", limit).all(ex).await
}

fn in_states(q: Q, states: &[TargetState]) -> Q {
    if states.is_empty() { q } else { q.list(" AND t.state IN ", states.iter().map(|s| s.as_str())) }
}

/// Drafts for which no channel is chosen, the newest first.
pub async fn unplaced(ex: impl Into<Ex<'_>>, org: OrgId, limit: i64) -> Result<Vec<UnplacedRow>> {
    q("SELECT p.id, v.content FROM posts p JOIN post_versions v ON v.post_id = p.id
       AND v.number = (SELECT max(n.number) FROM post_versions n WHERE n.post_id = p.id)
       WHERE p.org_id = $1 AND p.unplaced AND p.deleted_at IS NULL ORDER BY p.id DESC LIMIT $2")
    .bind(org)
    .bind(limit)
    .all(ex)
    .await
}

/// Posts per group of states in a window, with those without a date when `undated`; the row with the empty group counts
/// each post once. The groups are those of the list's filters.
pub async fn counts(
    ex: impl Into<Ex<'_>>,
    org: OrgId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    undated: bool,
) -> Result<Vec<Count>> {
    q("SELECT CASE WHEN state IN ('scheduled', 'sending') THEN 'scheduled' WHEN state IN ('needs_you', 'held', 'missed') THEN 'needs_you'
         WHEN state IN ('failed', 'published_incomplete') THEN 'failed' ELSE state END AS state, count(DISTINCT post_id) AS posts FROM (
         SELECT state, post_id FROM targets WHERE org_id = $1 AND due_at >= $2 AND due_at < $3 AND deleted_at IS NULL
         UNION ALL SELECT '', post_id FROM targets WHERE org_id = $1 AND due_at >= $2 AND due_at < $3 AND deleted_at IS NULL
         UNION ALL SELECT state, post_id FROM targets WHERE $4 AND org_id = $1 AND due_at IS NULL AND deleted_at IS NULL
         UNION ALL SELECT '', post_id FROM targets WHERE $4 AND org_id = $1 AND due_at IS NULL AND deleted_at IS NULL
         UNION ALL SELECT 'draft', id FROM posts WHERE $4 AND org_id = $1 AND unplaced AND deleted_at IS NULL
         UNION ALL SELECT '', id FROM posts WHERE $4 AND org_id = $1 AND unplaced AND deleted_at IS NULL
       ) AS shown GROUP BY 1")
    .bind(org)
    .bind(from)
    .bind(to)
    .bind(undated)
    .all(ex)
    .await
}

/// True when the organisation has any post.
pub async fn any_post(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<bool> {
    let row: Option<(i64,)> =
        q("SELECT CAST(1 AS BIGINT) FROM posts WHERE org_id = $1 AND deleted_at IS NULL LIMIT 1").bind(org).opt(ex).await?;
    Ok(row.is_some())
}
