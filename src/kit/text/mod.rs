//! The text of a post: a small tree that every rendering and every count starts from.
//!
//! Stored content is sanitised HTML of a fixed subset (`p br strong em u a ul ol li h1 h2 h3 span` with the attributes
//! `href`, `data-mention-id` and `data-mention-label`). Reading anything else keeps its text and drops its markup, so a
//! [`Doc`] is safe by construction: what it renders to was built from this closed tree.

mod count;
mod format;
mod render;
mod slice;

use std::{collections::HashMap, fmt::Write as _};

pub use count::{Measure, Unit, web_links};
pub use format::Format;
pub use render::{Mentioned, Style, without_markup};

use dom_query::{Document, NodeRef};
use unicode_segmentation::UnicodeSegmentation;

/// Deepest nesting read; what lies deeper is kept as plain text.
const MAX_DEPTH: usize = 32;

/// A whole text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Doc {
    /// The blocks in order.
    pub blocks: Vec<Block>,
}

/// A block of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A paragraph; without inlines it is an empty line.
    Paragraph(Vec<Inline>),
    /// A heading of level 1 to 3.
    Heading(u8, Vec<Inline>),
    /// A list; `true` when numbered.
    List(bool, Vec<Vec<Inline>>),
}

/// A run inside a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline {
    /// Plain text.
    Text(String),
    /// A line break.
    Break,
    /// Strong text.
    Strong(Vec<Inline>),
    /// Emphasised text.
    Emphasis(Vec<Inline>),
    /// Underlined text.
    Underline(Vec<Inline>),
    /// A link: absolute http(s) or mailto.
    Link(String, Vec<Inline>),
    /// A mention of an account by the platform's id.
    Mention {
        /// The platform's id of the account.
        id: String,
        /// What is shown, without `@`.
        label: String,
    },
}

impl Doc {
    /// From text without markup: each line is a paragraph of its own.
    pub fn from_plain(text: &str) -> Self {
        let lines = text.trim_end().replace("\r\n", "\n").replace('\r', "\n");
        let block = |l: &str| Block::Paragraph(if l.is_empty() { vec![] } else { vec![Inline::Text(l.to_owned())] });
        Self { blocks: lines.split('\n').map(block).collect() }
    }

    /// From HTML: the subset is kept, other markup is dropped and its text kept, scripts and styles vanish.
    ///
    /// Markup nested for its own sake is dropped altogether: a parser takes minutes over a hundred thousand open tags.
    pub fn from_html(html: &str) -> Self {
        if is_bottomless(html) {
            return Self::from_plain(&without_tags(html));
        }
        let document = Document::from(html);
        let mut reader = Reader::default();
        let body = document.select("body");
        for node in body.nodes() {
            reader.children(node, 0);
        }
        reader.close();
        Self { blocks: reader.blocks }
    }

    /// From what an API caller sent: HTML when it holds a tag of the subset, else plain text.
    pub fn from_content(content: &str) -> Self {
        if looks_like_html(content) { Self::from_html(content) } else { Self::from_plain(content) }
    }

    /// The stored form.
    pub fn to_html(&self) -> String {
        let mut out = String::new();
        for block in &self.blocks {
            match block {
                Block::Paragraph(inlines) => wrap(&mut out, "p", inlines),
                Block::Heading(level, inlines) => {
                    wrap(&mut out, ["h1", "h2", "h3"][usize::from((*level).clamp(1, 3)) - 1], inlines)
                }
                Block::List(ordered, items) => {
                    let tag = if *ordered { "ol" } else { "ul" };
                    let _ = write!(out, "<{tag}>");
                    items.iter().for_each(|i| wrap(&mut out, "li", i));
                    let _ = write!(out, "</{tag}>");
                }
            }
        }
        out
    }

    /// Text only: a line per paragraph, list items as `- item` or `1. item`, a link whose text is not its address as
    /// `text (address)`, mentions as `@label`.
    pub fn to_plain(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for block in &self.blocks {
            match block {
                Block::Paragraph(i) | Block::Heading(_, i) => lines.push(plain(i)),
                Block::List(ordered, items) => {
                    for (n, item) in items.iter().enumerate() {
                        let mark = if *ordered { format!("{}. ", n + 1) } else { "- ".into() };
                        lines.push(mark + &plain(item));
                    }
                }
            }
        }
        lines.join("\n").trim_end().to_owned()
    }

