//! How long a text is, as a platform counts. The browser counts the same way: both are held to one file of examples
//! (tests/counter.json).

use linkify::{LinkFinder, LinkKind};
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation as _;

/// How a platform counts text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Extended grapheme clusters: what a person sees as one character.
    Graphemes,
    /// Unicode scalar values.
    Chars,
    /// UTF-16 code units, as JavaScript's `length`.
    Utf16,
    /// Bytes of UTF-8.
    Bytes,
    /// X's own weights: 1 for Latin and its neighbours, 2 for all others and for an emoji however it is put together.
    /// <https://docs.x.com/fundamentals/counting-characters>. Decomposed letters are not composed first, so that a text is
    /// never thought shorter than it is.
    Weighted,
}

/// A unit, and what counts as something else than itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// The unit.
    pub unit: Unit,
    /// An http(s) address counts so many, however long it is.
    pub link: Option<usize>,
    /// Of `@name@host` only `@name` counts.
    pub short_mentions: bool,
}

impl Measure {
    /// How long `text` is.
    pub fn count(&self, text: &str) -> usize {
        match self.link {
            Some(each) => {
                let finder = finder();
                let mut total = 0;
                for span in finder.spans(text) {
                    total += if is_link(&span) { each } else { self.words(span.as_str()) };
                }
                total
            }
            None => self.words(text),
        }
    }

    fn words(&self, text: &str) -> usize {
        if self.short_mentions && text.contains('@') {
            return self.unit.count(&without_hosts(text));
        }
        self.unit.count(text)
    }
}

impl Unit {
    /// How many of this unit `text` has.
    pub fn count(self, text: &str) -> usize {
        match self {
            Self::Graphemes => text.graphemes(true).count(),
            Self::Chars => text.chars().count(),
            Self::Utf16 => text.encode_utf16().count(),
            Self::Bytes => text.len(),
            Self::Weighted => text.graphemes(true).map(weight).sum(),
        }
    }
}

/// Where http(s) addresses stand in a text, in order.
pub fn web_links(text: &str) -> Vec<std::ops::Range<usize>> {
    let finder = finder();
    finder.spans(text).filter(is_link).map(|span| span.start()..span.end()).collect()
}

fn finder() -> LinkFinder {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    finder
}

fn is_link(span: &linkify::Span<'_>) -> bool {
    let text = span.as_str();
    span.kind().is_some() && (text.starts_with("http://") || text.starts_with("https://"))
}

/// `@ann@example.social` as `@ann`.
fn without_hosts(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let name = rest[at + 1..].find(|c: char| !is_handle(c)).unwrap_or(rest.len() - at - 1);
        let end = at + 1 + name;
        let starts = rest[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '@');
        out.push_str(&rest[..end]);
        rest = &rest[end..];
        if let Some(host) = rest.strip_prefix('@').filter(|_| starts && name > 0) {
            let length = host.find(|c: char| !is_handle(c)).unwrap_or(host.len());
            let length = host[..length].trim_end_matches(['.', '-']).len();
            if host[..length].contains('.') {
                rest = &host[length..];
            }
        }
    }
    out + rest
}

fn is_handle(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn weight(grapheme: &str) -> usize {
    let mut chars = grapheme.chars();
    let first = chars.next().unwrap_or_default();
    if chars.next().is_some() && is_emoji(grapheme) {
        return 2;
    }
    let light = |c: char| matches!(u32::from(c), 0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247);
    if grapheme.len() == first.len_utf8() {
        return if light(first) { 1 } else { 2 };
    }
    grapheme.chars().map(|c| if light(c) { 1 } else { 2 }).sum()
}

/// A sequence that is shown as one picture: joined, coloured, a flag, or a key.
fn is_emoji(grapheme: &str) -> bool {
    grapheme.chars().any(|c| matches!(u32::from(c), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x20E3 | 0xFE0F))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same examples that the browser's counter is held to.
    #[test]
    fn counts_are_those_of_the_examples() {
        let examples: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/counter.json")).expect("the examples are JSON");
        for example in examples.as_array().expect("a list") {
            let text = example["text"].as_str().expect("a text");
            for (unit, name) in [
                (Unit::Graphemes, "graphemes"),
                (Unit::Chars, "chars"),
                (Unit::Utf16, "utf16"),
                (Unit::Bytes, "bytes"),
                (Unit::Weighted, "weighted"),
            ] {
                assert_eq!(Some(unit.count(text) as u64), example[name].as_u64(), "{name} of {text:?}");
            }
            let toot = Measure { unit: Unit::Chars, link: Some(23), short_mentions: true };
            assert_eq!(Some(toot.count(text) as u64), example["toot"].as_u64(), "toot of {text:?}");
        }
    }
}
