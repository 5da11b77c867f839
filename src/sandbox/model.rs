//! The platform's own tables, in `sandbox.db`. SQLite only; `migrations/` belongs to the main database.

use serde::{Deserialize, Serialize};

use crate::{
    db::{Db, Ex, FromRow, Json, Q, Tx, q},
    error::Result,
};

const SCHEMA: [&str; 6] = [
    "CREATE TABLE IF NOT EXISTS accounts (id TEXT PRIMARY KEY, handle TEXT NOT NULL UNIQUE, token TEXT NOT NULL UNIQUE, \
     created_at INTEGER NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS uploads (id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts (id), \
     mime TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS posts (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, \
     account_id TEXT NOT NULL REFERENCES accounts (id), text TEXT NOT NULL, visibility TEXT NOT NULL, media TEXT NOT NULL, \
     reply_to TEXT, root_id TEXT, client_ref TEXT, arrived_at INTEGER NOT NULL, ready_at INTEGER NOT NULL, \
     deleted_at INTEGER) STRICT",
    "CREATE INDEX IF NOT EXISTS posts_by_account ON posts (account_id, arrived_at)",
    "CREATE INDEX IF NOT EXISTS posts_by_client_ref ON posts (client_ref) WHERE client_ref IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS posts_by_root ON posts (root_id) WHERE root_id IS NOT NULL",
];

/// Makes the tables that are missing.
pub async fn create_schema(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    for statement in SCHEMA {
        q(statement).exec(&mut tx).await?;
    }
    tx.commit().await
}

/// Somebody on the platform.
#[derive(Debug, Clone, FromRow)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Its name, unique.
    pub handle: String,
    /// Opens it. Kept as it is, because connecting the same handle again must give it again.
    pub token: String,
}

impl Account {
    /// Makes the account unless the handle is taken; gives the one that has the handle.
    pub async fn ensure(tx: &mut Tx, new: &Account, now: i64) -> Result<Self> {
        q("INSERT INTO accounts (id, handle, token, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (handle) DO NOTHING")
            .bind(&new.id)
            .bind(&new.handle)
            .bind(&new.token)
            .bind(now)
            .exec(tx)
            .await?;
        q("SELECT id, handle, token FROM accounts WHERE handle = $1").bind(&new.handle).one(tx).await
    }

    /// The one that a token opens.
    pub async fn by_token(db: &Db, token: &str) -> Result<Option<Self>> {
        q("SELECT id, handle, token FROM accounts WHERE token = $1").bind(token).opt(db).await
    }
}

/// A file that was sent; its bytes lie beside the database.
#[derive(Debug, Clone, FromRow)]
pub struct Upload {
    /// Its id, and the name of its file.
    pub id: String,
    /// Whose it is.
    pub account_id: String,
    /// Its type.
    pub mime: String,
    /// Its size.
    pub bytes: i64,
    /// Of its bytes, in hex.
    pub sha256: String,
}

impl Upload {
    /// Stores it.
    pub async fn insert(&self, tx: &mut Tx, now: i64) -> Result<()> {
        q("INSERT INTO uploads (id, account_id, mime, bytes, sha256, created_at) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(&self.id)
            .bind(&self.account_id)
            .bind(&self.mime)
            .bind(self.bytes)
            .bind(&self.sha256)
            .bind(now)
            .exec(tx)
            .await?;
        Ok(())
    }

    /// By id.
    pub async fn find(db: &Db, id: &str) -> Result<Option<Self>> {
        q("SELECT id, account_id, mime, bytes, sha256 FROM uploads WHERE id = $1").bind(id).opt(db).await
    }
}

/// A file as a post shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The upload.
    pub upload: String,
    /// Its type.
    pub mime: String,
    /// Of its bytes, in hex.
    pub sha256: String,
    /// Its description.
    pub alt: String,
}

/// A post. Instants are microseconds since 1970.
#[derive(Debug, Clone, FromRow)]
pub struct Post {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub account_id: String,
    /// Their name.
    pub handle: String,
    /// Its text.
    pub text: String,
    /// `public` or `followers`.
    pub visibility: String,
    /// Its files.
    pub media: Json<Vec<Attachment>>,
    /// The post it answers.
    pub reply_to: Option<String>,
    /// The post that its thread began with.
    pub root_id: Option<String>,
    /// What the client calls it; says nothing about uniqueness.
    pub client_ref: Option<String>,
    /// When the request arrived.
    pub arrived_at: i64,
    /// When it is there for others.
    pub ready_at: i64,
}

const POSTS: &str = "SELECT p.id, p.account_id, a.handle, p.text, p.visibility, p.media, p.reply_to, p.root_id, p.client_ref, \
                     p.arrived_at, p.ready_at FROM posts p JOIN accounts a ON a.id = p.account_id WHERE p.deleted_at IS NULL";

