//! What a job is, how it ends, and how it gets into the queue.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Serialize, de::DeserializeOwned};

use super::{Policy, model};
use crate::{
    db::{Topic, Tx},
    error::{Error, Result},
};

/// One kind of work. The struct is the payload: ids, from which `run` reads what is true by then.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What it is run with.
    type Context: Send + Sync;
    /// Its name in the table, `feature.verb`. Never changed, or waiting jobs of an older program are left behind.
    const NAME: &'static str;
    /// How often, how long and how many at a time.
    const POLICY: Policy = Policy::USUAL;

    /// Of the same kind, only one job with this key waits: a second one is dropped. `None`: each is its own.
    fn key(&self) -> Option<String> {
        None
    }

    /// Does it. It may run again after it has done everything, when the process dies before that is written down.
    fn run(&self, context: &Self::Context) -> impl Future<Output = Result<(), Stop>> + Send;
}

/// Why a job did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// It did not work; later it may. Counted, and at last the job is dead.
    Retry(String),
    /// It is too early: again after this time. Not counted.
    Snooze(TimeDelta),
    /// It is no longer needed.
    Cancel(String),
    /// It cannot work, ever: a person looks at it.
    Dead(String),
}

impl Stop {
    /// It did not work; later it may.
    pub fn retry(why: impl std::fmt::Display) -> Self {
        Self::Retry(why.to_string())
    }

    /// Again after this time.
    pub fn snooze(wait: TimeDelta) -> Self {
        Self::Snooze(wait)
    }

    /// No longer needed.
    pub fn cancel(why: impl std::fmt::Display) -> Self {
        Self::Cancel(why.to_string())
    }

    /// Cannot work, ever.
    pub fn dead(why: impl std::fmt::Display) -> Self {
        Self::Dead(why.to_string())
    }
}

impl From<Error> for Stop {
    /// What is gone needs no work; everything else may be different later.
    fn from(e: Error) -> Self {
        match e {
            Error::NotFound(_) => Self::cancel(e),
            e => Self::Retry(format!("{e:#}")),
        }
    }
}

/// Puts a job into the queue; it becomes real, and is begun, with the commit.
pub async fn enqueue<J: Job>(tx: &mut Tx, job: &J, now: DateTime<Utc>) -> Result<()> {
    enqueue_at(tx, job, now, now).await
}

/// Puts a job into the queue that is not begun before `at`.
pub async fn enqueue_at<J: Job>(tx: &mut Tx, job: &J, at: DateTime<Utc>, now: DateTime<Utc>) -> Result<()> {
    let payload = serde_json::to_value(job).map_err(Error::internal)?;
    model::insert(tx, (J::NAME, job.key().as_deref()), payload, at, now).await?;
    tx.publish(Topic::Jobs);
    Ok(())
}
