//! One run of one part: implements the provider's [`Steps`] on the ledger.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value as Json;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{
    PartState,
    ledger::{Beginning, End, Entry, Intent, Ledger, Place, Verdict},
    limits::{Limit, Wait},
    meters,
    model::Step,
    punctuality,
};
use crate::{
    error::{Failure, FailureKind, Result},
    kit::{AttemptId, Clock, PartId, Seldom, crypto::sha256},
    providers::{Begin, Effect, Fut, StepKey, Steps},
};

/// Longest that a request is on its way.
const TRAVEL: TimeDelta = TimeDelta::minutes(10);

/// A hundred channels find out at the same time that the database is away.
static UNWRITTEN: Seldom = Seldom::new();

/// The steps of one part during one run.
pub struct Run {
    ledger: Ledger,
    clock: Clock,
    place: Place,
    limits: Arc<[Limit]>,
    inner: Mutex<Inner>,
}

struct Inner {
    steps: HashMap<String, Step>,
    /// The state the part was in when it was loaded; taken by the first step, which claims it.
    claims: Option<PartState>,
    /// A person or another worker was faster: this run must not go on.
    refused: bool,
    /// There is no room for the next attempt yet: this run must not go on.
    wait: Option<Wait>,
    /// Attempts in flight by step.
    open: HashMap<String, AttemptId>,
    /// The last end, not yet known to be on disk: the ledger keeps the order, so the next write tells.
    pending: Option<oneshot::Receiver<Result<Verdict>>>,
}

impl Run {
    /// A run that starts from what the last one left.
    pub fn new(ledger: Ledger, clock: Clock, place: Place, from: PartState, steps: Vec<Step>) -> Self {
        let steps = steps.into_iter().map(|s| (s.name.clone(), s)).collect();
        let inner = Inner { steps, claims: Some(from), refused: false, wait: None, open: HashMap::new(), pending: None };
        Self { ledger, clock, place, limits: Arc::default(), inner: Mutex::new(inner) }
    }

    /// Its attempts come under these limits.
    pub fn within(self, limits: Arc<[Limit]>) -> Self {
        Self { limits, ..self }
    }

    /// Those.
    pub fn limits(&self) -> &[Limit] {
        &self.limits
    }

    /// Set when the run had to stop because a limit leaves no room: nothing has left.
    pub fn wait(&self) -> Option<Wait> {
        self.lock().wait
    }

    /// True when the run was refused and must leave no trace.
    pub fn is_refused(&self) -> bool {
        self.lock().refused
    }

    /// The state the part is in now, for the conclusion.
    pub fn state(&self) -> PartState {
        self.lock().claims.unwrap_or(PartState::Sending)
    }

    /// The step whose outcome is unknown, for reading back.
    pub fn unsure_step(&self) -> Option<StepKey> {
        let inner = self.lock();
        let step = inner.steps.values().find(|s| is_unsure(s) && s.effect != word(Effect::Repeatable))?;
        Some(StepKey { key: step.key, begun_at: step.begun_at, earlier: u32::try_from(step.unsure).unwrap_or(1) })
    }

    /// The step that is looked for when a former life of this database may have taken it without our knowing: the one
    /// that is open, else the next one, whose key is always the same.
    pub fn lost_step(&self, since: DateTime<Utc>) -> StepKey {
        let open = {
            let inner = self.lock();
            inner.steps.values().find(|s| s.state == "open" && s.effect != word(Effect::Repeatable)).cloned()
        };
        match open {
            Some(step) => StepKey { key: step.key, begun_at: step.begun_at, earlier: 1 },
            None => StepKey { key: key_of(self.place.part, self.writes()), begun_at: since, earlier: 1 },
        }
    }

    /// How many writes of this part are known so far.
    fn writes(&self) -> usize {
        self.lock().steps.values().filter(|s| s.effect != word(Effect::Repeatable)).count()
    }

