//! Who is told, and what they have read.

use chrono::{DateTime, Utc};

use super::{How, Reader, seen_by};
use crate::{
    db::{Ex, FromRow, Tx, q},
    error::Result,
    kit::{NoticeId, OrgId, UserId},
    notify::Kind,
    orgs::{Caller, Role},
    render::Language,
};

/// Most that are counted: more is shown as this many and a plus.
const MOST_COUNTED: i64 = 100;

/// A member with how they want the mails of a kind.
#[derive(Debug, Clone, FromRow)]
pub struct Recipient {
    /// The person.
    pub user_id: UserId,
    /// Where mails go.
    pub email: String,
    /// Their name.
    pub name: String,
    /// The code of the language they chose.
    pub language: Option<String>,
    /// Their role.
    pub role: String,
    /// Name of the organisation.
    pub organisation: String,
    /// What they chose; `None`: nothing.
    pub mail: Option<String>,
}

impl Recipient {
    /// The language of their mails.
    pub fn language(&self) -> Language {
        self.language.as_deref().and_then(Language::parse).unwrap_or(Language::ENGLISH)
    }

    /// How they want the mails.
    pub fn how(&self) -> How {
        self.mail.as_deref().and_then(How::parse).unwrap_or_default()
    }
}

const SELECT: &str = "SELECT u.id AS user_id, u.email, u.name, u.language, m.role, o.name AS organisation, k.mail
   FROM memberships m JOIN users u ON u.id = m.user_id JOIN organisations o ON o.id = m.org_id
     LEFT JOIN notice_choices k ON k.user_id = u.id AND k.kind = $1
   WHERE m.org_id = $2";

/// The members who see a kind.
pub async fn recipients(ex: impl Into<Ex<'_>>, org: OrgId, kind: Kind) -> Result<Vec<Recipient>> {
    let roles = [Role::Member, Role::Admin, Role::Owner].into_iter().filter(|r| *r >= kind.role()).map(Role::as_str);
    q(SELECT).bind(kind.as_str()).bind(org).list(" AND m.role IN ", roles).push(" ORDER BY u.id").all(ex).await
}

/// One member; `None` when they are none (any more).
pub async fn recipient(ex: impl Into<Ex<'_>>, org: OrgId, user: UserId, kind: &str) -> Result<Option<Recipient>> {
    q(SELECT).bind(kind).bind(org).and(" AND u.id = ", user).opt(ex).await
}

/// How many notices the caller has not read, counted to a hundred; none for a key.
pub async fn unread(ex: impl Into<Ex<'_>>, caller: &Caller) -> Result<i64> {
    let Some(user) = caller.user else { return Ok(0) };
    // The mark as a subquery, so that an index skips what was read by it. Below it are only those marked as unread again.
    let (count,): (i64,) = q("SELECT count(*) FROM (SELECT n.id FROM notices n
         WHERE n.org_id = $2 AND n.resolved_at IS NULL AND (n.user_id IS NULL OR n.user_id = $1)
         AND n.told_at > COALESCE((SELECT m.read_until FROM notice_marks m WHERE m.user_id = $1 AND m.org_id = $2), $3)
         AND NOT EXISTS (SELECT 1 FROM notice_reads r WHERE r.user_id = $1 AND r.notice_id = n.id AND r.read_at >= n.told_at)")
    .bind(user)
    .bind(caller.org)
    .bind(DateTime::UNIX_EPOCH)
    .list(" AND n.role IN ", seen_by(caller.role))
    .push(
        " UNION ALL SELECT n.id FROM notice_reads r JOIN notices n ON n.id = r.notice_id
         WHERE r.user_id = $1 AND r.unread_at IS NOT NULL AND n.org_id = $2 AND n.resolved_at IS NULL
         AND (n.user_id IS NULL OR n.user_id = $1)
         AND n.told_at <= COALESCE((SELECT m.read_until FROM notice_marks m WHERE m.user_id = $1 AND m.org_id = $2), $3)",
    )
    .list(" AND n.role IN ", seen_by(caller.role))
    .and(" LIMIT ", MOST_COUNTED)
    .push(") AS unread")
    .one(ex)
    .await?;
    Ok(count)
}

/// Notes that somebody has read one.
pub async fn mark_read(tx: &mut Tx, user: UserId, id: NoticeId, now: DateTime<Utc>) -> Result<()> {
    q("INSERT INTO notice_reads (user_id, notice_id, read_at) VALUES ($1, $2, $3)
       ON CONFLICT (user_id, notice_id) DO UPDATE SET read_at = excluded.read_at, unread_at = NULL")
    .bind(user)
    .bind(id)
    .bind(now)
    .exec(tx)
    .await?;
    Ok(())
}

/// Notes that somebody wants to read one again, also below the mark up to which they have read everything.
pub async fn mark_unread(tx: &mut Tx, user: UserId, id: NoticeId, now: DateTime<Utc>) -> Result<()> {
    q("INSERT INTO notice_reads (user_id, notice_id, read_at, unread_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (user_id, notice_id) DO UPDATE SET read_at = excluded.read_at, unread_at = excluded.unread_at")
    .bind(user)
    .bind(id)
    .bind(DateTime::UNIX_EPOCH)
    .bind(now)
    .exec(tx)
    .await?;
    Ok(())
}

/// Notes that somebody has read everything so far.
pub async fn mark_all_read(tx: &mut Tx, reader: Reader, now: DateTime<Utc>) -> Result<()> {
    q("UPDATE notice_reads SET unread_at = NULL WHERE user_id = $1 AND unread_at IS NOT NULL
       AND notice_id IN (SELECT id FROM notices WHERE org_id = $2)")
    .bind(reader.user)
    .bind(reader.org)
    .exec(&mut *tx)
    .await?;
    q("INSERT INTO notice_marks (user_id, org_id, read_until) VALUES ($1, $2, $3)
       ON CONFLICT (user_id, org_id) DO UPDATE SET read_until = excluded.read_until")
    .bind(reader.user)
    .bind(reader.org)
    .bind(now)
    .exec(tx)
    .await?;
    Ok(())
}
