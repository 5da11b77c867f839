//! What a post will look like on a channel, as far as data can say: its words as they are sent, cut where the platform cuts.
//! Pure.

use serde::Serialize;

use super::split::longest;
use crate::{
    kit::text::{Doc, Style, web_links},
    providers::{Descriptor, Group},
};

/// How a platform lays out what it shows.
pub fn look(about: Option<&Descriptor>) -> &'static str {
    match about.map(|a| a.group) {
        Some(Group::Article) => "article",
        Some(Group::Community) => "chat",
        Some(Group::Social | Group::Practice) => "post",
        None => "generic",
    }
}

/// The text of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Words {
    /// What is shown, in order.
    pub runs: Vec<Run>,
    /// What the platform's limit counts.
    pub count: usize,
    /// The limit; `None`: no text at all is taken.
    pub limit: Option<usize>,
    /// Longer than the limit.
    pub over: bool,
    /// The host of the first address, of which many platforms make a card.
    pub host: Option<String>,
}

/// A run of letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// `text` or `link`: addresses, mentions and hashtags.
    pub kind: Kind,
    /// Behind the limit: the platform would not take it.
    pub over: bool,
    /// The letters.
    pub text: String,
}

/// What a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Plain.
    Text,
    /// What can be clicked.
    Link,
}

/// The words of a part as a channel of this provider shows them.
pub fn words(doc: &Doc, about: Option<&Descriptor>) -> Words {
    let Some(about) = about else {
        let text = doc.to_plain();
        let count = text.chars().count();
        return Words { runs: runs(&text, text.len()), count, limit: None, over: false, host: None };
    };
    let counted = about.counted(doc);
    let shown = match about.text {
        Style::Plain | Style::Unicode => counted.clone(),
        // Marks of a markup are not what readers see.
        _ => doc.to_plain(),
    };
    let limit = about.limits.text;
    let count = limit.count(&counted);
    let fits = |text: &str| limit.count(text) <= limit.max && limit.max_bytes.is_none_or(|most| text.len() <= most);
    let over = !fits(&counted);
    let end = if over && shown == counted { longest(&shown, &fits) } else { shown.len() };
    let host = web_links(&shown).into_iter().find_map(|range| host(&shown[range]));
    Words { runs: runs(&shown, end), count, limit: (limit.max > 0).then_some(limit.max), over, host }
}

fn host(address: &str) -> Option<String> {
    let host = url::Url::parse(address).ok()?.host_str()?.to_owned();
    Some(host.strip_prefix("www.").map_or(host.clone(), str::to_owned))
}

/// The text cut where something can be clicked and where the limit is.
fn runs(text: &str, end: usize) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut from = 0;
    for (start, stop) in clickable(text) {
        push(&mut runs, text, (from, start), (Kind::Text, end));
        push(&mut runs, text, (start, stop), (Kind::Link, end));
        from = stop;
    }
    push(&mut runs, text, (from, text.len()), (Kind::Text, end));
    runs
}

fn push(runs: &mut Vec<Run>, text: &str, (from, to): (usize, usize), (kind, end): (Kind, usize)) {
    let cut = end.clamp(from, to);
    for (over, text) in [(false, &text[from..cut]), (true, &text[cut..to])] {
        if !text.is_empty() {
            runs.push(Run { kind, over, text: text.to_owned() });
        }
    }
}

/// Addresses, `@names` and `#words`, in order.
fn clickable(text: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = web_links(text).into_iter().map(|range| (range.start, range.end)).collect();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let begins = matches!(c, '@' | '#') && !before.is_alphanumeric() && !matches!(before, '@' | '#' | '/');
        let inside = found.iter().any(|(from, to)| *from <= at && at < *to);
        if begins && !inside {
            let rest = &text[at + 1..];
            let length = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.' | '@')).unwrap_or(rest.len());
            let word = rest[..length].trim_end_matches(['.', '-', '@']);
            if word.chars().any(char::is_alphabetic) {
                found.push((at, at + 1 + word.len()));
            }
        }
        before = c;
    }
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers;

    fn told(words: &Words) -> String {
        let mark = |run: &Run| match (run.kind, run.over) {
            (Kind::Text, false) => run.text.clone(),
            (Kind::Link, false) => format!("[{}]", run.text),
            (_, true) => format!("<{}>", run.text),
        };
        words.runs.iter().map(mark).collect()
    }

    #[test]
    fn what_can_be_clicked_is_told_from_words() {
        let words = words(&Doc::from_plain("Hi @ann.example, see #Rust at https://www.a.example/x. No a@b, no #1, c##d"), None);
        assert_eq!(told(&words), "Hi [@ann.example], see [#Rust] at [https://www.a.example/x]. No a@b, no #1, c##d");
    }

    #[test]
    fn it_is_cut_where_the_platform_cuts() {
        let about = providers::find("bluesky").expect("Bluesky is a provider").about();
        let max = about.limits.text.max;
        let long = format!("{}🙂 tail", "x".repeat(max - 1));
        let words = words(&Doc::from_plain(&long), Some(about));
        assert_eq!((words.over, words.count), (true, max + 5));
        assert_eq!(words.runs.last().map(|run| (run.over, run.text.as_str())), Some((true, " tail")));
        let short = super::words(&Doc::from_plain("see https://www.a.example/x"), Some(about));
        assert_eq!((short.over, short.host.as_deref()), (false, Some("a.example")));
    }
}
