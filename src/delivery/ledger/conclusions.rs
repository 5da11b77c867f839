//! What runs and looks led to: the part's next state and everything that follows from it.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{Conclusion, Place};
use crate::{
    channels,
    db::{Topic, Tx, Value, portions, q},
    delivery::{PartState, limits::Heeded, model, plan::Next},
    error::{Error, Result},
    events::{self, Event},
    kit::{OrgId, PartId, text},
};

/// Writes what may be written; clears the mark of what is refused, of which nothing is written.
pub async fn write(tx: &mut Tx, all: &[(usize, &Conclusion)], written: &mut [bool]) -> Result<()> {
    let rows = all.iter().map(|(_, c)| row(c)).collect::<Result<Vec<_>>>()?;
    let mut held: HashSet<PartId> = HashSet::with_capacity(all.len());
    for portion in portions(&rows) {
        held.extend(conclude(tx, portion).await?);
    }
    all.iter().filter(|(_, c)| !held.contains(&c.place.part)).for_each(|(n, _)| written[*n] = false);
    let concluded: Vec<&Conclusion> = all.iter().map(|(_, c)| *c).filter(|c| held.contains(&c.place.part)).collect();
    for c in concluded.iter().filter(|c| c.place.lane.crashes > 0) {
        model::survived(tx, c.place.lane).await?;
    }
    remember(tx, &concluded).await?;
    // Most posts are one part: their state is known without reading the parts again.
    let (whole, others): (Vec<&Conclusion>, Vec<&Conclusion>) =
        concluded.iter().partition(|c| c.next == Next::Publish && c.place.position == 0 && c.place.last);
    publish_whole(tx, &whole).await?;
    for c in others {
        follow_up(tx, c).await?;
    }
    for c in concluded.iter().filter(|c| c.heeded != Heeded::default()) {
        model::heed(tx, c.place.lane.channel_id, &c.heeded, c.now).await?;
    }
    concluded.iter().for_each(|c| tx.publish(Topic::Posts(c.place.org)));
    let trail: Vec<(OrgId, Event, DateTime<Utc>)> = concluded.iter().map(|c| (c.place.org, event(c), c.now)).collect();
    events::record_all(tx, trail).await
}

fn standing(c: &Conclusion) -> (PartState, Option<DateTime<Utc>>) {
    match &c.next {
        Next::Publish => (PartState::Published, None),
        Next::Later { state, at, .. } => (*state, Some(*at)),
        Next::Reconnect(state) | Next::Stop(state) => (*state, None),
    }
}

fn row(c: &Conclusion) -> Result<Vec<Value>> {
    let (state, at) = standing(c);
    let failure = c.failure.as_ref().map(serde_json::to_value).transpose().map_err(Error::internal)?;
    Ok(vec![
        c.place.part.into(),
        c.from.as_str().into(),
        c.place.lane.channel_id.into(),
        c.place.lane.epoch.into(),
        state.as_str().into(),
        at.into(),
        c.tries.into(),
        c.looks.into(),
        failure.into(),
        (state == PartState::Published).then_some(c.now).into(),
        c.place.version.into(),
        (c.absent || state == PartState::Published).into(),
    ])
}

