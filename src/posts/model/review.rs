//! The tables of reviews: the question, what was asked about, the answers.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, Tx, q},
    error::{OrNotFound as _, Result},
    kit::{ChannelId, OrgId, PostId, ReviewId, TargetId, UserId, VersionId},
    orgs::ReviewPolicy,
    tokens::Cursor,
};

/// The question whether a post may go out as it stands.
#[derive(Debug, Clone, FromRow)]
pub struct Review {
    /// Its id.
    pub id: ReviewId,
    /// Its tenant.
    pub org_id: OrgId,
    /// The post.
    pub post_id: PostId,
    /// The stored word of what it takes.
    pub policy: String,
    /// `open`, `approved`, `changes` or `void`.
    pub state: String,
    /// Who asked; `None`: a script, or somebody who is gone.
    pub asked_by: Option<UserId>,
    /// Their name.
    pub asked_by_name: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it was answered, or no longer asked.
    pub closed_at: Option<DateTime<Utc>>,
    /// The number of the version it is about.
    pub version: i64,
    /// Who wrote that version.
    pub writer: Option<UserId>,
}

/// Where a review stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewState {
    /// It can be answered.
    Open,
    /// It may go out.
    Approved,
    /// Changes were asked for.
    Changes,
    /// It is no longer asked: the post was edited or taken back.
    Void,
}

impl ReviewState {
    const ALL: [Self; 4] = [Self::Open, Self::Approved, Self::Changes, Self::Void];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Changes => "changes",
            Self::Void => "void",
        }
    }

    /// From the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

impl Review {
    /// What it takes.
    pub fn policy(&self) -> ReviewPolicy {
        // A word of a newer program: nobody here may decide by it.
        ReviewPolicy::parse(&self.policy).unwrap_or(ReviewPolicy::None)
    }

    /// True while it can be answered.
    pub fn is_open(&self) -> bool {
        self.state == "open"
    }
}

const SELECT: &str =
    "SELECT r.id, r.org_id, r.post_id, r.policy, r.state, r.asked_by, u.name AS asked_by_name, r.created_at, r.closed_at,
     v.number AS version, v.author_id AS writer
   FROM reviews r JOIN post_versions v ON v.id = r.version_id JOIN posts p ON p.id = r.post_id AND p.deleted_at IS NULL
     LEFT JOIN users u ON u.id = r.asked_by";

/// SQL: true of a review `r` of which something waits, or waited until its time came.
const CONCERNS: &str = " AND EXISTS (SELECT 1 FROM targets t WHERE t.post_id = r.post_id AND t.deleted_at IS NULL
     AND ((t.state = 'draft' AND t.reason = 'in_review') OR (t.state = 'missed' AND t.reason = 'not_approved')))";

/// One of an organisation.
pub async fn review(ex: impl Into<Ex<'_>>, org: OrgId, id: ReviewId) -> Result<Review> {
    q(SELECT).and(" WHERE r.org_id = ", org).and(" AND r.id = ", id).opt(ex).await.or_not_found("review")
}

/// The newest of a post, whatever became of it.
pub async fn review_of(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId) -> Result<Option<Review>> {
    q(SELECT).and(" WHERE r.org_id = ", org).and(" AND r.post_id = ", post).push(" ORDER BY r.id DESC LIMIT 1").opt(ex).await
}

/// Those of an organisation that wait, longest first, after the review `after`.
pub async fn open_reviews(ex: impl Into<Ex<'_>>, org: OrgId, after: Option<ReviewId>, limit: i64) -> Result<Vec<Review>> {
    let mut query = q(SELECT).and(" WHERE r.org_id = ", org).push(" AND r.state = 'open'").push(CONCERNS);
    if let Some(after) = after {
        query = query.and(" AND r.id > ", after);
    }
    query.push(" ORDER BY r.id").and(" LIMIT ", limit).all(ex).await
}

/// Which reviews a list has.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReviewFilter {
    /// Only those in this state; open ones only while something of their post waits.
    pub state: Option<ReviewState>,
    /// Only those of this post.
    pub post: Option<PostId>,
    /// Beginning after this one.
    pub after: Option<Cursor>,
}

