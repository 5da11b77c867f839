//! What a part says and to which communities, and what the server would refuse of it.

use serde_json::Value as Json;

use super::{ABOUT, COMMENT, Call, Draft, Failure, Problem};
use crate::error::Message;

/// One community's post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The community's number at the account's server.
    pub community: i64,
    /// 3 to 200 characters.
    pub title: String,
    /// What it links to.
    pub url: Option<String>,
}

/// The communities of the settings; entries may be wrapped in `value`, as Postiz's are.
pub fn entries(settings: &Json) -> Result<Vec<Entry>, Failure> {
    let listed = settings["subreddit"].as_array().map_or(&[][..], Vec::as_slice);
    let entries: Vec<Entry> = listed.iter().map(entry).collect::<Result<_, _>>()?;
    if entries.is_empty() {
        return Err(Failure::rejected("no community is chosen"));
    }
    Ok(entries)
}

fn entry(json: &Json) -> Result<Entry, Failure> {
    let value = if json["value"].is_object() { &json["value"] } else { json };
    let id = &value["id"];
    let community = id.as_i64().or_else(|| id["value"].as_str().or(id.as_str())?.trim().parse().ok());
    let community = community.ok_or_else(|| Failure::rejected("a community is named by no number"))?;
    let word = |name: &str| value[name].as_str().map(str::trim).filter(|word| !word.is_empty());
    let title = word("title").unwrap_or_default().to_owned();
    if let Some(wrong) = wrong_title(&title) {
        return Err(Failure::rejected(wrong));
    }
    let url = word("url").map(|url| if url.starts_with("http") { url.to_owned() } else { format!("https://{url}") });
    Ok(Entry { community, title, url })
}

fn wrong_title(title: &str) -> Option<&'static str> {
    match title.chars().count() {
        ..3 => Some("the title is shorter than 3 characters"),
        201.. => Some("the title is longer than 200 characters"),
        _ if title.contains('\n') => Some("the title has a line break"),
        _ => None,
    }
}

/// The Markdown of a part.
pub fn body(call: &Call<'_>) -> String {
    call.text.render_with(ABOUT.text, &|id, label| match id.contains('@') {
        true => format!("@{}", id.trim_start_matches('@')),
        false => format!("@{label}"),
    })
}

/// Refuses what the server would, before anything is sent.
pub fn refuse(call: &Call<'_>, body: &str) -> Result<(), Failure> {
    call.fits(&ABOUT)?;
    let long = body.chars().count();
    match () {
        () if call.position > 0 && long > COMMENT => {
            Err(Failure::rejected(format!("the comment has {long} characters; Lemmy takes {COMMENT}")))
        }
        () if call.position > 0 && body.trim().is_empty() && call.media.is_empty() => {
            Err(Failure::rejected("the comment has neither text nor a picture"))
        }
        () => Ok(()),
    }
}

/// Comments are shorter than posts, and titles have rules of their own.
pub fn review(draft: &Draft) -> Vec<Problem> {
    let comments = draft.parts.iter().enumerate().skip(1);
    let long = comments.filter(|(_, part)| ABOUT.words(&part.text).chars().count() > COMMENT);
    let comment = |(n, _)| Problem {
        part: Some(n),
        field: "content",
        message: Message::new("provider.lemmy.comment_long").with("max", COMMENT),
    };
    let mut found: Vec<Problem> = long.map(comment).collect();
    let titles = draft.settings["subreddit"].as_array().into_iter().flatten();
    let short = |entry: &Json| {
        let value = if entry["value"].is_object() { &entry["value"] } else { entry };
        value["title"].as_str().is_none_or(|title| wrong_title(title.trim()).is_some())
    };
    if titles.into_iter().any(short) {
        found.push(Problem { part: None, field: "subreddit", message: "provider.lemmy.title_wrong".into() });
    }
    found
}
