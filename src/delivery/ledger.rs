//! Writes down what the engine is about to do and what came of it. One task takes everything that waits in its queue,
//! commits it as one group, and answers all: a hundred lanes share one fsync.
//!
//! Within a group, entries of one kind are written together, many rows to a statement: ends, then beginnings, then
//! conclusions, then lanes given back. That is the order in which one part's entries can follow each other without a
//! commit between them; a group in which they stand otherwise is cut there.
//!
//! Nothing is written under an epoch that is no longer the lane's: the writer is told so and stops.

mod beginnings;
mod conclusions;
mod ends;

use std::{collections::HashMap, sync::Arc, time::Instant};

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::{
    PartState,
    limits::{Ask, Budget, Heeded, Limit, Wait},
    meters,
    model::{self, Lane},
    plan::Next,
};
use crate::{
    channels::Sealed,
    db::{Db, Tx},
    error::{Error, Failure, Result},
    kit::{AttemptId, ChannelId, OrgId, PartId, PostId, TargetId, VersionId},
    providers::Remote,
};

/// Most entries committed together.
const GROUP: usize = 256;

/// The way into the ledger. Cloning is cheap.
#[derive(Clone)]
pub struct Ledger(mpsc::Sender<(Entry, oneshot::Sender<Result<Verdict>>)>);

/// Whether an entry was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is on disk.
    Written,
    /// The lane belongs to somebody else now, or a person was faster: nothing was written, nothing may be sent.
    Refused,
    /// A limit leaves no room: nothing was written, nothing may be sent before.
    Wait(Wait),
}

/// What identifies a part in flight.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The lane it is sent under.
    pub lane: Lane,
    /// The tenant.
    pub org: OrgId,
    /// The post.
    pub post: PostId,
    /// The target.
    pub target: TargetId,
    /// The version that was loaded: an edit since then makes a new one.
    pub version: VersionId,
    /// The part.
    pub part: PartId,
    /// When it was due as it was loaded.
    pub next_at: Option<DateTime<Utc>>,
    /// From 0.
    pub position: i64,
    /// It is the last of its thread.
    pub last: bool,
    /// Nothing else of its lane was due when it was loaded.
    pub nothing_after: bool,
}

/// One thing to write down.
pub enum Entry {
    /// An attempt is about to leave.
    Begin(Box<Beginning>),
    /// An attempt has ended.
    End(End),
    /// A run or look is over.
    Conclude(Box<Conclusion>),
    /// The lane is given back.
    Release(Lane),
}

/// An attempt that is about to leave.
pub struct Beginning {
    /// Whose.
    pub place: Place,
    /// The state the part must still be in when this is its first step of this run; `None` afterwards.
    pub claims: Option<PartState>,
    /// The step.
    pub step: Intent,
    /// What it comes under.
    pub limits: Arc<[Limit]>,
    /// When.
    pub now: DateTime<Utc>,
}

impl Beginning {
    fn ask(&self) -> Ask<'_> {
        Ask {
            limits: &self.limits,
            is_first: self.claims.is_some(),
            is_visible: self.step.effect != "repeatable",
            is_new: self.step.is_new,
            now: self.now,
        }
    }
}

/// An attempt that has ended.
pub struct End {
    /// Which.
    pub attempt: AttemptId,
    /// Of which part.
    pub part: PartId,
    /// Of which step.
    pub step: String,
    /// What it gave, or why not.
    pub result: std::result::Result<Json, Failure>,
    /// When.
    pub now: DateTime<Utc>,
}

/// The step an attempt is of.
#[derive(Debug, Clone)]
pub struct Intent {
    /// The attempt's id.
    pub attempt: AttemptId,
    /// The step's name.
    pub name: String,
    /// Its key.
    pub key: Uuid,
    /// Its effect.
    pub effect: &'static str,
    /// SHA-256 of what is sent.
    pub hash: [u8; 32],
    /// The step has no row yet.
    pub is_new: bool,
}

