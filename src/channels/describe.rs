//! A provider's descriptor in words: for the command line, the gallery of the channels page and a channel's limits.

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::{
    error::Message,
    providers::{Descriptor, Field, Limits},
    render::{lookup, text},
    web::problem::size,
};

/// Everything a person or a script needs to know to connect and use a provider: id, name, connect fields, settings,
/// limits, abilities. Labels are in words, names are those of the wire.
pub fn describe(provider: &Descriptor) -> Json {
    json!({
        "id": provider.id,
        "name": provider.name,
        "summary": summary(provider),
        "auth": provider.auth,
        "connect": provider.connect.iter().map(field).collect::<Vec<_>>(),
        "settings": provider.settings.iter().map(field).collect::<Vec<_>>(),
        "limits": provider.limits,
        "can": provider.can,
        "rates": provider.rates,
        "docs": provider.docs,
    })
}

/// One field: the words of [`Field`], with its kind as `type` and what belongs to the kind beside it.
fn field(field: &Field) -> Json {
    let mut json = json!(field.kind);
    json["name"] = field.name.into();
    json["label"] = words(field.label).into();
    json["help"] = words(field.help).into();
    json["required"] = field.required.into();
    json["default"] = field.default.into();
    json["max"] = field.max.into();
    json["when"] = json!(field.when);
    for choice in json["choices"].as_array_mut().into_iter().flatten() {
        let label = choice["label"].as_str().and_then(lookup);
        if let Some(label) = label {
            choice["label"] = label.into();
        }
    }
    json
}

fn words(key: &'static str) -> String {
    if key.is_empty() { String::new() } else { text(&key.into()) }
}

/// One sentence about a provider: the catalogue's `channels.summary.<id>`, else what it accepts.
pub fn summary(provider: &Descriptor) -> String {
    lookup(&format!("channels.summary.{}", provider.id)).unwrap_or_else(|| accepts(&provider.limits))
}

/// How to get what the connect form asks for: the catalogue's `connect.help.<id>`, else nothing.
pub fn help(provider: &Descriptor) -> String {
    lookup(&format!("connect.help.{}", provider.id)).unwrap_or_default()
}

fn accepts(limits: &Limits) -> String {
    let kinds = [("limit.characters", limits.text.max), ("limit.pictures", limits.images), ("limit.films", limits.videos)];
    kinds.iter().filter(|(_, n)| *n > 0).map(|(key, n)| count(key, *n)).collect::<Vec<_>>().join(", ")
}

fn count(key: &'static str, n: usize) -> String {
    text(&Message::new(key).with("count", grouped(n)))
}

/// With a comma between thousands.
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// One thing a platform limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// What.
    pub label: String,
    /// How far.
    pub value: String,
}

/// What a platform accepts, in words; what it does not take at all is left out.
pub fn limits(limits: &Limits) -> Vec<Limit> {
    let Limits { images, videos, .. } = *limits;
    let together = if limits.mixed { "limit.mixed" } else { "limit.apart" };
    let all = [
        ("limit.text", (limits.text.max > 0).then(|| count("limit.characters", limits.text.max))),
        ("limit.images", media(images, limits.image_bytes)),
        ("limit.videos", media(videos, limits.video_bytes)),
        ("limit.together", (images > 0 && videos > 0).then(|| text(&Message::new(together)))),
        ("limit.alt", (images > 0 && limits.alt > 0).then(|| count("limit.characters", limits.alt))),
    ];
    let limit = |(label, value): (&'static str, Option<String>)| Some(Limit { label: text(&label.into()), value: value? });
    all.into_iter().filter_map(limit).collect()
}

fn media(most: usize, bytes: u64) -> Option<String> {
    match (most, bytes) {
        (0, _) => None,
        (most, 0) => Some(most.to_string()),
        (most, bytes) => Some(text(&Message::new("limit.media").with("count", most).with("size", size(bytes)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::{Choice, Text};

    const ABOUT: Descriptor = Descriptor {
        id: "x",
        name: "X",
        connect: &[
            Field::url("server", "common.save").default("https://x.example"),
            Field::choice("who", "common.edit", &[Choice { value: "all", label: "common.delete" }]).when("server", "y"),
        ],
        limits: Limits { text: Text::graphemes(300), images: 4, image_bytes: 2 * 1_048_576, videos: 1, ..Limits::NONE },
        ..Descriptor::EMPTY
    };

    #[test]
    fn a_provider_is_described_in_words() {
        let json = describe(&ABOUT);
        assert_eq!((json["id"].as_str(), json["summary"].as_str()), (Some("x"), Some("300 characters, 4 pictures, 1 film")));
        let server = &json["connect"][0];
        assert_eq!((server["type"].as_str(), server["label"].as_str()), (Some("url"), Some("Save")));
        assert_eq!((server["default"].as_str(), server["help"].as_str()), (Some("https://x.example"), Some("")));
        assert_eq!(json["connect"][1]["choices"], json!([{"value": "all", "label": "Delete"}]));
        assert_eq!(json["connect"][1]["when"], json!({"field": "server", "is": "y"}));
        assert_eq!(json["can"]["publish"], true);
        assert_eq!(json["limits"]["images"], 4);
    }

    #[test]
    fn limits_are_said_in_words_and_what_is_not_taken_is_left_out() {
        let said: Vec<_> = limits(&ABOUT.limits).into_iter().map(|l| format!("{}: {}", l.label, l.value)).collect();
        let expected = [
            "Text: 300 characters",
            "Pictures: 4, up to 2 MiB each",
            "Films: 1",
            "Together: Pictures or films, not both",
            "Picture descriptions: 1,000 characters",
        ];
        assert_eq!(said, expected);
        assert!(limits(&Limits::NONE).is_empty());
    }

    #[test]
    fn thousands_are_kept_apart() {
        let all = [0, 12, 999, 1_000, 63_206, 1_234_567].map(grouped);
        assert_eq!(all, ["0", "12", "999", "1,000", "63,206", "1,234,567"]);
    }
}
