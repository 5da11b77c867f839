//! Checks an object against its fields and gives it as it is stored.

use serde_json::{Map, Value as Json};
use url::Url;

use super::{
    item::{Picked, file},
    place::Place,
    scalar,
};
use crate::{
    error::{FieldError, Message},
    providers::{Field, FieldKind},
};

/// The object with its known fields checked, completed and typed; its other keys as they are.
pub fn object(fields: &[Field], given: &Map<String, Json>, at: &Place) -> Result<Map<String, Json>, Vec<FieldError>> {
    let mut wrong = Vec::new();
    let checked = all(fields, given, at, &mut wrong);
    if wrong.is_empty() { Ok(checked) } else { Err(wrong) }
}

fn all(fields: &[Field], given: &Map<String, Json>, at: &Place, wrong: &mut Vec<FieldError>) -> Map<String, Json> {
    let foreign = given.iter().filter(|(name, _)| !fields.iter().any(|f| f.name == name.as_str()));
    let mut stored: Map<String, Json> = foreign.map(|(name, value)| (name.clone(), value.clone())).collect();
    for field in fields.iter().filter(|field| asked(fields, field, given)) {
        let value = given.get(field.name).filter(|value| !value.is_null());
        match one(field, value, &at.field(field.name), wrong) {
            Ok(Some(value)) => drop(stored.insert(field.name.to_owned(), value)),
            Ok(None) => {}
            Err(message) => wrong.push(FieldError::new(at.field(field.name), message)),
        }
    }
    stored
}

/// A field whose condition does not hold is not looked at.
fn asked(fields: &[Field], field: &Field, given: &Map<String, Json>) -> bool {
    let Some(when) = field.when else { return true };
    let Some(other) = fields.iter().find(|f| f.name == when.field) else { return false };
    let value = given.get(other.name).filter(|value| !value.is_null());
    let holds = match other.kind {
        FieldKind::Pick { .. } => value.and_then(Picked::read).map_or_else(|| default(other), |item| item.value),
        _ => effective(other, &value.and_then(scalar).unwrap_or_default()),
    };
    let holds = if other.kind == FieldKind::Bool { bool_word(&holds).unwrap_or(&holds) } else { &holds };
    holds == when.is && asked(fields, other, given)
}

fn default(field: &Field) -> String {
    field.default.unwrap_or_default().to_owned()
}

/// What counts as the answer before it is checked: what was given, else the default.
fn effective(field: &Field, raw: &str) -> String {
    let raw = match field.kind {
        FieldKind::LongText => raw,
        // A secret may begin or end with a space, but not with the line end that pasting and files add.
        FieldKind::Password => raw.trim_end_matches(['\r', '\n']),
        _ => raw.trim(),
    };
    if raw.is_empty() { default(field) } else { raw.to_owned() }
}

fn one(field: &Field, given: Option<&Json>, at: &Place, wrong: &mut Vec<FieldError>) -> Result<Option<Json>, Message> {
    match field.kind {
        FieldKind::Pick { labelled, .. } => picked(field, given, labelled),
        FieldKind::Tags { most, labelled, .. } => tags(field, given, (most, labelled), at, wrong),
        FieldKind::Media { .. } => match given.filter(|json| !is_blank(json)).map(|json| file(json).ok_or("field.file")) {
            Some(file) => Ok(Some(file?)),
            None => missing(field),
        },
        FieldKind::List { .. } => list(field, given, at, wrong),
        _ => {
            let text = given.map(|json| scalar(json).ok_or("field.scalar")).transpose()?;
            line(field, &effective(field, &text.unwrap_or_default()))
        }
    }
}

fn is_blank(json: &Json) -> bool {
    matches!(json, Json::String(text) if text.trim().is_empty()) || matches!(json, Json::Object(fields) if fields.is_empty())
}

fn missing(field: &Field) -> Result<Option<Json>, Message> {
    if field.required { Err("field.required".into()) } else { Ok(None) }
}

fn line(field: &Field, value: &str) -> Result<Option<Json>, Message> {
    if value.trim().is_empty() {
        return if field.kind == FieldKind::Bool { Ok(Some(false.into())) } else { missing(field) };
    }
    fits(field, value)?;
    match field.kind {
        FieldKind::Url => address(value).map(|url| Some(url.into())).ok_or_else(|| "field.url".into()),
        FieldKind::Bool => bool_word(value).map(|word| Some((word == "true").into())).ok_or_else(|| "field.bool".into()),
        FieldKind::Number { min, max } => number(value, min, max).map(Some),
        FieldKind::Choice { choices } if !choices.iter().any(|c| c.value == value) => {
            let known: Vec<&str> = choices.iter().map(|c| c.value).collect();
            Err(Message::new("field.choice").with("choices", known.join(", ")))
        }
        _ => Ok(Some(value.into())),
    }
}

