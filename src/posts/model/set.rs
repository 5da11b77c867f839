//! The table `sets`: whole composers to begin posts from.

use chrono::{DateTime, Utc};

use super::Pairs;
use crate::{
    db::{Ex, FromRow, Json as JsonColumn, Tx, q},
    error::{Error, OrNotFound as _, Result},
    kit::{OrgId, SetId},
};

/// Most of one organisation.
const MOST: i64 = 200;

/// A composer to begin posts from.
#[derive(Debug, Clone, FromRow)]
pub struct Set {
    /// The composer's fields.
    pub form: JsonColumn<Pairs>,
}

/// A set as it is listed: without its form, which may be long.
#[derive(Debug, Clone, FromRow)]
pub struct SetRow {
    /// Its id.
    pub id: SetId,
    /// What people call it.
    pub name: String,
    /// The first words.
    pub words: String,
    /// When it was last saved.
    pub updated_at: DateTime<Utc>,
}

impl Set {
    /// All of an organisation, by name.
    pub async fn list(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<SetRow>> {
        q("SELECT id, name, words, updated_at FROM sets WHERE org_id = $1 AND deleted_at IS NULL ORDER BY lower(name), id")
            .bind(org)
            .all(ex)
            .await
    }

    /// By id within an organisation.
    pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId, id: SetId) -> Result<Self> {
        let found = q("SELECT form FROM sets WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL").bind(org).bind(id);
        found.opt(ex).await.or_not_found("set")
    }

    /// A new one.
    pub async fn add(tx: &mut Tx, org: OrgId, (name, form, words): (&str, &Pairs, &str), now: DateTime<Utc>) -> Result<SetId> {
        let (count,): (i64,) =
            q("SELECT count(*) FROM sets WHERE org_id = $1 AND deleted_at IS NULL").bind(org).one(&mut *tx).await?;
        if count >= MOST {
            return Err(Error::invalid("set_name", "sets.too_many"));
        }
        let id = SetId::new();
        q("INSERT INTO sets (id, org_id, name, form, words, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6)")
            .bind(id)
            .bind(org)
            .bind(name)
            .bind(serde_json::to_value(form).map_err(Error::internal)?)
            .bind(words)
            .bind(now)
            .exec(tx)
            .await?;
        Ok(id)
    }

    /// Over one that there is.
    pub async fn change(
        tx: &mut Tx,
        (org, id): (OrgId, SetId),
        (name, form, words): (&str, &Pairs, &str),
        now: DateTime<Utc>,
    ) -> Result<()> {
        let changed = q("UPDATE sets SET name = $1, form = $2, words = $3, updated_at = $4
           WHERE org_id = $5 AND id = $6 AND deleted_at IS NULL")
        .bind(name)
        .bind(serde_json::to_value(form).map_err(Error::internal)?)
        .bind(words)
        .bind(now)
        .bind(org)
        .bind(id)
        .exec(tx)
        .await?;
        if changed == 1 { Ok(()) } else { Err(Error::NotFound("set")) }
    }

    /// Gives it another name.
    pub async fn rename(tx: &mut Tx, org: OrgId, id: SetId, name: &str) -> Result<()> {
        let renamed = q("UPDATE sets SET name = $1 WHERE org_id = $2 AND id = $3 AND deleted_at IS NULL");
        let renamed = renamed.bind(name).bind(org).bind(id).exec(tx).await?;
        if renamed == 1 { Ok(()) } else { Err(Error::NotFound("set")) }
    }

    /// Deletes it, or with `None` takes that back.
    pub async fn set_deleted(tx: &mut Tx, org: OrgId, id: SetId, at: Option<DateTime<Utc>>) -> Result<()> {
        let done =
            q("UPDATE sets SET deleted_at = $1 WHERE org_id = $2 AND id = $3").bind(at).bind(org).bind(id).exec(tx).await?;
        if done == 1 { Ok(()) } else { Err(Error::NotFound("set")) }
    }
}
