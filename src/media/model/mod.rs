//! The table `media`.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::{
    app::App,
    db::{Ex, FromRow, Topic, Tx, q},
    error::{Error, OrNotFound as _, Result},
    events::{self, Event},
    kit::{MediaId, OrgId, UserId},
    providers::MediaFile,
    tokens::Cursor,
};

/// Most characters of an alternative text.
pub const MAX_ALT: usize = 2_000;

/// A file of an organisation's library.
#[derive(Debug, Clone, FromRow)]
pub struct Media {
    /// Its id; later ones sort after earlier ones.
    pub id: MediaId,
    /// Whose it is.
    pub org_id: OrgId,
    /// The name it was uploaded under, made safe.
    pub name: String,
    /// Where it lies in the store.
    #[sqlx(rename = "path")]
    pub file: String,
    /// One of the five that are taken.
    pub mime: String,
    /// Its size.
    pub bytes: i64,
    /// Of its content.
    pub sha256: Vec<u8>,
    /// Pixels, upright.
    pub width: Option<i64>,
    /// Pixels, upright.
    pub height: Option<i64>,
    /// Of a film that says it.
    pub duration_ms: Option<i64>,
    /// Alternative text; may be empty.
    pub alt: String,
    /// When it was uploaded.
    pub created_at: DateTime<Utc>,
    /// When it was taken out of the library.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// What a library holds.
#[derive(Debug, Clone, Copy, FromRow)]
pub struct Total {
    /// Files.
    pub count: i64,
    /// Their size.
    pub bytes: i64,
}

/// In how many posts a file is.
#[derive(Debug, Clone, FromRow)]
pub struct Use {
    /// The file's id.
    pub id: MediaId,
    /// Posts.
    pub posts: i64,
}

impl Media {
    /// Where browsers of this instance find it.
    pub fn path(&self) -> String {
        format!("{}{}", super::FILES, self.file)
    }

    /// Where everybody finds it who was told.
    pub fn url(&self, app: &App) -> String {
        app.link(&self.path())
    }

    /// True for a film.
    pub fn is_video(&self) -> bool {
        self.mime.starts_with("video/")
    }

    /// As a provider sees it. `alt` is the text for this use.
    pub fn as_file(&self, alt: &str) -> MediaFile {
        let pixels = |n: Option<i64>| n.and_then(|n| u32::try_from(n).ok());
        MediaFile {
            id: self.id,
            mime: self.mime.clone(),
            bytes: self.bytes.unsigned_abs(),
            width: pixels(self.width),
            height: pixels(self.height),
            duration: self.duration_ms.map(|ms| std::time::Duration::from_millis(ms.unsigned_abs())),
            alt: alt.to_owned(),
        }
    }

    /// One file of the library.
    pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId, id: MediaId) -> Result<Self> {
        q("SELECT * FROM media WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL")
            .bind(org)
            .bind(id)
            .opt(ex)
            .await
            .or_not_found("media")
    }

    /// Those of `ids` that exist, in the order of `ids`. Files taken out of the library are among them, because posts
    /// keep what they use; those whose bytes are gone are not.
    pub async fn find_many(ex: impl Into<Ex<'_>>, org: OrgId, ids: &[MediaId]) -> Result<Vec<Self>> {
        let found: Vec<Self> = q("SELECT * FROM media WHERE org_id = $1 AND removed_at IS NULL")
            .bind(org)
            .list(" AND id IN ", ids.iter().copied())
            .all(ex)
            .await?;
        Ok(ids.iter().filter_map(|id| found.iter().find(|m| m.id == *id)).cloned().collect())
    }

    /// A page of the library, newest first, beginning after the file `after`.
    pub async fn list(ex: impl Into<Ex<'_>>, org: OrgId, after: Option<MediaId>, limit: i64) -> Result<Vec<Self>> {
        let mut query = q("SELECT * FROM media WHERE org_id = $1 AND deleted_at IS NULL").bind(org);
        if let Some(id) = after {
            let earlier = " AND (created_at, id) < (SELECT created_at, id FROM media WHERE org_id = $1 AND id = ";
            query = query.and(earlier, id).push(")");
        }
        query.push(" ORDER BY created_at DESC, id DESC").and(" LIMIT ", limit).all(ex).await
    }

