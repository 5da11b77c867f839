//! Wall clocks, recurrences and posting times against a second implementation with a time zone database of its own (jiff),
//! over every zone. What is slow runs with `--ignored`, in `.ci/full`.

use chrono::{DateTime, Days, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use jiff::{
    Timestamp, civil,
    tz::{AmbiguousOffset, TimeZone},
};
use rostrum::{
    channels::{Slot, slots},
    kit::{
        SlotId,
        recur::{End, Every, Rule},
        zone,
    },
};

/// Zones that between them have every oddity: half hours, quarters, a skipped day, two changes for Ramadan.
const ODD: [&str; 14] = [
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Santiago",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Tehran",
    "Asia/Kathmandu",
    "Asia/Gaza",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Antarctica/Troll",
];

/// The other implementation's zone, its clock and its changes.
struct Second {
    ours: Tz,
    theirs: TimeZone,
}

impl Second {
    fn new(name: &str) -> Self {
        Self { ours: name.parse().unwrap(), theirs: TimeZone::get(name).unwrap_or_else(|e| panic!("{name}: {e}")) }
    }

    fn all() -> impl Iterator<Item = Self> {
        zone::names().into_iter().map(Self::new)
    }

    /// Changes of the clock between two years.
    fn changes(&self, from: i32, to: i32) -> Vec<i64> {
        let begin = civil::date(from as i16, 1, 1).at(0, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        let end = civil::date(to as i16 + 1, 1, 1).at(0, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        self.theirs.following(begin).map(|t| t.timestamp()).take_while(|t| *t < end).map(|t| t.as_second()).collect()
    }

    /// The rule of G13 in the other implementation's words: the first of two, or the first instant after the gap.
    fn instant(&self, wall: NaiveDateTime) -> i64 {
        let civil = civil(wall);
        let at = match self.theirs.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(civil).unwrap().as_second(),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(civil).unwrap().as_second(),
            AmbiguousOffset::Gap { after, .. } => {
                let before = after.to_timestamp(civil).unwrap() - jiff::SignedDuration::from_secs(1);
                return self.theirs.following(before).next().unwrap().timestamp().as_second();
            }
        };
        if self.wall(at) == wall { at } else { self.walk(wall) }
    }

    /// Looks at every minute. For the one night (Nuuk, October 2023) in which their way from a wall clock to an instant is not
    /// the inverse of their way back.
    fn walk(&self, wall: NaiveDateTime) -> i64 {
        let minutes = (-26 * 60..26 * 60).map(|minute| wall.and_utc().timestamp() + minute * 60);
        minutes.into_iter().find(|at| self.wall(*at) == wall).unwrap_or_else(|| panic!("{wall} is never"))
    }

    fn wall(&self, at: i64) -> NaiveDateTime {
        let seen = self.theirs.to_datetime(Timestamp::from_second(at).unwrap());
        let date = chrono::NaiveDate::from_ymd_opt(seen.year().into(), seen.month() as u32, seen.day() as u32).unwrap();
        date.and_hms_opt(seen.hour() as u32, seen.minute() as u32, seen.second() as u32).unwrap()
    }

    #[track_caller]
    fn agree(&self, wall: NaiveDateTime) {
        assert_eq!(zone::instant(self.ours, wall).timestamp(), self.instant(wall), "{} {wall}", self.ours);
    }

    /// Every quarter of an hour around a change, its very edge, and for skipped days the day around it.
    fn around(&self, change: i64) {
        let at = DateTime::from_timestamp(change, 0).unwrap();
        assert_eq!(zone::wall(self.ours, at), self.wall(change), "{} {at}", self.ours);
        assert_eq!(zone::wall(self.ours, at - TimeDelta::seconds(1)), self.wall(change - 1), "{} {at}", self.ours);
        let walls = [self.wall(change - 1), self.wall(change)];
        for wall in walls {
            for seconds in [-1, 0, 1, 59, 60] {
                self.agree(wall + TimeDelta::seconds(seconds));
            }
            for quarter in -10..=10 {
                self.agree(wall + TimeDelta::minutes(quarter * 15));
            }
            for hour in -26..=26 {
                self.agree(wall + TimeDelta::hours(hour));
            }
        }
    }

    /// What a daily time gives by the other implementation: rising, each instant once.
    fn daily(&self, start: NaiveDateTime, until: DateTime<Utc>) -> Vec<i64> {
        let mut instants = Vec::new();
        for wall in std::iter::successors(Some(start), |wall| Some(*wall + Days::new(1))) {
            let at = self.instant(wall);
            if at > until.timestamp() {
                return instants;
            }
            if instants.last().is_none_or(|last| at > *last) {
                instants.push(at);
            }
        }
        instants
    }

    /// A daily recurrence and a daily posting time at a time of day, over some years.
    fn days(&self, hour: u32, minute: u32, (from, to): (i32, i32)) {
        let date = |year| chrono::NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        let start = date(from).and_hms_opt(hour, minute, 0).unwrap();
        let until = date(to + 1).and_hms_opt(0, 0, 0).unwrap().and_utc();
        let expected = self.daily(start, until);
        let rule = Rule { every: Every::Days(1), start, zone: self.ours, end: End::Never };
        let first = DateTime::from_timestamp(expected[0] - 1, 0).unwrap();
        let got: Vec<i64> =
            rule.occurrences(first).map(|one| one.at.timestamp()).take_while(|at| *at <= until.timestamp()).collect();
        assert_eq!(got, expected, "{} {hour}:{minute:02} recurring", self.ours);
        let slot = Slot { id: SlotId::new(), minute: i64::from(hour * 60 + minute), weekdays: slots::EVERY_DAY };
        let got: Vec<i64> = slots::occurrences(&[slot], self.ours, first)
            .map(|at| at.timestamp())
            .take_while(|at| *at <= until.timestamp())
            .collect();
        assert_eq!(got, expected, "{} {hour}:{minute:02} posting time", self.ours);
    }

    /// Sub-daily recurrence knows no clock change; months and cron go through the same clock as days.
    fn others(&self, change: i64) {
        let at = DateTime::from_timestamp(change, 0).unwrap();
        let start = zone::wall(self.ours, at - TimeDelta::days(2));
        let minutes = Rule { every: Every::Minutes(45), start, zone: self.ours, end: End::Never };
        let anchor = zone::instant(self.ours, start);
        let got: Vec<_> = minutes.occurrences(anchor).take(130).map(|one| one.at).collect();
        let expected: Vec<_> = (1..=130).map(|n| anchor + TimeDelta::minutes(45 * n)).collect();
        assert_eq!(got, expected, "{}", self.ours);
        let cron = Rule { every: Every::Cron("0,15,30,45 * * * *".parse().unwrap()), start, zone: self.ours, end: End::Never };
        let end = at + TimeDelta::days(2);
        let got: Vec<i64> =
            cron.occurrences(anchor).map(|one| one.at).take_while(|at| *at <= end).map(|at| at.timestamp()).collect();
        let midnight = start.date().and_hms_opt(0, 0, 0).unwrap();
        let mut expected = Vec::new();
        for quarter in 0..(96 * 6) {
            let wall = midnight + TimeDelta::minutes(15 * quarter);
            let at = self.instant(wall);
            if wall >= start && at > anchor.timestamp() && at <= end.timestamp() && expected.last().is_none_or(|last| at > *last)
            {
                expected.push(at);
            }
        }
        assert_eq!(got, expected, "{} cron around {at}", self.ours);
    }
}

fn civil(wall: NaiveDateTime) -> civil::DateTime {
    use chrono::{Datelike as _, Timelike as _};
    civil::date(wall.year() as i16, wall.month() as i8, wall.day() as i8).at(
        wall.hour() as i8,
        wall.minute() as i8,
        wall.second() as i8,
        0,
    )
}

/// G13, every zone, the changes of a few years.
#[test]
fn g13_wall_clocks_of_all_zones_agree_with_a_second_implementation() {
    let (mut zones, mut changes) = (0, 0);
    for second in Second::all() {
        zones += 1;
        for change in second.changes(2024, 2027) {
            changes += 1;
            second.around(change);
        }
    }
    assert!(zones > 500 && changes > 1_000, "{zones} zones, {changes} changes");
}

/// G13, the odd zones in the years in which they were odd.
#[test]
fn g13_gaps_overlaps_half_hours_and_skipped_days() {
    for name in ODD {
        let second = Second::new(name);
        for change in second.changes(2007, 2028) {
            second.around(change);
            second.others(change);
        }
        for (hour, minute) in [(0, 0), (0, 30), (2, 15), (2, 45), (23, 59)] {
            second.days(hour, minute, (2009, 2013));
            second.days(hour, minute, (2024, 2027));
        }
    }
}

/// Apia had no 30 December 2011, Lord Howe moves by half an hour, Chatham stands at three quarters.
#[test]
fn g13_the_known_cases_by_hand() {
    let days = |zone: &str, start: &str, n| -> Vec<String> {
        let start = NaiveDateTime::parse_from_str(start, "%Y-%m-%d %H:%M").unwrap();
        let rule = Rule { every: Every::Days(1), start, zone: zone.parse().unwrap(), end: End::Never };
        let all = rule.occurrences(DateTime::<Utc>::MIN_UTC).take(n);
        all.map(|one| format!("{} {}", one.key, one.at.format("%d %H:%M"))).collect()
    };
    assert_eq!(
        days("Pacific/Apia", "2011-12-29 12:00", 3),
        ["2011-12-29.0 29 22:00", "2011-12-30.0 30 10:00", "2011-12-31.0 30 22:00"]
    );
    assert_eq!(
        days("Australia/Lord_Howe", "2026-10-03 02:15", 3),
        ["2026-10-03.0 02 15:45", "2026-10-04.0 03 15:30", "2026-10-05.0 04 15:15"]
    );
    assert_eq!(
        days("Pacific/Chatham", "2026-09-26 02:50", 3),
        ["2026-09-26.0 25 14:05", "2026-09-27.0 26 14:00", "2026-09-28.0 27 13:05"]
    );
    // Morocco goes back for Ramadan, in February 2026.
    assert_eq!(
        days("Africa/Casablanca", "2026-02-14 02:30", 3),
        ["2026-02-14.0 14 01:30", "2026-02-15.0 15 01:30", "2026-02-16.0 16 02:30"]
    );
}

/// G13, everything: every zone, every change from 1970 to 2037, and every day at two times.
#[test]
#[ignore = "minutes; .ci/full runs it"]
fn g13_all_zones_all_years() {
    for second in Second::all() {
        for change in second.changes(1970, 2037) {
            second.around(change);
            second.others(change);
        }
        for (hour, minute) in [(0, 0), (2, 30)] {
            second.days(hour, minute, (1970, 2037));
        }
    }
}
