//! What the calendar reads of a window of time. A *card* is a post at one instant: all its targets that stand there.
//!
//! Cards are found along `targets_cards`, a few of each day and how many there are, without looking at a single target;
//! only those that are drawn are read whole.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    db::{Ex, FromRow, Json as JsonColumn, Q, q},
    delivery::TargetState,
    error::Result,
    kit::{ChannelId, EventId, OrgId, PostId, SessionId, TargetId, UserId, VersionId},
    providers::MediaRef,
};

/// Most targets of the cards of one page.
const MOST: i64 = 4_000;

/// From when (inclusive) to when (exclusive).
pub type Window = (DateTime<Utc>, DateTime<Utc>);

/// Which cards are asked for: those of which a target fits all that is said.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// On one of these channels; `None`: on any.
    pub channels: Option<Vec<ChannelId>>,
    /// In one of these states; empty: in any.
    pub states: Vec<TargetState>,
    /// With this tag.
    pub tag: Option<Uuid>,
    /// By this person.
    pub author: Option<UserId>,
}

impl Which {
    fn narrow(&self, mut query: Q) -> Q {
        if let Some(channels) = &self.channels {
            query = query.list(" AND t.channel_id IN ", channels.iter().copied());
        }
        if !self.states.is_empty() {
            query = query.list(" AND t.state IN ", self.states.iter().map(|s| s.as_str()));
        }
        if let Some(tag) = self.tag {
            query =
                query.and(" AND EXISTS (SELECT 1 FROM post_tags x WHERE x.post_id = t.post_id AND x.tag_id = ", tag).push(")");
        }
        if let Some(author) = self.author {
            query = query.and(" AND EXISTS (SELECT 1 FROM posts x WHERE x.id = t.post_id AND x.author_id = ", author).push(")");
        }
        query
    }
}

/// A post at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, FromRow)]
pub struct Spot {
    /// When.
    pub due_at: DateTime<Utc>,
    /// The post.
    pub post_id: PostId,
}

/// The query of [`spots`]. Every window walks along `targets_cards` and stops after `take`.
pub fn spots_query(org: OrgId, windows: &[Window], which: &Which, take: (i64, i64)) -> Q {
    let mut query = q("");
    for (n, window) in windows.iter().enumerate() {
        let lead = if n == 0 { "SELECT d.due_at, d.post_id FROM (" } else { " UNION ALL SELECT d.due_at, d.post_id FROM (" };
        query = distinct(query.push(lead), org, *window, which).push(" ORDER BY t.due_at, t.post_id");
        query = query.and(" LIMIT ", take.0).and(" OFFSET ", take.1).push(") AS d");
    }
    query
}

fn distinct(query: Q, org: OrgId, (from, to): Window, which: &Which) -> Q {
    let all = query.push("SELECT DISTINCT t.due_at, t.post_id FROM targets t WHERE t.deleted_at IS NULL");
    which.narrow(all.and(" AND t.org_id = ", org).and(" AND t.due_at >= ", from).and(" AND t.due_at < ", to))
}

/// The first cards of each window, in order: at most `take.0` of a window, after the first `take.1`.
pub async fn spots(ex: impl Into<Ex<'_>>, org: OrgId, windows: &[Window], which: &Which, take: (i64, i64)) -> Result<Vec<Spot>> {
    if windows.is_empty() {
        return Ok(Vec::new());
    }
    spots_query(org, windows, which, take).all(ex).await
}

/// The query of [`counts`].
pub fn counts_query(org: OrgId, windows: &[Window], which: &Which) -> Q {
    let mut query = q("");
    for (n, window) in (0i64..).zip(windows) {
        query = query.and(if n == 0 { "SELECT " } else { " UNION ALL SELECT " }, n).push(" AS n, count(*) AS cards FROM (");
        query = distinct(query, org, *window, which).push(") AS d");
    }
    query
}

