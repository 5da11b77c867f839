//! Mentions, links and tags in a text, as byte ranges of its UTF-8: the platform shows them only where a record says so.
//! <https://docs.bsky.app/docs/advanced-guides/post-richtext>
//!
//! The rules are those of the official client, except that a link may follow any opening bracket or a character that is
//! no ASCII letter, and that `#a#b` are two tags.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use url::Url;

use super::domains;
use crate::kit::text::graphemes;

const TAG_GRAPHEMES: usize = 64;
const TAG_BYTES: usize = 640;
const CASHTAG: usize = 5;
const OPENERS: &str = "([{<\"'“‘«„‚‹「『（【《〈";
const CLOSERS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];
/// Ends a sentence rather than an address.
const TRAILING: &str = ".,;:!?'\"’…";
/// Never part of an address. The invisible ones are white space to the platform, which would refuse the whole post.
const STOPPERS: &str = "\u{feff}\u{200b}\u{2060}<>\"“”„«»‹›「」『』（）【】《》〈〉。、，！？；：";
/// Invisible characters, and the ring around keycap emoji, which end a tag.
const TAG_STOPPERS: &str = "\u{ad}\u{2060}\u{200a}\u{200b}\u{200c}\u{200d}\u{20e2}";

/// One range and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// What stands there.
    pub what: What,
}

/// What a range is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// `@handle`, in lower case without `@`.
    Mention(String),
    /// The absolute address.
    Link(String),
    /// Without `#`; a cashtag with `$` and in capitals.
    Tag(String),
}

impl Facet {
    /// The handle mentioned.
    pub fn handle(&self) -> Option<&str> {
        if let What::Mention(handle) = &self.what { Some(handle) } else { None }
    }

    /// The address linked.
    pub fn link(&self) -> Option<&str> {
        if let What::Link(uri) = &self.what { Some(uri) } else { None }
    }

    /// As a record holds it; nothing for a mention of nobody.
    pub fn json(&self, dids: &BTreeMap<String, String>) -> Option<Json> {
        let feature = match &self.what {
            What::Mention(handle) => json!({"$type": "app.bsky.richtext.facet#mention", "did": dids.get(handle)?}),
            What::Link(uri) => json!({"$type": "app.bsky.richtext.facet#link", "uri": uri}),
            What::Tag(tag) => json!({"$type": "app.bsky.richtext.facet#tag", "tag": tag}),
        };
        Some(json!({"index": {"byteStart": self.start, "byteEnd": self.end}, "features": [feature]}))
    }
}

/// All of them, in order and apart from each other.
pub fn detect(text: &str) -> Vec<Facet> {
    let mut found: Vec<Facet> = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let after_tag = found.last().is_some_and(|f| f.end == at && matches!(f.what, What::Tag(_)));
        match spot(&text[at..], text[..at].chars().next_back(), after_tag) {
            Some((length, what)) => {
                found.push(Facet { start: at, end: at + length, what });
                at += length;
            }
            None => at += c.len_utf8(),
        }
    }
    found
}

/// What begins `rest`, and its length in bytes.
fn spot(rest: &str, before: Option<char>, after_tag: bool) -> Option<(usize, What)> {
    let begins = before.is_none_or(|c| c.is_whitespace() || OPENERS.contains(c));
    match rest.chars().next()? {
        '@' if begins => mention(rest),
        '#' | '＃' if begins || after_tag => tag(rest),
        '$' if begins => cashtag(rest),
        'h' | 'H' if !before.is_some_and(|c| c.is_ascii_alphanumeric()) && has_scheme(rest) => link(rest),
        c if begins && c.is_ascii_alphanumeric() => bare_link(rest),
        _ => None,
    }
}

fn mention(rest: &str) -> Option<(usize, What)> {
    let name = &rest[1..];
    let run = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-').unwrap_or(name.len());
    let handle = name[..run].trim_end_matches(['.', '-']);
    if name[run..].starts_with('@') || !domains::is_domain(handle) {
        return None;
    }
    Some((1 + handle.len(), What::Mention(handle.to_ascii_lowercase())))
}