    /// True when nothing would be seen.
    pub fn is_empty(&self) -> bool {
        self.to_plain().trim().is_empty()
    }

    /// The first `max` characters of the text on one line, for lists.
    pub fn excerpt(&self, max: usize) -> String {
        let text = self.to_plain().split_whitespace().collect::<Vec<_>>().join(" ");
        match text.grapheme_indices(true).nth(max) {
            Some((end, _)) => text[..end].trim_end().to_owned() + "…",
            None => text,
        }
    }
}

/// How many characters a person sees: extended grapheme clusters.
pub fn graphemes(text: &str) -> usize {
    text.graphemes(true).count()
}

fn looks_like_html(content: &str) -> bool {
    const TAGS: [&str; 14] = ["p", "br", "strong", "b", "em", "i", "u", "a", "ul", "ol", "li", "h1", "h2", "span"];
    let lower = content.to_ascii_lowercase();
    lower.match_indices('<').any(|(at, _)| {
        let rest = lower[at + 1..].trim_start_matches('/');
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())];
        (TAGS.contains(&name) || name == "h3") && rest[name.len()..].starts_with([' ', '>', '/', '\n'])
    })
}

/// Builds blocks while walking the parsed HTML.
#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    open: Vec<Inline>,
    has_open: bool,
}

impl Reader {
    fn children(&mut self, node: &NodeRef<'_>, depth: usize) {
        for child in node.children() {
            self.node(&child, depth);
        }
    }

    fn node(&mut self, node: &NodeRef<'_>, depth: usize) {
        if node.is_text() || depth > MAX_DEPTH {
            let text = collapse(&node.text());
            if self.has_open || !text.trim().is_empty() {
                self.push(Inline::Text(text));
            }
            return;
        }
        match node.node_name().as_deref() {
            Some("script" | "style" | "head" | "title" | "template") | None => {}
            Some(name @ ("h1" | "h2" | "h3")) => {
                self.close();
                let level = name.as_bytes()[1] - b'0';
                self.blocks.push(Block::Heading(level, trimmed(inlines(node, depth + 1))));
            }
            Some(name @ ("ul" | "ol")) => {
                self.close();
                let children = node.children();
                let items = children.iter().filter(|c| c.node_name().as_deref() == Some("li"));
                self.blocks.push(Block::List(name == "ol", items.map(|i| trimmed(item(i, depth + 1))).collect()));
            }
            Some("p" | "div" | "section" | "article" | "blockquote" | "li" | "tr" | "pre") => {
                self.close();
                self.has_open = true;
                self.children(node, depth + 1);
                self.close();
            }
            Some(_) if is_inline(node) => {
                for inline in inline(node, depth) {
                    self.push(inline);
                }
            }
            Some(_) => self.children(node, depth + 1),
        }
    }

    fn push(&mut self, inline: Inline) {
        self.has_open = true;
        self.open.push(inline);
    }

    fn close(&mut self) {
        if std::mem::take(&mut self.has_open) {
            self.blocks.push(Block::Paragraph(trimmed(std::mem::take(&mut self.open))));
        }
    }
}

fn is_inline(node: &NodeRef<'_>) -> bool {
    let name = node.node_name();
    matches!(name.as_deref(), Some("br" | "strong" | "b" | "em" | "i" | "u" | "a" | "span"))
}

/// What stands in an item of a list; of several paragraphs each has its line.
fn item(node: &NodeRef<'_>, depth: usize) -> Vec<Inline> {
    let mut found: Vec<Inline> = Vec::new();
    for child in node.children() {
        let is_block = matches!(child.node_name().as_deref(), Some("p" | "div"));
        if is_block && found.iter().any(|inline| !matches!(inline, Inline::Text(text) if text.trim().is_empty())) {
            found.push(Inline::Break);
        }
        found.extend(inline(&child, depth));
    }
    found
}

fn inlines(node: &NodeRef<'_>, depth: usize) -> Vec<Inline> {
    node.children().iter().flat_map(|c| inline(c, depth)).collect()
}

