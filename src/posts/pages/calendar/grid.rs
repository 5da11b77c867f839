//! The days of a calendar as they are drawn, with their hours, cards and free posting times.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Timelike as _, Utc};
use serde::Serialize;
use url::form_urlencoded::Serializer;

use super::cards::{Card, Deck};
use crate::{
    kit::{ChannelId, zone},
    posts::{
        calendar::{
            asked::Asked,
            board::{Board, Surroundings},
            openings::Openings,
            period::{Look, Period, midnight, next_day},
        },
        words::{Reader, say},
    },
    render::date,
};

/// Openings in a day of a month, and in an hour.
const OPENINGS: usize = 3;
/// Channels of one that are named, and chosen by its link.
const NAMED: usize = 4;

/// A look and where it is.
#[derive(Debug, Serialize)]
pub struct LookView {
    value: &'static str,
    label: String,
    url: String,
    current: bool,
}

/// The looks, from the same date.
pub fn looks(asked: &Asked) -> Vec<LookView> {
    let label = |look| match look {
        Look::Day => "calendar.day",
        Look::Week => "calendar.week",
        Look::Month => "calendar.month",
        Look::List => "calendar.list",
    };
    let view = |look: Look| LookView {
        value: look.as_str(),
        label: say(label(look)),
        url: asked.with(|a| a.look = look).href(),
        current: look == asked.look,
    };
    Look::ALL.into_iter().map(view).collect()
}

/// The head of a column.
#[derive(Debug, Serialize)]
pub struct Weekday {
    short: String,
}

const SHORT: [&str; 7] = [
    "weekday.short_1",
    "weekday.short_2",
    "weekday.short_3",
    "weekday.short_4",
    "weekday.short_5",
    "weekday.short_6",
    "weekday.short_7",
];

fn short(day: NaiveDate) -> String {
    say(SHORT[day.weekday().num_days_from_monday() as usize])
}

/// The heads of a month's columns.
pub fn weekdays(period: &Period) -> Vec<Weekday> {
    if period.look != Look::Month {
        return Vec::new();
    }
    period.days.iter().take(7).map(|day| Weekday { short: short(*day) }).collect()
}

/// A day.
#[derive(Debug, Serialize)]
pub struct Day {
    date: NaiveDate,
    number: u32,
    /// `1 Dec` where a month begins.
    month: Option<String>,
    short: String,
    /// `Today, Monday 23 November`.
    name: String,
    url: String,
    today: bool,
    /// Of another month than the one that is shown.
    outside: bool,
    /// Nothing can be added.
    closed: bool,
    add: Option<String>,
    cards: Vec<Card>,
    more: i64,
    openings: Vec<Opening>,
    hours: Vec<Hour>,
    /// More than the hours can show.
    beyond: i64,
    list: String,
}

/// An hour of a day.
#[derive(Debug, Serialize)]
pub struct Hour {
    hour: u32,
    label: String,
    closed: bool,
    now: bool,
    add: Option<String>,
    cards: Vec<Card>,
    more: i64,
    openings: Vec<Opening>,
}

/// A free posting time.
#[derive(Debug, Serialize)]
pub struct Opening {
    time: String,
    names: String,
    url: String,
}

/// Everything that days are drawn from.
pub struct Sheet<'a> {
    /// The view.
    pub asked: &'a Asked,
    /// Its days.
    pub period: &'a Period,
    /// What stands in them.
    pub board: &'a Board,
    /// Channels, tags and people.
    pub around: &'a Surroundings,
    /// Free posting times.
    pub free: &'a Openings,
    /// Whose clock it is, and now.
    pub reader: Reader,
}

