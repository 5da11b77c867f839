//! The table `shares`.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, Tx, q},
    error::Result,
    kit::{CustomerId, OrgId, PostId, ShareId, UserId},
};

/// A link for people without an account that is not over.
#[derive(Debug, Clone, FromRow)]
pub struct Share {
    /// Its id.
    pub id: ShareId,
    /// Its tenant.
    pub org_id: OrgId,
    /// The organisation's name.
    pub organisation: String,
    /// Its IANA zone.
    pub zone: String,
    /// The one post it shows.
    pub post_id: Option<PostId>,
    /// Or the customer whose posts in review it shows.
    pub customer_id: Option<CustomerId>,
    /// The customer's name.
    pub customer: Option<String>,
    /// Who has it may approve and comment.
    pub decides: bool,
    /// argon2id of its PIN.
    pub pin_hash: Option<String>,
    /// For whom.
    pub label: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// When it was last opened, to ten minutes.
    pub seen_at: Option<DateTime<Utc>>,
}

const SELECT: &str =
    "SELECT s.id, s.org_id, o.name AS organisation, o.zone, s.post_id, s.customer_id, k.name AS customer, s.decides,
     s.pin_hash, s.label, s.expires_at, s.seen_at
   FROM shares s JOIN organisations o ON o.id = s.org_id LEFT JOIN customers k ON k.id = s.customer_id
   WHERE s.revoked_at IS NULL";

/// By the token's hash.
pub async fn share_by_hash(ex: impl Into<Ex<'_>>, hash: [u8; 32], now: DateTime<Utc>) -> Result<Option<Share>> {
    q(SELECT).and(" AND s.token_hash = ", hash.to_vec()).and(" AND s.expires_at > ", now).opt(ex).await
}

/// Those of a post.
pub async fn shares_of_post(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId, now: DateTime<Utc>) -> Result<Vec<Share>> {
    let query = q(SELECT).and(" AND s.org_id = ", org).and(" AND s.post_id = ", post).and(" AND s.expires_at > ", now);
    query.push(" ORDER BY s.id LIMIT 100").all(ex).await
}

/// Those of an organisation's customers.
pub async fn shares_of_customers(ex: impl Into<Ex<'_>>, org: OrgId, now: DateTime<Utc>) -> Result<Vec<Share>> {
    let query = q(SELECT).and(" AND s.org_id = ", org).and(" AND s.expires_at > ", now).push(" AND s.customer_id IS NOT NULL");
    query.push(" ORDER BY lower(k.name), s.id LIMIT 200").all(ex).await
}

/// What a link shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// One post.
    Post(PostId),
    /// What of a customer is in review.
    Customer(CustomerId),
}

/// A new link.
pub struct NewShare<'a> {
    pub id: ShareId,
    pub subject: Subject,
    pub decides: bool,
    pub hash: [u8; 32],
    pub pin_hash: Option<&'a str>,
    pub label: &'a str,
    pub by: Option<UserId>,
}

/// Adds one.
pub async fn add_share(tx: &mut Tx, org: OrgId, new: NewShare<'_>, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<()> {
    let (post, customer) = match new.subject {
        Subject::Post(post) => (Some(post), None),
        Subject::Customer(customer) => (None, Some(customer)),
    };
    q("INSERT INTO shares (id, org_id, post_id, customer_id, decides, token_hash, pin_hash, label, made_by, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
    .bind(new.id)
    .bind(org)
    .bind(post)
    .bind(customer)
    .bind(new.decides)
    .bind(new.hash.to_vec())
    .bind(new.pin_hash)
    .bind(new.label)
    .bind(new.by)
    .bind(now)
    .bind(until)
    .exec(tx)
    .await?;
    Ok(())
}

/// Ends one, or takes that back; false when there is no such.
pub async fn set_share_revoked(
    tx: &mut Tx,
    org: OrgId,
    id: ShareId,
    at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let set = q("UPDATE shares SET revoked_at = $3 WHERE org_id = $1 AND id = $2 AND expires_at > $4");
    Ok(set.bind(org).bind(id).bind(at).bind(now).exec(tx).await? == 1)
}

/// Notes that one was opened, unless that was noted after `before`.
pub async fn share_seen(tx: &mut Tx, id: ShareId, now: DateTime<Utc>, before: DateTime<Utc>) -> Result<()> {
    let set = q("UPDATE shares SET seen_at = $2 WHERE id = $1 AND (seen_at IS NULL OR seen_at <= $3)");
    set.bind(id).bind(now).bind(before).exec(tx).await?;
    Ok(())
}

/// Posts in review that go to channels of this customer alone, the longest waiting first: what others read as well is
/// shown to none of them.
pub async fn in_review_of(ex: impl Into<Ex<'_>>, org: OrgId, customer: CustomerId) -> Result<Vec<PostId>> {
    let rows: Vec<(PostId,)> = q("SELECT r.post_id FROM reviews r JOIN posts p ON p.id = r.post_id AND p.deleted_at IS NULL
       WHERE r.org_id = $1 AND r.state = 'open'
         AND EXISTS (SELECT 1 FROM targets t WHERE t.post_id = r.post_id AND t.deleted_at IS NULL
           AND ((t.state = 'draft' AND t.reason = 'in_review') OR (t.state = 'missed' AND t.reason = 'not_approved')))
         AND NOT EXISTS (SELECT 1 FROM targets t JOIN channels c ON c.id = t.channel_id
           WHERE t.post_id = r.post_id AND t.deleted_at IS NULL AND (c.customer_id IS NULL OR c.customer_id <> $2))
       ORDER BY r.id LIMIT 50")
    .bind(org)
    .bind(customer)
    .all(ex)
    .await?;
    Ok(rows.into_iter().map(|(post,)| post).collect())
}
