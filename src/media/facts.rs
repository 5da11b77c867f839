//! What callers of the REST API ask of a library, and what they say of a file: read from JSON and addresses, refused by field.

use serde_json::Value as Json;

use super::{
    filter::{Filter, Only, Shape},
    focus::Focus,
    model::Words,
    tag::{self, Tag},
};
use crate::{
    error::{Error, Result},
    kit::MediaId,
    web::input::{Object as Input, Wrong},
};

/// From the values of a query; what a page passes over is refused.
pub fn filter([q, kind, tag, only]: &[Option<String>; 4]) -> Result<Filter> {
    let said = |value: &Option<String>| value.clone().unwrap_or_default();
    if kind.as_deref().is_some_and(|name| Shape::read(name).is_none()) {
        return Err(Error::invalid("kind", "library.error.kind"));
    }
    if only.as_deref().is_some_and(|name| Only::read(name).is_none()) {
        return Err(Error::invalid("only", "library.error.only"));
    }
    Ok(Filter::read(&said(q), &said(kind), &said(tag), &said(only)))
}

/// What is to be changed; `Some(None)` takes something away.
#[expect(clippy::option_option, reason = "to leave it and to take it away are different")]
pub struct Facts<'a> {
    /// Name and alternative text.
    pub words: Words<'a>,
    /// The tags from now on.
    pub tags: Option<Vec<Tag>>,
    /// What stays in sight.
    pub focus: Option<Option<Focus>>,
    /// What stands for a film.
    pub cover: Option<Option<MediaId>>,
}

/// From a body that names at least one of them.
pub fn facts(body: &Json) -> Result<Facts<'_>> {
    let wrong = Wrong::default();
    let mut facts = Facts { words: Words::default(), tags: None, focus: None, cover: None };
    if let Some(input) = Input::body(body, &wrong) {
        if ["alt", "name", "tags", "focus", "cover"].iter().all(|field| body.get(field).is_none()) {
            input.wrong("alt", "field.required");
        }
        facts.words = Words { name: input.text("name"), alt: input.text("alt") };
        facts.focus = body.get("focus").map(|given| point(&input, given));
        facts.cover = body.get("cover").map(|given| {
            let id = input.text("cover").and_then(|id| id.parse().ok());
            if id.is_none() && !given.is_null() {
                input.wrong("cover", "media.error.unknown_id");
            }
            id
        });
        let listed = input.list("tags", tag::MOST).map(|list| list.iter().filter_map(Json::as_str).collect::<Vec<_>>());
        facts.tags = match listed.map(|names| Tag::read_all(names, "tags")).transpose() {
            Err(Error::Invalid(fields)) => {
                fields.into_iter().for_each(|field| wrong.add(field.field, field.message));
                None
            }
            tags => tags?,
        };
    }
    wrong.check()?;
    Ok(facts)
}

/// `null` is the middle.
fn point(input: &Input<'_, '_>, given: &Json) -> Option<Focus> {
    let focus = given["x"].as_f64().zip(given["y"].as_f64()).and_then(|(x, y)| Focus::new(x, y));
    if focus.is_none() && !given.is_null() {
        input.wrong("focus", "library.error.focus");
    }
    focus
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrong(body: &Json) -> Vec<String> {
        match facts(body) {
            Err(Error::Invalid(fields)) => fields.into_iter().map(|f| f.field).collect(),
            other => panic!("{:?}", other.err()),
        }
    }

    #[test]
    fn what_is_not_named_stays_and_null_takes_away() {
        let body = json!({"focus": null, "tags": []});
        let facts = facts(&body).unwrap();
        assert_eq!((facts.focus, facts.cover, facts.words.alt, facts.tags), (Some(None), None, None, Some(vec![])));
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let long = "x".repeat(tag::LONGEST + 1);
        let body = json!({"alt": 1, "focus": {"x": 2, "y": 0}, "cover": "x", "tags": [long]});
        assert_eq!(wrong(&body), ["alt", "focus", "cover", "tags"]);
        assert_eq!((wrong(&json!({})), wrong(&json!({"tags": "a"}))), (vec!["alt".to_owned()], vec!["tags".to_owned()]));
    }
}
