//! Two databases, one set of queries: SQLite inside for small installs, Postgres for large ones.
//!
//! Reads run on a [`Db`], writes in a [`Tx`]. On SQLite there is one writer connection (so writers queue in order and
//! never meet `SQLITE_BUSY`) and several read-only ones. Nothing here knows a table.

pub mod bus;
mod dump;
pub mod gate;
mod load;
mod migrate;
mod notify;
mod portions;
mod query;
pub mod scratch;

use std::{
    panic::Location,
    path::Path,
    str::FromStr as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

pub use bus::{Bus, Listener, Topic};
use gate::{Gate, Turn};
pub use migrate::{Migrations, Pending};
pub use portions::portions;
pub use query::{Ex, Q, Row, Value, q};
use sqlx::{
    Connection as _, Postgres, Sqlite, Transaction,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous},
};
pub use sqlx::{FromRow, types::Json};

use crate::error::{Error, Result};

/// How long a caller waits for a connection before it is told who holds it.
const ACQUIRE: Duration = Duration::from_secs(5);
/// How long Postgres may take over one statement: a server that is frozen or behind a dead network never answers.
const ANSWER: Duration = Duration::from_secs(15);
/// Read connections to one SQLite file.
const READERS: u32 = 4;
/// Connections to one Postgres.
const POSTGRES_CONNECTIONS: u32 = 10;

/// An open database. Cloning is cheap.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    /// Delivers what transactions publish, after they commit.
    pub bus: Bus,
    holder: Arc<Mutex<Option<&'static Location<'static>>>>,
    gate: Option<Arc<Gate>>,
}

#[derive(Clone)]
enum Pools {
    Postgres(PgPool),
    Sqlite { read: SqlitePool, write: SqlitePool },
}

/// A transaction. Dropping it without [`Tx::commit`] rolls back.
pub struct Tx {
    inner: TxInner,
    bus: Bus,
    published: Vec<Topic>,
    holder: Arc<Mutex<Option<&'static Location<'static>>>>,
    turn: Option<Turn>,
}

enum TxInner {
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

impl Db {
    /// Opens `postgres://…` or `sqlite:PATH`; the file is created when missing.
    pub async fn open(url: &str) -> Result<Self> {
        let pools = if is_postgres(url) { postgres(url).await? } else { sqlite(url).await? };
        let bus = match &pools {
            Pools::Postgres(pool) => Bus::new(Some(pool.clone())),
            Pools::Sqlite { .. } => Bus::new(None),
        };
        Ok(Self { pools, bus, holder: Arc::default(), gate: None })
    }

    /// Lets a simulation decide when statements run.
    pub fn gated(self, gate: Arc<Gate>) -> Self {
        Self { gate: Some(gate), ..self }
    }

    /// The right to run a statement, where there is a gate.
    async fn turn(&self, writes: bool) -> Result<Option<Turn>> {
        match &self.gate {
            Some(gate) => gate.turn(writes).await.map(Some),
            None => Ok(None),
        }
    }

    /// Starts a transaction that may write.
    ///
    /// Fails with [`Error::Unavailable`] after five seconds, on SQLite naming the place in our code that holds the writer.
    #[track_caller]
    pub fn begin(&self) -> impl Future<Output = Result<Tx>> + Send + '_ {
        let caller = Location::caller();
        async move {
            let turn = self.turn(true).await?;
            let inner = match &self.pools {
                Pools::Postgres(pool) => Ok(TxInner::Postgres(answered(pool.begin()).await?)),
                // IMMEDIATE: the write lock is taken now, not at the first write, where it could fail half-way.
                Pools::Sqlite { write, .. } => write.begin_with("BEGIN IMMEDIATE").await.map(TxInner::Sqlite),
            };
            let inner = inner.map_err(|e| self.name_holder(e))?;
            *self.holder.lock().unwrap_or_else(PoisonError::into_inner) = Some(caller);
            Ok(Tx { inner, bus: self.bus.clone(), published: Vec::new(), holder: self.holder.clone(), turn })
        }
    }

