//! A body of several parts (RFC 7578): fields and files in the order they are added. Files are streamed.

use bytes::Bytes;
use futures_util::stream::BoxStream;
use reqwest::{
    Body,
    multipart::{Form, Part},
};

use crate::error::Failure;

/// A body being put together.
pub struct FormData {
    form: Result<Form, Failure>,
    length: u64,
}

impl Default for FormData {
    fn default() -> Self {
        Self { form: Ok(Form::new()), length: 0 }
    }
}

impl FormData {
    /// A field.
    pub fn text(self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        let length = value.len() as u64;
        self.part(name, length, Ok(Part::text(value)))
    }

    /// A field of another type than text, for example JSON.
    pub fn field(self, name: &str, value: impl Into<String>, mime: &str) -> Self {
        let value = value.into();
        let length = value.len() as u64;
        self.part(name, length, Part::text(value).mime_str(mime))
    }

    /// A file in memory.
    pub fn bytes(self, name: &str, bytes: Bytes, (file, mime): (&str, &str)) -> Self {
        let length = bytes.len() as u64;
        self.part(name, length, Part::stream_with_length(bytes, length).file_name(file.to_owned()).mime_str(mime))
    }

    /// A file of exactly `length` bytes as it comes; memory stays bounded.
    pub fn stream(
        self,
        name: &str,
        (bytes, length): (BoxStream<'static, std::io::Result<Bytes>>, u64),
        (file, mime): (&str, &str),
    ) -> Self {
        let part = Part::stream_with_length(Body::wrap_stream(bytes), length);
        self.part(name, length, part.file_name(file.to_owned()).mime_str(mime))
    }

    fn part(self, name: &str, length: u64, part: Result<Part, reqwest::Error>) -> Self {
        let part = part.map_err(|e| Failure::unexpected(format!("a part of the body has no proper type: {e}")));
        let form = self.form.and_then(|form| Ok(form.part(name.to_owned(), part?)));
        Self { form, length: self.length + length }
    }

    /// The form and about how many bytes it has.
    pub(super) fn finish(self) -> (Result<Form, Failure>, u64) {
        (self.form, self.length)
    }
}
