//! Attempts that are about to leave: the claim of their part, their step, the attempt itself.

use std::collections::HashSet;

use super::{Beginning, PartState};
use crate::{
    db::{Topic, Tx, Value, portions, q},
    delivery::punctuality,
    error::Result,
    kit::PartId,
};

/// Writes what may begin; clears the mark of what may not, of which nothing is written.
pub async fn write(tx: &mut Tx, all: &[(usize, &Beginning)], written: &mut [bool]) -> Result<()> {
    let mut held: HashSet<PartId> = HashSet::with_capacity(all.len());
    for portion in portions(all) {
        held.extend(claim(tx, portion).await?);
    }
    all.iter().filter(|(_, b)| !held.contains(&b.place.part)).for_each(|(n, _)| written[*n] = false);
    let begun: Vec<&Beginning> = all.iter().map(|(_, b)| *b).filter(|b| held.contains(&b.place.part)).collect();
    show(tx, &begun).await?;
    intend(tx, &begun).await?;
    for portion in portions(&begun) {
        let row = |b: &&Beginning| -> Vec<Value> {
            let (place, step) = (&b.place, &b.step);
            vec![
                step.attempt.into(),
                place.org.into(),
                place.part.into(),
                (&step.name).into(),
                place.lane.epoch.into(),
                step.hash.to_vec().into(),
                b.now.into(),
            ]
        };
        q("INSERT INTO attempts (id, org_id, part_id, step, epoch, hash, begun_at)")
            .rows(" VALUES ", portion.iter().map(row))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// The claim: from here on neither a cancellation nor an edit comes between. One that came since the part was loaded has
/// made another version or time; a channel that was paused since begins nothing new. Gives the parts that are held.
async fn claim(tx: &mut Tx, portion: &[(usize, &Beginning)]) -> Result<Vec<PartId>> {
    let row = |(_, b): &(usize, &Beginning)| -> Vec<Value> {
        vec![
            b.place.part.into(),
            b.claims.unwrap_or(PartState::Sending).as_str().into(),
            b.place.lane.channel_id.into(),
            b.place.lane.epoch.into(),
            b.place.next_at.into(),
            b.place.version.into(),
        ]
    };
    let held: Vec<(PartId,)> = q("UPDATE parts SET state = 'sending' FROM (")
        .rows("VALUES ", portion.iter().map(row))
        .push(
            ") AS v WHERE parts.id = v.column1 AND parts.state = v.column2 AND parts.next_at = v.column5
             AND EXISTS (SELECT 1 FROM targets t WHERE t.id = parts.target_id AND t.version_id = v.column6)
             AND (parts.state IN ('sending', 'processing') OR EXISTS
                 (SELECT 1 FROM channels c WHERE c.id = v.column3 AND c.state = 'active' AND c.deleted_at IS NULL))
             AND EXISTS (SELECT 1 FROM lanes l WHERE l.channel_id = v.column3 AND l.epoch = v.column4",
        )
        // Another worker takes the lane before this or after it, not at the same time. SQLite has one writer.
        .dialect(" FOR KEY SHARE", "")
        .push(") RETURNING parts.id")
        .all(tx)
        .await?;
    Ok(held.into_iter().map(|(id,)| id).collect())
}

/// Their targets are being sent.
async fn show(tx: &mut Tx, begun: &[&Beginning]) -> Result<()> {
    let first: Vec<&Beginning> = begun.iter().copied().filter(|b| b.claims.is_some()).collect();
    for portion in portions(&first) {
        let row = |b: &&Beginning| -> Vec<Value> {
            let late = punctuality::lateness(&b.place, b.claims, b.step.is_new, b.now);
            vec![b.place.target.into(), late.map(|_| b.now).into(), late.into()]
        };
        q("UPDATE targets SET state = 'sending', reason = NULL, dropped_at = NULL, begun_at = COALESCE(begun_at, v.column2),
             lateness_ms = COALESCE(lateness_ms, v.column3) FROM (")
        .rows("VALUES ", portion.iter().map(row))
        .push(") AS v WHERE targets.id = v.column1 AND targets.state <> 'sending'")
        .exec(tx)
        .await?;
    }
    first.iter().for_each(|b| tx.publish(Topic::Posts(b.place.org)));
    Ok(())
}

/// Their steps may have been seen by the platform, from now on.
async fn intend(tx: &mut Tx, begun: &[&Beginning]) -> Result<()> {
    let (new, again): (Vec<&Beginning>, Vec<&Beginning>) = begun.iter().partition(|b| b.step.is_new);
    for portion in portions(&new) {
        let row = |b: &&Beginning| -> Vec<Value> {
            let step = &b.step;
            let unsure = 1i64;
            vec![
                b.place.part.into(),
                (&step.name).into(),
                step.key.into(),
                step.effect.into(),
                "open".into(),
                b.now.into(),
                unsure.into(),
            ]
        };
        q("INSERT INTO steps (part_id, name, key, effect, state, begun_at, unsure)")
            .rows(" VALUES ", portion.iter().map(row))
            .exec(tx)
            .await?;
    }
    for b in again {
        q("UPDATE steps SET unsure = unsure + 1 WHERE part_id = $1 AND name = $2")
            .bind(b.place.part)
            .bind(&b.step.name)
            .exec(tx)
            .await?;
    }
    Ok(())
}
