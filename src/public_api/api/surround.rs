//! What stands around the operations: panics, errors and parse errors become the answers that Postiz's clients expect.

use std::sync::Arc;

use poem::{
    Endpoint, IntoResponse, Request, Response,
    http::{Method, StatusCode},
};
use poem_openapi::error::{AuthorizationError, ParseParamError, ParsePathError};

use super::super::refusal::Refusal;
use crate::{
    error::{Error, Message},
    web::{RequestId, guard, problem},
};

/// Calls the operation and words its failure.
pub async fn call<E>(inner: Arc<E>, req: Request) -> poem::Result<Response>
where
    E: Endpoint,
    E::Output: IntoResponse,
{
    let (method, path, id) = (req.method().clone(), req.uri().path().to_owned(), RequestId::of(&req));
    let has_key =
        req.header("authorization").is_none_or(|key| !key.trim().is_empty()) && req.headers().contains_key("authorization");
    Ok(match guard::catching(&*inner, req).await {
        Ok(answer) => answer.into_response(),
        Err(e) => refuse(e, has_key, (&method, &path, &id)),
    })
}

fn refuse(e: poem::Error, has_key: bool, (method, path, id): (&Method, &str, &str)) -> Response {
    let e = match e.downcast::<Refusal>() {
        Ok(refusal) => return worded(&refusal),
        Err(e) => e,
    };
    if e.is::<AuthorizationError>() {
        return worded(if has_key { &Refusal::WRONG_KEY } else { &Refusal::NO_KEY });
    }
    let (code, error) = understand(e);
    problem::log(&error, method.as_str(), path, id);
    let mut response = problem::envelope(code, &error);
    if code == StatusCode::METHOD_NOT_ALLOWED
        && let Ok(allowed) = allowed(path).parse()
    {
        response.headers_mut().insert("allow", allowed);
    }
    response
}

/// Parse errors of parameters name the parameter.
fn understand(e: poem::Error) -> (StatusCode, Error) {
    let named = |name: &'static str, reason: &str| {
        (StatusCode::BAD_REQUEST, Error::invalid(name, Message::new("api.parameter").with("detail", reason)))
    };
    if let Some(e) = e.downcast_ref::<ParseParamError>() {
        return named(e.name, &e.reason);
    }
    if let Some(e) = e.downcast_ref::<ParsePathError>() {
        return named(e.name, &e.reason);
    }
    problem::understand(e)
}

fn worded(refusal: &Refusal) -> Response {
    let Some((status, body)) = refusal.body() else {
        return problem::envelope(StatusCode::INTERNAL_SERVER_ERROR, &Error::Unavailable(refusal.to_string()));
    };
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .content_type("application/json; charset=utf-8")
        .body(body.to_string())
}

/// What may be done at a path, from the document.
fn allowed(path: &str) -> String {
    super::super::document::methods_at(path).join(", ")
}
