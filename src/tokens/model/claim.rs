//! The table `api_claims`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    db::{Ex, FromRow, Tx, q},
    error::Result,
    kit::{OrgId, TokenId},
};

/// A request that was claimed.
#[derive(Debug, FromRow)]
pub struct ClaimRow {
    pub fingerprint: Vec<u8>,
    pub nonce: Uuid,
    pub lease_until: DateTime<Utc>,
    pub status: Option<i64>,
    pub answer: Option<String>,
    pub etag: Option<String>,
}

/// Which request, by whom.
#[derive(Debug, Clone)]
pub struct Place {
    pub token: TokenId,
    pub org: OrgId,
    pub key: String,
}

/// Claims a request; false when somebody has the key already.
pub async fn add(
    tx: &mut Tx,
    place: &Place,
    fingerprint: [u8; 32],
    (nonce, lease_until): (Uuid, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<bool> {
    let added = q("INSERT INTO api_claims (token_id, org_id, key, fingerprint, nonce, lease_until, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (token_id, key) DO NOTHING")
    .bind(place.token)
    .bind(place.org)
    .bind(&place.key)
    .bind(fingerprint.to_vec())
    .bind(nonce)
    .bind(lease_until)
    .bind(now)
    .exec(tx)
    .await?;
    Ok(added == 1)
}

/// The claim on a key.
pub async fn find(ex: impl Into<Ex<'_>>, place: &Place) -> Result<Option<ClaimRow>> {
    q("SELECT fingerprint, nonce, lease_until, status, answer, etag FROM api_claims WHERE token_id = $1 AND key = $2")
        .bind(place.token)
        .bind(&place.key)
        .opt(ex)
        .await
}

/// Puts a new worker in the place of one whose lease is over; false when somebody was faster.
pub async fn take_over(tx: &mut Tx, place: &Place, old: Uuid, (nonce, lease_until): (Uuid, DateTime<Utc>)) -> Result<bool> {
    let taken = q(
        "UPDATE api_claims SET nonce = $4, lease_until = $5 WHERE token_id = $1 AND key = $2 AND nonce = $3 AND status IS NULL",
    )
    .bind(place.token)
    .bind(&place.key)
    .bind(old)
    .bind(nonce)
    .bind(lease_until)
    .exec(tx)
    .await?;
    Ok(taken == 1)
}

/// Writes the answer; false when the claim is somebody else's by now, or was answered.
pub async fn answer(tx: &mut Tx, place: &Place, nonce: Uuid, (status, text, etag): (u16, &str, Option<&str>)) -> Result<bool> {
    let answered =
        q("UPDATE api_claims SET status = $4, answer = $5, etag = $6 WHERE token_id = $1 AND key = $2 AND nonce = $3 AND status IS NULL")
            .bind(place.token)
            .bind(&place.key)
            .bind(nonce)
            .bind(i64::from(status))
            .bind(text)
            .bind(etag.map(str::to_owned))
            .exec(tx)
            .await?;
    Ok(answered == 1)
}

/// Gives a claim back that has no answer.
pub async fn drop_open(tx: &mut Tx, place: &Place, nonce: Uuid) -> Result<()> {
    q("DELETE FROM api_claims WHERE token_id = $1 AND key = $2 AND nonce = $3 AND status IS NULL")
        .bind(place.token)
        .bind(&place.key)
        .bind(nonce)
        .exec(tx)
        .await?;
    Ok(())
}

/// Forgets what is as old as `before`.
pub async fn prune(tx: &mut Tx, before: DateTime<Utc>) -> Result<()> {
    q("DELETE FROM api_claims WHERE created_at <= $1").bind(before).exec(tx).await?;
    Ok(())
}
