//! What was found on the platform for parts that only a person can settle.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    db::{Ex, FromRow, Json as JsonColumn, Tx, q},
    error::{Error, Result},
    kit::{OrgId, PartId},
    providers::Candidate,
};

/// A candidate with how much it looks like the part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// The post on the platform.
    #[serde(flatten)]
    pub candidate: Candidate,
    /// From 0 to 100.
    pub likeness: u8,
}

/// A look for candidates.
#[derive(Debug, Clone)]
pub struct Looked {
    /// When.
    pub at: DateTime<Utc>,
    /// The likeliest first.
    pub found: Vec<Match>,
}

#[derive(FromRow)]
struct Row {
    id: PartId,
    candidates: JsonColumn<Vec<Match>>,
    candidates_at: DateTime<Utc>,
}

/// Keeps what was found, while a person is still asked. False when somebody has answered meanwhile.
pub async fn keep_candidates(tx: &mut Tx, org: OrgId, part: PartId, found: &[Match], now: DateTime<Utc>) -> Result<bool> {
    let kept = q("UPDATE parts SET candidates = $3, candidates_at = $4 WHERE org_id = $1 AND id = $2 AND state = 'needs_you'")
        .bind(org)
        .bind(part)
        .bind(serde_json::to_value(found).map_err(Error::internal)?)
        .bind(now)
        .exec(tx)
        .await?;
    Ok(kept == 1)
}

/// The last look for each of some parts; those never looked for are left out.
pub async fn candidates_of(ex: impl Into<Ex<'_>>, org: OrgId, parts: &[PartId]) -> Result<HashMap<PartId, Looked>> {
    if parts.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = q("SELECT id, candidates, candidates_at FROM parts WHERE org_id = $1 AND candidates IS NOT NULL AND candidates_at IS NOT NULL")
        .bind(org)
        .list(" AND id IN ", parts.iter().copied())
        .all(ex)
        .await?;
    Ok(rows.into_iter().map(|r| (r.id, Looked { at: r.candidates_at, found: r.candidates.0 })).collect())
}
