//! The tables `organisations`, `memberships` and `api_keys`.

use chrono::{DateTime, Utc};

use super::Role;
use crate::{
    db::{Ex, FromRow, Tx, q},
    error::{OrNotFound as _, Result},
    kit::{OrgId, UserId},
};

/// A tenant.
#[derive(Debug, Clone, FromRow)]
pub struct Organisation {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: String,
    /// IANA zone of new channels and of the pages.
    pub zone: String,
}

impl Organisation {
    /// By id.
    pub async fn find(ex: impl Into<Ex<'_>>, id: OrgId) -> Result<Self> {
        q("SELECT id, name, zone FROM organisations WHERE id = $1").bind(id).opt(ex).await.or_not_found("organisation")
    }

    /// Every organisation of the instance, by name: for its operator only.
    pub async fn list(ex: impl Into<Ex<'_>>) -> Result<Vec<Self>> {
        q("SELECT id, name, zone FROM organisations ORDER BY name, id").all(ex).await
    }

    /// The one a person works for after signing in: that of the oldest membership.
    pub async fn of_user(ex: impl Into<Ex<'_>>, user: UserId) -> Result<Option<Self>> {
        q("SELECT o.id, o.name, o.zone FROM organisations o JOIN memberships m ON m.org_id = o.id
           WHERE m.user_id = $1 ORDER BY m.created_at, o.id LIMIT 1")
        .bind(user)
        .opt(ex)
        .await
    }

    /// A new one with its owner. `name` and `zone` must have been checked.
    pub async fn create(tx: &mut Tx, owner: UserId, name: &str, zone: &str, now: DateTime<Utc>) -> Result<OrgId> {
        let id = OrgId::new();
        q("INSERT INTO organisations (id, name, zone, created_at) VALUES ($1, $2, $3, $4)")
            .bind(id)
            .bind(name)
            .bind(zone)
            .bind(now)
            .exec(tx)
            .await?;
        q("INSERT INTO memberships (org_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)")
            .bind(id)
            .bind(owner)
            .bind(Role::Owner.as_str())
            .bind(now)
            .exec(tx)
            .await?;
        Ok(id)
    }

    /// Another name and zone. Both must have been checked.
    pub async fn update(tx: &mut Tx, id: OrgId, name: &str, zone: &str) -> Result<()> {
        let set = q("UPDATE organisations SET name = $2, zone = $3 WHERE id = $1");
        set.bind(id).bind(name).bind(zone).exec(tx).await?;
        Ok(())
    }
}

/// What may be known about an API key after it was made.
#[derive(Debug, Clone, FromRow)]
pub struct ApiKey {
    /// Its last four characters.
    pub hint: String,
    /// Since when it works.
    pub created_at: DateTime<Utc>,
}

impl ApiKey {
    /// That of an organisation.
    pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Option<Self>> {
        q("SELECT hint, created_at FROM api_keys WHERE org_id = $1").bind(org).opt(ex).await
    }
}

/// Makes the key with this hash the organisation's only one.
pub(super) async fn set_key(tx: &mut Tx, org: OrgId, hash: [u8; 32], hint: &str, now: DateTime<Utc>) -> Result<()> {
    q("INSERT INTO api_keys (org_id, key_hash, hint, created_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (org_id) DO UPDATE SET key_hash = excluded.key_hash, hint = excluded.hint,
           created_at = excluded.created_at, used_at = NULL")
    .bind(org)
    .bind(hash.to_vec())
    .bind(hint)
    .bind(now)
    .exec(tx)
    .await?;
    Ok(())
}

/// Whose key it is, the organisation's zone, and when it was last used.
#[derive(FromRow)]
pub(super) struct KeyHolder {
    pub(super) org_id: OrgId,
    pub(super) zone: String,
    pub(super) used_at: Option<DateTime<Utc>>,
}

/// By the key's hash.
pub(super) async fn key_holder(ex: impl Into<Ex<'_>>, hash: [u8; 32]) -> Result<Option<KeyHolder>> {
    q("SELECT k.org_id, o.zone, k.used_at FROM api_keys k JOIN organisations o ON o.id = k.org_id WHERE k.key_hash = $1")
        .bind(hash.to_vec())
        .opt(ex)
        .await
}

/// Notes a use, unless one was noted after `before` already.
pub(super) async fn key_used(tx: &mut Tx, hash: [u8; 32], now: DateTime<Utc>, before: DateTime<Utc>) -> Result<()> {
    q("UPDATE api_keys SET used_at = $2 WHERE key_hash = $1 AND (used_at IS NULL OR used_at <= $3)")
        .bind(hash.to_vec())
        .bind(now)
        .bind(before)
        .exec(tx)
        .await?;
    Ok(())
}
