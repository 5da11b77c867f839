//! What the health checks read.

use chrono::{DateTime, Utc};

use crate::{
    db::{Db, q},
    error::Result,
};

/// The engine's last sign of life.
pub async fn heartbeat(db: &Db) -> Result<Option<DateTime<Utc>>> {
    let (at,): (Option<DateTime<Utc>>,) = q("SELECT heartbeat_at FROM instance").one(db).await?;
    Ok(at)
}
