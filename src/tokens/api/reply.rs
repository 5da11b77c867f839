//! Answers: written once, with their tag and the address of the next page.

use std::marker::PhantomData;

use poem::{IntoResponse, Response, http::StatusCode};
use poem_openapi::{
    ApiResponse, Object,
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::{ParseFromJSON, ToJSON, Type},
};
use serde::Serialize;

use crate::{
    error::{Error, Message},
    kit::crypto::sha256,
    tokens::{Cursor, Refusal, code},
    web::payload::JSON,
};

/// An answer that is written already, documented as `T`.
pub struct Reply<T, const STATUS: u16 = 200> {
    json: String,
    /// Without quotes.
    pub etag: Option<String>,
    next: Option<String>,
    documented: PhantomData<fn() -> T>,
}

impl<T: Serialize, const STATUS: u16> Reply<T, STATUS> {
    /// Without a tag.
    pub fn new(value: &T) -> Self {
        let json = serde_json::to_string(value).expect("objects of the wire are plain data with text keys");
        Self { json, etag: None, next: None, documented: PhantomData }
    }

    /// With a tag of its content; a version, if it has one, stands before a point.
    pub fn tagged(value: &T, version: Option<i64>) -> Self {
        let reply = Self::new(value);
        let etag = Some(tag(&reply.json, version));
        Self { etag, ..reply }
    }
}

impl<T, const STATUS: u16> Reply<T, STATUS> {
    /// What is written.
    pub fn body(&self) -> &str {
        &self.json
    }
}

/// The tag of an answer.
pub fn tag(json: &str, version: Option<i64>) -> String {
    let hash = hex::encode(&sha256(json.as_bytes())[..8]);
    version.map_or(hash.clone(), |n| format!("{n}.{hash}"))
}

/// Refuses a change of what is no longer what `given`, an `If-Match`, says. What has a version is compared by that alone:
/// a post that went out meanwhile is still the version that was read.
pub fn is_current(given: Option<&str>, now: &str) -> Result<(), Refusal> {
    let Some(given) = given else { return Ok(()) };
    let known = |tag: &str| {
        let tag = tag.trim();
        let bare = tag.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
        tag == "*" || bare.is_some_and(|tag| tag == now || (now.contains('.') && tag.split('.').next() == now.split('.').next()))
    };
    if given.split(',').any(known) {
        return Ok(());
    }
    Err(Refusal::said(&code::VERSION_CHANGED, Message::new("api_v1.version_changed").with("now", now)))
}

impl<T: Type, const STATUS: u16> ApiResponse for Reply<T, STATUS> {
    fn meta() -> MetaResponses {
        let content = vec![MetaMediaType { content_type: JSON, schema: T::schema_ref() }];
        let description = if STATUS == 201 { "Made." } else { "Done." };
        let response = MetaResponse { description, status: Some(STATUS), status_range: None, content, headers: vec![] };
        MetaResponses { responses: vec![response] }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// The end of a list, for `surround.rs`, which knows the address of the request.
#[derive(Clone)]
pub struct Next(pub String);

impl<T: Send, const STATUS: u16> IntoResponse for Reply<T, STATUS> {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(STATUS).unwrap_or(StatusCode::OK);
        let mut response = Response::builder().status(status).content_type(JSON);
        if let Some(etag) = &self.etag {
            response = response.header("etag", format!("\"{etag}\""));
        }
        let mut response = response.body(self.json);
        if let Some(next) = self.next {
            response.extensions_mut().insert(Next(next));
        }
        response
    }
}

/// One page of a list.
#[derive(Object, Serialize)]
pub struct Page<T: ParseFromJSON + ToJSON + Serialize> {
    /// The entries.
    data: Vec<T>,
    /// What to send as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

impl<T: ParseFromJSON + ToJSON + Serialize> Page<T> {
    /// From up to one more than `take` rows.
    pub fn of<R>(mut rows: Vec<R>, take: i64, cursor: impl Fn(&R) -> Cursor, view: impl Fn(R) -> T) -> Reply<Self> {
        let take = usize::try_from(take).unwrap_or_default();
        let more = rows.len() > take;
        rows.truncate(take);
        let next_cursor = rows.last().filter(|_| more).map(|row| cursor(row).encode());
        Self::written(rows.into_iter().map(view).collect(), next_cursor)
    }

    /// From entries and where the next ones begin.
    pub fn written(data: Vec<T>, next_cursor: Option<String>) -> Reply<Self> {
        let next = next_cursor.clone();
        let reply = Reply::new(&Self { data, next_cursor });
        let etag = Some(tag(&reply.json, None));
        Reply { next, etag, ..reply }
    }
}

/// Refuses a change without an `If-Match`.
pub fn required(given: Option<&str>) -> Result<&str, Refusal> {
    given.filter(|tag| !tag.trim().is_empty()).ok_or_else(|| Refusal::said(&code::PRECONDITION_REQUIRED, "api_v1.precondition"))
}

/// The version that an `If-Match` names; `None` for `*`, an error of the parameter when it names none.
pub fn version_of(given: &str) -> Result<Option<i64>, Refusal> {
    if given.trim() == "*" {
        return Ok(None);
    }
    let bare = given.trim().trim_matches('"').split('.').next().and_then(|n| n.parse().ok());
    bare.map(Some).ok_or_else(|| Refusal::Error(Error::conflict("error.post_changed")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_compared_by_its_version_where_it_has_one() {
        for given in ["\"3.aa\"", "\"3.bb\"", "*", "\"1.x\", \"3.aa\"", "\"3\""] {
            assert!(is_current(Some(given), "3.aa").is_ok(), "{given}");
        }
        for given in ["\"4.aa\"", "3.aa", "W/\"3.aa\"", "", "\"\""] {
            assert!(is_current(Some(given), "3.aa").is_err(), "{given}");
        }
        assert!(is_current(Some("\"aa\""), "aa").is_ok() && is_current(Some("\"ab\""), "aa").is_err());
        assert!(is_current(None, "aa").is_ok() && required(Some(" ")).is_err());
        assert_eq!(version_of("\"3.aa\"").unwrap(), Some(3));
        assert!(version_of("\"x\"").is_err() && version_of("*").unwrap().is_none());
    }
}
