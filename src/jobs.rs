//! What follows from events, and what has its turn: every job of the program in one list.
//!
//! Events are the outbox. [`events::record`] marks those from which something follows, in the transaction that made them
//! true; [`follow`] turns marked ones into jobs. So nothing slow stands in the way of what happened, and nothing that
//! follows can undo or repeat it.

use std::collections::BTreeMap;

use chrono::{NaiveTime, TimeDelta};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    channels, delivery,
    error::Result,
    events, identity,
    kit::{EventId, OrgId},
    media, notify, plugs, posts,
    queue::{self, Handle, Job, Runner, Stop, Turn},
};

/// Events whose jobs are enqueued in one transaction.
const BATCH: i64 = 200;
/// How long jobs that ended are kept, for whoever wonders.
const DONE_KEPT: TimeDelta = TimeDelta::days(1);
/// How long dead jobs can be replayed.
const DEAD_KEPT: TimeDelta = TimeDelta::days(30);

/// A runner that knows every job.
pub fn runner(app: &App) -> Runner<App> {
    Runner::new(app.db.clone(), app.clock.clone(), app.clone())
        .follows(|app| Box::pin(follow(app)))
        .runs::<notify::Raise>()
        .runs::<notify::Close>()
        .runs::<notify::Mail>()
        .runs::<notify::Digest>()
        .runs::<delivery::TakeDown>()
        .runs::<plugs::Look>()
        .runs::<identity::InviteMail>()
        .runs::<posts::review::NotApproved>()
        .runs_at(Turn::Every(TimeDelta::minutes(5)), posts::review::Overdue {})
        .runs_at(Turn::Every(TimeDelta::minutes(5)), plugs::Plan {})
        .runs::<channels::CopyPicture>()
        .runs_at(at(4, 40), channels::RefreshPictures {})
        .runs_at(Turn::Every(TimeDelta::hours(1)), channels::Prune {})
        .runs_at(Turn::Every(TimeDelta::hours(1)), notify::Digests {})
        .runs_at(at(3, 10), notify::Prune {})
        .runs_at(at(3, 20), media::Clean {})
        .runs_at(at(3, 30), posts::Prune {})
        .runs_at(Turn::Every(TimeDelta::hours(1)), identity::Prune {})
        .runs_at(Turn::Every(TimeDelta::hours(1)), Prune {})
}

/// Starts running jobs in this process.
pub fn start(app: &App) -> Handle {
    runner(app).start()
}

fn at(hour: u32, minute: u32) -> Turn {
    Turn::Daily(NaiveTime::from_hms_opt(hour, minute, 0).expect("the times above exist"))
}

/// Enqueues what follows from marked events and takes their marks, in one transaction: each exactly once, whatever dies.
/// Tells how many events that were.
pub async fn follow(app: &App) -> Result<usize> {
    if !events::any_pending(&app.db).await? {
        return Ok(0);
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let taken = events::take_pending(&mut tx, BATCH).await?;
    let mut told: BTreeMap<OrgId, Vec<EventId>> = BTreeMap::new();
    for event in &taken {
        // What else follows from an event is one line here.
        if notify::concerns(&event.kind) {
            told.entry(event.org_id).or_default().push(event.id);
        }
    }
    for (org, events) in told {
        queue::enqueue(&mut tx, &notify::Raise { org, events }, now).await?;
    }
    tx.commit().await?;
    Ok(taken.len())
}

/// Removes jobs that ended a while ago.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Prune {}

impl Job for Prune {
    type Context = App;
    const NAME: &'static str = "queue.prune";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, app: &App) -> Result<(), Stop> {
        let now = app.clock.now();
        loop {
            let mut tx = app.db.begin().await?;
            let gone = queue::prune(&mut tx, now - DONE_KEPT, now - DEAD_KEPT).await?;
            tx.commit().await?;
            if gone == 0 {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_follows_from_exactly_the_events_that_are_marked() {
        for kind in events::FOLLOWED {
            assert!(notify::concerns(kind), "nothing follows from {kind}: it is marked for nothing");
        }
        for kind in ["part.published", "part.retrying", "post.created", "channel.paused", "part.reconnect"] {
            assert_eq!(events::FOLLOWED.contains(&kind), notify::concerns(kind), "{kind}");
        }
    }
}
