//! `/api/v1/channels/{id}/settings` and `/lookups/{name}`: what the settings of a post may be, and what the platform lists for
//! them.

use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    types::{Any, Example},
};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::{
    app::App,
    channels::{Channel, lookups, schema},
    error::{Error, Result},
    tokens::{
        Scope,
        api::{About, Answer, Bearer, Read, Reply, id},
    },
};

/// The operations on what platforms list.
pub struct Lookups;

/// What a channel takes.
#[derive(Object, Serialize)]
#[oai(rename = "ChannelSettings", example)]
struct SettingsView {
    /// Its provider's id.
    provider: String,
    /// What the platform accepts for one part.
    limits: Any<Json>,
    /// A JSON schema of `entries[].settings`.
    settings: Any<Json>,
    /// Lists that help to fill the settings in.
    lookups: Vec<LookupView>,
    /// What can be done there.
    can: Any<Json>,
}

/// A list that the platform knows.
#[derive(Object, Serialize)]
#[oai(rename = "Lookup")]
struct LookupView {
    /// Its name.
    name: String,
    /// It searches for `query`.
    searches: bool,
    /// Settings that it depends on and that `with` must hold.
    with: Vec<String>,
}

/// One item of a list.
#[derive(Object, Serialize)]
#[oai(rename = "LookupItem")]
struct ItemView {
    /// What the setting takes.
    id: String,
    /// What people call it.
    name: String,
    /// Its picture.
    picture: Option<String>,
    /// What else the platform says of it.
    details: Any<Json>,
}

/// What the platform lists.
#[derive(Object, Serialize)]
#[oai(rename = "LookupItems", example)]
struct ItemsView {
    /// The items, as the platform orders them.
    items: Vec<ItemView>,
}

impl Example for SettingsView {
    fn example() -> Self {
        Self {
            provider: "reddit".into(),
            limits: Any(json!({"images": 20, "videos": 1})),
            settings: Any(json!({"type": "object", "properties": {"title": {"type": "string", "maxLength": 300}}})),
            lookups: vec![LookupView { name: "subreddits".into(), searches: true, with: vec![] }],
            can: Any(json!({"publish": true, "thread": true})),
        }
    }
}

impl Example for ItemsView {
    fn example() -> Self {
        let details = Any(json!({"title": "The Rust Programming Language"}));
        Self { items: vec![ItemView { id: "/r/rust".into(), name: "/r/rust".into(), picture: None, details }] }
    }
}

#[OpenApi]
impl Lookups {
    /// Show what a channel takes
    ///
    /// Its limits, a schema of the settings of a post, and the lists that help to fill them in. Needs `channels:read`.
    #[oai(path = "/channels/:id/settings", method = "get", operation_id = "getChannelSettings", tag = "About::Channels")]
    async fn settings(
        &self,
        app: App,
        token: Bearer,
        /// The id of the channel.
        id: Path<String>,
    ) -> Answer<Reply<SettingsView>, Read> {
        let org = token.may(Scope::ChannelsRead)?.org;
        let channel = Channel::find(&app.db, org, self::id(&id, "channel")?).await?;
        let about = channel.provider().ok_or(Error::NotFound("provider"))?.about();
        let view = |l: &crate::providers::Lookup| LookupView {
            name: l.name.into(),
            searches: l.searches,
            with: l.with.iter().map(|name| (*name).to_owned()).collect(),
        };
        let settings = SettingsView {
            provider: about.id.into(),
            limits: Any(json!(about.limits)),
            settings: Any(schema(about.settings)),
            lookups: about.lookups.iter().map(view).collect(),
            can: Any(json!(about.can)),
        };
        Ok(Reply::tagged(&settings, None))
    }

    /// Ask a channel's platform for a list
    ///
    /// An answer may be some minutes old. Needs `channels:read`.
    #[oai(path = "/channels/:id/lookups/:name", method = "get", operation_id = "getLookup", tag = "About::Channels")]
    async fn lookup(
        &self,
        app: App,
        token: Bearer,
        /// The id of the channel.
        id: Path<String>,
        /// The name of the list.
        name: Path<String>,
        /// What is searched for.
        query: Query<Option<String>>,
        /// The settings that the list depends on, as a JSON object.
        with: Query<Option<String>>,
    ) -> Answer<Reply<ItemsView>, Read> {
        let org = token.may(Scope::ChannelsRead)?.org;
        let channel = Channel::find(&app.db, org, self::id(&id, "channel")?).await?;
        let mut arguments = arguments(with.0.as_deref())?;
        if let Some(query) = query.0 {
            arguments.insert("query".into(), query.into());
        }
        let question = lookups::Question { channel: &channel, name: &name, with: &arguments, again: false };
        let items = lookups::ask(&app, &question).await?;
        let view = |item: &crate::providers::Item| ItemView {
            id: item.id.clone(),
            name: item.name.clone(),
            picture: item.picture.clone(),
            details: Any(Json::Object(item.extra.clone())),
        };
        Ok(Reply::tagged(&ItemsView { items: items.iter().map(view).collect() }, None))
    }
}

fn arguments(with: Option<&str>) -> Result<Map<String, Json>> {
    match with.map(serde_json::from_str::<Json>) {
        None => Ok(Map::new()),
        Some(Ok(Json::Object(with))) => Ok(with),
        Some(_) => Err(Error::invalid("with", "field.object")),
    }
}