/// Gives the parts that were still as the run had left them, under an epoch that is still the lane's.
async fn conclude(tx: &mut Tx, rows: &[Vec<Value>]) -> Result<Vec<PartId>> {
    let held: Vec<(PartId,)> = q("UPDATE parts SET state = v.column5, next_at = v.column6, tries = v.column7, looks = v.column8,
           failure = v.column9, published_at = v.column10,
           lookup_since = CASE WHEN v.column12 THEN NULL ELSE parts.lookup_since END FROM (")
    .rows("VALUES ", rows.iter().cloned())
    .push(
        ") AS v WHERE parts.id = v.column1 AND parts.state = v.column2
         AND EXISTS (SELECT 1 FROM targets t WHERE t.id = parts.target_id AND t.version_id = v.column11)
         AND EXISTS (SELECT 1 FROM lanes l WHERE l.channel_id = v.column3 AND l.epoch = v.column4",
    )
    // As for the claim.
    .dialect(" FOR KEY SHARE", "")
    .push(") RETURNING parts.id")
    .all(tx)
    .await?;
    Ok(held.into_iter().map(|(id,)| id).collect())
}

/// What exists at the platform now.
async fn remember(tx: &mut Tx, concluded: &[&Conclusion]) -> Result<()> {
    let live = concluded.iter().filter(|c| c.next == Next::Publish);
    let rows: Vec<Vec<Value>> =
        live.flat_map(|c| (0i64..).zip(&c.remotes).map(move |(n, remote)| (c, n, remote))).map(remote).collect();
    for portion in portions(&rows) {
        q("INSERT INTO remotes (part_id, n, org_id, remote_id, url, extra, created_at)")
            .rows(" VALUES ", portion.iter().cloned())
            .exec(tx)
            .await?;
    }
    Ok(())
}

fn remote((c, n, remote): (&&Conclusion, i64, &crate::providers::Remote)) -> Vec<Value> {
    let extra = if remote.extra.is_object() { remote.extra.clone() } else { json!({}) };
    vec![
        c.place.part.into(),
        n.into(),
        c.place.org.into(),
        (&remote.id).into(),
        remote.url.as_deref().and_then(text::web_address).into(),
        extra.into(),
        c.now.into(),
    ]
}

async fn publish_whole(tx: &mut Tx, whole: &[&Conclusion]) -> Result<()> {
    for portion in portions(whole) {
        let row = |c: &&Conclusion| -> Vec<Value> { vec![c.place.target.into(), c.now.into(), address(c).into()] };
        q("UPDATE targets SET published_at = v.column2, url = v.column3, state = 'published', reason = NULL FROM (")
            .rows("VALUES ", portion.iter().map(row))
            .push(") AS v WHERE targets.id = v.column1")
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Where the first remote can be seen.
fn address(c: &Conclusion) -> Option<String> {
    c.remotes.first().and_then(|r| text::web_address(r.url.as_deref()?))
}

async fn follow_up(tx: &mut Tx, c: &Conclusion) -> Result<()> {
    if c.absent {
        model::absolve(tx, c.place.part, c.now).await?;
    }
    if matches!(standing(c).0, PartState::Retrying | PartState::Waiting) {
        model::stop_removed(tx, c.place.part).await?;
    }
    match &c.next {
        Next::Publish => publish(tx, c).await?,
        Next::Later { at, blocks_channel: true, .. } => {
            q("UPDATE lanes SET blocked_until = $2 WHERE channel_id = $1")
                .bind(c.place.lane.channel_id)
                .bind(*at)
                .exec(tx)
                .await?;
        }
        Next::Reconnect(_) => {
            let reason = c.failure.as_ref().map_or("", |f| f.message.as_str());
            let channel = (c.place.org, c.place.lane.channel_id);
            channels::mark_reconnect(tx, channel, c.used.as_ref(), reason, c.now).await?;
            return hold(tx, c).await;
        }
        Next::Stop(PartState::Failed) => skip_rest(tx, &c.place).await?,
        _ => {}
    }
    model::settle(tx, c.place.org, c.place.target).await?;
    Ok(())
}

/// The channel may have been reconnected or removed while the attempt was under way, so it is looked at again.
async fn hold(tx: &mut Tx, c: &Conclusion) -> Result<()> {
    match model::find_target(&mut *tx, c.place.org, c.place.target).await {
        Ok(target) => model::hold(tx, &target, "reconnect", c.now).await?,
        Err(Error::NotFound(_)) => model::hold_removed(tx, c.place.org, c.place.target, "reconnect").await?,
        Err(e) => return Err(e),
    }
    tx.publish(Topic::Channels);
    Ok(())
}

/// Live, and one of several.
async fn publish(tx: &mut Tx, c: &Conclusion) -> Result<()> {
    if c.place.position == 0 {
        q("UPDATE targets SET published_at = $2, url = $3, reason = NULL WHERE id = $1")
            .bind(c.place.target)
            .bind(c.now)
            .bind(address(c))
            .exec(tx)
            .await?;
    }
    if !c.place.last {
        follow(tx, c).await?;
    }
    Ok(())
}

/// The part after a published one becomes due, after its own delay.
async fn follow(tx: &mut Tx, c: &Conclusion) -> Result<()> {
    let next: Option<(PartId, i64)> =
        q("SELECT id, delay_seconds FROM parts WHERE target_id = $1 AND position = $2 AND state = 'waiting'")
            .bind(c.place.target)
            .bind(c.place.position + 1)
            .opt(&mut *tx)
            .await?;
    if let Some((id, delay)) = next {
        let at = c.now + TimeDelta::seconds(delay);
        q("UPDATE parts SET next_at = $2 WHERE id = $1").bind(id).bind(at).exec(tx).await?;
    }
    Ok(())
}

async fn skip_rest(tx: &mut Tx, place: &Place) -> Result<()> {
    q("UPDATE parts SET state = 'skipped', next_at = NULL WHERE target_id = $1 AND position > $2 AND state = 'waiting'")
        .bind(place.target)
        .bind(place.position)
        .exec(tx)
        .await?;
    Ok(())
}

fn event(c: &Conclusion) -> Event {
    let until = match &c.next {
        Next::Later { at, .. } => Some(*at),
        _ => None,
    };
    let data = json!({
        "position": c.place.position + 1,
        "tries": c.tries,
        "message": c.failure.as_ref().map(|f| &f.message),
        "code": c.failure.as_ref().and_then(|f| f.code.as_ref()),
        "url": address(c),
        "until": until,
        "warnings": c.warnings,
    });
    Event {
        kind: c.kind,
        post: Some(c.place.post),
        target: Some(c.place.target),
        part: Some(c.place.part),
        channel: Some(c.place.lane.channel_id),
        data: Some(data),
        user: None,
    }
}
