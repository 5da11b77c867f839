//! `GET /posts`: targets as posts of the wire.

use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry};

use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};

use super::{
    date, model,
    objects::{Post, PostIntegration, PostList, PostState},
    window::Window,
};
use crate::{
    app::App,
    delivery::TargetState,
    error::{Message, Result},
    kit::{OrgId, PostId},
    posts::{self, Listed},
    render::text,
};

/// The posts of a time, cancelled ones left out. Occurrences that are not planned yet follow, as Postiz shows them: copies
/// of the last one that is planned.
pub async fn list(app: &App, org: OrgId, (from, to): Window) -> Result<PostList> {
    let sources = model::sources(&app.db, org, from, to).await?;
    let listed = posts::list(&app.db, org, from, to).await?;
    let ids: BTreeSet<PostId> = listed.iter().map(|one| one.target.post_id).collect();
    let days = posts::recurrence::days_of(&app.db, org, &ids.into_iter().collect::<Vec<_>>()).await?;
    let mut posts: Vec<Post> = listed.into_iter().filter_map(|one| post(one, &sources, &days)).collect();
    posts.extend(drawn(app, org, (from, to)).await?);
    Ok(PostList { posts })
}

async fn drawn(app: &App, org: OrgId, window: Window) -> Result<Vec<Post>> {
    let upcoming = posts::recurrence::upcoming(&app.db, org, window).await?;
    let mut last: HashMap<PostId, Vec<Listed>> = HashMap::new();
    let mut copies = Vec::new();
    for one in upcoming {
        if let Entry::Vacant(place) = last.entry(one.post) {
            place.insert(last_of_each(posts::of_post(&app.db, org, one.post).await?));
        }
        let days = one.days.map(|days| (one.post, days)).into_iter().collect();
        for listed in &last[&one.post] {
            let actual = date::iso(listed.target.due_at.unwrap_or(listed.target.created_at));
            let mut copy = Listed { remote: None, ..listed.clone() };
            (copy.target.due_at, copy.target.state, copy.target.url) = (Some(one.at), TargetState::Scheduled, None);
            copies.extend(post(copy, &HashMap::new(), &days).map(|copy| Post { actual_date: Some(actual), ..copy }));
        }
    }
    Ok(copies)
}

/// The newest target of each entry.
fn last_of_each(listed: Vec<Listed>) -> Vec<Listed> {
    let mut last: BTreeMap<i64, Listed> = BTreeMap::new();
    for one in listed {
        if last.get(&one.target.entry).is_none_or(|known| known.target.due_at <= one.target.due_at) {
            last.insert(one.target.entry, one);
        }
    }
    last.into_values().collect()
}

/// As a state of the wire; `None` for what is not shown there.
pub fn state(state: TargetState) -> Option<PostState> {
    match state {
        TargetState::Draft => Some(PostState::Draft),
        TargetState::Scheduled | TargetState::Held | TargetState::Sending => Some(PostState::Queue),
        TargetState::Published | TargetState::PublishedIncomplete => Some(PostState::Published),
        TargetState::Failed | TargetState::Missed | TargetState::NeedsYou => Some(PostState::Error),
        TargetState::Cancelled => None,
    }
}

/// Takes the listed target apart: texts are moved, not copied.
fn post(mut listed: Listed, sources: &HashMap<PostId, String>, days: &HashMap<PostId, u32>) -> Option<Post> {
    let state = state(listed.target.state)?;
    let error = error(&listed);
    let content = listed.parts.first_mut().map(|part| std::mem::take(&mut part.content)).unwrap_or_default();
    let (target, channel) = (listed.target, listed.channel);
    let (remote_id, remote_url) = listed.remote.map_or((None, None), |remote| (Some(remote.id), remote.url));
    let id = target.id.to_string();
    Some(Post {
        content,
        publish_date: publish_date(target.due_at, target.created_at),
        release_url: target.url.or(remote_url),
        release_id: remote_id,
        state,
        interval_in_days: days.get(&target.post_id).map(|days| i64::from(*days)),
        actual_date: None,
        group: id.clone(),
        id,
        creation_method: sources.get(&target.post_id).map_or_else(|| "UNKNOWN".into(), |source| source.to_uppercase()),
        settings: settings(target.settings, &channel.provider),
        tags: vec![],
        integration: PostIntegration {
            id: target.channel_id.to_string(),
            provider_identifier: channel.provider,
            name: channel.name,
            picture: channel.picture,
        },
        submitted_for_organization_id: None,
        submitted_for_order_id: None,
        error,
    })
}

fn publish_date(due: Option<DateTime<Utc>>, created: DateTime<Utc>) -> String {
    date::iso(due.unwrap_or(created))
}

fn settings(mut settings: Json, provider: &str) -> String {
    if let Json::Object(map) = &mut settings {
        map.insert("__type".into(), json!(provider));
    }
    settings.to_string()
}

/// What went wrong; says first whether the post may be live.
fn error(listed: &Listed) -> Option<String> {
    let key = match listed.target.state {
        TargetState::NeedsYou => "api.error.needs_you",
        TargetState::Failed => "api.error.failed",
        TargetState::Missed => "api.error.missed",
        TargetState::PublishedIncomplete => "api.error.incomplete",
        _ => return None,
    };
    let said = text(&Message::new(key));
    Some(match listed.failure() {
        Some(failure) if !failure.message.is_empty() => format!("{said} {}", failure.message),
        _ => said,
    })
}
