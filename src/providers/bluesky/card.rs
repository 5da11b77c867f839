//! The preview of a linked page. The platform never fetches the page; who posts must. Nothing here may fail a post.

use std::time::Duration;

use dom_query::Document;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use unicode_segmentation::UnicodeSegmentation;
use url::Url;

use super::record::{self, IMAGE_BYTES};
use crate::{
    http::Reply,
    kit::text::{graphemes, is_bottomless},
    providers::Call,
};

const TIMEOUT: Duration = Duration::from_secs(5);
/// Large video sites send more than a megabyte; only the head of it is parsed.
const PAGE_BYTES: usize = 2 * 1024 * 1024;
const TITLE: usize = 300;
const DESCRIPTION: usize = 1_000;
const THUMBS: [&str; 4] = ["image/jpeg", "image/png", "image/webp", "image/gif"];

/// What is shown under a post.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// The page.
    pub uri: String,
    /// May be the host's name when the page has none.
    pub title: String,
    /// May be empty.
    pub description: String,
    /// The uploaded picture.
    pub thumb: Option<Json>,
}

/// What a page says about itself.
#[derive(Debug, Default, PartialEq)]
struct About {
    title: String,
    description: String,
    image: String,
}

/// Makes the card of a page; `None` when that fails in any way.
pub async fn of(call: &Call<'_>, uri: &str) -> Option<Card> {
    let page = call.http.fetch(uri).timeout(TIMEOUT).max_reply(PAGE_BYTES).header("accept", "text/html").send().await.ok()?;
    let is_html = page.header("content-type").is_some_and(|t| t.to_ascii_lowercase().contains("html"));
    if !page.is_success() || !is_html {
        return None;
    }
    let base = Url::parse(uri).ok()?;
    let about = read(&page.text());
    let title = match about.title.as_str() {
        "" if about.description.is_empty() => return None,
        "" => base.host_str()?,
        title => title,
    };
    let thumb = match base.join(&about.image) {
        Ok(image) if !about.image.is_empty() => thumb(call, image.as_str()).await,
        _ => None,
    };
    Some(Card { uri: uri.into(), title: cut(title, TITLE), description: cut(&about.description, DESCRIPTION), thumb })
}

/// The page's picture, as it is: one that is too large is left out.
async fn thumb(call: &Call<'_>, url: &str) -> Option<Json> {
    let limit = usize::try_from(IMAGE_BYTES).ok()?;
    let picture: Reply = call.http.fetch(url).timeout(TIMEOUT).max_reply(limit).send().await.ok()?;
    let mime = infer::get(&picture.body)?.mime_type();
    if !picture.is_success() || !THUMBS.contains(&mime) {
        return None;
    }
    record::upload_bytes(call, picture.body, mime).await.ok()
}

fn read(html: &str) -> About {
    let head = head(html);
    if is_bottomless(head) {
        return About::default();
    }
    let document = Document::from(head);
    let meta = |names: [&str; 3]| {
        let find = |name: &str| document.select(&format!("meta[property='{name}'], meta[name='{name}']")).attr("content");
        names.iter().filter_map(|name| find(name)).map(|value| readable(&value)).find(|value| !value.is_empty())
    };
    let title = || readable(&document.select("title").first().text());
    About {
        title: meta(["og:title", "twitter:title", "title"]).unwrap_or_else(title),
        description: meta(["og:description", "twitter:description", "description"]).unwrap_or_default(),
        image: meta(["og:image", "og:image:url", "twitter:image"]).unwrap_or_default(),
    }
}

/// Up to where the head ends.
fn head(html: &str) -> &str {
    let end = html.as_bytes().windows(6).position(|w| w.eq_ignore_ascii_case(b"</head"));
    end.map_or(html, |end| &html[..end])
}

/// One line; nothing when it was in another encoding and reads as rubbish.
fn readable(text: &str) -> String {
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return String::new();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cut(text: &str, max: usize) -> String {
    match graphemes(text) > max {
        true => text.graphemes(true).take(max - 1).chain(["…"]).collect(),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(title: &str, description: &str, image: &str) -> About {
        About { title: title.into(), description: description.into(), image: image.into() }
    }

    #[test]
    fn a_page_is_read_by_its_open_graph_then_by_its_plain_head() {
        let page =
            "<!doctype html><HEAD><title>T &amp; U</title><meta name=description content=' a\n b '></HEAD><title>no</title>";
        assert_eq!(read(page), about("T & U", "a b", ""));
        let page =
            "<meta property='og:title' content='A &quot;card&quot;'><meta name='og:image' content='/x.png'><title>T</title>";
        assert_eq!(read(page), about("A \"card\"", "", "/x.png"));
        assert_eq!(read("<title>\u{fffd}\u{fffd}</title>"), about("", "", ""));
        assert_eq!(read("\u{0}<<<"), about("", "", ""));
    }

    #[test]
    fn long_titles_are_cut_between_characters() {
        let long = "👨‍👩‍👧".repeat(301);
        assert_eq!(cut(&long, 300), format!("{}…", "👨‍👩‍👧".repeat(299)));
        assert_eq!(cut("short", 300), "short");
    }
}
