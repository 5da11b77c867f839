//! A text in the words of a platform: with look-alike letters, as Markdown, as some dialect of HTML.

use std::fmt::Write as _;

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation as _;

use super::{Block, Doc, Inline, escape, same_address};

/// What a platform understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Words only: see [`Doc::to_plain`].
    Plain,
    /// Words only, strong and emphasised ones in look-alike letters of the mathematical alphabets, underlined ones with
    /// combining lines.
    Unicode,
    /// Markdown, a line per paragraph; underlined text between two of these, or not at all when empty.
    Markdown {
        /// For example `__` on Discord.
        underline: &'static str,
    },
    /// Markdown of articles. What was typed as plain text passes as typed, because it may be Markdown already; formatted
    /// text gets an empty line between its paragraphs.
    Article,
    /// Slack's dialect. <https://docs.slack.dev/messaging/formatting-message-text>
    Mrkdwn,
    /// HTML with these elements only (of `p br h1 h2 h3 ul ol li strong em u a`). Where a block's element is missing, its
    /// lines are joined by line feeds.
    Html {
        /// Names of elements.
        tags: &'static [&'static str],
    },
}

/// How a mention is written: from the platform's id and the label without `@`.
pub type Mentioned<'a> = &'a dyn Fn(&str, &str) -> String;

impl Doc {
    /// In a platform's words; mentions as `@label`.
    pub fn render(&self, style: Style) -> String {
        self.render_with(style, &|_, label| format!("@{label}"))
    }

    /// As [`Doc::render`], with the platform's own way to write a mention. What `mention` gives is not escaped.
    pub fn render_with(&self, style: Style, mention: Mentioned<'_>) -> String {
        let writer = Writer { style, mention };
        let lines: Vec<String> = self.blocks.iter().flat_map(|block| writer.block(block)).collect();
        let joined = match style {
            Style::Article if !self.is_plain() => lines.into_iter().filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n\n"),
            Style::Html { tags } if tags.contains(&"p") => lines.concat(),
            _ => lines.join("\n"),
        };
        joined.trim_end().to_owned()
    }

    /// True when nothing in it is formatted: it was typed, not composed.
    fn is_plain(&self) -> bool {
        let plain = |i: &Inline| matches!(i, Inline::Text(_) | Inline::Break | Inline::Mention { .. });
        self.blocks.iter().all(|block| matches!(block, Block::Paragraph(inlines) if inlines.iter().all(plain)))
    }
}

struct Writer<'a> {
    style: Style,
    mention: Mentioned<'a>,
}

