//! What keeps a draft from being saved, in the words and paths of the wire. Pure.

use super::refusal::Refusal;
use crate::{
    error::{Error, FieldError},
    posts::Problem,
    render::text,
};

/// Where an entry of the draft stands in the request, and for which channel it is.
pub struct Place<'a> {
    /// `posts[1]`, or nothing.
    pub path: String,
    /// The provider's id.
    pub provider: &'a str,
    /// The channel's name.
    pub name: &'a str,
}

/// Postiz names the provider and channel that would not take a post; what concerns the request as a whole it lists.
pub fn refuse(problems: Vec<Problem>, places: &[Place<'_>]) -> Refusal {
    let first = problems.iter().find_map(|p| places.get(p.entry?));
    let whole = problems.iter().any(|p| p.entry.is_none());
    let errors: Vec<FieldError> = problems.into_iter().map(|p| FieldError::new(field(&p, places), p.message)).collect();
    match first.filter(|_| !whole) {
        Some(place) => Refusal::Provider {
            provider: place.provider.to_owned(),
            name: place.name.to_owned(),
            message: errors.iter().map(|e| format!("{}: {}", e.field, text(&e.message))).collect::<Vec<_>>().join("; "),
        },
        None => Refusal::Error(Error::Invalid(errors)),
    }
}

fn field(problem: &Problem, places: &[Place<'_>]) -> String {
    let Some(place) = problem.entry.and_then(|n| places.get(n)) else { return problem.field.clone() };
    let under = |rest: String| if place.path.is_empty() { rest } else { format!("{}.{rest}", place.path) };
    match (problem.part, problem.field.as_str()) {
        (Some(part), field) => under(format!("value[{part}].{field}")),
        (None, "channel") => under("integration.id".into()),
        (None, "content") => under("value".into()),
        (None, field) => under(field.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(entry: Option<usize>, part: Option<usize>, field: &str) -> Problem {
        Problem { entry, part, field: field.into(), message: "error.internal".into(), same_as: None }
    }

    #[test]
    fn a_problem_is_named_by_its_place_in_the_request() {
        let places = [
            Place { path: "posts[0]".into(), provider: "a", name: "A" },
            Place { path: "posts[1]".into(), provider: "b", name: "B" },
        ];
        for (given, expected) in [
            (problem(Some(1), Some(2), "content"), "posts[1].value[2].content"),
            (problem(Some(0), Some(0), "image"), "posts[0].value[0].image"),
            (problem(Some(0), None, "channel"), "posts[0].integration.id"),
            (problem(Some(0), None, "content"), "posts[0].value"),
            (problem(Some(1), None, "settings.visibility"), "posts[1].settings.visibility"),
            (problem(None, None, "date"), "date"),
        ] {
            assert_eq!(field(&given, &places), expected);
        }
        let refusal = refuse(vec![problem(Some(1), Some(0), "content")], &places);
        assert!(matches!(refusal, Refusal::Provider { ref provider, ref name, .. } if provider == "b" && name == "B"));
        assert!(matches!(refuse(vec![problem(None, None, "date")], &places), Refusal::Error(Error::Invalid(_))));
    }
}