/// How many cards each window has.
pub async fn counts(ex: impl Into<Ex<'_>>, org: OrgId, windows: &[Window], which: &Which) -> Result<Vec<i64>> {
    let mut counts = vec![0; windows.len()];
    if windows.is_empty() {
        return Ok(counts);
    }
    let rows: Vec<(i64, i64)> = counts_query(org, windows, which).all(ex).await?;
    for (n, cards) in rows {
        if let Some(count) = usize::try_from(n).ok().and_then(|n| counts.get_mut(n)) {
            *count = cards;
        }
    }
    Ok(counts)
}

/// A target of a card.
#[derive(Debug, Clone, FromRow)]
pub struct Standing {
    /// Its id.
    pub id: TargetId,
    /// Its post.
    pub post_id: PostId,
    /// When.
    pub due_at: DateTime<Utc>,
    /// Where to.
    pub channel_id: ChannelId,
    /// Where it is.
    pub state: TargetState,
    /// Why it is held or missed.
    pub reason: Option<String>,
    /// What it says.
    pub version_id: VersionId,
    /// Which occurrence of a series.
    pub occurrence_key: String,
}

const STANDING: &str = "SELECT t.id, t.post_id, t.due_at, t.channel_id, t.state, t.reason, t.version_id, t.occurrence_key FROM ";

/// The targets of some cards, by card and then in the order of the post's entries.
pub async fn standing(ex: impl Into<Ex<'_>>, org: OrgId, cards: &[Spot]) -> Result<Vec<Standing>> {
    if cards.is_empty() {
        return Ok(Vec::new());
    }
    q("WITH c (due_at, post_id) AS (")
        .rows("VALUES ", cards.iter().map(|c| vec![c.due_at.into(), c.post_id.into()]))
        .push(") ")
        .push(STANDING)
        .push("c JOIN targets t ON t.due_at = c.due_at AND t.post_id = c.post_id WHERE t.deleted_at IS NULL")
        .and(" AND t.org_id = ", org)
        .and(" ORDER BY t.due_at, t.post_id, t.entry LIMIT ", MOST)
        .all(ex)
        .await
}

/// The targets of one card in the order of their channels, in which lanes are taken.
pub async fn of_card(ex: impl Into<Ex<'_>>, org: OrgId, card: Spot) -> Result<Vec<Standing>> {
    q(STANDING)
        .push("targets t WHERE t.deleted_at IS NULL")
        .and(" AND t.org_id = ", org)
        .and(" AND t.post_id = ", card.post_id)
        .and(" AND t.due_at = ", card.due_at)
        .push(" ORDER BY t.channel_id, t.id")
        .all(ex)
        .await
}

/// What a target's first part begins with.
#[derive(Debug, Clone, FromRow)]
pub struct Beginning {
    /// The target.
    pub target_id: TargetId,
    /// The beginning of its sanitised HTML, which may break off anywhere.
    pub content: String,
    /// Pictures and videos.
    pub media: JsonColumn<Vec<MediaRef>>,
    /// How many parts the thread has.
    pub parts: i64,
}

