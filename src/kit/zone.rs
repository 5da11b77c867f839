//! Wall clocks: from a date and time in an IANA zone to an instant and back.

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

/// Reads an IANA name such as `Europe/Berlin`; `None` for anything else.
pub fn parse(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// Every name that [`parse`] reads, `UTC` first and the others by alphabet: for lists to choose from.
pub fn names() -> Vec<&'static str> {
    let all = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).filter(|name| *name != "UTC");
    std::iter::once("UTC").chain(all).collect()
}

/// The instant at which clocks in `zone` show `wall`.
///
/// A time skipped by a clock going forward becomes the first valid instant after the gap; a time that happens twice
/// is the first of the two.
pub fn instant(zone: Tz, wall: NaiveDateTime) -> DateTime<Utc> {
    match zone.from_local_datetime(&wall) {
        LocalResult::Single(t) | LocalResult::Ambiguous(t, _) => t.to_utc(),
        LocalResult::None => after_gap(zone, wall),
    }
}

/// Bisects for the end of the gap that `wall` lies in; gaps are at most a day (Apia 2011) and end on a whole second.
fn after_gap(zone: Tz, wall: NaiveDateTime) -> DateTime<Utc> {
    let shows = |t: DateTime<Utc>| t.with_timezone(&zone).naive_local();
    let (mut before, mut after) = (wall.and_utc() - Duration::hours(40), wall.and_utc() + Duration::hours(40));
    while after - before > Duration::seconds(1) {
        let middle = before + Duration::seconds((after - before).num_seconds() / 2);
        if shows(middle) < wall { before = middle } else { after = middle }
    }
    after
}

/// What clocks in `zone` show at `t`.
pub fn wall(zone: Tz, t: DateTime<Utc>) -> NaiveDateTime {
    t.with_timezone(&zone).naive_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(zone: &str, wall: &str) -> String {
        let wall = NaiveDateTime::parse_from_str(wall, "%Y-%m-%d %H:%M").unwrap();
        instant(parse(zone).unwrap(), wall).to_rfc3339()
    }

    #[test]
    fn a_skipped_time_is_the_first_instant_after_the_gap_and_a_double_one_the_first() {
        assert_eq!(at("Europe/Berlin", "2026-03-29 02:30"), "2026-03-29T01:00:00+00:00");
        assert_eq!(at("Europe/Berlin", "2026-10-25 02:30"), "2026-10-25T00:30:00+00:00");
        assert_eq!(at("Australia/Lord_Howe", "2026-10-04 02:15"), "2026-10-03T15:30:00+00:00");
        assert_eq!(at("Pacific/Apia", "2011-12-30 12:00"), "2011-12-30T10:00:00+00:00");
    }
}
