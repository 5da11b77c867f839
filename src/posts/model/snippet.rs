//! The table `snippets`: signatures and sets of hashtags.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, Tx, q},
    error::{Error, OrNotFound as _, Result},
    kit::{OrgId, SnippetId},
};

/// Most of one organisation.
const MOST: i64 = 200;

/// Words that are put into posts again and again.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Snippet {
    /// Its id.
    pub id: SnippetId,
    /// `signature` or `hashtags`.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// The words.
    pub content: String,
    /// Every new post begins with it; one at most.
    pub auto: bool,
}

const SELECT: &str = "SELECT id, kind, name, content, auto FROM snippets WHERE org_id = $1 AND deleted_at IS NULL";

impl Snippet {
    /// All of an organisation, by kind and name.
    pub async fn list(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<Self>> {
        q(SELECT).bind(org).push(" ORDER BY kind DESC, lower(name), id").all(ex).await
    }

    /// By id within an organisation.
    pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId, id: SnippetId) -> Result<Self> {
        q(SELECT).bind(org).and(" AND id = ", id).opt(ex).await.or_not_found("snippet")
    }

    /// Writes it: a new one, or over the one of this id. Of those that new posts begin with only this one stays one.
    pub async fn save(&self, tx: &mut Tx, org: OrgId, is_new: bool, now: DateTime<Utc>) -> Result<()> {
        if self.auto {
            q("UPDATE snippets SET auto = FALSE WHERE org_id = $1 AND auto AND id <> $2")
                .bind(org)
                .bind(self.id)
                .exec(&mut *tx)
                .await?;
        }
        if !is_new {
            let changed =
                q("UPDATE snippets SET name = $1, content = $2, auto = $3 WHERE org_id = $4 AND id = $5 AND deleted_at IS NULL")
                    .bind(&self.name)
                    .bind(&self.content)
                    .bind(self.auto)
                    .bind(org)
                    .bind(self.id)
                    .exec(tx)
                    .await?;
            return if changed == 1 { Ok(()) } else { Err(Error::NotFound("snippet")) };
        }
        let (count,): (i64,) =
            q("SELECT count(*) FROM snippets WHERE org_id = $1 AND deleted_at IS NULL").bind(org).one(&mut *tx).await?;
        if count >= MOST {
            return Err(Error::invalid("name", "snippets.too_many"));
        }
        q("INSERT INTO snippets (id, org_id, kind, name, content, auto, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(self.id)
            .bind(org)
            .bind(&self.kind)
            .bind(&self.name)
            .bind(&self.content)
            .bind(self.auto)
            .bind(now)
            .exec(tx)
            .await?;
        Ok(())
    }

    /// Deletes it, or with `None` takes that back; one that comes back is not what new posts begin with.
    pub async fn set_deleted(tx: &mut Tx, org: OrgId, id: SnippetId, at: Option<DateTime<Utc>>) -> Result<()> {
        let done = q("UPDATE snippets SET deleted_at = $1, auto = FALSE WHERE org_id = $2 AND id = $3");
        let done = done.bind(at).bind(org).bind(id).exec(tx).await?;
        if done == 1 { Ok(()) } else { Err(Error::NotFound("snippet")) }
    }
}