    /// A page of the library for `/api/v1`, newest first.
    pub async fn page(ex: impl Into<Ex<'_>>, org: OrgId, after: Option<Cursor>, limit: i64) -> Result<Vec<Self>> {
        let mut query = q("SELECT * FROM media WHERE org_id = $1 AND deleted_at IS NULL").bind(org);
        if let Some(after) = after {
            query = query.and(" AND (created_at, id) < (", after.at).and(", ", after.id).push(")");
        }
        query.and(" ORDER BY created_at DESC, id DESC LIMIT ", limit).all(ex).await
    }

    /// The file at this place of the store, in the library of `org`.
    pub async fn at(ex: impl Into<Ex<'_>>, org: OrgId, file: &str) -> Result<Self> {
        check_place(file)?;
        q("SELECT * FROM media WHERE org_id = $1 AND path = $2 AND deleted_at IS NULL")
            .bind(org)
            .bind(file)
            .opt(ex)
            .await
            .or_not_found("media")
    }

    /// The file at this place of the store, whosever it is: who knows the place was told it. Also one taken out of the
    /// library.
    pub async fn public(ex: impl Into<Ex<'_>>, file: &str) -> Result<Self> {
        check_place(file)?;
        q("SELECT * FROM media WHERE path = $1").bind(file).opt(ex).await.or_not_found("media")
    }

