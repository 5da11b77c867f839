//! A ledger in memory: what was begun, what ended, and a process that dies in between.

use std::{collections::BTreeMap, sync::Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value as Json;
use uuid::Uuid;

use super::lock;
use crate::providers::{Begin, Effect, Failure, FailureKind, Fut, StepKey, Steps};

/// A ledger in memory, with the rules of the real one.
pub struct Ledger {
    now: DateTime<Utc>,
    steps: Mutex<BTreeMap<String, Step>>,
    log: Mutex<Vec<String>>,
    crash: Mutex<Option<String>>,
}

struct Step {
    key: StepKey,
    effect: Effect,
    hash: [u8; 32],
    open: bool,
    result: Option<Json>,
    failures: Vec<Failure>,
}

impl Ledger {
    /// Steps are first intended at `now`, each a microsecond after the one before.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { now, steps: Default::default(), log: Default::default(), crash: Default::default() }
    }

    /// The end of the next run of this step is never written, as if the process had been killed after the platform
    /// answered.
    pub fn crash_at(&self, step: &str) {
        *lock(&self.crash) = Some(step.into());
    }

    /// What happened so far, for example `["begin create Once", "end create ok"]`; starts over.
    pub fn log(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.log))
    }

    /// The key of a step that was begun.
    pub fn key(&self, step: &str) -> StepKey {
        lock(&self.steps)[step].key.clone()
    }

    /// What a step gave.
    pub fn result(&self, step: &str) -> Option<Json> {
        lock(&self.steps).get(step)?.result.clone()
    }

    /// All that the steps keep, as text.
    pub fn kept(&self) -> Vec<String> {
        lock(&self.steps).values().map(|step| format!("{:?} {:?}", step.result, step.failures)).collect()
    }

    fn note(&self, words: String) {
        lock(&self.log).push(words);
    }
}

impl Steps for Ledger {
    fn begin<'a>(&'a self, name: &'a str, effect: Effect, hash: [u8; 32]) -> Fut<'a, Begin> {
        Box::pin(async move {
            let mut steps = lock(&self.steps);
            let begun_at = self.now + TimeDelta::microseconds(steps.len() as i64);
            let step = steps.entry(name.to_owned()).or_insert_with(|| {
                let key = StepKey { key: Uuid::new_v4(), begun_at, earlier: 0 };
                Step { key, effect, hash, open: false, result: None, failures: Vec::new() }
            });
            assert_eq!((step.effect, step.hash), (effect, hash), "step {name} is not the same on every attempt");
            if let Some(result) = &step.result {
                self.note(format!("done {name}"));
                return Ok(Begin::Done(result.clone()));
            }
            let unknown = |f: &Failure| matches!(f.kind, FailureKind::Uncertain | FailureKind::Unavailable);
            if effect == Effect::Once && (step.open || step.failures.last().is_some_and(|f| f.kind == FailureKind::Uncertain)) {
                return Err(Failure::uncertain("an earlier attempt has no known end"));
            }
            step.key.earlier += u32::from(step.open || step.failures.last().is_some_and(unknown));
            step.open = true;
            self.note(format!("begin {name} {effect:?}"));
            Ok(Begin::Run(step.key.clone()))
        })
    }

    fn end<'a>(&'a self, name: &'a str, result: Result<&'a Json, &'a Failure>) -> Fut<'a, ()> {
        Box::pin(async move {
            if lock(&self.crash).take_if(|step| step == name).is_some() {
                self.note(format!("crash {name}"));
                return Err(Failure::unavailable("the process was killed"));
            }
            let mut steps = lock(&self.steps);
            let step = steps.get_mut(name).expect("a step begins before it ends");
            step.open = false;
            match result {
                Ok(json) => step.result = Some(json.clone()),
                Err(failure) => step.failures.push(failure.clone()),
            }
            self.note(format!("end {name} {}", if result.is_ok() { "ok" } else { "failed" }));
            Ok(())
        })
    }
}