    /// A write's key follows from the part, so that it can be looked for by whoever has lost the ledger.
    fn new_key(&self, effect: Effect) -> Uuid {
        if effect == Effect::Repeatable { Uuid::new_v4() } else { key_of(self.place.part, self.writes()) }
    }

    /// True when a write whose outcome is unknown must not be sent again.
    pub fn is_cut_off(&self) -> bool {
        self.lock().steps.values().any(|s| is_unsure(s) && s.effect == word(Effect::Once))
    }

    /// True when a write under a key of ours left so recently that it may arrive after it was looked for. Only such a write
    /// is sent again before that is ruled out.
    pub fn may_still_arrive(&self) -> bool {
        let now = self.clock.now();
        let recent = |s: &Step| s.last_at.is_some_and(|at| now - at < TRAVEL);
        self.lock().steps.values().any(|s| is_unsure(s) && s.effect == word(Effect::ClientId) && recent(s))
    }

    /// True when the platform has accepted a write.
    pub fn is_accepted(&self) -> bool {
        self.lock().steps.values().any(|s| s.state == "done" && s.effect != word(Effect::Repeatable))
    }

    /// Waits until the last end is on disk.
    async fn flush(&self) -> Result<(), Failure> {
        let pending = self.lock().pending.take();
        match pending {
            Some(receiver) => written(receiver.await),
            None => Ok(()),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn intend(&self, name: &str, effect: Effect, hash: [u8; 32]) -> Result<Begin, Failure> {
        let now = self.clock.now();
        let (known, claims) = {
            let inner = self.lock();
            (inner.steps.get(name).cloned(), inner.claims)
        };
        if let Some(step) = &known {
            if let Some(result) = done(step) {
                return Ok(Begin::Done(result));
            }
            refuse_unsafe_repeat(step, effect, now)?;
        }
        let is_new = known.is_none();
        let step = known.unwrap_or_else(|| Step {
            name: name.to_owned(),
            key: self.new_key(effect),
            effect: word(effect).to_owned(),
            state: "open".into(),
            begun_at: now,
            unsure: 0,
            last_at: None,
            result: None,
        });
        let attempt = AttemptId::new();
        let intent = Intent { attempt, name: name.to_owned(), key: step.key, effect: word(effect), hash, is_new };
        let limits = self.limits.clone();
        let entry = Entry::Begin(Box::new(Beginning { place: self.place, claims, step: intent, limits, now }));
        self.flush().await?;
        match self.ledger.write(entry).await {
            Ok(Verdict::Written) => {
                if let Some(ms) = punctuality::lateness(&self.place, claims, is_new, now) {
                    punctuality::observe(&self.place, ms);
                }
            }
            Ok(Verdict::Refused) => {
                self.lock().refused = true;
                return Err(Failure::unavailable("the part is no longer ours to send"));
            }
            Ok(Verdict::Wait(wait)) => {
                self.lock().wait = Some(wait);
                return Err(Failure::unavailable("a limit leaves no room yet"));
            }
            Err(e) => return Err(ledger_away(&e)),
        }
        let key = StepKey { key: step.key, begun_at: step.begun_at, earlier: u32::try_from(step.unsure).unwrap_or(u32::MAX) };
        let mut inner = self.lock();
        inner.claims = None;
        inner.open.insert(name.to_owned(), attempt);
        inner.steps.insert(name.to_owned(), Step { unsure: step.unsure + 1, last_at: Some(now), ..step });
        Ok(Begin::Run(key))
    }

    async fn finish(&self, name: &str, result: Result<&Json, &Failure>) -> Result<(), Failure> {
        let entry = {
            let mut inner = self.lock();
            let attempt = inner.open.remove(name).ok_or_else(|| Failure::unexpected("a step ended that had not begun"))?;
            if let Some(step) = inner.steps.get_mut(name) {
                note(step, result);
            }
            Entry::End(End {
                attempt,
                part: self.place.part,
                step: name.to_owned(),
                result: result.cloned().map_err(Clone::clone),
                now: self.clock.now(),
            })
        };
        meters::ATTEMPTS.count(match result {
            Ok(_) => "done",
            Err(f) if f.kind == FailureKind::Uncertain => "uncertain",
            Err(_) => "failed",
        });
        let receiver = self.ledger.submit(entry).await;
        self.lock().pending = Some(receiver);
        Ok(())
    }
}

impl Steps for Run {
    fn begin<'a>(&'a self, name: &'a str, effect: Effect, hash: [u8; 32]) -> Fut<'a, Begin> {
        Box::pin(self.intend(name, effect, hash))
    }

    fn end<'a>(&'a self, name: &'a str, result: Result<&'a Json, &'a Failure>) -> Fut<'a, ()> {
        Box::pin(self.finish(name, result))
    }
}

/// The key of a part's `n`th write: begins with the part's time, the rest is a hash.
fn key_of(part: PartId, n: usize) -> Uuid {
    let hash = sha256(format!("rostrum write {n} of {part}").as_bytes());
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&part.0.as_bytes()[..6]);
    bytes[6..].copy_from_slice(&hash[..10]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

fn is_unsure(step: &Step) -> bool {
    step.state == "open" && step.unsure > 0
}

fn done(step: &Step) -> Option<Json> {
    let stored = step.result.as_ref().filter(|_| step.state == "done")?;
    Some(stored.get(0).cloned().unwrap_or(Json::Null))
}

/// Keeps the step in memory as the ledger will have it.
pub(super) fn note(step: &mut Step, result: Result<&Json, &Failure>) {
    match result {
        Ok(value) => {
            step.state = "done".into();
            step.result = Some(serde_json::json!([value]));
        }
        Err(f) if f.kind == FailureKind::Uncertain => {}
        Err(_) => step.unsure = (step.unsure - 1).max(0),
    }
}

/// An attempt without a known end stands in the way of another one, unless repeating is harmless.
pub(super) fn refuse_unsafe_repeat(step: &Step, effect: Effect, now: DateTime<Utc>) -> Result<(), Failure> {
    let safe = match effect {
        Effect::Repeatable | Effect::ClientId => true,
        // It must still be known when the repetition arrives, which may be minutes after it left.
        Effect::Keyed { lasts } => {
            let lasts = TimeDelta::from_std(lasts).unwrap_or(TimeDelta::MAX) - TRAVEL;
            now >= step.begun_at && now - step.begun_at < lasts
        }
        Effect::Once => false,
    };
    if safe || step.unsure == 0 {
        return Ok(());
    }
    Err(Failure::uncertain("an earlier attempt was cut off before its answer arrived"))
}

pub(super) fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Repeatable => "repeatable",
        Effect::Keyed { .. } => "keyed",
        Effect::ClientId => "client_id",
        Effect::Once => "once",
    }
}

fn written(answer: std::result::Result<Result<Verdict>, oneshot::error::RecvError>) -> Result<(), Failure> {
    match answer {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(e)) => Err(ledger_away(&e)),
        Err(_) => Err(Failure::unavailable("the delivery ledger has stopped")),
    }
}

/// What cannot be written down is not sent. The people of the post need not know the database's own words.
fn ledger_away(e: &crate::error::Error) -> Failure {
    if let Some(more) = UNWRITTEN.word() {
        tracing::warn!(error = %e, more, "delivery could not be written down");
    }
    Failure::unavailable("Rostrum could not write down what it does: its database or disk was away")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_write_is_the_same_in_every_life_and_differs_from_all_others() {
        let (one, other) = (PartId::new(), PartId::new());
        assert_eq!(key_of(one, 0), key_of(one, 0));
        assert_ne!(key_of(one, 0), key_of(one, 1));
        assert_ne!(key_of(one, 0), key_of(other, 0));
        assert_eq!(key_of(one, 0).get_version_num(), 8);
        assert_eq!(key_of(one, 0).as_bytes()[..6], one.0.as_bytes()[..6]);
    }
}
