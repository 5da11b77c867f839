//! A long text as parts of a thread. Pure: whether a piece fits is asked of whoever knows the limits.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::kit::text::web_links;

/// Most parts that come out of one text; what is left stays in the last.
const MOST: usize = 50;

/// Where the pieces of a text that fit stand in it, in order. It is cut where a paragraph ends, else a line, a sentence, a word; never inside a
/// word, an address or one of `names` (as `@Ann Lee`). Only a word that is itself too long is cut, between what people see
/// as characters; an address that is too long stays whole and does not fit. Nothing is lost but the white space at a cut.
pub fn split(text: &str, names: &[&str], fits: &dyn Fn(Range<usize>) -> bool) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    let text = text.trim_end();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let from = text.len() - rest.len();
        // Everything that is tried is a beginning of the rest.
        let fits = |piece: &str| fits(from..from + piece.len());
        let end = if parts.len() + 1 >= MOST || fits(rest) { rest.len() } else { cut(rest, names, &fits) };
        parts.push(from..from + rest[..end].trim_end().len());
        rest = rest[end..].trim_start();
    }
    parts
}

/// The longest beginning of `text` that fits, in bytes, cut between what people see as characters.
pub fn longest(text: &str, fits: &dyn Fn(&str) -> bool) -> usize {
    let ends: Vec<usize> = text.grapheme_indices(true).map(|(at, grapheme)| at + grapheme.len()).collect();
    let count = ends.partition_point(|end| fits(&text[..*end]));
    if count == 0 { 0 } else { ends[count - 1] }
}

/// How good a place is to cut at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Word,
    Sentence,
    Line,
    Paragraph,
}

/// Where the first piece of a text that does not fit ends: more than 0.
fn cut(text: &str, names: &[&str], fits: &dyn Fn(&str) -> bool) -> usize {
    let whole = whole(text, names);
    let places = places(text, &whole);
    // More text never fits better, so the places that fit are the first ones.
    let count = places.partition_point(|(at, _)| fits(text[..*at].trim_end()));
    let fitting = &places[..count];
    // A good place far back would leave a part half empty: only the second half of what fits is looked at for it.
    let far = fitting.last().map_or(0, |(at, _)| at / 2);
    let best = fitting.iter().filter(|(at, _)| *at >= far).max_by_key(|(at, place)| (*place, *at));
    if let Some((at, _)) = best {
        return *at;
    }
    // Not even the first word fits.
    let first = places.first().map_or(text.len(), |(at, _)| *at);
    if whole.first().is_some_and(|(from, _)| *from == 0) {
        return first;
    }
    match longest(&text[..first], fits) {
        0 => text.graphemes(true).next().map_or(first, str::len),
        end => end,
    }
}

/// Addresses and names: `(from, to)` in order, none inside another.
fn whole(text: &str, names: &[&str]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = web_links(text).into_iter().map(|range| (range.start, range.end)).collect();
    for name in names.iter().filter(|name| !name.is_empty()) {
        let mention = format!("@{name}");
        found.extend(text.match_indices(&mention).map(|(at, _)| (at, at + mention.len())));
    }
    found.sort_unstable();
    found
}

/// Where white space begins outside of what stays whole, and at the start of the next word: the place behind the space.
fn places(text: &str, whole: &[(usize, usize)]) -> Vec<(usize, Place)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find(char::is_whitespace).map(|at| from + at) {
        let space = text[at..].len() - text[at..].trim_start().len();
        let end = at + space;
        let inside = whole.iter().any(|(a, b)| *a < at && at < *b);
        if !inside && at > 0 {
            found.push((end, place(&text[..at], &text[at..end])));
        }
        from = end;
    }
    found
}

fn place(before: &str, space: &str) -> Place {
    match space.matches('\n').count() {
        0 if before.ends_with(['.', '!', '?', '…', '。', '！', '？', '”', '"', ')']) => Place::Sentence,
        0 => Place::Word,
        1 => Place::Line,
        _ => Place::Paragraph,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at_most(max: usize) -> impl Fn(&str) -> bool {
        move |text: &str| text.graphemes(true).count() <= max
    }

    fn pieces(text: &str, names: &[&str], fits: &dyn Fn(&str) -> bool) -> Vec<String> {
        split(text, names, &|range| fits(&text[range])).into_iter().map(|range| text[range].to_owned()).collect()
    }

    fn parts(text: &str, max: usize) -> Vec<String> {
        pieces(text, &["Ann Lee"], &at_most(max))
    }

    #[test]
    fn it_is_cut_at_the_best_place() {
        assert_eq!(parts("One two.\n\nThree four", 14), ["One two.", "Three four"]);
        assert_eq!(parts("One two. Three four", 15), ["One two.", "Three four"]);
        assert_eq!(parts("One two three four", 10), ["One two", "three four"]);
        assert_eq!(parts("A. Bbbb cccc dddd", 14), ["A. Bbbb cccc", "dddd"], "no part is left nearly empty");
        assert_eq!(parts("fits", 10), ["fits"]);
        assert_eq!(parts("  \n ", 10), Vec::<String>::new());
    }

    #[test]
    fn names_and_addresses_stay_whole() {
        assert_eq!(parts("Thanks to @Ann Lee today", 14), ["Thanks to", "@Ann Lee today"]);
        let link = "https://example.org/a/long/way";
        assert_eq!(parts(&format!("See {link} now"), 12), ["See", link, "now"], "an address that is too long stays whole");
    }

    #[test]
    fn a_word_that_is_too_long_is_cut_between_characters() {
        assert_eq!(parts("e\u{301}e\u{301}e\u{301}e\u{301}", 3), ["e\u{301}e\u{301}e\u{301}", "e\u{301}"]);
        assert_eq!(parts("👨‍👩‍👧👨‍👩‍👧", 1), ["👨‍👩‍👧", "👨‍👩‍👧"]);
        assert_eq!(pieces("ab", &[], &|_| false), ["a", "b"], "it ends even where nothing fits");
    }

    proptest! {
        /// No character is lost or made up, and each part fits.
        #[test]
        fn nothing_is_lost_and_all_fits(text in "([a-zé🙂.]{0,9}[ \\n]{0,2}){0,30}", max in 8usize..60) {
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let parts = pieces(&text, &[], &at_most(max));
            prop_assume!(parts.len() < MOST && web_links(&text).is_empty());
            prop_assert_eq!(bare(&parts.concat()), bare(&text));
            for part in &parts {
                prop_assert!(at_most(max)(part), "{:?} is too long for {}", part, max);
                prop_assert!(!part.trim().is_empty());
            }
        }

        /// Words stay whole where they fit.
        #[test]
        fn words_stay_whole(words in prop::collection::vec("[a-z]{1,8}", 1..40), max in 8usize..40) {
            let text = words.join(" ");
            let again: Vec<String> = parts(&text, max).iter().flat_map(|p| p.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
            prop_assert_eq!(again, words);
        }
    }
}
