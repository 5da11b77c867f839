//! What a field is called where it came from: in a form, or by its path in JSON.

use crate::providers::{Field, FieldKind};

/// Where an object of fields stands.
#[derive(Debug, Clone)]
pub struct Place {
    path: String,
    form: bool,
}

impl Place {
    /// Below a prefix of a form.
    pub fn form(prefix: &str) -> Self {
        Self { path: prefix.to_owned(), form: true }
    }

    /// Below a path of JSON.
    pub fn json(path: &str) -> Self {
        Self { path: path.to_owned(), form: false }
    }

    /// One of its fields.
    pub fn field(&self, name: &str) -> Self {
        let path = match (self.form, self.path.is_empty()) {
            (true, _) => named(&self.path, name),
            (false, true) => name.to_owned(),
            (false, false) => format!("{}.{name}", self.path),
        };
        Self { path, form: self.form }
    }

    /// An entry of a list.
    pub fn entry(&self, n: usize, wrapped: bool) -> Self {
        let below = if wrapped && !self.form { ".value" } else { "" };
        Self { path: format!("{}[{n}]{below}", self.path), form: self.form }
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.path
    }
}

/// A field's name on the wire.
pub fn named(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}[{name}]") }
}

/// The name in a form of what JSON calls `path`: `sub[0].value.title` below `settings[7]` is `settings[7][sub][0][title]`.
/// What no field is called stays as it is.
pub fn on_form(fields: &[Field], path: &str, prefix: &str) -> String {
    let (first, rest) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
    let name = named(prefix, first);
    let Some((FieldKind::List { of, wrapped, .. }, entry)) =
        fields.iter().find(|f| f.name == first).map(|f| f.kind).zip(rest.strip_prefix('['))
    else {
        return format!("{name}{rest}");
    };
    let (n, below) = entry.split_once(']').unwrap_or((entry, ""));
    let below = if wrapped { below.strip_prefix(".value").unwrap_or(below) } else { below };
    match below.strip_prefix('.') {
        Some(field) => on_form(of, field, &format!("{name}[{n}]")),
        None => format!("{name}[{n}]"),
    }
}