impl Writer<'_> {
    fn block(&self, block: &Block) -> Vec<String> {
        match block {
            Block::Paragraph(inlines) => vec![self.paragraph(inlines)],
            Block::Heading(level, inlines) => vec![self.heading((*level).clamp(1, 3), inlines)],
            Block::List(ordered, items) => self.list(*ordered, items),
        }
    }

    fn paragraph(&self, inlines: &[Inline]) -> String {
        let text = self.inlines(inlines);
        match self.has("p") {
            // An empty line is space between paragraphs, which paragraphs have already.
            true if text.is_empty() => String::new(),
            true => format!("<p>{text}</p>"),
            false => text,
        }
    }

    fn heading(&self, level: u8, inlines: &[Inline]) -> String {
        let text = self.inlines(inlines);
        match self.style {
            Style::Markdown { .. } | Style::Article => format!("{} {text}", "#".repeat(level.into())),
            Style::Mrkdwn => format!("*{text}*"),
            Style::Html { .. } => {
                let tag = ["h1", "h2", "h3"][usize::from(level) - 1];
                match () {
                    () if self.has(tag) => format!("<{tag}>{text}</{tag}>"),
                    () if self.has("p") => format!("<p><strong>{text}</strong></p>"),
                    () => self.wrapped("strong", &text),
                }
            }
            Style::Unicode => styled(&text, Letters::Bold),
            Style::Plain => text,
        }
    }

    fn list(&self, ordered: bool, items: &[Vec<Inline>]) -> Vec<String> {
        let tag = if ordered { "ol" } else { "ul" };
        let items = items.iter().map(|item| self.inlines(item));
        if self.has(tag) {
            let inner: String = items.map(|item| format!("<li>{item}</li>")).collect();
            return vec![format!("<{tag}>{inner}</{tag}>")];
        }
        let bullet = if matches!(self.style, Style::Mrkdwn | Style::Html { .. }) { "• " } else { "- " };
        let mark = |n: usize| if ordered { format!("{}. ", n + 1) } else { bullet.to_owned() };
        let lines = items.enumerate().map(|(n, item)| mark(n) + &item);
        match self.style {
            Style::Article => vec![lines.collect::<Vec<_>>().join("\n")],
            Style::Html { .. } if self.has("p") => lines.map(|line| format!("<p>{line}</p>")).collect(),
            _ => lines.collect(),
        }
    }

    fn inlines(&self, inlines: &[Inline]) -> String {
        inlines.iter().fold(String::new(), |mut out, inline| {
            match inline {
                Inline::Text(text) => out.push_str(&self.text(text)),
                Inline::Break => out.push_str(self.line_break()),
                Inline::Strong(inner) => out.push_str(&self.strong(inner)),
                Inline::Emphasis(inner) => out.push_str(&self.emphasis(inner)),
                Inline::Underline(inner) => out.push_str(&self.underline(inner)),
                Inline::Link(href, inner) => out.push_str(&self.link(href, inner)),
                Inline::Mention { id, label } => out.push_str(&(self.mention)(id, label)),
            }
            out
        })
    }

    fn text(&self, text: &str) -> String {
        match self.style {
            Style::Html { .. } => {
                let mut out = String::with_capacity(text.len());
                escape(&mut out, text);
                out
            }
            // Slack wants these three and no others. <https://docs.slack.dev/messaging/formatting-message-text#escaping>
            Style::Mrkdwn => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
            _ => text.to_owned(),
        }
    }

    fn line_break(&self) -> &'static str {
        match self.style {
            Style::Html { .. } if self.has("br") => "<br>",
            _ => "\n",
        }
    }

    fn strong(&self, inner: &[Inline]) -> String {
        let text = self.inlines(inner);
        match self.style {
            Style::Plain => text,
            Style::Unicode => styled(&text, Letters::Bold),
            Style::Markdown { .. } | Style::Article => around(&text, "**"),
            Style::Mrkdwn => around(&text, "*"),
            Style::Html { .. } => self.wrapped("strong", &text),
        }
    }

    fn emphasis(&self, inner: &[Inline]) -> String {
        let text = self.inlines(inner);
        match self.style {
            Style::Plain => text,
            Style::Unicode => styled(&text, Letters::Italic),
            Style::Markdown { .. } | Style::Article => around(&text, "*"),
            Style::Mrkdwn => around(&text, "_"),
            Style::Html { .. } => self.wrapped("em", &text),
        }
    }

    fn underline(&self, inner: &[Inline]) -> String {
        let text = self.inlines(inner);
        match self.style {
            Style::Unicode => text.graphemes(true).map(underlined).collect(),
            Style::Markdown { underline } => around(&text, underline),
            Style::Html { .. } => self.wrapped("u", &text),
            Style::Plain | Style::Article | Style::Mrkdwn => text,
        }
    }

    fn link(&self, href: &str, inner: &[Inline]) -> String {
        let text = self.inlines(inner);
        let address = href.trim_start_matches("mailto:");
        let bare = text.trim().is_empty() || same_address(text.trim(), address);
        match self.style {
            Style::Html { .. } if self.has("a") => {
                let mut out = String::from("<a href=\"");
                escape(&mut out, href);
                let _ = write!(out, "\">{}</a>", if text.is_empty() { self.text(address) } else { text });
                out
            }
            Style::Mrkdwn if bare => format!("<{href}>"),
            Style::Mrkdwn => format!("<{href}|{text}>"),
            Style::Markdown { .. } | Style::Article if !bare => {
                format!("[{text}]({})", href.replace('(', "%28").replace(')', "%29"))
            }
            _ if bare => self.text(address),
            _ => format!("{text} ({})", self.text(address)),
        }
    }

    fn has(&self, tag: &str) -> bool {
        matches!(self.style, Style::Html { tags } if tags.contains(&tag))
    }

    fn wrapped(&self, tag: &str, text: &str) -> String {
        if self.has(tag) { format!("<{tag}>{text}</{tag}>") } else { text.to_owned() }
    }
}

/// The text that is left of HTML that [`Doc::render`] wrote, which escapes every bracket of a text.
pub fn without_markup(html: &str) -> String {
    let mut pieces = html.split('<');
    let first = pieces.next().unwrap_or_default().to_owned();
    let text = pieces.fold(first, |text, piece| text + piece.split_once('>').map_or("", |(_, rest)| rest));
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(text, |text, (entity, sign)| text.replace(entity, sign))
}

/// Marks go next to the words: `** a**` is no strong text in Markdown.
fn around(text: &str, mark: &str) -> String {
    let inner = text.trim();
    if inner.is_empty() || mark.is_empty() {
        return text.to_owned();
    }
    let start = text.len() - text.trim_start().len();
    format!("{}{mark}{inner}{mark}{}", &text[..start], &text[start + inner.len()..])
}

#[derive(Clone, Copy)]
enum Letters {
    Bold,
    Italic,
}

/// In the sans-serif letters of Mathematical Alphanumeric Symbols (U+1D400); what has none there stays as it is.
fn styled(text: &str, letters: Letters) -> String {
    let word = |word: &str| match is_read_by_platforms(word) {
        true => word.to_owned(),
        false => word.chars().map(|c| styled_char(c, letters).unwrap_or(c)).collect(),
    };
    text.split_inclusive(char::is_whitespace).map(word).collect()
}

/// Addresses, names and tags work in plain letters only.
fn is_read_by_platforms(word: &str) -> bool {
    word.contains("://") || word.starts_with(['@', '#', '$'])
}

