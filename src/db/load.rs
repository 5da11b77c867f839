//! Fills an empty Postgres database with what [`Db::dump`] wrote, without the client programs of Postgres.

use std::{collections::BTreeSet, path::Path};

use sqlx::{Connection as _, Executor as _};

use super::{Db, Migrations, Pools};
use crate::error::{Error, Result};

/// Where the applied migrations are noted: made by migrating, not by loading.
const MIGRATIONS: &str = "_sqlx_migrations";

impl Db {
    /// True when a Postgres database has no table yet.
    pub async fn is_empty(&self) -> Result<bool> {
        let Pools::Postgres(pool) = &self.pools else { return Ok(false) };
        let (tables,): (i64,) =
            sqlx::query_as("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()").fetch_one(pool).await?;
        Ok(tables == 0)
    }

    /// Makes the tables as they were when the dump was written, and fills them in one transaction.
    pub async fn load(&self, dir: &Path) -> Result<()> {
        let Pools::Postgres(pool) = &self.pools else {
            return Err(Error::Internal(anyhow::anyhow!("SQLite databases are put back as a file")));
        };
        Migrations::load(true).run_to(self, newest(dir)?).await?;
        let mut connection = pool.acquire().await?.detach();
        connection.execute("BEGIN").await?;
        let edges: Vec<(String, String)> = sqlx::query_as(
            "SELECT child.relname::text, parent.relname::text FROM pg_constraint f JOIN pg_class child ON child.oid = f.conrelid
             JOIN pg_class parent ON parent.oid = f.confrelid JOIN pg_namespace n ON n.oid = child.relnamespace
             WHERE f.contype = 'f' AND n.nspname = current_schema() AND f.conrelid <> f.confrelid",
        )
        .fetch_all(&mut connection)
        .await?;
        for table in ordered(tables(dir)?, &edges) {
            // A name from the archive, quoted; the database knows it or refuses it.
            let copy = format!("COPY \"{}\" FROM STDIN", table.replace('"', "\"\""));
            let mut rows = connection.copy_in_raw(&copy).await?;
            rows.read_from(tokio::fs::File::open(dir.join(format!("{table}.copy"))).await?).await?;
            rows.finish().await?;
        }
        connection.execute("COMMIT").await?;
        connection.close().await?;
        Ok(())
    }
}

/// The newest migration that the dumped database had.
fn newest(dir: &Path) -> Result<i64> {
    let rows = std::fs::read_to_string(dir.join(format!("{MIGRATIONS}.copy")))?;
    let versions = rows.lines().filter_map(|row| row.split('\t').next()?.parse().ok());
    versions.max().ok_or_else(|| Error::Unavailable("the dump names no migrations".into()))
}

fn tables(dir: &Path) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        found.extend(name.strip_suffix(".copy").filter(|table| *table != MIGRATIONS).map(str::to_owned));
    }
    Ok(found)
}

/// Every table after those that it refers to.
fn ordered(mut left: BTreeSet<String>, edges: &[(String, String)]) -> Vec<String> {
    let mut done = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waits = |table: &String| edges.iter().any(|(child, parent)| child == table && left.contains(parent));
        let free: Vec<String> = left.iter().filter(|table| !waits(table)).cloned().collect();
        // Tables that refer to each other in a ring: the database will say so.
        let next = if free.is_empty() { left.iter().cloned().collect() } else { free };
        for table in next {
            left.remove(&table);
            done.push(table);
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_before_their_children_and_rings_end() {
        let edge = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let all = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>();
        let order = ordered(all(&["a", "b", "c"]), &[edge("a", "b"), edge("b", "c")]);
        assert_eq!(order, ["c", "b", "a"]);
        assert_eq!(ordered(all(&["a", "b"]), &[edge("a", "b"), edge("b", "a")]).len(), 2);
    }
}
