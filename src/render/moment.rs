//! An instant as pages show it: exact for machines, on the reader's clock, and in words as of now.

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::{date, text};
use crate::error::Message;

/// What `ui.moment` in the templates takes; `times.js` keeps the words fresh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// RFC 3339, whole seconds.
    pub iso: String,
    /// `2 Nov 2026, 10:00` on the clock of the zone.
    pub text: String,
    /// `3 weeks ago`, `in 5 minutes`.
    pub relative: String,
}

/// Unit, its seconds, its text in the past and in the future: the same steps as `times.js`.
const UNITS: [(i64, &str, &str); 6] = [
    (31_536_000, "moment.years_ago", "moment.in_years"),
    (2_592_000, "moment.months_ago", "moment.in_months"),
    (604_800, "moment.weeks_ago", "moment.in_weeks"),
    (86_400, "moment.days_ago", "moment.in_days"),
    (3_600, "moment.hours_ago", "moment.in_hours"),
    (60, "moment.minutes_ago", "moment.in_minutes"),
];

impl Moment {
    /// `at`, seen from `now` on the clock of `zone`.
    pub fn new(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> Self {
        Self {
            iso: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            text: moment(at.with_timezone(&zone).naive_local()),
            relative: relative((at - now).num_seconds()),
        }
    }
}

fn moment(clock: NaiveDateTime) -> String {
    date::at(&date::day_of_year(clock.date()), clock)
}

fn relative(seconds: i64) -> String {
    let Some((size, past, future)) = UNITS.iter().find(|(size, ..)| seconds.abs() >= *size) else {
        return text(&Message::new("moment.now"));
    };
    let count = (seconds.abs() as f64 / *size as f64).round() as i64;
    text(&Message::new(if seconds < 0 { past } else { future }).with("count", count))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_moment_is_told_exactly_and_in_words() {
        let now: DateTime<Utc> = "2026-11-23T08:00:00Z".parse().unwrap();
        let at = |seconds| Moment::new(now + TimeDelta::seconds(seconds), now, Tz::Europe__Berlin);
        assert_eq!(at(-120).text, "23 Nov 2026, 08:58");
        assert_eq!(at(-120).iso, "2026-11-23T07:58:00Z");
        let words = [-30, 59, -60, -7_200, 86_400, -3 * 604_800, 40 * 86_400, -800 * 86_400].map(|s| at(s).relative);
        let expected =
            ["just now", "just now", "1 minute ago", "2 hours ago", "in 1 day", "3 weeks ago", "in 1 month", "2 years ago"];
        assert_eq!(words, expected);
    }
}
