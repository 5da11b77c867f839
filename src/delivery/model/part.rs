//! Parts and what they became.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use crate::{
    db::{Ex, FromRow, Json as JsonColumn, Tx, q},
    delivery::PartState,
    error::{Failure, OrNotFound as _, Result},
    kit::{ChannelId, OrgId, PartId, PostId, TargetId, VersionId},
    providers::{MediaRef, Remote},
};

/// One item of a target's thread.
#[derive(Debug, Clone, FromRow)]
pub struct Part {
    /// Its id.
    pub id: PartId,
    /// Its tenant.
    pub org_id: OrgId,
    /// The target it is of.
    pub target_id: TargetId,
    /// Where to.
    pub channel_id: ChannelId,
    /// From 0.
    pub position: i64,
    /// Wait after the part before it.
    pub delay_seconds: i64,
    /// Sanitised HTML.
    pub content: String,
    /// Pictures and videos.
    pub media: JsonColumn<Vec<MediaRef>>,
    /// Where it is.
    pub state: PartState,
    /// When the engine looks at it next.
    pub next_at: Option<DateTime<Utc>>,
    /// Counted tries.
    pub tries: i64,
    /// Looks at the platform for an uncertain outcome.
    pub looks: i64,
    /// What explains the state.
    pub failure: Option<JsonColumn<Failure>>,
    /// When it became live.
    pub published_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "id, org_id, target_id, channel_id, position, delay_seconds, content, media, state, next_at, tries, looks, failure, published_at";

/// The parts of some targets, by target and position.
pub async fn parts_of(ex: impl Into<Ex<'_>>, org: OrgId, targets: &[TargetId]) -> Result<Vec<Part>> {
    q("SELECT ")
        .push(COLUMNS)
        .push(" FROM parts WHERE org_id = $1")
        .bind(org)
        .list(" AND target_id IN ", targets.iter().copied())
        .push(" ORDER BY target_id, position")
        .all(ex)
        .await
}

/// One part of an organisation.
pub async fn find_part(ex: impl Into<Ex<'_>>, org: OrgId, id: PartId) -> Result<Part> {
    q("SELECT ")
        .push(COLUMNS)
        .push(" FROM parts WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .opt(ex)
        .await
        .or_not_found("part")
}

/// A due part with what its target adds.
#[derive(Debug, Clone, FromRow)]
pub struct Due {
    /// The part.
    #[sqlx(flatten)]
    pub part: Part,
    /// The post.
    pub post_id: PostId,
    /// The version that was loaded.
    pub version_id: VersionId,
    /// Its target was removed while it was under way: nothing more of it is begun.
    pub removed: bool,
    /// When the target was due.
    pub due_at: Option<DateTime<Utc>>,
    /// The provider's settings.
    pub settings: Json,
    /// Position of the last part of the thread.
    pub last_position: i64,
    /// An earlier run left steps.
    pub has_steps: bool,
    /// It is looked for at its platform first: it may have gone out since then without our knowing.
    pub lookup_since: Option<DateTime<Utc>>,
    /// Only because nobody was awake for long: not to see it there is proof enough that it was not sent.
    pub lookup_is_easy: bool,
    /// A later occurrence of a frequent recurrence is due as well: that one goes out, and not this one.
    pub superseded: bool,
}

/// The parts of a lane that are due, in order, at most `limit`.
pub async fn due(ex: impl Into<Ex<'_>>, channel: ChannelId, now: DateTime<Utc>, limit: i64) -> Result<Vec<Due>> {
    q("SELECT p.id, p.org_id, p.target_id, p.channel_id, p.position, p.delay_seconds, p.content, p.media, p.state, p.next_at, p.tries,
         p.looks, p.failure, p.published_at, t.post_id, t.version_id, t.deleted_at IS NOT NULL AS removed, t.due_at, t.settings,
         (SELECT max(l.position) FROM parts l WHERE l.target_id = p.target_id) AS last_position,
         EXISTS (SELECT 1 FROM steps s WHERE s.part_id = p.id) AS has_steps,
         p.lookup_since, COALESCE(p.lookup_reason = 'gap', FALSE) AS lookup_is_easy,
         t.lapses AND p.position = 0 AND EXISTS (SELECT 1 FROM targets n WHERE n.post_id = t.post_id AND n.entry = t.entry AND n.lapses
           AND n.due_at > t.due_at AND n.due_at <= $2 AND n.state = 'scheduled' AND n.deleted_at IS NULL) AS superseded
       FROM parts p JOIN targets t ON t.id = p.target_id
       WHERE p.channel_id = $1 AND p.next_at <= $2 ORDER BY p.next_at, t.due_at, p.id LIMIT $3")
    .bind(channel)
    .bind(now)
    .bind(limit)
    .all(ex)
    .await
}

/// Takes a due part off the schedule, unless it has changed since it was loaded.
pub async fn take(tx: &mut Tx, part: &Part) -> Result<bool> {
    let taken = q("UPDATE parts SET next_at = NULL WHERE id = $1 AND state = $2 AND next_at = $3")
        .bind(part.id)
        .bind(part.state.as_str())
        .bind(part.next_at)
        .exec(tx)
        .await?;
    Ok(taken == 1)
}

#[derive(FromRow)]
struct RemoteRow {
    remote_id: String,
    url: Option<String>,
    extra: Json,
}

/// What the parts before `position` of a target became, in order, one each.
pub async fn remotes_before(ex: impl Into<Ex<'_>>, target: TargetId, position: i64) -> Result<Vec<Remote>> {
    let rows: Vec<RemoteRow> = q("SELECT r.remote_id, r.url, r.extra FROM remotes r JOIN parts p ON p.id = r.part_id
       WHERE p.target_id = $1 AND p.position < $2 AND r.n = 0 ORDER BY p.position")
    .bind(target)
    .bind(position)
    .all(ex)
    .await?;
    Ok(rows.into_iter().map(|r| Remote { id: r.remote_id, url: r.url, extra: r.extra }).collect())
}
