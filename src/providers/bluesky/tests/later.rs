//! What becomes of a post: its numbers, what is done when it is liked, and the people of the network.

use serde_json::{Value as Json, json};

use super::{
    super::Bluesky,
    server::{DID, Server, live, refusal},
};
use crate::providers::{
    FailureKind, Metric, Provider as _, Remote,
    testing::{Answer, Ledger, Stage},
};

fn liked(server: &Server, likes: i64) {
    server.misfortune(move |method, _| {
        let post = json!({"uri": "at://x", "cid": "c", "likeCount": likes, "repostCount": 2, "replyCount": 1, "quoteCount": 4});
        (method == "getPosts").then(|| Answer::json(json!({"posts": [post]})))
    });
}

/// A published post and what a plug works with.
async fn published(server: &Server, settings: Json) -> (Stage, Remote) {
    let stage = server.stage().text("x");
    let (remote, _) = live(&stage).await;
    let mut stage = server.stage().settings(settings);
    stage.ledger = Ledger::new(stage.now);
    server.fake.seen();
    (stage, remote)
}

#[tokio::test]
async fn numbers_are_those_of_the_network() {
    let server = Server::start().await;
    let (stage, remote) = published(&server, json!({})).await;
    liked(&server, 3);
    let numbers = Bluesky.metrics(&stage.access(), &remote).await.unwrap();
    let expected = [("likes", 3), ("shares", 2), ("comments", 1), ("quotes", 4)];
    assert_eq!(numbers, expected.map(|(name, value)| Metric::new(name, value)));
    assert_eq!(server.fake.seen()[0].query["uris"], remote.id);
    server.misfortune(|_, _| Some(Answer::json(json!({"posts": []}))));
    assert_eq!(Bluesky.metrics(&stage.access(), &remote).await.unwrap_err().kind, FailureKind::Rejected);
}

#[tokio::test]
async fn a_post_that_is_liked_enough_is_reposted_once() {
    let server = Server::start().await;
    let (stage, remote) = published(&server, json!({"likesAmount": "5"})).await;
    liked(&server, 4);
    assert!(!Bluesky.plug(&stage.call(), "autoRepostPost", &remote).await.unwrap(), "it is looked at again later");
    assert_eq!(server.state().records.len(), 1);
    liked(&server, 5);
    stage.ledger.crash_at("autoRepostPost");
    assert!(Bluesky.plug(&stage.call(), "autoRepostPost", &remote).await.is_err());
    assert!(Bluesky.plug(&stage.call(), "autoRepostPost", &remote).await.unwrap());
    let seen = server.fake.seen();
    let made: Vec<Json> = seen.iter().filter(|s| s.path.ends_with("createRecord")).map(|s| s.json()).collect();
    assert_eq!(made.len(), 1);
    assert_eq!((&made[0]["collection"], &made[0]["repo"]), (&json!("app.bsky.feed.repost"), &json!(DID)));
    assert_eq!(made[0]["record"]["subject"], remote.extra);
    assert!(made[0]["record"]["createdAt"].is_string());
    let read = seen.iter().find(|s| s.path.ends_with("getRecord")).unwrap();
    assert_eq!(read.query["collection"], "app.bsky.feed.repost");
}

#[tokio::test]
async fn a_post_that_is_liked_enough_gets_a_reply() {
    let server = Server::start().await;
    let (stage, remote) =
        published(&server, json!({"likesAmount": 5, "post": "<p>Read <em>more</em> at https://x.org</p>"})).await;
    liked(&server, 50);
    assert!(Bluesky.plug(&stage.call(), "autoPlugPost", &remote).await.unwrap());
    let made = server.fake.seen().pop().unwrap().json()["record"].clone();
    assert_eq!(made["text"], "Read more at https://x.org");
    assert_eq!(made["reply"], json!({"root": remote.extra, "parent": remote.extra}));
    assert_eq!(made["facets"][0]["features"][0]["uri"], "https://x.org");

    for (name, settings) in [
        ("autoPlugPost", json!({"likesAmount": 5, "post": " "})),
        ("autoPlugPost", json!({"likesAmount": 5, "post": "x".repeat(301)})),
        ("autoPlugPost", json!({"likesAmount": "many", "post": "x"})),
        ("autoRepostPost", json!({})),
    ] {
        let (stage, remote) = published(&server, settings.clone()).await;
        let failure = Bluesky.plug(&stage.call(), name, &remote).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected, "{settings}");
        assert!(!server.methods().contains(&"createRecord".to_owned()));
    }
    assert_eq!(Bluesky.plug(&stage.call(), "other", &remote).await.unwrap_err().kind, FailureKind::Unsupported);
}

#[tokio::test]
async fn people_are_found_and_the_account_is_who_it_is() {
    let server = Server::start().await;
    let stage = server.stage();
    server.misfortune(|method, seen| match method {
        "searchActorsTypeahead" => {
            assert_eq!((seen.query["q"].as_str(), seen.query["limit"].as_str()), ("bo", "10"));
            let bob =
                json!({"did": "did:plc:bob", "handle": "bob.test", "displayName": "Bob", "avatar": "https://x.example/b.png"});
            Some(Answer::json(json!({"actors": [bob, {"did": "did:plc:bo", "handle": "bo.test"}]})))
        }
        "getSession" => Some(Answer::json(json!({"did": DID, "handle": "alice.new", "active": true}))),
        _ => None,
    });
    let found = Bluesky.mentions(&stage.access(), " @bo").await.unwrap();
    assert_eq!(found.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["bob.test", "bo.test"]);
    assert_eq!((found[0].picture.as_deref(), &found[0].extra["display_name"]), (Some("https://x.example/b.png"), &json!("Bob")));
    assert!(Bluesky.mentions(&stage.access(), "@").await.unwrap().is_empty());

    // Without the view of the network: the name is the handle.
    let me = Bluesky.whoami(&stage.access()).await.unwrap();
    assert_eq!((me.id.as_str(), me.name.as_str(), me.handle.as_str(), me.picture), (DID, "alice.new", "alice.new", None));
    server.misfortune(|_, _| Some(refusal(501, "MethodNotImplemented", "no search")));
    assert_eq!(Bluesky.mentions(&stage.access(), "bo").await.unwrap_err().kind, FailureKind::Unavailable);
}
