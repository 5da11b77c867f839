//! A network and a server that fail: one status, or none and a failure that says which.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::{
    super::Mastodon,
    server::{Server, TOKEN, fails, live, refusal},
};
use crate::providers::{FailureKind, Found, Provider as _, testing::Answer};

#[tokio::test]
async fn what_the_server_says_has_one_meaning_each() {
    use FailureKind::{Reconnect, Rejected, Unavailable};
    for (status, words, kind) in [
        (401, "The access token is invalid", Reconnect),
        (403, "This action is outside the authorized scopes", Reconnect),
        (403, "Your login is currently disabled", Reconnect),
        (403, "This action is not allowed", Rejected),
        (404, "The post you are trying to reply to does not appear to exist.", Rejected),
        (422, "Validation failed: Text can't be blank", Rejected),
        (422, "Validation failed: Text character limit of 500 exceeded", Rejected),
        (422, "Validation failed: File content type is invalid", Rejected),
        (422, "Media 9 not found or already attached", Rejected),
        (500, "Internal error", Unavailable),
        (503, "There was a temporary problem serving your request", Unavailable),
    ] {
        let server = Server::start().await;
        server.misfortune(move |line| (line == "POST /api/v1/statuses").then(|| refusal(status, words)));
        let failure = fails(&server.stage().text("x")).await;
        assert_eq!((failure.kind, failure.message.as_str()), (kind, words), "{status}");
        assert_eq!(server.lines(), ["POST /api/v1/statuses"]);
    }
    let server = Server::start().await;
    server.misfortune(|_| Some(refusal(429, "Too many requests").header("x-ratelimit-reset", "2026-11-23T08:05:00.000Z")));
    let until = "2026-11-23T08:05:00Z".parse().ok();
    assert_eq!(fails(&server.stage().text("x")).await.kind, FailureKind::RateLimited { until });
    server.misfortune(|_| Some(Answer::status(400, json!({"error": "bad", "error_description": format!("no {TOKEN}")}))));
    assert_eq!(fails(&server.stage().text("x")).await.message, "no …");
}

#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_again_under_the_same_key() {
    for answer in [Answer::Drop, Answer::Hang, refusal(500, "Internal error"), Answer::bytes("text/html", "<p>busy")] {
        let server = Server::start().await;
        let stage = server.stage().text("x").picture(1, 1, "");
        let lost = answer.clone();
        server.misfortune(move |line| (line == "POST /api/v1/statuses").then(|| lost.clone()));
        assert_eq!(fails(&stage).await.kind, FailureKind::Unavailable, "{answer:?}");
        // It had arrived.
        let sent = server.fake.seen().pop().unwrap();
        server.state().create(sent.header("idempotency-key"), sent.json());
        server.well_again();
        let remote = live(&stage).await;
        assert_eq!((remote.id.as_str(), server.state().statuses.len()), ("100", 1));
        assert_eq!(server.lines(), ["POST /api/v1/statuses"], "the picture is not uploaded twice");
    }
}

#[tokio::test]
async fn killed_after_the_server_accepted_it_is_not_made_again() {
    let server = Server::start().await;
    let stage = server.stage().text("x");
    stage.ledger.crash_at("status");
    fails(&stage).await;
    live(&stage).await;
    assert_eq!((server.state().statuses.len(), server.lines().len()), (1, 2));
}

#[tokio::test]
async fn when_the_key_is_forgotten_the_account_is_read() {
    let server = Server::start().await;
    let settings = json!({"spoiler_text": "Food", "visibility": "direct"});
    let mut stage = server.stage().text("x ").settings(settings).picture(1, 1, "");
    stage.ledger.crash_at("status");
    fails(&stage).await;
    let step = stage.ledger.key("status");
    let find = async |stage: &crate::providers::testing::Stage| Mastodon.find(&stage.call(), &step).await.unwrap();
    match find(&stage).await {
        Found::Yes(remotes) => assert_eq!(remotes.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["100"]),
        other => panic!("{other:?}"),
    }
    // One word, one setting, one picture less: another status.
    for change in ["status", "spoiler_text", "visibility", "media_ids"] {
        let kept = server.state().statuses[&100].clone();
        server.state().statuses.get_mut(&100).unwrap()[change] = if change == "media_ids" { json!([]) } else { json!("other") };
        assert_eq!(find(&stage).await, Found::NotSeen, "{change}: it may still be on its way");
        stage.now += chrono::TimeDelta::minutes(10);
        assert_eq!(find(&stage).await, Found::No, "{change}");
        stage.now -= chrono::TimeDelta::minutes(10);
        server.state().statuses.insert(100, kept);
    }
    // A server that does not tell what was sent proves nothing.
    stage.now += chrono::TimeDelta::minutes(10);
    server.misfortune(|line| line.ends_with("/source").then(|| refusal(404, "Record not found")));
    assert_eq!(find(&stage).await, Found::NotSeen);
    server.misfortune(|_| Some(Answer::Drop));
    assert_eq!(Mastodon.find(&stage.call(), &step).await.unwrap_err().kind, FailureKind::Unavailable);
}

#[tokio::test]
async fn a_list_that_is_cut_off_proves_nothing() {
    let server = Server::start().await;
    let mut stage = server.stage().text("x");
    for n in 0..40 {
        server.state().create(&n.to_string(), json!({"status": format!("other {n}"), "visibility": "public"}));
    }
    let step = crate::providers::StepKey { key: uuid::Uuid::nil(), begun_at: stage.now, earlier: 1 };
    stage.now += chrono::TimeDelta::minutes(10);
    assert_eq!(Mastodon.find(&stage.call(), &step).await.unwrap(), Found::NotSeen);
    server.state().statuses.get_mut(&100).unwrap()["created_at"] = "2026-11-23T07:00:00Z".into();
    assert_eq!(Mastodon.find(&stage.call(), &step).await.unwrap(), Found::No);
    let shared = Arc::new(Mutex::new(0));
    server.misfortune({
        let shared = shared.clone();
        move |_| {
            *shared.lock().unwrap() += 1;
            Some(refusal(404, "Record not found"))
        }
    });
    assert_eq!(Mastodon.find(&stage.call(), &step).await.unwrap(), Found::NotSeen);
    assert_eq!(*shared.lock().unwrap(), 1);
}
