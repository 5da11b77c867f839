//! A text as blocks of Tumblr's format, its markup as ranges of code points. Pure.
//! <https://www.tumblr.com/docs/npf>

use serde_json::{Value as Json, json};

use crate::kit::text::{Block, Doc, Inline};

/// Code points of a block.
const BLOCK: usize = 4_096;

/// A text and its markup.
#[derive(Default)]
struct Run {
    text: String,
    length: usize,
    formatting: Vec<Json>,
}

impl Run {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.length += text.chars().count();
    }

    fn inlines(&mut self, inlines: &[Inline]) {
        for inline in inlines {
            match inline {
                Inline::Text(text) => self.push(text),
                Inline::Break => self.push("\n"),
                Inline::Mention { label, .. } => self.push(&format!("@{label}")),
                Inline::Strong(inner) => self.marked(inner, json!({"type": "bold"})),
                Inline::Emphasis(inner) => self.marked(inner, json!({"type": "italic"})),
                Inline::Underline(inner) => self.inlines(inner),
                Inline::Link(url, inner) if inner.is_empty() => self.marked(&[Inline::Text(url.clone())], link(url)),
                Inline::Link(url, inner) => self.marked(inner, link(url)),
            }
        }
    }

    fn marked(&mut self, inner: &[Inline], mut mark: Json) {
        let start = self.length;
        self.inlines(inner);
        if self.length > start {
            mark["start"] = json!(start);
            mark["end"] = json!(self.length);
            self.formatting.push(mark);
        }
    }

    /// One block, or several where it is too long for one; markup is cut along.
    fn blocks(self, subtype: Option<&str>, out: &mut Vec<Json>) {
        let text: Vec<char> = self.text.trim_end().chars().collect();
        for (n, piece) in text.chunks(BLOCK).enumerate() {
            let (from, to) = (n * BLOCK, n * BLOCK + piece.len());
            let mut block = json!({"type": "text", "text": piece.iter().collect::<String>()});
            if let Some(subtype) = subtype {
                block["subtype"] = json!(subtype);
            }
            let ranges: Vec<Json> = self.formatting.iter().filter_map(|mark| within(mark, from, to)).collect();
            if !ranges.is_empty() {
                block["formatting"] = json!(ranges);
            }
            out.push(block);
        }
    }
}

fn link(url: &str) -> Json {
    json!({"type": "link", "url": url})
}

fn within(mark: &Json, from: usize, to: usize) -> Option<Json> {
    let at = |name: &str| mark[name].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let (start, end) = (at("start").max(from), at("end").min(to));
    let mut mark = mark.clone();
    mark["start"] = json!(start.saturating_sub(from));
    mark["end"] = json!(end.saturating_sub(from));
    (start < end).then_some(mark)
}

/// A whole text. Neighbouring paragraphs share a block; an empty one begins the next.
pub fn of(text: &Doc) -> Vec<Json> {
    let (mut out, mut open) = (Vec::new(), Run::default());
    for block in &text.blocks {
        match block {
            Block::Paragraph(inlines) if inlines.is_empty() => std::mem::take(&mut open).blocks(None, &mut out),
            Block::Paragraph(inlines) => {
                if open.length > 0 {
                    open.push("\n");
                }
                open.inlines(inlines);
            }
            Block::Heading(level, inlines) => {
                std::mem::take(&mut open).blocks(None, &mut out);
                alone(inlines, if *level == 1 { "heading1" } else { "heading2" }, &mut out);
            }
            Block::List(ordered, items) => {
                std::mem::take(&mut open).blocks(None, &mut out);
                let subtype = if *ordered { "ordered-list-item" } else { "unordered-list-item" };
                items.iter().for_each(|item| alone(item, subtype, &mut out));
            }
        }
    }
    open.blocks(None, &mut out);
    out
}

fn alone(inlines: &[Inline], subtype: &str, out: &mut Vec<Json>) {
    let mut run = Run::default();
    run.inlines(inlines);
    run.blocks(Some(subtype), out);
}

/// The words of all blocks, as a person compares them.
pub fn words(blocks: &[Json]) -> String {
    blocks.iter().filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_ranges_of_code_points() {
        let doc = Doc::from_html(
            "<h1>T</h1><p>🙂 <strong>b <em>i</em></strong></p><p>two</p><p></p><p><a href=\"https://x.org\">x</a></p><ol><li>1</li></ol>",
        );
        assert_eq!(
            of(&doc),
            [
                json!({"type": "text", "subtype": "heading1", "text": "T"}),
                json!({"type": "text", "text": "🙂 b i\ntwo", "formatting": [
                    {"type": "italic", "start": 4, "end": 5}, {"type": "bold", "start": 2, "end": 5},
                ]}),
                json!({"type": "text", "text": "x", "formatting": [{"type": "link", "url": "https://x.org", "start": 0, "end": 1}]}),
                json!({"type": "text", "subtype": "ordered-list-item", "text": "1"}),
            ]
        );
    }

    #[test]
    fn long_texts_are_cut_with_their_markup() {
        let doc = Doc::from_html(&format!("<p>{}<strong>{}</strong></p>", "é".repeat(4_000), "é".repeat(200)));
        let blocks = of(&doc);
        let lengths: Vec<_> = blocks.iter().map(|b| b["text"].as_str().unwrap().chars().count()).collect();
        assert_eq!(lengths, [4_096, 104]);
        assert_eq!(blocks[0]["formatting"], json!([{"type": "bold", "start": 4_000, "end": 4_096}]));
        assert_eq!(blocks[1]["formatting"], json!([{"type": "bold", "start": 0, "end": 104}]));
    }
}
