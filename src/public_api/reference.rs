//! The reference page's contents, read from the OpenAPI document. Pure.

use serde::Serialize;
use serde_json::Value as Json;

use crate::{
    error::Message,
    render::{View, text},
};

/// Deepest fields of a body that are listed one by one.
const MAX_DEPTH: usize = 6;

/// What `docs/index.html` shows.
#[derive(Debug, Serialize)]
pub struct Reference {
    title: String,
    version: String,
    base_url: String,
    start_text: String,
    auth_header: String,
    groups: Vec<Group>,
}

/// How to begin.
pub struct Start {
    /// Where the paths begin.
    pub base_url: String,
    /// What to do first, a key of the catalogue.
    pub text: &'static str,
    /// The header that carries the key, a key of the catalogue.
    pub header: &'static str,
}

#[derive(Debug, Serialize)]
struct Group {
    name: String,
    description: String,
    operations: Vec<Operation>,
}

#[derive(Debug, Serialize)]
struct Operation {
    method: String,
    path: String,
    summary: String,
    description: String,
    id: String,
    auth: bool,
    parameters: Vec<Parameter>,
    /// An example.
    body: Option<String>,
    responses: Vec<Response>,
}

#[derive(Debug, Serialize)]
struct Parameter {
    name: String,
    r#in: String,
    required: bool,
    r#type: String,
    description: String,
}

#[derive(Debug, Serialize)]
struct Response {
    status: u16,
    description: String,
    example: Option<String>,
}

impl View for Reference {
    const TEMPLATE: &'static str = "docs/index.html";

    fn title(&self) -> Message {
        "nav.docs".into()
    }
}

/// Reads the document.
pub fn read(document: &Json, start: &Start) -> Reference {
    let tags = document["tags"].as_array().into_iter().flatten();
    Reference {
        title: words(&document["info"]["title"]),
        version: words(&document["info"]["version"]),
        base_url: start.base_url.clone(),
        start_text: text(&start.text.into()),
        auth_header: text(&start.header.into()),
        groups: tags.map(|tag| group(document, tag)).collect(),
    }
}

fn group(document: &Json, tag: &Json) -> Group {
    let paths = document["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, item)| item.as_object().into_iter().flatten().map(move |(method, op)| (path, method, op)));
    let of_tag = all.filter(|(_, _, op)| op["tags"].as_array().is_some_and(|tags| tags.contains(&tag["name"])));
    let operations = of_tag.map(|(path, method, op)| operation(document, (path, method), op)).collect();
    Group { name: words(&tag["name"]), description: words(&tag["description"]), operations }
}

fn operation(document: &Json, (path, method): (&str, &str), op: &Json) -> Operation {
    let content = op["requestBody"]["content"].as_object().and_then(|content| content.values().next());
    let schema = content.map(|content| resolve(document, &content["schema"]));
    let mut parameters: Vec<Parameter> = op["parameters"].as_array().into_iter().flatten().map(parameter).collect();
    if let Some(schema) = schema {
        fields(document, schema, ("", 0), &mut parameters);
    }
    let responses = op["responses"].as_object().into_iter().flatten();
    Operation {
        method: method.to_owned(),
        path: path.to_owned(),
        summary: words(&op["summary"]),
        description: words(&op["description"]),
        id: words(&op["operationId"]),
        auth: op["security"].as_array().is_some_and(|schemes| !schemes.is_empty()),
        parameters,
        body: schema.and_then(|schema| example(document, schema)).map(|e| pretty(&e)),
        responses: responses.map(|(status, answer)| response(document, status, answer)).collect(),
    }
}

fn parameter(parameter: &Json) -> Parameter {
    Parameter {
        name: words(&parameter["name"]),
        r#in: words(&parameter["in"]),
        required: parameter["required"] == true,
        r#type: words(&parameter["schema"]["type"]),
        description: words(&parameter["description"]),
    }
}

/// The fields of a body, each with its path.
fn fields(document: &Json, schema: &Json, (path, depth): (&str, usize), found: &mut Vec<Parameter>) {
    let required = schema["required"].as_array();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let mut path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let (mut inner, mut kind) = (resolve(document, property), words(&resolve(document, property)["type"]));
        if kind == "array" {
            inner = resolve(document, &inner["items"]);
            kind = format!("array of {}", words(&inner["type"]));
            path += "[]";
        }
        let description = property.get("description").or_else(|| inner.get("description")).map(words).unwrap_or_default();
        let required = required.is_some_and(|r| r.iter().any(|r| r == name));
        found.push(Parameter { name: path.clone(), r#in: "body".into(), required, r#type: kind, description });
        if depth < MAX_DEPTH {
            fields(document, inner, (&path, depth + 1), found);
        }
    }
}

fn response(document: &Json, status: &str, answer: &Json) -> Response {
    let content = answer["content"].as_object().and_then(|content| content.values().next());
    let example = content.and_then(|content| example(document, &content["schema"]));
    Response {
        status: status.parse().unwrap_or_default(),
        description: words(&answer["description"]),
        example: example.map(|e| pretty(&e)),
    }
}

/// The schema that a reference means, or the schema itself.
fn resolve<'a>(document: &'a Json, schema: &'a Json) -> &'a Json {
    let reference = schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref")).and_then(Json::as_str);
    reference.and_then(|r| document.pointer(r.strip_prefix('#')?)).unwrap_or(schema)
}

/// The example that a schema has, or one made of those of its parts; `None` when any part has none.
fn example(document: &Json, schema: &Json) -> Option<Json> {
    let schema = resolve(document, schema);
    if let Some(example) = schema.get("example") {
        return Some(example.clone());
    }
    if let Some(items) = schema.get("items") {
        return Some(Json::Array(vec![example(document, items)?]));
    }
    let properties = schema.get("properties")?.as_object()?;
    let parts = properties.iter().map(|(name, property)| Some((name.clone(), example(document, property)?)));
    parts.collect::<Option<_>>().map(Json::Object)
}

fn pretty(value: &Json) -> String {
    serde_json::to_string_pretty(value).expect("JSON is JSON")
}

fn words(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
