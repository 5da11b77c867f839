//! What is late: moved, let go, spaced out. And the choices that decide about it.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Target, changed};
use crate::{
    db::{Ex, FromRow, Topic, Tx, q},
    delivery::TargetState,
    error::{OrNotFound as _, Result},
    kit::{ChannelId, OrgId, PartId, TargetId},
    orgs::{LatePolicy, Rules},
};

/// Most that is spaced out or listed at a time.
const MOST: i64 = 500;

#[derive(FromRow)]
struct Choices {
    #[sqlx(flatten)]
    rules: Rules,
    own_minutes: Option<i64>,
    own_policy: Option<LatePolicy>,
}

/// The choices of an organisation and of one of its channels.
pub async fn rules(ex: impl Into<Ex<'_>>, org: OrgId, channel: ChannelId) -> Result<(Rules, (Option<i64>, Option<LatePolicy>))> {
    let found: Choices = q("SELECT o.late_minutes, o.late_policy, o.burst_per_minute, o.channel_per_hour,
         c.late_minutes AS own_minutes, c.late_policy AS own_policy
       FROM organisations o JOIN channels c ON c.org_id = o.id WHERE o.id = $1 AND c.id = $2")
    .bind(org)
    .bind(channel)
    .opt(ex)
    .await
    .or_not_found("channel")?;
    Ok((found.rules, (found.own_minutes, found.own_policy)))
}

/// Plans a target of which nothing has begun for another time; false when it is no longer as it was loaded. One that nobody
/// has approved waits for that again, until then.
pub async fn plan_anew(tx: &mut Tx, target: &Target, due: DateTime<Utc>) -> Result<bool> {
    if super::is_unapproved(&mut *tx, target.org_id, target.id).await? {
        return super::wait_anew(tx, target, due).await;
    }
    q("UPDATE parts SET next_at = CASE WHEN position = 0 THEN $2 ELSE NULL END WHERE target_id = $1 AND state = 'waiting'")
        .bind(target.id)
        .bind(due)
        .exec(tx)
        .await?;
    let moved = q("UPDATE targets SET due_at = $2, state = 'scheduled', reason = NULL WHERE id = $1 AND state = $3")
        .bind(target.id)
        .bind(due)
        .bind(target.state.as_str())
        .exec(tx)
        .await?;
    changed(tx, target.org_id, target.channel_id).await?;
    Ok(moved == 1)
}

/// Gives a draft another date, or none; false when it is none any more.
pub async fn date_draft(tx: &mut Tx, target: &Target, due: Option<DateTime<Utc>>) -> Result<bool> {
    let dated = q("UPDATE targets SET due_at = $3 WHERE org_id = $1 AND id = $2 AND state = 'draft'")
        .bind(target.org_id)
        .bind(target.id)
        .bind(due)
        .exec(tx)
        .await?;
    changed(tx, target.org_id, target.channel_id).await?;
    Ok(dated == 1)
}

/// Makes a target wait for a person again, as it did at `due`; false when it is no longer as it was loaded.
pub async fn stand_as(
    tx: &mut Tx,
    target: &Target,
    due: Option<DateTime<Utc>>,
    (state, reason): (TargetState, Option<&str>),
) -> Result<bool> {
    q("UPDATE parts SET next_at = NULL WHERE target_id = $1 AND state = 'waiting'").bind(target.id).exec(tx).await?;
    let stood = q("UPDATE targets SET due_at = $2, state = $3, reason = $4 WHERE id = $1 AND state = $5")
        .bind(target.id)
        .bind(due)
        .bind(state.as_str())
        .bind(reason.map(str::to_owned))
        .bind(target.state.as_str())
        .exec(tx)
        .await?;
    changed(tx, target.org_id, target.channel_id).await?;
    Ok(stood == 1)
}

/// Lets the time of a target pass; its parts keep waiting for a person who wants it all the same.
pub async fn miss(tx: &mut Tx, target: &Target, reason: &str) -> Result<bool> {
    q("UPDATE parts SET next_at = NULL WHERE target_id = $1 AND state = 'waiting'").bind(target.id).exec(tx).await?;
    let missed = q("UPDATE targets SET state = 'missed', reason = $2 WHERE id = $1 AND state = $3")
        .bind(target.id)
        .bind(reason)
        .bind(target.state.as_str())
        .exec(tx)
        .await?;
    changed(tx, target.org_id, target.channel_id).await?;
    Ok(missed == 1)
}

/// True when a part of it is with the platform, is tried again or may be live: it is no longer only planned.
pub async fn has_begun(tx: &mut Tx, id: TargetId) -> Result<bool> {
    let (begun,): (i64,) = q("SELECT count(*) FROM parts WHERE target_id = $1 AND state NOT IN ('waiting', 'cancelled')")
        .bind(id)
        .one(&mut *tx)
        .await?;
    Ok(begun > 0 || super::may_be_live(tx, id).await?)
}

/// Gives the overdue posts of a channel that have not begun a time each, `spacing` apart, from `first` on, in the order of
/// their times. Those due later than `overdue_before` are on time and stay, and so do those planned for before `since`: the
/// policy has yet to judge them.
pub async fn space_out(
    tx: &mut Tx,
    channel: ChannelId,
    (first, spacing): (DateTime<Utc>, TimeDelta),
    overdue_before: DateTime<Utc>,
    (since, now): (DateTime<Utc>, DateTime<Utc>),
) -> Result<()> {
    let parts: Vec<(PartId,)> = q("SELECT p.id FROM parts p JOIN targets t ON t.id = p.target_id
       WHERE p.channel_id = $1 AND p.next_at <= $2 AND p.position = 0 AND p.state = 'waiting' AND t.due_at < $3
       AND p.next_at >= $4 ORDER BY t.due_at, p.id LIMIT $5")
    .bind(channel)
    .bind(now)
    .bind(overdue_before)
    .bind(since)
    .bind(MOST)
    .all(&mut *tx)
    .await?;
    for (n, (part,)) in (0i32..).zip(parts) {
        q("UPDATE parts SET next_at = $2 WHERE id = $1 AND state = 'waiting' AND next_at <= $3")
            .bind(part)
            .bind(first + spacing * n)
            .bind(now)
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Puts everything off that is due on a channel since an instant and would be a request of the same kind. What the platform
/// has already, or may have, is still followed.
pub async fn push_back(
    tx: &mut Tx,
    channel: ChannelId,
    until: DateTime<Utc>,
    (since, now): (DateTime<Utc>, DateTime<Utc>),
) -> Result<()> {
    q("UPDATE parts SET next_at = $2 WHERE channel_id = $1 AND next_at <= $3 AND next_at >= $4 AND state IN ('waiting', 'retrying')")
        .bind(channel)
        .bind(until)
        .bind(now)
        .bind(since)
        .exec(tx)
        .await?;
    Ok(())
}

/// Puts off the posts of a channel that are due since an instant and have not begun.
pub async fn push_posts_back(
    tx: &mut Tx,
    channel: ChannelId,
    until: DateTime<Utc>,
    (since, now): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Target>> {
    let targets: Vec<Target> =
        q("SELECT t.id, t.org_id, t.post_id, t.version_id, t.channel_id, t.entry, t.due_at, t.zone, t.state,
         t.reason, t.settings, t.url, t.created_at, t.published_at
       FROM targets t JOIN parts p ON p.target_id = t.id
       WHERE p.channel_id = $1 AND p.next_at <= $2 AND p.position = 0 AND p.state = 'waiting' AND t.deleted_at IS NULL
         AND p.next_at >= $3 ORDER BY t.due_at LIMIT $4")
        .bind(channel)
        .bind(now)
        .bind(since)
        .bind(MOST)
        .all(&mut *tx)
        .await?;
    for target in &targets {
        q("UPDATE parts SET next_at = $2 WHERE target_id = $1 AND position = 0 AND state = 'waiting'")
            .bind(target.id)
            .bind(until)
            .exec(tx)
            .await?;
    }
    Ok(targets)
}

/// Shows a target as held although it goes on by itself.
pub async fn show_held(tx: &mut Tx, target: &Target, reason: &str) -> Result<()> {
    q("UPDATE targets SET state = 'held', reason = $2 WHERE id = $1").bind(target.id).bind(reason).exec(tx).await?;
    tx.publish(Topic::Posts(target.org_id));
    Ok(())
}

/// Puts one part off that was about to go out; false when a person was faster. What was interrupted between two steps is
/// tried again.
pub async fn put_off(tx: &mut Tx, part: &super::Part, until: DateTime<Utc>) -> Result<bool> {
    let off = q("UPDATE parts SET next_at = $2, state = CASE WHEN state = 'sending' THEN 'retrying' ELSE state END
       WHERE id = $1 AND next_at = $3 AND state IN ('waiting', 'retrying', 'sending', 'processing')")
    .bind(part.id)
    .bind(until)
    .bind(part.next_at)
    .exec(tx)
    .await?;
    Ok(off == 1)
}

/// Something that was late, and what became of it.
#[derive(Debug, Clone, FromRow)]
pub struct Late {
    /// The target as it is now.
    #[sqlx(flatten)]
    pub target: Target,
    /// The event that tells it: `target.held`, `target.missed` or `target.moved`.
    pub kind: String,
    /// When that was.
    pub at: DateTime<Utc>,
}

/// What was late and has been held, missed or moved since an instant, and still is; earliest due first, at most 500.
pub async fn late(ex: impl Into<Ex<'_>>, org: OrgId, since: DateTime<Utc>) -> Result<Vec<Late>> {
    q("SELECT t.id, t.org_id, t.post_id, t.version_id, t.channel_id, t.entry, t.due_at, t.zone, t.state, t.reason, t.settings, t.url,
         t.created_at, t.published_at, e.kind, e.created_at AS at
       FROM events e JOIN targets t ON t.id = e.target_id
       WHERE e.org_id = $1 AND e.created_at >= $2 AND t.org_id = $1 AND t.deleted_at IS NULL
         AND ((e.kind = 'target.held' AND t.state = 'held' AND t.reason = 'late')
           OR (e.kind = 'target.missed' AND t.state = 'missed' AND t.reason = 'late')
           OR (e.kind = 'target.moved' AND e.user_id IS NULL AND t.state = 'scheduled'))
         AND NOT EXISTS (SELECT 1 FROM events l WHERE l.target_id = t.id AND l.id > e.id
           AND l.kind IN ('target.held', 'target.missed', 'target.moved'))
       ORDER BY t.due_at, t.id LIMIT $3")
    .bind(org)
    .bind(since)
    .bind(MOST)
    .all(ex)
    .await
}
