//! Occurrences that are not planned yet, as Postiz lists them: copies of the last one that is planned, under its id.

use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry};

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
    kit::{OrgId, PostId},
    posts::{self, Listed},
};

/// Those of a time, earliest first.
pub async fn copies(app: &App, org: OrgId, window: Window) -> Result<Vec<Post>> {
    let mut last: HashMap<PostId, Vec<Listed>> = HashMap::new();
    let mut copies = Vec::new();
    let upcoming = posts::recurrence::upcoming(&app.db, org, window).await?;
    let known: BTreeSet<PostId> = upcoming.iter().map(|one| one.post).collect();
    let worn = posts::Tag::of_posts(&app.db, org, &known.into_iter().collect::<Vec<_>>()).await?;
    for one in upcoming {
        let planned = match last.entry(one.post) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(last_of_each(posts::of_post(&app.db, org, one.post).await?)),
        };
        let tags = || {
            let own = worn.iter().filter(|(post, ..)| *post == one.post);
            own.map(|(_, id, name, colour)| Tagged::new(id, name.clone(), colour)).collect()
        };
        copies.extend(planned.iter().map(|listed| Post { tags: tags(), ..copy(app, listed, one.at, one.days) }));
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
