//! The account: who it is, what stands on it, whom it can mention, what its forms refuse.

use chrono::TimeDelta;
use serde_json::json;

use super::{
    super::{ABOUT, Mastodon},
    server::{Server, line, live},
};
use crate::{
    kit::text::Doc,
    providers::{Draft, DraftPart, Provider as _},
};

#[tokio::test]
async fn what_stands_on_the_account_since_then_is_listed_and_recognised() {
    let server = Server::start().await;
    let stage = server.stage().text("fresh bread");
    let remote = live(&stage).await;
    server.state().create("old", json!({"status": "yesterday's bread", "visibility": "public"}));
    server.state().statuses.get_mut(&101).unwrap()["created_at"] = "2026-11-22T08:00:00Z".into();
    let found = Mastodon.candidates(&stage.call(), &stage.ledger.key("status")).await.unwrap();
    let seen = server.fake.seen().pop().unwrap();
    assert_eq!((line(&seen).as_str(), seen.query["limit"].as_str()), ("GET /api/v1/accounts/1/statuses", "40"));
    assert_eq!(found.iter().map(|c| (c.remote.id.as_str(), c.text.as_str())).collect::<Vec<_>>(), [("100", "fresh bread")]);
    assert_eq!(found[0].at, Some(stage.now + TimeDelta::microseconds(1_000_000 - 123_456)));
    for words in ["100", "https://x.example/@alice/100", "https://x.example/users/alice/statuses/100/?a#b"] {
        let seen = Mastodon.recognise(&stage.call(), words).await.unwrap().unwrap();
        assert_eq!((&seen.remote.id, seen.text.as_str()), (&remote.id, "fresh bread"), "{words}");
    }
    for words in ["", "999", "https://x.example/@alice", "../../etc", "a b"] {
        assert_eq!(Mastodon.recognise(&stage.call(), words).await.unwrap(), None, "{words}");
    }
    let mut stranger = server.stage();
    stranger.account = format!("2@{}", server.host());
    assert_eq!(Mastodon.recognise(&stranger.call(), "100").await.unwrap(), None);
}

#[tokio::test]
async fn the_account_is_who_the_server_says_and_others_can_be_mentioned() {
    let server = Server::start().await;
    let stage = server.stage();
    let me = Mastodon.whoami(&stage.access()).await.unwrap();
    assert_eq!((me.id, me.name.as_str()), (stage.account.clone(), "Alice"));
    assert!(Mastodon.mentions(&stage.access(), " @ ").await.unwrap().is_empty());
    server.fake.seen();
    let found = Mastodon.mentions(&stage.access(), "@ali").await.unwrap();
    let seen = server.fake.seen().pop().unwrap();
    assert_eq!((seen.query["q"].as_str(), seen.query["resolve"].as_str()), ("ali", "false"));
    let handles = [format!("alice@{}", server.host()), "alice@remote.example".to_owned()];
    assert_eq!(found.iter().map(|item| item.id.clone()).collect::<Vec<_>>(), handles);
    assert_eq!(
        (found[1].picture.as_deref(), &found[1].extra["display_name"]),
        (Some("https://x.example/a.png"), &json!("Alice"))
    );

    // As the composer keeps it, and as an old client does.
    let mut stage = server.stage();
    stage.text = Doc::from_html(
        "<p>Hi <span data-mention-id=\"alice@remote.example\" data-mention-label=\"Alice\">@Alice</span> <strong>you</strong></p>",
    );
    live(&stage).await;
    assert_eq!(server.state().statuses[&100]["status"], "Hi @alice@remote.example 𝘆𝗼𝘂");
}

#[test]
fn forms_refuse_what_the_server_would() {
    let review = |settings: serde_json::Value, text: &str, media: usize| {
        let file = crate::providers::testing::Files::default().add(1, 1, "");
        let parts = [DraftPart { text: Doc::from_plain(text), media: vec![file; media] }];
        let found = Mastodon.review(&Draft { parts: &parts, settings: &settings, limits: &ABOUT.limits });
        found.into_iter().map(|p| (p.part, p.field, p.message.key)).collect::<Vec<_>>()
    };
    assert_eq!(review(json!({"spoiler_text": "w"}), &"x".repeat(499), 0), []);
    let long = review(json!({"spoiler_text": "wx"}), &"x".repeat(499), 0);
    assert_eq!(long, [(Some(0), "content", "provider.mastodon.too_long")]);
    let options = |options: serde_json::Value| json!({"poll_options": options});
    assert_eq!(review(options(json!([{"option": "a"}])), "x", 0), [(None, "poll_options", "provider.mastodon.poll_few")]);
    assert_eq!(
        review(options(json!(["a", "a"])), "x", 1),
        [(Some(0), "image", "provider.mastodon.poll_media"), (None, "poll_options", "provider.mastodon.poll_twice")]
    );
    for (language, wrong) in [("en", 0), ("gsw", 0), ("pt-BR", 0), ("English", 1), ("e", 1), ("EN", 1), ("en-", 1)] {
        assert_eq!(review(json!({"language": language}), "x", 0).len(), wrong, "{language}");
    }
}
