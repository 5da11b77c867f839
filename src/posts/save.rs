//! Saving a post: what was checked becomes a version, targets and lines of the audit trail in one transaction.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use serde_json::{Value as Json, json};

use super::{
    check::{check, check_loose},
    common_slot::common,
    draft::{Draft, Entry, EntryPart, Problem, Saved, When},
    known::Known,
    model::{self, Stored, StoredEntry, StoredPart},
    recurrence::{self, Series},
    review,
};
use crate::{
    app::App,
    db::{Topic, Tx},
    delivery::{self, NewPart, NewTarget, Part, TAKEN_DOWN, Target, TargetChange, TargetState},
    error::{Error, Message, Result},
    events::{self, Event},
    kit::{ChannelId, PartId, PostId, TargetId, VersionId},
    orgs::Caller,
};

/// What could be saved, or what is wrong with the draft.
type Outcome = Result<std::result::Result<Saved, Vec<Problem>>>;

/// What the composer knows beyond a [`Draft`].
#[derive(Default)]
pub(super) struct Composed<'a> {
    /// The text of a draft for which no channel is chosen.
    pub loose: &'a [EntryPart],
    /// The version that was edited: [`Error::Conflict`] when there is a newer one.
    pub version: Option<i64>,
    /// The targets that were before the writer's eyes: others are left alone. `None`: all were.
    pub covers: Option<&'a [TargetId]>,
    /// What else belongs to the transaction.
    pub also: Option<&'a dyn Also>,
    /// What it does to the post's recurrence.
    pub series: Series<'a>,
}

/// What else happens in the transaction that saves a post, when everything of the post is written.
pub(super) trait Also: Send + Sync {
    /// Does it; an error undoes the saving.
    fn then<'a>(&'a self, tx: &'a mut Tx, saved: &'a Saved) -> BoxFuture<'a, Result<()>>;
}

/// Saves a new post.
///
/// The outer error is that nothing could be saved (unknown channel, database away); the inner one lists what is wrong
/// with the draft. Nothing is half-saved.
pub async fn create(app: &App, caller: &Caller, draft: &Draft) -> Outcome {
    create_composed(app, caller, draft, &Composed::default()).await
}

/// Saves many new posts in one transaction, all or none: some hundred at a time, for the transaction holds the writer.
/// The inner error lists what is wrong with the first draft that cannot be saved.
pub async fn create_all(app: &App, caller: &Caller, drafts: &[Draft]) -> Result<std::result::Result<Vec<Saved>, Vec<Problem>>> {
    let known = Known::load_all(app, caller.org, drafts).await?;
    let now = app.clock.now();
    if let Some(problems) = drafts.iter().map(|d| check(d, &known, now)).find(|problems| !problems.is_empty()) {
        return Ok(Err(problems));
    }
    let mut tx = app.db.begin().await?;
    let mut all = Vec::with_capacity(drafts.len());
    for draft in drafts {
        match (Save { caller, draft, known: &known, now, post: PostId::new() }).add(&mut tx, app, &[]).await? {
            Ok(saved) => {
                if saved.in_review {
                    review::renew(&mut tx, caller, saved.post, now).await?;
                }
                all.push(saved);
            }
            Err(problems) => return Ok(Err(problems)),
        }
    }
    tx.commit().await?;
    Ok(Ok(all))
}

/// Saves a post again as its next version: targets named are edited in place, others are added, those no longer named
/// are cancelled; of those nothing of which went out (drafts, failed and cancelled ones) nothing remains in the lists.
///
/// [`Error::NotFound`] for an unknown post or target, [`Error::Conflict`] when a named target has begun to go out.
pub async fn update(app: &App, caller: &Caller, post: PostId, draft: &Draft) -> Outcome {
    update_composed(app, caller, post, draft, &Composed::default()).await
}

/// Saves some targets of a post again, and adds others: like [`update`], but those not named are left alone.
pub async fn amend(app: &App, caller: &Caller, post: PostId, draft: &Draft) -> Outcome {
    update_composed(app, caller, post, draft, &Composed { covers: Some(&[]), ..Composed::default() }).await
}

