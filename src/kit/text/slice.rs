//! Pieces of a text by where their words stand, its formatting kept: what is cut as plain words stays rich.

use std::ops::Range;

use super::{Block, Doc, Inline, plain, same_address};

impl Doc {
    /// What stands at these bytes of [`Doc::to_plain`]. Signs of lists and the addresses written behind links belong to what
    /// they stand for; an address, and a mention, is not cut but goes where it begins.
    pub fn slice(&self, range: Range<usize>) -> Self {
        let mut cutter = Cutter { range, at: 0 };
        Self { blocks: self.blocks.iter().filter_map(|block| cutter.block(block)).collect() }
    }

    /// Without empty lines at its end.
    pub fn trim_end(mut self) -> Self {
        while self.blocks.len() > 1 && self.blocks.last().is_some_and(is_blank) {
            self.blocks.pop();
        }
        self
    }

    /// Two texts, an empty line between them.
    pub fn join(self, next: Self) -> Self {
        if self.is_empty() {
            return next;
        }
        if next.is_empty() {
            return self;
        }
        let mut blocks = self.trim_end().blocks;
        blocks.push(Block::Paragraph(Vec::new()));
        blocks.extend(next.blocks.into_iter().skip_while(is_blank));
        Self { blocks }
    }
}

fn is_blank(block: &Block) -> bool {
    matches!(block, Block::Paragraph(list) if plain(list).trim().is_empty())
}

/// Walks along the words.
struct Cutter {
    range: Range<usize>,
    /// Where the next word stands.
    at: usize,
}

impl Cutter {
    fn block(&mut self, block: &Block) -> Option<Block> {
        match block {
            Block::Paragraph(list) => self.line(0, list).map(Block::Paragraph),
            Block::Heading(level, list) => {
                self.line(0, list).filter(|kept| !kept.is_empty()).map(|kept| Block::Heading(*level, kept))
            }
            Block::List(numbered, items) => {
                let sign = |n: usize| if *numbered { format!("{}. ", n + 1).len() } else { "- ".len() };
                let kept: Vec<Vec<Inline>> = items.iter().enumerate().filter_map(|(n, item)| self.line(sign(n), item)).collect();
                let kept: Vec<Vec<Inline>> = kept.into_iter().filter(|item| !item.is_empty()).collect();
                (!kept.is_empty()).then_some(Block::List(*numbered, kept))
            }
        }
    }

    /// What of a line is kept; `None`: it stands elsewhere.
    fn line(&mut self, sign: usize, list: &[Inline]) -> Option<Vec<Inline>> {
        let begin = self.at;
        self.at += sign;
        let kept = self.inlines(list);
        let end = self.at;
        self.at += 1;
        let is_inside = self.range.start < begin && end < self.range.end;
        (!kept.is_empty() || (begin == end && is_inside)).then_some(kept)
    }

    fn inlines(&mut self, list: &[Inline]) -> Vec<Inline> {
        list.iter().filter_map(|inline| self.inline(inline)).collect()
    }

    fn inline(&mut self, inline: &Inline) -> Option<Inline> {
        match inline {
            Inline::Text(text) => self.text(text),
            Inline::Strong(list) => self.inside(list).map(Inline::Strong),
            Inline::Emphasis(list) => self.inside(list).map(Inline::Emphasis),
            Inline::Underline(list) => self.inside(list).map(Inline::Underline),
            Inline::Link(href, list) if !same_address(plain(list).trim(), href.trim_start_matches("mailto:")) => {
                let end = self.at + plain(std::slice::from_ref(inline)).len();
                let kept = self.inside(list).map(|list| Inline::Link(href.clone(), list));
                self.at = end;
                kept
            }
            whole => {
                let is_kept = self.range.contains(&self.at);
                self.at += plain(std::slice::from_ref(whole)).len();
                is_kept.then(|| whole.clone())
            }
        }
    }

    fn inside(&mut self, list: &[Inline]) -> Option<Vec<Inline>> {
        let kept = self.inlines(list);
        (!kept.is_empty()).then_some(kept)
    }

    fn text(&mut self, text: &str) -> Option<Inline> {
        let begin = self.at;
        self.at += text.len();
        let (from, to) = (self.range.start.clamp(begin, self.at), self.range.end.clamp(begin, self.at));
        (from < to).then(|| Inline::Text(text[from - begin..to - begin].to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RICH: &str = "<h2>Title</h2><p>one <strong>two <em>three</em></strong></p><p></p><ul><li>four</li><li>five <a href=\"https://x.org\">six</a></li></ul><p>end</p>";

    fn piece(from: &str, to: &str) -> String {
        let doc = Doc::from_html(RICH);
        let text = doc.to_plain();
        let end = text.find(to).expect("it is there") + to.len();
        doc.slice(text.find(from).expect("it is there")..end).to_html()
    }

    #[test]
    fn a_piece_keeps_its_formatting() {
        assert_eq!(piece("Title", "two"), "<h2>Title</h2><p>one <strong>two</strong></p>");
        assert_eq!(piece("three", "four"), "<p><strong><em>three</em></strong></p><p></p><ul><li>four</li></ul>");
        assert_eq!(
            piece("five", "end"),
            "<ul><li>five <a href=\"https://x.org\" rel=\"nofollow noopener\">six</a></li></ul><p>end</p>"
        );
    }

    #[test]
    fn the_whole_is_the_whole() {
        let doc = Doc::from_html(RICH);
        assert_eq!(doc.slice(0..doc.to_plain().len()), doc);
    }

    #[test]
    fn addresses_stay_whole_and_stand_once() {
        let doc = Doc::from_html("<p>see <a href=\"https://x.org/a\">x.org/a</a> now</p>");
        let text = doc.to_plain();
        let inside = text.find("x.org").expect("it is there");
        let pieces = [doc.slice(0..inside), doc.slice(inside..text.len())].map(|doc| doc.to_plain());
        assert_eq!(pieces, ["see https://x.org/a", " now"]);
    }

    #[test]
    fn joined_texts_have_an_empty_line_between_them() {
        let text = |html: &str| Doc::from_html(html);
        assert_eq!(
            text("<p>a</p><p></p>").join(text("<p></p><ul><li>b</li></ul>")).to_html(),
            "<p>a</p><p></p><ul><li>b</li></ul>"
        );
        assert_eq!(text("<p></p>").join(text("<p>b</p>")).to_html(), "<p>b</p>");
        assert_eq!(text("<p></p><p>a</p><p> </p><p></p>").trim_end().to_html(), "<p></p><p>a</p>");
    }
}
