//! The schema: numbered files in `migrations/`, embedded, each applied in a transaction, never edited after a release.
//!
//! One file serves both databases. It is written with Postgres type names; on SQLite these are replaced as whole words
//! outside quotes and comments, and tables become STRICT. `NNNN_name.postgres.sql` and `NNNN_name.sqlite.sql` are for
//! the rare step that must differ.

use rust_embed::RustEmbed;
use sqlx::{
    AssertSqlSafe, SqlSafeStr as _,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

use super::{Db, Pools};
use crate::error::{Error, Result};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/migrations"]
struct Files;

/// Postgres type names and what SQLite's STRICT tables call them.
const TYPES: [(&str, &str); 7] = [
    ("UUID", "BLOB"),
    ("TIMESTAMPTZ", "TEXT"),
    ("JSONB", "TEXT"),
    ("BIGINT", "INTEGER"),
    ("BOOLEAN", "INTEGER"),
    ("BYTEA", "BLOB"),
    ("DOUBLE", "REAL"),
];

/// What a database lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// Steps already applied.
    pub applied: usize,
    /// Steps still to apply.
    pub missing: usize,
}

/// The embedded migrations for one kind of database.
pub struct Migrations(Migrator);

impl Migrations {
    /// Reads the embedded files.
    pub fn load(postgres: bool) -> Self {
        let mut list: Vec<Migration> = Files::iter().filter_map(|name| migration(&name, postgres)).collect();
        list.sort_by_key(|m| m.version);
        Self(Migrator::with_migrations(list))
    }

    /// How many steps `db` has and lacks; an error when it was made by a newer program.
    pub async fn pending(&self, db: &Db) -> Result<Pending> {
        let applied = match &db.pools {
            Pools::Postgres(pool) => applied(&mut *pool.acquire().await?).await?,
            Pools::Sqlite { write, .. } => applied(&mut *write.acquire().await?).await?,
        };
        let newest = self.0.iter().map(|m| m.version).max().unwrap_or(0);
        if let Some(newer) = applied.iter().find(|v| **v > newest) {
            return Err(Error::Unavailable(format!(
                "the database was made by a newer Rostrum (its schema has step {newer}, this program knows up to {newest}): \
                 start the newer program, or restore a backup made before the upgrade"
            )));
        }
        Ok(Pending { applied: applied.len(), missing: self.0.iter().filter(|m| !applied.contains(&m.version)).count() })
    }

    /// Applies what is missing up to this step: to make the tables of an older dump. Fails when that is newer than we are.
    pub async fn run_to(&self, db: &Db, version: i64) -> Result<()> {
        let known: Vec<Migration> = self.0.iter().filter(|m| m.version <= version).cloned().collect();
        if known.last().is_none_or(|m| m.version != version) {
            return Err(Error::Unavailable(format!("the archive was made by a newer Rostrum (its schema has step {version})")));
        }
        Self(Migrator::with_migrations(known)).run(db).await
    }

    /// Applies what is missing.
    pub async fn run(&self, db: &Db) -> Result<()> {
        let done = match &db.pools {
            Pools::Postgres(pool) => self.0.run(pool).await,
            Pools::Sqlite { write, .. } => self.0.run(write).await,
        };
        done.map_err(|e| Error::Unavailable(format!("the database could not be migrated: {e}")))
    }
}

async fn applied<C: sqlx::migrate::Migrate>(connection: &mut C) -> Result<Vec<i64>> {
    const TABLE: &str = "_sqlx_migrations";
    let read = async {
        connection.ensure_migrations_table(TABLE).await?;
        if let Some(version) = connection.dirty_version(TABLE).await? {
            return Err(MigrateError::Dirty(version));
        }
        connection.list_applied_migrations(TABLE).await
    };
    let list = read.await.map_err(|e| Error::Unavailable(format!("the schema's version cannot be read: {e}")))?;
    Ok(list.into_iter().map(|m| m.version).collect())
}

fn migration(file: &str, postgres: bool) -> Option<Migration> {
    let (mine, other) = if postgres { (".postgres", ".sqlite") } else { (".sqlite", ".postgres") };
    let stem = file.strip_suffix(".sql")?;
    if stem.ends_with(other) {
        return None;
    }
    let (number, name) = stem.strip_suffix(mine).unwrap_or(stem).split_once('_')?;
    let sql = String::from_utf8(Files::get(file)?.data.into_owned()).expect("migrations are UTF-8");
    let sql = if postgres { sql } else { for_sqlite(&sql) };
    let version = number.parse().expect("a migration's name begins with its number");
    Some(Migration::new(version, name.replace('_', " ").into(), MigrationType::Simple, AssertSqlSafe(sql).into_sql_str(), false))
}

/// Replaces type names as whole words outside quotes and comments, and makes created tables STRICT.
fn for_sqlite(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 64);
    let mut rest = sql;
    let mut creating = false;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '\'' => rest[1..].find('\'').map_or(rest.len(), |end| end + 2),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            c if c.is_ascii_alphabetic() || c == '_' => {
                rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        let (token, tail) = rest.split_at(taken);
        rest = tail;
        match token {
            "PRECISION" => {}
            "TABLE" if out.trim_end().ends_with("CREATE") => {
                creating = true;
                out.push_str(token);
            }
            ";" if std::mem::take(&mut creating) => out.push_str(" STRICT;"),
            _ => out.push_str(TYPES.iter().find(|(name, _)| *name == token).map_or(token, |(_, lite)| lite)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_names_are_replaced_as_words_only_and_tables_become_strict() {
        let sql = "CREATE TABLE a (id UUID, n BIGINT DEFAULT 1, d DOUBLE PRECISION, t TEXT CHECK (t <> 'UUID')); -- UUID stays\nCREATE INDEX UUIDS ON a (n);";
        assert_eq!(
            for_sqlite(sql),
            "CREATE TABLE a (id BLOB, n INTEGER DEFAULT 1, d REAL , t TEXT CHECK (t <> 'UUID')) STRICT; -- UUID stays\nCREATE INDEX UUIDS ON a (n);"
        );
    }
}
