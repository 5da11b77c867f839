//! Moving a card: all targets of a post that stand at one instant, or one of them, go to another time; and back.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use crate::{
    db::Tx,
    delivery,
    error::{Error, Result},
    kit::{OrgId, PostId, TargetId, crypto::sha256, zone},
    orgs::Caller,
    posts::model::{
        self,
        calendar::{Spot, Standing, of_card},
    },
};

/// How far ahead something may be planned, as when it is written.
const HORIZON: Days = Days::new(5 * 366);

/// Where to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct To {
    /// The day.
    pub date: NaiveDate,
    /// The time of day; `None`: the one it has.
    pub time: Option<NaiveTime>,
    /// The clock on which both are meant.
    pub zone: Tz,
}

/// What is to be moved.
#[derive(Debug, Clone)]
pub struct Move {
    /// The card.
    pub card: Spot,
    /// Only this target of it.
    pub only: Option<TargetId>,
    /// The [`stamp`] that was seen: [`Error::Conflict`] when it is another one by now.
    pub stamp: Option<String>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// When it stands now.
    pub due: DateTime<Utc>,
    /// How many targets were moved.
    pub targets: usize,
    /// How many could not be: something of them has gone out, or may have.
    pub left: usize,
}

/// What a card's targets are, so that nobody moves what they have not seen.
pub fn stamp(targets: &[Standing]) -> String {
    let mut lines: Vec<String> = targets
        .iter()
        .map(|t| format!("{} {} {} {}", t.id, t.version_id, t.state.as_str(), t.due_at.timestamp_micros()))
        .collect();
    lines.sort_unstable();
    hex::encode(&sha256(lines.join("\n").as_bytes())[..6])
}

/// The instant a card goes to.
pub fn instant(to: &To, from: DateTime<Utc>) -> DateTime<Utc> {
    let time = to.time.unwrap_or_else(|| zone::wall(to.zone, from).time());
    zone::instant(to.zone, to.date.and_time(time))
}

/// Moves it.
///
/// [`Error::NotFound`] for a post of others, [`Error::Conflict`] when nothing stands there any more, when it was changed
/// since it was seen or when nothing of it can be moved, [`Error::Invalid`] for a time that is over or too far away.
pub async fn relocate(tx: &mut Tx, caller: &Caller, what: &Move, to: &To, now: DateTime<Utc>) -> Result<Moved> {
    let targets = held(tx, caller.org, what).await?;
    let due = instant(to, what.card.due_at);
    if due <= now {
        return Err(Error::invalid("date", "problem.past"));
    }
    if due > now + HORIZON {
        return Err(Error::invalid("date", "problem.far"));
    }
    let (movable, left): (Vec<&Standing>, Vec<&Standing>) =
        targets.iter().partition(|t| delivery::is_movable(t.state, t.reason.as_deref()));
    if movable.is_empty() {
        let rests = left.iter().any(|t| t.reason.as_deref() == Some("series"));
        return Err(Error::conflict(if rests { "error.series_rests" } else { "error.not_movable" }));
    }
    for target in &movable {
        delivery::move_to(tx, caller.org, target.id, due, (caller.user, now)).await?;
    }
    follow(tx, caller.org, (what.card.post_id, due), &movable).await?;
    Ok(Moved { due, targets: movable.len(), left: left.len() })
}

/// Takes the last move back of everything of a post that was moved to an instant, or of one target of it.
///
/// [`Error::Conflict`] when nothing was moved there, or when something has happened to it since.
pub async fn take_back(tx: &mut Tx, caller: &Caller, what: &Move, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let (mut back, mut refused) = (0, None);
    let targets = held(tx, caller.org, what).await?;
    let mut moved = Vec::new();
    for target in &targets {
        match delivery::move_back(tx, caller.org, target.id, (caller.user, now)).await {
            Ok(()) => {
                back += 1;
                moved.push(target);
            }
            Err(Error::Conflict(message)) => refused = Some(message),
            Err(e) => return Err(e),
        }
    }
    if let (0, Some(message)) = (back, refused) {
        return Err(Error::Conflict(message));
    }
    let first = moved.first().map_or(what.card.due_at, |t| t.due_at);
    let due = match moved.first() {
        Some(target) => delivery::find_target(&mut *tx, caller.org, target.id).await?.due_at.unwrap_or(first),
        None => first,
    };
    follow(tx, caller.org, (what.card.post_id, due), &moved).await?;
    Ok(due)
}

/// The card's targets, under the lock of their post.
async fn held(tx: &mut Tx, org: OrgId, what: &Move) -> Result<Vec<Standing>> {
    if model::lock(tx, org, what.card.post_id).await?.is_some() {
        return Err(Error::NotFound("post"));
    }
    let all = of_card(&mut *tx, org, what.card).await?;
    if all.is_empty() {
        return Err(Error::conflict("error.moved_meanwhile"));
    }
    if what.stamp.as_ref().is_some_and(|seen| *seen != stamp(&all)) {
        return Err(Error::conflict("error.changed_meanwhile"));
    }
    let targets: Vec<Standing> = all.into_iter().filter(|t| what.only.is_none_or(|only| only == t.id)).collect();
    if targets.is_empty() { Err(Error::NotFound("post")) } else { Ok(targets) }
}

/// An occurrence that was moved no longer follows its series; one that is back at its own time does again.
async fn follow(tx: &mut Tx, org: OrgId, (post, due): (PostId, DateTime<Utc>), moved: &[&Standing]) -> Result<()> {
    let Some(series) = model::recurrence(&mut *tx, org, post).await? else { return Ok(()) };
    let just_before = due - chrono::TimeDelta::microseconds(1);
    let there = series.rule.occurrences(just_before).next().filter(|one| one.at == due);
    for target in moved {
        let own = there.as_ref().is_some_and(|one| one.key == target.occurrence_key);
        if own && target.version_id == series.version_id {
            delivery::attach(tx, org, target.id).await?;
        } else {
            delivery::detach(tx, org, target.id).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(date: &str, time: Option<&str>, zone: Tz) -> To {
        To { date: date.parse().unwrap(), time: time.map(|t| t.parse().unwrap()), zone }
    }

    #[test]
    fn another_day_keeps_the_time_of_day_on_the_clock_that_is_shown() {
        // 09:20 in Berlin, in winter; the days around the changes of its clocks.
        let from: DateTime<Utc> = "2026-03-28T08:20:00Z".parse().unwrap();
        let moved = |date, zone| instant(&to(date, None, zone), from).format("%d %H:%M").to_string();
        assert_eq!(moved("2026-03-29", Tz::Europe__Berlin), "29 07:20", "summer time: still 09:20 there");
        assert_eq!(moved("2026-03-29", Tz::UTC), "29 08:20");
        // In Tokyo it is 17:20 on the same day.
        assert_eq!(moved("2026-03-29", Tz::Asia__Tokyo), "29 08:20");
        // In Auckland it is 21:20.
        assert_eq!(moved("2026-04-05", Tz::Pacific__Auckland), "05 09:20");
    }

    #[test]
    fn a_time_that_clocks_skip_is_the_first_one_after_it() {
        let from: DateTime<Utc> = "2026-03-28T01:30:00Z".parse().unwrap();
        assert_eq!(instant(&to("2026-03-29", None, Tz::Europe__Berlin), from).to_rfc3339(), "2026-03-29T01:00:00+00:00");
        assert_eq!(
            instant(&to("2026-03-29", Some("12:00:00"), Tz::Europe__Berlin), from).to_rfc3339(),
            "2026-03-29T10:00:00+00:00"
        );
    }
}
