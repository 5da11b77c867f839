//! The set-up token in the table `instance`.
//!
//! Every function writes that one row, so whoever makes the first owner holds it until the end of the transaction and
//! all others wait for the outcome.

use crate::{
    db::{Db, Tx, q},
    error::Result,
};

/// The token's hash; `None` when set-up is closed.
pub async fn token(db: &Db) -> Result<Option<Vec<u8>>> {
    let (hash,): (Option<Vec<u8>>,) = q("SELECT setup_token_hash FROM instance WHERE id = 1").one(db).await?;
    Ok(hash)
}

/// Opens set-up to the token with this hash.
pub async fn open(tx: &mut Tx, hash: [u8; 32]) -> Result<()> {
    q("UPDATE instance SET setup_token_hash = $1 WHERE id = 1").bind(hash.to_vec()).exec(tx).await?;
    Ok(())
}

/// Closes set-up.
pub async fn close(tx: &mut Tx) -> Result<()> {
    q("UPDATE instance SET setup_token_hash = NULL WHERE id = 1").exec(tx).await?;
    Ok(())
}

/// Closes set-up on behalf of the holder of the token with this hash; false when it was closed or reopened meanwhile.
pub async fn claim(tx: &mut Tx, hash: [u8; 32]) -> Result<bool> {
    let claim = q("UPDATE instance SET setup_token_hash = NULL WHERE id = 1 AND setup_token_hash = $1");
    Ok(claim.bind(hash.to_vec()).exec(tx).await? == 1)
}
