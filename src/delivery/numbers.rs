//! What a platform counts at a published target: asked for when a person wants to know, and kept for a while.

use std::time::Duration;

use chrono::TimeDelta;

use super::{
    TargetState,
    model::{self, Standing, find_target},
};
use crate::{
    app::App,
    channels::{Channel, Vault, apps},
    error::{Error, Failure, Result},
    kit::{OrgId, TargetId},
    providers::{self, Metric},
};

/// A reading so young is not repeated.
pub const NUMBERS_LAST: TimeDelta = TimeDelta::minutes(15);
/// Somebody waits for the page.
const LONGEST: Duration = Duration::from_secs(10);
/// Most remotes of a first part that are asked about: a post to some communities is one in each.
const MOST: usize = 10;

/// True when a provider counts something at what it published.
pub fn has_numbers(provider: &str, state: TargetState) -> bool {
    let is_live = matches!(state, TargetState::Published | TargetState::PublishedIncomplete);
    is_live && providers::find(provider).is_some_and(|p| p.about().can.metrics)
}

/// Reads what the platform counts at the first part of a target, unless that was done just now.
///
/// [`Error::Conflict`] when nothing is live or nothing is counted there; [`Error::Provider`] when the platform did not tell.
pub async fn read_numbers(app: &App, org: OrgId, id: TargetId) -> Result<()> {
    let (target, now) = (find_target(&app.db, org, id).await?, app.clock.now());
    let last = model::readings_of(&app.db, org, &[id]).await?;
    if last.iter().any(|reading| now - reading.read_at < NUMBERS_LAST) {
        return Ok(());
    }
    let channel = Channel::find(&app.db, org, target.channel_id).await?;
    let Some(provider) = channel.provider().filter(|_| has_numbers(&channel.provider, target.state)) else {
        return Err(Error::conflict("error.no_numbers"));
    };
    let standing = model::standing(&app.db, org, id).await?;
    let first: Vec<Standing> = standing.into_iter().filter(|s| s.position == 0 && s.is_known()).take(MOST).collect();
    if first.is_empty() {
        return Err(Error::conflict("error.unknown_remote"));
    }
    let vault = Vault::open(app, org, channel.id).await?;
    let reach = apps::Reach::of(app, (org, Some(channel.id)), provider.about()).await?;
    let access = reach.access(&channel, &vault);
    let read = async {
        let mut numbers = Vec::new();
        for standing in &first {
            add(&mut numbers, provider.metrics(&access, &standing.remote()).await?);
        }
        Ok::<_, Failure>(numbers)
    };
    let numbers = app.clock.within(LONGEST, read).await;
    let numbers = numbers.unwrap_or_else(|| Err(Failure::unavailable("the platform did not answer within ten seconds")))?;
    let mut tx = app.db.begin().await?;
    model::keep_reading(&mut tx, (org, id), &numbers, app.clock.now()).await?;
    tx.commit().await
}

/// The same thing counted at several places is one number.
fn add(numbers: &mut Vec<Metric>, more: Vec<Metric>) {
    for metric in more {
        match numbers.iter_mut().find(|known| known.name == metric.name) {
            Some(known) => known.value = known.value.saturating_add(metric.value),
            None => numbers.push(metric),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_at_several_places_is_added_up() {
        let mut numbers = vec![Metric::new("likes", 3)];
        add(&mut numbers, vec![Metric::new("views", 10), Metric::new("likes", 4)]);
        assert_eq!(numbers, [Metric::new("likes", 7), Metric::new("views", 10)]);
        assert!(has_numbers("mastodon", TargetState::Published));
        assert!(!has_numbers("mastodon", TargetState::Scheduled) && !has_numbers("sandbox", TargetState::Published));
    }
}
