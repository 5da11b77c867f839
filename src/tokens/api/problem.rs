//! Refusals on the wire: `application/problem+json` with the codes of `code.rs`.

use poem::{
    Response,
    http::{HeaderValue, StatusCode},
};
use serde_json::{Value as Json, json};

use crate::{
    app::App,
    error::{Error, FieldError},
    render::text,
    tokens::{Refusal, code::Code},
    web::problem::words,
};

/// Of every refusal.
pub const PROBLEM: &str = "application/problem+json";

/// The status of a code.
pub fn status(code: &Code) -> StatusCode {
    StatusCode::from_u16(code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The page that explains a code.
pub fn page_of(app: &App, code: &Code) -> String {
    app.link(&format!("/docs/errors#{}", code.id))
}

/// The body.
pub fn body(app: &App, refusal: &Refusal, request: &str) -> String {
    let code = refusal.code();
    let (detail, fields) = match refusal {
        Refusal::Error(e) => (words(e), fields(e)),
        Refusal::Said { detail, field, .. } => (text(detail), field.iter().map(wrong).collect()),
    };
    let mut body = json!({
        "type": page_of(app, code),
        "title": text(&code.title.into()),
        "status": code.status,
        "detail": detail,
        "code": code.id,
        "request_id": request,
    });
    if !fields.is_empty() {
        body["errors"] = Json::Array(fields);
    }
    body.to_string()
}

fn fields(e: &Error) -> Vec<Json> {
    match e {
        Error::Invalid(fields) => fields.iter().map(wrong).collect(),
        _ => Vec::new(),
    }
}

fn wrong(e: &FieldError) -> Json {
    json!({"field": e.field, "code": e.message.key, "message": text(&e.message)})
}

/// The whole answer.
pub fn of(app: &App, refusal: &Refusal, request: &str) -> Response {
    let mut response = response(refusal.code(), body(app, refusal, request));
    add_headers(&mut response, refusal);
    response
}

/// The answer with a body that was made before.
fn response(code: &Code, body: String) -> Response {
    Response::builder().status(status(code)).content_type(PROBLEM).body(body)
}

/// How long the caller has to wait, and how it has to show who it is.
fn add_headers(response: &mut Response, refusal: &Refusal) {
    let headers = response.headers_mut();
    match refusal {
        Refusal::Error(Error::Unauthorized) => {
            headers.insert("www-authenticate", HeaderValue::from_static("Bearer realm=\"rostrum\""));
        }
        Refusal::Error(Error::RateLimited(wait)) => {
            headers.insert("retry-after", HeaderValue::from(wait.as_secs().max(1)));
        }
        _ if refusal.code().status == 503 || refusal.code().id == "idempotency_key_in_use" => {
            headers.insert("retry-after", HeaderValue::from_static("1"));
        }
        _ => {}
    }
}
