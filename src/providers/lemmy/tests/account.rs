//! Signing in, who it is, which communities there are, what the form refuses.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{
    super::{ABOUT, Lemmy},
    server::{JWT, PASSWORD, Server, fails, live, refusal},
};
use crate::{
    kit::text::Doc,
    providers::{
        Account, Answers, Draft, DraftPart, Failure, FailureKind, Link, Provider as _, Tokens as _,
        testing::{Answer, Fake, client, one},
    },
};

async fn connect(service: &str, password: &str, totp: &str) -> Result<Account, Failure> {
    let (http, hosts, app) = (client(), BTreeMap::new(), Answers::new());
    let link = Link { http: &http, hosts: &hosts, app: &app, redirect: "", now: "2026-11-23T08:00:00Z".parse().unwrap() };
    let fields = [("service", service), ("identifier", "@alice"), ("password", password), ("totp", totp)];
    let answers = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let connected = Lemmy.connect(&link, &answers).await.map(one);
    if let Err(failure) = &connected {
        assert!(!format!("{failure:?}").contains(PASSWORD), "{failure:?}");
    }
    connected
}

#[tokio::test]
async fn an_account_is_who_the_server_says() {
    let server = Server::start().await;
    let account = connect(&format!("{}/", server.fake.url), PASSWORD, "123456").await.unwrap();
    let host = server.host();
    assert_eq!((account.id, account.handle), (format!("7@{host}"), format!("alice@{host}")));
    assert_eq!((account.name.as_str(), account.url.as_deref()), ("Alice", Some("http://x/u/alice")));
    let kept = json!({"service": server.fake.url, "identifier": "alice", "password": PASSWORD, "jwt": JWT});
    assert_eq!(account.credentials, kept);
    let seen = server.fake.seen().split_off(1);
    assert_eq!(seen[0].json(), json!({"username_or_email": "alice", "password": PASSWORD, "totp_2fa_token": "123456"}));
    assert_eq!((seen[1].path.as_str(), seen[1].bearer()), ("/api/v3/site", JWT));
    let me = Lemmy.whoami(&server.stage(&[2]).access()).await.unwrap();
    assert_eq!((me.id, me.name.as_str()), (format!("7@{host}"), "Alice"));
}

#[tokio::test]
async fn what_the_person_can_put_right_is_said() {
    let server = Server::start().await;
    let failure = connect(&server.fake.url, "wrong", "").await.unwrap_err();
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Reconnect, "incorrect login"));
    for (answer, kind, words) in [
        (refusal(400, "missing_totp_token"), FailureKind::Reconnect, "two-factor"),
        (refusal(400, "rate_limit_error"), FailureKind::RateLimited { until: None }, "rate limit"),
        (
            Answer::json(json!({"jwt": null, "registration_created": true, "verify_email_sent": false})),
            FailureKind::Reconnect,
            "approved",
        ),
        (
            Answer::json(json!({"jwt": null, "registration_created": true, "verify_email_sent": true})),
            FailureKind::Reconnect,
            "confirmed",
        ),
        (Answer::bytes("text/html", "<h1>404</h1>").with_status(404), FailureKind::Rejected, "Lemmy server"),
        (Answer::bytes("text/html", "<h1>hi</h1>"), FailureKind::Rejected, "Lemmy server"),
        (refusal(400, PASSWORD), FailureKind::Rejected, "answered 400"),
    ] {
        let odd = Fake::start(move |_| answer.clone()).await;
        let failure = connect(&odd.url, PASSWORD, "").await.unwrap_err();
        assert!(failure.kind == kind && failure.message.contains(words), "{words}: {failure:?}");
    }
    for refused in ["http://10.0.0.1", "https://me@lemmy.example", "::"] {
        assert_eq!(connect(refused, PASSWORD, "").await.unwrap_err().kind, FailureKind::Rejected, "{refused}");
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let server = Server::start().await;
    server.state().jwt = "another-jwt".into();
    let stage = server.stage(&[2]).text("x");
    live(&stage).await;
    assert_eq!(server.lines(), ["POST post", "POST user/login", "POST post"]);
    assert_eq!((stage.purse.refreshed().await, stage.purse.current()["jwt"].as_str()), (1, Some("another-jwt")));
    assert_eq!(server.state().posts.len(), 1);

    server.state().jwt = "third-jwt".into();
    server.misfortune(|line, _| (line == "POST user/login").then(|| refusal(401, "incorrect_login")));
    assert_eq!(fails(&server.stage(&[2]).text("y")).await.kind, FailureKind::Reconnect);
    server.misfortune(|line, _| (line == "POST user/login").then(|| refusal(400, "rate_limit_error")));
    assert!(matches!(fails(&server.stage(&[2]).text("z")).await.kind, FailureKind::RateLimited { .. }));
}

#[tokio::test]
async fn communities_are_shown_by_their_address() {
    let server = Server::start().await;
    let stage = server.stage(&[2]);
    let found = Lemmy.lookup(&stage.access(), "subreddits", &json!({"query": "!test"})).await.unwrap();
    let seen = server.fake.seen().pop().unwrap();
    assert_eq!(["type_", "sort", "q"].map(|name| seen.query[name].clone()), ["Communities", "Active", "test"]);
    assert_eq!((found[0].id.as_str(), found[0].name.as_str()), ("2", "Test (!test@x.example)"));
    let failure = Lemmy.lookup(&stage.access(), "others", &Json::Null).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unsupported);
}

#[tokio::test]
async fn people_are_named_with_their_server() {
    let server = Server::start().await;
    let stage = server.stage(&[2]);
    let found = Lemmy.mentions(&stage.access(), "@bo").await.unwrap();
    let named: Vec<&str> = found.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(named[0], "bob@far.example");
    assert_eq!(server.fake.seen()[0].query["q"], "bo");
    assert!(Lemmy.mentions(&stage.access(), " @").await.unwrap().is_empty());
    // As it is written into a text.
    let mention = |item: &crate::providers::Item| {
        format!("<p>Hi <span data-mention-id=\"{0}\" data-mention-label=\"{0}\">@{0}</span></p>", item.id)
    };
    let mut stage = server.stage(&[2]);
    stage.text = Doc::from_html(&mention(&found[0]));
    live(&stage).await;
    assert_eq!(server.state().posts[0]["body"], "Hi @bob@far.example");
}

#[test]
fn forms_refuse_what_the_server_would() {
    let review = |title: &str, comment: usize| {
        let settings = json!({"subreddit": [{"value": {"id": "2", "title": title}}]});
        let part = |text: String| DraftPart { text: Doc::from_plain(&text), media: vec![] };
        let parts = [part("x".repeat(20_000)), part("x".repeat(comment))];
        let found = Lemmy.review(&Draft { parts: &parts, settings: &settings, limits: &ABOUT.limits });
        found.into_iter().map(|p| (p.part, p.field, p.message.key)).collect::<Vec<_>>()
    };
    assert_eq!(review("Title", 10_000), []);
    assert_eq!(
        review("Ti", 10_001),
        [(Some(1), "content", "provider.lemmy.comment_long"), (None, "subreddit", "provider.lemmy.title_wrong")]
    );
    assert_eq!(review(&"x".repeat(201), 1).len(), 1);
}
