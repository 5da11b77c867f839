//! Dates in words, as the task's language says them. Knows no zone: it is given wall clocks.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime};

use super::text;
use crate::error::Message;

const WEEKDAYS: [&str; 7] = [
    "weekday.long_1",
    "weekday.long_2",
    "weekday.long_3",
    "weekday.long_4",
    "weekday.long_5",
    "weekday.long_6",
    "weekday.long_7",
];
const WEEKDAYS_SHORT: [&str; 7] = [
    "weekday.short_1",
    "weekday.short_2",
    "weekday.short_3",
    "weekday.short_4",
    "weekday.short_5",
    "weekday.short_6",
    "weekday.short_7",
];
const MONTHS: [&str; 12] = [
    "date.january",
    "date.february",
    "date.march",
    "date.april",
    "date.may",
    "date.june",
    "date.july",
    "date.august",
    "date.september",
    "date.october",
    "date.november",
    "date.december",
];
const MONTHS_SHORT: [&str; 12] = [
    "date.jan",
    "date.feb",
    "date.mar",
    "date.apr",
    "date.may_short",
    "date.jun",
    "date.jul",
    "date.aug",
    "date.sep",
    "date.oct",
    "date.nov",
    "date.dec",
];

/// `24 Nov`.
pub fn day(date: NaiveDate) -> String {
    say("date.day", date)
}

/// `24 Nov 2026`.
pub fn day_of_year(date: NaiveDate) -> String {
    say("date.day_of_year", date)
}

/// `Tue 24 Nov`.
pub fn weekday(date: NaiveDate) -> String {
    say("date.weekday", date)
}

/// `Tue 24 Nov 2026`.
pub fn weekday_of_year(date: NaiveDate) -> String {
    say("date.weekday_of_year", date)
}

/// `Tuesday 24 November`.
pub fn long(date: NaiveDate) -> String {
    say("date.long", date)
}

/// `Tuesday 24 November 2026`.
pub fn long_of_year(date: NaiveDate) -> String {
    say("date.long_of_year", date)
}

/// `24`, where the month is said besides.
pub fn of_month(date: NaiveDate) -> String {
    say("date.of_month", date)
}

/// `24 November`.
pub fn full(date: NaiveDate) -> String {
    say("date.full", date)
}

/// `24 November 2026`.
pub fn full_of_year(date: NaiveDate) -> String {
    say("date.full_of_year", date)
}

/// `November 2026`.
pub fn month(date: NaiveDate) -> String {
    say("date.month", date)
}

/// A date of the above with the time of day: `24 Nov 2026, 09:20`.
pub fn at(date: &str, clock: NaiveDateTime) -> String {
    text(&Message::new("date.at").with("date", date).with("time", clock.format("%H:%M")))
}

/// As [`at`], to the second: `24 Nov 2026, 09:20:05`.
pub fn at_second(date: &str, clock: NaiveDateTime) -> String {
    text(&Message::new("date.at").with("date", date).with("time", clock.format("%H:%M:%S")))
}

/// A weekday, 0 for Monday: `Tuesday`.
pub fn weekday_name(day: usize) -> String {
    text(&Message::new(WEEKDAYS[day % 7]))
}

/// A weekday, 0 for Monday: `Tue`.
pub fn weekday_short(day: usize) -> String {
    text(&Message::new(WEEKDAYS_SHORT[day % 7]))
}

fn say(pattern: &'static str, date: NaiveDate) -> String {
    let weekday = date.weekday().num_days_from_monday() as usize;
    let month = date.month0() as usize;
    let values = Message::new(pattern)
        .with("day", date.day())
        .with("year", date.year())
        .with("weekday", text(&Message::new(WEEKDAYS_SHORT[weekday])))
        .with("weekday_long", text(&Message::new(WEEKDAYS[weekday])))
        .with("month", text(&Message::new(MONTHS_SHORT[month])))
        .with("month_long", text(&Message::new(MONTHS[month])));
    text(&values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Language;

    #[test]
    fn dates_are_said_in_the_language() {
        let date: NaiveDate = "2026-11-24".parse().unwrap();
        let said =
            || [day(date), weekday_of_year(date), long(date), month(date), at(&day(date), date.and_hms_opt(9, 5, 0).unwrap())];
        assert_eq!(said(), ["24 Nov", "Tue 24 Nov 2026", "Tuesday 24 November", "November 2026", "24 Nov, 09:05"]);
        let german = Language::parse("de").unwrap().during(said);
        assert_eq!(german, ["24. Nov.", "Di, 24. Nov. 2026", "Dienstag, 24. November", "November 2026", "24. Nov., 09:05"]);
    }
}
