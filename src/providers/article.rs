//! What articles have in common: a title, a body with pictures, a cover, labels, and how one is recognised again. Knows no
//! platform and sends nothing.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value as Json;
use url::Url;

use super::{Call, Descriptor, Draft, Failure, Found, Problem, Remote, StepKey, likeness};
use crate::{error::Message, http::Client, kit::MediaId};

/// How far the clocks of two machines may be apart.
pub const BEFORE: TimeDelta = TimeDelta::minutes(5);
/// What our HTML of articles is made of.
pub const TAGS: &[&str] = &["p", "br", "h1", "h2", "h3", "ul", "ol", "li", "strong", "em", "u", "a"];
/// Pictures of an article are files of ours that the platform fetches: as large as the library takes them.
pub const PICTURE_BYTES: u64 = 25 * 1024 * 1024;
/// Pictures of an article.
pub const PICTURES: usize = 30;
/// Bodies this alike (of 100) are the same: platforms tidy what they store.
const ALIKE: u8 = 95;

/// A picture under the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Where it is.
    pub url: String,
    /// Alternative text; may be empty.
    pub alt: String,
}

/// A picture among the settings: `{id, path}`, Postiz's shape, or an address alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// The library item.
    pub id: Option<MediaId>,
    path: Option<String>,
}

/// A tag of the settings: `{value, label}`, or a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What the platform calls it.
    pub value: String,
    /// What people call it.
    pub name: String,
}

/// A site's address as people copy it, without what follows `inside`, which leads into its pages.
pub fn site(http: &Client, given: &str, inside: &str) -> Result<String, Failure> {
    http.check(given).map_err(|words| Failure::rejected(format!("{given}: {words}")))?;
    let url = Url::parse(given).map_err(|e| Failure::rejected(format!("{given}: {e}")))?;
    let path = url.path().split(inside).next().unwrap_or_default().trim_end_matches('/');
    Ok(format!("{}{path}", url.origin().ascii_serialization()))
}

/// An article is one part with words, and not too many.
pub fn fits(call: &Call<'_>, about: &Descriptor) -> Result<(), Failure> {
    call.fits(about)?;
    if call.position > 0 {
        return Err(Failure::rejected(format!("{} has articles only: a post there is one part", about.name)));
    }
    match call.text.is_empty() && (call.media.is_empty() || !about.limits.text_optional) {
        true => Err(Failure::rejected("the article has no text")),
        false => Ok(()),
    }
}

/// A setting without which nothing can be sent.
pub fn needed<'c>(call: &'c Call<'_>, name: &str) -> Result<&'c str, Failure> {
    call.setting(name).ok_or_else(|| Failure::rejected(format!("{name} is missing")))
}

/// The pictures under the text, at addresses that last: most platforms show them from there.
pub fn pictures(call: &Call<'_>) -> Result<Vec<Shown>, Failure> {
    let shown = |file: &super::MediaFile| {
        let url = call.files.lasting_url(file.id).ok_or_else(|| Failure::rejected("a picture has no public address"))?;
        Ok(Shown { url, alt: file.alt.clone() })
    };
    call.media.iter().map(shown).collect()
}

/// The text, and the pictures below it.
pub fn markdown(call: &Call<'_>, about: &Descriptor, pictures: &[Shown]) -> String {
    let mut body = call.words(about);
    for Shown { url, alt } in pictures {
        let alt = alt.replace(['\n', '\r'], " ").replace('[', "\\[").replace(']', "\\]");
        let url = url.replace('(', "%28").replace(')', "%29");
        body += &format!("\n\n![{alt}]({url})");
    }
    body.trim_start().to_owned()
}

/// The text, and the pictures below it.
pub fn html(call: &Call<'_>, about: &Descriptor, pictures: &[Shown]) -> String {
    let figure = |p: &Shown| format!("<figure><img src=\"{}\" alt=\"{}\"></figure>", attribute(&p.url), attribute(&p.alt));
    call.words(about) + &pictures.iter().map(figure).collect::<String>()
}

/// Words between the quotes of an attribute.
pub fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl Cover {
    /// The one of this setting, if it has one.
    pub fn of(call: &Call<'_>, name: &str) -> Option<Self> {
        let given = &call.settings[name];
        let text = |value: &Json| value.as_str().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
        let (id, path) = match given {
            Json::String(_) => (None, text(given)),
            given => (text(&given["id"]).and_then(|id| id.parse().ok()), text(&given["path"])),
        };
        (id.is_some() || path.is_some()).then_some(Self { id, path })
    }

    /// An address from which the platform can fetch it.
    pub fn url(&self, call: &Call<'_>, name: &str) -> Result<String, Failure> {
        let ours = self.id.and_then(|id| call.files.lasting_url(id));
        let theirs = || self.path.clone().filter(|path| path.starts_with("https://") || path.starts_with("http://"));
        ours.or_else(theirs).ok_or_else(|| Failure::rejected(format!("{name}: the picture has no public address")))
    }

    /// The library item, for platforms to which it is uploaded.
    pub fn item(&self, name: &str) -> Result<MediaId, Failure> {
        self.id.ok_or_else(|| Failure::rejected(format!("{name}: the picture is not in the library")))
    }
}

/// As [`Cover::url`]; nothing when the setting is empty.
pub fn cover_url(call: &Call<'_>, name: &str) -> Result<Option<String>, Failure> {
    Cover::of(call, name).map(|cover| cover.url(call, name)).transpose()
}

