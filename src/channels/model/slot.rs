//! The table `slots`: weekly posting times.

use crate::{
    channels::slots::{EVERY_DAY, NewSlot},
    db::{Ex, FromRow, Tx, is_unique_violation, q},
    error::{Error, Message, OrNotFound as _, Result},
    kit::{ChannelId, OrgId, SlotId},
};

/// A weekly posting time of a channel, on the wall clock of the channel's zone.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Slot {
    /// Its id.
    pub id: SlotId,
    /// Minutes after midnight.
    pub minute: i64,
    /// Bit 0 is Monday, bit 6 Sunday.
    pub weekdays: i64,
}

impl Slot {
    /// All of a channel, by time of day.
    pub async fn list(ex: impl Into<Ex<'_>>, org: OrgId, channel: ChannelId) -> Result<Vec<Self>> {
        q("SELECT id, minute, weekdays FROM slots WHERE org_id = $1 AND channel_id = $2 ORDER BY minute")
            .bind(org)
            .bind(channel)
            .all(ex)
            .await
    }

    /// All of an organisation with their channels, by time of day: for lists of channels.
    pub async fn of_organisation(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<(ChannelId, Self)>> {
        let rows: Vec<(ChannelId, SlotId, i64, i64)> =
            q("SELECT channel_id, id, minute, weekdays FROM slots WHERE org_id = $1 ORDER BY minute").bind(org).all(ex).await?;
        Ok(rows.into_iter().map(|(channel, id, minute, weekdays)| (channel, Self { id, minute, weekdays })).collect())
    }

    /// Adds one; a time of day that the channel already has is an error of the field `time`, after which the
    /// transaction must be dropped.
    pub async fn add(tx: &mut Tx, org: OrgId, channel: ChannelId, new: NewSlot) -> Result<Self> {
        let slot = Self { id: SlotId::new(), minute: new.minute, weekdays: new.weekdays };
        let inserted = q("INSERT INTO slots (id, org_id, channel_id, minute, weekdays) VALUES ($1, $2, $3, $4, $5)")
            .bind(slot.id)
            .bind(org)
            .bind(channel)
            .bind(slot.minute)
            .bind(slot.weekdays)
            .exec(tx)
            .await;
        match inserted {
            Err(e) if is_unique_violation(&e) => {
                let time = crate::channels::slots::time(new.minute);
                Err(Error::invalid("time", Message::new("slot.taken").with("time", time)))
            }
            inserted => inserted.map(|_| slot),
        }
    }

    /// Puts back one that was removed. When its time of day is taken again by now, that one gets its days as well.
    pub async fn bring_back(tx: &mut Tx, org: OrgId, channel: ChannelId, slot: NewSlot) -> Result<()> {
        let put = q("INSERT INTO slots (id, org_id, channel_id, minute, weekdays) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (channel_id, minute) DO UPDATE SET weekdays = slots.weekdays | excluded.weekdays");
        let put = put.bind(SlotId::new()).bind(org).bind(channel).bind(slot.minute).bind(slot.weekdays);
        put.exec(tx).await.map(|_| ())
    }

    /// Also on these days; [`Error::NotFound`] when the channel has no such slot.
    pub async fn join(tx: &mut Tx, org: OrgId, channel: ChannelId, id: SlotId, days: i64) -> Result<()> {
        let more = q("UPDATE slots SET weekdays = weekdays | $1 WHERE org_id = $2 AND channel_id = $3 AND id = $4");
        let changed = more.bind(days).bind(org).bind(channel).bind(id).exec(tx).await?;
        if changed == 1 { Ok(()) } else { Err(Error::NotFound("slot")) }
    }

    /// Not on these days any more, and false when that was the last of them: then the slot is gone. As [`Slot::join`].
    pub async fn leave(tx: &mut Tx, org: OrgId, channel: ChannelId, id: SlotId, days: i64) -> Result<bool> {
        let fewer = q("UPDATE slots SET weekdays = weekdays & $1
             WHERE org_id = $2 AND channel_id = $3 AND id = $4 AND (weekdays & $1) <> 0");
        let left = fewer.bind(EVERY_DAY & !days).bind(org).bind(channel).bind(id).exec(&mut *tx).await? == 1;
        if !left {
            Self::remove(tx, org, channel, id).await?;
        }
        Ok(left)
    }

    /// By id within a channel.
    pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId, channel: ChannelId, id: SlotId) -> Result<Self> {
        let one = q("SELECT id, minute, weekdays FROM slots WHERE org_id = $1 AND channel_id = $2 AND id = $3");
        one.bind(org).bind(channel).bind(id).opt(ex).await.or_not_found("slot")
    }

    /// Removes one; [`Error::NotFound`] when the channel has no such slot.
    pub async fn remove(tx: &mut Tx, org: OrgId, channel: ChannelId, id: SlotId) -> Result<()> {
        let removed = q("DELETE FROM slots WHERE org_id = $1 AND channel_id = $2 AND id = $3")
            .bind(org)
            .bind(channel)
            .bind(id)
            .exec(tx)
            .await?;
        if removed == 1 { Ok(()) } else { Err(Error::NotFound("slot")) }
    }
}
