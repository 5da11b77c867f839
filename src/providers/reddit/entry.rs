//! One subreddit of the settings, as it is sent. Pure.

use serde_json::Value as Json;

use crate::{
    error::Failure,
    providers::{Call, Draft, MediaFile, Problem},
};

/// What is submitted to a subreddit.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its name, nothing around it.
    pub subreddit: String,
    /// Of the submission.
    pub title: String,
    /// What it is.
    pub kind: Kind,
    /// A flair's id.
    pub flair: Option<String>,
}

/// What a submission is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A text.
    Text,
    /// An address.
    Link(String),
    /// The part's picture or video.
    Media,
}

/// Every entry of the settings.
pub fn of(call: &Call<'_>) -> Result<Vec<Entry>, Failure> {
    let list = call.settings["subreddit"].as_array().filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| Failure::rejected("settings.subreddit: choose at least one"))?;
    list.iter().enumerate().map(|(n, value)| read(n, value).map_err(Failure::rejected)).collect()
}

fn read(n: usize, entry: &Json) -> Result<Entry, String> {
    // Clients of Postiz wrap each entry.
    let value = if entry["value"].is_object() { &entry["value"] } else { entry };
    let text = |name: &str| value[name].as_str().map(str::trim).unwrap_or_default();
    let wrong = |field: &str, words: &str| Err(format!("settings.subreddit[{n}].value.{field}: {words}"));
    let subreddit = name(text("subreddit"));
    let Some(subreddit) = subreddit else { return wrong("subreddit", "this is no subreddit") };
    let title = text("title");
    if title.is_empty() || title.chars().count() > 300 {
        return wrong("title", "a title has 1 to 300 characters");
    }
    let kind = match text("type") {
        "self" | "" => Kind::Text,
        "link" if text("url").is_empty() => return wrong("url", "an address is missing"),
        "link" => Kind::Link(text("url").to_owned()),
        "media" | "image" | "video" | "videogif" => Kind::Media,
        _ => return wrong("type", "this is none of self, link and media"),
    };
    let flair = flair(&value["flair"]);
    if flair.is_none() && value["is_flair_required"] == true {
        return wrong("flair", "this subreddit wants a flair");
    }
    Ok(Entry { subreddit, title: title.to_owned(), kind, flair })
}

/// `/r/name/`, `r/name` or `name`: lists and people write all of them.
pub fn name(written: &str) -> Option<String> {
    let bare = written.trim_matches('/');
    let bare = bare.strip_prefix("r/").unwrap_or(bare).trim_matches('/');
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    ((2..=24).contains(&bare.len()) && bare.chars().all(fits)).then(|| bare.to_lowercase())
}

/// `{id, name}` from Postiz's clients, `{value, label}` from our forms, or the id.
fn flair(value: &Json) -> Option<String> {
    let id = value["id"].as_str().or_else(|| value["value"].as_str()).or_else(|| value.as_str());
    id.filter(|id| !id.is_empty()).map(str::to_owned)
}

/// The file that is submitted, and the picture that stands for it while it is not played.
pub fn files(media: &[MediaFile]) -> Option<(&MediaFile, Option<&MediaFile>)> {
    match media.iter().find(|file| file.is_video()) {
        Some(film) => Some((film, media.iter().find(|file| !file.is_video()))),
        None => media.first().map(|picture| (picture, None)),
    }
}

/// Several pictures and no video are one submission with all of them.
pub fn is_gallery(media: &[MediaFile]) -> bool {
    media.len() > 1 && !media.iter().any(MediaFile::is_video)
}

/// Beside a video one picture has a place: it stands for the video.
pub fn has_too_many(media: &[MediaFile]) -> bool {
    media.iter().any(MediaFile::is_video) && media.len() > 2
}

/// Rules between the entries and the first part.
pub fn review(draft: &Draft<'_>) -> Vec<Problem> {
    let Some(list) = draft.settings["subreddit"].as_array() else { return Vec::new() };
    let has_media = draft.parts.first().is_some_and(|part| !part.media.is_empty());
    let entries: Vec<Result<Entry, String>> = list.iter().enumerate().map(|(n, value)| read(n, value)).collect();
    let wants = entries.iter().any(|entry| matches!(entry, Ok(Entry { kind: Kind::Media, .. })));
    let problem = |part, field, key: &'static str| Problem { part, field, message: key.into() };
    let mut problems = Vec::new();
    if let Some(words) = entries.iter().find_map(|entry| entry.as_ref().err()) {
        let message = crate::error::Message::new("provider.reddit.entry").with("words", words);
        problems.push(Problem { part: None, field: "subreddit", message });
    }
    match (wants, has_media) {
        (true, false) => problems.push(problem(Some(0), "image", "provider.reddit.needs_media")),
        (false, true) => problems.push(problem(Some(0), "image", "provider.reddit.media_unused")),
        _ => {}
    }
    if wants && draft.parts.first().is_some_and(|part| has_too_many(&part.media)) {
        problems.push(problem(Some(0), "image", "provider.reddit.film_pictures"));
    }
    problems
}