    /// How much the library holds.
    pub async fn total(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Total> {
        // A sum of BIGINT is NUMERIC on Postgres.
        q("SELECT COUNT(*) AS count, CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes FROM media WHERE org_id = $1 AND deleted_at IS NULL")
            .bind(org)
            .one(ex)
            .await
    }

    /// In how many posts each of `ids` is; those in none are left out.
    pub async fn uses(ex: impl Into<Ex<'_>>, org: OrgId, ids: &[MediaId]) -> Result<Vec<Use>> {
        q("SELECT u.media_id AS id, COUNT(DISTINCT t.post_id) AS posts
           FROM part_media u JOIN parts p ON p.id = u.part_id JOIN targets t ON t.id = p.target_id
           WHERE t.deleted_at IS NULL")
        .and(" AND t.org_id = ", org)
        .list(" AND u.media_id IN ", ids.iter().copied())
        .push(" GROUP BY 1")
        .all(ex)
        .await
    }

    /// Up to `limit` files that were taken out of a library before `before` and whose bytes are still there, beginning
    /// after `after`, with whose they are.
    pub async fn discarded(
        ex: impl Into<Ex<'_>>,
        before: DateTime<Utc>,
        after: Option<MediaId>,
        limit: i64,
    ) -> Result<Vec<Self>> {
        let mut query = q("SELECT * FROM media WHERE deleted_at < $1 AND removed_at IS NULL").bind(before);
        if let Some(after) = after {
            query = query.and(" AND id > ", after);
        }
        query.push(" ORDER BY id").and(" LIMIT ", limit).all(ex).await
    }

    /// True when something that has not gone out, or a draft, shows the file. Reads what posts say and not a table beside
    /// them: bytes that are deleted do not come back.
    pub async fn is_needed(&self, ex: impl Into<Ex<'_>>) -> Result<bool> {
        let mark = format!("%{}%", self.id);
        let (needed,): (i64,) = q("SELECT (SELECT count(*) FROM parts WHERE org_id = $1 AND state <> 'published' AND CAST(media AS TEXT) LIKE $2)
           + (SELECT count(*) FROM post_versions v JOIN posts p ON p.id = v.post_id WHERE v.org_id = $1 AND p.deleted_at IS NULL
              AND (p.unplaced OR EXISTS (SELECT 1 FROM targets t JOIN parts x ON x.target_id = t.id WHERE t.post_id = p.id AND x.state <> 'published'))
              AND CAST(v.content AS TEXT) LIKE $2)")
        .bind(self.org_id)
        .bind(mark)
        .one(ex)
        .await?;
        Ok(needed > 0)
    }

    /// The same of what was saved since this program runs, and without reading every post: for the last look.
    pub async fn is_taken(&self, ex: impl Into<Ex<'_>>) -> Result<bool> {
        let first: Option<(MediaId,)> = q("SELECT u.media_id FROM part_media u JOIN parts p ON p.id = u.part_id
           WHERE u.media_id = $1 AND p.state <> 'published' LIMIT 1")
        .bind(self.id)
        .opt(ex)
        .await?;
        Ok(first.is_some())
    }

    /// Notes that the bytes are about to be deleted, after which it cannot be put back; false when it was put back.
    pub async fn give_up(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<bool> {
        let given_up = q("UPDATE media SET removed_at = $2 WHERE id = $1 AND deleted_at IS NOT NULL AND removed_at IS NULL");
        Ok(given_up.bind(self.id).bind(now).exec(tx).await? == 1)
    }

    /// Adds a file whose bytes are stored already.
    pub async fn insert(&self, tx: &mut Tx) -> Result<()> {
        q("INSERT INTO media (id, org_id, name, path, mime, bytes, sha256, width, height, duration_ms, alt, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
        .bind(self.id)
        .bind(self.org_id)
        .bind(&self.name)
        .bind(&self.file)
        .bind(&self.mime)
        .bind(self.bytes)
        .bind(self.sha256.clone())
        .bind(self.width)
        .bind(self.height)
        .bind(self.duration_ms)
        .bind(&self.alt)
        .bind(self.created_at)
        .exec(tx)
        .await?;
        Ok(())
    }

    /// Changes the alternative text; more than [`MAX_ALT`] characters are refused naming `alt`.
    pub async fn set_alt(tx: &mut Tx, org: OrgId, id: MediaId, alt: &str) -> Result<()> {
        let count = alt.chars().count();
        if count > MAX_ALT {
            let message = crate::error::Message::new("media.error.alt_too_long").with("count", count).with("max", MAX_ALT);
            return Err(Error::invalid("alt", message));
        }
        let changed = q("UPDATE media SET alt = $3 WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL")
            .bind(org)
            .bind(id)
            .bind(alt)
            .exec(tx)
            .await?;
        found(changed)
    }

    /// Takes a file out of the library. Its bytes stay, because posts may use them: they are removed by a clean-up that
    /// knows the posts, not here.
    pub async fn delete(tx: &mut Tx, org: OrgId, id: MediaId, now: DateTime<Utc>) -> Result<()> {
        let changed = q("UPDATE media SET deleted_at = $3 WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL")
            .bind(org)
            .bind(id)
            .bind(now)
            .exec(tx)
            .await?;
        found(changed)
    }

    /// Writes down what happened to a file of the library: `media.uploaded`, `media.described`, `media.deleted`, `media.restored`.
    pub async fn note(
        tx: &mut Tx,
        org: OrgId,
        (kind, id): (&'static str, MediaId),
        user: Option<UserId>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        tx.publish(Topic::Library);
        let data = Some(json!({"media": id}));
        events::record(tx, org, Event { kind, user, data, ..Event::default() }, now).await
    }

    /// Puts a file back into the library; one that is there stays there, one whose bytes were deleted is not found.
    pub async fn restore(tx: &mut Tx, org: OrgId, id: MediaId) -> Result<()> {
        found(
            q("UPDATE media SET deleted_at = NULL WHERE org_id = $1 AND id = $2 AND removed_at IS NULL")
                .bind(org)
                .bind(id)
                .exec(tx)
                .await?,
        )
    }
}

/// Keeps what cannot be a place from the database, which would fail over a zero byte.
fn check_place(file: &str) -> Result<()> {
    let can_be = file.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'/' || b == b'.');
    if can_be { Ok(()) } else { Err(Error::NotFound("media")) }
}

fn found(changed: u64) -> Result<()> {
    if changed == 0 { Err(Error::NotFound("media")) } else { Ok(()) }
}
