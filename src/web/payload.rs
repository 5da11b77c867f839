//! JSON bodies: read raw and written straight from what serde sees, while their documentation is that of a type.

use std::marker::PhantomData;

use poem::{FromRequest, IntoResponse, Request, RequestBody, Response, error::ReadBodyError};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    payload::Payload,
    registry::{MetaMediaType, MetaRequest, MetaSchemaRef, Registry},
    types::Type,
};
use serde::Serialize;
use serde_json::Value as Json;

use super::Upload;
use crate::error::{Error, Message};

/// Most bytes of a JSON body.
pub const MAX_BODY: usize = 2 * 1024 * 1024;
/// Of every answer.
pub const JSON: &str = "application/json; charset=utf-8";

/// A JSON body as it came, documented as `T`. The content type is not looked at: every client sends JSON here, and some
/// forget to say so.
pub struct Body<T> {
    /// What was sent.
    pub json: Json,
    documented: PhantomData<fn() -> T>,
}

impl<'a, T: Type> ApiExtractor<'a> for Body<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: JSON, schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(_: &'a Request, body: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        let bytes = body.take()?.into_bytes_limit(MAX_BODY).await.map_err(|e| match e {
            ReadBodyError::PayloadTooLarge => Error::TooLarge(MAX_BODY as u64),
            _ => Error::invalid("body", "api.broken_off"),
        })?;
        let json =
            serde_json::from_slice(&bytes).map_err(|e| Error::invalid("body", Message::new("api.not_json").with("detail", e)))?;
        Ok(Self { json, documented: PhantomData })
    }
}

/// An answer, already written, documented as `T`: a list of thousands is not turned into a tree of values first.
pub struct Wire<T> {
    json: Vec<u8>,
    documented: PhantomData<fn() -> T>,
}

impl<T: Serialize> Wire<T> {
    /// Writes it.
    pub fn new(value: &T) -> Self {
        let json = serde_json::to_vec(value).expect("objects of the wire are plain data with text keys");
        Self::written(json)
    }
}

impl<T> Wire<T> {
    /// What is JSON of `T` already.
    pub fn written(json: Vec<u8>) -> Self {
        Self { json, documented: PhantomData }
    }
}

impl<T: Type> Payload for Wire<T> {
    const CONTENT_TYPE: &'static str = JSON;

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: Send> IntoResponse for Wire<T> {
    fn into_response(self) -> Response {
        Response::builder().content_type(JSON).body(self.json)
    }
}

/// Most bytes of a form with a file: the largest file and what a form may have around it.
const MAX_FORM: u64 = 1024 * 1024 * 1024 + 64 * 1024;

/// A form with one file, streamed, documented as `T`.
pub struct FileUpload<T> {
    /// `None` when what came is no such form.
    pub form: Option<Upload>,
    documented: PhantomData<fn() -> T>,
}

impl<'a, T: ApiExtractor<'a>> ApiExtractor<'a> for FileUpload<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        T::request_meta()
    }

    async fn from_request(req: &'a Request, body: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        refuse_the_hopeless(req)?;
        Ok(Self { form: <Upload as FromRequest>::from_request(req, body).await.ok(), documented: PhantomData })
    }
}

/// What announces itself as larger than any file that is taken is not read for a gigabyte first.
fn refuse_the_hopeless(req: &Request) -> Result<(), Error> {
    let announced = req.header("content-length").and_then(|length| length.parse::<u64>().ok());
    match announced {
        Some(bytes) if bytes > MAX_FORM => Err(Error::TooLarge(MAX_FORM - 64 * 1024)),
        _ => Ok(()),
    }
}
