//! The table `media_tags`.

use std::collections::HashMap;

use super::{
    super::tag::{self, Tag},
    Media,
};
use crate::{
    db::{Ex, Tx, portions, q},
    error::Result,
    kit::{MediaId, OrgId},
};

/// Tags that a page offers.
const OFFERED: i64 = 200;

impl Media {
    /// The tags of some files, each file's by name.
    pub async fn tags(ex: impl Into<Ex<'_>>, org: OrgId, ids: &[MediaId]) -> Result<HashMap<MediaId, Vec<String>>> {
        let (mut ex, mut tags) = (ex.into(), HashMap::<MediaId, Vec<String>>::new());
        for portion in portions(ids) {
            let rows: Vec<(MediaId, String)> = q("SELECT media_id, name FROM media_tags WHERE org_id = $1")
                .bind(org)
                .list(" AND media_id IN ", portion.iter().copied())
                .push(" ORDER BY key")
                .all(&mut ex)
                .await?;
            for (id, name) in rows {
                tags.entry(id).or_default().push(name);
            }
        }
        Ok(tags)
    }

    /// The tags of a library with the number of files that carry each: the 200 that most do, by name.
    pub async fn all_tags(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<(String, String, i64)>> {
        let mut tags: Vec<(String, String, i64)> =
            q("SELECT g.key, MIN(g.name), COUNT(*) FROM media_tags g JOIN media m ON m.id = g.media_id
           WHERE g.org_id = $1 AND m.deleted_at IS NULL GROUP BY g.key ORDER BY 3 DESC, 1 LIMIT $2")
            .bind(org)
            .bind(OFFERED)
            .all(ex)
            .await?;
        tags.sort();
        Ok(tags)
    }

    /// What a file carries from now on.
    pub async fn set_tags(tx: &mut Tx, org: OrgId, id: MediaId, tags: &[Tag]) -> Result<()> {
        let others = q("DELETE FROM media_tags WHERE org_id = $1 AND media_id = $2").bind(org).bind(id);
        let others = if tags.is_empty() { others } else { others.list(" AND key NOT IN ", tags.iter().map(|t| &t.key)) };
        others.exec(tx).await?;
        for tag in tags {
            Self::add_tag(tx, org, &[id], tag).await?;
        }
        Ok(())
    }

    /// Gives a tag to those of the files that are in the library and have room for it, written as others carry it already.
    pub async fn add_tag(tx: &mut Tx, org: OrgId, ids: &[MediaId], tag: &Tag) -> Result<()> {
        let known: Option<(String,)> = q("SELECT MIN(name) FROM media_tags WHERE org_id = $1 AND key = $2 GROUP BY key")
            .bind(org)
            .bind(&tag.key)
            .opt(&mut *tx)
            .await?;
        let name = known.map_or_else(|| tag.name.clone(), |(name,)| name);
        for portion in portions(ids) {
            q("INSERT INTO media_tags (media_id, org_id, key, name) SELECT m.id, m.org_id, CAST($1 AS TEXT), CAST($2 AS TEXT) FROM media m
               WHERE m.org_id = $3 AND m.deleted_at IS NULL AND (SELECT COUNT(*) FROM media_tags g WHERE g.media_id = m.id) < $4")
            .bind(&tag.key)
            .bind(&name)
            .bind(org)
            .bind(tag::MOST as i64)
            .list(" AND m.id IN ", portion.iter().copied())
            .push(" ON CONFLICT (media_id, key) DO NOTHING")
            .exec(tx)
            .await?;
        }
        Ok(())
    }

    /// Takes a tag off files.
    pub async fn remove_tag(tx: &mut Tx, org: OrgId, ids: &[MediaId], tag: &Tag) -> Result<()> {
        for portion in portions(ids) {
            q("DELETE FROM media_tags WHERE org_id = $1 AND key = $2")
                .bind(org)
                .bind(&tag.key)
                .list(" AND media_id IN ", portion.iter().copied())
                .exec(tx)
                .await?;
        }
        Ok(())
    }
}