/// Which posts are listed.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this account's handle.
    pub handle: Option<String>,
    /// With this name of the client's.
    pub client_ref: Option<String>,
    /// That arrived then or later.
    pub since: Option<i64>,
    /// Only those that begin a thread.
    pub roots: bool,
    /// At most so many.
    pub limit: i64,
}

/// What a reader can see at an instant.
#[derive(Debug, Clone, Copy)]
pub struct Sight {
    /// Now.
    pub now: i64,
    /// Posts that arrived later are not shown yet.
    pub arrived_by: i64,
}

impl Post {
    /// Stores it.
    pub async fn insert(&self, tx: &mut Tx) -> Result<()> {
        q("INSERT INTO posts (id, account_id, text, visibility, media, reply_to, root_id, client_ref, arrived_at, ready_at) \
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
        .bind(&self.id)
        .bind(&self.account_id)
        .bind(&self.text)
        .bind(&self.visibility)
        .bind(serde_json::json!(self.media.0))
        .bind(self.reply_to.clone())
        .bind(self.root_id.clone())
        .bind(self.client_ref.clone())
        .bind(self.arrived_at)
        .bind(self.ready_at)
        .exec(tx)
        .await?;
        Ok(())
    }

    /// By id, whether others see it yet or not.
    pub async fn find(db: &Db, id: &str) -> Result<Option<Self>> {
        q(POSTS).and(" AND p.id = ", id).opt(db).await
    }

    /// The newest that fit, newest first.
    pub async fn list(db: &Db, filter: &Filter, sight: Sight) -> Result<Vec<Self>> {
        let query = q(POSTS).and(" AND p.ready_at <= ", sight.now).and(" AND p.arrived_at <= ", sight.arrived_by);
        let query = if filter.roots { query.push(" AND p.reply_to IS NULL") } else { query };
        narrowed(query, filter).push(" ORDER BY p.arrived_at DESC, p.number DESC").and(" LIMIT ", filter.limit).all(db).await
    }

    /// The answers in the threads that began with these, in order.
    pub async fn replies(db: &Db, roots: &[String], sight: Sight) -> Result<Vec<Self>> {
        let query = q(POSTS).and(" AND p.ready_at <= ", sight.now).and(" AND p.arrived_at <= ", sight.arrived_by);
        query.list(" AND p.root_id IN ", roots).push(" ORDER BY p.number").all(db).await
    }

    /// How many that fit are still being worked on.
    pub async fn unready(db: &Db, filter: &Filter, now: i64) -> Result<i64> {
        let query = q("SELECT COUNT(*) FROM posts p JOIN accounts a ON a.id = p.account_id WHERE p.deleted_at IS NULL");
        let (count,): (i64,) = narrowed(query.and(" AND p.ready_at > ", now), filter).one(db).await?;
        Ok(count)
    }

    /// Takes it down; false when there is none of this account.
    pub async fn delete(tx: &mut Tx, account_id: &str, id: &str, now: i64) -> Result<bool> {
        let query = q("UPDATE posts SET deleted_at = $1 WHERE id = $2 AND account_id = $3 AND deleted_at IS NULL");
        Ok(query.bind(now).bind(id).bind(account_id).exec(tx).await? > 0)
    }
}

fn narrowed(mut query: Q, filter: &Filter) -> Q {
    if let Some(handle) = &filter.handle {
        query = query.and(" AND a.handle = ", handle);
    }
    if let Some(client_ref) = &filter.client_ref {
        query = query.and(" AND p.client_ref = ", client_ref);
    }
    if let Some(since) = filter.since {
        query = query.and(" AND p.arrived_at >= ", since);
    }
    query
}

/// What was ever accepted, deleted posts included.
#[derive(Debug, Clone, Serialize, FromRow)]
pub struct Stats {
    /// Posts.
    pub posts: i64,
    /// Posts beyond the first with the same `client_ref` of the same account.
    pub duplicates: i64,
    /// Posts taken down again.
    pub deleted: i64,
    /// When the first one arrived, in microseconds since 1970.
    pub first_arrived_at: Option<i64>,
    /// When the last one arrived, in microseconds since 1970.
    pub last_arrived_at: Option<i64>,
}

impl Stats {
    /// Of one account or of all.
    pub async fn of(ex: impl Into<Ex<'_>>, handle: Option<&str>) -> Result<Self> {
        q("SELECT COUNT(*) AS posts, COUNT(client_ref) - COUNT(DISTINCT account_id || ' ' || client_ref) AS duplicates, \
           COUNT(deleted_at) AS deleted, MIN(arrived_at) AS first_arrived_at, MAX(arrived_at) AS last_arrived_at \
           FROM posts WHERE $1 IS NULL OR account_id = (SELECT id FROM accounts WHERE handle = $1)")
        .bind(handle.map(str::to_owned))
        .one(ex)
        .await
    }
}
