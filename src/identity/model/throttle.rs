//! The `throttles` table: counters that mean nothing after their reset.

use chrono::{DateTime, Utc};

use crate::{
    db::{Tx, q},
    error::Result,
};

/// Counts one more and tells how many that makes in this window, and when the window ends. A window that is over starts
/// anew and lasts until `until`.
pub async fn raise(tx: &mut Tx, key: &str, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<(i64, DateTime<Utc>)> {
    q("INSERT INTO throttles (key, count, resets_at) VALUES ($1, 1, $3)
       ON CONFLICT (key) DO UPDATE SET
           count = CASE WHEN throttles.resets_at <= $2 THEN 1 ELSE throttles.count + 1 END,
           resets_at = CASE WHEN throttles.resets_at <= $2 THEN excluded.resets_at ELSE throttles.resets_at END
       RETURNING count, resets_at")
    .bind(key)
    .bind(now)
    .bind(until)
    .one(tx)
    .await
}

/// Takes one back.
pub async fn lower(tx: &mut Tx, key: &str) -> Result<()> {
    q("UPDATE throttles SET count = count - 1 WHERE key = $1 AND count > 0").bind(key).exec(tx).await?;
    Ok(())
}

/// Forgets a counter.
pub async fn clear(tx: &mut Tx, key: &str) -> Result<()> {
    q("DELETE FROM throttles WHERE key = $1").bind(key).exec(tx).await?;
    Ok(())
}

/// Removes what means nothing any more.
pub async fn prune(tx: &mut Tx, now: DateTime<Utc>) -> Result<()> {
    q("DELETE FROM throttles WHERE resets_at <= $1").bind(now).exec(tx).await?;
    Ok(())
}
