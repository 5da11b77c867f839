//! Posts of the account that may be the one whose outcome is unknown, and how much they look like it. Pure.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Remote;

/// A post that stands on the account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// What it is at the platform.
    pub remote: Remote,
    /// Its text, at most [`Candidate::EXCERPT`] characters.
    pub text: String,
    /// When it was made, as the platform says.
    pub at: Option<DateTime<Utc>>,
}

impl Candidate {
    /// Characters of a text.
    pub const EXCERPT: usize = 300;

    /// With the beginning of its text.
    pub fn new(remote: Remote, text: &str, at: Option<DateTime<Utc>>) -> Self {
        Self { remote, text: text.chars().take(Self::EXCERPT).collect(), at }
    }
}

/// How much two texts have in common, from 0 to 100: pairs of neighbouring letters they share. Platforms shorten links,
/// drop spaces and change marks, so none of these count; two texts without any letter are the same.
pub fn likeness(ours: &str, theirs: &str) -> u8 {
    let (ours, theirs) = (pairs(ours), pairs(theirs));
    let total: usize = ours.values().chain(theirs.values()).sum();
    if total == 0 {
        return 100;
    }
    let shared: usize = ours.iter().map(|(pair, n)| theirs.get(pair).map_or(0, |m| *n.min(m))).sum();
    u8::try_from(200 * shared / total).unwrap_or(100)
}

fn pairs(text: &str) -> HashMap<(char, char), usize> {
    let words = text.split_whitespace().filter(|word| !word.contains("://"));
    let letters: Vec<char> =
        words.flat_map(|word| word.chars().flat_map(char::to_lowercase)).filter(|c| c.is_alphanumeric()).take(3_000).collect();
    let mut found = HashMap::new();
    for pair in letters.windows(2) {
        *found.entry((pair[0], pair[1])).or_default() += 1;
    }
    // A single letter has no neighbour.
    if let [one] = letters[..] {
        found.insert((one, one), 1);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_platforms_do_to_a_text_does_not_make_it_another() {
        let ours = "Our new  sandals are here!\nhttps://example.org/sandals?utm=1";
        for theirs in ["Our new sandals are here! https://t.co/abc", "OUR NEW SANDALS ARE HERE", "our new sandalsare here…"] {
            assert_eq!(likeness(ours, theirs), 100, "{theirs}");
        }
        assert!(likeness(ours, "Our new sandals are here, in red") > 70);
        assert!(likeness(ours, "Happy birthday to our founder") < 40);
    }

    #[test]
    fn pictures_without_words_are_alike_and_unlike_words() {
        assert_eq!((likeness("", ""), likeness("x", "x"), likeness("", "words"), likeness("x", "y")), (100, 100, 0, 0));
    }

    #[test]
    fn an_excerpt_never_cuts_a_letter() {
        let remote = Remote { id: "1".into(), url: None, extra: serde_json::json!({}) };
        assert_eq!(Candidate::new(remote, &"é".repeat(400), None).text.chars().count(), 300);
    }
}
