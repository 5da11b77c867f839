//! Reads a JSON body field by field, collecting everything that is wrong with it under the path its sender knows. `null`
//! is the same as absent. Knows no field.

use std::cell::RefCell;

use serde_json::{Map, Value as Json};

use crate::error::{Error, FieldError, Message, Result};

/// Collects what is wrong.
#[derive(Debug, Default)]
pub struct Wrong(RefCell<Vec<FieldError>>);

impl Wrong {
    /// Adds one thing.
    pub fn add(&self, field: impl Into<String>, message: impl Into<Message>) {
        self.0.borrow_mut().push(FieldError::new(field, message));
    }

    /// [`Error::Invalid`] with everything, if there is anything.
    pub fn check(self) -> Result<()> {
        let all = self.0.into_inner();
        if all.is_empty() { Ok(()) } else { Err(Error::Invalid(all)) }
    }
}

/// An object of the input and its path, which is empty for the body itself.
pub struct Object<'a, 'w> {
    object: &'a Map<String, Json>,
    path: String,
    wrong: &'w Wrong,
}

impl<'a, 'w> Object<'a, 'w> {
    /// The body. `None` and a complaint when it is no object.
    pub fn body(body: &'a Json, wrong: &'w Wrong) -> Option<Self> {
        Self::new(body, String::new(), wrong)
    }

    fn new(value: &'a Json, path: String, wrong: &'w Wrong) -> Option<Self> {
        match value {
            Json::Object(object) => Some(Self { object, path, wrong }),
            _ => {
                wrong.add(if path.is_empty() { "body".to_owned() } else { path }, "field.object");
                None
            }
        }
    }

    /// The path of one of its fields.
    pub fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Complains about one of its fields.
    pub fn wrong(&self, name: &str, message: impl Into<Message>) {
        self.wrong.add(self.at(name), message);
    }

    fn get(&self, name: &str) -> Option<&'a Json> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    fn typed<T>(&self, name: &str, kind: &'static str, read: impl FnOnce(&'a Json) -> Option<T>) -> Option<T> {
        let value = self.get(name)?;
        let read = read(value);
        if read.is_none() {
            self.wrong(name, kind);
        }
        read
    }

    /// A text without NUL.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        let text = self.typed(name, "api.not_text", Json::as_str)?;
        if text.contains('\0') {
            self.wrong(name, "api.nul");
            return None;
        }
        Some(text)
    }

    /// A text that must be there and not be empty.
    pub fn required_text(&self, name: &str) -> Option<&'a str> {
        if self.get(name).is_none_or(|value| value.as_str().is_some_and(|text| text.trim().is_empty())) {
            self.wrong(name, "field.required");
            return None;
        }
        self.text(name)
    }

    /// A number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.typed(name, "api.not_number", Json::as_f64)
    }

    /// Yes or no.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        self.typed(name, "api.not_boolean", Json::as_bool)
    }

    /// A list of at most `most`.
    pub fn list(&self, name: &str, most: usize) -> Option<&'a [Json]> {
        let list = self.typed(name, "api.not_list", Json::as_array)?;
        if list.len() > most {
            self.wrong(name, Message::new("api.too_many").with("count", most));
            return None;
        }
        Some(list)
    }

    /// A list of 1 to `most` that must be there.
    pub fn required_list(&self, name: &str, most: usize) -> Option<&'a [Json]> {
        if self.get(name).is_none_or(|value| value.as_array().is_some_and(Vec::is_empty)) {
            self.wrong(name, "api.needs_one");
            return None;
        }
        self.list(name, most)
    }

    /// The objects of a list of this object.
    pub fn items(&self, name: &str, list: &'a [Json]) -> impl Iterator<Item = (usize, Object<'a, 'w>)> + use<'a, 'w> {
        let (path, wrong) = (self.at(name), self.wrong);
        list.iter().enumerate().filter_map(move |(n, value)| Some((n, Object::new(value, format!("{path}[{n}]"), wrong)?)))
    }

    /// An object that must be there.
    pub fn required_object(&self, name: &str) -> Option<Object<'a, 'w>> {
        match self.get(name) {
            Some(value) => Object::new(value, self.at(name), self.wrong),
            None => {
                self.wrong(name, "field.required");
                None
            }
        }
    }

    /// An object as it is, without NUL anywhere; an empty one when there is none.
    pub fn map(&self, name: &str) -> Option<Map<String, Json>> {
        let Some(value) = self.get(name) else { return Some(Map::new()) };
        let Json::Object(map) = value else {
            self.wrong(name, "field.object");
            return None;
        };
        if has_nul(value) {
            self.wrong(name, "api.nul");
            return None;
        }
        Some(map.clone())
    }
}

fn has_nul(value: &Json) -> bool {
    match value {
        Json::String(text) => text.contains('\0'),
        Json::Array(list) => list.iter().any(has_nul),
        Json::Object(map) => map.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// The one text of a body that has nothing else.
pub fn single_text(body: &Json, name: &str) -> Result<String> {
    let wrong = Wrong::default();
    let text = Object::body(body, &wrong).and_then(|body| body.required_text(name).map(str::to_owned));
    wrong.check()?;
    Ok(text.expect("what gives no text was complained about"))
}
