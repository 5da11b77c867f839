//! What the composer needs to know of pictures and films. Reads only: the table is of the feature `media`.

use crate::{
    db::{Ex, FromRow, q},
    error::Result,
    kit::{MediaId, OrgId},
    providers::MediaFile,
};

/// A picture or film of the library.
#[derive(Debug, Clone, FromRow)]
pub struct Medium {
    /// Its id.
    pub id: MediaId,
    /// The name it was uploaded under.
    pub name: String,
    /// Where it lies in the store, and below `/media/` on the web.
    pub path: String,
    /// Its type.
    pub mime: String,
    /// Its size.
    pub bytes: i64,
    /// Pixels.
    pub width: Option<i64>,
    /// Pixels.
    pub height: Option<i64>,
    /// Of a film.
    pub duration_ms: Option<i64>,
    /// Alternative text.
    pub alt: String,
}

const COLUMNS: &str = "id, name, path, mime, bytes, width, height, duration_ms, alt";

impl Medium {
    /// As providers see it, with the alternative text of one use.
    pub fn file(&self, alt: &str) -> MediaFile {
        let whole = |n: Option<i64>| n.and_then(|n| u32::try_from(n).ok());
        MediaFile {
            id: self.id,
            mime: self.mime.clone(),
            bytes: u64::try_from(self.bytes).unwrap_or_default(),
            width: whole(self.width),
            height: whole(self.height),
            duration: self.duration_ms.and_then(|ms| u64::try_from(ms).ok()).map(std::time::Duration::from_millis),
            alt: alt.to_owned(),
        }
    }
}

/// Those of an organisation among `ids` that are not deleted.
pub async fn media_by_id(ex: impl Into<Ex<'_>>, org: OrgId, ids: &[MediaId]) -> Result<Vec<Medium>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    q("SELECT ")
        .push(COLUMNS)
        .push(" FROM media WHERE org_id = $1 AND deleted_at IS NULL")
        .bind(org)
        .list(" AND id IN ", ids.iter().copied())
        .all(ex)
        .await
}

/// The newest of an organisation, at most `limit`.
pub async fn library(ex: impl Into<Ex<'_>>, org: OrgId, limit: i64) -> Result<Vec<Medium>> {
    q("SELECT ")
        .push(COLUMNS)
        .push(" FROM media WHERE org_id = $1 AND deleted_at IS NULL ORDER BY created_at DESC LIMIT $2")
        .bind(org)
        .bind(limit)
        .all(ex)
        .await
}
