//! Who the account is today, and accounts to mention. The view of the whole network answers; a server without one says less.

use serde::Deserialize;

use super::{session, xrpc};
use crate::{
    error::{Failure, FailureKind},
    http::Method,
    providers::{Access, Identity, Item},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Actor {
    #[serde(default)]
    did: String,
    handle: String,
    #[serde(default)]
    display_name: String,
    avatar: Option<String>,
}

impl Actor {
    fn name(&self) -> String {
        if self.display_name.trim().is_empty() { self.handle.clone() } else { self.display_name.trim().to_owned() }
    }

    fn picture(&self) -> Option<String> {
        self.avatar.clone().filter(|url| url.starts_with("https://"))
    }
}

/// The server's word for the session, with the name and picture of the profile where that can be had.
pub async fn whoami(access: &Access<'_>) -> Result<Identity, Failure> {
    let reply =
        session::send(access, |credentials| credentials.request(access.http, Method::GET, "com.atproto.server.getSession"));
    let session: Actor = xrpc::decode(&reply.await?)?;
    let profile = session::send(access, |credentials| {
        credentials.request(access.http, Method::GET, "app.bsky.actor.getProfile").query(&[("actor", access.account)])
    });
    let shown = match profile.await {
        Ok(reply) => xrpc::decode::<Actor>(&reply).unwrap_or_else(|_| Actor { handle: session.handle.clone(), ..nobody() }),
        Err(_) => Actor { handle: session.handle.clone(), ..nobody() },
    };
    let (name, picture) = (shown.name(), shown.picture());
    Ok(Identity { id: session.did, name, handle: session.handle, picture })
}

fn nobody() -> Actor {
    Actor { did: String::new(), handle: String::new(), display_name: String::new(), avatar: None }
}

/// Accounts whose handle or name begins so. <https://docs.bsky.app/docs/api/app-bsky-actor-search-actors-typeahead>
pub async fn search(access: &Access<'_>, query: &str) -> Result<Vec<Item>, Failure> {
    #[derive(Deserialize)]
    struct Found {
        actors: Vec<Actor>,
    }
    let query = query.trim().trim_start_matches('@');
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let reply = session::send(access, |credentials| {
        let request = credentials.request(access.http, Method::GET, "app.bsky.actor.searchActorsTypeahead");
        request.query(&[("q", query), ("limit", "10")])
    });
    // A server of its own network has no search.
    let found: Found = match reply.await {
        Err(failure) if failure.kind == FailureKind::Rejected => return Ok(Vec::new()),
        reply => xrpc::decode(&reply?)?,
    };
    Ok(found.actors.iter().map(item).collect())
}

fn item(actor: &Actor) -> Item {
    let mut item = Item { picture: actor.picture(), ..Item::new(actor.handle.clone(), actor.handle.clone()) };
    item.extra.insert("display_name".into(), actor.name().into());
    item
}
