//! Posts that go out again and again: their rule, pausing, ending, and which targets follow from it (`plan.rs`).
//!
//! Occurrences of the next sixty days are targets like any other; later ones are only drawn. An occurrence is never touched
//! once the engine has begun with it, and publishing one touches no other.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use chrono_tz::IANA_TZDB_VERSION;
use serde_json::json;

use super::{
    draft::{Draft, Problem, Saved},
    model::{self, Recurrence, StoredEntry},
    plan, review,
    save::{Composed, create_composed, update_composed},
};
use crate::{
    app::App,
    db::{Ex, Json, Topic, Tx},
    delivery::{self, TargetState},
    error::{Error, OrNotFound as _, Result},
    events::{self, Event},
    kit::{OrgId, PostId, TargetId, VersionId, recur::Rule},
    orgs::Caller,
};

/// Most occurrences of one recurrence that a calendar draws.
const MAX_DRAWN: usize = 500;

/// What saving a post does to its recurrence.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Series<'a> {
    /// What is saved is one occurrence, which from now on is edited alone. A draft that is scheduled begins its series.
    #[default]
    One,
    /// What is saved is what every occurrence from now on says, and this is when they are.
    All(&'a Rule),
    /// It goes out once.
    Off,
}

/// Saves a new post that recurs; its date should be the rule's first occurrence. A draft begins to recur when it is
/// scheduled. Otherwise like [`super::create`]; [`Error::Invalid`] names what is wrong with the rule.
pub async fn create(app: &App, caller: &Caller, draft: &Draft, rule: &Rule) -> Result<Result<Saved, Vec<Problem>>> {
    rule.check()?;
    create_composed(app, caller, draft, &Composed { series: Series::All(rule), ..Composed::default() }).await
}

/// [`super::amend`], for all occurrences from now on.
pub async fn amend(app: &App, caller: &Caller, post: PostId, draft: &Draft, rule: &Rule) -> Result<Result<Saved, Vec<Problem>>> {
    rule.check()?;
    let composed = Composed { covers: Some(&[]), series: Series::All(rule), ..Composed::default() };
    update_composed(app, caller, post, draft, &composed).await
}

/// The recurrence of a post, if it has one.
pub async fn of_post(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId) -> Result<Option<Recurrence>> {
    model::recurrence(ex, org, post).await
}

/// Makes a post recur, or recur otherwise: targets ahead that were not edited alone get the newest version and the new
/// times, those that are no longer named are taken back, and what has begun stays as it is.
pub async fn set(tx: &mut Tx, caller: &Caller, post: PostId, rule: &Rule, now: DateTime<Utc>) -> Result<()> {
    let (_, said) = model::latest_version(&mut *tx, caller.org, post).await?;
    review::require_approved(tx, caller.org, post, &said.entries).await?;
    adopt(tx, caller, post, (rule, &[]), now).await
}

/// `leads` are targets just saved, which become the rule's first occurrence.
async fn adopt(
    tx: &mut Tx,
    caller: &Caller,
    post: PostId,
    (rule, leads): (&Rule, &[TargetId]),
    now: DateTime<Utc>,
) -> Result<()> {
    rule.check()?;
    if model::lock(tx, caller.org, post).await?.is_some() {
        return Err(Error::NotFound("post"));
    }
    let before = model::recurrence(&mut *tx, caller.org, post).await?;
    let mut series = Recurrence {
        post_id: post,
        org_id: caller.org,
        version_id: model::latest_version_id(&mut *tx, caller.org, post).await?,
        rule: Json(rule.clone()),
        ends_before: None,
        tzdata: IANA_TZDB_VERSION.to_owned(),
        plan_at: None,
        next_at: None,
        paused_at: before.as_ref().and_then(|b| b.paused_at),
        ended_at: None,
        created_at: before.map_or(now, |b| b.created_at),
    };
    plan::name_leads(tx, &series, leads, now).await?;
    plan::plan(tx, &mut series, true, now).await?;
    note(tx, caller, post, "post.recurs", now).await
}

