//! Periodic jobs: a row each, and whoever moves its time forward first enqueues the job, in the same transaction.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;

use super::{Job, enqueue, model};
use crate::{
    db::{Db, Tx},
    error::Result,
};

/// How often a periodic job has its turn. Turns missed while nothing ran are made up for by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// So long after the last one.
    Every(TimeDelta),
    /// At this time of day in UTC.
    Daily(NaiveTime),
}

impl Turn {
    /// The first turn after `now`.
    pub fn next(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Every(wait) => now + wait.max(TimeDelta::seconds(1)),
            Self::Daily(time) => {
                let today = now.date_naive().and_time(time).and_utc();
                if today > now { today } else { today + TimeDelta::days(1) }
            }
        }
    }
}

/// A periodic job of a runner.
pub(super) struct Periodic {
    pub name: &'static str,
    turn: Turn,
    enqueue: Enqueue,
}

type Enqueue = Box<dyn for<'a> Fn(&'a mut Tx, DateTime<Utc>) -> BoxFuture<'a, Result<()>> + Send + Sync>;

impl Periodic {
    pub fn new<J: Job + Clone>(turn: Turn, job: J) -> Self {
        let enqueue: Enqueue = Box::new(move |tx, now| {
            let job = job.clone();
            Box::pin(async move { enqueue(tx, &job, now).await })
        });
        Self { name: J::NAME, turn, enqueue }
    }
}

/// Makes the rows; a job that is new has its first turn at its time of day, or at once.
pub(super) async fn open(db: &Db, all: &[Periodic], now: DateTime<Utc>) -> Result<()> {
    let mut tx = db.begin().await?;
    for periodic in all {
        let first = match periodic.turn {
            Turn::Every(_) => now,
            daily => daily.next(now),
        };
        model::open_turn(&mut tx, periodic.name, first).await?;
    }
    tx.commit().await
}

/// Enqueues what has its turn.
pub(super) async fn take(db: &Db, all: &[Periodic], now: DateTime<Utc>) -> Result<()> {
    for periodic in all {
        let mut tx = db.begin().await?;
        if model::take_turn(&mut tx, periodic.name, now, periodic.turn.next(now)).await? {
            (periodic.enqueue)(&mut tx, now).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daily_turn_is_the_next_such_time_of_day() {
        let now: DateTime<Utc> = "2026-11-23T08:00:00Z".parse().unwrap();
        let daily = |h| Turn::Daily(NaiveTime::from_hms_opt(h, 0, 0).unwrap()).next(now).to_rfc3339();
        assert_eq!(daily(9), "2026-11-23T09:00:00+00:00");
        assert_eq!(daily(8), "2026-11-24T08:00:00+00:00");
        assert_eq!(Turn::Every(TimeDelta::hours(1)).next(now).to_rfc3339(), "2026-11-23T09:00:00+00:00");
        assert!(Turn::Every(TimeDelta::zero()).next(now) > now);
    }
}
