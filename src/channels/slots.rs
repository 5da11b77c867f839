//! Weekly posting times on the wall clock of a channel's zone: reading them, saying them, and when they next are. Pure.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, Timelike as _, Utc};
use chrono_tz::Tz;

use super::model::Slot;
use crate::{
    error::{Error, FieldError, Message, Result},
    kit::zone,
    render::text,
};

/// All days of the week.
pub const EVERY_DAY: i64 = 0b111_1111;
/// Monday to Friday.
const WORKDAYS: i64 = 0b001_1111;
/// Saturday and Sunday.
const WEEKEND: i64 = 0b110_0000;

/// The posting times of a new channel, in minutes after midnight: 09:20, 14:10 and 19:00 on all days.
pub const DEFAULTS: [i64; 3] = [9 * 60 + 20, 14 * 60 + 10, 19 * 60];

/// A posting time that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSlot {
    /// Minutes after midnight.
    pub minute: i64,
    /// Bit 0 is Monday, bit 6 Sunday; at least one.
    pub weekdays: i64,
}

impl NewSlot {
    /// From `HH:MM` and days from `1` (Monday) to `7`. Errors name `time` and `weekday`.
    pub fn read<'a>(time: &str, days: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let minute = NaiveTime::parse_from_str(time.trim(), "%H:%M").map(|t| i64::from(t.hour() * 60 + t.minute()));
        let weekdays = days.into_iter().try_fold(0, |mask, day| Some(mask | bit(day)?));
        let weekdays = weekdays.filter(|mask| *mask != 0);
        match (minute, weekdays) {
            (Ok(minute), Some(weekdays)) => Ok(Self { minute, weekdays }),
            (minute, weekdays) => {
                let time = minute.is_err().then(|| FieldError::new("time", "slot.time"));
                let day = weekdays.is_none().then(|| FieldError::new("weekday", "slot.weekday"));
                Err(Error::Invalid(time.into_iter().chain(day).collect()))
            }
        }
    }
}

/// The bit of a day from `1` (Monday) to `7`.
pub fn bit(day: &str) -> Option<i64> {
    let day: u32 = day.parse().ok().filter(|day| (1..=7).contains(day))?;
    Some(1 << (day - 1))
}

