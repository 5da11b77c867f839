//! One free posting time for several channels at once: for a post that shall be everywhere at the same moment.

use std::{collections::HashSet, iter::Peekable};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    app::App,
    channels::{Channel, Slot, slots::occurrences},
    db::Ex,
    delivery::{HORIZON, Taken, full_hours, minute, planned as planned_on},
    error::Result,
    kit::{ChannelId, OrgId, zone},
};

/// For so long a time that suits all channels is preferred to an earlier one that suits only some.
const SHARED: TimeDelta = TimeDelta::days(28);

type Times = Box<dyn Iterator<Item = DateTime<Utc>> + Send>;

/// The first time after `after` at which nothing is planned on any of the channels: a posting time of all of them if there
/// is one within four weeks, else one of any of them. `None` when nothing is free within two years, or without channels.
///
/// It is a proposal: saving with [`super::When::CommonSlot`] looks again and reserves.
pub async fn next_common(app: &App, org: OrgId, channels: &[ChannelId], after: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    let mut found: Vec<Channel> = Vec::with_capacity(channels.len());
    for id in channels {
        found.push(Channel::find(&app.db, org, *id).await?);
    }
    common(&app.db, &found.iter().collect::<Vec<_>>(), after, &Taken::default()).await
}

/// [`next_common`] for channels at hand, inside the transaction that takes it.
pub(super) async fn common(
    ex: impl Into<Ex<'_>>,
    channels: &[&Channel],
    after: DateTime<Utc>,
    taken: &Taken<'_>,
) -> Result<Option<DateTime<Utc>>> {
    let mut ex = ex.into();
    let mut planned: HashSet<i64> = taken.given.iter().copied().map(minute).collect();
    let mut times: Vec<Peekable<Times>> = Vec::with_capacity(channels.len());
    for channel in channels {
        planned.extend(planned_on(&mut ex, channel.org_id, channel.id, after, taken.leaving).await?);
        let (slots, zone) =
            (Slot::list(&mut ex, channel.org_id, channel.id).await?, zone::parse(&channel.zone).unwrap_or_default());
        let own: Times = if slots.is_empty() {
            Box::new(full_hours(zone, after))
        } else {
            Box::new(occurrences(&slots, zone, after).collect_until(after + HORIZON))
        };
        times.push(own.peekable());
    }
    Ok(first(times, &planned, after))
}

/// Slots borrow their channel's list, so their times are taken out at once; two years have a few thousand.
trait CollectUntil: Iterator<Item = DateTime<Utc>> + Sized {
    fn collect_until(self, last: DateTime<Utc>) -> std::vec::IntoIter<DateTime<Utc>> {
        self.take_while(|at| *at <= last).collect::<Vec<_>>().into_iter()
    }
}
impl<I: Iterator<Item = DateTime<Utc>>> CollectUntil for I {}

/// Walks all times in order.
fn first(mut times: Vec<Peekable<Times>>, planned: &HashSet<i64>, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut of_some = None;
    while let Some(at) = times.iter_mut().filter_map(|own| own.peek().copied()).min() {
        if at > after + HORIZON || at > after + SHARED && of_some.is_some() {
            break;
        }
        let agreeing = times.iter_mut().filter_map(|own| own.next_if_eq(&at)).count();
        if planned.contains(&minute(at)) {
            continue;
        }
        if agreeing == times.len() {
            return Some(at);
        }
        of_some.get_or_insert(at);
    }
    of_some
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(channels: &[&[i64]], planned: &[i64]) -> Option<i64> {
        let after = DateTime::<Utc>::UNIX_EPOCH;
        let at = move |hours: &i64| after + TimeDelta::hours(*hours);
        let own = |hours: &&[i64]| -> Peekable<Times> {
            let own: Times = Box::new(hours.iter().map(at).collect::<Vec<_>>().into_iter());
            own.peekable()
        };
        let planned = planned.iter().map(|hours| minute(at(hours))).collect();
        first(channels.iter().map(own).collect(), &planned, after).map(|at| (at - after).num_hours())
    }

    #[test]
    fn a_time_of_all_is_preferred_for_four_weeks() {
        assert_eq!(found(&[&[1, 5], &[2, 5]], &[]), Some(5));
        assert_eq!(found(&[&[1, 5], &[2, 5]], &[5]), Some(1));
        assert_eq!(found(&[&[1, 5], &[2, 5]], &[1, 5]), Some(2));
        assert_eq!(found(&[&[1, 30 * 24], &[2, 30 * 24]], &[]), Some(1));
        assert_eq!(found(&[&[30 * 24], &[30 * 24]], &[]), Some(30 * 24));
        assert_eq!(found(&[&[1], &[1]], &[1]), None);
        assert_eq!(found(&[], &[]), None);
    }
}
