//! `GET /posts`: targets as posts of the wire.

use std::collections::HashMap;

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

/// The posts of a time, cancelled ones left out.
pub async fn list(app: &App, org: OrgId, (from, to): Window) -> Result<PostList> {
    let sources = model::sources(&app.db, org, from, to).await?;
    let listed = posts::list(&app.db, org, from, to).await?;
    Ok(PostList { posts: listed.into_iter().filter_map(|one| post(one, &sources)).collect() })
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
fn post(mut listed: Listed, sources: &HashMap<PostId, String>) -> Option<Post> {
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
        interval_in_days: None,
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
