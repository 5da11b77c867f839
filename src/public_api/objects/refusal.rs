//! Refusals on the wire, as their documentation: `refusal.rs` writes them.

use poem_openapi::{Object, Union};

/// Everything wrong with the input.
#[derive(Object)]
#[oai(rename_all = "camelCase")]
pub struct Invalid {
    /// The status.
    pub status_code: u16,
    /// One text per field, beginning with its name.
    pub message: Vec<String>,
    /// `Bad Request`.
    pub error: String,
}

/// Why a channel would not take it.
#[derive(Object)]
#[oai(rename_all = "camelCase")]
pub struct ProviderRefusal {
    /// The status.
    pub status_code: u16,
    /// The provider.
    pub provider: String,
    /// The channel's name.
    pub name: String,
    /// What is wrong, naming each field.
    pub message: String,
}

/// A refusal in one sentence.
#[derive(Object)]
pub struct Said {
    /// The sentence.
    pub msg: String,
}

/// A refusal with its status.
#[derive(Object)]
#[oai(rename_all = "camelCase")]
pub struct Refused {
    /// The status.
    pub status_code: u16,
    /// What happened.
    pub message: String,
}

/// What a bad request is answered with.
#[derive(Union)]
pub enum BadRequest {
    /// Fields are wrong.
    Invalid(Invalid),
    /// A channel would not take it.
    Provider(ProviderRefusal),
    /// There is no file.
    Said(Said),
}

/// What is answered when something is not there.
#[derive(Union)]
pub enum NotThere {
    /// A post or a path.
    Refused(Refused),
    /// A channel.
    Said(Said),
}
