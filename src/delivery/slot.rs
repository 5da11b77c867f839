//! The next free posting time of a channel: its weekly slots less what is planned already. Knows no posts beyond their
//! times.

use chrono::{DateTime, NaiveTime, TimeDelta, Timelike as _, Utc};
use chrono_tz::Tz;

use super::model;
use crate::{
    app::App,
    channels::{Channel, Slot, slots::occurrences},
    db::{Ex, Tx},
    error::Result,
    kit::{ChannelId, OrgId, TargetId, zone},
};

/// How far ahead a free posting time is looked for.
pub const HORIZON: TimeDelta = TimeDelta::days(731);

/// The first free posting time after `after`: an instant at which nothing of the channel is planned, to the minute. A
/// channel without posting times uses every full hour of its clock. `None` when nothing is free within two years.
///
/// It is a proposal: [`free_slot`] looks again and reserves.
pub async fn next_free(app: &App, org: OrgId, channel: ChannelId, after: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    let channel = Channel::find(&app.db, org, channel).await?;
    free(&app.db, &channel, after, &Taken::default()).await
}

/// [`next_free`] reserved: until the transaction ends nobody else is given a time of this channel, and the caller stores
/// what it takes before that.
pub async fn free_slot(tx: &mut Tx, channel: &Channel, after: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    model::lock_channels(tx, channel.org_id, &[channel.id]).await?;
    free(tx, channel, after, &Taken::default()).await
}

/// What is to be known beside the table.
#[derive(Default)]
pub struct Taken<'a> {
    /// Targets that give their time up.
    pub leaving: &'a [TargetId],
    /// Instants given away in this transaction.
    pub given: Vec<DateTime<Utc>>,
}

/// [`next_free`] for a channel at hand, inside the transaction that takes it and that holds the channel
/// ([`model::lock_channels`]).
pub async fn free(
    ex: impl Into<Ex<'_>>,
    channel: &Channel,
    after: DateTime<Utc>,
    taken: &Taken<'_>,
) -> Result<Option<DateTime<Utc>>> {
    let mut ex = ex.into();
    let slots = Slot::list(&mut ex, channel.org_id, channel.id).await?;
    let mut planned = model::planned(&mut ex, channel.org_id, channel.id, after, taken.leaving).await?;
    planned.extend(taken.given.iter().copied().map(model::minute));
    let zone = zone::parse(&channel.zone).unwrap_or_default();
    let is_free = |at: &DateTime<Utc>| !planned.contains(&model::minute(*at));
    let within = |at: &DateTime<Utc>| *at <= after + HORIZON;
    Ok(if slots.is_empty() {
        full_hours(zone, after).take_while(within).find(is_free)
    } else {
        occurrences(&slots, zone, after).take_while(within).find(is_free)
    })
}

/// The full hours of a clock strictly after `after`; an hour that is skipped or repeated is given once.
pub fn full_hours(zone: Tz, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> + use<> {
    let wall = zone::wall(zone, after);
    let hour = NaiveTime::from_hms_opt(wall.hour(), 0, 0).expect("the hour of a time is an hour");
    let first = wall.date().and_time(hour);
    let walls = std::iter::successors(Some(first), |at| at.checked_add_signed(TimeDelta::hours(1)));
    let mut last = after;
    walls.map(move |wall| zone::instant(zone, wall)).filter(move |at| {
        let later = *at > last;
        last = last.max(*at);
        later
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_posting_times_every_full_hour_of_the_clock_will_do() {
        let hours = |zone: &str, after: &str, n| -> Vec<String> {
            let after: DateTime<Utc> = after.parse().unwrap();
            full_hours(zone::parse(zone).unwrap(), after).take(n).map(|at| at.format("%H:%M").to_string()).collect()
        };
        assert_eq!(hours("UTC", "2026-11-23T08:00:00Z", 2), ["09:00", "10:00"]);
        assert_eq!(hours("Asia/Kolkata", "2026-11-23T08:10:00Z", 2), ["08:30", "09:30"]);
        assert_eq!(hours("Europe/Berlin", "2026-03-29T00:30:00Z", 3), ["01:00", "02:00", "03:00"]);
        assert_eq!(hours("Europe/Berlin", "2026-10-24T23:30:00Z", 3), ["00:00", "02:00", "03:00"]);
    }
}
