//! Writes down what the engine is about to do and what came of it. One task takes everything that waits in its queue,
//! commits it as one group, and answers all: a hundred lanes share one fsync.
//!
//! Nothing is written under an epoch that is no longer the lane's: the writer is told so and stops.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::{
    PartState, TargetState,
    model::{self, Lane},
    plan::Next,
};
use crate::{
    channels::{self, Sealed},
    db::{Db, Topic, Tx, q},
    error::{Error, Failure, Result},
    events::{self, Event},
    kit::{AttemptId, OrgId, PartId, PostId, TargetId, VersionId, text},
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
}

/// One thing to write down.
pub enum Entry {
    /// An attempt is about to leave.
    Begin {
        /// Whose.
        place: Place,
        /// The state the part must still be in when this is its first step of this run; `None` afterwards.
        claims: Option<PartState>,
        /// The step.
        step: Intent,
        /// When.
        now: DateTime<Utc>,
    },
    /// An attempt has ended.
    End {
        /// Which.
        attempt: AttemptId,
        /// Of which part.
        part: PartId,
        /// Of which step.
        step: String,
        /// What it gave, or why not.
        result: std::result::Result<Json, Failure>,
        /// When.
        now: DateTime<Utc>,
    },
    /// A run or look is over.
    Conclude(Box<Conclusion>),
    /// The lane is given back.
    Release(Lane),
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
    /// The credentials it ran with.
    pub used: Option<Sealed>,
    /// The audit trail's word, for example `part.published`.
    pub kind: &'static str,
    /// When.
    pub now: DateTime<Utc>,
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
        let verdicts = match write(&db, group.iter().map(|(entry, _)| entry)).await {
            Ok(verdicts) => verdicts.into_iter().map(Ok).collect(),
            // Each on its own would find the same, after as long a wait.
            Err(Error::Unavailable(why)) => group.iter().map(|_| Err(Error::Unavailable(why.clone()))).collect(),
            // One bad entry must not take the others down: each on its own.
            Err(_) if group.len() > 1 => one_by_one(&db, &group).await,
            Err(e) => vec![Err(e)],
        };
        for ((_, answer), verdict) in group.drain(..).zip(verdicts) {
            // A run that was aborted no longer listens; what it did is written all the same.
            let _ = answer.send(verdict);
        }
    }
}

async fn one_by_one(db: &Db, group: &[(Entry, oneshot::Sender<Result<Verdict>>)]) -> Vec<Result<Verdict>> {
    let mut verdicts = Vec::with_capacity(group.len());
    for (entry, _) in group {
        let one = write(db, std::iter::once(entry)).await;
        verdicts.push(one.and_then(|v| v.into_iter().next().ok_or_else(gone)));
    }
    verdicts
}

async fn write<'a>(db: &Db, entries: impl Iterator<Item = &'a Entry>) -> Result<Vec<Verdict>> {
    let mut tx = db.begin().await?;
    let mut verdicts = Vec::new();
    for entry in entries {
        verdicts.push(match entry {
            Entry::Begin { place, claims, step, now } => begin(&mut tx, place, *claims, step, *now).await?,
            Entry::End { attempt, part, step, result, now } => end(&mut tx, *attempt, (*part, step), result, *now).await?,
            Entry::Conclude(conclusion) => conclude(&mut tx, conclusion).await?,
            Entry::Release(lane) => {
                model::release(&mut tx, *lane).await?;
                Verdict::Written
            }
        });
    }
    tx.commit().await?;
    Ok(verdicts)
}

