//! A network and a server that fail: one post, or none and a failure that says which.

use super::{
    super::Lemmy,
    server::{Server, fails, line, live, refusal},
};
use crate::providers::{
    FailureKind, Found, Provider as _, StepKey,
    testing::{Answer, Ledger},
};

#[tokio::test]
async fn what_the_server_says_has_one_meaning_each() {
    use FailureKind::{Reconnect, Rejected, Unavailable};
    for (status, code, kind) in [
        (400, "rate_limit_error", FailureKind::RateLimited { until: None }),
        (429, "rate_limit_error", FailureKind::RateLimited { until: None }),
        (400, "missing_totp_token", Reconnect),
        (400, "site_ban", Rejected),
        (400, "banned_from_community", Rejected),
        (404, "couldnt_find_community", Rejected),
        (400, "only_mods_can_post_in_community", Rejected),
        (400, "locked", Rejected),
        (400, "slurs", Rejected),
        (400, "language_not_allowed", Rejected),
        (400, "invalid_post_title", Rejected),
        (400, "email_not_verified", Rejected),
        (500, "unknown", Unavailable),
    ] {
        let server = Server::start().await;
        server.misfortune(move |line, _| matches!(line, "POST post" | "POST user/login").then(|| refusal(status, code)));
        let failure = fails(&server.stage(&[2]).text("x")).await;
        let words = if code == "missing_totp_token" {
            "this account wants a two-factor code as well".into()
        } else {
            code.replace('_', " ")
        };
        assert_eq!((failure.kind, failure.message), (kind, words), "{code}");
        assert!(server.state().posts.is_empty());
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_looked_for_and_the_rest_goes_on() {
    for answer in [Answer::Drop, Answer::Hang, refusal(500, "unknown"), Answer::bytes("text/html", "<p>busy")] {
        let server = Server::start().await;
        let stage = server.stage(&[2, 3]).text("x").picture(1, 1, "");
        let lost = answer.clone();
        server.misfortune(move |line, seen| (line == "POST post" && seen.json()["community_id"] == 2).then(|| lost.clone()));
        assert_eq!(fails(&stage).await.kind, FailureKind::Unavailable, "{answer:?}");
        let sent = server.fake.seen().pop().unwrap();
        server.state().create("post", sent.json());
        server.well_again();
        let made = live(&stage).await;
        assert_eq!(server.lines(), ["GET user", "POST post"], "only the second community is new");
        assert_eq!((made.len(), server.state().posts.len()), (2, 2));
    }
}

#[tokio::test]
async fn what_is_not_there_is_sent_again_after_several_looks() {
    let server = Server::start().await;
    let stage = server.stage(&[2]).text("x");
    server.misfortune(|line, _| (line == "POST post").then_some(Answer::Drop));
    fails(&stage).await;
    server.well_again();
    server.lines();
    for _ in 0..2 {
        assert_eq!(fails(&stage).await.kind, FailureKind::Unavailable);
        assert_eq!(server.lines(), ["GET user"]);
    }
    live(&stage).await;
    assert_eq!((server.lines(), server.state().posts.len()), (vec!["GET user".to_owned(), "POST post".to_owned()], 1));

    // While the list cannot be read nothing is sent.
    let stage = server.stage(&[3]).text("y");
    stage.ledger.crash_at("post:0");
    fails(&stage).await;
    server.misfortune(|line, _| (line == "GET user").then(|| refusal(404, "not_found")));
    for _ in 0..6 {
        assert_eq!(fails(&stage).await.kind, FailureKind::Unavailable);
    }
    assert_eq!(server.state().posts.len(), 2);
}

#[tokio::test]
async fn killed_after_the_server_accepted_it_is_found() {
    let server = Server::start().await;
    let stage = server.stage(&[2]).text("One");
    stage.ledger.crash_at("post:0");
    fails(&stage).await;
    let post = live(&stage).await.remove(0);
    let stage = stage.next(post, "Two");
    stage.ledger.crash_at("comment:0");
    fails(&stage).await;
    live(&stage).await;
    let posts = server.state().posts.len();
    assert_eq!((posts, server.state().comments.len()), (1, 1));
}

#[tokio::test]
async fn all_of_a_part_or_nothing_is_an_answer() {
    let server = Server::start().await;
    let mut stage = server.stage(&[2, 3]).text("x");
    live(&stage).await;
    stage.ledger = Ledger::new(stage.now);
    let step = StepKey { key: uuid::Uuid::nil(), begun_at: stage.now, earlier: 1 };
    assert!(matches!(Lemmy.find(&stage.call(), &step).await.unwrap(), Found::Yes(remotes) if remotes.len() == 2));
    server.state().posts.pop();
    assert_eq!(Lemmy.find(&stage.call(), &step).await.unwrap(), Found::NotSeen);
    server.state().posts.pop();
    assert_eq!(Lemmy.find(&stage.call(), &step).await.unwrap(), Found::NotSeen, "it may be on its way");
    stage.now += chrono::TimeDelta::minutes(10);
    assert_eq!(Lemmy.find(&stage.call(), &step).await.unwrap(), Found::No);
    let seen = server.fake.seen().pop().unwrap();
    assert_eq!((line(&seen).as_str(), seen.query["person_id"].as_str(), seen.query["sort"].as_str()), ("GET user", "7", "New"));
    server.misfortune(|_, _| Some(Answer::Drop));
    assert_eq!(Lemmy.find(&stage.call(), &step).await.unwrap_err().kind, FailureKind::Unavailable);
}
