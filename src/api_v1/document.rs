//! The OpenAPI document of `/api/v1`, generated from the operations.

use std::sync::LazyLock;

use serde_json::{Map, Value as Json, json};

use super::{PREFIX, service};
use crate::public_api::document::{admit_null, methods_of};

const DESCRIPTION: &str = "Ids are opaque texts. Times are RFC 3339 in UTC. Lists are read page by page: send `next_cursor` \
                           back as `cursor`, or follow `Link: rel=\"next\"`. Every answer that has an `ETag` can be asked for \
                           with `If-None-Match`. Any request that changes something may carry an `Idempotency-Key` of up to \
                           255 characters: its answer is kept for 24 hours and given again, with `Idempotent-Replayed: true`, \
                           to the same request with the same key. Refusals are `application/problem+json` with stable codes. \
                           `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` tell how fast you may be.";

/// Without servers: these depend on the instance.
static DOCUMENT: LazyLock<Json> = LazyLock::new(|| {
    let mut document: Json = serde_json::from_str(&service().spec()).expect("poem-openapi writes JSON");
    document["info"]["description"] = json!(DESCRIPTION);
    let schemas = document.pointer_mut("/components/schemas").and_then(Json::as_object_mut);
    for schema in schemas.into_iter().flat_map(Map::values_mut) {
        admit_null(schema);
    }
    let operations = document.pointer_mut("/paths").and_then(Json::as_object_mut).into_iter().flatten();
    for (_, item) in operations {
        for (_, operation) in item.as_object_mut().into_iter().flatten().filter(|(method, _)| *method != "get") {
            add_key(operation);
        }
    }
    document
});

/// The header that every change takes: `surround.rs` reads it before any operation does.
fn add_key(operation: &mut Json) {
    let key = json!({
        "name": "Idempotency-Key", "in": "header", "required": false, "schema": {"type": "string", "maxLength": 255},
        "description": "Chosen by you: the same request with the same key is done once, and answered the same for 24 hours.",
    });
    match operation["parameters"].as_array_mut() {
        Some(parameters) => parameters.push(key),
        None => operation["parameters"] = json!([key]),
    }
}

/// The document as JSON, for an instance at `app_url`, which has no slash at its end.
pub fn document(app_url: &str) -> String {
    serde_json::to_string_pretty(&with_servers(app_url)).expect("JSON is JSON")
}

pub(super) fn with_servers(app_url: &str) -> Json {
    let mut document = DOCUMENT.clone();
    document["servers"] = json!([{"url": format!("{app_url}{PREFIX}")}]);
    document
}

/// The methods of a path below the prefix.
pub(super) fn methods_at(path: &str) -> Vec<String> {
    methods_of(&DOCUMENT, path)
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
        assert_eq!(document["servers"][0]["url"], "https://rostrum.example.org/api/v1");
        assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
        let mut found = Vec::new();
        references(&document, &mut found);
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
    fn every_operation_has_an_id_a_tag_a_token_and_its_answers() {
        let mut operations = 0;
        for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let name = format!("{method} {path}");
                assert!(operation["operationId"].is_string() && operation["summary"].is_string(), "{name}");
                assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{name}");
                assert_eq!(operation["security"][0]["token"], json!([]), "{name}");
                assert!(
                    operation["description"].as_str().unwrap().replace('\n', " ").contains("Needs "),
                    "{name} tells no scope"
                );
                let parameters: Vec<&Json> = operation["parameters"].as_array().into_iter().flatten().collect();
                assert!(parameters.iter().all(|p| p["description"].is_string()), "{name}");
                let takes_key = parameters.iter().any(|p| p["name"] == "Idempotency-Key");
                assert_eq!(takes_key, method != "get", "{name}");
                for status in ["401", "403", "429", "500", "503"] {
                    let problem = &operation["responses"][status]["content"]["application/problem+json"];
                    assert!(problem.is_object(), "{name} {status}");
                }
                operations += 1;
            }
        }
        assert_eq!(operations, 40);
    }
}
