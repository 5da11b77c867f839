//! `/api/v1`, our own API: the operations of the features as one service, its document and its pages. No logic.

mod document;
pub mod pages;

use std::sync::Arc;

use poem::{Endpoint, EndpointExt as _, Response};
use poem_openapi::OpenApiService;

pub use self::document::document;
use crate::{
    channels, media, posts,
    tokens::{self, Paces},
};

/// Where it is mounted.
pub const PREFIX: &str = "/api/v1";

type Operations = (
    posts::api::Api,
    posts::api::Targets,
    posts::api::Reviews,
    posts::api::Comments,
    channels::api::Api,
    channels::api::Customers,
    channels::api::Lookups,
    media::api::Api,
    tokens::api::Api,
);

/// The operations with their documentation.
fn service() -> OpenApiService<Operations, ()> {
    use channels::api::{Api as Channels, Customers, Lookups};
    use posts::api::{Api as Posts, Comments, Reviews, Targets};
    let operations = (Posts, Targets, Reviews, Comments, Channels, Customers, Lookups, media::api::Api, tokens::api::Api);
    OpenApiService::new(operations, "Rostrum", env!("CARGO_PKG_VERSION"))
}

/// The API with everything around it, to be mounted below [`PREFIX`].
pub fn endpoint() -> impl Endpoint<Output = Response> + 'static {
    let paces = Arc::new(Paces::default());
    service().around(move |inner, req| tokens::api::call(inner, req, paces.clone(), document::methods_at))
}
