//! What an answer's headers say about how much more the platform takes. Platforms agree on no form: read once, here.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::HeaderMap;

use crate::kit::Clock;

/// Longest wait that is believed: a wrong unit must not end a channel.
const LONGEST: i64 = 7 * 86_400;
/// Numbers this large are instants, not waits; larger than the second, in milliseconds.
const INSTANT: f64 = 1e9;
const MILLISECONDS: f64 = 1e11;

/// How much more is taken, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateHint {
    /// So many more requests.
    pub remaining: u64,
    /// Until then; after it there are more.
    pub resets_at: DateTime<Utc>,
}

impl RateHint {
    /// From the headers of any answer; `None` when they do not say both.
    ///
    /// Understood: `X-RateLimit-*`, `X-Rate-Limit-*` and `RateLimit-*` with waits, floats, seconds or milliseconds since
    /// 1970 and dates, Discord's `-Reset-After`, and the IETF drafts' `RateLimit: "x";r=1;t=2`.
    pub fn read(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Self> {
        let remaining = first(headers, &["ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining"]);
        let resets_at = resets_at(headers, now);
        match (remaining.and_then(number), resets_at) {
            (Some(remaining), Some(resets_at)) => Some(Self { remaining: remaining as u64, resets_at }),
            _ => draft(text(headers, "ratelimit")?, now),
        }
    }

    /// The one that leaves less.
    fn tighter(self, other: Self) -> Self {
        let rank = |hint: &Self| (hint.remaining, std::cmp::Reverse(hint.resets_at));
        if rank(&other) < rank(&self) { other } else { self }
    }
}

/// When to come back after a refusal: `Retry-After` (seconds or a date), else when the limit resets.
pub fn retry_at(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match text(headers, "retry-after") {
        Some(value) => instant(value, now),
        None => resets_at(headers, now).or_else(|| Some(draft(text(headers, "ratelimit")?, now)?.resets_at)),
    }
}

fn resets_at(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // The wait before the instant: it does not depend on both clocks.
    let after = first(headers, &["x-ratelimit-reset-after", "ratelimit-reset-after"]);
    let reset = after.or_else(|| first(headers, &["ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset"]));
    instant(reset?, now)
}

/// `"posts";r=50;t=30`, or `limit=100, remaining=50, reset=30`. Of several policies the tightest.
fn draft(value: &str, now: DateTime<Utc>) -> Option<RateHint> {
    let named = |item: &str, names: [&str; 2]| -> Option<f64> {
        let mut pairs = item.split([';', ',']).filter_map(|pair| pair.trim().split_once('='));
        number(pairs.find(|(name, _)| names.contains(name))?.1)
    };
    let hint = |item: &str| {
        let (remaining, wait) = (named(item, ["r", "remaining"])?, named(item, ["t", "reset"])?);
        Some(RateHint { remaining: remaining as u64, resets_at: now + seconds(wait) })
    };
    // Commas separate policies in the newer draft and values in the older one.
    let items: Vec<&str> = if value.contains("remaining=") { vec![value] } else { value.split(',').collect() };
    items.into_iter().filter_map(hint).reduce(RateHint::tighter)
}

fn instant(value: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let date = DateTime::parse_from_rfc3339(value).or_else(|_| DateTime::parse_from_rfc2822(value));
    if let Ok(date) = date {
        return Some(date.to_utc());
    }
    match number(value)? {
        n if n >= MILLISECONDS => DateTime::from_timestamp_millis(n as i64),
        n if n >= INSTANT => DateTime::from_timestamp_micros((n * 1e6) as i64),
        n => Some(now + seconds(n)),
    }
}

/// Rounded up: a moment early is refused again.
fn seconds(n: f64) -> TimeDelta {
    TimeDelta::milliseconds(((n * 1e3).ceil() as i64).clamp(0, LONGEST * 1_000))
}

fn number(text: &str) -> Option<f64> {
    text.trim().trim_matches('"').parse().ok().filter(|n: &f64| n.is_finite() && *n >= 0.0)
}

fn first<'a>(headers: &'a HeaderMap, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| text(headers, name))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// Hears what the answers to a client's writes say. Cloning shares it.
#[derive(Clone)]
pub struct Heard {
    hint: Arc<Mutex<Option<RateHint>>>,
    clock: Clock,
}

impl Heard {
    pub(super) fn new(clock: Clock) -> Self {
        Self { hint: Arc::default(), clock }
    }

