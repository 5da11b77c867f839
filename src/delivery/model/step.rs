//! The steps of a part, as the last run left them.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    db::{Ex, FromRow, q},
    error::Result,
    kit::PartId,
};

/// A named step of publishing a part.
#[derive(Debug, Clone, FromRow)]
pub struct Step {
    /// Its name within the part.
    pub name: String,
    /// Stays the same over all attempts.
    pub key: Uuid,
    /// `repeatable`, `keyed`, `client_id` or `once`.
    pub effect: String,
    /// `open` or `done`.
    pub state: String,
    /// When it was first intended.
    pub begun_at: DateTime<Utc>,
    /// Attempts that may have been seen and whose end is not known.
    pub unsure: i64,
    /// Array of one: what it gave.
    pub result: Option<Json>,
}

/// All steps of a part.
pub async fn steps_of(ex: impl Into<Ex<'_>>, part: PartId) -> Result<Vec<Step>> {
    q("SELECT name, key, effect, state, begun_at, unsure, result FROM steps WHERE part_id = $1 ORDER BY begun_at")
        .bind(part)
        .all(ex)
        .await
}
