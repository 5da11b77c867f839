//! A schema of its own inside a Postgres database, for rehearsals that must not touch what is there.

use super::{Db, q};
use crate::error::{Error, Result};

const NAME: &str = "rostrum_scratch";

/// Makes the schema, empty, and gives the address that uses it. What a former run left in it is gone.
pub async fn make(url: &str) -> Result<String> {
    run(url, &["DROP SCHEMA IF EXISTS rostrum_scratch CASCADE", "CREATE SCHEMA rostrum_scratch"]).await?;
    let mut url = url::Url::parse(url).map_err(|e| Error::Unavailable(format!("the database's address is wrong: {e}")))?;
    url.query_pairs_mut().append_pair("options[search_path]", NAME);
    Ok(url.into())
}

/// Removes the schema with everything in it.
pub async fn remove(url: &str) -> Result<()> {
    run(url, &["DROP SCHEMA IF EXISTS rostrum_scratch CASCADE"]).await
}

async fn run(url: &str, statements: &[&'static str]) -> Result<()> {
    let db = Db::open(url).await?;
    let mut tx = db.begin().await?;
    for statement in statements {
        q(statement).exec(&mut tx).await?;
    }
    tx.commit().await?;
    db.close().await;
    Ok(())
}
