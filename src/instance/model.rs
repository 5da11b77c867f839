//! The tables `instance` (but for its set-up token), `data_dirs` and `workers`.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::{
    db::{Ex, FromRow, Topic, Tx, q},
    error::Result,
};

/// How long the row of a process that is gone is kept.
const KEPT: TimeDelta = TimeDelta::days(7);

/// The instance's row at a start.
#[derive(Debug, Clone, FromRow)]
pub struct Row {
    /// Made at the first start of all.
    pub instance_id: Uuid,
    /// This start's.
    pub generation: i64,
    /// What told the database from a copy at the last start.
    pub mark: Option<String>,
    /// The engine's last sign of life.
    pub heartbeat_at: Option<DateTime<Utc>>,
    /// The store carries the marker.
    pub store_marked: bool,
}

/// What the database knows of a data directory.
#[derive(Debug, Clone, Copy, FromRow)]
pub struct Dir {
    /// At its last start.
    pub generation: i64,
    /// Signs of life since.
    pub beats: i64,
}

/// Whether anything may be sent, and what this process's data directory is to the database.
#[derive(Debug, FromRow)]
pub struct Standing {
    /// Why nothing is sent.
    pub held_reason: Option<String>,
    /// The last sign of life of any engine.
    pub heartbeat_at: Option<DateTime<Utc>>,
    /// Of the directory.
    pub generation: Option<i64>,
    /// Of the directory.
    pub beats: Option<i64>,
}

/// An instance that sends nothing before an operator confirms.
#[derive(Debug, Clone, FromRow)]
pub struct Held {
    /// `restored`, or `restored_blind` when its copies cannot be looked up.
    pub reason: String,
    /// When it was noticed.
    pub at: DateTime<Utc>,
    /// The last sign of life before: what was sent since then is not known.
    pub since: Option<DateTime<Utc>>,
}

/// A process that serves or sends.
#[derive(Debug, Clone, FromRow)]
pub struct Worker {
    /// One for each start; lanes name it.
    pub id: Uuid,
    /// Host name, or what the settings call it.
    pub label: String,
    /// `all`, `web` or `worker`.
    pub role: String,
    /// The program's.
    pub version: String,
    /// When.
    pub started_at: DateTime<Utc>,
    /// Its last sign of life.
    pub heartbeat_at: DateTime<Utc>,
    /// When it ended; `None` while it runs, or when it died without a word.
    pub stopped_at: Option<DateTime<Utc>>,
}

/// The next generation. Processes that start at the same time follow one another here.
pub async fn raise(tx: &mut Tx) -> Result<Row> {
    q("UPDATE instance SET generation = generation + 1 RETURNING instance_id, generation, mark, heartbeat_at, store_marked")
        .one(tx)
        .await
}

/// A data directory that was started on before.
pub async fn dir(tx: &mut Tx, id: Uuid) -> Result<Option<Dir>> {
    q("SELECT generation, beats FROM data_dirs WHERE id = $1").bind(id).opt(tx).await
}

