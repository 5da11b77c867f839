//! Mentions in the composer's plain text: `@label` in a part, and beside it which account of which provider that is. What a
//! channel of another provider gets is the plain words. Pure.

use crate::kit::text::{Block, Doc, Inline};

/// Characters of each of its three words.
const LONGEST: usize = 300;

/// An account that was chosen while writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Whose account it is: the provider's id.
    pub provider: String,
    /// The platform's id of the account.
    pub id: String,
    /// What stands in the text behind `@`.
    pub label: String,
}

impl Mention {
    /// Out of a form's value: the three with tabs between them.
    pub fn read(value: &str) -> Option<Self> {
        let mut words = value.splitn(3, '\t').map(str::trim);
        let (provider, id, label) = (words.next()?, words.next()?, words.next()?.trim_start_matches('@'));
        let fits = |word: &str| !word.is_empty() && word.chars().count() <= LONGEST && !word.contains(char::is_control);
        let read = Self { provider: provider.into(), id: id.into(), label: label.into() };
        [provider, id, label].into_iter().all(fits).then_some(read)
    }

    /// A form's value.
    pub fn to_form(&self) -> String {
        format!("{}\t{}\t{}", self.provider, self.id, self.label)
    }
}

/// The mentions of a stored text.
pub fn of(doc: &Doc, provider: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    visit(doc, &mut |id, label| {
        let mention = Mention { provider: provider.into(), id: id.into(), label: label.into() };
        if !found.contains(&mention) {
            found.push(mention);
        }
    });
    found
}

/// The text with its mentions as words: what an editor shows, beside which the accounts stand.
pub fn as_words(doc: &Doc) -> Doc {
    mapped(doc, &|list| list.iter().flat_map(|inline| rewritten(inline, true, &[])).collect())
}

/// The text as a channel of `provider` gets it: of the mentions those of the provider, of a stored text that came from
/// another provider's channel none.
pub fn written(doc: &Doc, (stored_for, provider): (Option<&str>, &str), mentions: &[Mention]) -> Doc {
    let foreign = stored_for.is_some_and(|other| other != provider);
    let mut own: Vec<&Mention> = mentions.iter().filter(|m| m.provider == provider).collect();
    // Of two that begin alike, the longer one is meant where it stands.
    own.sort_by_key(|m| std::cmp::Reverse(m.label.len()));
    mapped(doc, &|list| list.iter().flat_map(|inline| rewritten(inline, foreign, &own)).collect())
}

/// The text with other inlines in its blocks.
fn mapped(doc: &Doc, inlines: &dyn Fn(&[Inline]) -> Vec<Inline>) -> Doc {
    let block = |block: &Block| match block {
        Block::Paragraph(list) => Block::Paragraph(inlines(list)),
        Block::Heading(level, list) => Block::Heading(*level, inlines(list)),
        Block::List(numbered, items) => Block::List(*numbered, items.iter().map(|item| inlines(item)).collect()),
    };
    Doc { blocks: doc.blocks.iter().map(block).collect() }
}

fn rewritten(inline: &Inline, foreign: bool, own: &[&Mention]) -> Vec<Inline> {
    let all = |list: &[Inline]| list.iter().flat_map(|inline| rewritten(inline, foreign, own)).collect::<Vec<_>>();
    match inline {
        Inline::Text(text) => found(text, own),
        Inline::Mention { label, .. } if foreign => vec![Inline::Text(format!("@{label}"))],
        Inline::Strong(list) => vec![Inline::Strong(all(list))],
        Inline::Emphasis(list) => vec![Inline::Emphasis(all(list))],
        Inline::Underline(list) => vec![Inline::Underline(all(list))],
        // A mention inside of a link would be one link in another.
        Inline::Link(href, list) if foreign => vec![Inline::Link(href.clone(), all(list))],
        other => vec![other.clone()],
    }
}

/// The text cut at each `@label`.
fn found(text: &str, own: &[&Mention]) -> Vec<Inline> {
    let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some(at) = rest.find('@') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        plain.push_str(before);
        let begins = !plain.ends_with(|c: char| c.is_alphanumeric() || c == '@');
        let ends = |m: &&&Mention| after.strip_prefix(m.label.as_str()).is_some_and(|more| !more.starts_with(is_of_name));
        match own.iter().find(|m| begins && ends(m)) {
            Some(m) => {
                if !plain.is_empty() {
                    pieces.push(Inline::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Inline::Mention { id: m.id.clone(), label: m.label.clone() });
                rest = &after[m.label.len()..];
            }
            None => {
                plain.push('@');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Inline::Text(plain));
    }
    pieces
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn visit(doc: &Doc, see: &mut impl FnMut(&str, &str)) {
    fn inside(list: &[Inline], see: &mut impl FnMut(&str, &str)) {
        for inline in list {
            match inline {
                Inline::Mention { id, label } => see(id, label),
                Inline::Strong(list) | Inline::Emphasis(list) | Inline::Underline(list) | Inline::Link(_, list) => {
                    inside(list, see)
                }
                Inline::Text(_) | Inline::Break => {}
            }
        }
    }
    for block in &doc.blocks {
        match block {
            Block::Paragraph(list) | Block::Heading(_, list) => inside(list, see),
            Block::List(_, items) => items.iter().for_each(|item| inside(item, see)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mention(provider: &str, id: &str, label: &str) -> Mention {
        Mention { provider: provider.into(), id: id.into(), label: label.into() }
    }

    fn html(text: &str, mentions: &[Mention]) -> String {
        written(&Doc::from_plain(text), (None, "forum"), mentions).to_html()
    }

    #[test]
    fn a_label_becomes_the_account_that_was_chosen() {
        let all = [mention("forum", "1", "Ann"), mention("forum", "2", "Ann Lee"), mention("other", "3", "Bob")];
        let span = |id, label| format!("<span data-mention-id=\"{id}\" data-mention-label=\"{label}\">@{label}</span>");
        assert_eq!(html("Hi @Ann Lee, @Ann!", &all), format!("<p>Hi {}, {}!</p>", span("2", "Ann Lee"), span("1", "Ann")));
        for plain in ["@Bob", "me@Ann", "@Anna", "@Ann_", "@@Ann", "@", "Ann"] {
            assert_eq!(html(plain, &all), format!("<p>{plain}</p>"));
        }
    }

    #[test]
    fn what_was_stored_stays_with_its_provider_and_is_plain_for_others() {
        let stored = Doc::from_html(&html("Hi @Ann", &[mention("forum", "1", "Ann")]));
        assert_eq!(of(&stored, "forum"), [mention("forum", "1", "Ann")]);
        assert_eq!(written(&stored, (Some("forum"), "forum"), &[]), stored);
        assert_eq!(written(&stored, (Some("forum"), "other"), &[]).to_html(), "<p>Hi @Ann</p>");
        assert_eq!(as_words(&stored).to_html(), "<p>Hi @Ann</p>");
    }

    #[test]
    fn a_form_carries_three_words_and_no_others() {
        let ann = mention("forum", "1", "Ann Lee");
        assert_eq!(Mention::read(&ann.to_form()), Some(ann));
        for bad in ["", "forum\t1", "forum\t\tAnn", "forum\t1\tA\nB", &format!("forum\t1\t{}", "x".repeat(301))] {
            assert_eq!(Mention::read(bad), None, "{bad:?}");
        }
    }
}
