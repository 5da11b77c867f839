//! What a person does with a post that recurs: pause it, go on, remove one occurrence or this one and what follows; and how
//! its page shows it.

use chrono::{DateTime, Utc};
use poem::{handler, web::Path};
use serde::Serialize;

use super::{actions::Sent, id};
use crate::{
    app::App,
    delivery::{self, TargetState},
    error::{Error, Message, Result},
    kit::{PostId, TargetId},
    orgs::Caller,
    posts::{
        Listed,
        model::{Post, Recurrence},
        recurrence,
        rule_text::rule_text,
        words::Reader,
    },
    render::{Moment, text},
    web::{self, Flash, Peer},
};

/// Lines of the occurrences ahead.
const LINES: usize = 8;
/// Occurrences shown whole that are over.
const PAST: usize = 10;

/// Pauses it.
#[handler]
pub async fn pause(app: App, caller: Caller, peer: Peer, Path(post): Path<String>) -> web::Result {
    let post: PostId = id(&post)?;
    Post::find(&app.db, caller.org, post).await?;
    let mut tx = app.db.begin().await?;
    recurrence::pause(&mut tx, &caller, post, app.clock.now()).await?;
    tx.commit().await?;
    let undo = format!("/posts/{post}/recurrence/resumption");
    Ok(Flash::ok("series.paused").undo(undo, "post.undo").into_response(web::redirect(&format!("/posts/{post}")), &peer))
}

/// Goes on.
#[handler]
pub async fn resume(app: App, caller: Caller, peer: Peer, Path(post): Path<String>) -> web::Result {
    let post: PostId = id(&post)?;
    Post::find(&app.db, caller.org, post).await?;
    let mut tx = app.db.begin().await?;
    recurrence::resume(&mut tx, &caller, post, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Flash::ok("series.resumed").into_response(web::redirect(&format!("/posts/{post}")), &peer))
}

/// Removes one occurrence, or with `following` what comes after it as well.
#[handler]
pub async fn remove(app: App, caller: Caller, sent: Sent, Path((post, target)): Path<(String, String)>) -> web::Result {
    let (post, target): (PostId, TargetId) = (id(&post)?, id(&target)?);
    let (found, now) = (delivery::find_target(&app.db, caller.org, target).await?, app.clock.now());
    if found.post_id != post || recurrence::of_post(&app.db, caller.org, post).await?.is_none() {
        return Err(Error::NotFound("post").into());
    }
    let mut tx = app.db.begin().await?;
    if sent.form.get("following").is_empty() {
        // Removed for good, so that its times are one less; on all its channels.
        for one in delivery::occurrences_of(&mut tx, caller.org, post).await? {
            if !one.removed && one.due_at == found.due_at && !one.begun {
                delivery::remove_one(&mut tx, caller.org, one.id, caller.user, now).await?;
            }
        }
    } else {
        recurrence::end(&mut tx, &caller, post, found.due_at.unwrap_or(now).max(now), now).await?;
    }
    tx.commit().await?;
    let there = Post::find(&app.db, caller.org, post).await.is_ok();
    let to = if there { format!("/posts/{post}") } else { "/posts".to_owned() };
    let said = if sent.form.get("following").is_empty() { "series.removed_one" } else { "series.removed_following" };
    Ok(Flash::ok(said).into_response(web::redirect(&to), &sent.peer))
}

/// The series as its page shows it.
#[derive(Debug, Serialize)]
pub struct SeriesView {
    text: String,
    zone: String,
    paused: bool,
    ended: bool,
    lines: Vec<Line>,
    more: Option<String>,
}

#[derive(Debug, Serialize)]
struct Line {
    target: TargetId,
    at: Moment,
    /// It has words of its own.
    alone: bool,
}

/// Takes what lies further ahead than the next occurrence out of `listed` and gives it as lines.
pub fn fold(series: &Recurrence, alone: &[TargetId], listed: &mut Vec<Listed>, reader: Reader) -> SeriesView {
    listed.sort_by_key(|l| (l.target.due_at, l.target.entry));
    let waits = |l: &Listed| l.target.state == TargetState::Scheduled && l.target.due_at.is_some_and(|due| due > reader.now);
    let next = listed.iter().find(|l| waits(l)).and_then(|l| l.target.due_at);
    let (shown, ahead): (Vec<Listed>, Vec<Listed>) =
        std::mem::take(listed).into_iter().partition(|l| !waits(l) || l.target.due_at == next);
    // Occurrences that a downtime passed over say nothing that the newest of them does not.
    let over = shown.iter().filter(|l| !waits(l) && !needs_person(l)).count();
    let mut drop = over.saturating_sub(PAST);
    *listed = shown;
    listed.retain(|l| {
        let old = drop > 0 && !waits(l) && !needs_person(l);
        drop -= usize::from(old);
        !old
    });
    // What comes next stands first, what is over after it.
    listed.sort_by_key(|l| (!waits(l) && !needs_person(l), std::cmp::Reverse(l.target.due_at), l.target.entry));
    lines(series, alone, &ahead, reader)
}

fn needs_person(listed: &Listed) -> bool {
    use TargetState::*;
    matches!(listed.target.state, Draft | Held | NeedsYou | Sending | Failed | Missed)
}

fn lines(series: &Recurrence, alone: &[TargetId], ahead: &[Listed], reader: Reader) -> SeriesView {
    let mut dues: Vec<DateTime<Utc>> = ahead.iter().filter_map(|l| l.target.due_at).collect();
    dues.dedup();
    let line = |due: &DateTime<Utc>| {
        let mut of = ahead.iter().filter(|l| l.target.due_at == Some(*due)).map(|l| l.target.id);
        let target = of.next()?;
        let alone = alone.contains(&target) || of.any(|id| alone.contains(&id));
        Some(Line { target, at: Moment::new(*due, reader.now, series.rule.zone), alone })
    };
    let left = dues.len().saturating_sub(LINES);
    let more = Message::new("series.more").with("count", left);
    SeriesView {
        text: rule_text(&series.rule.0),
        zone: series.rule.zone.name().to_owned(),
        paused: series.paused_at.is_some(),
        ended: series.ended_at.is_some() && dues.is_empty(),
        lines: dues.iter().take(LINES).filter_map(line).collect(),
        more: (left > 0).then(|| text(&more)),
    }
}

/// Ids of the occurrences of a post that were edited alone.
pub async fn alone(app: &App, caller: &Caller, post: PostId) -> Result<Vec<TargetId>> {
    let all = delivery::occurrences_of(&app.db, caller.org, post).await?;
    Ok(all.into_iter().filter(|one| one.detached).map(|one| one.id).collect())
}
