//! Targets and the writing of their parts.

use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};

use super::{super::state, Part, content_hash, part_media, parts_of, refresh};
use crate::{
    channels::fields,
    db::{Ex, FromRow, Topic, Tx, q},
    delivery::{PartState, TargetState},
    error::{Error, OrNotFound as _, Result},
    events::{self, Event},
    kit::{ChannelId, OrgId, PartId, PostId, TargetId, VersionId},
    providers::MediaRef,
};

/// One post on one channel at one time.
#[derive(Debug, Clone, FromRow)]
pub struct Target {
    /// Its id; Postiz's `postId` and `group`.
    pub id: TargetId,
    /// Its tenant.
    pub org_id: OrgId,
    /// The post it is of.
    pub post_id: PostId,
    /// The version of the post it sends.
    pub version_id: VersionId,
    /// Where to.
    pub channel_id: ChannelId,
    /// Which entry of the version, from 0.
    pub entry: i64,
    /// When; `None` for a draft without a date.
    pub due_at: Option<DateTime<Utc>>,
    /// The zone in which a person chose the time.
    pub zone: String,
    /// Where it is.
    pub state: TargetState,
    /// Why it is held or missed.
    pub reason: Option<String>,
    /// The provider's settings.
    pub settings: Json,
    /// Where the first part can be seen.
    pub url: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its first part became live.
    pub published_at: Option<DateTime<Utc>>,
}

/// A target to be made.
#[derive(Debug, Clone)]
pub struct NewTarget {
    /// Its id.
    pub id: TargetId,
    /// The post.
    pub post: PostId,
    /// Which entry of the version, from 0.
    pub entry: i64,
    /// Where to.
    pub channel: ChannelId,
    /// Everything that an edit may change.
    pub change: TargetChange,
}

/// What an edit sets.
#[derive(Debug, Clone)]
pub struct TargetChange {
    /// The version sent.
    pub version: VersionId,
    /// Stays a draft.
    pub draft: bool,
    /// When; required unless it is a draft.
    pub due_at: Option<DateTime<Utc>>,
    /// The zone in which a person chose the time.
    pub zone: String,
    /// The provider's settings: a JSON object.
    pub settings: Json,
    /// The thread, at least one part.
    pub parts: Vec<NewPart>,
}

/// A part to be made.
#[derive(Debug, Clone)]
pub struct NewPart {
    /// The id it keeps over an edit, or a new one.
    pub id: PartId,
    /// Sanitised HTML.
    pub content: String,
    /// Pictures and videos.
    pub media: Vec<MediaRef>,
    /// Wait after the part before it, in seconds.
    pub delay_seconds: i64,
}

const COLUMNS: &str =
    "id, org_id, post_id, version_id, channel_id, entry, due_at, zone, state, reason, settings, url, created_at, published_at";

/// A target of an organisation that is not deleted.
pub async fn find_target(ex: impl Into<Ex<'_>>, org: OrgId, id: TargetId) -> Result<Target> {
    q("SELECT ")
        .push(COLUMNS)
        .push(" FROM targets WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL")
        .bind(org)
        .bind(id)
        .opt(ex)
        .await
        .or_not_found("post")
}