/// What some targets begin with.
pub async fn beginnings(ex: impl Into<Ex<'_>>, org: OrgId, targets: &[TargetId]) -> Result<Vec<Beginning>> {
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    // Eight hundred characters, markup included: far more than is shown.
    q("SELECT p.target_id, substr(p.content, 1, 800) AS content, p.media,
         (SELECT count(*) FROM parts n WHERE n.target_id = p.target_id) AS parts FROM parts p WHERE p.position = 0")
    .and(" AND p.org_id = ", org)
    .list(" AND p.target_id IN ", targets.iter().copied())
    .all(ex)
    .await
}

/// A tag of the organisation.
#[derive(Debug, Clone, FromRow)]
pub struct TagRow {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// A word of the palette, or `#rrggbb`.
    pub colour: String,
}

/// Those of an organisation by name, at most 300.
pub async fn tags(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<TagRow>> {
    q("SELECT id, name, colour FROM tags WHERE org_id = $1 ORDER BY lower(name), id LIMIT 300").bind(org).all(ex).await
}

/// Which tags some posts have, by name.
pub async fn tags_of(ex: impl Into<Ex<'_>>, org: OrgId, posts: &[PostId]) -> Result<Vec<(PostId, Uuid)>> {
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    q("SELECT x.post_id, x.tag_id FROM post_tags x JOIN tags g ON g.id = x.tag_id WHERE x.org_id = $1")
        .bind(org)
        .list(" AND x.post_id IN ", posts.iter().copied())
        .push(" ORDER BY lower(g.name), g.id")
        .all(ex)
        .await
}

/// Those of some posts that recur.
pub async fn series_among(ex: impl Into<Ex<'_>>, org: OrgId, posts: &[PostId]) -> Result<Vec<(PostId,)>> {
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    let found = q("SELECT post_id FROM recurrences WHERE org_id = $1").bind(org);
    found.list(" AND post_id IN ", posts.iter().copied()).all(ex).await
}

/// Those of some posts that a person wrote.
pub async fn written_by(ex: impl Into<Ex<'_>>, org: OrgId, author: UserId, posts: &[PostId]) -> Result<Vec<(PostId,)>> {
    let found = q("SELECT id FROM posts WHERE org_id = $1 AND author_id = $2").bind(org).bind(author);
    found.list(" AND id IN ", posts.iter().copied()).all(ex).await
}

/// The people of an organisation by name, at most 300.
pub async fn authors(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<(UserId, String)>> {
    q("SELECT u.id, u.name FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.org_id = $1 ORDER BY lower(u.name), u.id LIMIT 300")
        .bind(org)
        .all(ex)
        .await
}

/// On which channels something is planned at some instants; cancelled targets are left out.
pub async fn taken(ex: impl Into<Ex<'_>>, org: OrgId, instants: &[DateTime<Utc>]) -> Result<Vec<(ChannelId, DateTime<Utc>)>> {
    if instants.is_empty() {
        return Ok(Vec::new());
    }
    q("SELECT t.channel_id, t.due_at FROM targets t WHERE t.deleted_at IS NULL AND t.state <> 'cancelled'")
        .and(" AND t.org_id = ", org)
        .list(" AND t.due_at IN ", instants.iter().copied())
        .and(" LIMIT ", MOST)
        .all(ex)
        .await
}

/// How many drafts have no date, counted to a hundred.
pub async fn undated(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<i64> {
    let (count,): (i64,) = q("SELECT count(*) FROM (
         SELECT post_id FROM targets WHERE org_id = $1 AND due_at IS NULL AND deleted_at IS NULL
         UNION SELECT id FROM posts WHERE org_id = $1 AND unplaced AND deleted_at IS NULL LIMIT 100) AS d")
    .bind(org)
    .one(ex)
    .await?;
    Ok(count)
}

/// The newest event of an organisation: from there on a page is told what changes.
pub async fn newest_event(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Option<EventId>> {
    let row: Option<(EventId,)> = q("SELECT id FROM events WHERE org_id = $1 ORDER BY id DESC LIMIT 1").bind(org).opt(ex).await?;
    Ok(row.map(|(id,)| id))
}

/// Events after one, oldest first, with the post that each concerns: at most `limit`.
pub async fn events_after(
    ex: impl Into<Ex<'_>>,
    org: OrgId,
    after: EventId,
    limit: i64,
) -> Result<Vec<(EventId, Option<PostId>)>> {
    q("SELECT id, post_id FROM events WHERE org_id = $1 AND id > $2 ORDER BY id LIMIT $3")
        .bind(org)
        .bind(after)
        .bind(limit)
        .all(ex)
        .await
}

/// Whether somebody is still signed in, and for this organisation.
pub async fn is_signed_in(ex: impl Into<Ex<'_>>, org: OrgId, session: SessionId, now: DateTime<Utc>) -> Result<bool> {
    let row: Option<(SessionId,)> =
        q("SELECT s.id FROM sessions s JOIN memberships m ON m.user_id = s.user_id AND m.org_id = s.org_id
       WHERE s.org_id = $1 AND s.id = $2 AND s.expires_at > $3")
        .bind(org)
        .bind(session)
        .bind(now)
        .opt(ex)
        .await?;
    Ok(row.is_some())
}
