//! Whose handles a text mentions. One that is nobody's stays plain text and gives a warning; it never stops a post.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;

use super::{facets::Facet, session, xrpc};
use crate::{
    error::{Failure, FailureKind},
    http::Method,
    providers::{Call, Effect},
};

/// Looked up at the same time.
const AT_ONCE: usize = 4;

/// The DID of each handle, and a warning for each handle without one.
pub async fn resolve(call: &Call<'_>, found: &[Facet]) -> Result<(BTreeMap<String, String>, Vec<String>), Failure> {
    let handles: BTreeSet<&str> = found.iter().filter_map(Facet::handle).collect();
    if handles.is_empty() {
        return Ok(Default::default());
    }
    let sent = handles.iter().copied().collect::<Vec<_>>().join(" ");
    let dids: BTreeMap<String, Option<String>> =
        call.step("mentions", Effect::Repeatable, sent.as_bytes(), |_| all(call, handles)).await?;
    let nobody = dids.iter().filter(|(_, did)| did.is_none());
    let warnings = nobody.map(|(handle, _)| format!("@{handle} was not found on Bluesky and is not linked")).collect();
    Ok((dids.into_iter().filter_map(|(handle, did)| Some((handle, did?))).collect(), warnings))
}

async fn all(call: &Call<'_>, handles: BTreeSet<&str>) -> Result<BTreeMap<String, Option<String>>, Failure> {
    let lookups: Vec<_> = handles.into_iter().map(|handle| one(call, handle)).collect();
    stream::iter(lookups).buffer_unordered(AT_ONCE).try_collect().await
}

/// Whatever the server answers that names no account means there is none. A server that does not answer is away, and
/// the post waits for it.
async fn one(call: &Call<'_>, handle: &str) -> Result<(String, Option<String>), Failure> {
    #[derive(Deserialize)]
    struct Resolved {
        did: String,
    }
    let reply = session::send(call, |credentials| {
        credentials.request(call.http, Method::GET, "com.atproto.identity.resolveHandle").query(&[("handle", handle)])
    });
    let did = match reply.await {
        Ok(reply) => xrpc::decode::<Resolved>(&reply).ok().map(|r| r.did).filter(|did| did.starts_with("did:")),
        Err(failure) if is_answer(&failure) => None,
        Err(failure) => return Err(failure),
    };
    Ok((handle.to_owned(), did))
}

fn is_answer(failure: &Failure) -> bool {
    use FailureKind::{Rejected, Unavailable, Unexpected};
    failure.code.is_some() && matches!(failure.kind, Rejected | Unavailable | Unexpected)
}
