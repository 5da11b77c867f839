//! What a form sent, as an object: several values of a name are tags, numbers in names are entries of a list.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::{
    check::inside,
    item::{Picked, file_of_form},
    place::named,
};
use crate::providers::{Field, FieldKind};

/// Entries of a list that are read or added; the most of any list is below.
const ENTRIES: usize = 200;

type Pairs = [(String, String)];

/// True when the form has anything below the prefix.
pub fn is_sent(pairs: &Pairs, prefix: &str) -> bool {
    pairs.iter().any(|(name, _)| name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('[')))
}

/// The fields as they stand in the form, empty entries of lists included; other names are left out. A box that was not ticked
/// sends nothing, which means no.
pub fn sent(fields: &[Field], pairs: &Pairs, prefix: &str) -> Json {
    Json::Object(all(fields, pairs, prefix, false))
}

/// As [`sent`], for saving: an entry into which nothing was put is none.
pub fn answered(fields: &[Field], pairs: &Pairs, prefix: &str) -> Json {
    Json::Object(all(fields, pairs, prefix, true))
}

fn all(fields: &[Field], pairs: &Pairs, prefix: &str, saving: bool) -> Map<String, Json> {
    let one = |field: &Field| Some((field.name.to_owned(), value(field, pairs, &named(prefix, field.name), saving)?));
    fields.iter().filter_map(one).collect()
}

fn value(field: &Field, pairs: &Pairs, name: &str, saving: bool) -> Option<Json> {
    let mut given = pairs.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str());
    match field.kind {
        FieldKind::Bool => Some(given.next().unwrap_or("false").into()),
        FieldKind::Pick { .. } => given.find_map(Picked::of_form).map(Picked::loose),
        FieldKind::Tags { .. } => Some(given.flat_map(words).map(Picked::loose).collect()),
        // A file that came with the form stands behind the choice that it replaces.
        FieldKind::Media { .. } => given.filter_map(file_of_form).next_back(),
        FieldKind::List { of, wrapped, .. } => Some(entries(field, (of, wrapped), pairs, name, saving)),
        _ => given.next().map(Json::from),
    }
}

/// An item as it was offered, or words with commas between them.
fn words(text: &str) -> Vec<Picked> {
    if text.contains('\t') {
        return Picked::of_form(text).into_iter().collect();
    }
    text.split(',').filter_map(Picked::of_form).collect()
}

fn entries(field: &Field, (of, wrapped): (&[Field], bool), pairs: &Pairs, name: &str, saving: bool) -> Json {
    let numbers = numbers(pairs, name);
    let mut entries: Vec<Map<String, Json>> =
        numbers.into_iter().take(ENTRIES).map(|n| all(of, pairs, &format!("{name}[{n}]"), saving)).collect();
    if saving {
        let all_blank = entries.iter().all(|entry| is_blank(of, entry, wrapped));
        // What is missing in the first entry of a list that must be there is said at its fields.
        let kept = usize::from(all_blank && field.required);
        let mut n = 0;
        entries.retain(|entry| {
            n += 1;
            n <= kept || !is_blank(of, entry, wrapped)
        });
    }
    entries.into_iter().map(|entry| if wrapped { json!({"value": entry}) } else { Json::Object(entry) }).collect()
}

fn numbers(pairs: &Pairs, name: &str) -> BTreeSet<usize> {
    let number = |given: &str| given.strip_prefix(name)?.strip_prefix('[')?.split_once(']')?.0.parse().ok();
    pairs.iter().filter_map(|(given, _)| number(given)).collect()
}

/// Nothing was put in: lists of choices and boxes always send something.
fn is_blank(fields: &[Field], entry: &Map<String, Json>, wrapped: bool) -> bool {
    fields.iter().all(|field| match (field.kind, entry.get(field.name)) {
        (_, None) | (FieldKind::Choice { .. } | FieldKind::Bool, _) => true,
        (FieldKind::List { of, .. }, Some(Json::Array(list))) => {
            list.iter().all(|inner| inside(inner, wrapped).is_none_or(|inner| is_blank(of, inner, wrapped)))
        }
        (_, Some(Json::String(text))) => text.trim().is_empty() || field.default == Some(text.as_str()),
        (_, Some(Json::Array(list))) => list.is_empty(),
        (_, Some(value)) => value.is_null(),
    })
}

/// One more entry of the list of this name.
pub fn add_entry(pairs: &mut Vec<(String, String)>, name: &str) {
    let numbers = numbers(pairs, name);
    if numbers.len() < ENTRIES {
        // The first entry of an empty list is shown without having been sent.
        let next = numbers.last().map_or(0, |last| last.saturating_add(1));
        pairs.push((format!("{name}[{next}]"), String::new()));
    }
}

/// Without the entry of this name.
pub fn remove_entry(pairs: &mut Vec<(String, String)>, name: &str) {
    pairs.retain(|(given, _)| given.strip_prefix(name).is_none_or(|rest| !rest.is_empty() && !rest.starts_with('[')));
}
