//! The tables `jobs`, `job_turns` and `job_counters`.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    db::{Db, Ex, FromRow, Topic, Tx, Value, q},
    error::{Error, Result},
    kit::JobId,
};

/// Most characters of an error that are kept.
const ERROR_MAX: usize = 2_000;
/// Rows removed in one transaction.
const PRUNED: i64 = 1_000;

/// A job that this process has.
#[derive(Debug, Clone, FromRow)]
pub struct Claimed {
    pub id: JobId,
    pub kind: String,
    pub payload: Json,
    pub tries: i64,
    pub epoch: i64,
    pub unique_key: Option<String>,
}

/// A job that nothing tries any more.
#[derive(Debug, Clone, FromRow)]
pub struct Dead {
    /// Its id; later ones sort after earlier ones.
    pub id: JobId,
    /// [`super::Job::NAME`].
    pub kind: String,
    /// Its ids.
    pub payload: Json,
    /// How often it was tried.
    pub tries: i64,
    /// Why the last try did not work.
    pub error: Option<String>,
    /// When it was given up.
    pub finished_at: Option<DateTime<Utc>>,
}

/// How many jobs of a kind are in a state.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct KindCount {
    /// [`super::Job::NAME`].
    pub kind: String,
    /// `queued`, `running`, `done`, `cancelled` or `dead`. Done and cancelled ones are kept for a day.
    pub state: String,
    /// Jobs.
    pub count: i64,
}

/// The queue in numbers.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// By kind and state; what there is none of is left out.
    pub kinds: Vec<KindCount>,
    /// Jobs taken back from processes that showed no life, ever.
    pub rescued: i64,
    /// When a rescuer last looked for abandoned jobs; `None`: never. Older than some minutes: none is at work.
    pub rescuer_at: Option<DateTime<Utc>>,
    /// Since when the longest waiting job that is due waits.
    pub oldest_due: Option<DateTime<Utc>>,
    /// Jobs whose lease is over and that nobody took back.
    pub abandoned: i64,
}

