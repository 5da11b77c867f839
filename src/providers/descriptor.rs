//! What a provider is, as data: connect and settings forms, validation, OpenAPI, the command line, docs and the
//! conformance test all derive from it.

use serde::Serialize;

pub use crate::config::{Cost, Rate, Scope};

/// Everything about a provider that data can say.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Descriptor {
    /// Postiz's identifier, so that its clients keep working.
    pub id: &'static str,
    /// The platform's own spelling of its name.
    pub name: &'static str,
    /// How an account is connected.
    pub auth: Auth,
    /// The connect form.
    pub connect: &'static [Field],
    /// Settings of a post, with Postiz's field names.
    pub settings: &'static [Field],
    /// Hosts by name, each replaceable by `providers.<id>.hosts.<name>`.
    pub hosts: &'static [(&'static str, &'static str)],
    /// What it can do.
    pub can: Can,
    /// What it accepts.
    pub limits: Limits,
    /// How often it lets itself be written to; `providers.<id>.rates` replaces them.
    pub rates: &'static [Rate],
    /// The platform's documentation of what is used here.
    pub docs: &'static str,
}

impl Descriptor {
    /// For `..Descriptor::EMPTY`.
    pub const EMPTY: Self = Self {
        id: "",
        name: "",
        auth: Auth::Form,
        connect: &[],
        settings: &[],
        hosts: &[],
        can: Can::PUBLISH,
        limits: Limits::NONE,
        rates: &[],
        docs: "",
    };
}

/// How an account is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// By the connect form alone: app password, token, key.
    Form,
}

/// What a provider can do; each is true exactly when the trait's method is implemented (a test compares).
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Can {
    /// Publish at all.
    pub publish: bool,
    /// Further parts as replies or comments.
    pub thread: bool,
    /// Read back an uncertain write.
    pub find: bool,
    /// Take a published post down.
    pub delete: bool,
}

impl Can {
    /// Publishes one part, nothing else.
    pub const PUBLISH: Self = Self { publish: true, thread: false, find: false, delete: false };
}

/// What a platform accepts for one part.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Limits {
    /// Text of a part.
    pub text: Text,
    /// Pictures of a part; 0: none.
    pub images: usize,
    /// Videos of a part; 0: none.
    pub videos: usize,
    /// Pictures and videos may be in the same part.
    pub mixed: bool,
    /// Bytes of a picture as it is sent; larger ones are shrunk.
    pub image_bytes: u64,
    /// Bytes of a video.
    pub video_bytes: u64,
    /// A part may be without text when it has media.
    pub text_optional: bool,
    /// Alternative text, in characters.
    pub alt: usize,
}

impl Limits {
    /// For `..Limits::NONE`.
    pub const NONE: Self = Self {
        text: Text { max: 0, unit: Unit::Graphemes, max_bytes: None },
        images: 0,
        videos: 0,
        mixed: false,
        image_bytes: 0,
        video_bytes: 0,
        text_optional: true,
        alt: 1_000,
    };
}

/// How long a text may be.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Text {
    /// The most of `unit`; 0: no text at all.
    pub max: usize,
    /// How it is counted.
    pub unit: Unit,
    /// UTF-8 bytes, where the platform limits them too.
    pub max_bytes: Option<usize>,
}

impl Text {
    /// So many characters as people see them.
    pub const fn graphemes(max: usize) -> Self {
        Self { max, unit: Unit::Graphemes, max_bytes: None }
    }

    /// And so many bytes of UTF-8.
    pub const fn bytes(self, max: usize) -> Self {
        Self { max_bytes: Some(max), ..self }
    }

    /// How long `text` is in this unit.
    pub fn count(&self, text: &str) -> usize {
        match self.unit {
            Unit::Graphemes => crate::kit::text::graphemes(text),
        }
    }
}

/// How a platform counts text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Extended grapheme clusters.
    Graphemes,
}

/// One field of a connect or settings form.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Field {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its label: a key of the catalogue.
    pub label: &'static str,
    /// A sentence under it: a key of the catalogue, or empty.
    pub help: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Must be filled in.
    pub required: bool,
    /// Used when nothing is given.
    pub default: Option<&'static str>,
    /// Shown in the empty field.
    pub placeholder: &'static str,
    /// Characters at most.
    pub max: usize,
    /// Asked only when another field has this value.
    pub when: Option<When>,
}

/// A condition on another field.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct When {
    /// The other field.
    pub field: &'static str,
    /// Its value.
    pub is: &'static str,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum FieldKind {
    /// One line.
    Text,
    /// One line that is not shown and is kept sealed.
    Password,
    /// An absolute http(s) address.
    Url,
    /// Several lines.
    LongText,
    /// Yes or no.
    Bool,
    /// A whole number.
    Number {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
    },
    /// One of a fixed list.
    Choice {
        /// The list.
        choices: &'static [Choice],
    },
}

/// One choice of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// On the wire.
    pub value: &'static str,
    /// A key of the catalogue.
    pub label: &'static str,
}

impl Field {
    const BASE: Self = Self {
        name: "",
        label: "",
        help: "",
        kind: FieldKind::Text,
        required: true,
        default: None,
        placeholder: "",
        max: 500,
        when: None,
    };

    /// One line of text.
    pub const fn text(name: &'static str, label: &'static str) -> Self {
        Self { name, label, ..Self::BASE }
    }

    /// A secret.
    pub const fn password(name: &'static str, label: &'static str) -> Self {
        Self { name, label, kind: FieldKind::Password, ..Self::BASE }
    }

    /// An address.
    pub const fn url(name: &'static str, label: &'static str) -> Self {
        Self { name, label, kind: FieldKind::Url, ..Self::BASE }
    }

    /// Several lines.
    pub const fn long_text(name: &'static str, label: &'static str) -> Self {
        Self { name, label, kind: FieldKind::LongText, max: 10_000, ..Self::BASE }
    }

    /// Yes or no.
    pub const fn bool(name: &'static str, label: &'static str) -> Self {
        Self { name, label, kind: FieldKind::Bool, required: false, ..Self::BASE }
    }

    /// One of a list.
    pub const fn choice(name: &'static str, label: &'static str, choices: &'static [Choice]) -> Self {
        Self { name, label, kind: FieldKind::Choice { choices }, ..Self::BASE }
    }

    /// May stay empty.
    pub const fn optional(self) -> Self {
        Self { required: false, ..self }
    }

    /// Used when nothing is given.
    pub const fn default(self, value: &'static str) -> Self {
        Self { default: Some(value), ..self }
    }

    /// A sentence under the field.
    pub const fn help(self, key: &'static str) -> Self {
        Self { help: key, ..self }
    }

    /// Shown in the empty field.
    pub const fn placeholder(self, text: &'static str) -> Self {
        Self { placeholder: text, ..self }
    }

    /// Asked only when `field` is `is`.
    pub const fn when(self, field: &'static str, is: &'static str) -> Self {
        Self { when: Some(When { field, is }), ..self }
    }
}