    pub(super) fn note(&self, headers: &HeaderMap) {
        let Some(new) = RateHint::read(headers, self.clock.now()) else { return };
        let mut hint = self.hint.lock().unwrap_or_else(PoisonError::into_inner);
        *hint = Some(hint.map_or(new, |old| old.tighter(new)));
    }

    /// The tightest that was heard.
    pub fn hint(&self) -> Option<RateHint> {
        *self.hint.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    const NOW: &str = "2026-11-23T12:00:00Z";

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[track_caller]
    fn says(pairs: &[(&'static str, &'static str)], remaining: u64, resets_at: &str) {
        let read = RateHint::read(&headers(pairs), at(NOW));
        assert_eq!(read, Some(RateHint { remaining, resets_at: at(resets_at) }), "{pairs:?}");
    }

    #[test]
    fn every_platform_s_way_to_say_it_is_understood() {
        // Bluesky: seconds since 1970.
        says(&[("ratelimit-remaining", "2999"), ("ratelimit-reset", "1795436400")], 2999, "2026-11-23T12:20:00Z");
        // Mastodon: a date.
        says(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2026-11-23T12:05:00.000Z")], 0, "2026-11-23T12:05:00Z");
        // Reddit: floats, seconds to wait.
        says(&[("x-ratelimit-remaining", "0.5"), ("x-ratelimit-reset", "213")], 0, "2026-11-23T12:03:33Z");
        // Discord: the wait counts, not the instant.
        says(
            &[("x-ratelimit-remaining", "1"), ("x-ratelimit-reset", "1.5"), ("x-ratelimit-reset-after", "1.25")],
            1,
            "2026-11-23T12:00:01.250Z",
        );
        // X.
        says(&[("x-rate-limit-remaining", "10"), ("x-rate-limit-reset", "1795435260")], 10, "2026-11-23T12:01:00Z");
        // Milliseconds.
        says(&[("x-ratelimit-remaining", "10"), ("x-ratelimit-reset", "1795435260000")], 10, "2026-11-23T12:01:00Z");
        // The drafts.
        says(&[("ratelimit-remaining", "3"), ("ratelimit-reset", "30")], 3, "2026-11-23T12:00:30Z");
        says(&[("ratelimit", "limit=100, remaining=50, reset=30")], 50, "2026-11-23T12:00:30Z");
        says(&[("ratelimit", "\"burst\";r=2;t=5, \"day\";r=900;t=600")], 2, "2026-11-23T12:00:05Z");
    }

    #[test]
    fn half_a_word_and_nonsense_say_nothing() {
        for pairs in [
            &[("x-ratelimit-remaining", "0")][..],
            &[("x-ratelimit-reset", "60")],
            &[("x-ratelimit-remaining", "many"), ("x-ratelimit-reset", "60")],
            &[("x-ratelimit-remaining", "-1"), ("x-ratelimit-reset", "60")],
            &[("x-ratelimit-remaining", "NaN"), ("x-ratelimit-reset", "inf")],
            &[("ratelimit", "\"x\";r=1")],
            &[],
        ] {
            assert_eq!(RateHint::read(&headers(pairs), at(NOW)), None, "{pairs:?}");
        }
    }

    #[test]
    fn a_refusal_says_when_to_come_back() {
        let when = |pairs| retry_at(&headers(pairs), at(NOW));
        assert_eq!(when(&[("retry-after", "90")]), Some(at("2026-11-23T12:01:30Z")));
        assert_eq!(when(&[("retry-after", "0.5")]), Some(at("2026-11-23T12:00:00.500Z")));
        assert_eq!(when(&[("retry-after", "Mon, 23 Nov 2026 12:10:00 GMT")]), Some(at("2026-11-23T12:10:00Z")));
        assert_eq!(when(&[("x-ratelimit-reset", "1795435260.5")]), Some(at("2026-11-23T12:01:00.500Z")));
        assert_eq!(when(&[("retry-after", "soon")]), None);
        assert_eq!(when(&[("retry-after", "99999999")]), Some(at(NOW) + TimeDelta::days(7)));
    }

    #[test]
    fn of_several_answers_the_tightest_counts() {
        let heard = Heard::new(Clock::manual(at(NOW)));
        for (remaining, reset) in [("5", "60"), ("0", "30"), ("0", "90"), ("7", "900")] {
            heard.note(&headers(&[("ratelimit-remaining", remaining), ("ratelimit-reset", reset)]));
        }
        assert_eq!(heard.hint(), Some(RateHint { remaining: 0, resets_at: at(NOW) + TimeDelta::seconds(90) }));
    }
}
