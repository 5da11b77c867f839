//! A settings form as a JSON schema, for both APIs. Pure.

use serde_json::{Map, Value as Json, json};

use crate::{
    providers::{Field, FieldKind},
    render::text,
};

/// A JSON schema of a settings form. A field that depends on another is never required by the schema.
pub fn schema(fields: &[Field]) -> Json {
    let properties: Map<String, Json> = fields.iter().map(|f| (f.name.to_owned(), property(f))).collect();
    let required: Vec<&str> =
        fields.iter().filter(|f| f.required && f.default.is_none() && f.when.is_none()).map(|f| f.name).collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(field: &Field) -> Json {
    let mut property = match field.kind {
        FieldKind::Bool => json!({"type": "boolean"}),
        FieldKind::Number { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        FieldKind::Choice { choices } => json!({"type": "string", "enum": choices.iter().map(|c| c.value).collect::<Vec<_>>()}),
        FieldKind::Url => json!({"type": "string", "format": "uri", "maxLength": field.max}),
        FieldKind::Text | FieldKind::Password | FieldKind::LongText => json!({"type": "string", "maxLength": field.max}),
        FieldKind::Pick { labelled, .. } => item(labelled),
        FieldKind::Tags { most, labelled, .. } => json!({"type": "array", "maxItems": most, "items": item(labelled)}),
        FieldKind::Media { .. } => {
            json!({"type": "object", "properties": {"id": {"type": "string"}, "path": {"type": "string", "format": "uri"}}, "required": ["path"]})
        }
        FieldKind::List { of, most, wrapped } => {
            let entry = if wrapped {
                json!({"type": "object", "properties": {"value": schema(of)}, "required": ["value"]})
            } else {
                schema(of)
            };
            json!({"type": "array", "minItems": i32::from(field.required), "maxItems": most, "items": entry})
        }
    };
    let words: Vec<String> =
        [field.label, field.help].into_iter().filter(|key| !key.is_empty()).map(|key| text(&key.into())).collect();
    property["description"] = json!(words.join(". "));
    if let Some(default) = field.default {
        property["default"] = match field.kind {
            FieldKind::Bool => json!(default == "true"),
            FieldKind::Number { .. } => default.parse::<i64>().map_or_else(|_| json!(default), |n| json!(n)),
            _ => json!(default),
        };
    }
    property
}

/// An item of a platform's list.
fn item(labelled: bool) -> Json {
    match labelled {
        true => {
            json!({"type": "object", "properties": {"value": {"type": "string"}, "label": {"type": "string"}}, "required": ["value"]})
        }
        false => json!({"type": "string"}),
    }
}