fn tag(rest: &str) -> Option<(usize, What)> {
    let mark = rest.chars().next()?.len_utf8();
    let body = &rest[mark..];
    let ends = |c: char| c.is_whitespace() || matches!(c, '#' | '＃') || TAG_STOPPERS.contains(c);
    let body = body[..body.find(ends).unwrap_or(body.len())].trim_end_matches(is_punctuation);
    let says_something = body.chars().any(|c| !c.is_numeric() && !is_punctuation(c) && c != '\u{fe0f}');
    let fits = graphemes(body) <= TAG_GRAPHEMES && body.len() <= TAG_BYTES;
    (says_something && fits && !body.starts_with('\u{fe0f}')).then(|| (mark + body.len(), What::Tag(body.to_owned())))
}

fn cashtag(rest: &str) -> Option<(usize, What)> {
    let symbol = &rest[1..];
    let run = symbol.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(symbol.len());
    let closed = symbol[run..].chars().next().is_none_or(|c| c.is_whitespace() || ".,;:!?)\"'’".contains(c));
    let plausible = (1..=CASHTAG).contains(&run) && symbol.starts_with(|c: char| c.is_ascii_alphabetic());
    (plausible && closed).then(|| (1 + run, What::Tag(format!("${}", symbol[..run].to_ascii_uppercase()))))
}

fn has_scheme(rest: &str) -> bool {
    ["http://", "https://"].iter().any(|s| rest.get(..s.len()).is_some_and(|r| r.eq_ignore_ascii_case(s)))
}

fn link(rest: &str) -> Option<(usize, What)> {
    let uri = address(rest);
    // A parser forgives `https:///host`; the platform does not.
    let has_host = has_scheme(uri) && !uri[uri.find("//")? + 2..].starts_with(['/', '\\']);
    (has_host && Url::parse(uri).is_ok()).then(|| (uri.len(), What::Link(uri.to_owned())))
}

/// `example.org/path` without a scheme, when its last label is one that exists.
fn bare_link(rest: &str) -> Option<(usize, What)> {
    let run = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-').unwrap_or(rest.len());
    let host = rest[..run].trim_end_matches(['.', '-']);
    if !domains::is_domain(host) || !domains::has_known_end(host) || rest[run..].starts_with(['@', '_']) {
        return None;
    }
    let tail = &rest[host.len()..];
    let port = tail.strip_prefix(':').is_some_and(|p| p.starts_with(|c: char| c.is_ascii_digit()));
    let length = if port || tail.starts_with(['/', '?', '#']) { address(rest).len() } else { host.len() };
    let uri = format!("https://{}", &rest[..length]);
    Url::parse(&uri).is_ok().then_some((length, What::Link(uri)))
}

/// As far as an address goes, without the punctuation and the closing brackets of the sentence around it.
fn address(rest: &str) -> &str {
    let ends = |c: char| c.is_whitespace() || c.is_control() || STOPPERS.contains(c);
    let mut uri = &rest[..rest.find(ends).unwrap_or(rest.len())];
    while let Some(last) = uri.chars().next_back() {
        let unmatched = |(open, close)| last == close && uri.matches(open).count() < uri.matches(close).count();
        if !TRAILING.contains(last) && !CLOSERS.into_iter().any(unmatched) {
            break;
        }
        uri = &uri[..uri.len() - last.len_utf8()];
    }
    uri
}

/// What Unicode calls punctuation, as far as people end tags with it.
fn is_punctuation(c: char) -> bool {
    match c {
        '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~' => false,
        c if c.is_ascii() => c.is_ascii_punctuation(),
        '\u{a1}' | '\u{a7}' | '\u{ab}' | '\u{b6}' | '\u{b7}' | '\u{bb}' | '\u{bf}' => true,
        '\u{60c}' | '\u{61b}' | '\u{61f}' | '\u{66a}'..='\u{66d}' | '\u{6d4}' | '\u{964}' | '\u{965}' => true,
        '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' => true,
        '\u{3014}'..='\u{301f}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff3d}' => true,
        '\u{ff3f}' | '\u{ff5b}' | '\u{ff5d}' | '\u{ff5f}'..='\u{ff65}' => true,
        _ => false,
    }
}
