//! The steps of a plug's run: intent on disk before anything leaves, and no second attempt where two would be two.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value as Json;
use uuid::Uuid;

use super::model::{Run, Step};
use crate::{
    app::App,
    error::{Error, Failure, FailureKind, Result},
    kit::crypto::sha256,
    providers::{Begin, Effect, Fut, StepKey, Steps},
};

/// The steps of one run.
pub struct Ledger<'a> {
    app: &'a App,
    run: &'a Run,
}

impl<'a> Ledger<'a> {
    /// Those.
    pub fn of(app: &'a App, run: &'a Run) -> Self {
        Self { app, run }
    }

    async fn intend(&self, name: &str, effect: Effect) -> Result<Begin> {
        let now = self.app.clock.now();
        let mut tx = self.app.db.begin().await?;
        let step = Step::take(&mut tx, self.run.id, (name, self.key(name), effect), now).await?;
        if step.state == "done" {
            let result = step.result.as_ref().and_then(|stored| stored.get(0)).cloned().unwrap_or_default();
            return Ok(Begin::Done(result));
        }
        if step.unsure > 0 && !may_repeat(effect, step.begun_at, now) {
            return Err(Failure::uncertain("an earlier attempt was cut off before its answer arrived").into());
        }
        Step::intend(&mut tx, self.run.id, name).await?;
        tx.commit().await?;
        let earlier = u32::try_from(step.unsure).unwrap_or(u32::MAX);
        Ok(Begin::Run(StepKey { key: step.key, begun_at: step.begun_at, earlier }))
    }

    /// The same in every life of the database: a part, a plug and a step have one.
    fn key(&self, name: &str) -> Uuid {
        let hash = sha256(format!("rostrum plug {} {name} of {}", self.run.name, self.run.part_id).as_bytes());
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&self.run.part_id.0.as_bytes()[..6]);
        bytes[6..].copy_from_slice(&hash[..10]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    async fn finish(&self, name: &str, result: std::result::Result<&Json, &Failure>) -> Result<()> {
        let ended = match result {
            Ok(result) => Some(result),
            // It stays unsure.
            Err(failure) if failure.kind == FailureKind::Uncertain => return Ok(()),
            Err(_) => None,
        };
        let mut tx = self.app.db.begin().await?;
        Step::end(&mut tx, self.run.id, name, ended).await?;
        tx.commit().await
    }
}

fn may_repeat(effect: Effect, begun_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    match effect {
        Effect::Repeatable | Effect::ClientId => true,
        Effect::Keyed { lasts } => TimeDelta::from_std(lasts).is_ok_and(|lasts| now - begun_at < lasts),
        Effect::Once => false,
    }
}

impl Steps for Ledger<'_> {
    fn begin<'a>(&'a self, name: &'a str, effect: Effect, _: [u8; 32]) -> Fut<'a, Begin> {
        Box::pin(async move { self.intend(name, effect).await.map_err(away) })
    }

    fn end<'a>(&'a self, name: &'a str, result: std::result::Result<&'a Json, &'a Failure>) -> Fut<'a, ()> {
        Box::pin(async move { self.finish(name, result).await.map_err(away) })
    }
}

/// What cannot be written down is not sent.
fn away(e: Error) -> Failure {
    match e {
        Error::Provider(failure) => failure,
        e => {
            tracing::warn!(error = %e, "a plug could not be written down");
            Failure::unavailable("Rostrum could not write down what it does: its database or disk was away")
        }
    }
}