pub(super) async fn create_composed(app: &App, caller: &Caller, draft: &Draft, composed: &Composed<'_>) -> Outcome {
    let known = Known::load(app, caller.org, draft, composed.loose).await?;
    let now = app.clock.now();
    let problems = problems(draft, composed, &known, now);
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let mut tx = app.db.begin().await?;
    let save = Save { caller, draft, known: &known, now, post: PostId::new() };
    let saved = match save.add(&mut tx, app, composed.loose).await? {
        Ok(saved) => saved,
        Err(problems) => return Ok(Err(problems)),
    };
    let drafts = (save.is_draft() || saved.in_review, false);
    recurrence::follow(&mut tx, caller, (composed.series, &saved), drafts, now).await?;
    if saved.in_review {
        review::renew(&mut tx, caller, saved.post, now).await?;
    }
    if let Some(also) = composed.also {
        also.then(&mut tx, &saved).await?;
    }
    tx.commit().await?;
    Ok(Ok(saved))
}

pub(super) async fn update_composed(app: &App, caller: &Caller, post: PostId, draft: &Draft, composed: &Composed<'_>) -> Outcome {
    let known = Known::load(app, caller.org, draft, composed.loose).await?;
    let now = app.clock.now();
    let mut problems = problems(draft, composed, &known, now);
    let mut tx = app.db.begin().await?;
    if model::lock(&mut tx, caller.org, post).await?.is_some() {
        return Err(Error::NotFound("post"));
    }
    let (number, _) = model::latest_version(&mut tx, caller.org, post).await?;
    if composed.version.is_some_and(|seen| seen != number) {
        return Err(Error::conflict("error.post_changed"));
    }
    let existing = super::of_post(&mut tx, caller.org, post).await?;
    problems.extend(misnamed(draft, &existing)?);
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let save = Save { caller, draft, known: &known, now, post };
    let named: Vec<TargetId> = draft.entries.iter().filter_map(|e| e.target).collect();
    let dues = match save.dues(&mut tx, &named).await? {
        Ok(dues) => dues,
        Err(problem) => return Ok(Err(vec![problem])),
    };
    let same = save.repetitions(app, &mut tx, (&dues, &named)).await?;
    if !same.is_empty() {
        return Ok(Err(same));
    }
    let plans = save.plans(&mut tx, &existing).await?;
    save.note(&mut tx, "post.updated", None, json!({"version": number + 1})).await?;
    let saved = save.write(&mut tx, number + 1, (plans, dues), composed.loose).await?;
    let covered = |id: TargetId| composed.covers.is_none_or(|seen| seen.contains(&id));
    let mut remaining = draft.entries.len();
    for listed in existing.iter().filter(|l| !named.contains(&l.target.id)) {
        let id = listed.target.id;
        remaining += usize::from(!covered(id) || save.withdraw(&mut tx, &listed.target).await?);
    }
    model::set_unplaced(&mut tx, caller.org, post, remaining == 0).await?;
    let was_draft = existing.iter().any(|l| named.contains(&l.target.id) && l.target.state == TargetState::Draft);
    let drafts = save.is_draft() || saved.in_review;
    recurrence::follow(&mut tx, caller, (composed.series, &saved), (drafts, was_draft && !drafts), now).await?;
    review::renew(&mut tx, caller, post, now).await?;
    tx.publish(Topic::Posts(caller.org));
    if let Some(also) = composed.also {
        also.then(&mut tx, &saved).await?;
    }
    tx.commit().await?;
    Ok(Ok(saved))
}

fn problems(draft: &Draft, composed: &Composed<'_>, known: &Known, now: DateTime<Utc>) -> Vec<Problem> {
    let mut problems = check(draft, known, now);
    if !composed.loose.is_empty() {
        problems.extend(check_loose(composed.loose, known));
    }
    problems
}

/// A target belongs to one entry and one channel for good.
fn misnamed(draft: &Draft, existing: &[super::Listed]) -> Result<Vec<Problem>> {
    let (mut seen, mut problems) = (HashSet::new(), Vec::new());
    for (n, entry) in draft.entries.iter().enumerate() {
        let Some(id) = entry.target else { continue };
        let target = existing.iter().map(|l| &l.target).find(|t| t.id == id).ok_or(Error::NotFound("post"))?;
        if target.channel_id != entry.channel || !seen.insert(id) {
            let message = "problem.other_channel".into();
            problems.push(Problem { entry: Some(n), part: None, field: "channel".into(), message, same_as: None });
        }
    }
    Ok(problems)
}

