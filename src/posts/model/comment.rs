//! The table `comments`.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, Tx, q},
    error::{OrNotFound as _, Result},
    kit::{CommentId, OrgId, PostId, UserId},
};

/// What somebody said about a post.
#[derive(Debug, Clone, FromRow)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// The member who said it.
    pub author_id: Option<UserId>,
    /// Their name.
    pub author: Option<String>,
    /// The client who said it.
    pub guest: Option<String>,
    /// Plain text.
    pub body: String,
    /// Clients see it, too.
    pub shared: bool,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When somebody said that it is dealt with.
    pub resolved_at: Option<DateTime<Utc>>,
    /// Who.
    pub resolver: Option<String>,
}

const SELECT: &str = "SELECT c.id, c.author_id, u.name AS author, c.guest, c.body, c.shared, c.created_at, c.resolved_at,
     w.name AS resolver
   FROM comments c LEFT JOIN users u ON u.id = c.author_id LEFT JOIN users w ON w.id = c.resolved_by";

/// Those of a post, oldest first, at most 500.
pub async fn comments(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId) -> Result<Vec<Comment>> {
    q(SELECT).and(" WHERE c.org_id = ", org).and(" AND c.post_id = ", post).push(" ORDER BY c.id LIMIT 500").all(ex).await
}

/// One of a post.
pub async fn find_comment(ex: impl Into<Ex<'_>>, org: OrgId, (post, id): (PostId, CommentId)) -> Result<Comment> {
    let one = q(SELECT).and(" WHERE c.org_id = ", org).and(" AND c.post_id = ", post).and(" AND c.id = ", id);
    one.opt(ex).await.or_not_found("comment")
}

/// A new one. `body` must have been checked.
#[derive(Debug, Clone, Copy)]
pub struct NewComment<'a> {
    /// The member.
    pub user: Option<UserId>,
    /// The client.
    pub guest: Option<&'a str>,
    /// Plain text.
    pub body: &'a str,
    /// Clients see it, too.
    pub shared: bool,
}

/// Adds one.
pub async fn add_comment(tx: &mut Tx, org: OrgId, post: PostId, new: NewComment<'_>, now: DateTime<Utc>) -> Result<CommentId> {
    let id = CommentId::new();
    q("INSERT INTO comments (id, org_id, post_id, author_id, guest, body, shared, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(id)
        .bind(org)
        .bind(post)
        .bind(new.user)
        .bind(new.guest)
        .bind(new.body)
        .bind(new.shared)
        .bind(now)
        .exec(tx)
        .await?;
    Ok(id)
}

/// Whom a post concerns: who wrote its newest version, who handed it in, and who has commented on it.
pub async fn talkers(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId) -> Result<Vec<UserId>> {
    let rows: Vec<(UserId,)> = q("SELECT author_id FROM comments WHERE org_id = $1 AND post_id = $2 AND author_id IS NOT NULL
       UNION SELECT asked_by FROM reviews WHERE org_id = $1 AND post_id = $2 AND asked_by IS NOT NULL
       UNION SELECT author_id FROM post_versions WHERE org_id = $1 AND post_id = $2 AND author_id IS NOT NULL
         AND number = (SELECT max(number) FROM post_versions WHERE org_id = $1 AND post_id = $2)")
    .bind(org)
    .bind(post)
    .all(ex)
    .await?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

/// Says that one is dealt with, or with `None` that it is not.
pub async fn set_resolved(
    tx: &mut Tx,
    org: OrgId,
    id: CommentId,
    resolved: Option<(Option<UserId>, DateTime<Utc>)>,
) -> Result<()> {
    q("UPDATE comments SET resolved_at = $3, resolved_by = $4 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .bind(resolved.map(|(_, at)| at))
        .bind(resolved.and_then(|(user, _)| user))
        .exec(tx)
        .await?;
    Ok(())
}
