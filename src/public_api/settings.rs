//! What a channel accepts, for `GET /integration-settings/{id}`: derived from its provider's descriptor. Pure.

use serde_json::json;

use super::objects::{SettingsOutput, Tool, ToolField};
use crate::{
    channels,
    error::Message,
    providers::{Descriptor, Field, FieldKind, Lookup},
    render::text,
};

/// What Postiz says when there is nothing to set.
const NOTHING: &str = "No additional settings required";

/// The description of a provider.
pub fn of(about: &Descriptor) -> SettingsOutput {
    let limits = channels::limits(&about.limits);
    let rules = limits.iter().map(|l| format!("{}: {}", l.label, l.value)).collect::<Vec<_>>().join("\n");
    let settings = if about.settings.is_empty() { json!(NOTHING) } else { channels::schema(about.settings) };
    let tools = about.lookups.iter().map(|lookup| tool(about, lookup)).collect();
    SettingsOutput::new(rules, about.limits.text.max as u64, settings, tools)
}

/// A lookup as Postiz calls it; what is typed is its `word`.
fn tool(about: &Descriptor, lookup: &Lookup) -> Tool {
    let field = |key: &str, description: String| ToolField { key: key.to_owned(), kind: "string".into(), description };
    let from = |name: &&str| field(name, label(about.settings, name).unwrap_or_else(|| (*name).to_owned()));
    let word = lookup.searches.then(|| field("word", text(&"api.tool_word".into())));
    let description = Message::new("api.tool").with("provider", about.name).with("name", lookup.name);
    Tool {
        method_name: lookup.name.to_owned(),
        description: text(&description),
        data_schema: word.into_iter().chain(lookup.with.iter().map(from)).collect(),
    }
}

/// What a field is called, wherever in the form it stands.
fn label(fields: &[Field], name: &str) -> Option<String> {
    let own = fields.iter().find(|field| field.name == name).map(|field| text(&field.label.into()));
    own.or_else(|| {
        fields.iter().find_map(|field| match field.kind {
            FieldKind::List { of, .. } => label(of, name),
            _ => None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers;

    #[test]
    fn every_provider_is_described() {
        for provider in providers::REGISTRY {
            let output = of(provider.about());
            assert_eq!(output.max_length, provider.about().limits.text.max as u64);
            assert!(!output.rules.is_empty());
            let described = output.settings.0;
            assert_eq!(described.is_string(), provider.about().settings.is_empty());
            let tools: Vec<&str> = output.tools.iter().map(|tool| tool.method_name.as_str()).collect();
            assert_eq!(tools, provider.about().lookups.iter().map(|lookup| lookup.name).collect::<Vec<_>>());
            for field in provider.about().settings {
                assert!(described["properties"][field.name]["type"].is_string(), "{}", field.name);
            }
        }
    }
}
