//! From a rule to targets: which occurrences are planned, and the task that plans more as time goes by.
//!
//! Idempotent: an occurrence is known by its key, and a key that a target of the post has, removed ones included, is not
//! planned again.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::IANA_TZDB_VERSION;
use serde_json::json;
use tokio::task::JoinHandle;

use super::model::{self, Recurrence, StoredEntry};
use crate::{
    app::App,
    channels::Channel,
    db::Tx,
    delivery::{self, NewPart, NewTarget, Planned, TargetChange},
    error::Result,
    events::{self, Event},
    kit::{ChannelId, OrgId, PartId, PostId, TargetId, recur::Occurrence},
};

/// How far ahead occurrences become targets.
pub const AHEAD: TimeDelta = TimeDelta::days(60);
/// Most occurrences that are targets at a time: rules of minutes would fill the tables.
pub const MOST: usize = 100;
/// Longest wait of the task: what it cannot plan it tries again then, too.
const RECHECK: TimeDelta = TimeDelta::hours(1);

/// Brings the targets of a post in line with its rule and writes the recurrence. With `rewrite` also those that are planned
/// already get its version.
///
/// Nothing is touched with which the engine has begun, whose time has passed, that was edited alone, or that a person
/// withdrew or removed. The caller holds the post.
pub(super) async fn plan(tx: &mut Tx, series: &mut Recurrence, rewrite: bool, now: DateTime<Utc>) -> Result<()> {
    if series.paused_at.is_none() {
        let entries = entries(tx, series).await?;
        let planned = delivery::occurrences_of(&mut *tx, series.org_id, series.post_id).await?;
        let rule = series.rule.0.clone();
        let before = |one: &Occurrence| series.ends_before.is_none_or(|end| one.at < end);
        let mut all = rule.occurrences(now).take_while(before).peekable();
        let mut wanted: Vec<Occurrence> = Vec::new();
        while wanted.len() < MOST
            && let Some(one) = all.next_if(|one| wanted.is_empty() || one.at <= now + AHEAD)
        {
            wanted.push(one);
        }
        let next = if entries.is_empty() { None } else { all.next() };
        skipped(tx, series, now).await?;
        let work = Work { series, entries: &entries, wanted: &wanted, rewrite, now };
        work.take_back(tx, &planned).await?;
        work.write(tx, &planned).await?;
        let middle = (wanted.len() == MOST).then(|| wanted[MOST / 2].at);
        series.plan_at = next.as_ref().map(|next| middle.unwrap_or(next.at - AHEAD));
        series.ended_at = if next.is_some() { None } else { series.ended_at.or(Some(now)) };
        series.next_at = next.map(|next| next.at);
        IANA_TZDB_VERSION.clone_into(&mut series.tzdata);
    }
    model::save_recurrence(tx, series).await
}

/// What the series says, on channels that still exist.
async fn entries(tx: &mut Tx, series: &Recurrence) -> Result<Vec<StoredEntry>> {
    let all = model::version(&mut *tx, series.org_id, series.version_id).await?.entries;
    let ids: Vec<ChannelId> = all.iter().map(|e| e.channel).collect();
    let there: HashSet<ChannelId> = Channel::find_many(&mut *tx, series.org_id, &ids).await?.iter().map(|c| c.id).collect();
    Ok(all.into_iter().filter(|e| there.contains(&e.channel)).collect())
}

/// Occurrences that never became targets, because nothing was planned for longer than it was planned ahead: they are not
/// made up for, but written down.
async fn skipped(tx: &mut Tx, series: &Recurrence, now: DateTime<Utc>) -> Result<()> {
    let Some(next) = series.next_at.filter(|next| *next <= now) else { return Ok(()) };
    let missed =
        series.rule.0.occurrences(next - TimeDelta::microseconds(1)).take_while(|one| one.at <= now).take(100_000).count();
    let data = json!({"count": missed, "from": next, "until": now});
    let event = Event { kind: "post.occurrences_skipped", post: Some(series.post_id), data: Some(data), ..Event::default() };
    tracing::warn!(post = %series.post_id, missed, "occurrences passed before they could be planned");
    events::record(tx, series.org_id, event, now).await
}

struct Work<'a> {
    series: &'a Recurrence,
    entries: &'a [StoredEntry],
    wanted: &'a [Occurrence],
    rewrite: bool,
    now: DateTime<Utc>,
}

