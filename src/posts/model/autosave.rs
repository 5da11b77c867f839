//! The tables `autosaves` and `writers`: what was typed and not saved yet, and who has a post open. Knows nothing of what
//! the fields of a form mean.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    db::{Ex, FromRow, Json as JsonColumn, Tx, q},
    error::{Error, OrNotFound as _, Result},
    kit::{AutosaveId, DraftId, OrgId, PostId, UserId},
};

/// A form's fields and values, in order.
pub type Pairs = Vec<(String, String)>;

/// How long one row takes in what is typed; then the next one begins, and the one before can be gone back to.
const SITTING: TimeDelta = TimeDelta::minutes(10);
/// Most rows of one draft.
const ROWS: i64 = 20;
/// Most rows of one person that were not settled.
const OPEN: i64 = 200;
/// A writer is here when their browser said so that recently.
const HERE: TimeDelta = TimeDelta::seconds(70);

/// One state of a draft.
#[derive(Debug, Clone, FromRow)]
pub struct Autosave {
    /// Its id.
    pub id: AutosaveId,
    /// The draft.
    pub draft_id: DraftId,
    /// The post that is edited.
    pub post_id: Option<PostId>,
    /// The composer's fields.
    pub form: JsonColumn<Pairs>,
    /// The first words.
    pub words: String,
    /// The writer's name.
    pub author: String,
    /// When it was last written.
    pub saved_at: DateTime<Utc>,
}

/// What is to be kept.
#[derive(Debug)]
pub struct NewAutosave<'a> {
    /// The draft it belongs to.
    pub draft: DraftId,
    /// The post that is edited.
    pub post: Option<PostId>,
    /// The version that was before the writer's eyes.
    pub version: Option<i64>,
    /// The composer's fields.
    pub form: &'a Pairs,
    /// The first words.
    pub words: &'a str,
}

const SELECT: &str = "SELECT a.id, a.draft_id, a.post_id, a.form, a.words, u.name AS author, a.saved_at
       FROM autosaves a JOIN users u ON u.id = a.user_id WHERE a.org_id = $1";

/// Row, writer, when it was begun, when the draft was settled.
type Newest = (AutosaveId, UserId, DateTime<Utc>, Option<DateTime<Utc>>);

/// Keeps what was typed: in the draft's newest row, or in a new one when that was begun a while ago. A draft of somebody
/// else is not found, one that is settled a conflict.
pub async fn keep(tx: &mut Tx, (org, user): (OrgId, UserId), new: &NewAutosave<'_>, now: DateTime<Utc>) -> Result<()> {
    let newest: Option<Newest> =
        q("SELECT id, user_id, begun_at, settled_at FROM autosaves WHERE org_id = $1 AND draft_id = $2 ORDER BY begun_at DESC, id DESC LIMIT 1")
            .bind(org)
            .bind(new.draft)
            .opt(&mut *tx)
            .await?;
    let form = serde_json::to_value(new.form).map_err(Error::internal)?;
    match newest {
        Some((_, writer, ..)) if writer != user => Err(Error::NotFound("draft")),
        // What comes late, after the post was saved, must not look as if it had not been.
        Some((.., Some(_))) => Err(Error::conflict("autosave.settled")),
        Some((id, _, begun, None)) if now - begun < SITTING => {
            q("UPDATE autosaves SET form = $1, words = $2, version = $3, saved_at = $4 WHERE org_id = $5 AND id = $6")
                .bind(form)
                .bind(new.words)
                .bind(new.version)
                .bind(now)
                .bind(org)
                .bind(id)
                .exec(tx)
                .await?;
            Ok(())
        }
        _ => {
            q("INSERT INTO autosaves (id, org_id, user_id, draft_id, post_id, version, form, words, begun_at, saved_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)")
            .bind(AutosaveId::new())
            .bind(org)
            .bind(user)
            .bind(new.draft)
            .bind(new.post)
            .bind(new.version)
            .bind(form)
            .bind(new.words)
            .bind(now)
            .exec(&mut *tx)
            .await?;
            bound(tx, (org, user), new.draft).await
        }
    }
}

