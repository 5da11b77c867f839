//! `/posts/{id}/move`: a card goes to another time, by dragging it, by keys or by a plain form; and back.

use chrono::{DateTime, NaiveTime, Utc};
use poem::{
    handler,
    web::{Path, Query},
};
use serde::Deserialize;

use crate::{
    app::App,
    error::{Error, Message, Result},
    kit::{PostId, TargetId, zone},
    orgs::Caller,
    posts::{
        calendar::{
            moving::{Move, Moved, To, relocate, take_back},
            period::read_date,
        },
        model::{Post, calendar::Spot},
        pages::{
            id,
            toast::{Asker, page_of, undo},
        },
        words::Reader,
    },
    web::{self, Flash},
};

/// Moves what stands at `at` to a date and, when it is given, a time of day on the clock `zone`; the header `If-Match` or the
/// field `stamp` says what was seen, `target` names one of several.
#[handler]
pub async fn relocation(app: App, caller: Caller, asker: Asker, Path(post): Path<String>) -> web::Result {
    let post: PostId = id(&post)?;
    Post::find(&app.db, caller.org, post).await?;
    let (what, to) = match read(&asker, post, &caller) {
        Ok(read) => read,
        Err(e) => return asker.refused(e, &page_of(post)),
    };
    let mut tx = app.db.begin().await?;
    match relocate(&mut tx, &caller, &what, &to, app.clock.now()).await {
        Ok(moved) => {
            tx.commit().await?;
            let reader = Reader { now: app.clock.now(), zone: to.zone };
            let back = asker.back(&page_of(post));
            let mut query = vec![("at", moved.due.timestamp_micros().to_string()), ("zone", to.zone.name().to_owned())];
            query.extend(what.only.map(|target| ("target", target.to_string())));
            let taken_back = undo(&format!("/posts/{post}/move/reversal"), &query, &back);
            let flash = Flash::ok(said(moved, reader)).undo(taken_back, "post.undo");
            asker.done(flash, &page_of(post))
        }
        Err(e) => {
            drop(tx);
            asker.refused(e, &page_of(post))
        }
    }
}

fn said(moved: Moved, reader: Reader) -> Message {
    let key = if moved.left == 0 { "calendar.moved" } else { "calendar.moved_some" };
    Message::new(key).with("when", reader.with_day(moved.due)).with("left", moved.left).with("moved", moved.targets)
}

fn read(asker: &Asker, post: PostId, caller: &Caller) -> Result<(Move, To)> {
    let form = &asker.form;
    let missing = |name: &str| Error::invalid(name, "calendar.move_incomplete");
    let at = instant(form.get("at")).ok_or_else(|| missing("at"))?;
    let date = read_date(form.get("date").trim()).ok_or_else(|| missing("date"))?;
    let time = match form.get("time").trim() {
        "" => None,
        word => Some(NaiveTime::parse_from_str(word.get(..5).unwrap_or(word), "%H:%M").map_err(|_| missing("time"))?),
    };
    let clock = match form.get("zone") {
        "" => caller.zone,
        word => zone::parse(word).ok_or_else(|| Error::invalid("zone", "compose.zone_unknown"))?,
    };
    let stamp = asker.seen.clone().or_else(|| Some(form.get("stamp").to_owned())).filter(|stamp| !stamp.is_empty());
    let only: Option<TargetId> = match form.get("target") {
        "" => None,
        word => Some(id(word)?),
    };
    Ok((Move { card: Spot { due_at: at, post_id: post }, only, stamp }, To { date, time, zone: clock }))
}

fn instant(word: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(word.trim().parse().ok()?)
}

/// Where something was moved to.
#[derive(Debug, Deserialize)]
pub struct There {
    #[serde(default)]
    at: String,
    #[serde(default)]
    target: String,
    #[serde(default)]
    zone: String,
}

/// Takes a move back.
#[handler]
pub async fn reversal(
    app: App,
    caller: Caller,
    asker: Asker,
    Path(post): Path<String>,
    Query(there): Query<There>,
) -> web::Result {
    let post: PostId = id(&post)?;
    Post::find(&app.db, caller.org, post).await?;
    let Some(at) = instant(&there.at) else {
        return asker.refused(Error::invalid("at", "calendar.move_incomplete"), &page_of(post));
    };
    let only: Option<TargetId> = if there.target.is_empty() { None } else { Some(id(&there.target)?) };
    let what = Move { card: Spot { due_at: at, post_id: post }, only, stamp: None };
    let mut tx = app.db.begin().await?;
    match take_back(&mut tx, &caller, &what, app.clock.now()).await {
        Ok(due) => {
            tx.commit().await?;
            let reader = Reader { now: app.clock.now(), zone: zone::parse(&there.zone).unwrap_or(caller.zone) };
            asker.done(Flash::ok(Message::new("calendar.moved_back").with("when", reader.with_day(due))), &page_of(post))
        }
        Err(e) => {
            drop(tx);
            asker.refused(e, &page_of(post))
        }
    }
}
