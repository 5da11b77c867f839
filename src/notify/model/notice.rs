//! The tables `notices` and `notice_items`.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::{Reader, seen_by};
use crate::{
    db::{Ex, FromRow, Topic, Tx, q},
    error::{OrNotFound as _, Result},
    kit::{ChannelId, EventId, NoticeId, OrgId, PostId, TargetId, UserId},
    notify::{Group, Kind},
    tokens::Cursor,
};

/// Something people are told.
#[derive(Debug, Clone, FromRow)]
pub struct Notice {
    /// Its id; later ones sort after earlier ones.
    pub id: NoticeId,
    /// Its tenant.
    pub org_id: OrgId,
    /// What it is about, as stored: a newer program may have others.
    pub kind: String,
    /// The channel concerned.
    pub channel_id: Option<ChannelId>,
    /// The post of the newest event.
    pub post_id: Option<PostId>,
    /// Values for its text.
    pub data: Json,
    /// How many posts, or 1.
    pub count: i64,
    /// When it was no longer so.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When it last grew.
    pub told_at: DateTime<Utc>,
    /// The channel's name; `None` when it is gone.
    pub channel_name: Option<String>,
    /// The channel's provider.
    pub provider: Option<String>,
    /// Seen by whom it was read for.
    pub is_read: bool,
}

/// A notice that is still growing.
#[derive(Debug, Clone, Copy)]
pub struct Gathering {
    /// Its tenant.
    pub org: OrgId,
    /// What it is about.
    pub kind: Kind,
    /// The channel concerned.
    pub channel: ChannelId,
}

const SELECT: &str = "SELECT n.id, n.org_id, n.kind, n.channel_id, n.post_id, n.data, n.count, n.resolved_at, n.told_at,
     c.name AS channel_name, c.provider,
     (r.read_at IS NOT NULL AND r.read_at >= n.told_at)
       OR (r.unread_at IS NULL AND m.read_until IS NOT NULL AND m.read_until >= n.told_at) AS is_read
   FROM notices n LEFT JOIN channels c ON c.id = n.channel_id AND c.org_id = n.org_id
     LEFT JOIN notice_reads r ON r.notice_id = n.id AND r.user_id = $1
     LEFT JOIN notice_marks m ON m.org_id = n.org_id AND m.user_id = $1
   WHERE n.org_id = $2 AND (n.user_id IS NULL OR n.user_id = $1)";

fn of(reader: Reader) -> crate::db::Q {
    q(SELECT).bind(reader.user).bind(reader.org).list(" AND n.role IN ", seen_by(reader.role))
}

/// What of it a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Only these.
    pub group: Option<Group>,
    /// Only what is not read, and not over.
    pub unread: bool,
    /// Beginning after this one.
    pub after: Option<Cursor>,
}

/// A page of what somebody sees, what was told last first.
pub async fn list(ex: impl Into<Ex<'_>>, reader: Reader, wanted: Wanted, limit: i64) -> Result<Vec<Notice>> {
    let mut query = of(reader);
    if let Some(group) = wanted.group {
        query = query.list(" AND n.kind IN ", group.kinds());
    }
    if wanted.unread {
        query = query.push(
            " AND n.resolved_at IS NULL AND (r.read_at IS NULL OR r.read_at < n.told_at)
              AND (r.unread_at IS NOT NULL OR m.read_until IS NULL OR m.read_until < n.told_at)",
        );
    }
    if let Some(after) = wanted.after {
        query = query.and(" AND (n.told_at, n.id) < (", after.at).and(", ", after.id).push(")");
    }
    query.push(" ORDER BY n.told_at DESC, n.id DESC").and(" LIMIT ", limit).all(ex).await
}

/// One that somebody sees.
pub async fn find(ex: impl Into<Ex<'_>>, reader: Reader, id: NoticeId) -> Result<Notice> {
    of(reader).and(" AND n.id = ", id).opt(ex).await.or_not_found("notice")
}

