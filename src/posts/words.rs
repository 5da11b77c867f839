//! States, waits and times in words. Knows no page.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::{
    delivery::{CHANGES, IN_REVIEW, NOT_APPROVED, PartState, TAKEN_DOWN, TargetState},
    error::Message,
    render::{date, text},
};

/// Whose clock times are told on, and when that is.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// Now.
    pub now: DateTime<Utc>,
    /// The clock.
    pub zone: Tz,
}

impl Reader {
    /// `24 Nov, 09:20`; with the year when it is another one.
    pub fn short(&self, at: DateTime<Utc>) -> String {
        let (at, now) = (at.with_timezone(&self.zone), self.now.with_timezone(&self.zone));
        let day = if at.year() == now.year() { date::day(at.date_naive()) } else { date::day_of_year(at.date_naive()) };
        date::at(&day, at.naive_local())
    }

    /// `12:45`.
    pub fn time(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%H:%M").to_string()
    }

    /// `Tue 24 Nov, 12:45`.
    pub fn with_day(&self, at: DateTime<Utc>) -> String {
        let at = at.with_timezone(&self.zone).naive_local();
        date::at(&date::weekday(at.date()), at)
    }

    /// `Tue 24 Nov 2026, 12:45`.
    pub fn with_year(&self, at: DateTime<Utc>) -> String {
        let at = at.with_timezone(&self.zone).naive_local();
        date::at(&date::weekday_of_year(at.date()), at)
    }

    /// `Today, Monday 23 November`; with the year when it is another one.
    pub fn day(&self, date: NaiveDate) -> String {
        let today = self.now.with_timezone(&self.zone).date_naive();
        let day = if date.year() == today.year() { date::long(date) } else { date::long_of_year(date) };
        let key = match (date - today).num_days() {
            0 => "posts.today",
            1 => "posts.tomorrow",
            -1 => "posts.yesterday",
            _ => return day,
        };
        text(&Message::new(key).with("day", day))
    }
}

/// A text of the catalogue without values.
pub fn say(key: &'static str) -> String {
    text(&Message::new(key))
}

/// A target's state.
pub fn target_state(state: TargetState) -> String {
    say(match state {
        TargetState::Draft => "state.draft",
        TargetState::Scheduled => "state.scheduled",
        TargetState::Held => "state.held",
        TargetState::Sending => "state.sending",
        TargetState::Published => "state.published",
        TargetState::PublishedIncomplete => "state.published_incomplete",
        TargetState::NeedsYou => "state.needs_you",
        TargetState::Failed => "state.failed",
        TargetState::Missed => "state.missed",
        TargetState::Cancelled => "state.cancelled",
    })
}

/// A target's state with what a draft waits for.
pub fn standing(state: TargetState, reason: Option<&str>) -> String {
    match (state, reason) {
        (TargetState::Draft, Some(IN_REVIEW)) => say("state.in_review"),
        (TargetState::Draft, Some(CHANGES)) => say("state.changes"),
        (TargetState::Missed, Some(NOT_APPROVED)) => say("state.not_approved"),
        (TargetState::Cancelled, Some(TAKEN_DOWN)) => say("state.taken_down"),
        _ => target_state(state),
    }
}

/// A part's state.
pub fn part_state(state: PartState) -> String {
    say(match state {
        PartState::Waiting => "state.waiting",
        PartState::Sending => "state.sending",
        PartState::Processing => "state.processing",
        PartState::Retrying => "state.retrying",
        PartState::Uncertain => "state.uncertain",
        PartState::Published => "state.published",
        PartState::NeedsYou => "state.needs_you",
        PartState::Failed => "state.failed",
        PartState::Skipped => "state.skipped",
        PartState::Cancelled => "state.cancelled",
    })
}

/// What a platform counts; a word of its own stays as it is.
pub fn metric(name: &str) -> String {
    say(match name {
        "likes" => "metric.likes",
        "comments" => "metric.comments",
        "shares" => "metric.shares",
        "views" => "metric.views",
        "clicks" => "metric.clicks",
        "reach" => "metric.reach",
        "saves" => "metric.saves",
        "quotes" => "metric.quotes",
        "votes" => "metric.votes",
        _ => return name.to_owned(),
    })
}

/// How long after the part before it the part at `position` (from 0) follows; `None` for the first.
pub fn delay(position: i64, seconds: i64) -> Option<String> {
    let (key, count) = match seconds {
        _ if position == 0 => return None,
        s if s <= 0 => ("delay.none", 0),
        s if s % 86_400 == 0 => ("delay.days", s / 86_400),
        s if s % 3_600 == 0 => ("delay.hours", s / 3_600),
        s if s % 60 == 0 => ("delay.minutes", s / 60),
        s => ("delay.seconds", s),
    };
    Some(text(&Message::new(key).with("count", count).with("n", position)))
}
