//! Pages of a library, and how much it holds.

use super::{
    super::filter::{Filter, Only, Shape},
    Media, SELECT,
    uses::unplaced,
};
use crate::{
    db::{Ex, FromRow, q},
    error::Result,
    kit::OrgId,
    tokens::Cursor,
};

/// What a library holds of one kind.
#[derive(Debug, Clone, FromRow)]
pub struct Total {
    /// `picture`, `gif` or `film`.
    pub kind: String,
    /// Files.
    pub count: i64,
    /// Their size.
    pub bytes: i64,
}

impl Media {
    /// A page of what `filter` leaves of the library, newest first, beginning after the file that `after` names.
    pub async fn list(
        ex: impl Into<Ex<'_>>,
        org: OrgId,
        filter: &Filter,
        after: Option<Cursor>,
        limit: i64,
    ) -> Result<Vec<Self>> {
        let mut ex = ex.into();
        let mut query = q(SELECT).and(" WHERE m.deleted_at IS NULL AND m.org_id = ", org);
        query = match filter.kind {
            Some(Shape::Picture) => query.push(" AND m.mime IN ('image/jpeg', 'image/png', 'image/webp')"),
            Some(Shape::Gif) => query.push(" AND m.mime = 'image/gif'"),
            Some(Shape::Film) => query.push(" AND m.mime = 'video/mp4'"),
            None => query,
        };
        for word in &filter.words {
            query = query.and(" AND m.words LIKE ", format!("%{word}%"));
        }
        if let Some(tag) = &filter.tag {
            query = query.and(" AND EXISTS (SELECT 1 FROM media_tags g WHERE g.media_id = m.id AND g.key = ", tag).push(")");
        }
        query = match filter.only {
            Some(Only::Undescribed) => query.push(" AND m.alt = ''"),
            Some(Only::Unused) => {
                let drafted = unplaced(&mut ex, org).await?;
                let query = query.push(
                    " AND NOT EXISTS (SELECT 1 FROM part_media u JOIN parts p ON p.id = u.part_id JOIN targets t ON t.id = p.target_id
                       WHERE u.media_id = m.id AND t.deleted_at IS NULL)
                     AND NOT EXISTS (SELECT 1 FROM media f WHERE f.cover_id = m.id AND f.deleted_at IS NULL)",
                );
                if drafted.is_empty() { query } else { query.list(" AND m.id NOT IN ", drafted) }
            }
            None => query,
        };
        if let Some(after) = after {
            query = query.and(" AND (m.created_at, m.id) < (", after.at).and(", ", after.id).push(")");
        }
        query.and(" ORDER BY m.created_at DESC, m.id DESC LIMIT ", limit).all(&mut ex).await
    }

    /// How much the library holds of each kind that there is.
    pub async fn totals(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<Total>> {
        // A sum of BIGINT is NUMERIC on Postgres.
        q("SELECT CASE WHEN mime = 'video/mp4' THEN 'film' WHEN mime = 'image/gif' THEN 'gif' ELSE 'picture' END AS kind,
             COUNT(*) AS count, CAST(SUM(bytes) AS BIGINT) AS bytes
           FROM media WHERE org_id = $1 AND deleted_at IS NULL GROUP BY 1")
        .bind(org)
        .all(ex)
        .await
    }
}
