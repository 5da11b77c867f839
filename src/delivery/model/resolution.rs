//! A person's word about what nobody else can know or mend: a part of unknown outcome, and a target that shall be left as it
//! is. Like the actions: one transaction of the caller, [`Error::Conflict`] when somebody was faster, a line in the trail.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{Part, Target, absolve, changed, find_part, find_target, parts_of, settle};
use crate::{
    db::{Tx, q},
    delivery::{PartState, TargetState, actions},
    error::{Error, Result},
    events::{self, Event},
    kit::{OrgId, PartId, TargetId, UserId, text},
    providers::Remote,
};

/// What a person found out about a part whose outcome was unknown.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolution {
    /// It is live, perhaps with its address. Nothing can reply to it, so the rest of its thread is skipped.
    Live {
        /// Where.
        url: Option<String>,
    },
    /// It is live as this, which the platform has confirmed. The rest of its thread follows.
    Linked(Remote),
    /// It is not live: send it again.
    Resend,
    /// It is not live and shall not be.
    Drop,
}

impl Resolution {
    fn word(&self) -> &'static str {
        match self {
            Self::Live { .. } | Self::Linked(_) => "live",
            Self::Resend => "resend",
            Self::Drop => "drop",
        }
    }
}

/// How far back one remote is looked for under two parts.
const SAME_REMOTE: TimeDelta = TimeDelta::days(30);

/// Answers what became of a part whose outcome nobody but a person can know.
pub async fn resolve(
    tx: &mut Tx,
    org: OrgId,
    id: PartId,
    answer: &Resolution,
    (user, now): (Option<UserId>, DateTime<Utc>),
) -> Result<()> {
    let part = find_part(&mut *tx, org, id).await?;
    let target = find_target(&mut *tx, org, part.target_id).await?;
    let remote = match answer {
        Resolution::Live { url } => Some(Remote { id: "missing".into(), url: url.clone(), extra: json!({}) }),
        Resolution::Linked(remote) => {
            refuse_known(tx, &target, remote, now).await?;
            Some(remote.clone())
        }
        Resolution::Resend | Resolution::Drop => None,
    };
    let (state, at) = match answer {
        Resolution::Resend => (PartState::Waiting, Some(now)),
        Resolution::Drop => (PartState::Failed, None),
        _ => (PartState::Published, None),
    };
    leave(tx, &part, state, at, remote.is_some().then_some(now)).await?;
    match remote {
        Some(remote) => link(tx, &target, &part, &remote, matches!(answer, Resolution::Linked(_)), now).await?,
        None => absolve(tx, id, now).await?,
    }
    if *answer == Resolution::Drop {
        skip_rest(tx, &part).await?;
        q("UPDATE targets SET dropped_at = $2 WHERE id = $1").bind(target.id).bind(now).exec(tx).await?;
    }
    settle(tx, org, target.id).await?;
    let data = json!({"answer": answer.word(), "position": part.position + 1});
    note(tx, &target, ("part.resolved", Some(id)), Some(data), (user, now)).await?;
    changed(tx, org, target.channel_id).await
}

