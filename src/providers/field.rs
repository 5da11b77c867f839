//! One field of a form that a descriptor describes, as data. How it is shown, read and checked: `src/channels/fields.rs`.

use serde::Serialize;

/// One field of a connect or settings form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
    /// One of what a [`super::Lookup`] lists now: the item's id. Stored as text, or under `value` of an object when
    /// `labelled`, beside its `label`: Postiz's shape.
    Pick {
        /// The lookup.
        from: &'static str,
        /// Stored as `{value, label}`.
        labelled: bool,
    },
    /// Words or items of a lookup, several. Stored as an array of texts, or of `{value, label}` when `labelled`.
    Tags {
        /// The lookup that proposes them; empty: free words.
        from: &'static str,
        /// Most of them.
        most: usize,
        /// Stored as `{value, label}` each.
        labelled: bool,
    },
    /// A file of the library. Stored as `{id, path}`.
    Media {
        /// Only pictures.
        picture: bool,
    },
    /// Several entries of a form. Stored as an array of objects; under `value` of each when `wrapped`: Postiz's shape.
    List {
        /// The fields of an entry.
        of: &'static [Field],
        /// Most entries.
        most: usize,
        /// Each entry is `{value: {…}}`.
        wrapped: bool,
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
    /// The developer app of most platforms.
    pub const CLIENT: &'static [Field] =
        &[Field::text("client_id", "app.client_id"), Field::password("client_secret", "app.client_secret")];

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

    /// One of what a lookup lists.
    pub const fn pick(name: &'static str, label: &'static str, from: &'static str) -> Self {
        Self { name, label, kind: FieldKind::Pick { from, labelled: false }, ..Self::BASE }
    }

    /// Several words, or items of a lookup.
    pub const fn tags(name: &'static str, label: &'static str, from: &'static str, most: usize) -> Self {
        Self { name, label, kind: FieldKind::Tags { from, most, labelled: false }, required: false, ..Self::BASE }
    }

    /// A whole number.
    pub const fn number(name: &'static str, label: &'static str, min: i64, max: i64) -> Self {
        Self { name, label, kind: FieldKind::Number { min, max }, ..Self::BASE }
    }

    /// A picture of the library.
    pub const fn picture(name: &'static str, label: &'static str) -> Self {
        Self { name, label, kind: FieldKind::Media { picture: true }, required: false, ..Self::BASE }
    }

    /// Several entries of a form.
    pub const fn list(name: &'static str, label: &'static str, of: &'static [Field], most: usize) -> Self {
        Self { name, label, kind: FieldKind::List { of, most, wrapped: false }, ..Self::BASE }
    }

    /// Stored in Postiz's shape of a pick, tag or entry: `{value, label}`, or `{value: {…}}`.
    pub const fn labelled(self) -> Self {
        let kind = match self.kind {
            FieldKind::Pick { from, .. } => FieldKind::Pick { from, labelled: true },
            FieldKind::Tags { from, most, .. } => FieldKind::Tags { from, most, labelled: true },
            FieldKind::List { of, most, .. } => FieldKind::List { of, most, wrapped: true },
            other => other,
        };
        Self { kind, ..self }
    }

    /// Characters at most.
    pub const fn most(self, max: usize) -> Self {
        Self { max, ..self }
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
