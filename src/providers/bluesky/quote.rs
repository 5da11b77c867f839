//! The post that a post quotes, by its address: which record that is, and its hash.

use serde::Deserialize;

use super::{
    record::{COLLECTION, Strong, parts},
    session, xrpc,
};
use crate::{
    error::{Failure, FailureKind},
    http::Method,
    providers::Access,
};

/// Who wrote it (handle or DID) and the record's key: of `https://…/profile/WHO/post/KEY` or `at://WHO/app.bsky.feed.post/KEY`.
pub fn parse(words: &str) -> Option<(&str, &str)> {
    let words = words.trim().split(['?', '#']).next()?.trim_end_matches('/');
    let (who, key) = match parts(words) {
        Some((who, COLLECTION, key)) => (who, key),
        Some(_) => return None,
        None => {
            let (before, key) = words.rsplit_once("/post/")?;
            (before.rsplit_once("/profile/")?.1, key)
        }
    };
    let sound = |word: &str| {
        !word.is_empty() && word.len() < 300 && word.chars().all(|c| c.is_ascii_alphanumeric() || ".:-_~%".contains(c))
    };
    (sound(who) && sound(key)).then_some((who, key))
}

/// The record as it is now. The account's own server knows its own records and asks the network for others.
pub async fn find(access: &Access<'_>, words: &str) -> Result<Strong, Failure> {
    let (who, key) = parse(words).ok_or_else(|| Failure::rejected("the quoted post is named by no address of a post"))?;
    let did = if who.starts_with("did:") { who.to_owned() } else { resolve(access, who).await? };
    let query = [("repo", did.as_str()), ("collection", COLLECTION), ("rkey", key)];
    let reply = session::send(access, |credentials| {
        credentials.request(access.http, Method::GET, "com.atproto.repo.getRecord").query(&query)
    });
    xrpc::decode(&reply.await.map_err(missing)?)
}

async fn resolve(access: &Access<'_>, handle: &str) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Resolved {
        did: String,
    }
    let reply = session::send(access, |credentials| {
        credentials.request(access.http, Method::GET, "com.atproto.identity.resolveHandle").query(&[("handle", handle)])
    });
    Ok(xrpc::decode::<Resolved>(&reply.await.map_err(missing)?)?.did)
}

fn missing(failure: Failure) -> Failure {
    match failure.kind {
        FailureKind::Rejected => Failure { message: format!("the quoted post was not found: {}", failure.message), ..failure },
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_posts_are_told_from_others() {
        for words in [
            "https://bsky.app/profile/bob.test/post/3jzf",
            " https://bsky.app/profile/bob.test/post/3jzf/?x=1#y",
            "at://bob.test/app.bsky.feed.post/3jzf",
        ] {
            assert_eq!(parse(words), Some(("bob.test", "3jzf")), "{words}");
        }
        assert_eq!(parse("at://did:plc:bob/app.bsky.feed.post/k"), Some(("did:plc:bob", "k")));
        for words in
            ["", "bob.test", "https://bsky.app/profile/bob.test", "at://did:plc:bob/app.bsky.feed.like/k", "/profile/a b/post/k"]
        {
            assert_eq!(parse(words), None, "{words}");
        }
    }
}