/// `09:20`.
pub fn time(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// The days of a mask, from 1 (Monday) to 7.
pub fn days(weekdays: i64) -> Vec<u32> {
    (1..=7).filter(|day| weekdays >> (day - 1) & 1 == 1).collect()
}

/// The days of a mask in words.
pub fn days_text(weekdays: i64) -> String {
    const NAMES: [&str; 7] = [
        "weekday.long_1",
        "weekday.long_2",
        "weekday.long_3",
        "weekday.long_4",
        "weekday.long_5",
        "weekday.long_6",
        "weekday.long_7",
    ];
    match weekdays & EVERY_DAY {
        EVERY_DAY => text(&Message::new("slot.every_day")),
        WORKDAYS => text(&Message::new("slot.workdays")),
        WEEKEND => text(&Message::new("slot.weekend")),
        mask => {
            let names = NAMES.iter().enumerate().filter(|(n, _)| mask >> n & 1 == 1);
            names.map(|(_, key)| text(&Message::new(key))).collect::<Vec<_>>().join(", ")
        }
    }
}

/// When these posting times are, strictly after `after`, strictly rising and without end, or without any when there are
/// no slots.
///
/// A time that clocks skip is the first instant after the gap (and given once, however many slots fall into it); one
/// that happens twice is the first of the two.
pub fn occurrences(slots: &[Slot], zone: Tz, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    let usable = |s: &(i64, i64)| (0..1440).contains(&s.0) && s.1 != 0;
    let slots: Vec<(i64, i64)> = slots.iter().map(|s| (s.minute, s.weekdays & EVERY_DAY)).filter(usable).collect();
    // A day back: a time skipped at the end of yesterday is today.
    let yesterday = zone::wall(zone, after).date().checked_sub_days(Days::new(1));
    let first = yesterday.filter(|_| !slots.is_empty());
    let dates = std::iter::successors(first, |date| date.checked_add_days(Days::new(1)));
    let instants = dates.flat_map(move |date| instants(&slots, zone, date));
    let mut last = after;
    instants.filter(move |at| {
        let later = *at > last;
        last = last.max(*at);
        later
    })
}

/// Those of one date, in order.
fn instants(slots: &[(i64, i64)], zone: Tz, date: NaiveDate) -> Vec<DateTime<Utc>> {
    let day = date.weekday().num_days_from_monday();
    let todays = slots.iter().filter(|(_, weekdays)| weekdays >> day & 1 == 1);
    let wall = |minute: i64| u32::try_from(minute).ok().and_then(|m| date.and_hms_opt(m / 60, m % 60, 0));
    let mut instants: Vec<_> = todays.filter_map(|(minute, _)| Some(zone::instant(zone, wall(*minute)?))).collect();
    instants.sort_unstable();
    instants
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::SlotId;

    fn next(zone: &str, after: &str, slots: &[(&str, i64)], n: usize) -> Vec<String> {
        let minute = |time: &str| NewSlot::read(time, ["1"]).unwrap().minute;
        let slots: Vec<Slot> =
            slots.iter().map(|(time, weekdays)| Slot { id: SlotId::new(), minute: minute(time), weekdays: *weekdays }).collect();
        let after = DateTime::parse_from_rfc3339(after).unwrap().to_utc();
        let found: Vec<_> = occurrences(&slots, zone::parse(zone).unwrap(), after).take(n).collect();
        assert!(found.is_sorted_by(|a, b| a < b) && found.iter().all(|at| *at > after));
        found.iter().map(|at| at.format("%d %H:%M").to_string()).collect()
    }

    #[test]
    fn the_wall_clock_decides_over_both_changes_of_summer_time() {
        let nine = [("09:20", EVERY_DAY)];
        assert_eq!(next("Europe/Berlin", "2026-03-27T08:20:00Z", &nine, 3), ["28 08:20", "29 07:20", "30 07:20"]);
        assert_eq!(next("Europe/Berlin", "2026-10-24T07:00:00Z", &nine, 3), ["24 07:20", "25 08:20", "26 08:20"]);
    }

    #[test]
    fn skipped_times_come_once_after_the_gap_and_double_ones_once_at_first() {
        let night = [("02:10", EVERY_DAY), ("02:40", EVERY_DAY), ("03:00", EVERY_DAY), ("03:10", EVERY_DAY)];
        let spring = ["29 01:00", "29 01:10", "30 00:10"];
        assert_eq!(next("Europe/Berlin", "2026-03-29T00:30:00Z", &night, 3), spring);
        assert_eq!(next("Europe/Berlin", "2026-10-25T00:00:00Z", &night, 4), ["25 00:10", "25 00:40", "25 02:00", "25 02:10"]);
        // Within the second turn of the double hour the first one is over.
        assert_eq!(next("Europe/Berlin", "2026-10-25T01:05:00Z", &night[..1], 1), ["26 01:10"]);
    }

    #[test]
    fn a_change_of_half_an_hour_is_one_of_half_an_hour() {
        let slots = [("02:15", EVERY_DAY), ("02:30", EVERY_DAY)];
        assert_eq!(next("Australia/Lord_Howe", "2026-10-02T16:00:00Z", &slots, 3), ["03 15:30", "04 15:15", "04 15:30"]);
        assert_eq!(next("Australia/Lord_Howe", "2026-04-04T14:00:00Z", &[("01:45", EVERY_DAY)], 2), ["04 14:45", "05 15:15"]);
    }

    #[test]
    fn a_day_that_a_zone_left_out_counts_as_its_end() {
        assert_eq!(next("Pacific/Apia", "2011-12-30T09:30:00Z", &[("23:00", EVERY_DAY)], 2), ["30 10:00", "31 09:00"]);
    }

    #[test]
    fn only_the_days_of_the_mask() {
        // 23 November 2026 is a Monday.
        let slots = [("10:00", 0b000_0101), ("08:00", 0b100_0000)];
        assert_eq!(next("UTC", "2026-11-23T10:00:00Z", &slots, 4), ["25 10:00", "29 08:00", "30 10:00", "02 10:00"]);
    }

    #[test]
    fn without_slots_there_is_no_time() {
        assert_eq!(next("UTC", "2026-11-23T10:00:00Z", &[], 1), [""; 0]);
        assert_eq!(next("UTC", "2026-11-23T10:00:00Z", &[("10:00", 0)], 1), [""; 0]);
    }

    #[test]
    fn a_posting_time_needs_a_time_and_a_day() {
        let fields = |time, days: &[&'static str]| match NewSlot::read(time, days.iter().copied()) {
            Err(Error::Invalid(errors)) => errors.into_iter().map(|e| e.field).collect(),
            other => panic!("{other:?}"),
        };
        let none: Vec<String> = fields("25:00", &[]);
        assert_eq!(none, ["time", "weekday"]);
        assert_eq!(fields("9", &["1"]), ["time"]);
        assert_eq!(fields("09:20", &["8"]), ["weekday"]);
        assert_eq!(NewSlot::read("09:20", ["1", "7", "1"]).unwrap(), NewSlot { minute: 560, weekdays: 0b100_0001 });
    }

    #[test]
    fn days_are_said_as_people_say_them() {
        assert_eq!(days_text(EVERY_DAY), "Every day");
        assert_eq!(days_text(WORKDAYS), "Monday to Friday");
        assert_eq!(days_text(WEEKEND), "Weekends");
        assert_eq!(days_text(0b000_1010), "Tuesday, Thursday");
        assert_eq!((time(560), days(0b000_1010)), ("09:20".into(), vec![2, 4]));
    }
}
