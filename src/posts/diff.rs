//! What differs between two texts, word by word. Pure.

use serde::Serialize;

/// Most pairs of words that are compared; of texts that differ in more, the whole middle is said to differ.
const MOST: usize = 4_000_000;

/// A run of words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// `same`, `gone` or `new`.
    pub kind: Kind,
    /// The words with the spaces after them.
    pub text: String,
}

/// What became of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// They are in both.
    Same,
    /// Only in the older text.
    Gone,
    /// Only in the newer one.
    New,
}

/// The words of both in order: those that are gone before those that took their place.
pub fn words(old: &str, new: &str) -> Vec<Piece> {
    let (a, b) = (split(old), split(new));
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (middle_a, middle_b) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let mut pieces = Pieces::default();
    a[..head].iter().for_each(|word| pieces.push(Kind::Same, word));
    middle(middle_a, middle_b, &mut pieces);
    a[a.len() - tail..].iter().for_each(|word| pieces.push(Kind::Same, word));
    pieces.0
}

#[derive(Default)]
struct Pieces(Vec<Piece>);

impl Pieces {
    fn push(&mut self, kind: Kind, word: &str) {
        match self.0.last_mut() {
            Some(last) if last.kind == kind => last.text.push_str(word),
            _ => self.0.push(Piece { kind, text: word.to_owned() }),
        }
    }
}

/// Words with the white space after them; line ends are words of their own, so that a new line is seen.
fn split(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut from = 0;
    let mut in_space = false;
    for (at, c) in text.char_indices() {
        if (in_space && !c.is_whitespace()) || c == '\n' || text[..at].ends_with('\n') {
            if at > from {
                words.push(&text[from..at]);
            }
            from = at;
        }
        in_space = c.is_whitespace();
    }
    if from < text.len() {
        words.push(&text[from..]);
    }
    words
}

/// The longest common run of words, by the table of all pairs.
fn middle(a: &[&str], b: &[&str], pieces: &mut Pieces) {
    let (mut i, mut j) = (0, 0);
    if a.len().saturating_mul(b.len()) <= MOST {
        let width = b.len() + 1;
        let mut longest = vec![0_u32; (a.len() + 1) * width];
        for x in (0..a.len()).rev() {
            for y in (0..b.len()).rev() {
                longest[x * width + y] = match a[x] == b[y] {
                    true => longest[(x + 1) * width + y + 1] + 1,
                    false => longest[(x + 1) * width + y].max(longest[x * width + y + 1]),
                };
            }
        }
        while i < a.len() && j < b.len() {
            if a[i] == b[j] {
                pieces.push(Kind::Same, a[i]);
                (i, j) = (i + 1, j + 1);
            } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
                pieces.push(Kind::Gone, a[i]);
                i += 1;
            } else {
                pieces.push(Kind::New, b[j]);
                j += 1;
            }
        }
    }
    a[i..].iter().for_each(|word| pieces.push(Kind::Gone, word));
    b[j..].iter().for_each(|word| pieces.push(Kind::New, word));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(old: &str, new: &str) -> String {
        let mark = |p: &Piece| match p.kind {
            Kind::Same => p.text.clone(),
            Kind::Gone => format!("[-{}]", p.text),
            Kind::New => format!("[+{}]", p.text),
        };
        words(old, new).iter().map(mark).collect()
    }

    #[test]
    fn words_that_changed_are_named_and_no_others() {
        assert_eq!(told("the old loom weaves", "the new loom weaves well"), "the [-old ][+new ]loom [-weaves][+weaves well]");
        assert_eq!(told("a\n\nb", "a\nb"), "a\n[-\n]b");
        assert_eq!((told("", "x"), told("x", ""), told("", "")), ("[+x]".into(), "[-x]".into(), String::new()));
    }

    #[test]
    fn a_text_that_is_wholly_other_is_told_without_a_table() {
        let (old, new) = ("a ".repeat(3_000), "b ".repeat(3_000));
        let pieces = words(&old, &new);
        assert_eq!((pieces.len(), pieces[0].kind, pieces[1].kind), (2, Kind::Gone, Kind::New));
    }

    proptest! {
        /// Whatever is compared, both texts can be read out of it.
        #[test]
        fn both_texts_are_in_it(old in "[ab\\n ]{0,40}", new in "[ab\\n é🙂]{0,40}") {
            let pieces = words(&old, &new);
            let side = |without: Kind| pieces.iter().filter(|p| p.kind != without).map(|p| p.text.as_str()).collect::<String>();
            prop_assert_eq!((side(Kind::New), side(Kind::Gone)), (old, new));
        }
    }
}
