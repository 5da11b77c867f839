//! What an operation refuses, for the wire and the document.

use std::marker::PhantomData;

use poem_openapi::{
    ApiResponse, Object,
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::{Example, Type as _},
};

use super::problem::{self, PROBLEM};
use crate::tokens::Refusal;

/// Why a request was refused: RFC 9457, `application/problem+json`.
#[derive(Object)]
#[oai(example)]
pub struct Problem {
    /// The address of the page that explains the code.
    r#type: String,
    /// The name of the code.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened, for people.
    detail: String,
    /// For programs; its meaning never changes.
    code: String,
    /// What is wrong with which field.
    #[oai(skip_serializing_if_is_none)]
    errors: Option<Vec<FieldProblem>>,
    /// The number of the request in the server's log.
    request_id: String,
}

/// One thing wrong with one field.
#[derive(Object)]
struct FieldProblem {
    /// Its path in the request, such as `entries[0].parts[1].content`.
    field: String,
    /// What is wrong, for programs.
    code: String,
    /// What is wrong, for people.
    message: String,
}

impl Example for Problem {
    fn example() -> Self {
        let wrong = FieldProblem {
            field: "entries[0].parts[0].content".into(),
            code: "problem.too_long".into(),
            message: "17 characters too many for Analytical Press (limit 300)".into(),
        };
        Self {
            r#type: "https://rostrum.example.org/docs/errors#invalid".into(),
            title: "Invalid".into(),
            status: 422,
            detail: "entries[0].parts[0].content: 17 characters too many for Analytical Press (limit 300)".into(),
            code: "invalid".into(),
            errors: Some(vec![wrong]),
            request_id: "5f2b6c1d7e8a9301".into(),
        }
    }
}

/// Which refusals an operation knows.
pub trait Refusals {
    /// Their statuses.
    const STATUSES: &'static [u16];
}

/// Those of what only reads.
pub struct Read;
/// Those of what changes something.
pub struct Write;

impl Refusals for Read {
    const STATUSES: &'static [u16] = &[400, 401, 403, 404, 422, 429, 500, 503];
}

impl Refusals for Write {
    const STATUSES: &'static [u16] = &[400, 401, 403, 404, 409, 412, 413, 422, 428, 429, 500, 503];
}

/// A refusal of an operation that knows the refusals of `R`.
pub struct Refused<R>(Refusal, PhantomData<fn() -> R>);

/// What an operation gives.
pub type Answer<A, R> = Result<A, Refused<R>>;

impl<R, E: Into<Refusal>> From<E> for Refused<R> {
    fn from(e: E) -> Self {
        Self(e.into(), PhantomData)
    }
}

impl<R> From<Refused<R>> for poem::Error {
    fn from(e: Refused<R>) -> Self {
        let status = problem::status(e.0.code());
        Self::new(e.0, status)
    }
}

impl<R: Refusals> ApiResponse for Refused<R> {
    fn meta() -> MetaResponses {
        MetaResponses { responses: R::STATUSES.iter().map(|status| response(*status)).collect() }
    }

    fn register(registry: &mut Registry) {
        Problem::register(registry);
    }
}

fn response(status: u16) -> MetaResponse {
    let description = match status {
        400 => "The request cannot be read.",
        401 => "The token is missing, revoked or over.",
        403 => "The token lacks a scope, or its person may not.",
        404 => "There is no such thing in your organisation.",
        409 => "Its state does not allow it, or another request with the same `Idempotency-Key` is being worked on.",
        412 => "It has changed since the version of `If-Match`.",
        413 => "It is larger than is taken.",
        422 => "Something is wrong with the fields that `errors` names.",
        428 => "`If-Match` is needed.",
        429 => "Too many requests: `Retry-After` says when to come back.",
        503 => "Something that the server needs is away; nothing was changed, try again.",
        _ => "A fault of the server; its log has the details.",
    };
    let content = vec![MetaMediaType { content_type: PROBLEM, schema: Problem::schema_ref() }];
    MetaResponse { description, status: Some(status), status_range: None, content, headers: vec![] }
}
