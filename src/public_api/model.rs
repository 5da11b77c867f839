//! What a list of the wire needs beyond `posts::list`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, q},
    error::Result,
    kit::{OrgId, PostId},
};

/// Through which door the posts with a target due in a window came: one query for any number.
pub async fn sources(
    ex: impl Into<Ex<'_>>,
    org: OrgId,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<HashMap<PostId, String>> {
    let rows: Vec<(PostId, String)> = q("SELECT id, source FROM posts WHERE org_id = $1 AND id IN (
         SELECT post_id FROM targets WHERE org_id = $1 AND due_at >= $2 AND due_at < $3 AND deleted_at IS NULL)")
    .bind(org)
    .bind(from)
    .bind(to)
    .all(ex)
    .await?;
    Ok(rows.into_iter().collect())
}
