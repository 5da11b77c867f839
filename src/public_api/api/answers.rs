//! What each operation answers, with its status, for the documentation and the wire.

use std::marker::PhantomData;

use poem_openapi::{
    ApiResponse,
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::Type as _,
};

use super::{
    super::{
        objects::{
            BadRequest, ConnectAddress, Connection, CreatedPost, Customer, Deleted, FreeSlot, Integration, IntegrationSettings,
            Missing, NotThere, PostList, Refused, Said, StatusChange, Triggered, UploadedMedia,
        },
        refusal::Refusal,
    },
    payload::{JSON, Wire},
};
use crate::error::Error;

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident: $status:literal $body:ty;)*) => {$(
        $(#[$doc])*
        #[derive(ApiResponse)]
        pub enum $name {
            $(#[$doc])*
            #[oai(status = $status)]
            Ok(Wire<$body>),
        }

        impl From<$body> for $name {
            fn from(body: $body) -> Self {
                Self::Ok(Wire::new(&body))
            }
        }
    )*};
}

answers! {
    /// The key works.
    Connected: 200 Connection;
    /// All channels of your organisation.
    Integrations: 200 Vec<Integration>;
    /// What the channel accepts.
    Settings: 200 IntegrationSettings;
    /// What the platform lists.
    Looked: 201 Triggered;
    /// The next free posting time.
    Slot: 200 FreeSlot;
    /// Where to connect.
    Address: 200 ConnectAddress;
    /// All groups of channels.
    Groups: 200 Vec<Customer>;
    /// The posts of that time.
    Posts: 200 PostList;
    /// Saved: one for each channel, in the order of the request.
    Created: 201 Vec<CreatedPost>;
    /// Deleted.
    Removed: 200 Deleted;
    /// What may be the post.
    Candidates: 200 Vec<Missing>;
    /// Its state now.
    Changed: 200 StatusChange;
    /// The file is in the library.
    Uploaded: 201 UploadedMedia;
}

/// Which refusals an operation knows beside a wrong key and faults of the server.
pub trait Refusals {
    /// Statuses of 400, 404, 409, 413 and 502.
    const STATUSES: &'static [u16];
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident: $statuses:expr;)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl Refusals for $name {
            const STATUSES: &'static [u16] = &$statuses;
        }
    )*};
}

refusals! {
    /// No others.
    NoOthers: [];
    /// The query may be wrong.
    Query: [400];
    /// The thing may not be there.
    Absent: [404];
    /// The provider may be unknown, and the channel may not be there.
    Named: [400, 404];
    /// And its state may forbid it.
    AbsentOrBusy: [404, 409];
    /// The body may be wrong or too large, and what is edited may be gone or under way.
    Write: [400, 404, 409, 413];
    /// The body may be wrong or too large.
    Take: [400, 413];
    /// The channel may not be there, and its platform may refuse or be away.
    Ask: [400, 404, 502];
}

/// A refusal of an operation that knows the refusals of `R`.
pub struct Refuses<R>(Refusal, PhantomData<fn() -> R>);

impl<R, E: Into<Refusal>> From<E> for Refuses<R> {
    fn from(e: E) -> Self {
        Self(e.into(), PhantomData)
    }
}

impl<R> From<Refuses<R>> for poem::Error {
    fn from(e: Refuses<R>) -> Self {
        e.0.into()
    }
}

/// What an operation gives.
pub type Answer<A, R> = Result<A, Refuses<R>>;

impl<R: Refusals> ApiResponse for Refuses<R> {
    fn meta() -> MetaResponses {
        let all = [400, 401, 404, 409, 413, 500, 502, 503];
        let known = |status: &u16| matches!(status, 401 | 500 | 503) || R::STATUSES.contains(status);
        MetaResponses { responses: all.into_iter().filter(known).map(response).collect() }
    }

    fn register(registry: &mut Registry) {
        BadRequest::register(registry);
        NotThere::register(registry);
        Said::register(registry);
        Refused::register(registry);
    }
}

fn response(status: u16) -> MetaResponse {
    let (description, schema) = match status {
        400 => ("Something is wrong with the request; the message names each field.", BadRequest::schema_ref()),
        401 => ("The key is missing or no longer valid.", Said::schema_ref()),
        404 => ("There is no such thing in your organisation.", NotThere::schema_ref()),
        409 => ("Its state does not allow it any more.", Refused::schema_ref()),
        413 => ("It is larger than is taken.", Refused::schema_ref()),
        502 => ("The platform refused; the message has its words.", Refused::schema_ref()),
        503 => ("Something that the server needs is away; try again.", Refused::schema_ref()),
        _ => ("A fault of the server; its log has the details.", Refused::schema_ref()),
    };
    let content = vec![MetaMediaType { content_type: JSON, schema }];
    MetaResponse { description, status: Some(status), status_range: None, content, headers: vec![] }
}

impl From<Refusal> for poem::Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Error(e) => Error::into(e),
            refusal => {
                let status = refusal.body().and_then(|(status, _)| poem::http::StatusCode::from_u16(status).ok());
                Self::new(refusal, status.unwrap_or(poem::http::StatusCode::INTERNAL_SERVER_ERROR))
            }
        }
    }
}
