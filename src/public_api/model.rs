//! The list of the wire in one query: thousands of posts unpaged, so only the columns that are shown, and nothing is read that
//! is only written again.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    db::{Ex, q},
    error::Result,
    kit::{ChannelId, CustomerId, OrgId, PostId},
};

/// How many targets are read at once: what is in memory beside the answer.
pub const PORTION: usize = 500;

/// A target as the list shows it, borrowed from what [`portion`] read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// Its id.
    pub id: Uuid,
    /// Its channel.
    pub channel: ChannelId,
    /// When it is due.
    pub due: DateTime<Utc>,
    /// Its state.
    pub state: &'a str,
    /// The door it came through.
    pub source: &'a str,
    /// Its settings: a JSON object.
    pub settings: &'a str,
    /// Sanitised HTML of its first part.
    pub content: &'a str,
    /// Where it can be seen; empty before.
    pub url: &'a str,
    /// The platform's id; empty before.
    pub remote: &'a str,
    /// The words of its first failure; empty without one.
    pub failure: &'a str,
}

/// Some targets one after the other in one text: for each a line of its short columns and of the lengths of the long ones in
/// bytes, then the long ones. One row for hundreds, because for each row and column the drivers take more time than the
/// database does.
#[derive(Debug)]
pub struct Portion(String);

impl Portion {
    /// Its targets in order, whatever order the database put them together in. Ends early, with an error in the log, at one
    /// that cannot be read.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let (mut rows, mut rest) = (Vec::with_capacity(PORTION), self.0.as_str());
        while !rest.is_empty() {
            match take_row(&mut rest) {
                Some(row) => rows.push(row),
                None => {
                    tracing::error!("a list of posts is not as it was asked for");
                    break;
                }
            }
        }
        rows.sort_by_key(|row| (row.due, row.id));
        rows
    }
}

fn take_row<'a>(rest: &mut &'a str) -> Option<Row<'a>> {
    let (head, mut long) = rest.split_once('\n')?;
    let mut words = head.split(' ');
    let id = words.next()?.parse().ok()?;
    let channel = ChannelId(words.next()?.parse().ok()?);
    let due = DateTime::parse_from_rfc3339(words.next()?).ok()?.to_utc();
    let (state, source) = (words.next()?, words.next()?);
    let mut text = || {
        let (text, after) = long.split_at_checked(words.next()?.parse().ok()?)?;
        long = after;
        Some(text)
    };
    let (settings, content, url, remote, failure) = (text()?, text()?, text()?, text()?, text()?);
    *rest = long;
    Some(Row { id, channel, due, state, source, settings, content, url, remote, failure })
}

/// The first targets due from `from`, or after the target `after` that is due then, and before `to`, earliest first; those
/// that are cancelled are left out. `None`: no more.
pub async fn portion(
    ex: impl Into<Ex<'_>>,
    org: OrgId,
    (from, after): (DateTime<Utc>, Uuid),
    to: DateTime<Utc>,
) -> Result<Option<Portion>> {
    // `concat` makes one text where each `||` would make its own.
    let (text,): (Option<String>,) = q("SELECT string_agg(concat(")
        // Ids are blobs and times are texts there.
        .dialect(
            "id, ' ', channel_id, ' ', to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
            "hex(id), ' ', hex(channel_id), ' ', due_at",
        )
        .push(
            ", ' ', state, ' ', source, ' ', octet_length(settings), ' ', octet_length(content), ' ', octet_length(url), ' ',
               octet_length(remote), ' ', octet_length(failure), '\n', settings, content, url, remote, failure), '') FROM (
             SELECT t.id, t.channel_id, t.due_at, t.state, o.source, CAST(t.settings AS TEXT) AS settings, p.content, COALESCE(t.url, '') AS url,
               CASE WHEN t.state IN ('draft', 'scheduled') THEN ''
                 ELSE COALESCE((SELECT r.remote_id FROM remotes r WHERE r.part_id = p.id AND r.n = 0), '') END AS remote,
               CASE WHEN t.state IN ('draft', 'scheduled', 'published') THEN '' ELSE COALESCE((SELECT f.failure ->> 'message' FROM parts f
                 WHERE f.target_id = t.id AND f.state IN ('failed', 'needs_you') ORDER BY f.position LIMIT 1), '') END AS failure
             FROM targets t JOIN posts o ON o.id = t.post_id JOIN parts p ON p.target_id = t.id AND p.position = 0
             WHERE t.deleted_at IS NULL AND t.state <> 'cancelled'",
        )
        .and(" AND t.org_id = ", org)
        .and(" AND (t.due_at, t.id) > (", from)
        .and(", ", after)
        .and(") AND t.due_at < ", to)
        .and(" ORDER BY t.due_at, t.id LIMIT ", PORTION as i64)
        .push(") AS portion")
        .one(ex)
        .await?;
    Ok(text.map(Portion))
}

/// The targets of a time that are occurrences, with their posts.
pub async fn repeated(ex: impl Into<Ex<'_>>, org: OrgId, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<(Uuid, PostId)>> {
    q("SELECT t.id, t.post_id FROM recurrences r JOIN targets t ON t.post_id = r.post_id
       WHERE r.org_id = $1 AND t.due_at >= $2 AND t.due_at < $3 AND t.deleted_at IS NULL")
    .bind(org)
    .bind(from)
    .bind(to)
    .all(ex)
    .await
}

/// The account of a channel.
#[derive(Debug, Clone, crate::db::FromRow)]
pub struct Account {
    /// The channel.
    pub id: ChannelId,
    /// Its provider.
    pub provider: String,
    /// Its shown name.
    pub name: String,
    /// Its picture.
    pub picture: Option<String>,
    /// Its group.
    pub customer_id: Option<CustomerId>,
}

/// Every channel of an organisation, removed ones included: posts keep theirs.
pub async fn accounts(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<Account>> {
    q("SELECT id, provider, name, picture, customer_id FROM channels WHERE org_id = $1").bind(org).all(ex).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_apart_by_their_lengths() {
        let id = "01a20995-95a6-7054-be8a-072271c18a3b";
        let due = "2026-11-24T18:05:27.838897+00:00";
        let one = format!("{id} {id} {due} failed web 2 8 0 3 5\n{{}}<p>ü\n \u{1f}r-1words");
        let portion = Portion(format!("{one}{one}"));
        let rows = portion.rows();
        assert_eq!(rows.len(), 2);
        let row = rows[1];
        assert_eq!((row.settings, row.content, row.url, row.remote, row.failure), ("{}", "<p>ü\n \u{1f}", "", "r-1", "words"));
    }

    #[test]
    fn what_cannot_be_read_ends_the_list() {
        assert_eq!(Portion("no target".into()).rows().len(), 0);
    }
}