    fn name_holder(&self, e: sqlx::Error) -> Error {
        match (e, *self.holder.lock().unwrap_or_else(PoisonError::into_inner)) {
            (sqlx::Error::PoolTimedOut, Some(at)) => Error::Unavailable(format!("the database writer is held by {at}")),
            (e, _) => e.into(),
        }
    }

    /// True on Postgres.
    pub fn is_postgres(&self) -> bool {
        matches!(self.pools, Pools::Postgres(_))
    }

    /// What tells this database from a copy of it, where it can be told: Postgres's number of the server and of the
    /// database, which no dump carries along.
    pub async fn mark(&self) -> Result<Option<String>> {
        let Pools::Postgres(pool) = &self.pools else { return Ok(None) };
        let asked = sqlx::query_as::<_, (String,)>(
            "SELECT s.system_identifier::text || '/' || d.oid::text
             FROM pg_control_system() s, pg_database d WHERE d.datname = current_database()",
        );
        match answered(asked.fetch_one(pool)).await {
            Ok((mark,)) => Ok(Some(mark)),
            Err(e @ Error::Unavailable(_)) => Err(e),
            // A server that does not tell its users.
            Err(_) => Ok(None),
        }
    }

    /// Proves that the database takes writes: for the readiness check.
    pub async fn check_writable(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        q("UPDATE instance SET id = id").exec(&mut tx).await?;
        tx.commit().await
    }

    /// A consistent copy of a SQLite database into a new file, while others read and write.
    pub async fn snapshot(&self, file: &Path) -> Result<()> {
        let Pools::Sqlite { write, .. } = &self.pools else {
            return Err(Error::internal(std::io::Error::other("only SQLite databases are copied to a file")));
        };
        let mut connection = write.acquire().await?;
        sqlx::query("VACUUM INTO $1").bind(file.display().to_string()).execute(&mut *connection).await?;
        Ok(())
    }

    /// Connections by pool: its name, how many are open, how many of them are idle.
    pub fn pools(&self) -> Vec<(&'static str, usize, usize)> {
        match &self.pools {
            Pools::Postgres(pool) => vec![("postgres", pool.size() as usize, pool.num_idle())],
            Pools::Sqlite { read, write } => {
                vec![("read", read.size() as usize, read.num_idle()), ("write", write.size() as usize, write.num_idle())]
            }
        }
    }

    /// The database's own version and its size in bytes.
    pub async fn describe(&self) -> Result<(String, i64)> {
        match &self.pools {
            Pools::Postgres(pool) => {
                let ask = sqlx::query_as("SELECT current_setting('server_version'), pg_database_size(current_database())");
                answered(ask.fetch_one(pool)).await
            }
            Pools::Sqlite { read, .. } => {
                let ask = "SELECT sqlite_version(), page_count * page_size FROM pragma_page_count(), pragma_page_size()";
                Ok(sqlx::query_as(ask).fetch_one(read).await?)
            }
        }
    }

    /// Closes all connections; SQLite folds its log into the file.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Postgres(pool) => pool.close().await,
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
        }
    }
}

/// True for the addresses that mean Postgres.
pub fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

async fn postgres(url: &str) -> Result<Pools> {
    let options = PgConnectOptions::from_str(url).map_err(connect_error)?.application_name("rostrum");
    let pool = PgPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).acquire_timeout(ACQUIRE).connect_with(options);
    Ok(Pools::Postgres(pool.await.map_err(connect_error)?))
}