/// Those of an organisation, the newest first.
pub async fn reviews_page(ex: impl Into<Ex<'_>>, org: OrgId, filter: &ReviewFilter, limit: i64) -> Result<Vec<Review>> {
    let mut query = q(SELECT).and(" WHERE r.org_id = ", org);
    if let Some(state) = filter.state {
        query = query.and(" AND r.state = ", state.as_str());
        if state == ReviewState::Open {
            query = query.push(CONCERNS);
        }
    }
    if let Some(post) = filter.post {
        query = query.and(" AND r.post_id = ", post);
    }
    if let Some(after) = filter.after {
        query = query.and(" AND (r.created_at, r.id) < (", after.at).and(", ", after.id).push(")");
    }
    query.push(" ORDER BY r.created_at DESC, r.id DESC").and(" LIMIT ", limit).all(ex).await
}

/// How many wait for the answer of one who may give it, counted to a hundred.
pub async fn waiting_for(ex: impl Into<Ex<'_>>, org: OrgId, user: UserId) -> Result<i64> {
    let (count,): (i64,) = q("SELECT count(*) FROM (SELECT 1 FROM reviews r JOIN post_versions v ON v.id = r.version_id
         JOIN posts p ON p.id = r.post_id AND p.deleted_at IS NULL
         JOIN memberships m ON m.org_id = r.org_id AND m.user_id = $2
       WHERE r.org_id = $1 AND r.state = 'open'
         AND (m.role IN ('owner', 'admin') OR (m.reviews AND r.policy <> 'client'))
         AND (r.policy <> 'two' OR v.author_id IS NULL OR v.author_id <> $2)
         AND NOT EXISTS (SELECT 1 FROM review_votes o WHERE o.review_id = r.id AND o.user_id = $2)")
    .push(CONCERNS)
    .push(" LIMIT 100) AS mine")
    .bind(org)
    .bind(user)
    .one(ex)
    .await?;
    Ok(count)
}

/// Asks.
pub async fn open_review(
    tx: &mut Tx,
    (org, post, version): (OrgId, PostId, VersionId),
    policy: ReviewPolicy,
    (user, now): (Option<UserId>, DateTime<Utc>),
) -> Result<ReviewId> {
    let id = ReviewId::new();
    q("INSERT INTO reviews (id, org_id, post_id, version_id, policy, state, asked_by, created_at)
       VALUES ($1, $2, $3, $4, $5, 'open', $6, $7)")
    .bind(id)
    .bind(org)
    .bind(post)
    .bind(version)
    .bind(policy.as_str())
    .bind(user)
    .bind(now)
    .exec(tx)
    .await?;
    Ok(id)
}

/// Notes what was asked about.
pub async fn add_content(
    tx: &mut Tx,
    org: OrgId,
    review: ReviewId,
    (target, version): (TargetId, VersionId),
    fingerprint: [u8; 32],
) -> Result<()> {
    q("INSERT INTO review_contents (review_id, target_id, org_id, version_id, fingerprint) VALUES ($1, $2, $3, $4, $5)")
        .bind(review)
        .bind(target)
        .bind(org)
        .bind(version)
        .bind(fingerprint.to_vec())
        .exec(tx)
        .await?;
    Ok(())
}

/// The contents of a post that were approved, and where no later answer asked for changes of them.
pub async fn approved_contents(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId) -> Result<Vec<Vec<u8>>> {
    let rows: Vec<(Vec<u8>,)> = q("SELECT DISTINCT c.fingerprint FROM review_contents c JOIN reviews r ON r.id = c.review_id
       WHERE r.org_id = $1 AND r.post_id = $2 AND r.state = 'approved' AND NOT EXISTS
         (SELECT 1 FROM review_contents d JOIN reviews l ON l.id = d.review_id
          WHERE l.post_id = r.post_id AND l.state = 'changes' AND l.id > r.id AND d.fingerprint = c.fingerprint)")
    .bind(org)
    .bind(post)
    .all(ex)
    .await?;
    Ok(rows.into_iter().map(|(fingerprint,)| fingerprint).collect())
}

/// Closes an open one; false when it was closed already.
pub async fn close_review(tx: &mut Tx, org: OrgId, id: ReviewId, state: &'static str, now: DateTime<Utc>) -> Result<bool> {
    let closed = q("UPDATE reviews SET state = $3, closed_at = $4 WHERE org_id = $1 AND id = $2 AND state = 'open'");
    Ok(closed.bind(org).bind(id).bind(state).bind(now).exec(tx).await? == 1)
}

/// Ends the open one of a post, because it is no longer the question; false when there is none.
pub async fn void_review(tx: &mut Tx, org: OrgId, post: PostId, now: DateTime<Utc>) -> Result<bool> {
    let voided = q("UPDATE reviews SET state = 'void', closed_at = $3 WHERE org_id = $1 AND post_id = $2 AND state = 'open'");
    Ok(voided.bind(org).bind(post).bind(now).exec(tx).await? > 0)
}

/// An answer.
#[derive(Debug, Clone, FromRow)]
pub struct Vote {
    /// To which question.
    pub review_id: ReviewId,
    /// The member who gave it.
    pub user_id: Option<UserId>,
    /// Their name.
    pub name: Option<String>,
    /// The client who gave it.
    pub guest: Option<String>,
    /// `approve` or `changes`.
    pub verdict: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Writes an answer down; a member's new one takes the place of their old one.
pub async fn add_vote(
    tx: &mut Tx,
    (org, review): (OrgId, ReviewId),
    (user, guest): (Option<UserId>, Option<&str>),
    verdict: &'static str,
    now: DateTime<Utc>,
) -> Result<()> {
    q("INSERT INTO review_votes (id, org_id, review_id, user_id, guest, verdict, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (review_id, user_id) WHERE user_id IS NOT NULL DO UPDATE SET verdict = excluded.verdict, created_at = excluded.created_at")
    .bind(ReviewId::new())
    .bind(org)
    .bind(review)
    .bind(user)
    .bind(guest)
    .bind(verdict)
    .bind(now)
    .exec(tx)
    .await?;
    Ok(())
}

/// Those of some reviews that a member has answered.
pub async fn answered(ex: impl Into<Ex<'_>>, org: OrgId, user: UserId, reviews: &[ReviewId]) -> Result<Vec<ReviewId>> {
    let rows: Vec<(ReviewId,)> = q("SELECT review_id FROM review_votes WHERE org_id = $1 AND user_id = $2")
        .bind(org)
        .bind(user)
        .list(" AND review_id IN ", reviews.iter().copied())
        .all(ex)
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The answers, oldest first.
pub async fn votes(ex: impl Into<Ex<'_>>, org: OrgId, review: ReviewId) -> Result<Vec<Vote>> {
    votes_of(ex, org, &[review]).await
}

/// Those of some reviews, oldest first.
pub async fn votes_of(ex: impl Into<Ex<'_>>, org: OrgId, reviews: &[ReviewId]) -> Result<Vec<Vote>> {
    q("SELECT o.review_id, o.user_id, u.name, o.guest, o.verdict, o.created_at
       FROM review_votes o LEFT JOIN users u ON u.id = o.user_id WHERE o.org_id = $1")
    .bind(org)
    .list(" AND o.review_id IN ", reviews.iter().copied())
    .push(" ORDER BY o.id LIMIT 5000")
    .all(ex)
    .await
}

/// What holds for posts on these channels: the strictest choice of their customers, or else of the organisation.
pub async fn policy_of(ex: impl Into<Ex<'_>>, org: OrgId, channels: &[ChannelId]) -> Result<ReviewPolicy> {
    let rows: Vec<(String,)> =
        q("SELECT DISTINCT COALESCE(k.review, o.review) FROM channels c JOIN organisations o ON o.id = c.org_id
         LEFT JOIN customers k ON k.id = c.customer_id WHERE c.org_id = $1")
        .bind(org)
        .list(" AND c.id IN ", channels.iter().copied())
        .all(ex)
        .await?;
    Ok(rows.iter().filter_map(|(word,)| ReviewPolicy::parse(word)).max().unwrap_or(ReviewPolicy::None))
}
