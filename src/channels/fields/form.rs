//! Fields as the components of the templates show them.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::{
    check::inside,
    item::{Picked, file},
    place::named,
    scalar,
};
use crate::{
    providers::{Field, FieldKind},
    render::text,
};

/// One field as the components of the templates show it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FormField {
    /// Its name on the wire, prefix included.
    pub name: String,
    /// Its name in its form.
    pub bare: &'static str,
    /// Its label.
    pub label: String,
    /// `text`, `password`, `url`, `textarea`, `bool`, `number`, `choice`, `pick`, `tags`, `media` or `list`.
    pub kind: &'static str,
    /// The browser may insist on it. False for a field that depends on another one.
    pub required: bool,
    /// A sentence under it, or empty.
    pub help: String,
    /// Shown while it is empty.
    pub placeholder: &'static str,
    /// What it holds; always empty for a password.
    pub value: String,
    /// Of a `choice`, and of a `pick` or `tags` what is offered.
    pub choices: Vec<FormChoice>,
    /// Of `tags`: those it has.
    pub chosen: Vec<FormChoice>,
    /// Asked only when another field has a value.
    pub when: Option<FormWhen>,
    /// Of a `number`.
    pub least: Option<i64>,
    /// Of a `number`; of `tags` and a `list`, how many.
    pub most: Option<i64>,
    /// The lookup behind a `pick` or `tags`; empty: none.
    pub from: &'static str,
    /// It searches for what is typed.
    pub searches: bool,
    /// The fields that its lookup depends on: names on the wire.
    pub with: Vec<String>,
    /// What was searched for.
    pub query: String,
    /// Why nothing can be offered, in words; or empty.
    pub trouble: String,
    /// Of `media`: only pictures.
    pub picture: bool,
    /// Of `media`: where the file can be seen; or empty.
    pub path: String,
    /// Of a `list`: its entries.
    pub entries: Vec<FormEntry>,
    /// Of a `list`: the fields of a new entry, whose number is `__n__`.
    pub blank: Vec<FormField>,
}

/// One choice of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormChoice {
    /// On the wire.
    pub value: String,
    /// For people.
    pub label: String,
}

/// A condition on another field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormWhen {
    /// The other field's name on the wire.
    pub name: String,
    /// Its value.
    pub is: &'static str,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormEntry {
    /// Its name on the wire.
    pub name: String,
    /// Its fields.
    pub fields: Vec<FormField>,
}

impl From<&Picked> for FormChoice {
    fn from(item: &Picked) -> Self {
        Self { value: item.to_form(), label: item.shown().to_owned() }
    }
}

/// The form, filled with an object of values, checked or not, or else the defaults. Secrets are never shown again. What
/// lookups offer is not in it yet.
pub fn show(fields: &[Field], values: &Json, prefix: &str) -> Vec<FormField> {
    let empty = Map::new();
    let values = values.as_object().unwrap_or(&empty);
    fields.iter().map(|field| one(field, values.get(field.name).filter(|v| !v.is_null()), prefix)).collect()
}

fn one(field: &Field, value: Option<&Json>, prefix: &str) -> FormField {
    let base = FormField {
        name: named(prefix, field.name),
        bare: field.name,
        label: text(&field.label.into()),
        kind: kind(field.kind),
        required: field.required && field.when.is_none(),
        help: if field.help.is_empty() { String::new() } else { text(&field.help.into()) },
        placeholder: field.placeholder,
        when: field.when.map(|when| FormWhen { name: named(prefix, when.field), is: when.is }),
        ..FormField::default()
    };
    let default = || field.default.unwrap_or_default().to_owned();
    let held = || value.and_then(scalar).unwrap_or_else(default);
    match field.kind {
        FieldKind::Password => base,
        FieldKind::Number { min, max } => FormField { value: held(), least: Some(min), most: Some(max), ..base },
        FieldKind::Choice { .. } => FormField { value: held(), choices: choices(field), ..base },
        FieldKind::Pick { from, .. } => {
            let item = value.and_then(Picked::read).filter(|item| !item.value.is_empty());
            let item = item.or_else(|| Picked::of_form(&default()));
            let choices = item.iter().map(FormChoice::from).collect();
            FormField { value: item.map(|item| item.to_form()).unwrap_or_default(), choices, from, ..base }
        }
        FieldKind::Tags { from, most, .. } => {
            let items = value.and_then(Json::as_array).into_iter().flatten().filter_map(Picked::read);
            // A tag of a form's value is told from words by its label.
            let labelled = |item: Picked| FormChoice::from(&Picked::new(item.value.clone(), item.shown()));
            FormField { chosen: items.map(labelled).collect(), from, most: i64::try_from(most).ok(), ..base }
        }
        FieldKind::Media { picture } => {
            let file = value.and_then(file).unwrap_or_default();
            let text = |name: &str| file[name].as_str().unwrap_or_default().to_owned();
            FormField { value: text("id"), path: text("path"), picture, ..base }
        }
        FieldKind::List { of, most, wrapped } => list(base, (of, wrapped), value, most),
        _ => FormField { value: held(), ..base },
    }
}

fn list(base: FormField, (of, wrapped): (&[Field], bool), value: Option<&Json>, most: usize) -> FormField {
    let given = value.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let entry = |(n, json): (usize, &Json)| {
        let name = format!("{}[{n}]", base.name);
        let values = inside(json, wrapped).cloned().unwrap_or_default();
        FormEntry { fields: show(of, &Json::Object(values), &name), name }
    };
    let mut entries: Vec<FormEntry> = given.iter().enumerate().map(entry).collect();
    if entries.is_empty() && base.required {
        entries.push(entry((0, &Json::Null)));
    }
    let blank = show(of, &Json::Null, &format!("{}[__n__]", base.name));
    FormField { entries, blank, most: i64::try_from(most).ok(), ..base }
}

fn kind(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text",
        FieldKind::Password => "password",
        FieldKind::Url => "url",
        FieldKind::LongText => "textarea",
        FieldKind::Bool => "bool",
        FieldKind::Number { .. } => "number",
        FieldKind::Choice { .. } => "choice",
        FieldKind::Pick { .. } => "pick",
        FieldKind::Tags { .. } => "tags",
        FieldKind::Media { .. } => "media",
        FieldKind::List { .. } => "list",
    }
}

/// What may stay empty can be emptied again.
fn choices(field: &Field) -> Vec<FormChoice> {
    let FieldKind::Choice { choices } = field.kind else { return Vec::new() };
    let none = (!field.required && field.default.is_none())
        .then(|| FormChoice { value: String::new(), label: text(&"field.none".into()) });
    let all = choices.iter().map(|c| FormChoice { value: c.value.to_owned(), label: text(&c.label.into()) });
    none.into_iter().chain(all).collect()
}
