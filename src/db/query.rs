//! A query: static SQL text that both databases understand, plus owned values.
//!
//! Text is only ever `&'static str`, so a value cannot end up in it. `$1`-style placeholders work on both.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use futures_util::TryFutureExt as _;
use sqlx::{
    Arguments as _, AssertSqlSafe, FromRow, Row as _,
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};
use uuid::Uuid;

use super::{Db, Pools, Tx, TxInner, answered};
use crate::{
    error::{Error, Result},
    kit::clock::micros,
};

/// Where a query runs: on the database (reads only, on SQLite enforced) or inside a transaction.
pub enum Ex<'a> {
    /// A read.
    Db(&'a Db),
    /// Part of a transaction.
    Tx(&'a mut Tx),
}

impl<'a> From<&'a Db> for Ex<'a> {
    fn from(db: &'a Db) -> Self {
        Ex::Db(db)
    }
}

impl<'a> From<&'a mut Tx> for Ex<'a> {
    fn from(tx: &'a mut Tx) -> Self {
        Ex::Tx(tx)
    }
}

impl<'a> From<&'a mut Ex<'_>> for Ex<'a> {
    fn from(ex: &'a mut Ex<'_>) -> Self {
        match ex {
            Ex::Db(db) => Ex::Db(db),
            Ex::Tx(tx) => Ex::Tx(tx),
        }
    }
}

/// Anything `#[derive(FromRow)]` that reads from both drivers.
pub trait Row: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}
impl<T> Row for T where T: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}

/// A bound value. `NULL` keeps its type, because Postgres wants to know.
#[derive(Clone, Debug)]
pub enum Value {
    /// BOOLEAN.
    Bool(Option<bool>),
    /// BIGINT.
    Int(Option<i64>),
    /// DOUBLE PRECISION.
    Float(Option<f64>),
    /// TEXT.
    Text(Option<String>),
    /// BYTEA.
    Bytes(Option<Vec<u8>>),
    /// UUID.
    Uuid(Option<Uuid>),
    /// TIMESTAMPTZ, cut to microseconds.
    Time(Option<DateTime<Utc>>),
    /// JSONB: an object or an array, never a bare scalar.
    Json(Option<serde_json::Value>),
}

macro_rules! values {
    ($($from:ty => $variant:ident: $convert:expr),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from(x: $from) -> Self {
                let convert: fn($from) -> _ = $convert;
                Value::$variant(Some(convert(x)))
            }
        }
        impl From<Option<$from>> for Value {
            fn from(x: Option<$from>) -> Self {
                Value::$variant(x.map($convert))
            }
        }
    )*};
}

values!(
    bool => Bool: |x| x,
    i64 => Int: |x| x,
    i32 => Int: i64::from,
    u32 => Int: i64::from,
    f64 => Float: |x| x,
    String => Text: |x| x,
    &str => Text: |x| x.to_owned(),
    &String => Text: |x| x.clone(),
    Vec<u8> => Bytes: |x| x,
    &[u8] => Bytes: |x| x.to_vec(),
    Uuid => Uuid: |x| x,
    DateTime<Utc> => Time: micros,
    serde_json::Value => Json: |x| x,
    crate::kit::UserId => Uuid: |x| x.0,
    crate::kit::OrgId => Uuid: |x| x.0,
    crate::kit::SessionId => Uuid: |x| x.0,
    crate::kit::ChannelId => Uuid: |x| x.0,
    crate::kit::SlotId => Uuid: |x| x.0,
    crate::kit::PostId => Uuid: |x| x.0,
    crate::kit::VersionId => Uuid: |x| x.0,
    crate::kit::TargetId => Uuid: |x| x.0,
    crate::kit::PartId => Uuid: |x| x.0,
    crate::kit::AttemptId => Uuid: |x| x.0,
    crate::kit::MediaId => Uuid: |x| x.0,
    crate::kit::EventId => Uuid: |x| x.0,
    crate::kit::OutageId => Uuid: |x| x.0,
    crate::kit::JobId => Uuid: |x| x.0,
    crate::kit::NoticeId => Uuid: |x| x.0,
    crate::kit::TokenId => Uuid: |x| x.0,
    crate::kit::ConnectionId => Uuid: |x| x.0,
    crate::kit::DeveloperAppId => Uuid: |x| x.0,
    crate::kit::CustomerId => Uuid: |x| x.0,
    crate::kit::InviteId => Uuid: |x| x.0,
    crate::kit::ReviewId => Uuid: |x| x.0,
    crate::kit::CommentId => Uuid: |x| x.0,
    crate::kit::ShareId => Uuid: |x| x.0,
    crate::kit::TagId => Uuid: |x| x.0,
    crate::kit::SnippetId => Uuid: |x| x.0,
    crate::kit::SetId => Uuid: |x| x.0,
    crate::kit::DraftId => Uuid: |x| x.0,
    crate::kit::AutosaveId => Uuid: |x| x.0,
);

