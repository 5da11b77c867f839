//! Subreddits, what they allow, and their flairs.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{api, entry};
use crate::{
    error::{Failure, FailureKind},
    providers::{Access, Item},
};

#[derive(Deserialize)]
struct Listing {
    data: Children,
}

#[derive(Deserialize)]
struct Children {
    children: Vec<Child>,
}

#[derive(Deserialize)]
struct Child {
    data: Subreddit,
}

#[derive(Deserialize)]
struct Subreddit {
    title: String,
    url: String,
    subreddit_type: String,
    submission_type: Option<String>,
}

#[derive(Deserialize)]
struct About {
    data: Rules,
}

#[derive(Deserialize)]
struct Rules {
    submission_type: Option<String>,
    #[serde(default)]
    allow_images: bool,
}

#[derive(Deserialize)]
struct Requirements {
    #[serde(default)]
    is_flair_required: bool,
}

#[derive(Deserialize)]
struct Flair {
    id: String,
    text: String,
}

/// One of the lists.
pub async fn lookup(access: &Access<'_>, name: &str, with: &Json) -> Result<Vec<Item>, Failure> {
    let subreddit = || {
        let written = with["subreddit"].as_str().unwrap_or_default();
        entry::name(written).ok_or_else(|| Failure::rejected("subreddit: this is no subreddit"))
    };
    match name {
        // Postiz's clients say `word`.
        "subreddits" => search(access, with["query"].as_str().or(with["word"].as_str()).unwrap_or_default()).await,
        "restrictions" => Ok(vec![restrictions(access, &subreddit()?).await?]),
        "flairs" => Ok(flairs(access, &subreddit()?).await?.into_iter().map(|f| Item::new(f.id, f.text)).collect()),
        _ => Err(Failure::unsupported(name)),
    }
}

async fn search(access: &Access<'_>, word: &str) -> Result<Vec<Item>, Failure> {
    if word.trim().is_empty() {
        return Ok(Vec::new());
    }
    let query = [("show", "public"), ("q", word), ("sort", "activity"), ("show_users", "false"), ("limit", "10")];
    let found: Listing = api::get(access, "subreddits/search", &query).await?;
    let open = |s: &Subreddit| s.subreddit_type == "public" && s.submission_type.as_deref() != Some("image");
    let item = |s: Subreddit| {
        let name = s.url.trim_end_matches('/').to_owned();
        let mut item = Item::new(name.clone(), name);
        item.extra.insert("title".into(), s.title.into());
        item
    };
    Ok(found.data.children.into_iter().map(|child| child.data).filter(open).map(item).collect())
}

/// Postiz's shape, as one item.
async fn restrictions(access: &Access<'_>, subreddit: &str) -> Result<Item, Failure> {
    let About { data: rules } = api::get(access, &format!("r/{subreddit}/about"), &[]).await?;
    let needs: Requirements = api::get(access, &format!("api/v1/{subreddit}/post_requirements"), &[]).await?;
    let flairs = flairs(access, subreddit).await?;
    let all = matches!(rules.submission_type.as_deref(), Some("any") | None);
    let kind = |name: &str| all || rules.submission_type.as_deref() == Some(name);
    let allowed = [("self", kind("self")), ("link", kind("link")), ("media", rules.allow_images)];
    let allow: Vec<&str> = allowed.into_iter().filter(|(_, yes)| *yes).map(|(name, _)| name).collect();
    let mut item = Item::new(format!("/r/{subreddit}"), format!("/r/{subreddit}"));
    let flairs_said: Vec<Json> = flairs.iter().map(|f| json!({"id": f.id, "name": f.text})).collect();
    for (name, value) in [
        ("subreddit", json!(subreddit)),
        ("allow", json!(allow)),
        ("is_flair_required", json!(needs.is_flair_required && !flairs.is_empty())),
        ("flairs", json!(flairs_said)),
    ] {
        item.extra.insert(name.into(), value);
    }
    Ok(item)
}

/// A subreddit without flairs refuses to list them.
async fn flairs(access: &Access<'_>, subreddit: &str) -> Result<Vec<Flair>, Failure> {
    match api::get(access, &format!("r/{subreddit}/api/link_flair_v2"), &[]).await {
        Err(failure) if failure.kind == FailureKind::Rejected => Ok(Vec::new()),
        flairs => flairs,
    }
}
