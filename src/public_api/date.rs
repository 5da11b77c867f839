//! Dates of the wire: read as leniently as Postiz's clients need, written as JavaScript writes them. Pure.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};

/// Reads an ISO 8601 date or date and time. Without a zone it is UTC, without a time midnight. Only years that both
/// databases keep alike: 1 to 9999.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let at = zoned(text).or_else(|| Some(wall(text)?.and_utc()))?;
    (1..=9999).contains(&at.year()).then_some(at)
}

fn zoned(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z"))
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%#z"));
    at.ok().map(|at| at.to_utc()).or_else(|| Some(wall(text.strip_suffix('Z')?)?.and_utc()))
}

fn wall(text: &str) -> Option<NaiveDateTime> {
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"];
    let at = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    at.or_else(|| Some(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_time(NaiveTime::MIN)))
}

/// `2026-11-24T08:20:00.000Z`.
pub fn iso(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// `2026-11-24T08:20:00`: the minute, without a zone.
pub fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_without_a_zone_is_utc() {
        for (text, expected) in [
            ("2026-11-24T08:20:00", "2026-11-24T08:20:00.000Z"),
            ("2026-11-24T08:20", "2026-11-24T08:20:00.000Z"),
            ("2026-11-24 08:20:00", "2026-11-24T08:20:00.000Z"),
            ("2026-11-24", "2026-11-24T00:00:00.000Z"),
            ("2026-11-24T08:20:00.5", "2026-11-24T08:20:00.500Z"),
            ("2026-11-24T08:20:00.123Z", "2026-11-24T08:20:00.123Z"),
            ("2026-11-24T08:20Z", "2026-11-24T08:20:00.000Z"),
            ("2026-11-24T10:20:00+02:00", "2026-11-24T08:20:00.000Z"),
            ("2026-11-24T10:20:00+0200", "2026-11-24T08:20:00.000Z"),
            ("2026-11-24T10:20+02:00", "2026-11-24T08:20:00.000Z"),
            (" 2026-11-24T08:20:00Z ", "2026-11-24T08:20:00.000Z"),
        ] {
            assert_eq!(parse(text).map(iso).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_date() {
        for text in [
            "",
            "tomorrow",
            "2026-13-01",
            "2026-02-30T00:00:00Z",
            "24.11.2026",
            "1700000000",
            "+262142-01-01T00:00:00Z",
            "0000-01-01",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
