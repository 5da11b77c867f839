//! Channels on the wire: Postiz calls one an integration.

use poem_openapi::{
    Object,
    types::{Any, Example},
};
use serde::Serialize;
use serde_json::{Value as Json, json};

/// That a key works.
#[derive(Object, Serialize)]
#[oai(example)]
pub struct Connection {
    /// Always true: a key that does not work is answered with 401.
    pub connected: bool,
}

impl Example for Connection {
    fn example() -> Self {
        Self { connected: true }
    }
}

/// Where a person connects an account.
#[derive(Object, Serialize)]
#[oai(example)]
pub struct ConnectAddress {
    /// A page of this instance, to be opened in a browser.
    pub url: String,
}

impl Example for ConnectAddress {
    fn example() -> Self {
        Self { url: "https://rostrum.example.org/channels/connect/bluesky".into() }
    }
}

/// A connected account to publish to.
#[derive(Object, Serialize)]
#[oai(example)]
pub struct Integration {
    /// Its id, an opaque string: what `posts[].integration.id` takes.
    pub id: String,
    /// Its shown name.
    pub name: String,
    /// The provider, for example `bluesky`.
    pub identifier: String,
    /// Its picture, a web address.
    pub picture: Option<String>,
    /// True while a person has paused it: its posts wait.
    pub disabled: bool,
    /// Its handle, without `@`.
    pub profile: String,
    /// The group it is in; absent when it is in none.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
}

impl Example for Integration {
    fn example() -> Self {
        Self {
            id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a90".into(),
            name: "Analytical Press".into(),
            identifier: "bluesky".into(),
            picture: Some("https://cdn.example.org/ada.jpg".into()),
            disabled: false,
            profile: "press.example.org".into(),
            customer: Some(Customer { id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8aa1".into(), name: "Menabrea Ltd".into() }),
        }
    }
}

/// A group of channels.
#[derive(Object, Serialize)]
pub struct Customer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The next free posting time of a channel.
#[derive(Object, Serialize)]
#[oai(example)]
pub struct FreeSlot {
    /// In UTC, to the minute and without a zone: `2026-11-24T08:20:00`.
    pub date: String,
}

impl Example for FreeSlot {
    fn example() -> Self {
        Self { date: "2026-11-24T08:20:00".into() }
    }
}

/// What a channel accepts.
#[derive(Object, Serialize)]
pub struct IntegrationSettings {
    /// The description.
    pub output: SettingsOutput,
}

/// What a channel accepts: limits in words and numbers, settings as a schema.
#[derive(Object, Serialize)]
#[oai(rename_all = "camelCase", example)]
#[serde(rename_all = "camelCase")]
pub struct SettingsOutput {
    /// Its limits in words, one a line.
    pub rules: String,
    /// Most characters of one part, as the platform counts them; 0 when it takes no text.
    pub max_length: u64,
    /// A JSON schema of `posts[].settings`, or the text `No additional settings required`.
    pub settings: Any<Json>,
    /// Look-ups that help to fill the settings in.
    pub tools: Vec<Tool>,
}

impl SettingsOutput {
    /// With these look-ups.
    pub fn new(rules: String, max_length: u64, settings: Json, tools: Vec<Tool>) -> Self {
        Self { rules, max_length, settings: Any(settings), tools }
    }
}

impl Example for SettingsOutput {
    fn example() -> Self {
        let word = ToolField { key: "word".into(), kind: "string".into(), description: "What is looked for.".into() };
        let description = "Asks Reddit for its list “subreddits”.".into();
        let tool = Tool { method_name: "subreddits".into(), description, data_schema: vec![word] };
        let settings = json!({"type": "object", "properties": {"title": {"type": "string", "maxLength": 300}}});
        Self::new("Text: 40000 characters\nPictures: 20".into(), 40_000, settings, vec![tool])
    }
}

/// A look-up at the platform.
#[derive(Object, Serialize)]
#[oai(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// Its name.
    pub method_name: String,
    /// What it finds.
    pub description: String,
    /// What it asks for.
    pub data_schema: Vec<ToolField>,
}

/// One input of a look-up.
#[derive(Object, Serialize)]
pub struct ToolField {
    /// Its name.
    pub key: String,
    /// Its type.
    #[oai(rename = "type")]
    #[serde(rename = "type")]
    pub kind: String,
    /// What it means.
    pub description: String,
}

/// A look-up to be made.
#[derive(Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Trigger {
    /// Its name: `tools[].methodName` of the channel's settings.
    pub method_name: String,
    /// Its inputs: `tools[].dataSchema[].key` and a text each.
    pub data: Option<std::collections::HashMap<String, Any<Json>>>,
}

impl Example for Trigger {
    fn example() -> Self {
        let data = [("word".to_owned(), Any(json!("rust")))].into();
        Self { method_name: "subreddits".into(), data: Some(data) }
    }
}

/// What a look-up found.
#[derive(Object, Serialize)]
#[oai(example)]
pub struct Triggered {
    /// A list of objects with at least `id` and `name`.
    pub output: Any<Json>,
}

impl Example for Triggered {
    fn example() -> Self {
        Self { output: Any(json!([{"id": "/r/rust", "name": "/r/rust", "title": "The Rust Programming Language"}])) }
    }
}