/// The oldest rows make room.
async fn bound(tx: &mut Tx, (org, user): (OrgId, UserId), draft: DraftId) -> Result<()> {
    q("DELETE FROM autosaves WHERE org_id = $1 AND id IN
       (SELECT id FROM autosaves WHERE org_id = $1 AND draft_id = $2 ORDER BY begun_at DESC, id DESC LIMIT 1000 OFFSET $3)")
    .bind(org)
    .bind(draft)
    .bind(ROWS)
    .exec(&mut *tx)
    .await?;
    q("DELETE FROM autosaves WHERE org_id = $1 AND id IN (SELECT id FROM autosaves WHERE org_id = $1 AND user_id = $2
       AND settled_at IS NULL ORDER BY saved_at DESC, id DESC LIMIT 1000 OFFSET $3)")
    .bind(org)
    .bind(user)
    .bind(OPEN)
    .exec(tx)
    .await?;
    Ok(())
}

/// The newest state of one's own draft.
pub async fn draft(ex: impl Into<Ex<'_>>, (org, user): (OrgId, UserId), id: DraftId) -> Result<Autosave> {
    q(SELECT)
        .bind(org)
        .and(" AND a.user_id = ", user)
        .and(" AND a.draft_id = ", id)
        .push(" ORDER BY a.begun_at DESC, a.id DESC LIMIT 1")
        .opt(ex)
        .await
        .or_not_found("draft")
}

/// One's own drafts that were never settled, newest first: of a post, or of posts that were not saved yet.
pub async fn open(ex: impl Into<Ex<'_>>, (org, user): (OrgId, UserId), post: Option<PostId>) -> Result<Vec<Autosave>> {
    let query = q(SELECT).bind(org).and(" AND a.user_id = ", user);
    let query = match post {
        Some(post) => query.and(" AND a.post_id = ", post),
        None => query.push(" AND a.post_id IS NULL"),
    };
    query
        .push(" AND a.settled_at IS NULL AND NOT EXISTS (SELECT 1 FROM autosaves n WHERE n.org_id = a.org_id")
        .push(" AND n.draft_id = a.draft_id AND n.begun_at > a.begun_at) ORDER BY a.saved_at DESC, a.id DESC LIMIT 5")
        .all(ex)
        .await
}

/// Every state of a post's drafts, newest first, whoever wrote them.
pub async fn of_post(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId) -> Result<Vec<Autosave>> {
    q(SELECT).bind(org).and(" AND a.post_id = ", post).push(" ORDER BY a.saved_at DESC, a.id DESC LIMIT 100").all(ex).await
}

/// One state of a post's drafts.
pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId, id: AutosaveId) -> Result<Autosave> {
    q(SELECT).bind(org).and(" AND a.post_id = ", post).and(" AND a.id = ", id).opt(ex).await.or_not_found("version")
}

/// A draft is done with: it became a version of `post`, or with `None` the person wants none of it.
pub async fn settle(
    tx: &mut Tx,
    (org, user): (OrgId, UserId),
    draft: DraftId,
    post: Option<PostId>,
    now: DateTime<Utc>,
) -> Result<u64> {
    q("UPDATE autosaves SET settled_at = $1, post_id = COALESCE($2, post_id)
       WHERE org_id = $3 AND user_id = $4 AND draft_id = $5 AND settled_at IS NULL")
    .bind(now)
    .bind(post)
    .bind(org)
    .bind(user)
    .bind(draft)
    .exec(tx)
    .await
}

/// Takes that back.
pub async fn reopen(tx: &mut Tx, (org, user): (OrgId, UserId), draft: DraftId) -> Result<u64> {
    q("UPDATE autosaves SET settled_at = NULL WHERE org_id = $1 AND user_id = $2 AND draft_id = $3")
        .bind(org)
        .bind(user)
        .bind(draft)
        .exec(tx)
        .await
}

/// Removes what was last written before `before`, a thousand at a time. Tells how many went.
pub async fn prune(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    q("DELETE FROM autosaves WHERE id IN (SELECT id FROM autosaves WHERE saved_at < $1 ORDER BY saved_at LIMIT 1000)")
        .bind(before)
        .exec(tx)
        .await
}

/// Somebody has the post open.
pub async fn arrive(tx: &mut Tx, (org, user): (OrgId, UserId), post: PostId, now: DateTime<Utc>) -> Result<()> {
    q("INSERT INTO writers (post_id, user_id, org_id, seen_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (post_id, user_id) DO UPDATE SET seen_at = excluded.seen_at")
    .bind(post)
    .bind(user)
    .bind(org)
    .bind(now)
    .exec(&mut *tx)
    .await?;
    q("DELETE FROM writers WHERE org_id = $1 AND seen_at < $2").bind(org).bind(now - TimeDelta::days(1)).exec(tx).await?;
    Ok(())
}

/// Names of the others who have it open now.
pub async fn others(
    ex: impl Into<Ex<'_>>,
    (org, user): (OrgId, UserId),
    post: PostId,
    now: DateTime<Utc>,
) -> Result<Vec<String>> {
    let names: Vec<(String,)> = q("SELECT u.name FROM writers w JOIN users u ON u.id = w.user_id
       WHERE w.org_id = $1 AND w.post_id = $2 AND w.user_id <> $3 AND w.seen_at > $4 ORDER BY u.name LIMIT 5")
    .bind(org)
    .bind(post)
    .bind(user)
    .bind(now - HERE)
    .all(ex)
    .await?;
    Ok(names.into_iter().map(|(name,)| name).collect())
}