/// What a run or look led to.
pub struct Conclusion {
    /// Whose.
    pub place: Place,
    /// The state the part must still be in.
    pub from: PartState,
    /// The decision.
    pub next: Next,
    /// Counted tries.
    pub tries: i64,
    /// Looks.
    pub looks: i64,
    /// What explains it.
    pub failure: Option<Failure>,
    /// What exists now, when it is live.
    pub remotes: Vec<Remote>,
    /// Things that did not work but do not matter.
    pub warnings: Vec<String>,
    /// Reading back proved that the open steps did not happen.
    pub absent: bool,
    /// What the platform's headers ask for.
    pub heeded: Heeded,
    /// The credentials it ran with.
    pub used: Option<Sealed>,
    /// The audit trail's word, for example `part.published`.
    pub kind: &'static str,
    /// The lane is given back with it, whether it was written or refused.
    pub releases: bool,
    /// When.
    pub now: DateTime<Utc>,
}

impl Entry {
    /// What an attempt comes under.
    fn limits(&self) -> &[Limit] {
        match self {
            Self::Begin(begin) => &begin.limits,
            _ => &[],
        }
    }
}

impl Ledger {
    /// Starts the writing task; it ends when every handle is gone.
    pub fn start(db: Db) -> Self {
        let (sender, receiver) = mpsc::channel(4 * GROUP);
        tokio::spawn(write_groups(db, receiver));
        Self(sender)
    }

    /// Queues an entry; entries are written in the order they were queued. The receiver tells when it is on disk.
    pub async fn submit(&self, entry: Entry) -> oneshot::Receiver<Result<Verdict>> {
        let (answer, receiver) = oneshot::channel();
        if let Err(mpsc::error::SendError((_, answer))) = self.0.send((entry, answer)).await {
            let _ = answer.send(Err(gone()));
        }
        receiver
    }

    /// Queues an entry and waits until it is on disk.
    pub async fn write(&self, entry: Entry) -> Result<Verdict> {
        self.submit(entry).await.await.unwrap_or_else(|_| Err(gone()))
    }
}

fn gone() -> Error {
    Error::Unavailable("the delivery ledger has stopped".into())
}

async fn write_groups(db: Db, mut queue: mpsc::Receiver<(Entry, oneshot::Sender<Result<Verdict>>)>) {
    let mut group = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut group, GROUP).await > 0 {
        let begun = Instant::now();
        meters::LEDGER_GROUP.observe(group.len() as f64);
        let (entries, answers): (Vec<Entry>, Vec<_>) = group.drain(..).unzip();
        let verdicts = match write(&db, &entries).await {
            Ok(verdicts) => verdicts.into_iter().map(Ok).collect(),
            // Each on its own would find the same, after as long a wait.
            Err(Error::Unavailable(why)) => entries.iter().map(|_| Err(Error::Unavailable(why.clone()))).collect(),
            // One bad entry must not take the others down: each on its own.
            Err(_) if entries.len() > 1 => one_by_one(&db, &entries).await,
            Err(e) => vec![Err(e)],
        };
        meters::LEDGER_COMMIT.observe(begun.elapsed().as_secs_f64());
        for (answer, verdict) in answers.into_iter().zip(verdicts) {
            // A run that was aborted no longer listens; what it did is written all the same.
            let _ = answer.send(verdict);
        }
    }
}

async fn one_by_one(db: &Db, entries: &[Entry]) -> Vec<Result<Verdict>> {
    let mut verdicts = Vec::with_capacity(entries.len());
    for entry in entries {
        let one = write(db, std::slice::from_ref(entry)).await;
        verdicts.push(one.and_then(|v| v.into_iter().next().ok_or_else(gone)));
    }
    verdicts
}

