//! Cron text: five fields read into sets of minutes, hours, days, months and weekdays. Knows no clock and no zone.
//!
//! An own reader, because what a crate would add beyond these sets are rules of its own about clock changes, and ours are
//! the same for every kind of recurrence.

use std::{fmt, str::FromStr};

use chrono::{Datelike as _, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

/// Shortest distance of two times, in minutes.
const CLOSEST: u32 = 5;
/// Longest text.
const MAX_LEN: usize = 100;
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Times of day on days that match: `minute hour day month weekday`.
///
/// Fields take `*`, numbers, ranges, lists and steps; months and weekdays also their English short names; Sunday is 0 or
/// 7. When both days are restricted, either of them is enough, as in every cron. Two times are at least five minutes
/// apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cron {
    text: String,
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Both kinds of days are restricted.
    either: bool,
}

impl Cron {
    /// Whether there are times on this date.
    pub fn is_on(&self, date: NaiveDate) -> bool {
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().num_days_from_sunday());
        has(self.months, date.month()) && if self.either { day || weekday } else { day && weekday }
    }

    /// The times of every day that matches, in order.
    pub fn times(&self) -> Vec<NaiveTime> {
        let minutes: Vec<u32> = members(self.minutes).collect();
        members(self.hours).flat_map(|h| minutes.iter().filter_map(move |m| NaiveTime::from_hms_opt(h, *m, 0))).collect()
    }

    /// More than once a day.
    pub fn is_frequent(&self) -> bool {
        self.minutes.count_ones() * self.hours.count_ones() > 1
    }

    /// Two times of neighbouring hours may be as close as those of one hour.
    fn is_too_close(&self) -> bool {
        let minutes: Vec<u32> = members(self.minutes).collect();
        let wraps = minutes.first().zip(minutes.last()).filter(|_| minutes.len() > 1).map(|(first, last)| first + 60 - last);
        minutes.windows(2).map(|two| two[1] - two[0]).chain(wraps).any(|distance| distance < CLOSEST)
    }
}

impl FromStr for Cron {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else { return Err("recur.cron_fields") };
        if text.len() > MAX_LEN {
            return Err("recur.cron_fields");
        }
        let read = |field, least, most, names: &[&str], from| set(field, (least, most), (names, from)).ok_or("recur.cron_field");
        let mut on = read(weekdays, 0, 7, &DAYS, 0)?;
        if has(on, 7) {
            on = (on | 1) & 0x7f;
        }
        let cron = Self {
            text: fields.join(" "),
            minutes: read(minutes, 0, 59, &[], 0)?,
            hours: read(hours, 0, 23, &[], 0)?,
            days: read(days, 1, 31, &[], 0)?,
            months: read(months, 1, 12, &MONTHS, 1)?,
            weekdays: on,
            either: !days.starts_with('*') && !weekdays.starts_with('*'),
        };
        if cron.is_too_close() { Err("recur.cron_close") } else { Ok(cron) }
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Cron {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Cron> for String {
    fn from(cron: Cron) -> Self {
        cron.text
    }
}

fn has(set: u64, n: u32) -> bool {
    set >> n & 1 == 1
}

fn members(set: u64) -> impl Iterator<Item = u32> {
    (0..60).filter(move |n| has(set, *n))
}

/// One field; `None` when it is none.
fn set(field: &str, (least, most): (u32, u32), (names, from): (&[&str], u32)) -> Option<u64> {
    let number = |word: &str| {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(word)).and_then(|n| u32::try_from(n).ok());
        let n = named.map(|n| n + from).or_else(|| word.parse().ok().filter(|_| word.bytes().all(|b| b.is_ascii_digit())))?;
        (least..=most).contains(&n).then_some(n)
    };
    let mut set = 0;
    for item in field.split(',') {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<u32>().ok().filter(|n| (1..=most).contains(n))?)),
            None => (item, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (least, if most == 7 { 6 } else { most }),
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(range)?, if step.is_some() { most } else { number(range)? }),
        };
        if first > last {
            return None;
        }
        let step = usize::try_from(step.unwrap_or(1)).ok()?;
        (first..=last).step_by(step).for_each(|n| set |= 1 << n);
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(text: &str) -> Vec<String> {
        text.parse::<Cron>().unwrap().times().iter().map(|t| t.format("%H:%M").to_string()).collect()
    }

    fn days(text: &str) -> Vec<u32> {
        let cron: Cron = text.parse().unwrap();
        // November 2026 begins on a Sunday.
        (1..=30).filter(|day| cron.is_on(NaiveDate::from_ymd_opt(2026, 11, *day).unwrap())).collect()
    }

    #[test]
    fn fields_are_stars_numbers_ranges_lists_and_steps() {
        assert_eq!(times("30 9,17 * * *"), ["09:30", "17:30"]);
        assert_eq!(times("*/20 8-9 * * *"), ["08:00", "08:20", "08:40", "09:00", "09:20", "09:40"]);
        assert_eq!(times("5/30 0 * * *"), ["00:05", "00:35"]);
        assert_eq!(days("0 9 * * mon-fri"), [2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 23, 24, 25, 26, 27, 30]);
        assert_eq!(days("0 9 * * 7"), days("0 9 * NOV sun"));
        assert_eq!(days("0 9 * * 5-7"), days("0 9 * * 0,5,6"));
        assert_eq!(days("0 9 31 * *"), [0; 0]);
    }

    #[test]
    fn either_kind_of_day_is_enough_when_both_are_restricted() {
        assert_eq!(days("0 9 13 * fri"), [6, 13, 20, 27]);
        assert_eq!(days("0 9 3,4 * mon"), [2, 3, 4, 9, 16, 23, 30]);
        assert_eq!(days("0 9 */10 * *"), [1, 11, 21]);
    }

    #[test]
    fn what_is_no_cron_text_is_refused() {
        for (text, why) in [
            ("", "recur.cron_fields"),
            ("* * * *", "recur.cron_fields"),
            ("0 9 * * * *", "recur.cron_fields"),
            ("60 * * * *", "recur.cron_field"),
            ("0 24 * * *", "recur.cron_field"),
            ("0 9 0 * *", "recur.cron_field"),
            ("0 9 * 13 *", "recur.cron_field"),
            ("0 9 * * 8", "recur.cron_field"),
            ("0 9 * * fri-mon", "recur.cron_field"),
            ("0/0 9 * * *", "recur.cron_field"),
            ("+5 9 * * *", "recur.cron_field"),
            ("0,, 9 * * *", "recur.cron_field"),
            ("* 9 * * *", "recur.cron_close"),
            ("0,58 9 * * *", "recur.cron_close"),
        ] {
            assert_eq!(text.parse::<Cron>().unwrap_err(), why, "{text}");
        }
        assert!(format!("0 9 {} * *", "1,".repeat(60)).parse::<Cron>().is_err());
    }
}