fn styled_char(c: char, letters: Letters) -> Option<char> {
    let at = |base: u32, first: char| char::from_u32(base + (u32::from(c) - u32::from(first)));
    let shift = |from: u32, to: u32| char::from_u32(u32::from(c) - from + to);
    match (letters, c) {
        (Letters::Bold, 'A'..='Z') => at(0x1D5D4, 'A'),
        (Letters::Bold, 'a'..='z') => at(0x1D5EE, 'a'),
        (Letters::Bold, '0'..='9') => at(0x1D7EC, '0'),
        (Letters::Italic, 'A'..='Z') => at(0x1D608, 'A'),
        (Letters::Italic, 'a'..='z') => at(0x1D622, 'a'),
        // Bold within italic and the other way round.
        (Letters::Bold, '\u{1D608}'..='\u{1D63B}') => shift(0x1D608, 0x1D63C),
        (Letters::Italic, '\u{1D5D4}'..='\u{1D607}') => shift(0x1D5D4, 0x1D63C),
        _ => None,
    }
}

fn underlined(grapheme: &str) -> String {
    if grapheme.chars().all(char::is_whitespace) { grapheme.to_owned() } else { format!("{grapheme}\u{332}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RICH: &str = "<h2>T</h2><p>a <strong>b<em>c</em> </strong>&amp; <u>d e</u><br>f</p><p></p><ul><li>x</li><li>y</li></ul>\
                        <p><a href=\"https://x.org/(1)\">here</a> <a href=\"https://y.org\">y.org</a> \
                        <span data-mention-id=\"7\" data-mention-label=\"ann\">@ann</span></p>";

    fn said(style: Style) -> String {
        Doc::from_html(RICH).render_with(style, &|id, label| format!("<@{id}:{label}>"))
    }

    #[test]
    fn look_alike_letters() {
        let text = Doc::from_html("<p><strong>Ab1é <em>c</em></strong> <em>D</em> <u>ef g</u></p>").render(Style::Unicode);
        assert_eq!(text, "𝗔𝗯𝟭é 𝙘 𝘋 e\u{332}f\u{332} g\u{332}");
        let read = Doc::from_html("<p><strong>By @ann #tag <a href=\"https://x.org\">https://x.org</a></strong></p>");
        assert_eq!(read.render(Style::Unicode), "𝗕𝘆 @ann #tag https://x.org");
    }

    #[test]
    fn markdown() {
        assert_eq!(
            said(Style::Markdown { underline: "__" }),
            "## T\na **b*c*** & __d e__\nf\n\n- x\n- y\n[here](https://x.org/%281%29) https://y.org <@7:ann>"
        );
        assert_eq!(
            said(Style::Article),
            "## T\n\na **b*c*** & d e\nf\n\n- x\n- y\n\n[here](https://x.org/%281%29) https://y.org <@7:ann>"
        );
    }

    #[test]
    fn markdown_that_was_typed_stays_as_it_was_typed() {
        let typed = "# Title\n\n- a\n- b\n\n```\ncode\n```";
        assert_eq!(Doc::from_content(typed).render(Style::Article), typed);
    }

    #[test]
    fn slack() {
        assert_eq!(
            said(Style::Mrkdwn),
            "*T*\na *b_c_* &amp; d e\nf\n\n• x\n• y\n<https://x.org/(1)|here> <https://y.org> <@7:ann>"
        );
        assert_eq!(Doc::from_plain("<!channel> & co").render(Style::Mrkdwn), "&lt;!channel&gt; &amp; co");
    }

    #[test]
    fn what_is_left_of_html_is_what_a_person_sees() {
        let html = Doc::from_html("<p>a <strong>b</strong> &lt;b&gt; &amp;lt; <a href=\"https://x.org/?a=1&amp;b\">here</a></p>");
        assert_eq!(without_markup(&html.render(Style::Html { tags: &["strong", "a"] })), "a b <b> &lt; here");
    }

    #[test]
    fn html_of_few_and_of_many_elements() {
        assert_eq!(
            said(Style::Html { tags: &["strong", "em", "u", "a"] }),
            "<strong>T</strong>\na <strong>b<em>c</em> </strong>&amp; <u>d e</u>\nf\n\n• x\n• y\n\
             <a href=\"https://x.org/(1)\">here</a> <a href=\"https://y.org\">y.org</a> <@7:ann>"
        );
        assert_eq!(
            said(Style::Html { tags: &["p", "br", "h2", "ul", "li", "strong", "a"] }),
            "<h2>T</h2><p>a <strong>bc </strong>&amp; d e<br>f</p><ul><li>x</li><li>y</li></ul>\
             <p><a href=\"https://x.org/(1)\">here</a> <a href=\"https://y.org\">y.org</a> <@7:ann></p>"
        );
        assert_eq!(Doc::from_plain("a\n<b>\n\nc").render(Style::Html { tags: &["p"] }), "<p>a</p><p>&lt;b&gt;</p><p>c</p>");
    }
}
