//! The table `api_tokens`.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, Tx, q},
    error::{OrNotFound as _, Result},
    kit::{OrgId, TokenId, UserId},
};

/// What may be known about a token after it was made.
#[derive(Debug, Clone, FromRow)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Its tenant.
    pub org_id: OrgId,
    /// Who it acts for; `None`: the organisation.
    pub user_id: Option<UserId>,
    /// What it is for.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// Words between spaces.
    pub scopes: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub used_at: Option<DateTime<Utc>>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was ended.
    pub revoked_at: Option<DateTime<Utc>>,
    /// The name of who it acts for.
    pub user_name: Option<String>,
}

impl Token {
    /// Neither revoked nor over.
    pub fn works(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| at > now)
    }
}

const SELECT: &str =
    "SELECT t.id, t.org_id, t.user_id, t.name, t.prefix, t.scopes, t.created_at, t.used_at, t.expires_at, t.revoked_at,
       u.name AS user_name FROM api_tokens t LEFT JOIN users u ON u.id = t.user_id WHERE t.org_id = $1";

/// One of an organisation.
pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId, id: TokenId) -> Result<Token> {
    q(SELECT).bind(org).and(" AND t.id = ", id).opt(ex).await.or_not_found("token")
}

/// Those of an organisation, newest first, at most 1,000.
pub async fn list(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<Token>> {
    q(SELECT).bind(org).push(" ORDER BY t.id DESC LIMIT 1000").all(ex).await
}

/// Adds one.
pub async fn insert(tx: &mut Tx, token: &Token, hash: [u8; 32]) -> Result<()> {
    q("INSERT INTO api_tokens (id, org_id, user_id, name, prefix, hash, scopes, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
    .bind(token.id)
    .bind(token.org_id)
    .bind(token.user_id)
    .bind(&token.name)
    .bind(&token.prefix)
    .bind(hash.to_vec())
    .bind(&token.scopes)
    .bind(token.created_at)
    .bind(token.expires_at)
    .exec(tx)
    .await?;
    Ok(())
}

/// Ends one; false when it was ended before.
pub async fn revoke(tx: &mut Tx, org: OrgId, id: TokenId, now: DateTime<Utc>) -> Result<bool> {
    let set = q("UPDATE api_tokens SET revoked_at = $3 WHERE org_id = $1 AND id = $2 AND revoked_at IS NULL");
    Ok(set.bind(org).bind(id).bind(now).exec(tx).await? == 1)
}

/// Whose token it is.
#[derive(FromRow)]
pub struct Holder {
    pub id: TokenId,
    pub org_id: OrgId,
    pub zone: String,
    pub user_id: Option<UserId>,
    /// Of their membership; `None` when there is none.
    pub role: Option<String>,
    pub name: String,
    pub scopes: String,
    pub used_at: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// By the token's hash, unless it is over at `now`.
pub async fn holder(ex: impl Into<Ex<'_>>, hash: [u8; 32], now: DateTime<Utc>) -> Result<Option<Holder>> {
    q("SELECT t.id, t.org_id, o.zone, t.user_id, m.role, t.name, t.scopes, t.used_at, t.expires_at
       FROM api_tokens t JOIN organisations o ON o.id = t.org_id
       LEFT JOIN memberships m ON m.org_id = t.org_id AND m.user_id = t.user_id
       WHERE t.hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)")
    .bind(hash.to_vec())
    .bind(now)
    .opt(ex)
    .await
}

/// Notes a use, unless one was noted after `before` already.
pub async fn used(tx: &mut Tx, id: TokenId, now: DateTime<Utc>, before: DateTime<Utc>) -> Result<()> {
    q("UPDATE api_tokens SET used_at = $2 WHERE id = $1 AND (used_at IS NULL OR used_at <= $3)")
        .bind(id)
        .bind(now)
        .bind(before)
        .exec(tx)
        .await?;
    Ok(())
}