/// Commits the entries; a verdict for each, in their order.
async fn write(db: &Db, entries: &[Entry]) -> Result<Vec<Verdict>> {
    let mut tx = db.begin().await?;
    let mut budget = Budget::load(&mut tx, entries.iter().flat_map(Entry::limits)).await?;
    let mut verdicts = Vec::with_capacity(entries.len());
    let mut rest = entries;
    while !rest.is_empty() {
        let (run, after) = rest.split_at(in_order(rest));
        verdicts.extend(write_run(&mut tx, run, &mut budget).await?);
        rest = after;
    }
    budget.store(&mut tx).await?;
    tx.commit().await?;
    Ok(verdicts)
}

/// How many of the entries can be written kind by kind without changing what any part or lane sees.
fn in_order(entries: &[Entry]) -> usize {
    let mut parts: HashMap<PartId, u8> = HashMap::new();
    let mut lanes: HashMap<ChannelId, u8> = HashMap::new();
    let later = |seen: Option<u8>, kind: u8| seen.is_none_or(|seen| seen < kind);
    let fits = |entry: &&Entry| match entry {
        Entry::End(end) => later(parts.insert(end.part, 0), 0),
        Entry::Begin(b) => later(parts.insert(b.place.part, 1), 1) & later(lanes.insert(b.place.lane.channel_id, 1), 1),
        Entry::Conclude(c) => later(parts.insert(c.place.part, 2), 2) & later(lanes.insert(c.place.lane.channel_id, 2), 2),
        Entry::Release(lane) => later(lanes.insert(lane.channel_id, 3), 3),
    };
    entries.iter().take_while(fits).count().max(1)
}

/// Writes entries that are in order, kind by kind.
async fn write_run(tx: &mut Tx, run: &[Entry], budget: &mut Budget) -> Result<Vec<Verdict>> {
    let mut written = vec![true; run.len()];
    ends::write(tx, &of(run, |e| if let Entry::End(end) = e { Some(end) } else { None })).await?;
    let begun = of(run, |e| if let Entry::Begin(begin) = e { Some(&**begin) } else { None });
    let (begun, waits) = within(begun, budget);
    beginnings::write(tx, &begun, &mut written).await?;
    begun.iter().filter(|(n, _)| written[*n]).for_each(|(_, b)| budget.take(&b.ask()));
    let concluded = of(run, |e| if let Entry::Conclude(conclusion) = e { Some(&**conclusion) } else { None });
    conclusions::write(tx, &concluded, &mut written).await?;
    let released = run.iter().filter_map(|entry| match entry {
        Entry::Release(lane) => Some(*lane),
        Entry::Conclude(c) if c.releases => Some(c.place.lane),
        _ => None,
    });
    model::release(tx, released.collect()).await?;
    let mut verdicts: Vec<Verdict> =
        written.into_iter().map(|yes| if yes { Verdict::Written } else { Verdict::Refused }).collect();
    waits.into_iter().for_each(|(n, wait)| verdicts[n] = Verdict::Wait(wait));
    Ok(verdicts)
}

type Placed<'a, T> = Vec<(usize, &'a T)>;

/// Those for which there is room, one after the other, and why the others wait. Nothing is used up yet: what turns out not
/// to be ours to send has cost nothing.
fn within<'a>(begun: Placed<'a, Beginning>, budget: &mut Budget) -> (Placed<'a, Beginning>, Vec<(usize, Wait)>) {
    if begun.iter().all(|(_, b)| b.limits.is_empty()) {
        return (begun, Vec::new());
    }
    begun.iter().for_each(|(_, b)| budget.correct(&b.ask()));
    let (mut room, mut waits, mut left) = (Vec::with_capacity(begun.len()), Vec::new(), budget.clone());
    for (n, b) in begun {
        match left.wait(&b.ask()) {
            Some(wait) => waits.push((n, wait)),
            None => {
                left.take(&b.ask());
                room.push((n, b));
            }
        }
    }
    (room, waits)
}

/// The entries of one kind with their places in the run.
fn of<'a, T>(run: &'a [Entry], kind: impl Fn(&'a Entry) -> Option<&'a T>) -> Vec<(usize, &'a T)> {
    run.iter().enumerate().filter_map(|(n, entry)| Some((n, kind(entry)?))).collect()
}

#[cfg(test)]
mod tests;