/// Notes a start.
pub async fn enter(tx: &mut Tx, dir: Uuid, generation: i64, now: DateTime<Utc>) -> Result<()> {
    q("INSERT INTO data_dirs (id, generation, beats, created_at, seen_at) VALUES ($1, $2, 0, $3, $3)
       ON CONFLICT (id) DO UPDATE SET generation = excluded.generation, beats = 0, seen_at = excluded.seen_at")
    .bind(dir)
    .bind(generation)
    .bind(now)
    .exec(tx)
    .await?;
    Ok(())
}

/// What is found at the next start as it is now.
pub async fn settle(tx: &mut Tx, mark: Option<&str>) -> Result<()> {
    q("UPDATE instance SET mark = COALESCE($1, mark), store_marked = TRUE").bind(mark.map(str::to_owned)).exec(tx).await?;
    Ok(())
}

/// Whether anything may be sent.
pub async fn standing(tx: &mut Tx, dir: Uuid) -> Result<Standing> {
    q("SELECT i.held_reason, i.heartbeat_at, d.generation, d.beats FROM instance i LEFT JOIN data_dirs d ON d.id = $1")
        .bind(dir)
        .one(tx)
        .await
}

/// Sends nothing from now on. An instance that is held already stays as it is.
pub async fn hold(tx: &mut Tx, reason: &'static str, since: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<()> {
    q("UPDATE instance SET held_reason = $1, held_at = $2, held_since = $3 WHERE held_reason IS NULL")
        .bind(reason)
        .bind(now)
        .bind(since)
        .exec(tx)
        .await?;
    Ok(())
}

/// For a database that was just put back: held from its first start on, and blind when it was made by a program whose
/// posts cannot be looked up afterwards.
pub async fn hold_restored(tx: &mut Tx, now: DateTime<Utc>) -> Result<bool> {
    let (generation, heartbeat): (i64, Option<DateTime<Utc>>) =
        q("SELECT generation, heartbeat_at FROM instance").one(&mut *tx).await?;
    let blind = generation == 0;
    q("UPDATE instance SET held_reason = NULL").exec(&mut *tx).await?;
    hold(tx, if blind { "restored_blind" } else { "restored" }, heartbeat, now).await?;
    Ok(blind)
}

/// Whether it is held, and why.
pub async fn held(ex: impl Into<Ex<'_>>) -> Result<Option<Held>> {
    q("SELECT held_reason AS reason, held_at AS at, held_since AS since FROM instance WHERE held_reason IS NOT NULL")
        .opt(ex)
        .await
}

/// Sends again; false when it was not held.
pub async fn resume(tx: &mut Tx) -> Result<bool> {
    let changed = q("UPDATE instance SET held_reason = NULL, held_at = NULL, held_since = NULL WHERE held_reason IS NOT NULL")
        .exec(&mut *tx)
        .await?;
    tx.publish(Topic::Schedule);
    tx.publish(Topic::Channels);
    Ok(changed > 0)
}

/// An engine lives.
pub async fn alive(tx: &mut Tx, now: DateTime<Utc>) -> Result<()> {
    q("UPDATE instance SET heartbeat_at = $1").bind(now).exec(tx).await?;
    Ok(())
}

/// A sign of life of a data directory's process.
pub async fn beat(tx: &mut Tx, dir: Uuid, beats: i64, now: DateTime<Utc>) -> Result<()> {
    // Several engines of one process count together: whoever is second must not turn the first one back.
    q("UPDATE data_dirs SET beats = CASE WHEN beats > $2 THEN beats ELSE $2 END, seen_at = $3 WHERE id = $1")
        .bind(dir)
        .bind(beats)
        .bind(now)
        .exec(tx)
        .await?;
    Ok(())
}

/// A process lives.
pub async fn show(tx: &mut Tx, worker: &Worker, dir: Uuid, now: DateTime<Utc>) -> Result<()> {
    q("INSERT INTO workers (id, data_dir, label, role, version, started_at, heartbeat_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at")
    .bind(worker.id)
    .bind(dir)
    .bind(&worker.label)
    .bind(&worker.role)
    .bind(&worker.version)
    .bind(worker.started_at)
    .bind(now)
    .exec(tx)
    .await?;
    Ok(())
}

/// A process ends as it should.
pub async fn retire(tx: &mut Tx, id: Uuid, now: DateTime<Utc>) -> Result<()> {
    q("UPDATE workers SET stopped_at = $2, heartbeat_at = $2 WHERE id = $1").bind(id).bind(now).exec(tx).await?;
    Ok(())
}

/// Forgets processes that are long gone.
pub async fn sweep(tx: &mut Tx, now: DateTime<Utc>) -> Result<()> {
    q("DELETE FROM workers WHERE heartbeat_at < $1").bind(now - KEPT).exec(tx).await?;
    Ok(())
}

/// The processes of the last week, the youngest first.
pub async fn workers(ex: impl Into<Ex<'_>>) -> Result<Vec<Worker>> {
    q("SELECT id, label, role, version, started_at, heartbeat_at, stopped_at FROM workers ORDER BY started_at DESC, id DESC LIMIT 200")
        .all(ex)
        .await
}

/// The last sign of life of a process on this data directory that has not ended.
pub async fn heartbeat_of(ex: impl Into<Ex<'_>>, dir: Uuid) -> Result<Option<DateTime<Utc>>> {
    let (at,): (Option<DateTime<Utc>>,) =
        q("SELECT max(heartbeat_at) FROM workers WHERE data_dir = $1 AND stopped_at IS NULL").bind(dir).one(ex).await?;
    Ok(at)
}

/// The instance's id.
pub async fn id(ex: impl Into<Ex<'_>>) -> Result<Uuid> {
    let (id,): (Uuid,) = q("SELECT instance_id FROM instance").one(ex).await?;
    Ok(id)
}

/// The next start takes whatever store it finds.
pub async fn adopt_store(tx: &mut Tx) -> Result<()> {
    q("UPDATE instance SET store_marked = FALSE").exec(tx).await?;
    Ok(())
}
