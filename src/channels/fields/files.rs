//! Files of the library inside settings: where they stand, and which they are.

use serde_json::Value as Json;

use crate::{
    kit::MediaId,
    providers::{Field, FieldKind},
};

/// A file of the settings.
pub struct Attached<'a> {
    /// Its path in JSON.
    pub path: String,
    /// It must be a picture.
    pub picture: bool,
    /// `{id, path}`.
    pub value: &'a mut Json,
}

/// Calls `found` for each file of checked settings, in order; `path` is where the settings stand.
pub fn each_file(fields: &[Field], settings: &mut Json, path: &str, found: &mut impl FnMut(Attached<'_>)) {
    for field in fields {
        let Some(value) = settings.get_mut(field.name) else { continue };
        let path = format!("{path}.{}", field.name);
        match field.kind {
            FieldKind::Media { picture } => found(Attached { path, picture, value }),
            FieldKind::List { of, wrapped, .. } => {
                for (n, entry) in value.as_array_mut().into_iter().flatten().enumerate() {
                    let (below, entry) = if wrapped { (".value", &mut entry["value"]) } else { ("", entry) };
                    each_file(of, entry, &format!("{path}[{n}]{below}"), found);
                }
            }
            _ => {}
        }
    }
}

/// The files of the library that stored settings name, each once: where an object has both an `id` of ours and a `path`.
pub fn files(settings: &Json) -> Vec<MediaId> {
    let mut found = Vec::new();
    collect(settings, &mut found);
    found
}

fn collect(value: &Json, found: &mut Vec<MediaId>) {
    match value {
        Json::Array(list) => list.iter().for_each(|value| collect(value, found)),
        Json::Object(object) => {
            let id = object.get("id").filter(|_| object.get("path").is_some_and(Json::is_string));
            if let Some(id) = id.and_then(Json::as_str).and_then(|id| id.parse().ok()).filter(|id| !found.contains(id)) {
                found.push(id);
            }
            object.values().for_each(|value| collect(value, found));
        }
        _ => {}
    }
}