/// What [`super::save`] calls after it has written a post. `drafts`: its targets are drafts now; `scheduled`: they were,
/// and are no longer.
pub(super) async fn follow(
    tx: &mut Tx,
    caller: &Caller,
    (series, saved): (Series<'_>, &Saved),
    (drafts, scheduled): (bool, bool),
    now: DateTime<Utc>,
) -> Result<()> {
    let (org, post) = (caller.org, saved.post);
    let leads: Vec<TargetId> = saved.targets.iter().map(|(id, _)| *id).collect();
    let known = model::recurrence(&mut *tx, org, post).await?;
    match (series, known) {
        (Series::All(rule), known) => {
            // A draft recurs from when it is scheduled; nothing goes out before.
            if drafts && known.as_ref().is_none_or(|k| k.paused_at.is_none()) {
                adopt(tx, caller, post, (rule, &leads), now).await?;
                return pause_but(tx, caller, post, &leads, now).await;
            }
            adopt(tx, caller, post, (rule, &leads), now).await?;
            if scheduled { resume(tx, caller, post, now).await } else { Ok(()) }
        }
        (Series::Off, Some(_)) => {
            for one in delivery::occurrences_of(&mut *tx, org, post).await? {
                let waits = one.is_ahead(now) || one.reason.as_deref() == Some("series") && one.state == TargetState::Held;
                if waits && !leads.contains(&one.id) {
                    delivery::forget(tx, org, &one).await?;
                }
            }
            model::remove_recurrence(tx, org, post).await?;
            note(tx, caller, post, "post.recurrence_ended", now).await
        }
        (Series::One, Some(known)) if scheduled && known.paused_at.is_some() => {
            adopt(tx, caller, post, (&known.rule.0, &leads), now).await?;
            resume(tx, caller, post, now).await
        }
        (Series::One, Some(_)) => {
            for id in leads {
                delivery::detach(tx, org, id).await?;
            }
            Ok(())
        }
        (Series::Off | Series::One, None) => Ok(()),
    }
}

/// What a series waited for was approved: it goes on, with these as its next occurrence. Occurrences that are edited alone
/// say nothing about the others.
pub(super) async fn go_on(tx: &mut Tx, caller: &Caller, post: PostId, approved: &[TargetId], now: DateTime<Utc>) -> Result<()> {
    let Some(known) = model::recurrence(&mut *tx, caller.org, post).await?.filter(|known| known.paused_at.is_some()) else {
        return Ok(());
    };
    let planned = delivery::occurrences_of(&mut *tx, caller.org, post).await?;
    let leads: Vec<TargetId> = planned.iter().filter(|p| !p.detached && approved.contains(&p.id)).map(|p| p.id).collect();
    if leads.is_empty() {
        return Ok(());
    }
    adopt(tx, caller, post, (&known.rule.0, &leads), now).await?;
    resume(tx, caller, post, now).await
}

/// Nothing more of it goes out until it is resumed: of what is ahead the next occurrence is held, to be seen in the lists,
/// with those that were edited alone; the others are taken back.
pub async fn pause(tx: &mut Tx, caller: &Caller, post: PostId, now: DateTime<Utc>) -> Result<()> {
    pause_but(tx, caller, post, &[], now).await
}

async fn pause_but(tx: &mut Tx, caller: &Caller, post: PostId, drafts: &[TargetId], now: DateTime<Utc>) -> Result<()> {
    let mut series = locked(tx, caller.org, post).await?;
    let ahead: Vec<_> =
        delivery::occurrences_of(&mut *tx, caller.org, post).await?.into_iter().filter(|one| one.is_ahead(now)).collect();
    let next = ahead.iter().find(|one| !one.detached).map(|one| one.occurrence_key.clone()).filter(|_| drafts.is_empty());
    for one in &ahead {
        if one.detached || next.as_ref() == Some(&one.occurrence_key) {
            delivery::hold_series(tx, caller.org, one.id, now).await?;
        } else {
            delivery::forget(tx, caller.org, one).await?;
        }
    }
    series.paused_at.get_or_insert(now);
    series.plan_at = None;
    model::save_recurrence(tx, &series).await?;
    note(tx, caller, post, "post.recurrence_paused", now).await
}

/// Takes a pause back: goes on with the next occurrence that is still to come; those that passed meanwhile are not made up
/// for.
pub async fn resume(tx: &mut Tx, caller: &Caller, post: PostId, now: DateTime<Utc>) -> Result<()> {
    let mut series = locked(tx, caller.org, post).await?;
    if series.paused_at.take().is_none() {
        return Ok(());
    }
    let said = model::version(&mut *tx, caller.org, series.version_id).await?;
    review::require_approved(tx, caller.org, post, &said.entries).await?;
    for one in delivery::occurrences_of(&mut *tx, caller.org, post).await? {
        if one.state == TargetState::Held && one.reason.as_deref() == Some("series") && !one.removed {
            delivery::release_series(tx, caller.org, &one, now).await?;
        }
    }
    series.next_at = None;
    plan::plan(tx, &mut series, true, now).await?;
    note(tx, caller, post, "post.recurrence_resumed", now).await
}

/// Ends it: nothing that is due at `from` or later goes out, but what has begun. Without any other target the post is
/// removed as a whole.
pub async fn end(tx: &mut Tx, caller: &Caller, post: PostId, from: DateTime<Utc>, now: DateTime<Utc>) -> Result<()> {
    let mut series = locked(tx, caller.org, post).await?;
    let mut left = 0;
    for one in delivery::occurrences_of(&mut *tx, caller.org, post).await?.iter().filter(|one| !one.removed) {
        let waits = matches!(one.state, TargetState::Draft | TargetState::Scheduled | TargetState::Held) && !one.begun;
        if waits && one.due_at.is_none_or(|due| due >= from) {
            delivery::remove_one(tx, caller.org, one.id, caller.user, now).await?;
        } else {
            left += 1;
        }
    }
    series.ends_before = Some(series.ends_before.map_or(from, |earlier| earlier.min(from)));
    plan::plan(tx, &mut series, false, now).await?;
    note(tx, caller, post, "post.recurrence_ended", now).await?;
    if left == 0 {
        model::set_deleted(tx, caller.org, post, Some(now)).await?;
        note(tx, caller, post, "post.deleted", now).await?;
    }
    tx.publish(Topic::Posts(caller.org));
    Ok(())
}

async fn locked(tx: &mut Tx, org: OrgId, post: PostId) -> Result<Recurrence> {
    if model::lock(tx, org, post).await?.is_some() {
        return Err(Error::NotFound("post"));
    }
    model::recurrence(&mut *tx, org, post).await.or_not_found("post")
}

async fn note(tx: &mut Tx, caller: &Caller, post: PostId, kind: &'static str, now: DateTime<Utc>) -> Result<()> {
    let rule = model::recurrence(&mut *tx, caller.org, post).await?.map(|r| r.rule.0);
    let data = json!({"rule": rule});
    let event = Event { kind, post: Some(post), user: caller.user, data: Some(data), ..Event::default() };
    events::record(tx, caller.org, event, now).await
}

/// The next `n` times of a rule, or its first ones when it has not begun.
pub fn preview(rule: &Rule, now: DateTime<Utc>, n: usize) -> Vec<DateTime<Utc>> {
    rule.occurrences(now).take(n).map(|one| one.at).collect()
}

/// Days between two occurrences, for those of some posts that recur after so many days.
pub async fn days_of(ex: impl Into<Ex<'_>>, org: OrgId, posts: &[PostId]) -> Result<HashMap<PostId, u32>> {
    let recurring = model::recurring(ex, org, posts).await?;
    Ok(recurring.iter().filter_map(|r| Some((r.post_id, r.rule.days()?))).collect())
}

/// An occurrence that is no target yet: to be drawn, not to be changed.
#[derive(Debug, Clone)]
pub struct Upcoming {
    /// The post.
    pub post: PostId,
    /// When.
    pub at: DateTime<Utc>,
    /// What it will say, one per channel.
    pub entries: Arc<Vec<StoredEntry>>,
    /// Days between two, when it is so many days.
    pub days: Option<u32>,
}

/// What recurrences will add in a window of time beyond the targets that exist, earliest first.
pub async fn upcoming(ex: impl Into<Ex<'_>>, org: OrgId, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> Result<Vec<Upcoming>> {
    let mut ex = ex.into();
    let mut due = Vec::new();
    for series in model::recurrences_of(&mut ex, org, to).await? {
        let begin = series.next_at.map_or(from, |next| next.max(from));
        let end = series.ends_before.map_or(to, |end| end.min(to));
        let instants = series.rule.0.occurrences(begin - chrono::TimeDelta::microseconds(1)).map(|one| one.at);
        let instants: Vec<_> = instants.take_while(|at| *at < end).take(MAX_DRAWN).collect();
        if !instants.is_empty() {
            due.push((series, instants));
        }
    }
    let ids: Vec<VersionId> = due.iter().map(|(series, _)| series.version_id).collect();
    let versions = model::versions(&mut ex, org, &ids).await?.into_iter();
    let said: HashMap<VersionId, _> = versions.map(|(id, stored)| (id, Arc::new(stored.entries))).collect();
    let mut drawn = Vec::new();
    for (series, instants) in due {
        let entries = said.get(&series.version_id).ok_or(Error::NotFound("post"))?;
        let one = |at| Upcoming { post: series.post_id, at, entries: entries.clone(), days: series.rule.0.days() };
        drawn.extend(instants.into_iter().map(one));
    }
    drawn.sort_by_key(|one| (one.at, one.post));
    Ok(drawn)
}
