//! Occurrences that are not planned yet, as Postiz lists them: copies of the last one that is planned, under its id.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    date,
    objects::{Post, PostIntegration, PostState, Tagged},
    window::Window,
};
use crate::{
    app::App,
    channels::public_picture,
    error::Result,
    kit::{ChannelId, OrgId, PostId},
    posts::{self, Listed},
};

/// Those of a time on the channels that are wanted, earliest first.
pub async fn copies(app: &App, org: OrgId, window: Window, wants: impl Fn(ChannelId) -> bool) -> Result<Vec<Post>> {
    let upcoming = posts::recurrence::upcoming(&app.db, org, window).await?;
    let ids: BTreeSet<PostId> = upcoming.iter().map(|one| one.post).collect();
    let mut planned: HashMap<PostId, Vec<Listed>> = HashMap::new();
    for listed in posts::newest_of(&app.db, org, &ids.iter().copied().collect::<Vec<_>>()).await? {
        if wants(listed.target.channel_id) {
            planned.entry(listed.target.post_id).or_default().push(listed);
        }
    }
    let worn = posts::Tag::of_posts(&app.db, org, &ids.into_iter().collect::<Vec<_>>()).await?;
    let mut copies = Vec::new();
    for one in upcoming {
        let tags = || {
            let own = worn.iter().filter(|(post, ..)| *post == one.post);
            own.map(|(_, id, name, colour)| Tagged::new(id, name.clone(), colour)).collect()
        };
        let entries = planned.get(&one.post).into_iter().flatten();
        copies.extend(entries.map(|listed| Post { tags: tags(), ..copy(app, listed, one.at, one.days) }));
    }
    Ok(copies)
}

fn copy(app: &App, listed: &Listed, at: DateTime<Utc>, days: Option<u32>) -> Post {
    let (target, channel) = (&listed.target, &listed.channel);
    let id = target.id.to_string();
    let mut settings = target.settings.clone();
    if let Some(map) = settings.as_object_mut() {
        map.insert("__type".into(), json!(channel.provider));
    }
    Post {
        group: id.clone(),
        id,
        content: listed.parts.first().map(|part| part.content.clone()).unwrap_or_default(),
        publish_date: date::iso(at),
        release_url: None,
        release_id: None,
        state: PostState::Queue,
        interval_in_days: days.map(i64::from),
        actual_date: Some(date::iso(target.due_at.unwrap_or(target.created_at))),
        creation_method: "UNKNOWN".into(),
        settings: settings.to_string(),
        tags: vec![],
        integration: PostIntegration {
            id: target.channel_id.to_string(),
            provider_identifier: channel.provider.clone(),
            name: channel.name.clone(),
            picture: channel.picture.as_ref().map(|picture| public_picture(app, picture)),
        },
        submitted_for_organization_id: None,
        submitted_for_order_id: None,
        error: None,
    }
}
