//! The one place where an [`Error`] becomes HTTP: a page, `application/problem+json`, or the Postiz envelope.

use poem::{
    IntoResponse as _, Response,
    error::ResponseError,
    http::{HeaderValue, StatusCode},
};
use serde::Serialize;
use serde_json::json;

use super::Frame;
use crate::{
    error::{Error, FailureKind, FieldError, Message},
    kit::Seldom,
    render::{View, lookup, text},
};

impl ResponseError for Error {
    fn status(&self) -> StatusCode {
        status(self)
    }
}

/// The status of each kind of error.
pub fn status(e: &Error) -> StatusCode {
    match e {
        Error::NotFound(_) => StatusCode::NOT_FOUND,
        Error::Invalid(_) => StatusCode::BAD_REQUEST,
        Error::Conflict(_) => StatusCode::CONFLICT,
        Error::Unauthorized => StatusCode::UNAUTHORIZED,
        Error::Forbidden(_) => StatusCode::FORBIDDEN,
        Error::Limit(_) => StatusCode::PAYMENT_REQUIRED,
        Error::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
        Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Provider(f) => match f.kind {
            FailureKind::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            FailureKind::Rejected | FailureKind::Reconnect | FailureKind::Unsupported => StatusCode::BAD_REQUEST,
            _ => StatusCode::BAD_GATEWAY,
        },
        Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What was not found, as people call it.
fn name_of(thing: &str) -> String {
    lookup(&format!("thing.{thing}")).unwrap_or_else(|| thing.to_owned())
}

/// The error as words for a person; details of our own faults stay in the log.
pub fn words(e: &Error) -> String {
    let message = match e {
        Error::NotFound(thing) => Message::new("error.not_found").with("thing", name_of(thing)),
        Error::Invalid(fields) => {
            return fields.iter().map(field_words).collect::<Vec<_>>().join("; ");
        }
        Error::Conflict(m) | Error::Forbidden(m) | Error::Limit(m) => m.clone(),
        Error::Unauthorized => Message::new("error.unauthorized"),
        Error::RateLimited(wait) => Message::new("error.rate_limited").with("seconds", wait.as_secs().max(1)),
        Error::TooLarge(bytes) => Message::new("error.too_large").with("limit", size(*bytes)),
        Error::Provider(f) => return f.message.clone(),
        Error::Unavailable(_) => Message::new("error.unavailable"),
        Error::Internal(_) => Message::new("error.internal"),
    };
    text(&message)
}

/// Names the field, unless the error is about the whole.
fn field_words(e: &FieldError) -> String {
    let words = text(&e.message);
    if e.field.is_empty() { words } else { format!("{}: {words}", e.field) }
}

/// `10 MiB` and the like.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KiB", bytes / 1_024),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", bytes as f64 / 1_048_576.0).replace(".0 ", " "),
        _ => format!("{:.1} GiB", bytes as f64 / 1_073_741_824.0).replace(".0 ", " "),
    }
}

/// Reads any poem error: ours, its own not-found and method-not-allowed, or a parse error of the API layer.
pub fn understand(e: poem::Error) -> (StatusCode, Error) {
    let status_of = e.status();
    match e.downcast::<Error>() {
        Ok(ours) => (status(&ours), ours),
        Err(e) => match status_of {
            StatusCode::NOT_FOUND => (status_of, Error::NotFound("page")),
            StatusCode::METHOD_NOT_ALLOWED => (status_of, Error::conflict("error.method_not_allowed")),
            s if s.is_client_error() => (s, Error::invalid("request", Message::new("error.not_understood").with("detail", e))),
            s => (s, Error::Internal(anyhow::anyhow!("{e}"))),
        },
    }
}

/// While the database is away, every request finds it so.
static AWAY: Seldom = Seldom::new();

/// Writes faults of ours to the log, once; and that something is away, seldom.
pub fn log(e: &Error, method: &str, path: &str, request: &str) {
    match e {
        Error::Internal(cause) => tracing::error!(%request, method, path, error = format!("{cause:#}"), "request failed"),
        Error::Unavailable(cause) => {
            if let Some(more) = AWAY.word() {
                tracing::warn!(%request, method, path, error = cause, more, "something needed is away");
            }
        }
        _ => {}
    }
}

/// The error page.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorPage {
    /// HTTP status.
    pub status: u16,
    /// Headline.
    pub title: String,
    /// What happened and what to do.
    pub text: String,
    /// For the log.
    pub request_id: String,
    /// The fields that were wrong, or the like.
    pub detail: Option<String>,
}

impl View for ErrorPage {
    const TEMPLATE: &'static str = "errors/error.html";

    fn title(&self) -> Message {
        Message::new("error.page_title").with("title", &self.title)
    }
}

/// As a page.
pub fn page(code: StatusCode, e: &Error, frame: Frame, request_id: &str) -> Response {
    let view = ErrorPage {
        status: code.as_u16(),
        title: text(&Message::new(headline(code))),
        text: words(e),
        request_id: request_id.to_owned(),
        detail: None,
    };
    let mut response = frame.page_with(code, &view).unwrap_or_else(|_| view.text.clone().into_response());
    response.set_status(code);
    with_wait(response, e)
}

fn headline(code: StatusCode) -> &'static str {
    match code {
        StatusCode::NOT_FOUND => "error.title.not_found",
        StatusCode::FORBIDDEN => "error.title.forbidden",
        StatusCode::UNAUTHORIZED => "error.title.unauthorized",
        StatusCode::METHOD_NOT_ALLOWED => "error.title.method_not_allowed",
        StatusCode::TOO_MANY_REQUESTS => "error.title.rate_limited",
        StatusCode::PAYLOAD_TOO_LARGE => "error.title.too_large",
        StatusCode::SERVICE_UNAVAILABLE => "error.title.unavailable",
        s if s.is_client_error() => "error.title.request",
        _ => "error.title.internal",
    }
}

/// As `application/problem+json` (RFC 9457).
pub fn problem(code: StatusCode, e: &Error, request_id: &str) -> Response {
    let mut body = json!({
        "type": "about:blank",
        "title": code.canonical_reason(),
        "status": code.as_u16(),
        "detail": words(e),
        "request_id": request_id,
    });
    if let Error::Invalid(fields) = e {
        body["errors"] = fields.iter().map(|f| json!({"field": f.field, "detail": text(&f.message)})).collect();
    }
    let response = Response::builder().status(code).content_type("application/problem+json").body(body.to_string());
    with_wait(response, e)
}

/// As Postiz's clients expect it.
pub fn envelope(code: StatusCode, e: &Error) -> Response {
    let message = match e {
        Error::Invalid(fields) => fields.iter().map(field_words).collect(),
        e => json!(words(e)),
    };
    let mut body = json!({"statusCode": code.as_u16(), "message": message});
    if code == StatusCode::BAD_REQUEST {
        body["error"] = json!("Bad Request");
    }
    let response = Response::builder().status(code).content_type("application/json; charset=utf-8").body(body.to_string());
    with_wait(response, e)
}

fn with_wait(mut response: Response, e: &Error) -> Response {
    if let Error::RateLimited(wait) = e {
        response.headers_mut().insert("retry-after", HeaderValue::from(wait.as_secs().max(1)));
    }
    response
}