/// A line of a plan: the only column on Postgres, the fourth on SQLite.
struct PlanLine(String);

impl FromRow<'_, PgRow> for PlanLine {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        row.try_get(0).map(Self)
    }
}

impl FromRow<'_, SqliteRow> for PlanLine {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        row.try_get("detail").map(Self)
    }
}

/// A query being built; see [`q`].
#[must_use = "a query does nothing until it is run"]
pub struct Q {
    postgres: Cow<'static, str>,
    sqlite: Option<Cow<'static, str>>,
    values: Vec<Value>,
}

/// A query with one text for both databases; its placeholders are `$1`, `$2`, …
pub fn q(sql: &'static str) -> Q {
    Q { postgres: sql.into(), sqlite: None, values: Vec::new() }
}

/// Postgres stores no zero character. People and platforms send them all the same, and a platform's words must not keep its
/// failure from being written down: they become the replacement character, on both databases.
fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

fn storable_json(json: serde_json::Value) -> serde_json::Value {
    use serde_json::Value::{Array, Object, String};
    match json {
        String(text) => String(storable(text)),
        Array(items) => Array(items.into_iter().map(storable_json).collect()),
        Object(fields) => Object(fields.into_iter().map(|(name, value)| (storable(name), storable_json(value))).collect()),
        scalar => scalar,
    }
}

macro_rules! arguments {
    ($type:ty, $values:expr) => {{
        let mut arguments = <$type>::default();
        for value in $values {
            match value {
                Value::Bool(x) => arguments.add(x),
                Value::Int(x) => arguments.add(x),
                Value::Float(x) => arguments.add(x),
                Value::Text(x) => arguments.add(x.map(storable)),
                Value::Bytes(x) => arguments.add(x),
                Value::Uuid(x) => arguments.add(x),
                Value::Time(x) => arguments.add(x),
                Value::Json(x) => arguments.add(x.map(storable_json)),
            }
            .map_err(sqlx::Error::Encode)?;
        }
        arguments
    }};
}

/// Runs `$body` with the right connection, arguments and text for the database at hand.
macro_rules! run {
    ($self:ident, $ex:ident, |$connection:ident, $arguments:ident, $sql:ident, $Database:ident| $body:expr) => {{
        let Q { postgres, sqlite, values } = $self;
        let sqlite = sqlite.unwrap_or_else(|| postgres.clone());
        match $ex.into() {
            Ex::Db(db) => {
                let _turn = db.turn(false).await?;
                match &db.pools {
                    Pools::Postgres(pool) => {
                        type $Database = sqlx::Postgres;
                        let ($connection, $arguments, $sql) = (pool, arguments!(PgArguments, values), AssertSqlSafe(postgres));
                        answered($body).await
                    }
                    Pools::Sqlite { read, .. } => {
                        type $Database = sqlx::Sqlite;
                        let ($connection, $arguments, $sql) = (read, arguments!(SqliteArguments, values), AssertSqlSafe(sqlite));
                        Ok($body.await?)
                    }
                }
            }
            Ex::Tx(tx) => match &mut tx.inner {
                TxInner::Postgres(t) => {
                    type $Database = sqlx::Postgres;
                    let ($connection, $arguments, $sql) = (&mut **t, arguments!(PgArguments, values), AssertSqlSafe(postgres));
                    answered($body).await
                }
                TxInner::Sqlite(t) => {
                    type $Database = sqlx::Sqlite;
                    let ($connection, $arguments, $sql) = (&mut **t, arguments!(SqliteArguments, values), AssertSqlSafe(sqlite));
                    Ok($body.await?)
                }
            },
        }
    }};
}