impl Work<'_> {
    fn is_ours(&self, one: &Planned) -> bool {
        one.is_ahead(self.now) && !one.detached && one.occurrence_key != "once"
    }

    /// Takes back what the rule no longer names.
    async fn take_back(&self, tx: &mut Tx, planned: &[Planned]) -> Result<()> {
        for one in planned.iter().filter(|one| self.is_ours(one)) {
            let entry = self.entries.iter().any(|e| e.entry == one.entry);
            if !entry || !self.wanted.iter().any(|w| w.key == one.occurrence_key) {
                delivery::forget(tx, self.series.org_id, one).await?;
            }
        }
        Ok(())
    }

    /// Writes what the rule names and is not there, and moves or rewrites what is.
    async fn write(&self, tx: &mut Tx, planned: &[Planned]) -> Result<()> {
        let org = self.series.org_id;
        let known: HashMap<(i64, &str), &Planned> =
            planned.iter().map(|one| ((one.entry, one.occurrence_key.as_str()), one)).collect();
        for occurrence in self.wanted {
            for entry in self.entries {
                match known.get(&(entry.entry, occurrence.key.as_str())) {
                    None => {
                        let change = self.change(entry, occurrence);
                        let (id, post) = (TargetId::new(), self.series.post_id);
                        let new = NewTarget { id, post, entry: entry.entry, channel: entry.channel, change };
                        let lapses = self.series.rule.0.is_frequent();
                        delivery::add_occurrence(tx, org, &new, (&occurrence.key, lapses), self.now).await?;
                    }
                    Some(one) if self.is_ours(one) => {
                        let moved = one.due_at != Some(occurrence.at);
                        if self.rewrite || moved {
                            delivery::replace(tx, org, one.id, &self.change(entry, occurrence)).await?;
                        }
                        if moved && !self.rewrite {
                            self.note_move(tx, one, occurrence).await?;
                        }
                    }
                    Some(_) => {}
                }
            }
        }
        Ok(())
    }

    fn change(&self, entry: &StoredEntry, occurrence: &Occurrence) -> TargetChange {
        let part = |p: &model::StoredPart| NewPart {
            id: PartId::new(),
            content: p.content.clone(),
            media: p.media.clone(),
            delay_seconds: p.delay_seconds,
        };
        TargetChange {
            version: self.series.version_id,
            draft: false,
            due_at: Some(occurrence.at),
            zone: self.series.rule.zone.name().to_owned(),
            settings: entry.settings.clone(),
            parts: entry.parts.iter().map(part).collect(),
        }
    }

    /// Nobody asked for it: the rules of the zone have changed.
    async fn note_move(&self, tx: &mut Tx, one: &Planned, to: &Occurrence) -> Result<()> {
        let event = Event {
            kind: "target.rescheduled",
            post: Some(self.series.post_id),
            target: Some(one.id),
            channel: Some(one.channel_id),
            data: Some(json!({"due": to.at, "was": one.due_at, "tzdata": IANA_TZDB_VERSION})),
            ..Event::default()
        };
        events::record(tx, self.series.org_id, event, self.now).await
    }
}

/// Makes targets that stand for no occurrence yet, and those just saved, the rule's first occurrence, so that it is not
/// planned beside them.
pub(super) async fn name_leads(tx: &mut Tx, series: &Recurrence, leads: &[TargetId], now: DateTime<Utc>) -> Result<()> {
    let all = delivery::occurrences_of(&mut *tx, series.org_id, series.post_id).await?;
    let is_lead = |one: &&Planned| {
        leads.contains(&one.id)
            || one.occurrence_key == "once" && !one.begun && !one.removed && one.due_at.is_none_or(|due| due > now)
    };
    let rule = &series.rule.0;
    let (leads, others): (Vec<&Planned>, Vec<&Planned>) = all.iter().partition(is_lead);
    for lead in &leads {
        let due = lead.due_at.unwrap_or(now);
        let exact = rule.occurrences(due - TimeDelta::seconds(1)).next().filter(|one| lead.due_at == Some(one.at));
        let Some(occurrence) = exact.or_else(|| rule.occurrences(now).next()) else { continue };
        let holder = others.iter().find(|o| o.entry == lead.entry && o.occurrence_key == occurrence.key);
        let key = match holder {
            // What was planned for that time anyway makes room; what has begun or was removed keeps its name.
            Some(holder) if holder.is_ahead(now) && !holder.detached => {
                delivery::forget(tx, series.org_id, holder).await?;
                occurrence.key
            }
            Some(_) => format!("{}+{}", occurrence.key, lead.id),
            None => occurrence.key,
        };
        delivery::set_occurrence(tx, series.org_id, lead.id, &key, rule.is_frequent()).await?;
    }
    Ok(())
}

/// Plans whatever wants to be planned now, each post in a transaction of its own; tells how many it looked at.
pub async fn plan_due(app: &App) -> Result<usize> {
    let due = model::due_recurrences(&app.db, app.clock.now(), IANA_TZDB_VERSION).await?;
    for (org, post) in &due {
        if let Err(e) = plan_one(app, *org, *post).await {
            tracing::error!(%post, error = format!("{e:#}"), "a recurrence cannot be planned");
        }
    }
    Ok(due.len())
}

async fn plan_one(app: &App, org: OrgId, post: PostId) -> Result<()> {
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    if model::lock(&mut tx, org, post).await?.is_some() {
        return Ok(());
    }
    if let Some(mut series) = model::recurrence(&mut tx, org, post).await? {
        plan(&mut tx, &mut series, false, now).await?;
    }
    tx.commit().await
}

/// Starts the task that plans: at once, and whenever the next recurrence wants it. Dropping the handle does not end it.
pub fn start(app: &App) -> JoinHandle<()> {
    let app = app.clone();
    tokio::spawn(async move {
        loop {
            if let Err(e) = plan_due(&app).await {
                tracing::error!(error = format!("{e:#}"), "recurrences cannot be planned");
            }
            let now = app.clock.now();
            let next = model::next_plan(&app.db).await.unwrap_or_default();
            // Never at once again: what failed would fail again.
            let wake = next.map_or(now + RECHECK, |next| next.clamp(now + TimeDelta::minutes(1), now + RECHECK));
            app.clock.sleep_until(wake).await;
        }
    })
}
