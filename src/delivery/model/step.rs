//! The steps of a part, as the last run left them.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    db::{Ex, FromRow, Tx, q},
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
    /// When it was last attempted.
    pub last_at: Option<DateTime<Utc>>,
    /// Array of one: what it gave.
    pub result: Option<Json>,
}

/// All steps of a part.
pub async fn steps_of(ex: impl Into<Ex<'_>>, part: PartId) -> Result<Vec<Step>> {
    q("SELECT name, key, effect, state, begun_at, unsure, result,
         (SELECT max(a.begun_at) FROM attempts a WHERE a.part_id = $1 AND a.step = steps.name) AS last_at
       FROM steps WHERE part_id = $1 ORDER BY begun_at")
    .bind(part)
    .all(ex)
    .await
}

/// After the clock was set back nobody can tell whether a platform still remembers a key: none of an attempt without a
/// known end is believed in any more.
pub async fn distrust_keys(tx: &mut Tx) -> Result<u64> {
    q("UPDATE steps SET begun_at = $1 WHERE effect = 'keyed' AND state = 'open' AND unsure > 0")
        .bind(DateTime::UNIX_EPOCH)
        .exec(tx)
        .await
}

/// No wait between tries ends after `latest`, and no platform's word blocks a lane for longer.
pub async fn shorten_waits(tx: &mut Tx, latest: DateTime<Utc>) -> Result<()> {
    q("UPDATE parts SET next_at = $1 WHERE next_at > $1 AND state IN ('retrying', 'uncertain', 'processing')")
        .bind(latest)
        .exec(tx)
        .await?;
    q("UPDATE lanes SET blocked_until = $1 WHERE blocked_until > $1").bind(latest).exec(tx).await?;
    q("UPDATE lanes SET next_due = $1 WHERE next_due > $1 AND EXISTS
         (SELECT 1 FROM parts p WHERE p.channel_id = lanes.channel_id AND p.next_at = $1)")
    .bind(latest)
    .exec(tx)
    .await?;
    Ok(())
}

/// None of the attempts without a known end is at the platform: it was asked, or a person looked.
pub async fn absolve(tx: &mut Tx, part: PartId, now: DateTime<Utc>) -> Result<()> {
    q("UPDATE steps SET unsure = 0 WHERE part_id = $1 AND state = 'open'").bind(part).exec(tx).await?;
    q("UPDATE attempts SET outcome = 'failed', ended_at = $2 WHERE part_id = $1 AND outcome IS NULL")
        .bind(part)
        .bind(now)
        .exec(tx)
        .await?;
    Ok(())
}
