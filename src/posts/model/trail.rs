//! Every attempt of a target's parts, for the timeline. Reads only: the table is delivery's.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, Json as JsonColumn, q},
    error::{Failure, Result},
    kit::{OrgId, TargetId},
};

/// One try of one step.
#[derive(Debug, Clone, FromRow)]
pub struct Attempt {
    /// Of which target.
    pub target_id: TargetId,
    /// From 0.
    pub position: i64,
    /// The step's name, in the provider's words.
    pub step: String,
    /// When it was about to leave.
    pub begun_at: DateTime<Utc>,
    /// When the answer came; `None`: in flight, or never known.
    pub ended_at: Option<DateTime<Utc>>,
    /// `done`, `failed` or `uncertain`; `None` as for `ended_at`.
    pub outcome: Option<String>,
    /// Why it failed.
    pub failure: Option<JsonColumn<Failure>>,
}

/// Those of some targets, oldest first, at most 500.
pub async fn attempts_of(ex: impl Into<Ex<'_>>, org: OrgId, targets: &[TargetId]) -> Result<Vec<Attempt>> {
    q("SELECT p.target_id, p.position, a.step, a.begun_at, a.ended_at, a.outcome, a.failure
       FROM parts p JOIN attempts a ON a.part_id = p.id WHERE p.org_id = $1")
    .bind(org)
    .list(" AND p.target_id IN ", targets.iter().copied())
    .push(" ORDER BY a.id LIMIT 500")
    .all(ex)
    .await
}
