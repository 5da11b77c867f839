//! Recurrence: a rule, and when it is. Pure: knows wall clocks and nothing of posts.
//!
//! A recurrence of a day or longer, and cron text, follow the wall clock of a zone: a time that clocks skip is the first
//! instant after the gap, one that happens twice is the first of the two. Minutes and hours are elapsed time since the
//! start, whatever clocks do.

mod cron;
mod walk;

use chrono::{Datelike as _, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
pub use cron::Cron;
use serde::{Deserialize, Serialize};
pub use walk::Occurrence;

use crate::error::{Error, FieldError, Message, Result};

/// Most occurrences that an end by count may name.
pub const MAX_COUNT: u32 = 1_000;
/// Nothing recurs after this year.
const LAST_YEAR: i32 = 2100;

/// When something happens again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// How often.
    pub every: Every,
    /// The first possible time, on the wall clock. It is an occurrence only when `every` says so: the start of "Tuesdays"
    /// may be a Monday.
    pub start: NaiveDateTime,
    /// Whose wall clock.
    #[serde(with = "zone_name")]
    pub zone: Tz,
    /// Until when.
    pub end: End,
}

/// How often. Every number is at least one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// So many minutes, at least five.
    Minutes(u32),
    /// So many hours.
    Hours(u32),
    /// So many days, at the time of the start.
    Days(u32),
    /// On days of every so many weeks, which begin on Monday.
    Weeks {
        /// Every so many weeks, counted from that of the start.
        n: u32,
        /// Bit 0 is Monday, bit 6 Sunday; at least one.
        weekdays: u8,
    },
    /// On a day of every so many months; on the last one of months that are shorter.
    Months {
        /// Every so many months, counted from that of the start.
        n: u32,
        /// 1 to 31.
        day: u32,
    },
    /// On the date of the start in every so many years; 29 February is the 28th where there is none.
    Years(u32),
    /// At the times of a cron text.
    Cron(Cron),
}

/// Until when something recurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// For good.
    Never,
    /// Up to and including a day of the rule's wall clock.
    Until(NaiveDate),
    /// So many times.
    Count(u32),
}

impl Rule {
    /// What is wrong with it, under the names `n`, `weekday`, `day`, `cron`, `until`, `count`.
    pub fn check(&self) -> Result<()> {
        let mut wrong = Vec::new();
        let mut within = |field: &str, value: u32, least: u32, most: u32| {
            if !(least..=most).contains(&value) {
                wrong.push(FieldError::new(field, Message::new("field.number").with("min", least).with("max", most)));
            }
        };
        match &self.every {
            Every::Minutes(n) => within("n", *n, 5, 10_080),
            Every::Hours(n) => within("n", *n, 1, 1_000),
            Every::Days(n) => within("n", *n, 1, 366),
            Every::Weeks { n, .. } => within("n", *n, 1, 52),
            Every::Months { n, day } => {
                within("n", *n, 1, 24);
                within("day", *day, 1, 31);
            }
            Every::Years(n) => within("n", *n, 1, 5),
            Every::Cron(_) => {}
        }
        if let End::Count(count) = self.end {
            within("count", count, 1, MAX_COUNT);
        }
        if matches!(self.every, Every::Weeks { weekdays, .. } if weekdays & 0x7f == 0) {
            wrong.push(FieldError::new("weekday", "slot.weekday"));
        }
        if matches!(self.end, End::Until(day) if day < self.start.date() || day.year() > LAST_YEAR) {
            wrong.push(FieldError::new("until", "recur.until"));
        }
        if wrong.is_empty() && self.first().is_none() {
            wrong.push(FieldError::new(if matches!(self.every, Every::Cron(_)) { "cron" } else { "until" }, "recur.never"));
        }
        if wrong.is_empty() { Ok(()) } else { Err(Error::Invalid(wrong)) }
    }

    /// True when it can be more often than once a day: of several that were missed only one is caught up on.
    pub fn is_frequent(&self) -> bool {
        match &self.every {
            Every::Minutes(n) => *n < 24 * 60,
            Every::Hours(n) => *n < 24,
            Every::Cron(cron) => cron.is_frequent(),
            _ => false,
        }
    }

    /// Whole days between two, as Postiz counts them; `None` for anything that is not so many days.
    pub fn days(&self) -> Option<u32> {
        match &self.every {
            Every::Days(n) => Some(*n),
            Every::Weeks { n, weekdays } if weekdays.count_ones() == 1 => Some(n * 7),
            _ => None,
        }
    }
}

/// A zone by its IANA name.
mod zone_name {
    use chrono_tz::Tz;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub fn serialize<S: Serializer>(zone: &Tz, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(zone.name())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Tz, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
