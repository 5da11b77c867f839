//! Which formats a text has, and which of them a platform can show.

use super::{Block, Doc, Inline, Style, plain, same_address};

/// A way to set words apart. Lists are none: where a platform has none, they are lines with a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Strong words.
    Bold,
    /// Emphasised words.
    Italic,
    /// Underlined words.
    Underline,
    /// Words that lead to an address which is not what they say.
    Link,
    /// A line above others.
    Heading,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Bold, Self::Italic, Self::Underline, Self::Link, Self::Heading];

    /// What the editor's buttons call it (`data-format`).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bold => "bold",
            Self::Italic => "italic",
            Self::Underline => "underline",
            Self::Link => "link",
            Self::Heading => "heading",
        }
    }
}

impl Style {
    /// True when readers see the format as such.
    pub fn carries(self, format: Format) -> bool {
        use Format::{Bold, Heading, Italic, Link, Underline};
        match self {
            Self::Plain => false,
            Self::Unicode => matches!(format, Bold | Italic | Underline),
            Self::Markdown { underline } => format != Underline || !underline.is_empty(),
            Self::Article => format != Underline,
            Self::Mrkdwn => matches!(format, Bold | Italic | Link),
            Self::Html { tags } => tags.contains(&match format {
                Bold => "strong",
                Italic => "em",
                Underline => "u",
                Link => "a",
                Heading => "h2",
            }),
        }
    }

    /// Those of a text's formats that readers would not see. A heading that arrives as bold words is seen.
    pub fn loses(self, doc: &Doc) -> Vec<Format> {
        let seen = |format| self.carries(format) || (format == Format::Heading && self.carries(Format::Bold));
        doc.formats().into_iter().filter(|format| !seen(*format)).collect()
    }
}

impl Doc {
    /// The formats it has, each once.
    pub fn formats(&self) -> Vec<Format> {
        let mut found = Vec::new();
        for block in &self.blocks {
            match block {
                Block::Paragraph(list) => collect(list, &mut found),
                Block::Heading(_, list) => {
                    found.push(Format::Heading);
                    collect(list, &mut found);
                }
                Block::List(_, items) => items.iter().for_each(|item| collect(item, &mut found)),
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// True when words alone would not say all of it.
    pub fn is_rich(&self) -> bool {
        !self.formats().is_empty() || self.blocks.iter().any(|block| matches!(block, Block::List(..)))
    }
}

fn collect(list: &[Inline], found: &mut Vec<Format>) {
    for inline in list {
        let (format, inner) = match inline {
            Inline::Strong(inner) => (Format::Bold, inner),
            Inline::Emphasis(inner) => (Format::Italic, inner),
            Inline::Underline(inner) => (Format::Underline, inner),
            Inline::Link(href, inner) => {
                if !same_address(plain(inner).trim(), href.trim_start_matches("mailto:")) {
                    found.push(Format::Link);
                }
                collect(inner, found);
                continue;
            }
            Inline::Text(_) | Inline::Break | Inline::Mention { .. } => continue,
        };
        found.push(format);
        collect(inner, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_found_wherever_they_stand() {
        let found = |html: &str| Doc::from_html(html).formats();
        assert_eq!(found("<ul><li><strong>a <u>b</u></strong></li></ul>"), [Format::Bold, Format::Underline]);
        assert_eq!(found("<h2>a <em>b</em></h2><p><em>c</em></p>"), [Format::Italic, Format::Heading]);
        assert_eq!(found("<p><a href=\"https://x.org/\">x.org</a></p>"), [], "an address is no words that lead to one");
        assert_eq!(found("<p><a href=\"https://x.org/\">here</a></p>"), [Format::Link]);
        assert!(Doc::from_html("<ol><li>a</li></ol>").is_rich() && !Doc::from_plain("- a\n*b*").is_rich());
    }

    #[test]
    fn what_a_style_carries_can_be_told_from_what_it_writes() {
        let styles = [
            Style::Plain,
            Style::Unicode,
            Style::Markdown { underline: "__" },
            Style::Markdown { underline: "" },
            Style::Article,
            Style::Mrkdwn,
            Style::Html { tags: &["strong", "a"] },
            Style::Html { tags: &["p", "h2", "em", "u"] },
        ];
        let samples = [(Format::Bold, "strong"), (Format::Italic, "em"), (Format::Underline, "u")];
        for (style, (format, tag)) in styles.iter().flat_map(|style| samples.map(|sample| (*style, sample))) {
            let said = Doc::from_html(&format!("<p>a <{tag}>b</{tag}> c</p>")).render(style);
            let plain = Doc::from_html("<p>a b c</p>").render(style);
            assert_eq!(said != plain, style.carries(format), "{tag} as {style:?}");
        }
    }

    #[test]
    fn a_heading_that_arrives_as_bold_words_is_not_lost() {
        let doc = Doc::from_html("<h2>a</h2><p><u>b</u></p>");
        assert_eq!(Style::Plain.loses(&doc), [Format::Underline, Format::Heading]);
        assert_eq!((Style::Unicode.loses(&doc), Style::Mrkdwn.loses(&doc)), (vec![], vec![Format::Underline]));
    }
}
