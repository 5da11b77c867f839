//! What a platform accepts, as data.

use serde::Serialize;

use crate::kit::text::{Measure, Unit};

/// What a platform accepts for one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Text of a part.
    pub text: Text,
    /// Pictures of a part; 0: none.
    pub images: usize,
    /// Videos of a part; 0: none.
    pub videos: usize,
    /// Pictures and videos together; 0: what the two allow.
    pub media: usize,
    /// Pictures and videos may be in the same part.
    pub mixed: bool,
    /// Bytes of a picture as it is sent; larger ones are shrunk.
    pub image_bytes: u64,
    /// Bytes of a video.
    pub video_bytes: u64,
    /// Seconds of a video; 0: any length.
    pub video_seconds: u64,
    /// A part may be without text when it has media.
    pub text_optional: bool,
    /// The first part must have at least so many pictures or videos.
    pub media_needed: usize,
    /// Alternative text, in characters.
    pub alt: usize,
    /// Parts of a thread; 0: as many as are made.
    pub parts: usize,
}

impl Limits {
    /// For `..Limits::NONE`.
    pub const NONE: Self = Self {
        text: Text::graphemes(0),
        images: 0,
        videos: 0,
        media: 0,
        mixed: false,
        image_bytes: 0,
        video_bytes: 0,
        video_seconds: 0,
        text_optional: true,
        media_needed: 0,
        alt: 1_000,
        parts: 0,
    };
}

/// How long a text may be, counted over what is sent: see [`super::Descriptor::counted`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Text {
    /// The most; 0: no text at all.
    pub max: usize,
    /// How it is counted.
    #[serde(flatten)]
    pub measure: Measure,
    /// UTF-8 bytes, where the platform limits them too.
    pub max_bytes: Option<usize>,
    /// The platform reads the HTML that is sent and counts the text that is left: see [`super::Descriptor::counted`].
    pub parsed: bool,
}

impl Text {
    /// So many of a unit.
    pub const fn of(max: usize, unit: Unit) -> Self {
        Self { max, measure: Measure { unit, link: None, short_mentions: false }, max_bytes: None, parsed: false }
    }

    /// So many characters as people see them.
    pub const fn graphemes(max: usize) -> Self {
        Self::of(max, Unit::Graphemes)
    }

    /// So many Unicode scalar values.
    pub const fn chars(max: usize) -> Self {
        Self::of(max, Unit::Chars)
    }

    /// So many UTF-16 code units.
    pub const fn utf16(max: usize) -> Self {
        Self::of(max, Unit::Utf16)
    }

    /// And so many bytes of UTF-8.
    pub const fn bytes(self, max: usize) -> Self {
        Self { max_bytes: Some(max), ..self }
    }

    /// Counted without the markup of the HTML that is sent.
    pub const fn parsed(self) -> Self {
        Self { parsed: true, ..self }
    }

    /// Every http(s) address counts as so many.
    pub const fn links_as(self, count: usize) -> Self {
        Self { measure: Measure { link: Some(count), ..self.measure }, ..self }
    }

    /// Of `@name@host` only `@name` counts.
    pub const fn short_mentions(self) -> Self {
        Self { measure: Measure { short_mentions: true, ..self.measure }, ..self }
    }

    /// How long `text` is in this measure.
    pub fn count(&self, text: &str) -> usize {
        self.measure.count(text)
    }
}