/// An entry as it will be written.
struct Plan<'a> {
    entry: i64,
    from: &'a Entry,
    /// Ids of its parts: those it had, else new ones.
    parts: Vec<PartId>,
}

impl<'a> Plan<'a> {
    fn new(entry: i64, from: &'a Entry, had: &[Part]) -> Self {
        let mut known: HashSet<PartId> = had.iter().map(|p| p.id).collect();
        // Each id once: a foreign or repeated one would take another part's place.
        let parts = from.parts.iter().map(|p| p.id.filter(|id| known.remove(id)).unwrap_or_else(PartId::new));
        Self { entry, from, parts: parts.collect() }
    }

    fn stored(&self, settings: Json) -> StoredEntry {
        let parts = self.parts.iter().zip(&self.from.parts).map(|(id, part)| store(*id, part));
        StoredEntry { entry: self.entry, channel: self.from.channel, settings, parts: parts.collect() }
    }
}

fn store(id: PartId, part: &EntryPart) -> StoredPart {
    StoredPart { id, content: part.text.to_html(), media: part.media.clone(), delay_seconds: part.delay_seconds }
}

/// One saving of one post.
struct Save<'a> {
    caller: &'a Caller,
    draft: &'a Draft,
    known: &'a Known,
    now: DateTime<Utc>,
    post: PostId,
}