impl Q {
    /// Gives the next placeholder its value.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Appends text.
    pub fn push(mut self, sql: &'static str) -> Self {
        self.append(sql, sql);
        self
    }

    /// Appends one text on Postgres and another on SQLite. Say why beside each use; `tests/tidy.rs` counts them.
    pub fn dialect(mut self, postgres: &'static str, sqlite: &'static str) -> Self {
        self.sqlite.get_or_insert_with(|| self.postgres.clone());
        self.append(postgres, sqlite);
        self
    }

    /// Appends text and then a placeholder with its value: `.and(" AND state = ", state)`.
    pub fn and(mut self, sql: &'static str, value: impl Into<Value>) -> Self {
        self.append(sql, sql);
        self.placeholder(value.into());
        self
    }

    /// Appends text and a list of placeholders: `.list(" AND id IN ", ids)`. An empty list matches nothing.
    pub fn list<V: Into<Value>>(mut self, sql: &'static str, items: impl IntoIterator<Item = V>) -> Self {
        self.append(sql, sql);
        self.append("(", "(");
        let mut separator = "";
        for item in items {
            self.append(separator, separator);
            self.placeholder(item.into());
            separator = ",";
        }
        if separator.is_empty() {
            self.append("NULL", "NULL");
        }
        self.append(")", ")");
        self
    }

    /// Appends the rows of a multi-row `VALUES`: `.rows(" VALUES ", rows)` with equally long rows, at least one.
    pub fn rows(mut self, sql: &'static str, rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        self.append(sql, sql);
        for (n, row) in rows.into_iter().enumerate() {
            let open = if n == 0 { "(" } else { ",(" };
            self.append(open, open);
            for (column, value) in row.into_iter().enumerate() {
                let separator = if column == 0 { "" } else { "," };
                self.append(separator, separator);
                self.placeholder(value);
            }
            self.append(")", ")");
        }
        self
    }

    /// All rows.
    pub async fn all<T: Row>(self, ex: impl Into<Ex<'_>>) -> Result<Vec<T>> {
        run!(self, ex, |c, a, s, D| sqlx::query_as_with::<D, T, _>(s, a).fetch_all(c))
    }

    /// The first row, if there is one.
    pub async fn opt<T: Row>(self, ex: impl Into<Ex<'_>>) -> Result<Option<T>> {
        run!(self, ex, |c, a, s, D| sqlx::query_as_with::<D, T, _>(s, a).fetch_optional(c))
    }

    /// The row that must be there, such as a count or a `RETURNING` of an insert.
    pub async fn one<T: Row>(self, ex: impl Into<Ex<'_>>) -> Result<T> {
        self.opt(ex).await?.ok_or_else(|| Error::internal(sqlx::Error::RowNotFound))
    }

    /// Runs it and tells how many rows it changed.
    pub async fn exec(self, tx: &mut Tx) -> Result<u64> {
        run!(self, tx, |c, a, s, D| sqlx::query_with::<D, _>(s, a).execute(c).map_ok(|done| done.rows_affected()))
    }

    /// How the database would run it, as its `EXPLAIN` says: for tests that hold a query to its index.
    pub async fn plan(mut self, ex: impl Into<Ex<'_>>) -> Result<String> {
        self.sqlite.get_or_insert_with(|| self.postgres.clone()).to_mut().insert_str(0, "EXPLAIN QUERY PLAN ");
        self.postgres.to_mut().insert_str(0, "EXPLAIN ");
        let lines: Vec<PlanLine> = self.all(ex).await?;
        Ok(lines.into_iter().map(|PlanLine(text)| text).collect::<Vec<_>>().join("\n"))
    }

    fn append(&mut self, postgres: &'static str, sqlite: &'static str) {
        self.postgres.to_mut().push_str(postgres);
        if let Some(text) = &mut self.sqlite {
            text.to_mut().push_str(sqlite);
        }
    }

    fn placeholder(&mut self, value: Value) {
        self.values.push(value);
        let mark = format!("${}", self.values.len());
        self.postgres.to_mut().push_str(&mark);
        if let Some(text) = &mut self.sqlite {
            text.to_mut().push_str(&mark);
        }
    }
}
