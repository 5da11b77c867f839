//! The table `takedowns`, what of a target still stands at its platform, and what it becomes when nothing does. Who writes
//! takes the takedown first, then parts, then the target.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::Target;
use crate::{
    db::{Ex, FromRow, Json as JsonColumn, Topic, Tx, q},
    delivery::{DELETION, TAKEN_DOWN, TakedownState},
    error::{Error, Failure, FailureKind, Result},
    kit::{AttemptId, OrgId, PartId, TargetId},
    providers::Remote,
};

/// A person's wish that a target be deleted at its platform, and how far that is.
#[derive(Debug, Clone, FromRow)]
pub struct Takedown {
    /// The target.
    pub target_id: TargetId,
    /// Its tenant.
    pub org_id: OrgId,
    /// How far it is.
    pub state: TakedownState,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// Tries that the platform could not take.
    pub tries: i64,
    /// Why the last try did not work.
    pub failure: Option<JsonColumn<Failure>>,
}

const COLUMNS: &str = "target_id, org_id, state, asked_at, tries, failure";

/// Those of some targets.
pub async fn takedowns_of(ex: impl Into<Ex<'_>>, org: OrgId, targets: &[TargetId]) -> Result<Vec<Takedown>> {
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    q("SELECT ")
        .push(COLUMNS)
        .push(" FROM takedowns WHERE org_id = $1")
        .bind(org)
        .list(" AND target_id IN ", targets.iter().copied())
        .all(ex)
        .await
}

/// Something that stands at the platform because of a part.
#[derive(Debug, Clone, FromRow)]
pub struct Standing {
    /// The part.
    pub part_id: PartId,
    /// The part's place in the thread, from 0.
    pub position: i64,
    /// Sanitised HTML of the part.
    pub content: String,
    /// Which of the part's remotes, from 0.
    pub n: i64,
    remote_id: String,
    url: Option<String>,
    extra: Json,
}

impl Standing {
    /// As the provider made it.
    pub fn remote(&self) -> Remote {
        Remote { id: self.remote_id.clone(), url: self.url.clone(), extra: self.extra.clone() }
    }

    /// False when a person said that it is live, so that nobody knows its id.
    pub fn is_known(&self) -> bool {
        self.remote_id != "missing"
    }
}