/// As [`find_target`], also when it was deleted from the lists: what is at work for it goes on.
pub async fn target_even_removed(ex: impl Into<Ex<'_>>, org: OrgId, id: TargetId) -> Result<Target> {
    q("SELECT ")
        .push(COLUMNS)
        .push(" FROM targets WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .opt(ex)
        .await
        .or_not_found("post")
}

/// A target `t` that waits for a person: the words of the indexes `targets_inbox` and `targets_inbox_kind`, less those that
/// go on by themselves when the channel's hour is over or when their series does ([`super::super::HOURLY`]).
pub const WAITING_FOR_PERSON: &str = " AND t.state IN ('needs_you', 'failed', 'published_incomplete', 'held', 'missed') AND t.dropped_at IS NULL AND t.deleted_at IS NULL AND (t.reason IS NULL OR t.reason NOT IN ('hourly_limit', 'series'))";

/// How many targets and channels of an organisation wait for a person: at most a thousand, for every page asks.
pub async fn waiting_for_person(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<i64> {
    let (count,): (i64,) = q("SELECT (SELECT count(*) FROM (SELECT 1 FROM targets t WHERE t.org_id = $1")
        .push(WAITING_FOR_PERSON)
        .push(" LIMIT 1000) AS few) + (SELECT count(*) FROM channels c WHERE c.org_id = $1 AND c.state = 'reconnect' AND c.deleted_at IS NULL)")
        .bind(org)
        .one(ex)
        .await?;
    Ok(count.min(1_000))
}

/// Writes a target and its parts; the engine hears of it at the commit.
pub async fn add(tx: &mut Tx, org: OrgId, new: &NewTarget, now: DateTime<Utc>) -> Result<()> {
    add_occurrence(tx, org, new, ("once", false), now).await
}

/// [`add`] for one occurrence of a recurrence: its key, and whether it is passed over when a later one is due as well.
pub async fn add_occurrence(
    tx: &mut Tx,
    org: OrgId,
    new: &NewTarget,
    (key, lapses): (&str, bool),
    now: DateTime<Utc>,
) -> Result<()> {
    let change = &new.change;
    q("INSERT INTO targets (id, org_id, post_id, version_id, channel_id, entry, due_at, zone, state, settings, created_at, occurrence_key, lapses)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
    .bind(new.id)
    .bind(org)
    .bind(new.post)
    .bind(change.version)
    .bind(new.channel)
    .bind(new.entry)
    .bind(change.due_at)
    .bind(&change.zone)
    .bind(change.state().as_str())
    .bind(change.settings.clone())
    .bind(now)
    .bind(key)
    .bind(lapses)
    .exec(tx)
    .await?;
    q("INSERT INTO lanes (channel_id, org_id, epoch) VALUES ($1, $2, 0) ON CONFLICT (channel_id) DO NOTHING")
        .bind(new.channel)
        .bind(org)
        .exec(tx)
        .await?;
    insert_parts(tx, org, (new.id, new.channel), change).await?;
    changed(tx, org, new.channel).await
}

/// Replaces the content and time of a target of which nothing is live or may be.
///
/// [`Error::Conflict`] otherwise. The claim wins over an edit that comes too late, and the other way round.
pub async fn replace(tx: &mut Tx, org: OrgId, id: TargetId, change: &TargetChange) -> Result<()> {
    let target = find_target(&mut *tx, org, id).await?;
    if !target.state.is_editable() || !untouched(&parts_of(&mut *tx, org, &[id]).await?) || may_be_live(tx, id).await? {
        return Err(Error::conflict("error.not_editable"));
    }
    let updated = q("UPDATE targets SET version_id = $3, due_at = $4, zone = $5, state = $6, settings = $7, reason = NULL,
         dropped_at = NULL WHERE org_id = $1 AND id = $2 AND state = $8")
    .bind(org)
    .bind(id)
    .bind(change.version)
    .bind(change.due_at)
    .bind(&change.zone)
    .bind(change.state().as_str())
    .bind(change.settings.clone())
    .bind(target.state.as_str())
    .exec(tx)
    .await?;
    if updated == 0 {
        return Err(Error::conflict("error.not_editable"));
    }
    let lookup = super::lookup::of_target(tx, id).await?;
    q("DELETE FROM parts WHERE org_id = $1 AND target_id = $2").bind(org).bind(id).exec(tx).await?;
    insert_parts(tx, org, (id, target.channel_id), change).await?;
    // Edited or not, it may have gone out already.
    super::lookup::keep(tx, id, lookup).await?;
    changed(tx, org, target.channel_id).await
}

/// Nothing of it is live or may be.
fn untouched(parts: &[Part]) -> bool {
    use PartState::*;
    parts.iter().all(|p| matches!(p.state, Waiting | Failed | Skipped | Cancelled))
}

/// True when the platform has accepted a write of a part that waits, is retried or was withdrawn, or may have: a request
/// that a crash or a refused login cut off leaves only this trace.
pub async fn may_be_live(tx: &mut Tx, id: TargetId) -> Result<bool> {
    let (traces,): (i64,) = q(concat!(
        "SELECT count(*) FROM parts WHERE target_id = $1
       AND state IN ('waiting', 'retrying', 'skipped', 'cancelled') AND ",
        may_be_live!()
    ))
    .bind(id)
    .one(tx)
    .await?;
    Ok(traces > 0)
}

impl TargetChange {
    fn state(&self) -> TargetState {
        if self.draft { TargetState::Draft } else { TargetState::Scheduled }
    }
}

async fn insert_parts(tx: &mut Tx, org: OrgId, (target, channel): (TargetId, ChannelId), change: &TargetChange) -> Result<()> {
    for (position, part) in (0i64..).zip(&change.parts) {
        // Only the first part has a time of its own; the others follow what is before them.
        let next_at = change.due_at.filter(|_| position == 0 && !change.draft);
        q("INSERT INTO parts (id, org_id, target_id, channel_id, position, delay_seconds, content, media, state, next_at, tries, looks, content_hash)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, 0, 0, $10)")
        .bind(part.id)
        .bind(org)
        .bind(target)
        .bind(channel)
        .bind(position)
        .bind(part.delay_seconds)
        .bind(&part.content)
        .bind(serde_json::to_value(&part.media).map_err(Error::internal)?)
        .bind(next_at)
        .bind(content_hash(&part.content, &part.media).to_vec())
        .exec(tx)
        .await?;
        let attached = if position == 0 { fields::files(&change.settings) } else { Vec::new() };
        let attached = attached.into_iter().map(|id| MediaRef { id, alt: String::new() });
        let shown: Vec<MediaRef> = part.media.iter().cloned().chain(attached).collect();
        part_media::note(tx, org, part.id, &shown).await?;
    }
    Ok(())
}

/// Brings the lane up to date and tells the engine and the pages.
pub async fn changed(tx: &mut Tx, org: OrgId, channel: ChannelId) -> Result<()> {
    refresh(tx, channel).await?;
    tx.publish(Topic::Schedule);
    tx.publish(Topic::Posts(org));
    Ok(())
}

/// Stores the state that follows from the parts. A draft, held, missed or cancelled target stays what it is until a
/// part says otherwise.
pub async fn settle(tx: &mut Tx, org: OrgId, id: TargetId) -> Result<TargetState> {
    let states: Vec<(PartState,)> =
        q("SELECT state FROM parts WHERE target_id = $1 ORDER BY position").bind(id).all(&mut *tx).await?;
    let states: Vec<PartState> = states.into_iter().map(|(s,)| s).collect();
    let state = state::derive(&states);
    q("UPDATE targets SET state = $3, reason = NULL WHERE org_id = $1 AND id = $2 AND state <> $3")
        .bind(org)
        .bind(id)
        .bind(state.as_str())
        .exec(tx)
        .await?;
    tx.publish(Topic::Posts(org));
    Ok(state)
}

/// Keeps a due target back: nothing of it is looked at again before it is released.
pub async fn hold(tx: &mut Tx, target: &Target, reason: &'static str, now: DateTime<Utc>) -> Result<()> {
    q("UPDATE parts SET next_at = NULL, state = CASE WHEN state IN ('sending', 'retrying') THEN 'waiting' ELSE state END
       WHERE target_id = $1 AND state IN ('waiting', 'sending', 'retrying', 'processing', 'uncertain')")
    .bind(target.id)
    .exec(tx)
    .await?;
    q("UPDATE targets SET state = 'held', reason = $2 WHERE id = $1").bind(target.id).bind(reason).exec(tx).await?;
    let event = Event {
        kind: "target.held",
        post: Some(target.post_id),
        target: Some(target.id),
        channel: Some(target.channel_id),
        data: Some(json!({"reason": reason})),
        ..Event::default()
    };
    events::record(tx, target.org_id, event, now).await?;
    tx.publish(Topic::Posts(target.org_id));
    Ok(())
}

/// Targets that were held for a channel that works again, channel by channel, at most 200.
pub async fn held_for_channels(tx: &mut Tx) -> Result<Vec<Target>> {
    q("SELECT t.id, t.org_id, t.post_id, t.version_id, t.channel_id, t.entry, t.due_at, t.zone, t.state, t.reason, t.settings, t.url,
         t.created_at, t.published_at
       FROM targets t JOIN channels c ON c.id = t.channel_id
       WHERE t.state = 'held' AND t.reason IN ('reconnect', 'paused') AND c.state = 'active' AND c.deleted_at IS NULL
       AND (t.deleted_at IS NULL OR EXISTS
           (SELECT 1 FROM parts p WHERE p.target_id = t.id AND p.state IN ('processing', 'uncertain')))
       ORDER BY t.channel_id, t.due_at LIMIT 200")
    .all(&mut *tx)
    .await
}

/// Lets a held target go.
pub async fn let_go(tx: &mut Tx, target: &Target, now: DateTime<Utc>) -> Result<()> {
    resume(tx, target, now).await?;
    let event = Event { kind: "target.released", post: Some(target.post_id), target: Some(target.id), ..Event::default() };
    events::record(tx, target.org_id, event, now).await?;
    changed(tx, target.org_id, target.channel_id).await
}

/// True when a part is at the platform, or may be.
pub async fn is_under_way(tx: &mut Tx, id: TargetId) -> Result<bool> {
    let (parts,): (i64,) = q("SELECT count(*) FROM parts WHERE target_id = $1 AND state IN ('processing', 'uncertain')")
        .bind(id)
        .one(&mut *tx)
        .await?;
    Ok(parts > 0 || may_be_live(tx, id).await?)
}

/// Makes the first part that is not live due: now, or at the target's time when that is still to come.
pub async fn resume(tx: &mut Tx, target: &Target, now: DateTime<Utc>) -> Result<()> {
    let at = target.due_at.map_or(now, |due| due.max(now));
    q("UPDATE parts SET next_at = $2 WHERE target_id = $1 AND state IN ('waiting', 'retrying', 'uncertain', 'processing') AND next_at IS NULL
       AND position = (SELECT min(position) FROM parts WHERE target_id = $1 AND state <> 'published')")
    .bind(target.id)
    .bind(at)
    .exec(tx)
    .await?;
    settle(tx, target.org_id, target.id).await?;
    Ok(())
}
