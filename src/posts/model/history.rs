//! Versions of a post with who saved them and when. Reads only.

use chrono::{DateTime, Utc};

use super::Stored;
use crate::{
    db::{Ex, FromRow, Json as JsonColumn, q},
    error::{OrNotFound as _, Result},
    kit::{OrgId, PostId},
};

/// A saved version.
#[derive(Debug, Clone, FromRow)]
pub struct Saving {
    /// Its number, from 1.
    pub number: i64,
    /// Who saved it; `None`: a script, or somebody who is gone.
    pub author: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// What it says.
    pub content: JsonColumn<Stored>,
}

const SELECT: &str = "SELECT v.number, u.name AS author, v.created_at, v.content
       FROM post_versions v LEFT JOIN users u ON u.id = v.author_id WHERE v.org_id = $1";

/// The newest hundred, newest first.
pub async fn savings(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId) -> Result<Vec<Saving>> {
    q(SELECT).bind(org).and(" AND v.post_id = ", post).push(" ORDER BY v.number DESC LIMIT 100").all(ex).await
}

/// One of them.
pub async fn saving(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId, number: i64) -> Result<Saving> {
    let query = q(SELECT).bind(org).and(" AND v.post_id = ", post).and(" AND v.number = ", number);
    query.opt(ex).await.or_not_found("version")
}
