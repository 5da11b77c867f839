//! Which time `GET /posts` asks for, in the words of either of Postiz's versions. Pure.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

use super::{date, input::Wrong};
use crate::error::{Message, Result};

/// Postiz widens its calendar windows by this much on both sides, for posts at their edges.
const MARGIN: TimeDelta = TimeDelta::hours(2);

/// The query as it came.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// From when.
    pub start: Option<String>,
    /// Until when, inclusive.
    pub end: Option<String>,
    /// `day`, `week` or `month`.
    pub display: Option<String>,
    /// 0, Sunday, to 6.
    pub day: Option<i64>,
    /// ISO week.
    pub week: Option<i64>,
    /// 1 to 12.
    pub month: Option<i64>,
    /// 2022 to ten years ahead.
    pub year: Option<i64>,
}

/// From when, and until before when.
pub type Window = (DateTime<Utc>, DateTime<Utc>);

impl Asked {
    /// The window. Fails naming every parameter that is missing or wrong.
    pub fn window(&self, now: DateTime<Utc>) -> Result<Window> {
        let wrong = Wrong::default();
        let calendar = self.display.is_some() || self.year.is_some();
        let window =
            if self.start.is_none() && self.end.is_none() && calendar { self.calendar(now, &wrong) } else { self.dates(&wrong) };
        wrong.check()?;
        Ok(window.expect("what gives no window was complained about"))
    }

    fn dates(&self, wrong: &Wrong) -> Option<Window> {
        let start = moment("startDate", self.start.as_deref(), wrong);
        let end = moment("endDate", self.end.as_deref(), wrong);
        // What is due at the very end belongs to it.
        Some((start?, end? + TimeDelta::microseconds(1)))
    }

    fn calendar(&self, now: DateTime<Utc>, wrong: &Wrong) -> Option<Window> {
        let number = |name, value: Option<i64>, least: i64, most: i64| {
            let read = value.filter(|n| (least..=most).contains(n));
            match (value, read) {
                (None, _) => wrong.add(name, "field.required"),
                (_, None) => wrong.add(name, Message::new("field.number").with("min", least).with("max", most)),
                _ => {}
            }
            read
        };
        let year = number("year", self.year, 2022, i64::from(now.year()) + 10);
        let (from, to) = match self.display.as_deref() {
            Some("day") => {
                let (week, day) = (number("week", self.week, 1, 53), number("day", self.day, 0, 6));
                day_of(year?, week?, day?, wrong)?
            }
            Some("week") => {
                let week = number("week", self.week, 1, 53);
                let monday = monday(year?, week?, wrong)?;
                (monday, monday.checked_add_days(Days::new(7))?)
            }
            Some("month") => {
                let month = number("month", self.month, 1, 12);
                let first = NaiveDate::from_ymd_opt(i32::try_from(year?).ok()?, u32::try_from(month?).ok()?, 1)?;
                (first, first.checked_add_months(Months::new(1))?)
            }
            _ => {
                wrong.add("display", Message::new("field.choice").with("choices", "day, week, month"));
                return None;
            }
        };
        let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        Some((midnight(from) - MARGIN, midnight(to) + MARGIN))
    }
}

fn moment(name: &str, text: Option<&str>, wrong: &Wrong) -> Option<DateTime<Utc>> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        wrong.add(name, "field.required");
        return None;
    };
    // A `+` of a zone that was not encoded arrives as a space.
    let at = date::parse(text).or_else(|| date::parse(&text.replace(' ', "+")));
    if at.is_none() {
        wrong.add(name, "api.not_date");
    }
    at
}

fn monday(year: i64, week: i64, wrong: &Wrong) -> Option<NaiveDate> {
    let monday = NaiveDate::from_isoywd_opt(i32::try_from(year).ok()?, u32::try_from(week).ok()?, Weekday::Mon);
    if monday.is_none() {
        wrong.add("week", Message::new("field.number").with("min", 1).with("max", 52));
    }
    monday
}

/// Day 0 is a Sunday. Which one of the two at a week's edges is meant depends on the weekday of the asking, so both are
/// given, with the days between.
fn day_of(year: i64, week: i64, day: i64, wrong: &Wrong) -> Option<(NaiveDate, NaiveDate)> {
    let monday = monday(year, week, wrong)?;
    if day == 0 {
        return Some((monday.pred_opt()?, monday.checked_add_days(Days::new(7))?));
    }
    let from = monday.checked_add_days(Days::new(day.unsigned_abs() - 1))?;
    Some((from, from.succ_opt()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(asked: Asked) -> Result<(String, String)> {
        let (from, to) = asked.window("2026-11-23T08:00:00Z".parse().unwrap())?;
        Ok((date::iso(from), date::iso(to)))
    }

    fn calendar(display: &str, day: Option<i64>, week: Option<i64>, month: Option<i64>, year: Option<i64>) -> Asked {
        Asked { display: Some(display.into()), day, week, month, year, ..Asked::default() }
    }

    fn fields(asked: Asked) -> Vec<String> {
        match window(asked).unwrap_err() {
            crate::Error::Invalid(fields) => fields.into_iter().map(|f| f.field).collect(),
            e => panic!("{e}"),
        }
    }

    #[test]
    fn days_weeks_and_months_are_utc_and_a_little_wider() {
        let all = |asked| window(asked).unwrap();
        let month = all(calendar("month", None, None, Some(2), Some(2028)));
        assert_eq!(month, ("2028-01-31T22:00:00.000Z".into(), "2028-03-01T02:00:00.000Z".into()));
        let week = all(calendar("week", None, Some(48), None, Some(2026)));
        assert_eq!(week, ("2026-11-22T22:00:00.000Z".into(), "2026-11-30T02:00:00.000Z".into()));
        let day = all(calendar("day", Some(2), Some(48), Some(11), Some(2026)));
        assert_eq!(day, ("2026-11-23T22:00:00.000Z".into(), "2026-11-25T02:00:00.000Z".into()));
        let sunday = all(calendar("day", Some(0), Some(48), None, Some(2026)));
        assert_eq!(sunday, ("2026-11-21T22:00:00.000Z".into(), "2026-11-30T02:00:00.000Z".into()));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(fields(Asked::default()), ["startDate", "endDate"]);
        assert_eq!(fields(Asked { start: Some("x".into()), end: Some("".into()), ..Asked::default() }), ["startDate", "endDate"]);
        assert_eq!(fields(calendar("month", None, None, None, None)), ["year", "month"]);
        assert_eq!(fields(calendar("day", Some(7), Some(0), None, Some(2021))), ["year", "week", "day"]);
        assert_eq!(fields(calendar("week", None, Some(53), None, Some(2025))), ["week"]);
        assert_eq!(fields(calendar("decade", None, None, None, Some(2026))), ["display"]);
    }

    #[test]
    fn dates_are_inclusive_and_forgive_an_unencoded_plus() {
        let asked = Asked { start: Some("2026-11-01T00:00:00 02:00".into()), end: Some("2026-11-02".into()), ..Asked::default() };
        assert_eq!(window(asked).unwrap(), ("2026-10-31T22:00:00.000Z".into(), "2026-11-02T00:00:00.000Z".into()));
    }
}
