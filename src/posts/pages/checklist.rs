//! The composer's checklist: what would keep a post from going out, channel by channel, each with the field it stands at and,
//! where there is one, a button that mends it; and what would be better. Pure.

use serde::Serialize;

use super::{
    composer::{Desk, field_error},
    typed::Typed,
};
use crate::{
    error::Message,
    kit::text::{Doc, Format, Style},
    posts::{
        Problem,
        draft::{Draft, Entry},
        words::say,
    },
    providers::Descriptor,
    render::text,
};

/// One thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// The channels it concerns; empty: the post as a whole.
    channels: Vec<Name>,
    /// It keeps the post from going out; else it is advice.
    blocks: bool,
    text: String,
    /// The id of the field.
    at: String,
    fix: Option<Fix>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Name {
    name: String,
    provider: String,
}

/// A button that mends it: a value of `action`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Fix {
    action: String,
    label: String,
}

/// Everything, problems first; what several channels share is said once.
pub fn list(problems: &[Problem], draft: &Draft, (typed, desk): (&Typed, &Desk)) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for problem in problems {
        let at = field_error(problem, draft, (typed, desk)).field;
        let entry = problem.entry.and_then(|n| draft.entries.get(n));
        let fix = entry.and_then(|entry| fix(problem, entry, (typed, desk)));
        add(&mut items, entry, desk, Item { channels: vec![], blocks: true, text: text(&problem.message), at, fix });
    }
    for entry in &draft.entries {
        for (text, at) in advice(entry, (typed, desk)) {
            add(&mut items, Some(entry), desk, Item { channels: vec![], blocks: false, text, at, fix: None });
        }
    }
    items
}

/// How many keep it from going out.
pub fn blocking(items: &[Item]) -> usize {
    items.iter().filter(|item| item.blocks).count()
}

fn add(items: &mut Vec<Item>, entry: Option<&Entry>, desk: &Desk, item: Item) {
    let channel = entry.and_then(|e| desk.channels.iter().find(|c| c.id == e.channel));
    let name = channel.map(|c| Name { name: c.name.clone(), provider: c.provider.clone() });
    match items.iter_mut().find(|known| known.text == item.text && known.at == item.at && known.fix == item.fix) {
        Some(known) => known.channels.extend(name.filter(|name| !known.channels.contains(name))),
        None => items.push(Item { channels: name.into_iter().collect(), ..item }),
    }
}

fn about(entry: &Entry, desk: &Desk) -> Option<&'static Descriptor> {
    Some(desk.channels.iter().find(|c| c.id == entry.channel)?.provider()?.about())
}

/// What the fields of an entry's text begin with, and what its buttons end with.
fn place(entry: &Entry, typed: &Typed) -> (String, String) {
    match typed.own_of(&entry.channel.to_string()) {
        Some(own) => (own.base(), format!("@{}", own.channel)),
        None => ("parts".into(), String::new()),
    }
}

fn fix(problem: &Problem, entry: &Entry, (typed, desk): (&Typed, &Desk)) -> Option<Fix> {
    let about = about(entry, desk)?;
    let (n, (_, suffix)) = (problem.part.unwrap_or(0), place(entry, typed));
    let media = entry.parts.get(n).map_or(0, |part| part.media.len());
    let keep = |count: usize| {
        let (action, more) = (format!("keep_media:{n}:{count}{suffix}"), media - count);
        Fix { action, label: text(&Message::new("checklist.keep_media").with("count", more)) }
    };
    match problem.message.key {
        "problem.too_long" | "problem.too_many_bytes" if about.can.thread => {
            Some(Fix { action: format!("split:{n}{suffix}"), label: say("checklist.split") })
        }
        "problem.no_thread" => Some(Fix { action: format!("merge_all{suffix}"), label: say("checklist.merge_all") }),
        "problem.images" if media > about.limits.images => Some(keep(about.limits.images)),
        "problem.media_most" if media > about.limits.media => Some(keep(about.limits.media)),
        _ => None,
    }
}

/// What would be better: descriptions of pictures, and formatting that the platform cannot show.
fn advice(entry: &Entry, (typed, desk): (&Typed, &Desk)) -> Vec<(String, String)> {
    let (base, _) = place(entry, typed);
    let mut found = Vec::new();
    let Some(about) = about(entry, desk) else { return found };
    for (n, part) in entry.parts.iter().enumerate() {
        for media in part.media.iter().filter(|m| about.limits.alt > 0 && m.alt.trim().is_empty()) {
            found.push((say("checklist.alt"), format!("{base}[{n}][alt][{}]", media.id)));
        }
        found.extend(lost(about.text, &part.text).into_iter().map(|text| (text, format!("{base}[{n}][text]"))));
    }
    found
}

/// What of the formatting does not arrive, in words.
fn lost(style: Style, doc: &Doc) -> Vec<String> {
    let formats = style.loses(doc);
    let names: Vec<String> = formats.iter().filter_map(|format| word(*format)).map(say).collect();
    let plain = (!names.is_empty()).then(|| text(&Message::new("checklist.formatting").with("formats", names.join(", "))));
    let links = formats.contains(&Format::Link).then(|| say("checklist.links"));
    plain.into_iter().chain(links).collect()
}

fn word(format: Format) -> Option<&'static str> {
    match format {
        Format::Bold => Some("checklist.bold"),
        Format::Italic => Some("checklist.italic"),
        Format::Underline => Some("checklist.underline"),
        Format::Heading => Some("checklist.heading"),
        Format::Link => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_arrive_is_named() {
        let doc = Doc::from_html("<p><strong>a</strong> <u>b</u> <a href=\"https://x.org\">c</a></p>");
        let told = |style| lost(style, &doc).join(" ");
        assert!(
            told(Style::Plain).contains("bold, underlined") && told(Style::Plain).contains("address"),
            "{}",
            told(Style::Plain)
        );
        assert!(!told(Style::Unicode).contains("bold") && told(Style::Unicode).contains("address"));
        assert!(told(Style::Article).contains("underlined") && !told(Style::Article).contains("address"));
    }
}
