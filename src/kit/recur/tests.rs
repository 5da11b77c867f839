use chrono::{DateTime, Utc};

use super::*;

fn rule(every: Every, start: &str, zone: &str) -> Rule {
    let start = NaiveDateTime::parse_from_str(start, "%Y-%m-%d %H:%M").unwrap();
    Rule { every, start, zone: zone.parse().unwrap(), end: End::Never }
}

fn after(rule: &Rule, after: &str, n: usize) -> Vec<String> {
    let after: DateTime<Utc> = after.parse().unwrap();
    rule.occurrences(after).take(n).map(|one| one.at.format("%m-%d %H:%M").to_string()).collect()
}

fn keys(rule: &Rule, n: usize) -> Vec<String> {
    rule.occurrences(DateTime::<Utc>::MIN_UTC).take(n).map(|one| one.key).collect()
}

#[test]
fn days_follow_the_wall_clock_and_minutes_do_not() {
    let daily = rule(Every::Days(1), "2026-03-28 09:00", "Europe/Berlin");
    assert_eq!(after(&daily, "2026-03-01T00:00:00Z", 3), ["03-28 08:00", "03-29 07:00", "03-30 07:00"]);
    assert_eq!(keys(&daily, 2), ["2026-03-28.0", "2026-03-29.0"]);
    let hours = rule(Every::Hours(24), "2026-03-28 09:00", "Europe/Berlin");
    assert_eq!(after(&hours, "2026-03-01T00:00:00Z", 3), ["03-28 08:00", "03-29 08:00", "03-30 08:00"]);
    assert_eq!(keys(&hours, 1), ["2026-03-28T08:00:00Z"]);
    let gap = rule(Every::Days(1), "2026-03-28 02:30", "Europe/Berlin");
    assert_eq!(after(&gap, "2026-03-01T00:00:00Z", 3), ["03-28 01:30", "03-29 01:00", "03-30 00:30"]);
    let overlap = rule(Every::Days(1), "2026-10-24 02:30", "Europe/Berlin");
    assert_eq!(after(&overlap, "2026-03-01T00:00:00Z", 3), ["10-24 00:30", "10-25 00:30", "10-26 01:30"]);
}

#[test]
fn weeks_have_days_and_are_counted_from_that_of_the_start() {
    // 25 November 2026 is a Wednesday: Tuesdays and Thursdays of every other week.
    let weeks = rule(Every::Weeks { n: 2, weekdays: 0b000_1010 }, "2026-11-25 10:00", "UTC");
    assert_eq!(after(&weeks, "2026-01-01T00:00:00Z", 4), ["11-26 10:00", "12-08 10:00", "12-10 10:00", "12-22 10:00"]);
    assert_eq!(after(&weeks, "2026-12-08T10:00:00Z", 1), ["12-10 10:00"]);
}

#[test]
fn short_months_and_years_end_on_their_last_day() {
    let months = rule(Every::Months { n: 1, day: 31 }, "2027-01-31 10:00", "UTC");
    assert_eq!(after(&months, "2027-01-01T00:00:00Z", 4), ["01-31 10:00", "02-28 10:00", "03-31 10:00", "04-30 10:00"]);
    let quarters = rule(Every::Months { n: 3, day: 15 }, "2027-01-20 10:00", "UTC");
    assert_eq!(after(&quarters, "2027-01-01T00:00:00Z", 2), ["04-15 10:00", "07-15 10:00"]);
    let years = rule(Every::Years(1), "2028-02-29 10:00", "UTC");
    assert_eq!(keys(&years, 5), ["2028-02-29.0", "2029-02-28.0", "2030-02-28.0", "2031-02-28.0", "2032-02-29.0"]);
}

#[test]
fn cron_times_have_numbers_on_their_day() {
    let cron = rule(Every::Cron("0 9,17 * * mon".parse().unwrap()), "2026-11-23 12:00", "Europe/Berlin");
    assert_eq!(keys(&cron, 3), ["2026-11-23.1", "2026-11-30.0", "2026-11-30.1"]);
    let night = rule(Every::Cron("0,30 2 * * *".parse().unwrap()), "2026-03-28 00:00", "Europe/Berlin");
    assert_eq!(after(&night, "2026-03-28T12:00:00Z", 3), ["03-29 01:00", "03-30 00:00", "03-30 00:30"]);
}