async fn begin(tx: &mut Tx, place: &Place, claims: Option<PartState>, step: &Intent, now: DateTime<Utc>) -> Result<Verdict> {
    let from = claims.unwrap_or(PartState::Sending);
    // The claim: from here on neither a cancellation nor an edit comes between. One that came since the part was loaded
    // has made another version or time; a channel that was paused since begins nothing new.
    let held = q("UPDATE parts SET state = 'sending' WHERE id = $1 AND state = $2 AND next_at = $5
       AND EXISTS (SELECT 1 FROM lanes WHERE channel_id = $3 AND epoch = $4)
       AND EXISTS (SELECT 1 FROM targets t WHERE t.id = parts.target_id AND t.version_id = $6)
       AND (state IN ('sending', 'processing') OR EXISTS
           (SELECT 1 FROM channels c WHERE c.id = $3 AND c.state = 'active' AND c.deleted_at IS NULL))")
    .bind(place.part)
    .bind(from.as_str())
    .bind(place.lane.channel_id)
    .bind(place.lane.epoch)
    .bind(place.next_at)
    .bind(place.version)
    .exec(tx)
    .await?;
    if held == 0 {
        return Ok(Verdict::Refused);
    }
    if claims.is_some() {
        q("UPDATE targets SET state = 'sending', reason = NULL WHERE id = $1 AND state <> 'sending'")
            .bind(place.target)
            .exec(tx)
            .await?;
        tx.publish(Topic::Posts(place.org));
    }
    if step.is_new {
        q("INSERT INTO steps (part_id, name, key, effect, state, begun_at, unsure) VALUES ($1, $2, $3, $4, 'open', $5, 1)")
            .bind(place.part)
            .bind(&step.name)
            .bind(step.key)
            .bind(step.effect)
            .bind(now)
            .exec(tx)
            .await?;
    } else {
        q("UPDATE steps SET unsure = unsure + 1 WHERE part_id = $1 AND name = $2")
            .bind(place.part)
            .bind(&step.name)
            .exec(tx)
            .await?;
    }
    q("INSERT INTO attempts (id, org_id, part_id, step, epoch, hash, begun_at) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(step.attempt)
        .bind(place.org)
        .bind(place.part)
        .bind(&step.name)
        .bind(place.lane.epoch)
        .bind(step.hash.to_vec())
        .bind(now)
        .exec(tx)
        .await?;
    Ok(Verdict::Written)
}

/// An end is evidence and is written whoever has the lane by now.
async fn end(
    tx: &mut Tx,
    attempt: AttemptId,
    (part, step): (PartId, &str),
    result: &std::result::Result<Json, Failure>,
    now: DateTime<Utc>,
) -> Result<Verdict> {
    let (outcome, failure) = match result {
        Ok(_) => ("done", None),
        Err(f) if f.kind == crate::error::FailureKind::Uncertain => ("uncertain", Some(f)),
        Err(f) => ("failed", Some(f)),
    };
    // An attempt that was found absent, or whose part was edited, counts no more: a late refusal must not take the doubt of
    // the attempt after it away.
    let counted =
        q("UPDATE attempts SET ended_at = $2, outcome = $3, failure = $4 WHERE id = $1 AND (outcome IS NULL OR $3 = 'done')")
            .bind(attempt)
            .bind(now)
            .bind(outcome)
            .bind(failure.map(serde_json::to_value).transpose().map_err(Error::internal)?)
            .exec(tx)
            .await?;
    if counted == 0 {
        return Ok(Verdict::Written);
    }
    match outcome {
        // In an array, because a bare scalar does not keep its type in every database.
        "done" => q("UPDATE steps SET state = 'done', result = $3 WHERE part_id = $1 AND name = $2")
            .bind(part)
            .bind(step)
            .bind(json!([result.as_ref().ok()])),
        "failed" => {
            q("UPDATE steps SET unsure = unsure - 1 WHERE part_id = $1 AND name = $2 AND unsure > 0").bind(part).bind(step)
        }
        _ => return Ok(Verdict::Written),
    }
    .exec(tx)
    .await?;
    Ok(Verdict::Written)
}

async fn conclude(tx: &mut Tx, c: &Conclusion) -> Result<Verdict> {
    let (state, at) = match &c.next {
        Next::Publish => (PartState::Published, None),
        Next::Later { state, at, .. } => (*state, Some(*at)),
        Next::Reconnect(state) | Next::Stop(state) => (*state, None),
    };
    let written = q("UPDATE parts SET state = $5, next_at = $6, tries = $7, looks = $8, failure = $9, published_at = $10
       WHERE id = $1 AND state = $2 AND EXISTS (SELECT 1 FROM lanes WHERE channel_id = $3 AND epoch = $4)
       AND EXISTS (SELECT 1 FROM targets t WHERE t.id = parts.target_id AND t.version_id = $11)")
    .bind(c.place.part)
    .bind(c.from.as_str())
    .bind(c.place.lane.channel_id)
    .bind(c.place.lane.epoch)
    .bind(state.as_str())
    .bind(at)
    .bind(c.tries)
    .bind(c.looks)
    .bind(c.failure.as_ref().map(serde_json::to_value).transpose().map_err(Error::internal)?)
    .bind((state == PartState::Published).then_some(c.now))
    .bind(c.place.version)
    .exec(tx)
    .await?;
    if written == 0 {
        return Ok(Verdict::Refused);
    }
    if c.place.lane.crashes > 0 {
        model::survived(tx, c.place.lane).await?;
    }
    if c.absent {
        model::absolve(tx, c.place.part, c.now).await?;
    }
    if matches!(state, PartState::Retrying | PartState::Waiting) {
        model::stop_removed(tx, c.place.part).await?;
    }
    match &c.next {
        Next::Publish => publish(tx, c).await?,
        Next::Later { at, blocks_channel: true, .. } => {
            q("UPDATE lanes SET blocked_until = $2 WHERE channel_id = $1")
                .bind(c.place.lane.channel_id)
                .bind(*at)
                .exec(tx)
                .await?;
            model::settle(tx, c.place.org, c.place.target).await?;
        }
        Next::Reconnect(_) => {
            let reason = c.failure.as_ref().map_or("", |f| f.message.as_str());
            let channel = (c.place.org, c.place.lane.channel_id);
            channels::mark_reconnect(tx, channel, c.used.as_ref(), reason, c.now).await?;
            hold(tx, c).await?;
        }
        Next::Stop(PartState::Failed) => {
            skip_rest(tx, &c.place).await?;
            model::settle(tx, c.place.org, c.place.target).await?;
        }
        _ => {
            model::settle(tx, c.place.org, c.place.target).await?;
        }
    }
    tx.publish(Topic::Posts(c.place.org));
    events::record(tx, c.place.org, event(c), c.now).await?;
    Ok(Verdict::Written)
}

/// What was removed meanwhile is settled and not held. The channel may have been reconnected or removed while the
/// attempt was under way, so it is looked at again.
async fn hold(tx: &mut Tx, c: &Conclusion) -> Result<()> {
    match model::find_target(&mut *tx, c.place.org, c.place.target).await {
        Ok(target) => model::hold(tx, &target, "reconnect", c.now).await?,
        Err(Error::NotFound(_)) => drop(model::settle(tx, c.place.org, c.place.target).await?),
        Err(e) => return Err(e),
    }
    tx.publish(Topic::Channels);
    Ok(())
}

async fn publish(tx: &mut Tx, c: &Conclusion) -> Result<()> {
    for (n, remote) in (0i64..).zip(&c.remotes) {
        let extra = if remote.extra.is_object() { remote.extra.clone() } else { json!({}) };
        q("INSERT INTO remotes (part_id, n, org_id, remote_id, url, extra, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(c.place.part)
            .bind(n)
            .bind(c.place.org)
            .bind(&remote.id)
            .bind(remote.url.as_deref().and_then(text::web_address))
            .bind(extra)
            .bind(c.now)
            .exec(tx)
            .await?;
    }
    if c.place.position == 0 {
        let url = c.remotes.first().and_then(|r| text::web_address(r.url.as_deref()?));
        // Most posts are one part: their state is known without reading the parts again.
        let alone = c.place.last.then_some(TargetState::Published.as_str());
        q("UPDATE targets SET published_at = $2, url = $3, state = COALESCE($4, state), reason = NULL WHERE id = $1")
            .bind(c.place.target)
            .bind(c.now)
            .bind(url)
            .bind(alone)
            .exec(tx)
            .await?;
        if alone.is_some() {
            return Ok(());
        }
    }
    if !c.place.last {
        follow(tx, c).await?;
    }
    model::settle(tx, c.place.org, c.place.target).await?;
    Ok(())
}

/// The part after a published one becomes due, after its own delay.
async fn follow(tx: &mut Tx, c: &Conclusion) -> Result<()> {
    let next: Option<(PartId, i64)> =
        q("SELECT id, delay_seconds FROM parts WHERE target_id = $1 AND position = $2 AND state = 'waiting'")
            .bind(c.place.target)
            .bind(c.place.position + 1)
            .opt(&mut *tx)
            .await?;
    if let Some((id, delay)) = next {
        let at = c.now + TimeDelta::seconds(delay);
        q("UPDATE parts SET next_at = $2 WHERE id = $1").bind(id).bind(at).exec(tx).await?;
    }
    Ok(())
}

async fn skip_rest(tx: &mut Tx, place: &Place) -> Result<()> {
    q("UPDATE parts SET state = 'skipped', next_at = NULL WHERE target_id = $1 AND position > $2 AND state = 'waiting'")
        .bind(place.target)
        .bind(place.position)
        .exec(tx)
        .await?;
    Ok(())
}

fn event(c: &Conclusion) -> Event {
    let until = match &c.next {
        Next::Later { at, .. } => Some(*at),
        _ => None,
    };
    let data = json!({
        "position": c.place.position + 1,
        "tries": c.tries,
        "message": c.failure.as_ref().map(|f| &f.message),
        "code": c.failure.as_ref().and_then(|f| f.code.as_ref()),
        "url": c.remotes.first().and_then(|r| text::web_address(r.url.as_deref()?)),
        "until": until,
        "warnings": c.warnings,
    });
    Event {
        kind: c.kind,
        post: Some(c.place.post),
        target: Some(c.place.target),
        part: Some(c.place.part),
        channel: Some(c.place.lane.channel_id),
        data: Some(data),
        user: None,
    }
}
