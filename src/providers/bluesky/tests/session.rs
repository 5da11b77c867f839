//! Sessions that end.

use serde_json::json;

use super::server::{PASSWORD, Server, fails, live, refusal, token};
use crate::providers::{
    FailureKind, Tokens as _,
    testing::{Answer, Purse, Stage},
};

fn with(mut stage: Stage, name: &str, value: &str) -> Stage {
    let mut credentials = stage.purse.current();
    credentials[name] = value.into();
    stage.purse = Purse::new(credentials);
    stage
}

/// The server has forgotten the access token of this part.
fn stale(server: &Server) -> Stage {
    with(server.stage(), "access", &token("forgotten", 1_795_424_400))
}

#[tokio::test]
async fn an_expired_session_is_renewed_once_and_stored_before_use() {
    let server = Server::start().await;
    let stage = stale(&server).text("@bob.test").picture(1, 1, "");
    live(&stage).await;
    assert_eq!(server.methods(), ["uploadBlob", "refreshSession", "uploadBlob", "resolveHandle", "createRecord"]);
    assert_eq!(stage.purse.refreshed().await, 1);
    let (stored, state) = (stage.purse.current(), server.state());
    assert_eq!(
        (stored["access"].as_str(), stored["refresh"].as_str()),
        (Some(state.access.as_str()), Some(state.refresh.as_str()))
    );
    assert_eq!(stored["password"], PASSWORD);
}

#[tokio::test]
async fn a_session_about_to_end_is_renewed_first() {
    let server = Server::start().await;
    for access in [token("soon", 1_795_420_859), String::new()] {
        let stage = with(server.stage(), "access", &access).text("x");
        live(&stage).await;
        assert_eq!(server.methods(), ["refreshSession", "createRecord"]);
    }
    live(&with(server.stage(), "refresh", "").text("not needed")).await;
    assert_eq!(server.methods(), ["createRecord"]);
}

#[tokio::test]
async fn parts_of_one_account_share_a_refresh() {
    let server = Server::start().await;
    let stage = stale(&server);
    let seen = stage.purse.current();
    let call = stage.call();
    let send =
        || super::super::session::send(&call, |c| c.request(call.http, crate::http::Method::POST, "com.atproto.repo.uploadBlob"));
    let (one, two) = tokio::join!(send(), send());
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(server.methods().iter().filter(|m| *m == "refreshSession").count(), 1);
    assert_ne!(stage.purse.current(), seen);
}

#[tokio::test]
async fn a_refused_refresh_falls_back_to_the_password() {
    let server = Server::start().await;
    for refresh in [token("revoked", 1), String::new()] {
        let stage = with(stale(&server), "refresh", &refresh).text("x");
        live(&stage).await;
        let opens = if refresh.is_empty() { vec!["createSession"] } else { vec!["refreshSession", "createSession"] };
        assert_eq!(server.methods(), [vec!["createRecord"], opens, vec!["createRecord"]].concat());
        assert_eq!(stage.purse.refreshed().await, 1);
    }
}

#[tokio::test]
async fn only_a_refused_password_asks_a_person() {
    let server = Server::start().await;
    let stage = with(with(stale(&server), "refresh", &token("revoked", 1)), "password", "changed-since").text("x");
    let before = stage.purse.current();
    let failure = fails(&stage).await;
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Reconnect, "Invalid identifier or password"));
    assert_eq!((stage.purse.refreshed().await, stage.purse.current()), (0, before));

    server.misfortune(|_, _| Some(refusal(401, "AccountTakedown", "Account has been taken down")));
    server.fake.seen();
    assert_eq!(fails(&server.stage().text("x")).await.kind, FailureKind::Reconnect);
    assert_eq!(server.methods(), ["createRecord"], "no session helps an account that is closed");
}

#[tokio::test]
async fn f7_f8_trouble_on_the_way_to_a_session_is_never_the_persons() {
    for trouble in [
        Answer::Drop,
        Answer::Hang,
        refusal(500, "InternalServerError", "Internal Server Error"),
        Answer::bytes("text/html", "<h1>Log in to the hotel's network</h1>"),
        Answer::bytes("text/html", "<h1>Forbidden</h1>").with_status(403),
        Answer::bytes("text/html", "<h1>Who are you?</h1>").with_status(401),
        Answer::bytes("text/html", "").with_status(302).header("location", "/"),
        Answer::json(json!({"accessJwt": "", "refreshJwt": "", "did": "did:plc:alice", "handle": "alice.test"})),
    ] {
        for at in ["refreshSession", "createSession"] {
            let server = Server::start().await;
            let trouble = trouble.clone();
            server.misfortune(move |method, _| (method == at).then(|| trouble.clone()));
            let stage = match at {
                "createSession" => with(stale(&server), "refresh", &token("revoked", 1)),
                _ => stale(&server),
            };
            let stage = stage.text("x");
            let before = stage.purse.current();
            let failure = fails(&stage).await;
            assert_eq!(failure.kind, FailureKind::Unavailable, "{at}: {failure:?}");
            assert_eq!(stage.purse.current(), before, "what worked is kept");
        }
    }
    let server = Server::start().await;
    server.misfortune(|method, _| {
        (method == "refreshSession").then(|| refusal(429, "RateLimitExceeded", "Slow").header("retry-after", 60))
    });
    let failure = fails(&stale(&server).text("x")).await;
    assert_eq!(failure.kind, FailureKind::RateLimited { until: "2026-11-23T08:01:00.123456Z".parse().ok() });
}

#[tokio::test]
async fn a_handle_that_changed_hands_opens_nothing() {
    let server = Server::start().await;
    server.misfortune(|method, _| {
        let session = json!({"accessJwt": "a.b.c", "refreshJwt": "d.e.f", "did": "did:plc:mallory", "handle": "alice.test"});
        (method == "createSession").then(|| Answer::json(session))
    });
    let stage = with(stale(&server), "refresh", "").text("x");
    let failure = fails(&stage).await;
    assert_eq!(failure.kind, FailureKind::Reconnect);
    assert!(failure.message.contains("another account"), "{failure:?}");
}
