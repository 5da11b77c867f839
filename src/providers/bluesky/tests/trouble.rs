//! A network and a server that fail: one record, or none and a failure that says which.

use std::sync::{Arc, Mutex};

use super::{
    super::Bluesky,
    server::{PASSWORD, Server, fails, live, refusal},
};
use crate::providers::{FailureKind, Found, Provider as _, testing::Answer};

#[tokio::test]
async fn killed_after_the_server_accepted_the_record_is_found_and_not_made_again() {
    let server = Server::start().await;
    let stage = server.stage().text("x").picture(1, 1, "");
    stage.ledger.crash_at("create");
    fails(&stage).await;
    assert_eq!(server.methods(), ["uploadBlob", "createRecord"]);
    let (remote, _) = live(&stage).await;
    assert_eq!(server.methods(), ["getRecord"], "neither the upload nor the record is sent twice");
    assert_eq!(server.state().records.len(), 1);
    assert_eq!(Bluesky.find(&stage.call(), &stage.ledger.key("create")).await.unwrap(), Found::Yes(vec![remote]));
}

#[tokio::test]
async fn a_server_error_is_safe_to_repeat_under_the_same_key() {
    let server = Server::start().await;
    let stage = server.stage().text("x");
    server
        .misfortune(|method, _| (method == "createRecord").then(|| refusal(500, "InternalServerError", "Internal Server Error")));
    let failure = fails(&stage).await;
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Unavailable, "Internal Server Error"));
    assert_eq!(failure.code.as_deref(), Some("InternalServerError"));
    assert_eq!(server.methods(), ["createRecord", "getRecord"], "a 500 is also how a key that exists is refused");
    assert!(server.state().records.is_empty());
    server.well_again();
    live(&stage).await;
    assert_eq!(server.methods(), ["getRecord", "createRecord"]);
    assert_eq!(server.state().records.len(), 1);
}

#[tokio::test]
async fn a_key_that_exists_already_is_success() {
    let server = Server::start().await;
    let stage = server.stage().text("x");
    // The ledger lost all it knew but the key, as nothing should.
    let (first, _) = live(&stage).await;
    let key = stage.ledger.key("create");
    let record = server.state().records.values().next().unwrap().clone();
    let found = super::super::record::create(&stage.call(), &key, &record).await.unwrap();
    assert_eq!(found.remote("https://bsky.app"), first);
    assert_eq!(server.methods(), ["createRecord", "createRecord", "getRecord"]);
    assert_eq!(server.state().records.len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_read_back() {
    for answer in [Answer::Drop, Answer::Hang] {
        let server = Server::start().await;
        let stage = server.stage().text("x");
        let written = Arc::new(Mutex::new(None));
        server.misfortune({
            let written = written.clone();
            move |method, seen| {
                (method == "createRecord").then(|| {
                    *written.lock().unwrap() = Some(seen.json());
                    answer.clone()
                })
            }
        });
        assert_eq!(fails(&stage).await.kind, FailureKind::Unavailable);
        server.well_again();
        let body = written.lock().unwrap().take().unwrap();
        server.state().create(&body);
        server.methods();
        let (remote, _) = live(&stage).await;
        assert_eq!(server.methods(), ["getRecord"]);
        assert!(remote.id.ends_with(body["rkey"].as_str().unwrap()));
    }
}

#[tokio::test]
async fn nothing_is_created_while_it_is_not_known_what_is_there() {
    let server = Server::start().await;
    let stage = server.stage().text("x");
    stage.ledger.crash_at("create");
    fails(&stage).await;
    server.methods();
    server
        .misfortune(|method, _| (method == "getRecord").then(|| refusal(502, "UpstreamFailure", "Upstream service unreachable")));
    assert_eq!(fails(&stage).await.kind, FailureKind::Unavailable);
    assert_eq!(server.methods(), ["getRecord"]);
}

#[tokio::test]
async fn a_busy_server_says_when_to_come_back() {
    let server = Server::start().await;
    server.misfortune(|method, _| {
        let answer = || refusal(429, "RateLimitExceeded", "Rate Limit Exceeded").header("ratelimit-reset", 1_795_422_000);
        (method == "createRecord").then(answer)
    });
    let failure = fails(&server.stage().text("x")).await;
    assert_eq!(failure.kind, FailureKind::RateLimited { until: "2026-11-23T08:20:00Z".parse().ok() });
    assert_eq!(server.methods(), ["createRecord"]);
}

#[tokio::test]
async fn refused_content_stops_with_the_platforms_words() {
    let server = Server::start().await;
    let words = "Invalid app.bsky.feed.post record: grapheme too big (maximum 300, got 301) at $.record.text";
    server.misfortune(move |method, _| (method == "createRecord").then(|| refusal(400, "InvalidRequest", words)));
    let failure = fails(&server.stage().text("x")).await;
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Rejected, words));
    assert_eq!((failure.code.as_deref(), server.methods()), (Some("InvalidRequest"), vec!["createRecord".to_owned()]));
}

#[tokio::test]
async fn a_server_that_echoes_the_request_gives_nothing_away() {
    let server = Server::start().await;
    server.misfortune(|_, seen| Some(refusal(400, "InvalidRequest", &format!("{PASSWORD} and {}", seen.bearer()))));
    let failure = fails(&server.stage().text("x")).await;
    assert_eq!(failure.message, "… and …");
}
