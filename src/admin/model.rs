//! What the operator's pages and checks read of the whole instance: one query a block, each along an index or over few rows.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value as Json;

use crate::{
    db::{Db, FromRow, q},
    delivery::WAITING_FOR_PERSON,
    error::Result,
};

/// Most parts that are counted one by one.
pub const MANY: i64 = 100_000;
/// So many of the newest entries of the trail are looked through for troubles.
const TRAIL: i64 = 5_000;

/// The engine's last sign of life.
pub async fn heartbeat(db: &Db) -> Result<Option<DateTime<Utc>>> {
    let (at,): (Option<DateTime<Utc>>,) = q("SELECT heartbeat_at FROM instance").one(db).await?;
    Ok(at)
}

/// What the engine has before it.
#[derive(Debug, Clone, FromRow)]
pub struct Work {
    /// Parts that may be sent now.
    pub due: i64,
    /// Of these, those due for more than a minute.
    pub overdue: i64,
    /// Lanes that a worker has.
    pub lanes: i64,
    /// Parts that are looked for on their platform.
    pub uncertain: i64,
}

/// What is due, by the lanes that are: their order and that of their parts is indexed.
pub async fn work(db: &Db, now: DateTime<Utc>) -> Result<Work> {
    q("SELECT count(*) AS due, COALESCE(CAST(SUM(CASE WHEN p.next_at < $2 THEN 1 ELSE 0 END) AS BIGINT), 0) AS overdue,
         (SELECT count(*) FROM lanes WHERE lease_until IS NOT NULL) AS lanes,
         (SELECT count(*) FROM parts WHERE state = 'uncertain') AS uncertain
       FROM lanes l JOIN parts p ON p.channel_id = l.channel_id AND p.next_at IS NOT NULL AND p.next_at <= $1 WHERE l.next_due <= $1")
    .bind(now)
    .bind(now - TimeDelta::minutes(1))
    .one(db)
    .await
}

/// Parts with a time, due or not: up to [`MANY`] and one more.
pub async fn pending(db: &Db) -> Result<i64> {
    let (parts,): (i64,) = q("SELECT count(*) FROM (SELECT 1 FROM parts WHERE next_at IS NOT NULL LIMIT $1) AS planned")
        .bind(MANY + 1)
        .one(db)
        .await?;
    Ok(parts)
}

/// How many targets of the instance wait for a person, by state.
pub async fn waiting(db: &Db) -> Result<Vec<(String, i64)>> {
    q("SELECT t.state, count(*) FROM targets t WHERE t.org_id IS NOT NULL")
        .push(WAITING_FOR_PERSON)
        .push(" GROUP BY 1 ORDER BY 1")
        .all(db)
        .await
}

/// How many targets were begun within a time with a lateness below a bound.
#[derive(Debug, Clone, FromRow)]
pub struct Begun {
    /// 0: the last hour, 1: the day before it, 2: the week before that.
    pub age: i64,
    /// Milliseconds: they were less late than this, and not less than the bucket below.
    pub below: i64,
    /// How many.
    pub targets: i64,
}

/// Twenty buckets for each tenfold of milliseconds: exact enough for percentiles, and one walk along `targets_begun`.
pub async fn begun(db: &Db, now: DateTime<Utc>) -> Result<Vec<Begun>> {
    q("SELECT CAST(CASE WHEN begun_at >= $1 THEN 0 WHEN begun_at >= $2 THEN 1 ELSE 2 END AS BIGINT) AS age,
         CASE WHEN lateness_ms < 100 THEN lateness_ms / 5 * 5 + 5
              WHEN lateness_ms < 1000 THEN lateness_ms / 50 * 50 + 50
              WHEN lateness_ms < 10000 THEN lateness_ms / 500 * 500 + 500
              WHEN lateness_ms < 100000 THEN lateness_ms / 5000 * 5000 + 5000
              WHEN lateness_ms < 1000000 THEN lateness_ms / 50000 * 50000 + 50000
              ELSE lateness_ms / 600000 * 600000 + 600000 END AS below, count(*) AS targets
       FROM targets WHERE begun_at >= $3 AND begun_at IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2")
    .bind(now - TimeDelta::hours(1))
    .bind(now - TimeDelta::days(1))
    .bind(now - TimeDelta::days(7))
    .all(db)
    .await
}

/// Targets begun in the last hour: all, within a second, within a minute.
#[derive(Debug, Clone, FromRow)]
pub struct OnTime {
    /// All of them.
    pub begun: i64,
    /// Within a second.
    pub second: i64,
    /// Within a minute.
    pub minute: i64,
}

/// Along `targets_begun`.
pub async fn on_time(db: &Db, since: DateTime<Utc>) -> Result<OnTime> {
    q("SELECT count(*) AS begun, COALESCE(CAST(SUM(CASE WHEN lateness_ms <= 1000 THEN 1 ELSE 0 END) AS BIGINT), 0) AS second,
         COALESCE(CAST(SUM(CASE WHEN lateness_ms <= 60000 THEN 1 ELSE 0 END) AS BIGINT), 0) AS minute
       FROM targets WHERE begun_at >= $1 AND begun_at IS NOT NULL")
    .bind(since)
    .one(db)
    .await
}

/// A channel whose posts began late.
#[derive(Debug, Clone, FromRow)]
pub struct LateChannel {
    /// Its name.
    pub name: String,
    /// The provider's id.
    pub provider: String,
    /// Its organisation's name.
    pub organisation: String,
    /// Targets begun.
    pub begun: i64,
    /// Later than a second.
    pub slow: i64,
    /// Later than a minute.
    pub late: i64,
    /// The latest, in milliseconds.
    pub worst: i64,
}

/// The ten worst.
pub async fn late_channels(db: &Db, since: DateTime<Utc>) -> Result<Vec<LateChannel>> {
    q("SELECT c.name, c.provider, o.name AS organisation, x.begun, x.slow, x.late, x.worst FROM (
         SELECT channel_id, count(*) AS begun, CAST(SUM(CASE WHEN lateness_ms > 1000 THEN 1 ELSE 0 END) AS BIGINT) AS slow,
           CAST(SUM(CASE WHEN lateness_ms > 60000 THEN 1 ELSE 0 END) AS BIGINT) AS late, max(lateness_ms) AS worst
         FROM targets WHERE begun_at >= $1 AND begun_at IS NOT NULL GROUP BY channel_id) AS x
       JOIN channels c ON c.id = x.channel_id JOIN organisations o ON o.id = c.org_id
       WHERE x.slow > 0 ORDER BY x.late DESC, x.slow DESC, x.worst DESC LIMIT 10")
    .bind(since)
    .all(db)
    .await
}

/// Something that went wrong with a post.
#[derive(Debug, Clone, FromRow)]
pub struct Trouble {
    /// The audit trail's word.
    pub kind: String,
    /// The channel's name, if it still has one.
    pub channel: Option<String>,
    /// The provider's id.
    pub provider: Option<String>,
    /// The organisation's name.
    pub organisation: String,
    /// The trail's values: the platform's words among them.
    pub data: Json,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// The newest fifteen of the newest entries of the trail.
pub async fn troubles(db: &Db) -> Result<Vec<Trouble>> {
    q("SELECT e.kind, c.name AS channel, c.provider, o.name AS organisation, e.data, e.created_at
       FROM (SELECT id, org_id, channel_id, kind, data, created_at FROM events ORDER BY id DESC LIMIT $1) AS e
       JOIN organisations o ON o.id = e.org_id LEFT JOIN channels c ON c.id = e.channel_id
       WHERE e.kind IN ('part.failed', 'part.needs_you', 'part.uncertain', 'part.reconnect') ORDER BY e.id DESC LIMIT 15")
    .bind(TRAIL)
    .all(db)
    .await
}

/// How much the library holds: files and bytes, those taken out of it included while posts may show them.
pub async fn store_use(db: &Db) -> Result<(i64, i64)> {
    q("SELECT count(*), COALESCE(CAST(SUM(bytes) AS BIGINT), 0) FROM media").one(db).await
}

/// The newest times without a sign of life: from, to, and how much was due.
pub async fn outages(db: &Db) -> Result<Vec<(DateTime<Utc>, DateTime<Utc>, i64)>> {
    q("SELECT began_at, ended_at, due FROM outages ORDER BY id DESC LIMIT 5").all(db).await
}