/// The compare-and-swap: of two people one is told that the other was faster.
async fn leave(
    tx: &mut Tx,
    part: &Part,
    state: PartState,
    next_at: Option<DateTime<Utc>>,
    published_at: Option<DateTime<Utc>>,
) -> Result<()> {
    // What a person gave up keeps its explanation.
    let left = q("UPDATE parts SET state = $2, next_at = $3, published_at = $4, candidates = NULL, candidates_at = NULL,
         lookup_since = NULL,
         failure = CASE WHEN $2 = 'failed' THEN failure ELSE NULL END,
         tries = CASE WHEN $2 = 'waiting' THEN 0 ELSE tries END, looks = CASE WHEN $2 = 'waiting' THEN 0 ELSE looks END
       WHERE id = $1 AND state = 'needs_you'")
    .bind(part.id)
    .bind(state.as_str())
    .bind(next_at)
    .bind(published_at)
    .exec(tx)
    .await?;
    if left == 0 { Err(Error::conflict("error.nothing_to_resolve")) } else { Ok(()) }
}

/// A post on the platform is one part of ours at most.
async fn refuse_known(tx: &mut Tx, target: &Target, remote: &Remote, now: DateTime<Utc>) -> Result<()> {
    let ids = known_remotes(tx, target, std::slice::from_ref(&remote.id), now).await?;
    if ids.is_empty() { Ok(()) } else { Err(Error::conflict("error.linked_elsewhere")) }
}

/// Those of some remotes that other parts of the channel became within the last month.
pub async fn known_remotes(tx: &mut Tx, target: &Target, ids: &[String], now: DateTime<Utc>) -> Result<Vec<String>> {
    let rows: Vec<(String,)> =
        q("SELECT r.remote_id FROM targets t JOIN parts p ON p.target_id = t.id JOIN remotes r ON r.part_id = p.id
       WHERE t.channel_id = $1 AND t.due_at >= $2")
        .bind(target.channel_id)
        .bind(target.due_at.unwrap_or(now).min(now) - SAME_REMOTE)
        .list(" AND r.remote_id IN ", ids)
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Marks a part live by a person's word.
async fn link(tx: &mut Tx, target: &Target, part: &Part, remote: &Remote, known: bool, now: DateTime<Utc>) -> Result<()> {
    let url = remote.url.as_deref().and_then(text::web_address);
    q("INSERT INTO remotes (part_id, n, org_id, remote_id, url, extra, created_at) VALUES ($1, 0, $2, $3, $4, $5, $6)
       ON CONFLICT (part_id, n) DO UPDATE SET remote_id = excluded.remote_id, url = excluded.url, extra = excluded.extra")
    .bind(part.id)
    .bind(part.org_id)
    .bind(&remote.id)
    .bind(url.clone())
    .bind(if remote.extra.is_object() { remote.extra.clone() } else { json!({}) })
    .bind(now)
    .exec(tx)
    .await?;
    if part.position == 0 {
        q("UPDATE targets SET published_at = $2, url = $3 WHERE id = $1").bind(target.id).bind(now).bind(url).exec(tx).await?;
    }
    if known {
        q("UPDATE parts SET next_at = $3 WHERE target_id = $1 AND position = $2 AND state = 'waiting'")
            .bind(target.id)
            .bind(part.position + 1)
            .bind(now + TimeDelta::seconds(following_delay(tx, target, part).await?))
            .exec(tx)
            .await?;
        return Ok(());
    }
    // Without the platform's id the rest of a thread has nothing to reply to.
    skip_rest(tx, part).await
}

/// How long the next part of the thread waits.
async fn following_delay(tx: &mut Tx, target: &Target, part: &Part) -> Result<i64> {
    let parts = parts_of(&mut *tx, target.org_id, &[target.id]).await?;
    Ok(parts.iter().find(|p| p.position == part.position + 1).map_or(0, |p| p.delay_seconds))
}

async fn skip_rest(tx: &mut Tx, part: &Part) -> Result<()> {
    q("UPDATE parts SET state = 'skipped', next_at = NULL WHERE target_id = $1 AND position > $2 AND state = 'waiting'")
        .bind(part.target_id)
        .bind(part.position)
        .exec(tx)
        .await?;
    Ok(())
}

/// A person wants nothing more to be done: what is kept back is withdrawn, what may be live counts as not live, and what
/// failed stays so and no longer asks for anybody.
pub async fn give_up(tx: &mut Tx, org: OrgId, id: TargetId, user: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
    let target = find_target(&mut *tx, org, id).await?;
    match target.state {
        TargetState::Held | TargetState::Missed => return actions::cancel(tx, org, id, user, now).await,
        TargetState::NeedsYou => {
            for part in parts_of(&mut *tx, org, &[id]).await?.iter().filter(|p| p.state == PartState::NeedsYou) {
                resolve(tx, org, part.id, &Resolution::Drop, (user, now)).await?;
            }
            return Ok(());
        }
        _ => {}
    }
    let given_up =
        q("UPDATE targets SET dropped_at = $3 WHERE org_id = $1 AND id = $2 AND state IN ('failed', 'published_incomplete')
       AND dropped_at IS NULL")
        .bind(org)
        .bind(id)
        .bind(now)
        .exec(tx)
        .await?;
    if given_up == 0 {
        return Err(Error::conflict("error.nothing_to_drop"));
    }
    note(tx, &target, ("target.dropped", None), None, (user, now)).await?;
    changed(tx, org, target.channel_id).await
}

async fn note(
    tx: &mut Tx,
    target: &Target,
    (kind, part): (&'static str, Option<PartId>),
    data: Option<serde_json::Value>,
    (user, now): (Option<UserId>, DateTime<Utc>),
) -> Result<()> {
    let event =
        Event { kind, post: Some(target.post_id), target: Some(target.id), channel: Some(target.channel_id), part, user, data };
    events::record(tx, target.org_id, event, now).await
}
