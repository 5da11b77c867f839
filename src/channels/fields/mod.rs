//! Forms that a descriptor describes: connect forms, developer apps and settings of posts, as text (pages, command line) and
//! as JSON (APIs). Pure functions over [`Field`]s; knows no provider, no page and no table.
//!
//! Answers of a form are a map of a field's bare name to text; a field that holds several values (tags, a list, a file) has
//! their JSON as its text. On the wire a field may stand below a prefix: with the prefix `settings[7]` the field `visibility`
//! is called `settings[7][visibility]`, and the title of the first entry of its list `sub` is `settings[7][sub][0][title]`.
//! In JSON the same title is `settings.sub[0].title`, or `settings.sub[0].value.title` where entries are wrapped.

mod check;
mod files;
mod form;
mod item;
mod place;
mod sent;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value as Json};

pub use files::{Attached, each_file, files};
pub use form::{FormChoice, FormEntry, FormField, FormWhen, show};
pub use item::Picked;
pub use place::{named, on_form};
pub use sent::{add_entry, answered, is_sent, remove_entry, sent};

use crate::{
    error::FieldError,
    providers::{Answers, Field, FieldKind},
};
use place::Place;

/// The form, filled with `values` (bare names) or else the defaults. Secrets are never shown again.
pub fn form(fields: &[Field], values: &Answers, prefix: &str) -> Vec<FormField> {
    show(fields, &Json::Object(loose(fields, values)), prefix)
}

/// The fields' answers out of a submitted form, by bare name; other names are left out. A box that was not ticked sends
/// nothing, which means no.
pub fn submitted(fields: &[Field], pairs: &[(String, String)], prefix: &str) -> Answers {
    texts(fields, &answered(fields, pairs, prefix))
}

/// One error per name in `given` that no field has.
pub fn unknown(fields: &[Field], given: &Answers) -> Vec<FieldError> {
    let foreign = given.keys().filter(|name| !fields.iter().any(|f| f.name == *name));
    foreign.map(|name| FieldError::new(name, "field.unknown")).collect()
}

/// Checks answers (bare names) and completes them: defaults filled in, single lines trimmed, yes and no as `true` and
/// `false`, a bare host of an address prefixed with `https://`. Fields that stay empty and fields whose condition does
/// not hold are left out; names that no field has are ignored (see [`unknown`]). Errors carry names on the wire.
pub fn read(fields: &[Field], given: &Answers, prefix: &str) -> Result<Answers, Vec<FieldError>> {
    let checked = check::object(fields, &loose(fields, given), &Place::form(prefix))?;
    Ok(texts(fields, &Json::Object(checked)))
}

/// Checks settings that came as JSON. Gives the object as it is stored: known fields checked, completed and typed,
/// unknown keys kept as they are, in entries of lists, too. `null` means not given; anything but an object is refused.
/// Errors are named `path.field`.
pub fn read_json(fields: &[Field], object: &Json, path: &str) -> Result<Json, Vec<FieldError>> {
    match object {
        Json::Null => check::object(fields, &Map::new(), &Place::json(path)).map(Json::Object),
        Json::Object(object) => check::object(fields, object, &Place::json(path)).map(Json::Object),
        _ => Err(vec![FieldError::new(path, "field.object")]),
    }
}

/// Answers as an object that can be checked or shown.
fn loose(fields: &[Field], answers: &Answers) -> Map<String, Json> {
    let value = |field: &Field, text: &str| match field.kind {
        FieldKind::Tags { .. } | FieldKind::Media { .. } | FieldKind::List { .. } => {
            serde_json::from_str(text).unwrap_or_else(|_| text.into())
        }
        FieldKind::Pick { .. } => Picked::of_form(text).map_or(Json::Null, |item| item.loose()),
        _ => text.into(),
    };
    fields.iter().filter_map(|f| Some((f.name.to_owned(), value(f, answers.get(f.name)?)))).collect()
}

/// The known fields of an object as answers.
fn texts(fields: &[Field], object: &Json) -> Answers {
    let text = |value: &Json| match value {
        Json::Null => None,
        Json::Array(_) | Json::Object(_) => Some(value.to_string()),
        value => scalar(value),
    };
    let one = |field: &Field| {
        let value = object.get(field.name)?;
        let text = match field.kind {
            FieldKind::Pick { .. } => Picked::read(value).map(|item| item.value),
            _ => text(value),
        };
        Some((field.name.to_owned(), text?))
    };
    fields.iter().filter_map(one).collect()
}

fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Bool(yes) => Some(yes.to_string()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