fn inline(node: &NodeRef<'_>, depth: usize) -> Vec<Inline> {
    if node.is_text() || depth > MAX_DEPTH {
        let text = collapse(&node.text());
        return if text.is_empty() { vec![] } else { vec![Inline::Text(text)] };
    }
    let inner = || inlines(node, depth + 1);
    match node.node_name().as_deref() {
        Some("br") => vec![Inline::Break],
        Some("strong" | "b") => vec![Inline::Strong(inner())],
        Some("em" | "i") => vec![Inline::Emphasis(inner())],
        Some("u") => vec![Inline::Underline(inner())],
        Some("a") => match node.attr("href").map(|h| h.trim().to_owned()).filter(|h| allowed(h)) {
            Some(href) => vec![Inline::Link(href, inner())],
            None => inner(),
        },
        Some("span") => match (node.attr("data-mention-id"), node.attr("data-mention-label")) {
            (Some(id), label) if !id.is_empty() => {
                let label = label.map_or_else(|| node.text().to_string(), |l| l.to_string());
                vec![Inline::Mention { id: id.to_string(), label: label.trim_start_matches('@').to_owned() }]
            }
            _ => inner(),
        },
        Some("script" | "style" | "template") | None => vec![],
        Some(_) => inner(),
    }
}

fn allowed(href: &str) -> bool {
    let lower = href.to_ascii_lowercase();
    ["http://", "https://", "mailto:"].iter().any(|s| lower.starts_with(s))
}

/// White space as HTML shows it: any run is one space.
fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c };
        if c != ' ' || !out.ends_with(' ') {
            out.push(c);
        }
    }
    out
}

fn trimmed(mut inlines: Vec<Inline>) -> Vec<Inline> {
    if let Some(Inline::Text(t)) = inlines.first_mut() {
        *t = t.trim_start().to_owned();
    }
    if let Some(Inline::Text(t)) = inlines.last_mut() {
        *t = t.trim_end().to_owned();
    }
    inlines.retain(|i| !matches!(i, Inline::Text(t) if t.is_empty()));
    inlines
}

fn plain(inlines: &[Inline]) -> String {
    inlines.iter().fold(String::new(), |mut out, inline| {
        match inline {
            Inline::Text(t) => out.push_str(t),
            Inline::Break => out.push('\n'),
            Inline::Strong(i) | Inline::Emphasis(i) | Inline::Underline(i) => out.push_str(&plain(i)),
            Inline::Link(href, i) => {
                let text = plain(i);
                let shown = text.trim();
                let address = href.trim_start_matches("mailto:");
                if shown.is_empty() || same_address(shown, address) {
                    out.push_str(address);
                } else {
                    let _ = write!(out, "{text} ({address})");
                }
            }
            Inline::Mention { label, .. } => {
                out.push('@');
                out.push_str(label);
            }
        }
        out
    })
}

fn same_address(shown: &str, address: &str) -> bool {
    let bare = |s: &str| s.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/').to_owned();
    bare(shown) == bare(address)
}

fn wrap(out: &mut String, tag: &str, inlines: &[Inline]) {
    let _ = write!(out, "<{tag}>");
    html(out, inlines);
    let _ = write!(out, "</{tag}>");
}

