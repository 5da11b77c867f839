//! Posting times that nothing is planned for: where a calendar invites to write. Pure, but for the one query of what is taken.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    channels::{Channel, ChannelState, Slot, slots::occurrences},
    db::Ex,
    error::Result,
    kit::{ChannelId, OrgId, zone},
    posts::model::calendar::{self as model, Window},
};

/// Most instants of one page.
const MOST: usize = 1_500;

/// Free posting times and the channels that have them.
pub type Openings = BTreeMap<DateTime<Utc>, Vec<ChannelId>>;

/// Those within a window and after `now`, of channels that can be written for.
pub async fn free(
    ex: impl Into<Ex<'_>>,
    org: OrgId,
    (channels, slots): (&[&Channel], &[(ChannelId, Slot)]),
    window: Window,
    now: DateTime<Utc>,
) -> Result<Openings> {
    let mut openings = all(channels, slots, window, now);
    let instants: Vec<DateTime<Utc>> = openings.keys().copied().collect();
    let taken: HashSet<(ChannelId, DateTime<Utc>)> = model::taken(ex, org, &instants).await?.into_iter().collect();
    for (at, channels) in &mut openings {
        channels.retain(|channel| !taken.contains(&(*channel, *at)));
    }
    openings.retain(|_, channels| !channels.is_empty());
    Ok(openings)
}

fn all(channels: &[&Channel], slots: &[(ChannelId, Slot)], (from, to): Window, now: DateTime<Utc>) -> Openings {
    let mut of: HashMap<ChannelId, Vec<Slot>> = HashMap::new();
    for (channel, slot) in slots {
        of.entry(*channel).or_default().push(slot.clone());
    }
    let after = now.max(from - TimeDelta::microseconds(1));
    let mut openings = Openings::new();
    for channel in channels.iter().filter(|c| c.state == ChannelState::Active) {
        let Some(slots) = of.get(&channel.id) else { continue };
        let zone = zone::parse(&channel.zone).unwrap_or_default();
        for at in occurrences(slots, zone, after).take_while(|at| *at < to) {
            if openings.len() >= MOST && !openings.contains_key(&at) {
                break;
            }
            openings.entry(at).or_default().push(channel.id);
        }
    }
    openings
}
