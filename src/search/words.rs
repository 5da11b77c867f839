//! Words: how texts are cut into them, for the index and for marking what was found. Pure.

use serde::Serialize;
use tantivy::tokenizer::{AsciiFoldingFilter, LowerCaser, RemoveLongFilter, SimpleTokenizer, TextAnalyzer};

/// Letters of the longest word that is kept.
const LONGEST: usize = 60;
/// Words of a question that count.
const MOST: usize = 12;
/// Characters of an excerpt.
const EXCERPT: usize = 180;
/// Characters before the first hit of an excerpt.
const BEFORE: usize = 50;

/// A stretch of a text that is, or is not, what was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// It is one of the words that were asked for.
    pub hit: bool,
}

/// Cuts at everything that is no letter or digit, folds case and accents.
pub fn analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(LONGEST))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .build()
}

/// A question: its words, of which the last may be only a beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question(pub Vec<String>);

impl Question {
    /// Reads what somebody typed; words beyond the twelfth are left out.
    pub fn read(typed: &str) -> Self {
        Self(tokens(typed).into_iter().map(|t| t.word).take(MOST).collect())
    }

    fn meets(&self, word: &str) -> bool {
        let last = self.0.len().saturating_sub(1);
        self.0.iter().enumerate().any(|(n, asked)| if n == last { word.starts_with(asked.as_str()) } else { word == asked })
    }

    /// All of `text` with the hits marked.
    pub fn mark(&self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut at = 0;
        for token in tokens(text).into_iter().filter(|token| self.meets(&token.word)) {
            push(&mut pieces, &text[at..token.from], false);
            push(&mut pieces, &text[token.from..token.to], true);
            at = token.to;
        }
        push(&mut pieces, &text[at..], false);
        pieces
    }

    /// The part of `text` around the first hit, or its beginning, with the hits marked.
    pub fn excerpt(&self, text: &str) -> Vec<Piece> {
        let first = tokens(text).into_iter().find(|token| self.meets(&token.word)).map_or(0, |token| token.from);
        let before = text[..first].chars().count();
        let from = before.saturating_sub(BEFORE);
        let mut cut: String = text.chars().skip(from).take(EXCERPT).collect();
        if from > 0 {
            // Not in the middle of a word.
            let word = cut.find(char::is_whitespace).filter(|at| *at < BEFORE).unwrap_or(0);
            cut = format!("… {}", cut[word..].trim_start());
        }
        if text.chars().count() > from + EXCERPT {
            cut.push('…');
        }
        self.mark(&cut)
    }
}

fn push(pieces: &mut Vec<Piece>, text: &str, hit: bool) {
    if !text.is_empty() {
        pieces.push(Piece { text: text.to_owned(), hit });
    }
}

/// The words of a text, folded as the index folds them.
pub fn folded(text: &str) -> Vec<String> {
    tokens(text).into_iter().map(|token| token.word).collect()
}

struct Token {
    word: String,
    from: usize,
    to: usize,
}

fn tokens(text: &str) -> Vec<Token> {
    let (mut analyzer, mut tokens) = (analyzer(), Vec::new());
    analyzer.token_stream(text).process(&mut |token| {
        tokens.push(Token { word: token.text.clone(), from: token.offset_from, to: token.offset_to });
    });
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: &[Piece]) -> String {
        pieces.iter().map(|p| if p.hit { format!("[{}]", p.text) } else { p.text.clone() }).collect()
    }

    #[test]
    fn hits_are_marked_where_they_stand() {
        let asked = |typed: &str, text: &str| shown(&Question::read(typed).mark(text));
        assert_eq!(asked("cafe", "Un Café, deux cafés"), "Un [Café], deux [cafés]");
        assert_eq!(asked("the eng", "The engine of the day"), "[The] [engine] of [the] day");
        assert_eq!(asked("", "nothing"), "nothing");
        assert_eq!(asked("x", ""), "");
        assert_eq!(asked("<b>", "a <b> b"), "a <[b]> [b]");
    }

    #[test]
    fn an_excerpt_is_around_the_first_hit() {
        let long = format!("{} needle {}", "hay ".repeat(100), "straw ".repeat(100));
        let pieces = Question::read("needle").excerpt(&long);
        let text = shown(&pieces);
        assert!(text.starts_with("… hay") && text.contains("[needle]") && text.ends_with('…'), "{text}");
        assert!(text.chars().count() < EXCERPT + 10);
        assert_eq!(shown(&Question::read("none").excerpt("short")), "short");
        let emoji = "👩‍👩‍👧 ".repeat(80) + "needle";
        assert!(shown(&Question::read("needle").excerpt(&emoji)).contains("[needle]"));
    }
}
