//! The OpenAPI document, generated from the operations; and what else can be read from it.

use std::sync::LazyLock;

use serde_json::{Map, Value as Json, json};

use super::api;

const DESCRIPTION: &str = "Everything a client of Postiz's public API can do here, and the same at `/api/public/v1`. Ids are opaque \
                           texts. Unknown properties are ignored, and `null` is the same as nothing.";

/// Without servers: these depend on the instance.
static DOCUMENT: LazyLock<Json> = LazyLock::new(|| {
    let mut document: Json = serde_json::from_str(&api::service().spec()).expect("poem-openapi writes JSON");
    document["info"]["description"] = json!(DESCRIPTION);
    let schemas = document.pointer_mut("/components/schemas").and_then(Json::as_object_mut);
    for schema in schemas.into_iter().flat_map(Map::values_mut) {
        admit_null(schema);
    }
    document
});

/// The document as JSON, for an instance at `app_url`, which has no slash at its end.
pub fn document(app_url: &str) -> String {
    serde_json::to_string_pretty(&with_servers(app_url)).expect("JSON is JSON")
}

pub(super) fn with_servers(app_url: &str) -> Json {
    let mut document = DOCUMENT.clone();
    document["servers"] = json!([{"url": format!("{app_url}/public/v1")}, {"url": format!("{app_url}/api/public/v1")}]);
    document
}

/// A property that need not be there may be null: true of everything that is read and written here.
pub fn admit_null(schema: &mut Json) {
    let required: Vec<Json> = schema["required"].as_array().cloned().unwrap_or_default();
    let properties = schema.get_mut("properties").and_then(Json::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if required.iter().any(|r| r == name) {
            continue;
        }
        if property.get("$ref").is_some() {
            *property = json!({"allOf": [property.take()]});
        }
        property["nullable"] = json!(true);
    }
}

/// The methods of a path below the prefix.
pub(super) fn methods_at(path: &str) -> Vec<String> {
    methods_of(&DOCUMENT, path)
}

/// The methods that a document has at a path.
pub fn methods_of(document: &Json, path: &str) -> Vec<String> {
    let path = path.trim_end_matches('/');
    let known = document["paths"].as_object().into_iter().flatten();
    let methods =
        known.filter(|(template, _)| matches(template, path)).flat_map(|(_, item)| item.as_object().into_iter().flatten());
    methods.map(|(method, _)| method.to_uppercase()).collect()
}

fn matches(template: &str, path: &str) -> bool {
    let (known, given): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    known.len() == given.len() && known.iter().zip(given).all(|(k, g)| k.starts_with('{') || *k == g)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(value: &Json, found: &mut Vec<String>) {
        match value {
            Json::Object(map) => {
                found.extend(map.get("$ref").and_then(Json::as_str).map(str::to_owned));
                map.values().for_each(|v| references(v, found));
            }
            Json::Array(list) => list.iter().for_each(|v| references(v, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_resolves_and_everything_is_described() {
        let document: Json = serde_json::from_str(&document("https://rostrum.example.org")).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.0"));
        assert_eq!(document["info"]["title"], "Rostrum");
        assert_eq!(document["servers"][0]["url"], "https://rostrum.example.org/public/v1");
        let scheme = &document["components"]["securitySchemes"]["apiKey"];
        assert_eq!((&scheme["in"], &scheme["name"]), (&json!("header"), &json!("Authorization")));
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
        }
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            for (field, property) in schema["properties"].as_object().into_iter().flatten() {
                let described =
                    property.get("description").or_else(|| property.pointer("/allOf/0/$ref")).or_else(|| property.get("$ref"));
                assert!(described.is_some(), "{name}.{field}");
            }
        }
    }

    #[test]
    fn every_operation_has_an_id_a_tag_a_key_and_its_answers() {
        for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let name = format!("{method} {path}");
                assert!(operation["operationId"].is_string() && operation["summary"].is_string(), "{name}");
                assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{name}");
                assert_eq!(operation["security"][0]["apiKey"], json!([]), "{name}");
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    assert!(parameter["description"].is_string(), "{name} {}", parameter["name"]);
                }
                let answers = operation["responses"].as_object().unwrap();
                for status in ["401", "500", "503"] {
                    assert!(answers.contains_key(status), "{name} {status}");
                }
                assert!(answers.values().all(|a| a["description"] != "" && a["content"].is_object()), "{name}");
            }
        }
    }

    #[test]
    fn methods_are_found_by_path() {
        assert_eq!(methods_at("/posts"), ["GET", "POST"]);
        assert_eq!(methods_at("/posts/1"), ["DELETE"]);
        assert_eq!(methods_at("/posts/1/status"), ["PUT"]);
        assert!(methods_at("/nothing").is_empty());
    }
}
