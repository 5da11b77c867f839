//! The codes of refusals: a promise to programs. The page that explains them and the document are made from this table.

use crate::error::{Error, FailureKind};

/// One kind of refusal.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Never changes its meaning.
    pub id: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Its name, a key of the catalogue.
    pub title: &'static str,
    /// What to do about it, a key of the catalogue.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($name:ident = $status:literal $id:literal;)*) => {
        $(
            #[doc = concat!("`", $id, "`")]
            pub static $name: Code = Code {
                id: $id,
                status: $status,
                title: concat!("api_code.", $id, ".title"),
                meaning: concat!("api_code.", $id, ".meaning"),
            };
        )*

        /// Every code, by status.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    MALFORMED = 400 "malformed";
    INVALID_PARAMETER = 400 "invalid_parameter";
    INVALID_KEY = 400 "invalid_idempotency_key";
    UNAUTHORIZED = 401 "unauthorized";
    PLAN_LIMIT = 402 "plan_limit";
    SCOPE_MISSING = 403 "scope_missing";
    FORBIDDEN = 403 "forbidden";
    NOT_FOUND = 404 "not_found";
    METHOD_NOT_ALLOWED = 405 "method_not_allowed";
    CONFLICT = 409 "conflict";
    NOT_EDITABLE = 409 "not_editable";
    KEY_IN_USE = 409 "idempotency_key_in_use";
    VERSION_CHANGED = 412 "version_changed";
    TOO_LARGE = 413 "too_large";
    INVALID = 422 "invalid";
    PLATFORM_REFUSED = 422 "platform_refused";
    KEY_REUSED = 422 "idempotency_key_reused";
    PRECONDITION_REQUIRED = 428 "precondition_required";
    RATE_LIMITED = 429 "rate_limited";
    INTERNAL = 500 "internal";
    PLATFORM_UNAVAILABLE = 502 "platform_unavailable";
    UNAVAILABLE = 503 "unavailable";
}

/// The code of an error.
pub fn of(e: &Error) -> &'static Code {
    match e {
        Error::NotFound(_) => &NOT_FOUND,
        Error::Invalid(fields) if fields.iter().all(|f| f.field == "body") => &MALFORMED,
        Error::Invalid(_) => &INVALID,
        Error::Conflict(m) => match m.key {
            "error.post_changed" => &VERSION_CHANGED,
            "error.not_editable" => &NOT_EDITABLE,
            "error.method_not_allowed" => &METHOD_NOT_ALLOWED,
            "api_v1.key_lost" => &KEY_IN_USE,
            _ => &CONFLICT,
        },
        Error::Unauthorized => &UNAUTHORIZED,
        Error::Forbidden(_) => &FORBIDDEN,
        Error::Limit(_) => &PLAN_LIMIT,
        Error::RateLimited(_) => &RATE_LIMITED,
        Error::TooLarge(_) => &TOO_LARGE,
        Error::Provider(f) => match f.kind {
            FailureKind::RateLimited { .. } => &RATE_LIMITED,
            FailureKind::Rejected | FailureKind::Reconnect | FailureKind::Unsupported => &PLATFORM_REFUSED,
            _ => &PLATFORM_UNAVAILABLE,
        },
        Error::Unavailable(_) => &UNAVAILABLE,
        Error::Internal(_) => &INTERNAL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::Message, render::text};

    #[test]
    fn every_code_is_there_once_and_explained() {
        for (n, code) in ALL.iter().enumerate() {
            assert!(ALL[..n].iter().all(|other| other.id != code.id), "{}", code.id);
            for key in [code.title, code.meaning] {
                assert_ne!(text(&Message::new(key)), key, "the catalogue lacks it");
            }
        }
        assert!(ALL.is_sorted_by_key(|code| code.status));
    }
}
