//! Items of a platform's list and files of the library inside settings, in all the shapes in which clients send them.

use serde_json::{Map, Value as Json, json};

use super::scalar;
use crate::kit::MediaId;

/// Between an item's id and its label in a form's value: neither of them contains it.
const BETWEEN: char = '\t';

/// An item that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked {
    /// Its id, or the word itself.
    pub value: String,
    /// What people call it, where that is known.
    pub label: Option<String>,
    /// What else came with it.
    extra: Map<String, Json>,
}

impl Picked {
    /// An item of a list.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: Some(label.into()), extra: Map::new() }
    }

    /// Out of JSON: a text, a number, `{value, label}` or `{id, name}`. `None` for everything else.
    pub fn read(json: &Json) -> Option<Self> {
        let Json::Object(object) = json else {
            let value = if json.is_boolean() { None } else { scalar(json) }?;
            return Some(Self { value: value.trim().to_owned(), label: None, extra: Map::new() });
        };
        let text = |names: [&str; 3]| names.iter().find_map(|name| scalar(object.get(*name)?));
        let extra = object.iter().filter(|(name, _)| !matches!(name.as_str(), "value" | "label"));
        Some(Self {
            value: text(["value", "id", ""])?.trim().to_owned(),
            label: text(["label", "name", "title"]),
            extra: extra.map(|(name, value)| (name.clone(), value.clone())).collect(),
        })
    }

    /// Out of a form's value: the id, and its label behind a tab. `None` when nothing was chosen.
    pub fn of_form(text: &str) -> Option<Self> {
        let (value, label) = text.split_once(BETWEEN).map_or((text, None), |(value, label)| (value, Some(label)));
        let label = label.map(str::trim).filter(|label| !label.is_empty()).map(str::to_owned);
        Some(value.trim()).filter(|value| !value.is_empty()).map(|value| Self { value: value.into(), label, extra: Map::new() })
    }

    /// What a form carries for it.
    pub fn to_form(&self) -> String {
        match &self.label {
            Some(label) => format!("{}{BETWEEN}{label}", self.value),
            None => self.value.clone(),
        }
    }

    /// What people see.
    pub fn shown(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.value)
    }

    /// As it is stored.
    pub fn stored(self, labelled: bool) -> Json {
        if !labelled {
            return self.value.into();
        }
        let label = self.label.unwrap_or_else(|| self.value.clone());
        let mut object = self.extra;
        object.insert("value".into(), self.value.into());
        object.insert("label".into(), label.into());
        Json::Object(object)
    }

    /// With its label, whether it is stored or not: it is shown again.
    pub fn loose(self) -> Json {
        let labelled = self.label.is_some();
        self.stored(labelled)
    }
}

/// A file as it is stored: `{id, path}`, either of which may be missing. `None` when neither is there.
pub fn file(json: &Json) -> Option<Json> {
    let text = |name: &str| json.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let (id, path) = match json {
        Json::String(one) if one.trim().parse::<MediaId>().is_ok() => (Some(one.trim().to_owned()), None),
        Json::String(one) => (None, Some(one.trim().to_owned()).filter(|path| !path.is_empty())),
        _ => (text("id"), text("path")),
    };
    match (id, path) {
        (None, None) => None,
        (id, path) => {
            let named = [("id", id), ("path", path)].into_iter().filter_map(|(name, text)| Some((name.into(), text?.into())));
            Some(Json::Object(named.collect()))
        }
    }
}

/// A file out of a form's value: its id, and its address behind a tab.
pub fn file_of_form(text: &str) -> Option<Json> {
    let (id, path) = text.split_once(BETWEEN).unwrap_or((text, ""));
    file(&json!({"id": id, "path": path}))
}