impl Save<'_> {
    fn is_draft(&self) -> bool {
        matches!(self.draft.when, When::Draft(_))
    }

    /// Writes a new post, unless there is no free slot for an entry, or the same stands on its channel.
    async fn add(&self, tx: &mut Tx, app: &App, loose: &[EntryPart]) -> Outcome {
        let dues = match self.dues(tx, &[]).await? {
            Ok(dues) => dues,
            Err(problem) => return Ok(Err(vec![problem])),
        };
        let same = self.repetitions(app, tx, (&dues, &[])).await?;
        if !same.is_empty() {
            return Ok(Err(same));
        }
        model::insert(tx, self.caller, self.post, self.draft.entries.is_empty(), self.now).await?;
        self.note(tx, "post.created", None, json!({"version": 1})).await?;
        let plans: Vec<Plan> = (0i64..).zip(&self.draft.entries).map(|(n, e)| Plan::new(n, e, &[])).collect();
        Ok(Ok(self.write(tx, 1, (plans, dues), loose).await?))
    }

    /// When each entry goes out. Takes free posting times under the lock of their channels; `leaving` are targets that
    /// give theirs up.
    async fn dues(&self, tx: &mut Tx, leaving: &[TargetId]) -> Result<std::result::Result<Vec<Option<DateTime<Utc>>>, Problem>> {
        let all = |due| Ok(Ok(vec![due; self.draft.entries.len()]));
        match self.draft.when {
            When::Draft(due) => return all(due),
            When::Now => return all(Some(self.now)),
            When::At(at) => return all(Some(at.max(self.now))),
            When::NextSlot | When::CommonSlot => {}
        }
        let channels: BTreeSet<ChannelId> = self.draft.entries.iter().map(|e| e.channel).collect();
        delivery::lock_channels(tx, self.caller.org, &channels.into_iter().collect::<Vec<_>>()).await?;
        if self.draft.when == When::CommonSlot {
            return self.common_due(tx, leaving).await;
        }
        let mut dues = Vec::with_capacity(self.draft.entries.len());
        for (n, entry) in self.draft.entries.iter().enumerate() {
            let given = self.draft.entries.iter().zip(&dues).filter(|(e, _)| e.channel == entry.channel);
            let taken = delivery::Taken { leaving, given: given.filter_map(|(_, due)| *due).collect() };
            let channel = &self.known.destination(entry.channel)?.channel;
            let Some(due) = delivery::free(&mut *tx, channel, self.now, &taken).await? else {
                let message = "problem.no_slot".into();
                return Ok(Err(Problem { entry: Some(n), part: None, field: "date".into(), message, same_as: None }));
            };
            dues.push(Some(due));
        }
        Ok(Ok(dues))
    }

    /// Entries whose content is on their channel already, or will be, unless that is allowed. `named` are the targets that
    /// are saved.
    async fn repetitions(
        &self,
        app: &App,
        tx: &mut Tx,
        (dues, named): (&[Option<DateTime<Utc>>], &[TargetId]),
    ) -> Result<Vec<Problem>> {
        let config = &app.config.delivery;
        let window = TimeDelta::hours(config.duplicate_hours.into());
        if self.draft.allow_duplicate || window.is_zero() || matches!(self.draft.when, When::Draft(_)) {
            return Ok(Vec::new());
        }
        let mut problems = Vec::new();
        for (n, (entry, due)) in self.draft.entries.iter().zip(dues).enumerate() {
            let channel = &self.known.destination(entry.channel)?.channel;
            let (Some(due), Some(root)) = (due, entry.parts.first()) else { continue };
            if delivery::is_exempt(config, &channel.provider) {
                continue;
            }
            let hash = delivery::content_hash(&root.text.to_html(), &root.media);
            let within = (*due - window, *due + window);
            let found = delivery::find_same(&mut *tx, (self.caller.org, entry.channel), hash, within, named).await?;
            if let Some(same) = found {
                let message =
                    Message::new("problem.duplicate").with("channel", &channel.name).with("hours", config.duplicate_hours);
                problems.push(Problem { entry: Some(n), part: None, field: "duplicate".into(), message, same_as: Some(same) });
            }
        }
        Ok(problems)
    }

    /// One free time for all entries, under the lock of their channels.
    async fn common_due(
        &self,
        tx: &mut Tx,
        leaving: &[TargetId],
    ) -> Result<std::result::Result<Vec<Option<DateTime<Utc>>>, Problem>> {
        let ids: BTreeSet<ChannelId> = self.draft.entries.iter().map(|e| e.channel).collect();
        let channels = ids.iter().map(|id| Ok(&self.known.destination(*id)?.channel)).collect::<Result<Vec<_>>>()?;
        let taken = delivery::Taken { leaving, given: Vec::new() };
        let message = "problem.no_common_slot".into();
        Ok(match common(tx, &channels, self.now, &taken).await? {
            Some(due) => Ok(vec![Some(due); self.draft.entries.len()]),
            None => Err(Problem { entry: None, part: None, field: "date".into(), message, same_as: None }),
        })
    }

    /// Which entry number and part ids each entry gets when the post has targets already.
    async fn plans(&self, tx: &mut Tx, existing: &[super::Listed]) -> Result<Vec<Plan<'_>>> {
        let mut next = model::next_entry(tx, self.caller.org, self.post).await?;
        let mut plans = Vec::with_capacity(self.draft.entries.len());
        for entry in &self.draft.entries {
            let had = entry.target.and_then(|id| existing.iter().find(|l| l.target.id == id));
            plans.push(match had {
                Some(listed) => Plan::new(listed.target.entry, entry, &listed.parts),
                None => {
                    next += 1;
                    Plan::new(next - 1, entry, &[])
                }
            });
        }
        Ok(plans)
    }

    /// Writes the version, then a target for each entry.
    async fn write(
        &self,
        tx: &mut Tx,
        number: i64,
        (plans, dues): (Vec<Plan<'_>>, Vec<Option<DateTime<Utc>>>),
        loose: &[EntryPart],
    ) -> Result<Saved> {
        let mut content = Stored::default();
        for plan in &plans {
            content.entries.push(plan.stored(self.settings(plan.from)?));
        }
        if plans.is_empty() {
            content.parts = loose.iter().map(|p| store(p.id.unwrap_or_else(PartId::new), p)).collect();
        }
        let in_review = !self.is_draft() && review::awaits(tx, self.caller.org, self.post, &content.entries).await?;
        let who = (self.caller.org, self.caller.user);
        let version = model::add_version(tx, who, self.post, (number, &content), self.now).await?;
        let mut entries: Vec<_> = plans.iter().zip(dues).zip(content.entries).enumerate().collect();
        // Every writer takes several lanes in the same order: two on one Postgres would else wait for each other.
        entries.sort_by_key(|(_, (_, stored))| stored.channel);
        let mut targets = Vec::with_capacity(plans.len());
        for (n, ((plan, due_at), stored)) in entries {
            // What is to go out now goes out when it is approved.
            let due_at = due_at.filter(|_| !in_review || self.draft.when != When::Now);
            targets.push((n, self.write_target(tx, (plan, stored), version, (due_at, in_review)).await?));
        }
        targets.sort_by_key(|(n, _)| *n);
        let targets: Vec<(TargetId, ChannelId)> = targets.into_iter().map(|(_, target)| target).collect();
        if in_review {
            let ids: Vec<TargetId> = targets.iter().map(|(id, _)| *id).collect();
            delivery::await_approval(tx, self.caller.org, &ids).await?;
        }
        Ok(Saved { post: self.post, targets, in_review })
    }

    async fn write_target(
        &self,
        tx: &mut Tx,
        (plan, stored): (&Plan<'_>, StoredEntry),
        version: VersionId,
        (due_at, in_review): (Option<DateTime<Utc>>, bool),
    ) -> Result<(TargetId, ChannelId)> {
        let draft = in_review || self.is_draft();
        let (org, channel) = (self.caller.org, stored.channel);
        let part = |p: StoredPart| NewPart { id: p.id, content: p.content, media: p.media, delay_seconds: p.delay_seconds };
        let parts = stored.parts.into_iter().map(part).collect();
        let zone = self.draft.zone.name().to_owned();
        let change = TargetChange { version, draft, due_at, zone, settings: stored.settings, parts };
        let id = match plan.from.target {
            Some(id) => {
                delivery::replace(tx, org, id, &change).await?;
                id
            }
            None => {
                let new = NewTarget { id: TargetId::new(), post: self.post, entry: plan.entry, channel, change };
                delivery::add(tx, org, &new, self.now).await?;
                new.id
            }
        };
        let kind = match (plan.from.target.is_some(), draft) {
            (_, true) if in_review => "target.submitted",
            (_, true) => "target.drafted",
            (false, false) => "target.scheduled",
            (true, false) => "target.rescheduled",
        };
        let data = json!({"due": due_at, "zone": self.draft.zone.name()});
        self.note(tx, kind, Some((id, channel)), data).await?;
        Ok((id, channel))
    }

    /// As they are kept: checked and completed, for a draft as far as that is possible.
    fn settings(&self, entry: &Entry) -> Result<Json> {
        let provider = self.known.destination(entry.channel)?.provider;
        let checked = provider.and_then(|p| self.known.settings(p.about(), &entry.settings).ok());
        let as_given = || if entry.settings.is_object() { entry.settings.clone() } else { json!({}) };
        Ok(checked.unwrap_or_else(as_given))
    }

    /// Takes a target out that is no longer named. Tells whether something of it stays in the lists.
    async fn withdraw(&self, tx: &mut Tx, target: &Target) -> Result<bool> {
        let (org, user, id) = (self.caller.org, self.caller.user, target.id);
        if target.reason.as_deref() == Some(TAKEN_DOWN) {
            return Ok(true);
        }
        if matches!(target.state, TargetState::Draft | TargetState::Cancelled | TargetState::Failed | TargetState::Missed) {
            delivery::remove_one(tx, org, id, user, self.now).await?;
            return Ok(false);
        }
        match delivery::cancel(tx, org, id, user, self.now).await {
            // What is live or on its way stays what it is.
            Ok(()) | Err(Error::Conflict(_)) => Ok(true),
            Err(e) => Err(e),
        }
    }

    async fn note(&self, tx: &mut Tx, kind: &'static str, of: Option<(TargetId, ChannelId)>, data: Json) -> Result<()> {
        let event = Event {
            kind,
            post: Some(self.post),
            target: of.map(|(target, _)| target),
            channel: of.map(|(_, channel)| channel),
            user: self.caller.user,
            data: Some(data),
            ..Event::default()
        };
        events::record(tx, self.caller.org, event, self.now).await
    }
}
