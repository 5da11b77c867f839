//! Forms that a descriptor describes: connect forms and settings of posts, as text (pages, command line) and as JSON
//! (API). Pure functions over [`Field`]s; knows no provider, no page and no table.
//!
//! Answers are a map of a field's bare name to text. On the wire a field may stand below a prefix: with the prefix
//! `settings[7]` the field `visibility` is called `settings[7][visibility]`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json};
use url::Url;

use crate::{
    error::{FieldError, Message},
    providers::{Answers, Field, FieldKind},
    render::text,
};

/// One field as the components of the templates show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormField {
    /// Its name on the wire, prefix included.
    pub name: String,
    /// Its label.
    pub label: String,
    /// `text`, `password`, `url`, `textarea`, `bool`, `number` or `choice`.
    pub kind: &'static str,
    /// The browser may insist on it. False for a field that depends on another one.
    pub required: bool,
    /// A sentence under it, or empty.
    pub help: String,
    /// Shown while it is empty.
    pub placeholder: &'static str,
    /// What it holds; always empty for a password.
    pub value: String,
    /// Of a `choice`.
    pub choices: Vec<FormChoice>,
}

/// One choice of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormChoice {
    /// On the wire.
    pub value: &'static str,
    /// For people.
    pub label: String,
}

/// A field's name on the wire.
pub fn named(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}[{name}]") }
}

