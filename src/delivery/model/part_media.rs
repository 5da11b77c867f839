//! Which files parts show: what `parts.media` says, in rows that can be looked up.

use crate::{
    db::{Db, Tx, Value, q},
    error::Result,
    kit::{OrgId, PartId},
    providers::MediaRef,
};

/// Enters the files of a new part.
pub async fn note(tx: &mut Tx, org: OrgId, part: PartId, media: &[MediaRef]) -> Result<()> {
    if media.is_empty() {
        return Ok(());
    }
    let row = |m: &MediaRef| vec![Value::from(part), Value::from(m.id), Value::from(org)];
    q("INSERT INTO part_media (part_id, media_id, org_id)")
        .rows(" VALUES ", media.iter().map(row))
        .push(" ON CONFLICT (part_id, media_id) DO NOTHING")
        .exec(tx)
        .await?;
    Ok(())
}

/// Enters the files of all parts from before this table; does nothing when that was done.
pub async fn fill_part_media(db: &Db) -> Result<()> {
    let (filled,): (bool,) = q("SELECT part_media_filled FROM instance").one(db).await?;
    if filled {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    q("INSERT INTO part_media (part_id, media_id, org_id) ")
        // Each database has a function of its own that gives a row per element of an array, and a way to read an id.
        .dialect(
            "SELECT p.id, CAST(item.value ->> 'id' AS UUID), p.org_id FROM parts p CROSS JOIN jsonb_array_elements(p.media) AS item",
            "SELECT p.id, unhex(replace(item.value ->> 'id', '-', '')), p.org_id FROM parts p CROSS JOIN json_each(p.media) AS item",
        )
        .push(" WHERE TRUE ON CONFLICT (part_id, media_id) DO NOTHING")
        .exec(&mut tx)
        .await?;
    q("UPDATE instance SET part_media_filled = TRUE").exec(&mut tx).await?;
    tx.commit().await
}
