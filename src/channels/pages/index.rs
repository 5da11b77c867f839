//! `GET /channels`: the connected accounts, and the gallery of what can be connected.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use poem::handler;
use serde::Serialize;

use crate::{
    app::App,
    channels::{
        describe::summary,
        model::{Channel, ChannelState, next_due},
    },
    error::Message,
    kit::ChannelId,
    orgs::{Caller, Role},
    providers::{Descriptor, REGISTRY},
    render::{Moment, View},
    web::{self, Frame},
};

/// The page.
#[derive(Debug, Clone, Serialize)]
struct Index {
    channels: Vec<ChannelView>,
    providers: Vec<ProviderView>,
    can_manage: bool,
}

impl View for Index {
    const TEMPLATE: &'static str = "channels/index.html";

    fn title(&self) -> Message {
        "channels.title".into()
    }
}

/// A channel as the templates show it.
#[derive(Debug, Clone, Serialize)]
pub struct ChannelView {
    id: ChannelId,
    pub name: String,
    handle: String,
    provider: String,
    pub provider_name: String,
    picture: Option<String>,
    state: &'static str,
    reason: Option<String>,
    next_due: Option<Moment>,
    url: Option<String>,
    pub zone: String,
}

impl ChannelView {
    /// A provider that this program does not know is shown by its id.
    pub fn new(channel: &Channel, next_due: Option<Moment>) -> Self {
        let provider_name = channel.provider().map_or(channel.provider.as_str(), |p| p.about().name);
        Self {
            id: channel.id,
            name: channel.name.clone(),
            handle: if channel.handle.is_empty() { String::new() } else { format!("@{}", channel.handle) },
            provider: channel.provider.clone(),
            provider_name: provider_name.to_owned(),
            // Pages load nothing from other sites, so a picture that lies elsewhere would only be a broken one.
            picture: channel.picture.clone().filter(|p| p.starts_with('/')),
            state: match channel.state {
                ChannelState::Active => "active",
                ChannelState::Paused => "disabled",
                ChannelState::Reconnect => "reconnect",
            },
            reason: channel.reason.clone(),
            next_due,
            url: channel.url.clone().filter(|url| ["https://", "http://", "/"].iter().any(|s| url.starts_with(s))),
            zone: channel.zone.clone(),
        }
    }

    /// With the time at which it is next due, on the reader's clock.
    pub fn due(channel: &Channel, due: &HashMap<ChannelId, DateTime<Utc>>, app: &App, caller: &Caller) -> Self {
        Self::new(channel, due.get(&channel.id).map(|at| Moment::new(*at, app.clock.now(), caller.zone)))
    }
}

/// A provider in the gallery.
#[derive(Debug, Clone, Serialize)]
struct ProviderView {
    id: &'static str,
    name: &'static str,
    summary: String,
}

impl ProviderView {
    fn new(about: &Descriptor) -> Self {
        Self { id: about.id, name: about.name, summary: summary(about) }
    }
}

/// The list and the gallery.
#[handler]
pub async fn index(app: App, caller: Caller, frame: Frame) -> web::Result {
    let due = next_due(&app.db, caller.org).await?;
    let channels = Channel::list(&app.db, caller.org).await?;
    let view = Index {
        channels: channels.iter().map(|channel| ChannelView::due(channel, &due, &app, &caller)).collect(),
        providers: REGISTRY.iter().map(|p| ProviderView::new(p.about())).collect(),
        can_manage: caller.role >= Role::Admin,
    };
    Ok(frame.page(&view)?)
}