async fn sqlite(url: &str) -> Result<Pools> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(connect_error)?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        // FULL: an acknowledged schedule and a recorded intent survive a power cut.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(ACQUIRE)
        .statement_cache_capacity(300)
        // The driver's thread hands rows over one by one: with few in between, the two wake each other for every handful.
        .row_buffer_size(1_024)
        .pragma("cache_size", "-8000")
        .pragma("temp_store", "memory")
        .optimize_on_close(true, None);
    let pool = |n| SqlitePoolOptions::new().max_connections(n).acquire_timeout(ACQUIRE).idle_timeout(None).max_lifetime(None);
    // A full disk makes SQLite roll back by itself. The driver does not notice and believes in a transaction for ever
    // (sqlx 0.9): such a writer is of no more use.
    let writer = pool(1).before_acquire(|connection, _| Box::pin(std::future::ready(Ok(!connection.is_in_transaction()))));
    let write = writer.connect_with(options.clone()).await.map_err(connect_error)?;
    let read = pool(READERS).connect_with(options.read_only(true)).await.map_err(connect_error)?;
    Ok(Pools::Sqlite { read, write })
}

/// Waits for Postgres, but not for ever. What was cut off may still have happened.
async fn answered<T>(statement: impl Future<Output = sqlx::Result<T>>) -> Result<T> {
    match tokio::time::timeout(ANSWER, statement).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Error::Unavailable(format!("the database did not answer within {} s", ANSWER.as_secs()))),
    }
}

fn connect_error(e: sqlx::Error) -> Error {
    Error::Unavailable(format!("the database cannot be opened: {e}"))
}

impl Tx {
    /// Makes the changes durable, then tells the [`Bus`] what was published, on Postgres every process.
    pub async fn commit(mut self) -> Result<()> {
        let published = std::mem::take(&mut self.published);
        let bus = self.bus.clone();
        let Tx { inner, holder, turn, .. } = self;
        match inner {
            TxInner::Postgres(mut t) => {
                if let (Some(sender), false) = (bus.sender(), published.is_empty()) {
                    answered(notify::send(&mut t, sender, &published)).await?;
                }
                answered(t.commit()).await?;
            }
            TxInner::Sqlite(t) => t.commit().await?,
        }
        *holder.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if let Some(turn) = turn {
            turn.done().await;
        }
        published.into_iter().for_each(|topic| bus.send(topic));
        Ok(())
    }

    /// Tells listeners after the commit, and only then. The same topic is told once.
    pub fn publish(&mut self, topic: Topic) {
        if !self.published.contains(&topic) {
            self.published.push(topic);
        }
    }
}

impl From<sqlx::Error> for Error {
    /// A database that is away or full is the world's state; everything else is our bug.
    fn from(e: sqlx::Error) -> Self {
        match &e {
            sqlx::Error::PoolTimedOut => {
                Error::Unavailable(format!("no connection to the database could be had within {} s", ACQUIRE.as_secs()))
            }
            sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => Error::Unavailable(e.to_string()),
            sqlx::Error::Database(d) if is_unavailable(d.as_ref()) => Error::Unavailable(e.to_string()),
            _ => Error::internal(e),
        }
    }
}

/// Disk full, I/O error, busy or read-only on SQLite; classes 08, 53 and 57P on Postgres.
fn is_unavailable(e: &dyn sqlx::error::DatabaseError) -> bool {
    let Some(code) = e.code() else { return false };
    match e.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        Some(_) => ["08", "53", "57P"].iter().any(|class| code.starts_with(class)),
        // The low byte of a SQLite result code is its primary code: BUSY 5, READONLY 8, IOERR 10, FULL 13, CANTOPEN 14.
        None => code.parse::<i64>().is_ok_and(|c| matches!(c & 0xff, 5 | 8 | 10 | 13 | 14)),
    }
}

/// True when the error is a broken unique rule: matched together with the query at hand, as constraint names are not
/// available on both databases.
pub fn is_unique_violation(e: &Error) -> bool {
    let Error::Internal(e) = e else { return false };
    e.downcast_ref::<sqlx::Error>().and_then(|e| e.as_database_error()).is_some_and(|d| d.is_unique_violation())
}
