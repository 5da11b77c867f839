//! One run of one job: limited in time, a panic kept inside, its end written down under its epoch.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use chrono::TimeDelta;
use futures_util::{FutureExt as _, future::BoxFuture};
use serde_json::Value as Json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Job, Policy, Stop, model, model::Claimed};
use crate::{
    db::Db,
    error::Result,
    kit::{Clock, Seldom, crypto::random},
};

/// All ends wait at the same time while the database is away.
static UNWRITTEN: Seldom = Seldom::new();

/// A kind of job that a runner knows.
pub struct Kind<C> {
    pub name: &'static str,
    pub policy: Policy,
    pub room: Arc<Semaphore>,
    run: Run<C>,
}

type Run<C> = Box<dyn for<'a> Fn(&'a C, Json) -> BoxFuture<'a, Result<(), Stop>> + Send + Sync>;

impl<C: Send + Sync + 'static> Kind<C> {
    pub fn of<J: Job<Context = C>>() -> Self {
        let run: Run<C> = Box::new(|context, payload| {
            Box::pin(async move {
                let job: J =
                    serde_json::from_value(payload).map_err(|e| Stop::dead(format!("its payload cannot be read: {e}")))?;
                job.run(context).await
            })
        });
        Self { name: J::NAME, policy: J::POLICY, room: Arc::new(Semaphore::new(J::POLICY.at_once)), run }
    }

    /// Runs it, whatever it does.
    async fn attempt(&self, context: &C, payload: Json) -> Result<(), Stop> {
        let limited = tokio::time::timeout(self.policy.limit, (self.run)(context, payload));
        match AssertUnwindSafe(limited).catch_unwind().await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Stop::retry(format!("it took longer than {} s", self.policy.limit.as_secs()))),
            Err(panic) => Err(Stop::retry(format!("it crashed: {}", panic_words(&*panic)))),
        }
    }
}

fn panic_words(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words")
}

/// What becomes of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Done,
    Cancelled(String),
    Dead(String),
    Again { counted: bool, why: Option<String>, wait: TimeDelta },
}

/// Decides it. `tries` counts the one that just ended.
pub fn end(policy: &Policy, tries: i64, result: Result<(), Stop>, jitter: f64) -> End {
    match result {
        Ok(()) => End::Done,
        Err(Stop::Cancel(why)) => End::Cancelled(why),
        Err(Stop::Dead(why)) => End::Dead(why),
        Err(Stop::Snooze(wait)) => End::Again { counted: false, why: None, wait },
        Err(Stop::Retry(why)) if tries >= policy.tries => End::Dead(why),
        Err(Stop::Retry(why)) => End::Again { counted: true, why: Some(why), wait: policy.wait(tries, jitter) },
    }
}

pub fn jitter() -> f64 {
    f64::from(u16::from_le_bytes(random())) / f64::from(u16::MAX)
}

/// Runs a claimed job and writes its end down. `is_stopping` ends the waiting for a database that is away: the lease runs
/// out then, and the job is run again.
pub async fn work<C: Send + Sync + 'static>(
    kind: &Kind<C>,
    context: &C,
    job: Claimed,
    (db, clock): (&Db, &Clock),
    is_stopping: impl Fn() -> bool,
) {
    let result = kind.attempt(context, job.payload.clone()).await;
    let end = end(&kind.policy, job.tries, result, jitter());
    log(&job, &end);
    while let Err(e) = write(db, clock, &job, &end).await {
        if let Some(more) = UNWRITTEN.word() {
            tracing::warn!(job = %job.id, kind = job.kind, error = %e, more, "the end of a job cannot be written down yet");
        }
        if is_stopping() {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Writes an end down; one whose lease another process has by now is dropped.
pub async fn write(db: &Db, clock: &Clock, job: &Claimed, end: &End) -> Result<()> {
    let now = clock.now();
    let mut tx = db.begin().await?;
    match end {
        End::Done => model::finish(&mut tx, job, ("done", None), now).await?,
        End::Cancelled(why) => model::finish(&mut tx, job, ("cancelled", Some(why)), now).await?,
        End::Dead(why) => model::finish(&mut tx, job, ("dead", Some(why)), now).await?,
        End::Again { counted, why, wait } => model::put_back(&mut tx, job, (*counted, why.as_deref()), now + *wait, now).await?,
    };
    tx.commit().await
}

fn log(job: &Claimed, end: &End) {
    let (id, kind, tries) = (job.id, &job.kind, job.tries);
    match end {
        End::Dead(why) => tracing::error!(job = %id, kind, tries, why, "a job is given up; its operator can replay it"),
        End::Again { why: Some(why), .. } => tracing::warn!(job = %id, kind, tries, why, "a job will be tried again"),
        End::Cancelled(why) => tracing::debug!(job = %id, kind, why, "a job was no longer needed"),
        _ => tracing::debug!(job = %id, kind, "job"),
    }
}

/// Room for one more of a kind.
pub fn room<C>(kind: &Kind<C>) -> Option<OwnedSemaphorePermit> {
    kind.room.clone().try_acquire_owned().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_ends_as_it_says_and_is_given_up_after_its_last_try() {
        let policy = Policy { tries: 3, ..Policy::USUAL };
        assert_eq!(end(&policy, 1, Ok(()), 0.5), End::Done);
        assert_eq!(end(&policy, 3, Err(Stop::retry("x")), 0.5), End::Dead("x".into()));
        let again = End::Again { counted: true, why: Some("x".into()), wait: TimeDelta::seconds(20) };
        assert_eq!(end(&policy, 2, Err(Stop::retry("x")), 1.0), again);
        let snoozed = End::Again { counted: false, why: None, wait: TimeDelta::days(1) };
        assert_eq!(end(&policy, 9, Err(Stop::snooze(TimeDelta::days(1))), 0.0), snoozed);
        assert_eq!(end(&policy, 1, Err(Stop::dead("x")), 0.0), End::Dead("x".into()));
        assert_eq!(end(&policy, 1, Err(Stop::cancel("x")), 0.0), End::Cancelled("x".into()));
    }
}