/// The form, filled with `values` (bare names) or else the defaults. Secrets are never shown again.
pub fn form(fields: &[Field], values: &Answers, prefix: &str) -> Vec<FormField> {
    let shown = |field: &Field| match field.kind {
        FieldKind::Password => String::new(),
        _ => values.get(field.name).map(String::as_str).or(field.default).unwrap_or_default().to_owned(),
    };
    let one = |field: &Field| FormField {
        name: named(prefix, field.name),
        label: text(&field.label.into()),
        kind: kind(field.kind),
        required: field.required && field.when.is_none(),
        help: if field.help.is_empty() { String::new() } else { text(&field.help.into()) },
        placeholder: field.placeholder,
        value: shown(field),
        choices: choices(field.kind),
    };
    fields.iter().map(one).collect()
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

fn choices(kind: FieldKind) -> Vec<FormChoice> {
    let FieldKind::Choice { choices } = kind else { return Vec::new() };
    choices.iter().map(|c| FormChoice { value: c.value, label: text(&c.label.into()) }).collect()
}

/// The fields' answers out of a submitted form, by bare name; other names are left out. A box that was not ticked sends
/// nothing, which means no.
pub fn submitted(fields: &[Field], pairs: &[(String, String)], prefix: &str) -> Answers {
    let answer = |field: &Field| {
        let name = named(prefix, field.name);
        let given = pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
        given.or_else(|| (field.kind == FieldKind::Bool).then(|| "false".to_owned()))
    };
    fields.iter().filter_map(|field| Some((field.name.to_owned(), answer(field)?))).collect()
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
    check(fields, given, |name| named(prefix, name))
}

fn check(fields: &[Field], given: &Answers, wire: impl Fn(&str) -> String) -> Result<Answers, Vec<FieldError>> {
    let (mut answers, mut errors) = (Answers::new(), Vec::new());
    for field in fields.iter().filter(|f| asked(fields, f, given)) {
        match one(field, &effective(field, given)) {
            Ok(Some(value)) => {
                answers.insert(field.name.to_owned(), value);
            }
            Ok(None) => {}
            Err(message) => errors.push(FieldError::new(wire(field.name), message)),
        }
    }
    if errors.is_empty() { Ok(answers) } else { Err(errors) }
}

/// What counts as the answer before it is checked: what was given, else the default.
fn effective(field: &Field, given: &Answers) -> String {
    let raw = given.get(field.name).map_or("", String::as_str);
    let raw = match field.kind {
        FieldKind::LongText => raw,
        // A secret may begin or end with a space, but not with the line end that pasting and files add.
        FieldKind::Password => raw.trim_end_matches(['\r', '\n']),
        _ => raw.trim(),
    };
    if raw.is_empty() { field.default.unwrap_or_default().to_owned() } else { raw.to_owned() }
}

fn asked(fields: &[Field], field: &Field, given: &Answers) -> bool {
    let Some(when) = field.when else { return true };
    let Some(other) = fields.iter().find(|f| f.name == when.field) else { return false };
    let holds = effective(other, given);
    let holds = if other.kind == FieldKind::Bool { bool_word(&holds).unwrap_or(&holds) } else { &holds };
    holds == when.is && asked(fields, other, given)
}

fn one(field: &Field, value: &str) -> Result<Option<String>, Message> {
    if value.trim().is_empty() {
        return match field.kind {
            FieldKind::Bool => Ok(Some("false".into())),
            _ if field.required => Err("field.required".into()),
            _ => Ok(None),
        };
    }
    if value.chars().count() > field.max {
        return Err(Message::new("field.too_long").with("count", field.max));
    }
    match field.kind {
        FieldKind::LongText => Ok(Some(value.to_owned())),
        _ if value.contains(char::is_control) => Err("field.one_line".into()),
        FieldKind::Text | FieldKind::Password | FieldKind::Pick { .. } | FieldKind::Tags { .. } => Ok(Some(value.to_owned())),
        FieldKind::Media { .. } | FieldKind::List { .. } => Ok(Some(value.to_owned())),
        FieldKind::Url => address(value).map(Some).ok_or_else(|| "field.url".into()),
        FieldKind::Bool => bool_word(value).map(|word| Some(word.to_owned())).ok_or_else(|| "field.bool".into()),
        FieldKind::Number { min, max } => number(value, min, max).map(Some),
        FieldKind::Choice { choices } if choices.iter().any(|c| c.value == value) => Ok(Some(value.to_owned())),
        FieldKind::Choice { choices } => {
            let known: Vec<&str> = choices.iter().map(|c| c.value).collect();
            Err(Message::new("field.choice").with("choices", known.join(", ")))
        }
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

fn number(value: &str, min: i64, max: i64) -> Result<String, Message> {
    let number = value.parse::<i64>().ok().filter(|n| (min..=max).contains(n));
    number.map(|n| n.to_string()).ok_or_else(|| Message::new("field.number").with("min", min).with("max", max))
}

/// Checked answers as the JSON object that is stored and that providers read: yes and no as booleans, numbers as
/// numbers.
pub fn to_json(fields: &[Field], answers: &Answers) -> Json {
    let typed = |field: &Field, value: &str| match field.kind {
        FieldKind::Bool => Json::Bool(value == "true"),
        FieldKind::Number { .. } => value.parse::<i64>().map_or_else(|_| value.into(), Json::from),
        _ => value.into(),
    };
    let pairs = fields.iter().filter_map(|f| Some((f.name.to_owned(), typed(f, answers.get(f.name)?))));
    Json::Object(pairs.collect())
}

/// Answers out of a JSON object, to fill a form with: text, numbers and booleans of known fields, everything else left
/// out.
pub fn from_json(fields: &[Field], object: &Json) -> Answers {
    let known = fields.iter().filter_map(|f| Some((f.name.to_owned(), scalar(object.get(f.name)?)?)));
    known.collect()
}

/// Checks settings that came as JSON. Gives the object as it is stored: known fields checked, completed and typed,
/// unknown keys kept as they are. `null` means not given; anything but an object is refused. Errors are named
/// `path.field`.
pub fn read_json(fields: &[Field], object: &Json, path: &str) -> Result<Json, Vec<FieldError>> {
    let empty = Map::new();
    let object = match object {
        Json::Null => &empty,
        Json::Object(object) => object,
        _ => return Err(vec![FieldError::new(path, "field.object")]),
    };
    let wire = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let (mut given, mut wrong) = (Answers::new(), Vec::new());
    for field in fields {
        match object.get(field.name) {
            None | Some(Json::Null) => {}
            Some(value) => match scalar(value) {
                Some(text) => drop(given.insert(field.name.to_owned(), text)),
                None => wrong.push(FieldError::new(wire(field.name), "field.scalar")),
            },
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let known = to_json(fields, &check(fields, &given, wire)?);
    let foreign = object.iter().filter(|(name, _)| !fields.iter().any(|f| f.name == name.as_str()));
    let mut all: BTreeMap<String, Json> = foreign.map(|(n, v)| (n.clone(), v.clone())).collect();
    all.extend(known.as_object().into_iter().flatten().map(|(n, v)| (n.clone(), v.clone())));
    Ok(Json::Object(all.into_iter().collect()))
}

fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Bool(yes) => Some(yes.to_string()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::Choice;

    const FIELDS: &[Field] = &[
        Field::url("server", "l").default("https://one.example"),
        Field::password("token", "l"),
        Field::choice("who", "l", &[Choice { value: "all", label: "l" }, Choice { value: "some", label: "l" }]).default("all"),
        Field::text("whom", "l").when("who", "some"),
        Field::bool("quiet", "l"),
        Field { kind: FieldKind::Number { min: 0, max: 9 }, ..Field::text("level", "l").optional() },
    ];

    fn answers(pairs: &[(&str, &str)]) -> Answers {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    fn wrong(given: &[(&str, &str)]) -> Vec<String> {
        let errors = read(FIELDS, &answers(given), "s[1]").unwrap_err();
        errors.iter().map(|e| format!("{} {}", e.field, e.message.key)).collect()
    }

    #[test]
    fn answers_are_completed_and_tidied() {
        let read =
            read(FIELDS, &answers(&[("token", " a b\n"), ("who", " all "), ("whom", "left over"), ("x", "y")]), "").unwrap();
        let expected = [("server", "https://one.example"), ("token", " a b"), ("who", "all"), ("quiet", "false")];
        assert_eq!(read, answers(&expected));
        assert_eq!(unknown(FIELDS, &answers(&[("x", ""), ("who", "")]))[0].field, "x");
    }

    #[test]
    fn every_wrong_answer_is_named_as_it_was_sent() {
        assert_eq!(wrong(&[("who", "some")]), ["s[1][token] field.required", "s[1][whom] field.required"]);
        let long = "x".repeat(501);
        let given = [("server", "ftp://x"), ("token", &long), ("who", "none"), ("quiet", "perhaps"), ("level", "10")];
        let all = ["server] field.url", "token] field.too_long", "who] field.choice", "quiet] field.bool", "level] field.number"];
        assert_eq!(wrong(&given), all.map(|e| format!("s[1][{e}")));
        assert_eq!(wrong(&[("token", "a\nb")]), ["s[1][token] field.one_line"]);
        assert_eq!(wrong(&[("token", "t"), ("server", "https://")]), ["s[1][server] field.url"]);
    }

    #[test]
    fn a_bare_host_is_an_https_address() {
        let read = read(FIELDS, &answers(&[("token", "t"), ("server", "two.example")]), "").unwrap();
        assert_eq!(read["server"], "https://two.example");
    }

    #[test]
    fn a_form_is_shown_again_without_its_secrets() {
        let shown = form(FIELDS, &answers(&[("token", "secret"), ("quiet", "true")]), "s[1]");
        assert_eq!((shown[0].name.as_str(), shown[0].value.as_str()), ("s[1][server]", "https://one.example"));
        assert_eq!((shown[1].kind, shown[1].value.as_str(), shown[1].required), ("password", "", true));
        assert_eq!((shown[2].kind, shown[2].choices.len()), ("choice", 2));
        assert!(!shown[3].required, "the browser cannot know whether it is asked");
        assert_eq!(shown[4].value, "true");
    }

    #[test]
    fn a_box_that_is_not_ticked_says_no() {
        let pairs = [("csrf".to_owned(), "1".to_owned()), ("s[1][token]".to_owned(), "t".to_owned())];
        assert_eq!(submitted(FIELDS, &pairs, "s[1]"), answers(&[("token", "t"), ("quiet", "false")]));
    }

    #[test]
    fn settings_as_json_keep_what_is_unknown_and_type_what_is_known() {
        let given = json!({"token": "t", "quiet": true, "level": "3", "who": null, "__type": "x", "list": [1]});
        let read = read_json(FIELDS, &given, "").unwrap();
        let expected = json!({"server": "https://one.example", "token": "t", "who": "all", "quiet": true, "level": 3, "__type": "x", "list": [1]});
        assert_eq!(read, expected);
        assert_eq!(from_json(FIELDS, &read)["level"], "3");
        let errors = read_json(FIELDS, &json!({"token": ["t"]}), "posts[0].settings").unwrap_err();
        assert_eq!(errors[0].field, "posts[0].settings.token");
        assert_eq!(read_json(FIELDS, &json!([]), "settings").unwrap_err()[0].field, "settings");
        assert_eq!(read_json(&FIELDS[..1], &Json::Null, "").unwrap(), json!({"server": "https://one.example"}));
    }
}
