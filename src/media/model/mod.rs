//! The table `media`: files, their words, and how they leave the library.

mod library;
mod tags;
mod uses;

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::{
    app::App,
    db::{Ex, FromRow, Topic, Tx, portions, q},
    error::{Error, Message, OrNotFound as _, Result},
    events::{self, Event},
    kit::{MediaId, OrgId, UserId},
    providers::MediaFile,
    search::folded,
};

pub use uses::Shown;

use super::focus::Focus;

/// A file with the place of its cover.
const SELECT: &str =
    "SELECT m.*, c.path AS cover_file FROM media m LEFT JOIN media c ON c.id = m.cover_id AND c.removed_at IS NULL";

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
    /// See [`Media::focus`].
    pub focus_x: Option<f64>,
    /// See [`Media::focus`].
    pub focus_y: Option<f64>,
    /// The picture that stands for a film.
    pub cover_id: Option<MediaId>,
    /// Where that lies in the store, as long as it does.
    pub cover_file: Option<String>,
}

/// New words for a file; `None` leaves those it has.
#[derive(Debug, Clone, Copy, Default)]
pub struct Words<'a> {
    /// The name that people see.
    pub name: Option<&'a str>,
    /// The alternative text.
    pub alt: Option<&'a str>,
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

    /// What of it stays in sight where it is cut, if somebody has said so.
    pub fn focus(&self) -> Option<Focus> {
        Focus::new(self.focus_x?, self.focus_y?)
    }

    /// Where pages that show it cut to a shape of theirs find it, told what stays in sight.
    pub fn shown(&self) -> String {
        format!("{}{}", self.path(), self.focus().map(Focus::mark).unwrap_or_default())
    }

    /// The picture that stands for a film.
    pub fn poster(&self) -> Option<String> {
        Some(format!("{}{}", super::FILES, self.cover_file.as_ref()?))
    }

    /// A picture of it where there is only room for one: itself, or a film's cover.
    pub fn still(&self) -> Option<String> {
        if self.is_video() { self.poster() } else { Some(self.shown()) }
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
            focus: self.focus().map(|focus| (focus.x, focus.y)),
            cover: self.cover_id.filter(|_| self.cover_file.is_some()),
        }
    }

    /// One file of the library.
    pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId, id: MediaId) -> Result<Self> {
        let found = q(SELECT).and(" WHERE m.deleted_at IS NULL AND m.org_id = ", org).and(" AND m.id = ", id).opt(ex).await;
        found.or_not_found("media")
    }

    /// Those of `ids` that exist, in the order of `ids`. Files taken out of the library are among them, because posts
    /// keep what they use; those whose bytes are gone are not.
    pub async fn find_many(ex: impl Into<Ex<'_>>, org: OrgId, ids: &[MediaId]) -> Result<Vec<Self>> {
        let found: Vec<Self> = q(SELECT)
            .and(" WHERE m.removed_at IS NULL AND m.org_id = ", org)
            .list(" AND m.id IN ", ids.iter().copied())
            .all(ex)
            .await?;
        Ok(ids.iter().filter_map(|id| found.iter().find(|m| m.id == *id)).cloned().collect())
    }

    /// The file at this place of the store, in the library of `org`.
    pub async fn at(ex: impl Into<Ex<'_>>, org: OrgId, file: &str) -> Result<Self> {
        check_place(file)?;
        let found = q(SELECT).and(" WHERE m.deleted_at IS NULL AND m.org_id = ", org).and(" AND m.path = ", file).opt(ex).await;
        found.or_not_found("media")
    }

    /// The file at this place of the store, whosever it is: who knows the place was told it. Also one taken out of the
    /// library.
    pub async fn public(ex: impl Into<Ex<'_>>, file: &str) -> Result<Self> {
        check_place(file)?;
        q(SELECT).and(" WHERE m.path = ", file).opt(ex).await.or_not_found("media")
    }

    /// Up to `limit` files that were taken out of a library before `before` and whose bytes are still there, beginning
    /// after `after`, with whose they are.
    pub async fn discarded(
        ex: impl Into<Ex<'_>>,
        before: DateTime<Utc>,
        after: Option<MediaId>,
        limit: i64,
    ) -> Result<Vec<Self>> {
        let mut query = q(SELECT).and(" WHERE m.removed_at IS NULL AND m.deleted_at < ", before);
        if let Some(after) = after {
            query = query.and(" AND m.id > ", after);
        }
        query.push(" ORDER BY m.id").and(" LIMIT ", limit).all(ex).await
    }

    /// Notes that the bytes are about to be deleted, after which it cannot be put back; false when it was put back.
    pub async fn give_up(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<bool> {
        let given_up = q("UPDATE media SET removed_at = $2 WHERE id = $1 AND deleted_at IS NOT NULL AND removed_at IS NULL");
        Ok(given_up.bind(self.id).bind(now).exec(tx).await? == 1)
    }

    /// Adds a file whose bytes are stored already.
    pub async fn insert(&self, tx: &mut Tx) -> Result<()> {
        q("INSERT INTO media (id, org_id, name, path, mime, bytes, sha256, width, height, duration_ms, alt, created_at, words)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
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
        .bind(words(&self.name, &self.alt))
        .exec(tx)
        .await?;
        Ok(())
    }

    /// Gives it another name or alternative text. More than [`MAX_ALT`] characters are refused naming `alt`, a name of which
    /// nothing is left naming `name`.
    pub async fn describe(tx: &mut Tx, org: OrgId, id: MediaId, new: Words<'_>) -> Result<()> {
        let media = Self::find(&mut *tx, org, id).await?;
        let alt = new.alt.map_or(media.alt, said);
        let count = alt.chars().count();
        if count > MAX_ALT {
            let message = Message::new("media.error.alt_too_long").with("count", count).with("max", MAX_ALT);
            return Err(Error::invalid("alt", message));
        }
        let name = match new.name {
            Some(given) => super::name::renamed(given, &media.file).ok_or_else(|| Error::invalid("name", "field.required"))?,
            None => media.name,
        };
        let change = q("UPDATE media SET name = $3, alt = $4, words = $5 WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL");
        let change = change.bind(org).bind(id).bind(&name).bind(&alt).bind(words(&name, &alt));
        found(change.exec(tx).await?)
    }

    /// What of it stays in sight where it is cut; `None`: the middle.
    pub async fn set_focus(tx: &mut Tx, org: OrgId, id: MediaId, focus: Option<Focus>) -> Result<()> {
        let change = q("UPDATE media SET focus_x = $3, focus_y = $4 WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL");
        let change = change.bind(org).bind(id).bind(focus.map(|f| f.x)).bind(focus.map(|f| f.y));
        found(change.exec(tx).await?)
    }

    /// The picture that stands for a film, of the same library; `None`: none. What is no film has no cover, and what is no
    /// picture is none: refused naming `cover`.
    pub async fn set_cover(tx: &mut Tx, org: OrgId, id: MediaId, cover: Option<MediaId>) -> Result<()> {
        let refused = |key: &'static str| Error::invalid("cover", key);
        if !Self::find(&mut *tx, org, id).await?.is_video() {
            return Err(refused("library.error.no_film"));
        }
        if let Some(cover) = cover {
            match Self::find(&mut *tx, org, cover).await {
                Ok(picture) if !picture.is_video() => {}
                Ok(_) => return Err(refused("media.error.not_a_picture")),
                Err(Error::NotFound(_)) => return Err(refused("media.error.unknown_id")),
                Err(e) => return Err(e),
            }
        }
        let change = q("UPDATE media SET cover_id = $3 WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL");
        found(change.bind(org).bind(id).bind(cover).exec(tx).await?)
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

    /// The same for several; tells which of them were in the library.
    pub async fn delete_all(tx: &mut Tx, org: OrgId, ids: &[MediaId], now: DateTime<Utc>) -> Result<Vec<MediaId>> {
        let mut gone = Vec::new();
        for portion in portions(ids) {
            let rows: Vec<(MediaId,)> = q("UPDATE media SET deleted_at = $1 WHERE deleted_at IS NULL AND org_id = $2")
                .bind(now)
                .bind(org)
                .list(" AND id IN ", portion.iter().copied())
                .push(" RETURNING id")
                .all(&mut *tx)
                .await?;
            gone.extend(rows.into_iter().map(|(id,)| id));
        }
        Ok(gone)
    }

    /// Writes down what happened to a file of the library: `media.uploaded`, `media.described`, `media.tagged`,
    /// `media.replaced`, `media.deleted`, `media.restored`.
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

    /// Puts back what was taken out of the library at this moment; tells what that was.
    pub async fn restore_all(tx: &mut Tx, org: OrgId, at: DateTime<Utc>) -> Result<Vec<MediaId>> {
        let back =
            q("UPDATE media SET deleted_at = NULL WHERE org_id = $1 AND deleted_at = $2 AND removed_at IS NULL RETURNING id");
        let back: Vec<(MediaId,)> = back.bind(org).bind(at).all(tx).await?;
        Ok(back.into_iter().map(|(id,)| id).collect())
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

/// As the library's search looks for it.
fn words(name: &str, alt: &str) -> String {
    folded(&format!("{name} {alt}")).join(" ")
}

/// What somebody typed as an alternative text, without what cannot be seen.
fn said(alt: &str) -> String {
    alt.trim().chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

fn found(changed: u64) -> Result<()> {
    if changed == 0 { Err(Error::NotFound("media")) } else { Ok(()) }
}
