//! Form bodies: small ones read whole before routing (so that `_method` can act), uploads streamed.

use poem::{Body, FromRequest, Request, RequestBody, http::Method, web::Multipart};

use super::csrf;
use crate::error::{Error, Result};

/// Most bytes of a form without files.
pub const MAX_FORM: usize = 1024 * 1024;
/// Most bytes of one text field of an upload.
pub const MAX_FIELD: usize = 256 * 1024;

/// A submitted form without files: names and values in order.
#[derive(Debug, Clone, Default)]
pub struct Form(pub Vec<(String, String)>);

impl Form {
    /// The first value of this name, trimmed of line ends' differences; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// Every value of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Reads `application/x-www-form-urlencoded`.
    pub fn parse(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }
}

/// The parsed form, or an empty one when none was sent.
impl<'a> FromRequest<'a> for Form {
    async fn from_request(req: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(req.data::<Form>().cloned().unwrap_or_default())
    }
}

/// Reads a small form ahead of routing: keeps it for the handler and lets its `_method` replace POST.
pub async fn read_ahead(req: &mut Request) -> Result<()> {
    let kind = req.content_type().unwrap_or_default();
    if req.method() != Method::POST || !kind.starts_with("application/x-www-form-urlencoded") {
        return Ok(());
    }
    let body = req.take_body().into_bytes_limit(MAX_FORM).await.map_err(|e| match e {
        poem::error::ReadBodyError::PayloadTooLarge => Error::TooLarge(MAX_FORM as u64),
        e => Error::Unavailable(format!("the form broke off: {e}")),
    })?;
    let form = Form::parse(&body);
    if let Some(method) = overridden(form.get("_method")) {
        req.set_method(method);
    }
    req.set_data(form);
    req.set_body(Body::from_bytes(body));
    Ok(())
}

fn overridden(name: &str) -> Option<Method> {
    match name {
        "PUT" => Some(Method::PUT),
        "PATCH" => Some(Method::PATCH),
        "DELETE" => Some(Method::DELETE),
        _ => None,
    }
}

/// A form with files, streamed. Its session token is checked before the first field is handed out: it stands in the
/// header `X-CSRF-Token` or in the form's first field `csrf`.
pub struct Upload {
    multipart: Multipart,
    expected: Option<String>,
}

impl<'a> FromRequest<'a> for Upload {
    async fn from_request(req: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let expected = match (req.data::<csrf::Expected>(), req.header("x-csrf-token")) {
            (Some(expected), Some(given)) => {
                csrf::check_token(&expected.0, given)?;
                None
            }
            (expected, _) => expected.map(|e| e.0.clone()),
        };
        Ok(Self { multipart: Multipart::from_request(req, body).await?, expected })
    }
}

impl Upload {
    /// The next field. Files must be read to their end or dropped before the next one is asked for.
    pub async fn next(&mut self) -> Result<Option<poem::web::Field>> {
        let field = self.raw().await?;
        let Some(expected) = self.expected.take() else { return Ok(field) };
        let first = field.ok_or_else(|| Error::forbidden("error.csrf"))?;
        if first.name() != Some("csrf") {
            return Err(Error::forbidden("error.csrf"));
        }
        csrf::check_token(&expected, &text(first).await?)?;
        self.raw().await
    }

    async fn raw(&mut self) -> Result<Option<poem::web::Field>> {
        self.multipart
            .next_field()
            .await
            .map_err(|e| Error::invalid("file", crate::error::Message::new("error.upload_broken").with("detail", e)))
    }
}

/// A text field, at most [`MAX_FIELD`] bytes.
pub async fn text(field: poem::web::Field) -> Result<String> {
    use tokio::io::AsyncReadExt as _;
    let name = field.name().unwrap_or_default().to_owned();
    let mut bytes = Vec::new();
    let mut reader = field.into_async_read().take(MAX_FIELD as u64 + 1);
    reader.read_to_end(&mut bytes).await.map_err(|_| Error::invalid(&name, "error.upload_broken_off"))?;
    if bytes.len() > MAX_FIELD {
        return Err(Error::TooLarge(MAX_FIELD as u64));
    }
    String::from_utf8(bytes).map_err(|_| Error::invalid(&name, "error.not_utf8"))
}
