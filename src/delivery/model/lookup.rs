//! Overdue posts after a restore or a long silence: which they are, and which of them are looked for before they are sent.

use chrono::{DateTime, Utc};

use super::Target;
use crate::{
    db::{Ex, FromRow, Tx, q},
    error::Result,
    kit::TargetId,
    providers,
};

/// Why a part is looked for first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookUp {
    /// The database went back: what it has forgotten may be live.
    Restored,
    /// Nobody was awake for long. The ledger is whole, so that this only makes sure.
    Gap,
}

/// What was due on a channel and has not gone out as far as this database knows.
#[derive(Debug, Clone, FromRow)]
pub struct Overdue {
    /// Whose channel it is.
    pub organisation: String,
    /// Its name.
    pub channel: String,
    /// Its provider.
    pub provider: String,
    /// How many posts.
    pub posts: i64,
    /// When the first of them was due.
    pub earliest: DateTime<Utc>,
}

impl Overdue {
    /// Its platform can be asked whether a post is there.
    pub fn can_be_looked_up(&self) -> bool {
        providers::find(&self.provider).is_some_and(|p| p.about().can.find)
    }
}

/// The providers that can read back.
fn readable() -> impl Iterator<Item = &'static str> {
    providers::REGISTRY.iter().map(|p| p.about()).filter(|about| about.can.find).map(|about| about.id)
}

/// All organisations' overdue posts by channel: for the operator.
pub async fn overdue(ex: impl Into<Ex<'_>>, now: DateTime<Utc>) -> Result<Vec<Overdue>> {
    q("SELECT o.name AS organisation, c.name AS channel, c.provider, count(*) AS posts, min(t.due_at) AS earliest
       FROM targets t JOIN channels c ON c.id = t.channel_id JOIN organisations o ON o.id = t.org_id
       WHERE t.state IN ('scheduled', 'sending', 'held') AND (t.reason IS NULL OR t.reason <> 'restored')
       AND t.due_at <= $1 AND t.deleted_at IS NULL
       GROUP BY o.name, c.id, c.name, c.provider ORDER BY posts DESC, o.name, c.name LIMIT 500")
    .bind(now)
    .all(ex)
    .await
}

/// Some overdue targets that are not held yet; `unreadable`: only those whose platform cannot be asked.
pub async fn overdue_batch(tx: &mut Tx, unreadable: bool, now: DateTime<Utc>) -> Result<Vec<Target>> {
    let query = q("SELECT t.id, t.org_id, t.post_id, t.version_id, t.channel_id, t.entry, t.due_at, t.zone, t.state, t.reason,
         t.settings, t.url, t.created_at, t.published_at
       FROM targets t JOIN channels c ON c.id = t.channel_id
       WHERE t.state IN ('scheduled', 'sending') AND t.due_at <= $1 AND t.deleted_at IS NULL")
    .bind(now);
    let query = if unreadable { query.list(" AND c.provider NOT IN ", readable()) } else { query };
    query.push(" ORDER BY t.due_at, t.id LIMIT 200").all(tx).await
}

/// Overdue targets that are held for another reason stay held when that is lifted; `unreadable` as above. Tells how many.
pub async fn hold_blind(tx: &mut Tx, unreadable: bool, now: DateTime<Utc>) -> Result<u64> {
    let query = q("UPDATE targets SET reason = 'restored' WHERE state = 'held' AND reason <> 'restored' AND due_at <= $1
       AND deleted_at IS NULL")
    .bind(now);
    let query = if unreadable {
        query.push(" AND channel_id IN (SELECT id FROM channels").list(" WHERE provider NOT IN ", readable()).push(")")
    } else {
        query
    };
    query.exec(tx).await
}

/// Marks every part of overdue targets that may be sent later to be looked for first, where its platform can be asked.
/// Tells how many.
pub async fn look_first(tx: &mut Tx, why: LookUp, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64> {
    let reason = match why {
        LookUp::Restored => "restored",
        LookUp::Gap => "gap",
    };
    q("UPDATE parts SET lookup_since = $1, lookup_reason = $2 WHERE state IN ('waiting', 'retrying', 'sending', 'uncertain')
       AND (lookup_since IS NULL OR lookup_reason = 'gap') AND target_id IN
         (SELECT t.id FROM targets t JOIN channels c ON c.id = t.channel_id
          WHERE t.state IN ('scheduled', 'sending', 'held') AND t.due_at <= $3 AND t.deleted_at IS NULL")
    .bind(since)
    .bind(reason)
    .bind(now)
    .list(" AND c.provider IN ", readable())
    .push(")")
    .exec(tx)
    .await
}

/// What an edit must keep.
#[derive(FromRow)]
pub struct Mark {
    since: DateTime<Utc>,
    reason: String,
}

/// The mark of a target's parts, if it has one.
pub async fn of_target(tx: &mut Tx, target: TargetId) -> Result<Option<Mark>> {
    q("SELECT lookup_since AS since, lookup_reason AS reason FROM parts
       WHERE target_id = $1 AND lookup_since IS NOT NULL ORDER BY position LIMIT 1")
    .bind(target)
    .opt(tx)
    .await
}

/// Puts it back.
pub async fn keep(tx: &mut Tx, target: TargetId, mark: Option<Mark>) -> Result<()> {
    let Some(Mark { since, reason }) = mark else { return Ok(()) };
    q("UPDATE parts SET lookup_since = $2, lookup_reason = $3 WHERE target_id = $1")
        .bind(target)
        .bind(since)
        .bind(reason)
        .exec(tx)
        .await?;
    Ok(())
}
