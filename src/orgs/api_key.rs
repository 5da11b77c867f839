//! The API key of an organisation: 64 hex digits as Postiz's, stored as SHA-256, shown once.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Caller, Source, model};
use crate::{
    app::App,
    db::Tx,
    error::Result,
    kit::{
        OrgId, Secret,
        crypto::{random_hex, sha256},
    },
};

/// How exactly `used_at` is kept: reads of the API shall not each cause a write.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// How much of a key may be seen afterwards.
const HINT: usize = 4;

/// A new key for the organisation; the one before stops working with the commit.
pub async fn replace(tx: &mut Tx, org: OrgId, now: DateTime<Utc>) -> Result<Secret> {
    let key = random_hex();
    model::set_key(tx, org, sha256(key.as_bytes()), &key[key.len() - HINT..], now).await?;
    Ok(Secret::new(key))
}

/// Who calls with this key; `None` when it is nobody's. `used_at` follows at most once a minute.
pub async fn by_api_key(app: &App, key: &str) -> Result<Option<Caller>> {
    let (hash, now) = (sha256(key.as_bytes()), app.clock.now());
    let Some(holder) = model::key_holder(&app.db, hash).await? else { return Ok(None) };
    let before = now - NOTED_EVERY;
    if holder.used_at.is_none_or(|at| at <= before)
        && let Err(e) = note_use(app, hash, now, before).await
    {
        // Worth a line, not a refused request.
        tracing::warn!(org = %holder.org_id, error = %e, "the use of an API key could not be noted");
    }
    Ok(Some(Caller::machine(holder.org_id, &holder.zone, Source::Api)))
}

async fn note_use(app: &App, hash: [u8; 32], now: DateTime<Utc>, before: DateTime<Utc>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    model::key_used(&mut tx, hash, now, before).await?;
    tx.commit().await
}