fn html(out: &mut String, inlines: &[Inline]) {
    for inline in inlines {
        match inline {
            Inline::Text(t) => escape(out, t),
            Inline::Break => out.push_str("<br>"),
            Inline::Strong(i) => wrap(out, "strong", i),
            Inline::Emphasis(i) => wrap(out, "em", i),
            Inline::Underline(i) => wrap(out, "u", i),
            Inline::Link(href, i) => {
                out.push_str("<a href=\"");
                escape(out, href);
                out.push_str("\" rel=\"nofollow noopener\">");
                html(out, i);
                out.push_str("</a>");
            }
            Inline::Mention { id, label } => {
                out.push_str("<span data-mention-id=\"");
                escape(out, id);
                out.push_str("\" data-mention-label=\"");
                escape(out, label);
                out.push_str("\">@");
                escape(out, label);
                out.push_str("</span>");
            }
        }
    }
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

/// Most elements that may stand open at once, those left open by mistake included.
const MAX_OPEN: usize = 200;
/// Elements that close themselves or each other, so that people leave them open.
const UNCLOSED: [&str; 9] = ["p", "li", "br", "img", "hr", "wbr", "input", "meta", "link"];

/// True when more elements are opened, and not closed again under the same name, than any text needs.
pub fn is_bottomless(html: &str) -> bool {
    let mut open: HashMap<String, usize> = HashMap::new();
    let mut total = 0usize;
    for tag in html.split('<').skip(1) {
        let (closes, rest) = tag.strip_prefix('/').map_or((false, tag), |rest| (true, rest));
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        if name.is_empty() || UNCLOSED.contains(&name.as_str()) {
            continue;
        }
        let count = open.entry(name).or_default();
        match closes {
            false => (*count, total) = (*count + 1, total + 1),
            true if *count > 0 => (*count, total) = (*count - 1, total - 1),
            true => {}
        }
        if total > MAX_OPEN {
            return true;
        }
    }
    false
}

fn without_tags(html: &str) -> String {
    let mut pieces = html.split('<');
    let first = pieces.next().unwrap_or_default();
    let rest = pieces.map(|piece| piece.split_once('>').map_or("", |(_, text)| text));
    std::iter::once(first).chain(rest).collect()
}

/// An address that a platform gave, when it is one of the web: a page shows it as a link, and `javascript:` is none.
pub fn web_address(url: &str) -> Option<String> {
    let is_web = url::Url::parse(url).is_ok_and(|u| matches!(u.scheme(), "http" | "https"));
    (is_web && url.len() <= 2_000).then(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_survives_the_round_trip_through_the_stored_form() {
        for text in ["one", "one\ntwo", "one\n\nthree <b> & \"q\"", "  indented", "🙂 a\u{301}", "a  b   c"] {
            assert_eq!(Doc::from_html(&Doc::from_plain(text).to_html()).to_plain().trim(), collapse_lines(text).trim());
        }
    }

    fn collapse_lines(text: &str) -> String {
        text.lines().map(|l| collapse(l).trim().to_owned()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn only_addresses_of_the_web_become_links() {
        assert_eq!(web_address("https://x.org/1").as_deref(), Some("https://x.org/1"));
        for bad in ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "/x", "", "\u{1}javascript:alert(1)"] {
            assert_eq!(web_address(bad), None, "{bad:?}");
        }
    }

    /// On the small stack of a worker: it is neither overflown, nor does reading take long.
    #[test]
    fn markup_nested_without_end_is_read() {
        for open in
            ["<em>", "<ul><li>", "<div>", "<b><p>", "<a href=\"https://x.org\"><p>", "<table>", "<p><strong><em><u>", "<b></i>"]
        {
            let html = open.repeat(1_000_000 / open.len()) + "x";
            let begun = std::time::Instant::now();
            let read = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(move || Doc::from_html(&html).to_plain());
            assert_eq!(read.unwrap().join().unwrap(), "x", "{open}");
            assert!(begun.elapsed().as_secs() < 5, "{open}");
        }
    }

    #[test]
    fn foreign_markup_is_dropped_and_its_text_kept() {
        let doc = Doc::from_content(
            "<p onclick=x>a <script>alert(1)</script><img src=x onerror=y><b>b</b></p><table><tr><td>c</td></tr></table>",
        );
        assert_eq!(doc.to_html(), "<p>a <strong>b</strong></p><p>c</p>");
        assert_eq!(Doc::from_content("<a href=\"javascript:alert(1)\">x</a>").to_html(), "<p>x</p>");
    }

    #[test]
    fn lists_links_and_mentions_read_well_as_plain_text() {
        let html = "<h2>T</h2><ul><li>a</li><li>b</li></ul><p>see <a href=\"https://x.org/\">x.org</a> and <a href=\"https://y.org\">this</a>\
                    <br>by <span data-mention-id=\"did:1\" data-mention-label=\"ann\">@ann</span></p>";
        assert_eq!(Doc::from_html(html).to_plain(), "T\n- a\n- b\nsee https://x.org/ and this (https://y.org)\nby @ann");
    }

    #[test]
    fn paragraphs_of_a_list_item_are_its_lines() {
        let doc = Doc::from_html("<ul><li><p>a</p> <p>b <em>c</em></p></li><li><p>d</p></li></ul>");
        assert_eq!(doc.to_html(), "<ul><li>a <br>b <em>c</em></li><li>d</li></ul>");
        assert_eq!(Doc::from_html("<ul><li>\n<p>a</p>\n</li></ul>").to_html(), "<ul><li>a</li></ul>");
    }

    #[test]
    fn text_with_angle_brackets_is_not_mistaken_for_html() {
        for text in ["a < b and c > d", "if (x<y) return", "<pale>", "vec<u8>"] {
            assert_eq!(Doc::from_content(text).to_plain(), text);
        }
    }

    #[test]
    fn an_excerpt_cuts_between_characters_a_person_sees() {
        assert_eq!(Doc::from_plain("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧").excerpt(2), "👨‍👩‍👧👨‍👩‍👧…");
        assert_eq!(graphemes("e\u{301}👨‍👩‍👧"), 2);
    }
}
