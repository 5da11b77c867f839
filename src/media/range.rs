//! Which part of a file a `Range` header asks for (RFC 9110, 14.2). Knows no HTTP types.

use std::ops::Range;

/// What to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The whole file: no range, several, or one that cannot be read.
    Whole,
    /// This part of it.
    Part(Range<u64>),
    /// A part that begins behind the end.
    Beyond,
}

/// Reads the header for a file of `bytes` bytes.
pub fn wanted(header: Option<&str>, bytes: u64) -> Wanted {
    let Some(one) = header.and_then(|h| h.trim().strip_prefix("bytes=")).filter(|h| !h.contains(',')) else {
        return Wanted::Whole;
    };
    let Some((first, last)) = one.trim().split_once('-') else { return Wanted::Whole };
    match (number(first), number(last)) {
        (Some(None), Some(Some(0))) => Wanted::Beyond,
        (Some(None), Some(Some(suffix))) if bytes > 0 => Wanted::Part(bytes.saturating_sub(suffix)..bytes),
        (Some(Some(first)), Some(last)) => {
            let end = last.map_or(bytes, |last| last.saturating_add(1).min(bytes));
            match () {
                () if last.is_some_and(|last| last < first) => Wanted::Whole,
                () if first >= bytes => Wanted::Beyond,
                () => Wanted::Part(first..end),
            }
        }
        _ => Wanted::Whole,
    }
}

/// `Some(None)` for nothing at all, `None` for what is no number.
#[expect(clippy::option_option, reason = "absent and unreadable are different answers")]
fn number(text: &str) -> Option<Option<u64>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(None);
    }
    // A number too large for us lies behind the end of every file.
    text.bytes().all(|b| b.is_ascii_digit()).then(|| Some(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        let of = |h: &str| wanted(Some(h), 10);
        assert_eq!(of("bytes=0-3"), Wanted::Part(0..4));
        assert_eq!(of("bytes=5-"), Wanted::Part(5..10));
        assert_eq!(of("bytes=5-99999999999999999999999"), Wanted::Part(5..10));
        assert_eq!(of("bytes=-3"), Wanted::Part(7..10));
        assert_eq!(of("bytes=-99"), Wanted::Part(0..10));
        assert_eq!(of("bytes=10-"), Wanted::Beyond);
        assert_eq!(of("bytes=-0"), Wanted::Beyond);
        for whole in ["bytes=3-1", "bytes=0-1,4-5", "bytes=a-b", "bytes=-", "items=0-1", "bytes=5", ""] {
            assert_eq!(of(whole), Wanted::Whole, "{whole}");
        }
        assert_eq!(wanted(None, 10), Wanted::Whole);
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Beyond);
    }
}