impl Sheet<'_> {
    /// The days; of a list only those that have something.
    pub fn days(&self) -> Vec<Day> {
        let deck = Deck::new(self.board, self.around, self.reader);
        let all = self.period.days.iter().map(|day| self.day(*day, &deck));
        if self.period.look == Look::List { all.filter(|day| !day.cards.is_empty()).collect() } else { all.collect() }
    }

    fn day(&self, date: NaiveDate, deck: &Deck<'_>) -> Day {
        let today = zone::wall(self.reader.zone, self.reader.now).date();
        let (from, to) = self.period.window(date);
        let has_hours = self.period.look.has_hours();
        let cell = self.board.cells.get(&(date, 0)).filter(|_| !has_hours);
        let closed = date < today;
        let openings = if self.period.look == Look::Month { self.openings(from, to) } else { Vec::new() };
        Day {
            date,
            number: date.day(),
            month: (date.day() == 1 || Some(&date) == self.period.days.first()).then(|| date::day(date)),
            short: short(date),
            name: self.reader.day(date),
            url: self.asked.with(|a| (a.look, a.date) = (Look::Day, date)).href(),
            today: date == today,
            outside: self.period.look == Look::Month && date.month() != self.period.date.month(),
            closed,
            add: (!closed && !has_hours).then(|| self.compose(self.some_time(date, &openings), &[])),
            cards: cell.map(|cell| deck.cards(&cell.items)).unwrap_or_default(),
            more: cell.map_or(0, |cell| cell.more),
            openings,
            hours: if has_hours { (0..24).map(|hour| self.hour(date, hour, deck)).collect() } else { Vec::new() },
            beyond: self.board.beyond.get(&date).copied().unwrap_or(0),
            list: self.asked.with(|a| (a.look, a.date) = (Look::List, date)).href(),
        }
    }

    fn hour(&self, date: NaiveDate, hour: u32, deck: &Deck<'_>) -> Hour {
        let (from, to) = self.span(date, hour);
        let cell = self.board.cells.get(&(date, hour));
        // An hour that clocks skip has no time in it.
        let closed = to <= self.reader.now || from >= to;
        let wall = date.and_hms_opt(hour, 0, 0).unwrap_or_default();
        let at = if from > self.reader.now { wall } else { zone::wall(self.reader.zone, self.soon()) };
        Hour {
            hour,
            label: format!("{hour:02}:00"),
            closed,
            now: from <= self.reader.now && self.reader.now < to,
            add: (!closed).then(|| self.compose(at, &[])),
            cards: cell.map(|cell| deck.cards(&cell.items)).unwrap_or_default(),
            more: cell.map_or(0, |cell| cell.more),
            openings: self.openings(from, to),
        }
    }

    /// An hour on the clock; that which happens twice is as long as both.
    fn span(&self, date: NaiveDate, hour: u32) -> (DateTime<Utc>, DateTime<Utc>) {
        let at = |hour: u32| match date.and_hms_opt(hour, 0, 0) {
            Some(wall) => zone::instant(self.reader.zone, wall),
            None => midnight(self.reader.zone, next_day(date)),
        };
        (at(hour), at(hour + 1))
    }

    /// The first times within a window that are free, with the channels that have them.
    fn openings(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Opening> {
        if from >= to {
            return Vec::new();
        }
        let opening = |(at, channels): (&DateTime<Utc>, &Vec<ChannelId>)| {
            let wall = zone::wall(self.reader.zone, *at);
            // Of very many nobody means all.
            let chosen = if channels.len() <= NAMED { channels.as_slice() } else { &[] };
            Opening { time: wall.format("%H:%M").to_string(), names: self.names(channels), url: self.compose(wall, chosen) }
        };
        self.free.range(from..to).take(OPENINGS).map(opening).collect()
    }

    /// The first few of some channels, and how many more.
    fn names(&self, channels: &[ChannelId]) -> String {
        let name = |id: &ChannelId| self.around.channels.iter().find(|c| c.id == *id).map(|c| c.name.clone());
        let mut names: Vec<String> = channels.iter().take(NAMED).filter_map(name).collect();
        if channels.len() > NAMED {
            names.push(format!("+{}", channels.len() - NAMED));
        }
        names.join(", ")
    }

    /// When a post for a day would go out: at its first free posting time, else in the morning, else soon.
    fn some_time(&self, date: NaiveDate, openings: &[Opening]) -> chrono::NaiveDateTime {
        let time = openings.first().and_then(|opening| chrono::NaiveTime::parse_from_str(&opening.time, "%H:%M").ok());
        let wall = time.map_or_else(|| date.and_hms_opt(9, 0, 0).unwrap_or_default(), |time| date.and_time(time));
        if zone::instant(self.reader.zone, wall) > self.reader.now { wall } else { zone::wall(self.reader.zone, self.soon()) }
    }

    /// The next quarter of an hour that leaves time to write.
    fn soon(&self) -> DateTime<Utc> {
        let late = self.reader.now + TimeDelta::minutes(20);
        let seconds = i64::from(late.minute() % 15) * 60 + i64::from(late.second());
        late - TimeDelta::seconds(seconds) + TimeDelta::minutes(15) - TimeDelta::nanoseconds(i64::from(late.nanosecond()))
    }

    /// The composer with a time, and with channels: those of an opening, else those that are looked at.
    fn compose(&self, wall: chrono::NaiveDateTime, channels: &[ChannelId]) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("at", &wall.format("%Y-%m-%dT%H:%M").to_string());
        if let Some(zone) = self.asked.zone {
            query.append_pair("zone", zone.name());
        }
        let chosen = if channels.is_empty() { &self.asked.channels } else { channels };
        if !chosen.is_empty() {
            let ids: Vec<String> = chosen.iter().take(20).map(ToString::to_string).collect();
            query.append_pair("channels", &ids.join(","));
        }
        format!("/posts/new?{}", query.finish())
    }
}