/// What of a target still stands, the last first: a reply goes before what it answers.
pub async fn standing(ex: impl Into<Ex<'_>>, org: OrgId, target: TargetId) -> Result<Vec<Standing>> {
    q("SELECT p.id AS part_id, p.position, p.content, r.n, r.remote_id, r.url, r.extra FROM parts p JOIN remotes r ON r.part_id = p.id
       WHERE p.org_id = $1 AND p.target_id = $2 AND r.removed_at IS NULL ORDER BY p.position DESC, r.n DESC")
    .bind(org)
    .bind(target)
    .all(ex)
    .await
}

/// Writes the wish down; false when there is one already that is not over.
pub async fn ask_takedown(tx: &mut Tx, target: &Target, now: DateTime<Utc>) -> Result<bool> {
    let asked = q("INSERT INTO takedowns (target_id, org_id, state, asked_at, tries) VALUES ($1, $2, 'asked', $3, 0)
       ON CONFLICT (target_id) DO UPDATE SET state = 'asked', asked_at = excluded.asked_at, tries = 0, failure = NULL,
       ended_at = NULL WHERE takedowns.state = 'failed'")
    .bind(target.id)
    .bind(target.org_id)
    .bind(now)
    .exec(tx)
    .await?;
    Ok(asked == 1)
}

/// Takes the wish back; false when it is too late for that, or was never there.
pub async fn withdraw_takedown(tx: &mut Tx, org: OrgId, target: TargetId) -> Result<bool> {
    let withdrawn = q("DELETE FROM takedowns WHERE org_id = $1 AND target_id = $2 AND state = 'asked'");
    Ok(withdrawn.bind(org).bind(target).exec(tx).await? == 1)
}

/// From here on it cannot be taken back. `None`: it was, or it is over, or another one was asked for since.
pub async fn begin_takedown(tx: &mut Tx, (org, target): (OrgId, TargetId), asked_at: DateTime<Utc>) -> Result<Option<Takedown>> {
    q("UPDATE takedowns SET state = 'at_work' WHERE org_id = $1 AND target_id = $2 AND asked_at = $3
       AND state IN ('asked', 'at_work') RETURNING ")
    .push(COLUMNS)
    .bind(org)
    .bind(target)
    .bind(asked_at)
    .opt(tx)
    .await
}

/// Nothing more of the target is sent. False when something of it is under way, so that nobody knows what there is to delete.
pub async fn stop_rest(tx: &mut Tx, org: OrgId, target: TargetId, now: DateTime<Utc>) -> Result<bool> {
    q("UPDATE parts SET state = 'cancelled', next_at = NULL WHERE org_id = $1 AND target_id = $2 AND state IN ('failed', 'skipped')")
        .bind(org)
        .bind(target)
        .exec(tx)
        .await?;
    let stopped = q("UPDATE targets SET dropped_at = COALESCE(dropped_at, $3) WHERE org_id = $1 AND id = $2
       AND state IN ('published', 'published_incomplete')");
    Ok(stopped.bind(org).bind(target).bind(now).exec(tx).await? == 1)
}

/// A deletion is about to leave. No lane is needed for it, hence no epoch.
pub async fn intend_deletion(
    tx: &mut Tx,
    attempt: AttemptId,
    (org, standing): (OrgId, &Standing),
    hash: [u8; 32],
    now: DateTime<Utc>,
) -> Result<()> {
    q("INSERT INTO attempts (id, org_id, part_id, step, epoch, hash, begun_at) VALUES ($1, $2, $3, $4, 0, $5, $6)")
        .bind(attempt)
        .bind(org)
        .bind(standing.part_id)
        .bind(DELETION)
        .bind(hash.to_vec())
        .bind(now)
        .exec(tx)
        .await?;
    Ok(())
}

/// A deletion has ended; what is gone is marked so.
pub async fn end_deletion(
    tx: &mut Tx,
    attempt: AttemptId,
    standing: &Standing,
    result: &Result<(), Failure>,
    now: DateTime<Utc>,
) -> Result<()> {
    let outcome = match result {
        Ok(()) => "done",
        Err(failure) if failure.kind == FailureKind::Uncertain => "uncertain",
        Err(_) => "failed",
    };
    let failure = result.as_ref().err().map(serde_json::to_value).transpose().map_err(Error::internal)?;
    q("UPDATE attempts SET ended_at = $2, outcome = $3, failure = $4 WHERE id = $1")
        .bind(attempt)
        .bind(now)
        .bind(outcome)
        .bind(failure)
        .exec(tx)
        .await?;
    if result.is_ok() {
        q("UPDATE remotes SET removed_at = $3 WHERE part_id = $1 AND n = $2")
            .bind(standing.part_id)
            .bind(standing.n)
            .bind(now)
            .exec(tx)
            .await?;
    }
    Ok(())
}

impl Takedown {
    /// Nothing of the target stands any more. False when that was known already.
    pub async fn finish(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<bool> {
        let ended = q("UPDATE takedowns SET state = 'done', failure = NULL, ended_at = $3
           WHERE org_id = $1 AND target_id = $2 AND state = 'at_work'");
        if ended.bind(self.org_id).bind(self.target_id).bind(now).exec(tx).await? == 0 {
            return Ok(false);
        }
        q("UPDATE parts SET state = 'cancelled', next_at = NULL WHERE org_id = $1 AND target_id = $2 AND state = 'published'")
            .bind(self.org_id)
            .bind(self.target_id)
            .exec(tx)
            .await?;
        q("UPDATE targets SET state = 'cancelled', reason = $3, url = NULL WHERE org_id = $1 AND id = $2")
            .bind(self.org_id)
            .bind(self.target_id)
            .bind(TAKEN_DOWN)
            .exec(tx)
            .await?;
        tx.publish(Topic::Posts(self.org_id));
        Ok(true)
    }

    /// The platform could not take it; `state` says whether it is tried again.
    pub async fn note(&self, tx: &mut Tx, state: TakedownState, failure: &Failure, now: DateTime<Utc>) -> Result<()> {
        let ended = (state == TakedownState::Failed).then_some(now);
        q("UPDATE takedowns SET state = $3, tries = tries + 1, failure = $4, ended_at = $5
           WHERE org_id = $1 AND target_id = $2 AND state = 'at_work'")
        .bind(self.org_id)
        .bind(self.target_id)
        .bind(state.as_str())
        .bind(serde_json::to_value(failure).map_err(Error::internal)?)
        .bind(ended)
        .exec(tx)
        .await?;
        tx.publish(Topic::Posts(self.org_id));
        Ok(())
    }
}