/// What somebody was told of these kinds after `from` and up to `to`, oldest first.
pub async fn since(
    ex: impl Into<Ex<'_>>,
    reader: Reader,
    kinds: &[&'static str],
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> Result<Vec<Notice>> {
    of(reader)
        .list(" AND n.kind IN ", kinds.iter().copied())
        .and(" AND n.told_at > ", from)
        .and(" AND n.told_at <= ", to)
        .push(" ORDER BY n.told_at, n.id")
        .and(" LIMIT ", limit)
        .all(ex)
        .await
}

/// The notice of this group that still grows.
pub async fn gathering(tx: &mut Tx, group: Gathering) -> Result<Option<NoticeId>> {
    let found: Option<(NoticeId,)> =
        q("SELECT id FROM notices WHERE org_id = $1 AND kind = $2 AND channel_id = $3 AND NOT closed")
            .bind(group.org)
            .bind(group.kind.as_str())
            .bind(group.channel)
            .opt(tx)
            .await?;
    Ok(found.map(|(id,)| id))
}

/// True when one of this group was made after `since`.
pub async fn recent(tx: &mut Tx, group: Gathering, since: DateTime<Utc>) -> Result<bool> {
    let found: Option<(NoticeId,)> =
        q("SELECT id FROM notices WHERE org_id = $1 AND kind = $2 AND channel_id = $3 AND created_at > $4 LIMIT 1")
            .bind(group.org)
            .bind(group.kind.as_str())
            .bind(group.channel)
            .bind(since)
            .opt(tx)
            .await?;
    Ok(found.is_some())
}

/// Begins a notice; the one that grows already when another process was faster, and then `false`.
pub async fn open(tx: &mut Tx, group: Gathering, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<(NoticeId, bool)> {
    let id = NoticeId::new();
    let made = q("INSERT INTO notices (id, org_id, role, kind, channel_id, data, count, gathers_until, created_at, told_at)
       VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $8) ON CONFLICT (org_id, kind, channel_id) WHERE NOT closed DO NOTHING")
    .bind(id)
    .bind(group.org)
    .bind(group.kind.role().as_str())
    .bind(group.kind.as_str())
    .bind(group.channel)
    .bind(Json::Object(Default::default()))
    .bind(until)
    .bind(now)
    .exec(tx)
    .await?;
    match made {
        1 => Ok((id, true)),
        _ => Ok((gathering(tx, group).await?.unwrap_or(id), false)),
    }
}

/// Those of these events that were counted in before.
pub async fn counted(tx: &mut Tx, org: OrgId, events: &[EventId]) -> Result<Vec<EventId>> {
    let found: Vec<(EventId,)> = q("SELECT event_id FROM notice_items WHERE org_id = $1")
        .bind(org)
        .list(" AND event_id IN ", events.iter().copied())
        .all(tx)
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Tells one member something about a post: joins the notice of that kind that still grows, or begins one, and then `true`.
pub async fn tell(
    tx: &mut Tx,
    (org, user, kind): (OrgId, UserId, Kind),
    (post, data): (Option<PostId>, Json),
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(NoticeId, bool)> {
    let grown: Option<(NoticeId,)> =
        q("UPDATE notices SET count = count + 1, post_id = $4, data = $5, told_at = $6, resolved_at = NULL
       WHERE org_id = $1 AND user_id = $2 AND kind = $3 AND NOT closed RETURNING id")
        .bind(org)
        .bind(user)
        .bind(kind.as_str())
        .bind(post)
        .bind(data.clone())
        .bind(now)
        .opt(&mut *tx)
        .await?;
    tx.publish(Topic::Notices(org));
    if let Some((id,)) = grown {
        return Ok((id, false));
    }
    let id = NoticeId::new();
    q("INSERT INTO notices (id, org_id, user_id, role, kind, post_id, data, count, gathers_until, created_at, told_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $9)")
    .bind(id)
    .bind(org)
    .bind(user)
    .bind(kind.role().as_str())
    .bind(kind.as_str())
    .bind(post)
    .bind(data)
    .bind(until)
    .bind(now)
    .exec(tx)
    .await?;
    Ok((id, true))
}

/// The question about a post is over: notices that ask only for it are, too.
pub async fn settle_post(tx: &mut Tx, org: OrgId, post: PostId, kind: Kind, now: DateTime<Utc>) -> Result<()> {
    q("UPDATE notices SET resolved_at = $4 WHERE org_id = $1 AND post_id = $2 AND kind = $3 AND count = 1 AND resolved_at IS NULL")
        .bind(org)
        .bind(post)
        .bind(kind.as_str())
        .bind(now)
        .exec(tx)
        .await?;
    tx.publish(Topic::Notices(org));
    Ok(())
}

/// Counts an event in; false when it was counted already.
pub async fn add_item(tx: &mut Tx, (org, notice): (OrgId, NoticeId), event: EventId, target: Option<TargetId>) -> Result<bool> {
    let added = q("INSERT INTO notice_items (event_id, notice_id, org_id, target_id) VALUES ($1, $2, $3, $4)
       ON CONFLICT (event_id) DO NOTHING")
    .bind(event)
    .bind(notice)
    .bind(org)
    .bind(target)
    .exec(tx)
    .await?;
    Ok(added == 1)
}

/// Brings a notice up to date after events were counted in: a target counts once.
pub async fn count_items(
    tx: &mut Tx,
    (org, notice): (OrgId, NoticeId),
    post: Option<PostId>,
    data: Json,
    now: DateTime<Utc>,
) -> Result<()> {
    q("UPDATE notices SET count = (SELECT count(DISTINCT COALESCE(target_id, notice_id)) FROM notice_items WHERE notice_id = $1),
         post_id = $3, data = $4, told_at = $5, resolved_at = NULL WHERE id = $1 AND org_id = $2")
    .bind(notice)
    .bind(org)
    .bind(post)
    .bind(data)
    .bind(now)
    .exec(tx)
    .await?;
    tx.publish(Topic::Notices(org));
    Ok(())
}

/// A notice that was just closed.
#[derive(Debug, Clone, FromRow)]
pub struct Closed {
    /// Its tenant.
    pub org_id: OrgId,
    /// As stored.
    pub kind: String,
    /// Whom it is for; `None`: everybody whose role suffices.
    pub user_id: Option<UserId>,
    /// It is over already.
    pub resolved: bool,
}

/// Nothing joins it any more; `None` when it was closed before, or is gone. The notice as its mails will tell it.
pub async fn close(tx: &mut Tx, id: NoticeId) -> Result<Option<Closed>> {
    q("UPDATE notices SET closed = TRUE WHERE id = $1 AND NOT closed RETURNING org_id, kind, user_id, resolved_at IS NOT NULL AS resolved")
        .bind(id)
        .opt(tx)
        .await
}

/// It is no longer so for these kinds of a target: notices of which nothing is left are over.
pub async fn settle_items(tx: &mut Tx, org: OrgId, target: TargetId, kinds: &[&'static str], now: DateTime<Utc>) -> Result<()> {
    let notices: Vec<(NoticeId,)> =
        q("UPDATE notice_items SET resolved = TRUE WHERE org_id = $1 AND target_id = $2 AND NOT resolved
       AND notice_id IN (SELECT id FROM notices WHERE org_id = $1")
        .bind(org)
        .bind(target)
        .list(" AND kind IN ", kinds.iter().copied())
        .push(") RETURNING notice_id")
        .all(&mut *tx)
        .await?;
    for (id,) in notices {
        q("UPDATE notices SET resolved_at = $2 WHERE id = $1 AND resolved_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM notice_items WHERE notice_id = $1 AND NOT resolved)")
        .bind(id)
        .bind(now)
        .exec(tx)
        .await?;
        tx.publish(Topic::Notices(org));
    }
    Ok(())
}

/// The channel works again, or is gone: its notices of that are over.
pub async fn settle_channel(tx: &mut Tx, org: OrgId, channel: ChannelId, kind: Kind, now: DateTime<Utc>) -> Result<()> {
    q("UPDATE notices SET resolved_at = $4 WHERE org_id = $1 AND channel_id = $2 AND kind = $3 AND resolved_at IS NULL")
        .bind(org)
        .bind(channel)
        .bind(kind.as_str())
        .bind(now)
        .exec(tx)
        .await?;
    tx.publish(Topic::Notices(org));
    Ok(())
}

/// Removes up to a thousand notices last told before `before`. Tells how many.
pub async fn prune(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    q("DELETE FROM notices WHERE id IN (SELECT id FROM notices WHERE told_at < $1 AND closed LIMIT 1000)")
        .bind(before)
        .exec(tx)
        .await
}
