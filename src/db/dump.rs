//! Copies every table of a Postgres database to files, as of one instant, without the client programs of Postgres.

use std::path::Path;

use futures_util::TryStreamExt as _;
use sqlx::{Connection as _, Executor as _};
use tokio::io::AsyncWriteExt as _;

use super::{Db, Pools};
use crate::error::{Error, Result};

impl Db {
    /// Writes `TABLE.copy` (the text format of `COPY`) for each table into a new directory. All come from one snapshot.
    pub async fn dump(&self, dir: &Path) -> Result<()> {
        let Pools::Postgres(pool) = &self.pools else {
            return Err(Error::Internal(anyhow::anyhow!("SQLite databases are copied as a file")));
        };
        std::fs::create_dir(dir)?;
        let mut connection = pool.acquire().await?.detach();
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let tables: Vec<(String,)> =
            sqlx::query_as("SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename")
                .fetch_all(&mut connection)
                .await?;
        for (table,) in tables {
            let mut file = tokio::fs::File::create(dir.join(format!("{table}.copy"))).await?;
            // A name from the catalogue, quoted; nothing of a caller is in it.
            let copy = format!("COPY \"{}\" TO STDOUT", table.replace('"', "\"\""));
            let mut rows = connection.copy_out_raw(&copy).await?;
            while let Some(chunk) = rows.try_next().await? {
                file.write_all(&chunk).await?;
            }
            file.sync_all().await?;
        }
        connection.close().await?;
        Ok(())
    }
}