pub async fn insert(
    tx: &mut Tx,
    (kind, key): (&'static str, Option<&str>),
    payload: Json,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    q("INSERT INTO jobs (id, kind, payload, unique_key, state, run_at, tries, epoch, created_at)
       VALUES ($1, $2, $3, $4, 'queued', $5, 0, 0, $6)
       ON CONFLICT (kind, unique_key) WHERE state = 'queued' AND unique_key IS NOT NULL DO NOTHING")
    .bind(JobId::new())
    .bind(kind)
    .bind(payload)
    .bind(key)
    .bind(at)
    .bind(now)
    .exec(tx)
    .await?;
    Ok(())
}

/// For each of `kinds`, when its next job is due; kinds without one are left out.
pub async fn due(db: &Db, kinds: &[&'static str]) -> Result<Vec<(String, DateTime<Utc>)>> {
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(String, Option<DateTime<Utc>>)> = q("WITH kinds (kind) AS (")
        .rows("VALUES ", kinds.iter().map(|kind| vec![Value::from(*kind)]))
        .push(") SELECT kind, (SELECT min(run_at) FROM jobs WHERE jobs.kind = kinds.kind AND state = 'queued') AS at FROM kinds")
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(kind, at)| Some((kind, at?))).collect())
}

/// Claims up to `limit` jobs of a kind that are due, the longest due first, and counts the try.
pub async fn claim(
    tx: &mut Tx,
    (kind, limit): (&str, i64),
    runner: Uuid,
    now: DateTime<Utc>,
    lease_until: DateTime<Utc>,
) -> Result<Vec<Claimed>> {
    q("UPDATE jobs SET state = 'running', epoch = epoch + 1, tries = tries + 1, runner = $3, lease_until = $5 WHERE id IN (
         SELECT id FROM jobs WHERE kind = $1 AND state = 'queued' AND run_at <= $4 ORDER BY run_at, id LIMIT $2")
    .bind(kind)
    .bind(limit)
    .bind(runner)
    .bind(now)
    .bind(lease_until)
    // Several processes on one Postgres pass each other's rows; SQLite has one writer.
    .dialect(" FOR UPDATE SKIP LOCKED", "")
    .push(") RETURNING id, kind, payload, tries, epoch, unique_key")
    .all(tx)
    .await
}

/// Ends a job under its epoch; false when it is another process's by now.
pub async fn finish(tx: &mut Tx, job: &Claimed, (state, error): (&str, Option<&str>), now: DateTime<Utc>) -> Result<bool> {
    let ended = q("UPDATE jobs SET state = $3, error = $4, finished_at = $5, runner = NULL, lease_until = NULL
       WHERE id = $1 AND epoch = $2 AND state = 'running'")
    .bind(job.id)
    .bind(job.epoch)
    .bind(state)
    .bind(error.map(shortened))
    .bind(now)
    .exec(tx)
    .await?;
    Ok(ended == 1)
}

/// Puts a job back under its epoch, to be run at `at`; `counted`: the try was one. When another one with its key waits
/// already, that one does the work.
pub async fn put_back(
    tx: &mut Tx,
    job: &Claimed,
    (counted, error): (bool, Option<&str>),
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let put =
        q("UPDATE jobs SET state = 'queued', error = $3, run_at = $4, tries = tries - $5, runner = NULL, lease_until = NULL
       WHERE id = $1 AND epoch = $2 AND state = 'running'
       AND NOT EXISTS (SELECT 1 FROM jobs o WHERE o.kind = jobs.kind AND o.unique_key = jobs.unique_key AND o.state = 'queued')")
        .bind(job.id)
        .bind(job.epoch)
        .bind(error.map(shortened))
        .bind(at)
        .bind(i64::from(!counted))
        .exec(tx)
        .await?;
    if put == 0 && job.unique_key.is_some() {
        return finish(tx, job, ("cancelled", Some("another one with the same key waits already")), now).await;
    }
    tx.publish(Topic::Jobs);
    Ok(put == 1)
}

/// A sign of life: the jobs of this runner stay its own until `until`.
pub async fn extend_leases(tx: &mut Tx, runner: Uuid, until: DateTime<Utc>) -> Result<u64> {
    q("UPDATE jobs SET lease_until = $2 WHERE runner = $1 AND state = 'running'").bind(runner).bind(until).exec(tx).await
}

/// When the first lease of another runner is over.
pub async fn next_abandoned(ex: impl Into<Ex<'_>>, runner: Uuid) -> Result<Option<DateTime<Utc>>> {
    let (at,): (Option<DateTime<Utc>>,) =
        q("SELECT min(lease_until) FROM jobs WHERE state = 'running' AND runner <> $1").bind(runner).one(ex).await?;
    Ok(at)
}

/// The jobs whose lease is over: their process is gone, or as good as gone.
pub async fn abandoned(tx: &mut Tx, runner: Uuid, now: DateTime<Utc>) -> Result<Vec<Claimed>> {
    q("SELECT id, kind, payload, tries, epoch, unique_key FROM jobs
       WHERE state = 'running' AND lease_until < $1 AND runner <> $2 ORDER BY lease_until LIMIT 100")
    .bind(now)
    .bind(runner)
    .all(tx)
    .await
}

/// Adds to a counter and notes when.
pub async fn count(tx: &mut Tx, name: &str, more: i64, now: DateTime<Utc>) -> Result<()> {
    q("INSERT INTO job_counters (name, count, changed_at) VALUES ($1, $2, $3)
       ON CONFLICT (name) DO UPDATE SET count = job_counters.count + excluded.count, changed_at = excluded.changed_at")
    .bind(name)
    .bind(more)
    .bind(now)
    .exec(tx)
    .await?;
    Ok(())
}

/// Makes the row of a periodic job; one that exists keeps its time.
pub async fn open_turn(tx: &mut Tx, name: &str, first: DateTime<Utc>) -> Result<()> {
    q("INSERT INTO job_turns (name, next_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
        .bind(name)
        .bind(first)
        .exec(tx)
        .await?;
    Ok(())
}

/// When the next of these periodic jobs is due.
pub async fn next_turn(ex: impl Into<Ex<'_>>, names: &[&'static str]) -> Result<Option<DateTime<Utc>>> {
    let (at,): (Option<DateTime<Utc>>,) =
        q("SELECT min(next_at) FROM job_turns").list(" WHERE name IN ", names.iter().copied()).one(ex).await?;
    Ok(at)
}

/// Takes a turn that is due; false when it is not, or another process took it.
pub async fn take_turn(tx: &mut Tx, name: &str, now: DateTime<Utc>, next: DateTime<Utc>) -> Result<bool> {
    let taken = q("UPDATE job_turns SET next_at = $3, last_at = $2 WHERE name = $1 AND next_at <= $2")
        .bind(name)
        .bind(now)
        .bind(next)
        .exec(tx)
        .await?;
    Ok(taken == 1)
}

/// The queue in numbers, for the operator's page and for metrics.
pub async fn counts(db: &Db, now: DateTime<Utc>) -> Result<Counts> {
    let kinds = q("SELECT kind, state, count(*) AS count FROM jobs GROUP BY state, kind ORDER BY kind, state").all(db).await?;
    let counters: Vec<(String, i64, DateTime<Utc>)> = q("SELECT name, count, changed_at FROM job_counters").all(db).await?;
    let counter = |name: &str| counters.iter().find(|(n, ..)| n == name);
    let (oldest_due,): (Option<DateTime<Utc>>,) =
        q("SELECT min(run_at) FROM jobs WHERE state = 'queued' AND run_at <= $1").bind(now).one(db).await?;
    let (abandoned,): (i64,) =
        q("SELECT count(*) FROM jobs WHERE state = 'running' AND lease_until < $1").bind(now).one(db).await?;
    Ok(Counts {
        kinds,
        rescued: counter("rescued").map_or(0, |(_, count, _)| *count),
        rescuer_at: counter("rescuer").map(|(.., at)| *at),
        oldest_due,
        abandoned,
    })
}

/// Dead jobs, newest first, beginning after the job `after`.
pub async fn dead(db: &Db, after: Option<JobId>, limit: i64) -> Result<Vec<Dead>> {
    let mut query = q("SELECT id, kind, payload, tries, error, finished_at FROM jobs WHERE state = 'dead'");
    if let Some(after) = after {
        query = query.and(" AND id < ", after);
    }
    query.push(" ORDER BY id DESC").and(" LIMIT ", limit).all(db).await
}

/// Lets a dead job begin anew. [`Error::Conflict`] when it is not dead (any more), or when one like it waits.
pub async fn replay(tx: &mut Tx, id: JobId, now: DateTime<Utc>) -> Result<()> {
    let put = revived(now).and(" AND id = ", id).exec(tx).await?;
    if put == 0 {
        return Err(Error::conflict("jobs.not_dead"));
    }
    tx.publish(Topic::Jobs);
    Ok(())
}

/// Lets every dead job of a kind begin anew. Those with a key begin one by one.
pub async fn replay_all(tx: &mut Tx, kind: &str, now: DateTime<Utc>) -> Result<u64> {
    let put = revived(now).and(" AND kind = ", kind).push(" AND unique_key IS NULL").exec(tx).await?;
    let keyed: Vec<(JobId,)> =
        q("SELECT id FROM jobs WHERE state = 'dead' AND unique_key IS NOT NULL AND kind = $1 ORDER BY id LIMIT 1000")
            .bind(kind)
            .all(&mut *tx)
            .await?;
    let mut all = put;
    for (id,) in keyed {
        all += revived(now).and(" AND id = ", id).exec(tx).await?;
    }
    tx.publish(Topic::Jobs);
    Ok(all)
}

fn revived(now: DateTime<Utc>) -> crate::db::Q {
    q("UPDATE jobs SET state = 'queued', tries = 0, run_at = $1, finished_at = NULL WHERE state = 'dead'
       AND NOT EXISTS (SELECT 1 FROM jobs o WHERE o.kind = jobs.kind AND o.unique_key = jobs.unique_key AND o.state = 'queued')")
    .bind(now)
}

/// Gives a dead job up for good. [`Error::Conflict`] when it is not dead (any more).
pub async fn discard(tx: &mut Tx, id: JobId) -> Result<()> {
    match q("DELETE FROM jobs WHERE id = $1 AND state = 'dead'").bind(id).exec(tx).await? {
        0 => Err(Error::conflict("jobs.not_dead")),
        _ => Ok(()),
    }
}

/// Gives every dead job of a kind up for good.
pub async fn discard_all(tx: &mut Tx, kind: &str) -> Result<u64> {
    q("DELETE FROM jobs WHERE kind = $1 AND state = 'dead'").bind(kind).exec(tx).await
}

/// Removes up to a thousand jobs that ended before `done`, or were given up before `dead`. Tells how many.
pub async fn prune(tx: &mut Tx, done: DateTime<Utc>, dead: DateTime<Utc>) -> Result<u64> {
    q("DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE (state IN ('done', 'cancelled') AND finished_at < $1)
       OR (state = 'dead' AND finished_at < $2) LIMIT $3)")
    .bind(done)
    .bind(dead)
    .bind(PRUNED)
    .exec(tx)
    .await
}

fn shortened(error: &str) -> String {
    error.chars().take(ERROR_MAX).collect()
}