fn fits(field: &Field, value: &str) -> Result<(), Message> {
    match field.kind {
        _ if value.chars().count() > field.max => Err(Message::new("field.too_long").with("count", field.max)),
        FieldKind::LongText => Ok(()),
        _ if value.contains(char::is_control) => Err("field.one_line".into()),
        _ => Ok(()),
    }
}

fn picked(field: &Field, given: Option<&Json>, labelled: bool) -> Result<Option<Json>, Message> {
    let given = given.filter(|json| !is_blank(json)).map(|json| Picked::read(json).ok_or("field.item")).transpose()?;
    let chosen = given.filter(|item| !item.value.is_empty()).or_else(|| Picked::of_form(&default(field)));
    let Some(item) = chosen else { return missing(field) };
    fits(field, &item.value)?;
    fits(field, item.shown())?;
    Ok(Some(item.stored(labelled)))
}

fn tags(
    field: &Field,
    given: Option<&Json>,
    (most, labelled): (usize, bool),
    at: &Place,
    wrong: &mut Vec<FieldError>,
) -> Result<Option<Json>, Message> {
    let empty = Vec::new();
    let given = given.filter(|json| !is_blank(json)).map(|json| json.as_array().ok_or("field.list")).transpose()?;
    let mut items: Vec<Picked> = Vec::new();
    for (n, json) in given.unwrap_or(&empty).iter().enumerate() {
        match Picked::read(json).ok_or_else(|| "field.item".into()).and_then(|item| fits(field, &item.value).map(|()| item)) {
            Ok(item) if item.value.is_empty() || items.iter().any(|known| known.value == item.value) => {}
            Ok(item) => items.push(item),
            Err(message) => wrong.push(FieldError::new(at.entry(n, false), message)),
        }
    }
    match items.len() {
        0 if field.required => missing(field),
        n if n > most => Err(Message::new("field.too_many").with("count", most)),
        _ => Ok(Some(items.into_iter().map(|item| item.stored(labelled)).collect())),
    }
}

fn list(field: &Field, given: Option<&Json>, at: &Place, wrong: &mut Vec<FieldError>) -> Result<Option<Json>, Message> {
    let FieldKind::List { of, most, wrapped } = field.kind else { return Ok(None) };
    let given = given.filter(|json| !is_blank(json)).map(|json| json.as_array().ok_or("field.list")).transpose()?;
    let Some(entries) = given.filter(|entries| !entries.is_empty()) else { return missing(field) };
    if entries.len() > most {
        return Err(Message::new("field.too_many").with("count", most));
    }
    let mut stored = Vec::with_capacity(entries.len());
    for (n, entry) in entries.iter().enumerate() {
        match inside(entry, wrapped) {
            Some(entry) => stored.push(all(of, entry, &at.entry(n, wrapped), wrong)),
            None => wrong.push(FieldError::new(at.entry(n, wrapped), "field.object")),
        }
    }
    let entry = |fields| if wrapped { serde_json::json!({"value": Json::Object(fields)}) } else { Json::Object(fields) };
    Ok(Some(stored.into_iter().map(entry).collect()))
}

/// The fields of an entry; what should be wrapped and is not is understood as well.
pub fn inside(entry: &Json, wrapped: bool) -> Option<&Map<String, Json>> {
    match entry.get("value") {
        Some(Json::Object(fields)) if wrapped => Some(fields),
        _ => entry.as_object(),
    }
}

fn address(value: &str) -> Option<String> {
    let full = if value.contains("://") { value.to_owned() } else { format!("https://{value}") };
    let url = Url::parse(&full).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(full)
}

fn bool_word(value: &str) -> Option<&'static str> {
    match value {
        "true" | "1" | "on" | "yes" => Some("true"),
        "false" | "0" | "off" | "no" => Some("false"),
        _ => None,
    }
}

fn number(value: &str, min: i64, max: i64) -> Result<Json, Message> {
    let number = value.parse::<i64>().ok().filter(|n| (min..=max).contains(n));
    number.map(Json::from).ok_or_else(|| Message::new("field.number").with("min", min).with("max", max))
}
