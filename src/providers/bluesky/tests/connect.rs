//! Connecting an account.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value as Json, json};

use super::{
    super::Bluesky,
    server::{DID, PASSWORD, Server, refusal, token},
};
use crate::providers::{
    Account, Answers, Failure, FailureKind, Link, Provider as _,
    testing::one,
    testing::{Answer, Fake, client},
};

async fn connect(service: &str, identifier: &str, password: &str) -> Result<Account, Failure> {
    let (http, hosts) = (client(), BTreeMap::new());
    let link =
        Link { http: &http, hosts: &hosts, app: &Answers::new(), redirect: "", now: "2026-11-23T08:00:00Z".parse().unwrap() };
    let fields = [("service", service), ("identifier", identifier), ("password", password)];
    let answers: Answers = fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let result = Bluesky.connect(&link, &answers).await.map(one);
    if let Err(failure) = &result {
        let shown = format!("{failure:?}");
        assert!(!shown.contains(PASSWORD) && !shown.contains("eyJ"), "{shown}");
    }
    result
}

#[tokio::test]
async fn an_account_is_who_the_server_says_it_is() {
    let server = Server::start().await;
    let account = connect(&format!(" {}/ ", server.fake.url), " @alice.test", &format!("{PASSWORD}\n")).await.unwrap();
    assert_eq!((account.id.as_str(), account.name.as_str(), account.handle.as_str()), (DID, "alice.test", "alice.test"));
    assert_eq!((account.picture, account.url.as_deref()), (None, Some("https://bsky.app/profile/alice.test")));
    let url = &server.fake.url;
    let access = server.state().access.clone();
    let refresh = server.state().refresh.clone();
    assert_eq!(
        account.credentials,
        json!({"service": url, "pds": url, "identifier": "alice.test", "password": PASSWORD, "did": DID,
               "handle": "alice.test", "access": access, "refresh": refresh})
    );
    let seen = server.fake.seen();
    assert_eq!(seen[0].json(), json!({"identifier": "alice.test", "password": PASSWORD}));
    assert_eq!((seen[1].path.as_str(), seen[1].query["actor"].as_str()), ("/xrpc/app.bsky.actor.getProfile", DID));
    assert_eq!(seen[1].bearer(), access);
}

fn session(did: &str, pds: &str) -> Json {
    let document =
        json!({"id": DID, "service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": pds}]});
    json!({"accessJwt": token("a", 1), "refreshJwt": token("r", 2), "did": did, "handle": "handle.invalid", "didDoc": document})
}

#[tokio::test]
async fn the_account_lives_where_its_identity_says() {
    let profile = json!({"displayName": " Alice ", "avatar": "https://cdn.example/a.jpg", "handle": "alice.test"});
    let home = Arc::new(Fake::start(move |_| Answer::json(profile.clone())).await);
    let at = home.url.clone();
    let service = Fake::start(move |_| Answer::json(session(DID, &format!("{at}/")))).await;
    let account = connect(&service.url, "alice.test", PASSWORD).await.unwrap();
    assert_eq!((&account.credentials["service"], &account.credentials["pds"]), (&json!(service.url), &json!(home.url)));
    assert_eq!((account.name.as_str(), account.picture.as_deref()), ("Alice", Some("https://cdn.example/a.jpg")));
    assert_eq!(account.url.as_deref(), Some("https://bsky.app/profile/did:plc:alice"));

    // A home that may not be called, and a document about somebody else, change nothing.
    for (did, pds) in [(DID, "http://10.0.0.1"), (DID, "ftp://x.org"), (DID, ""), ("did:plc:bob", "http://127.0.0.1:1")] {
        let service = Fake::start(move |_| Answer::json(session(did, pds))).await;
        let account = connect(&service.url, "alice.test", PASSWORD).await.unwrap();
        assert_eq!(account.credentials["pds"], json!(service.url), "{pds}");
    }
}

#[tokio::test]
async fn what_the_person_can_put_right_is_said_in_words() {
    let server = Server::start().await;
    let url = server.fake.url.clone();
    let failure = connect(&url, "alice.test", "wrong").await.unwrap_err();
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Reconnect, "Invalid identifier or password"));
    assert_eq!(failure.code.as_deref(), Some("AuthenticationRequired"));

    for (answer, words) in [
        (refusal(401, "AuthFactorTokenRequired", "A sign in code has been sent"), "app password"),
        (refusal(401, "AccountTakedown", "Account has been taken down"), "taken down"),
        (refusal(400, "InvalidRequest", "Input/identifier is odd"), "odd"),
        (
            Answer::json(
                session(DID, "")
                    .as_object()
                    .map(|s| {
                        let mut s = s.clone();
                        s.extend([("active".to_owned(), json!(false)), ("status".to_owned(), json!("deactivated"))]);
                        Json::Object(s)
                    })
                    .unwrap(),
            ),
            "deactivated",
        ),
    ] {
        server.misfortune(move |_, _| Some(answer.clone()));
        let failure = connect(&url, "alice.test", PASSWORD).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Reconnect, "{failure:?}");
        assert!(failure.message.contains(words), "{failure:?}");
    }
}

#[tokio::test]
async fn an_address_that_is_no_server_is_named() {
    let page = Fake::start(|_| Answer::bytes("text/html", "<h1>404</h1>").with_status(404)).await;
    let failure = connect(&page.url, "alice.test", PASSWORD).await.unwrap_err();
    assert_eq!(
        (failure.kind, failure.message),
        (FailureKind::Rejected, format!("{} does not answer like a Bluesky server", page.url))
    );
    let odd = Fake::start(|_| Answer::json(json!({"accessJwt": "eyJsecret", "password": PASSWORD}))).await;
    assert_eq!(connect(&odd.url, "alice.test", PASSWORD).await.unwrap_err().kind, FailureKind::Rejected);

    let gone = "http://127.0.0.1:1";
    let failure = connect(gone, "alice.test", PASSWORD).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unavailable);
    assert!(failure.message.starts_with("http://127.0.0.1:1: the platform could not be reached"), "{failure:?}");
    for refused in ["http://10.0.0.1", "http://8.8.8.8", "https://user:word@bsky.social", "ftp://bsky.social", "10.0.0.1", "::"] {
        assert_eq!(connect(refused, "alice.test", PASSWORD).await.unwrap_err().kind, FailureKind::Rejected, "{refused}");
    }
    assert_eq!(connect(&odd.url, "", PASSWORD).await.unwrap_err().kind, FailureKind::Rejected);
}

#[tokio::test]
async fn a_server_that_hangs_or_is_busy_is_not_the_persons_mistake() {
    let server = Server::start().await;
    server.misfortune(|_, _| Some(Answer::Hang));
    let failure = connect(&server.fake.url, "alice.test", PASSWORD).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unavailable);
    assert!(failure.message.contains("did not answer in time"), "{failure:?}");
    server.misfortune(|_, _| {
        Some(refusal(429, "RateLimitExceeded", "Rate Limit Exceeded").header("ratelimit-reset", 1_795_422_000))
    });
    let failure = connect(&server.fake.url, "alice.test", PASSWORD).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::RateLimited { until: "2026-11-23T08:20:00Z".parse().ok() });
}