#[test]
fn it_ends_by_day_or_by_count() {
    let mut daily = rule(Every::Days(2), "2026-11-23 23:30", "America/New_York");
    daily.end = End::Until("2026-11-27".parse().unwrap());
    assert_eq!(after(&daily, "2026-11-01T00:00:00Z", 9), ["11-24 04:30", "11-26 04:30", "11-28 04:30"]);
    daily.end = End::Count(2);
    assert_eq!(after(&daily, "2026-11-24T04:30:00Z", 9), ["11-26 04:30"]);
    assert_eq!(daily.count_until("2026-11-25T00:00:00Z".parse().unwrap(), 9), 1);
    let mut minutes = rule(Every::Minutes(20), "2026-11-23 23:30", "UTC");
    minutes.end = End::Count(3);
    assert_eq!(after(&minutes, "2026-11-23T23:35:00Z", 9), ["11-23 23:50", "11-24 00:10"]);
    minutes.end = End::Until("2026-11-23".parse().unwrap());
    assert_eq!(after(&minutes, "2026-11-01T00:00:00Z", 9), ["11-23 23:30", "11-23 23:50"]);
}

#[test]
fn what_makes_no_sense_is_named() {
    let fields = |rule: &Rule| match rule.check() {
        Err(Error::Invalid(errors)) => errors.into_iter().map(|e| e.field).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let with = |every| rule(every, "2026-11-23 09:00", "UTC");
    assert_eq!(fields(&with(Every::Minutes(4))), ["n"]);
    assert_eq!(fields(&with(Every::Weeks { n: 0, weekdays: 0 })), ["n", "weekday"]);
    assert_eq!(fields(&with(Every::Months { n: 1, day: 32 })), ["day"]);
    assert_eq!(fields(&with(Every::Cron("0 9 30 2 *".parse().unwrap()))), ["cron"]);
    assert_eq!(fields(&Rule { end: End::Count(0), ..with(Every::Days(1)) }), ["count"]);
    assert_eq!(fields(&Rule { end: End::Until("2026-11-22".parse().unwrap()), ..with(Every::Days(1)) }), ["until"]);
    let saturday = End::Until("2026-11-27".parse().unwrap());
    assert_eq!(fields(&Rule { end: saturday, ..with(Every::Weeks { n: 1, weekdays: 0b010_0000 }) }), ["until"]);
    with(Every::Days(1)).check().unwrap();
}

#[test]
fn a_rule_survives_being_stored() {
    for every in [Every::Minutes(30), Every::Weeks { n: 1, weekdays: 5 }, Every::Cron("0 9 * * 1".parse().unwrap())] {
        let rule = Rule { end: End::Count(3), ..rule(every, "2026-11-23 09:00", "Europe/Berlin") };
        let stored = serde_json::to_value(&rule).unwrap();
        assert_eq!(stored["zone"], "Europe/Berlin");
        assert_eq!(serde_json::from_value::<Rule>(stored).unwrap(), rule);
    }
    assert!(serde_json::from_value::<Cron>("* * * * *".into()).is_err());
}

/// The same, wherever one begins to look.
#[test]
fn what_they_are_does_not_depend_on_where_one_looks_from() {
    for (every, zone, start) in [
        (Every::Days(3), "Pacific/Apia", "2011-12-18 23:30"),
        (Every::Cron("0,30 0-3 * * *".parse().unwrap()), "Europe/Berlin", "2026-03-26 00:00"),
        (Every::Cron("15,45 0-3 * * *".parse().unwrap()), "Australia/Lord_Howe", "2026-10-01 00:00"),
        (Every::Months { n: 1, day: 30 }, "Africa/Casablanca", "2026-01-30 02:30"),
    ] {
        let rule = rule(every, start, zone);
        let all: Vec<Occurrence> = rule.occurrences(DateTime::<Utc>::MIN_UTC).take(60).collect();
        assert!(all.is_sorted_by(|a, b| a.at < b.at), "{zone}");
        for n in 0..59 {
            assert_eq!(rule.occurrences(all[n].at).next().as_ref(), Some(&all[n + 1]), "{zone} {n}");
        }
    }
}