/// The tags of a setting.
pub fn labels(settings: &Json, name: &str) -> Vec<Label> {
    let word = |value: &Json| match value {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let label = |given: &Json| {
        let (value, name) = match given {
            Json::Object(fields) => (word(fields.get("value")?), word(fields.get("label").or(fields.get("value"))?)),
            given => (word(given), word(given)),
        };
        (!name.is_empty()).then_some(Label { value, name })
    };
    settings[name].as_array().into_iter().flatten().filter_map(label).collect()
}

/// Numbers of a setting, however they were written.
pub fn numbers(settings: &Json, name: &str) -> Vec<i64> {
    let number = |label: Label| label.value.parse().ok();
    labels(settings, name).into_iter().filter_map(number).collect()
}

/// Lower-case Latin letters, digits and hyphens; empty when nothing of the text is one.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            '\'' | '’' => {}
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug.truncate(100);
    slug.trim_matches('-').to_owned()
}

/// A setting that is there but shorter than the platform takes it.
pub fn too_short(draft: &Draft<'_>, field: &'static str, least: usize) -> Option<Problem> {
    let given = draft.settings[field].as_str().map_or("", str::trim);
    let short = !given.is_empty() && given.chars().count() < least;
    short.then(|| Problem { part: None, field, message: Message::new("article.too_short").with("count", least) })
}

/// What an attempt would send, to be compared with what stands at the platform.
#[derive(Debug, Clone)]
pub struct Sought {
    title: String,
    body: String,
    since: DateTime<Utc>,
}

impl Sought {
    /// Made since shortly before the step was first intended.
    pub fn new(title: &str, body: &str, step: &StepKey) -> Self {
        Self { title: squashed(title), body: squashed(body), since: step.begun_at - BEFORE }
    }

    /// Whether this is what was sent. One without a time is younger than any.
    pub fn is(&self, title: &str, body: &str, at: Option<DateTime<Utc>>) -> bool {
        let body = squashed(body);
        self.is_titled(title, at) && (self.body == body || likeness(&self.body, &body) >= ALIKE)
    }

    /// As [`Sought::is`], where the platform makes something else of the text.
    pub fn is_titled(&self, title: &str, at: Option<DateTime<Utc>>) -> bool {
        self.is_young(at) && self.title == squashed(title)
    }

    /// Whether it was made since then.
    pub fn is_young(&self, at: Option<DateTime<Utc>>) -> bool {
        at.is_none_or(|at| at >= self.since)
    }
}

fn squashed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One that is there is the one; of several nobody can say which, and none proves nothing.
pub fn found(mut seen: Vec<Remote>) -> Found {
    match (seen.pop(), seen.is_empty()) {
        (Some(one), true) => Found::Yes(vec![one]),
        _ => Found::NotSeen,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::testing::Stage;

    #[test]
    fn a_slug_is_latin_and_plain() {
        assert_eq!(slug("  Don't Panic: 42 Ways — déjà vu! "), "dont-panic-42-ways-d-j-vu");
        assert_eq!(slug("日本語"), "");
        assert_eq!(slug(&"ab ".repeat(60)).len(), 100);
    }

    #[test]
    fn labels_are_read_in_every_shape_that_clients_send() {
        let settings = json!({"tags": [{"value": 7, "label": "rust"}, {"value": "x"}, "web", 3, {}, null, ""], "none": "x"});
        let read: Vec<_> = labels(&settings, "tags").into_iter().map(|l| (l.value, l.name)).collect();
        let expected = [("7", "rust"), ("x", "x"), ("web", "web"), ("3", "3")];
        assert_eq!(read, expected.map(|(v, n)| (v.to_owned(), n.to_owned())));
        assert_eq!(numbers(&settings, "tags"), [7, 3]);
        assert!(labels(&settings, "none").is_empty());
    }

    #[test]
    fn a_cover_is_ours_by_its_id_and_anybodys_by_its_address() {
        let mut stage = Stage::new("a", json!({}));
        let file = stage.files.add(1, 1, "");
        for (given, expected) in [
            (json!({"id": file.id, "path": "x"}), Ok(format!("https://lasting.example/{}.jpg", file.id))),
            (json!({"id": "rand5", "path": "https://else.example/a.png"}), Ok("https://else.example/a.png".into())),
            (json!("https://else.example/a.png"), Ok("https://else.example/a.png".into())),
            (json!({"id": "rand5", "path": "/uploads/a.png"}), Err("main_image: the picture has no public address".to_owned())),
        ] {
            stage.settings = json!({"main_image": given});
            let url = cover_url(&stage.call(), "main_image").map(Option::unwrap).map_err(|f| f.message);
            assert_eq!(url, expected);
        }
        stage.settings = json!({"main_image": {"id": "", "path": ""}});
        assert_eq!(cover_url(&stage.call(), "main_image").unwrap(), None);
    }

    #[test]
    fn an_article_is_known_by_title_text_and_time() {
        let step = StepKey { key: uuid::Uuid::nil(), begun_at: "2026-11-23T08:00:00Z".parse().unwrap(), earlier: 1 };
        let body = "A long enough text about bread, with some words in it. ".repeat(9);
        let sought = Sought::new("My  title", &body, &step);
        let at = |time: &str| Some(format!("2026-11-23T{time}Z").parse().unwrap());
        assert!(sought.is("My title ", &format!("{body}\r\n"), at("08:00:01")));
        assert!(sought.is("My title", &body.replacen("bread", "breads", 1), at("07:56:00")));
        assert!(!sought.is("My title", &body, at("07:54:00")), "an older one");
        assert!(!sought.is("Another", &body, at("08:00:01")));
        assert!(!sought.is("My title", "Something else altogether", at("08:00:01")));
        let remote = |id: &str| Remote { id: id.into(), url: None, extra: json!({}) };
        assert_eq!(found(vec![remote("1")]), Found::Yes(vec![remote("1")]));
        assert_eq!((found(vec![]), found(vec![remote("1"), remote("2")])), (Found::NotSeen, Found::NotSeen));
    }
}
