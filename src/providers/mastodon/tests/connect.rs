//! Connecting an account: the app, the consent page, the code, and a token of the person's own.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{
    super::{ABOUT, Mastodon},
    server::{TOKEN, account, line, refusal},
};
use crate::providers::{
    Account, Answers, Failure, FailureKind, Link, Provider as _,
    testing::{Answer, Fake, REDIRECT, Seen, client, one},
};

fn answers(server: &str, token: &str) -> Answers {
    [("server", server), ("token", token)].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Runs with a link to nowhere in particular.
async fn linked<T>(f: impl AsyncFnOnce(&Link<'_>) -> T) -> T {
    let (http, hosts, app) = (client(), BTreeMap::new(), Answers::new());
    f(&Link { http: &http, hosts: &hosts, app: &app, redirect: REDIRECT, now: "2026-11-23T08:00:00Z".parse().unwrap() }).await
}

/// A server of today (with code challenges) or of before 4.3.
async fn server(challenges: bool) -> Fake {
    Fake::start(move |seen| match line(seen).as_str() {
        "GET /.well-known/oauth-authorization-server" if challenges => {
            Answer::json(json!({"code_challenge_methods_supported": ["S256"], "scopes_supported": ["read"]}))
        }
        "POST /api/v1/apps" => Answer::json(json!({"id": "1", "name": "App", "client_id": "ci", "client_secret": "cs-secret"})),
        "POST /oauth/token" => Answer::json(
            json!({"access_token": TOKEN, "token_type": "Bearer", "created_at": 1_700_000_000, "scope": field(seen, "scope-of-test")}),
        ),
        "GET /api/v1/accounts/verify_credentials" if seen.bearer() == TOKEN => Answer::json(account("")),
        "GET /api/v2/instance" => Answer::json(json!({"configuration": {"statuses": {"max_characters": 900}}})),
        _ => refusal(404, "Not Found"),
    })
    .await
}

fn field(seen: &Seen, name: &str) -> String {
    let fallback = "read:accounts read:statuses write:statuses write:media";
    seen.form().into_iter().find(|(n, _)| n == name).map_or(fallback.into(), |(_, value)| value)
}

async fn round(fake: &Fake) -> (Vec<Seen>, url::Url, Result<Account, Failure>) {
    linked(async |link| {
        let answers = answers(&format!("{}/", fake.url), "");
        let consent = Mastodon.consent(link, &answers, "the-state").await.unwrap();
        let granted = Mastodon.grant(link, &answers, consent.kept, "the-code").await.map(one);
        (fake.seen(), consent.url.parse().unwrap(), granted)
    })
    .await
}

#[tokio::test]
async fn an_app_is_registered_and_the_account_consents() {
    for challenges in [true, false] {
        let fake = server(challenges).await;
        let (seen, consent, account) = round(&fake).await;
        let lines: Vec<String> = seen.iter().map(line).collect();
        assert_eq!(
            lines,
            [
                "GET /.well-known/oauth-authorization-server",
                "POST /api/v1/apps",
                "POST /oauth/token",
                "GET /api/v1/accounts/verify_credentials",
                "GET /api/v2/instance"
            ]
        );
        let scopes = "read:accounts read:statuses write:statuses write:media";
        let app: BTreeMap<String, String> = seen[1].form().into_iter().collect();
        let expected =
            [("client_name", "Rostrum"), ("redirect_uris", REDIRECT), ("scopes", scopes), ("website", "https://rostrum.example")];
        assert_eq!(app, expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        assert_eq!(consent.path(), "/oauth/authorize");
        let asked: BTreeMap<String, String> = consent.query_pairs().into_owned().collect();
        for (name, value) in [
            ("client_id", "ci"),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT),
            ("scope", scopes),
            ("state", "the-state"),
        ] {
            assert_eq!(asked[name], value, "{name}");
        }
        let exchanged: BTreeMap<String, String> = seen[2].form().into_iter().collect();
        for (name, value) in [
            ("grant_type", "authorization_code"),
            ("code", "the-code"),
            ("client_id", "ci"),
            ("client_secret", "cs-secret"),
            ("redirect_uri", REDIRECT),
        ] {
            assert_eq!(exchanged[name], value, "{name}");
        }
        assert_eq!(asked.contains_key("code_challenge"), challenges);
        assert_eq!(exchanged.contains_key("code_verifier"), challenges);
        let account = account.unwrap();
        let host = fake.url.trim_start_matches("http://");
        assert_eq!((account.id, account.handle), (format!("1@{host}"), format!("alice@{host}")));
        assert_eq!((account.name.as_str(), account.picture.as_deref()), ("Alice", Some("https://x.example/a.png")));
        let stored = account.credentials;
        assert_eq!((&stored["access"], &stored["server"]), (&json!(TOKEN), &json!(fake.url)));
        assert_eq!((&stored["rules"]["characters"], &stored["client"]["client_id"]), (&json!(900), &json!("ci")));
    }
}

#[tokio::test]
async fn permissions_that_were_not_given_are_named() {
    let fake = Fake::start(|seen| match line(seen).as_str() {
        "POST /api/v1/apps" => Answer::json(json!({"client_id": "ci", "client_secret": "cs-secret"})),
        "POST /oauth/token" => Answer::json(json!({"access_token": TOKEN, "scope": "read:accounts write:statuses"})),
        _ => refusal(404, "Not Found"),
    })
    .await;
    let (_, _, account) = round(&fake).await;
    let failure = account.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Rejected);
    assert!(failure.message.contains("read:statuses, write:media"), "{failure:?}");
}

#[tokio::test]
async fn a_token_of_the_persons_own_connects_too() {
    let fake = server(true).await;
    let with = async |server: &str, token: &str| {
        linked(async |link| Mastodon.connect(link, &answers(server, token)).await.map(one)).await
    };
    let account = with(&fake.url, &format!(" {TOKEN}\n")).await.unwrap();
    let kept: Vec<&String> = account.credentials.as_object().unwrap().keys().collect();
    assert_eq!(kept, ["access", "rules", "server"]);
    assert_eq!(
        fake.seen().iter().map(line).collect::<Vec<_>>(),
        ["GET /api/v1/accounts/verify_credentials", "GET /api/v2/instance"]
    );
    assert_eq!(with(&fake.url, "").await.unwrap_err().kind, FailureKind::Rejected);

    let strict = Fake::start(|seen| refusal(401, &format!("The access token {} is invalid", seen.bearer()))).await;
    let failure = with(&strict.url, TOKEN).await.unwrap_err();
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Reconnect, "The access token … is invalid"));
    assert!(!format!("{failure:?}").contains(TOKEN));
}

#[tokio::test]
async fn an_address_that_is_no_server_is_named() {
    let consent = async |server: &str| linked(async |link| Mastodon.consent(link, &answers(server, ""), "s").await).await;
    let page = Fake::start(|_| Answer::bytes("text/html", "<h1>404</h1>").with_status(404)).await;
    let failure = consent(&page.url).await.unwrap_err();
    let host = page.url.trim_start_matches("http://");
    assert_eq!(
        (failure.kind, failure.message),
        (FailureKind::Rejected, format!("{host} does not answer like a Mastodon server"))
    );
    let odd = Fake::start(|_| Answer::json(json!({"ok": true, "client_secret": "hush-secret"}))).await;
    let failure = consent(&odd.url).await.unwrap_err();
    assert!(failure.kind == FailureKind::Rejected && !format!("{failure:?}").contains("hush"), "{failure:?}");
    let busy = Fake::start(|_| refusal(429, "Too many requests").header("x-ratelimit-reset", "2026-11-23T08:10:00Z")).await;
    let until = "2026-11-23T08:10:00Z".parse().ok();
    assert_eq!(consent(&busy.url).await.unwrap_err().kind, FailureKind::RateLimited { until });
    let gone = consent("http://127.0.0.1:1").await.unwrap_err();
    assert!(gone.kind == FailureKind::Unavailable && gone.message.starts_with("http://127.0.0.1:1: "), "{gone:?}");
    for refused in ["http://10.0.0.1", "https://user@mastodon.example", "ftp://mastodon.example", "10.0.0.1", "::"] {
        assert_eq!(consent(refused).await.unwrap_err().kind, FailureKind::Rejected, "{refused}");
    }
}

#[test]
fn settings_and_aliases_are_where_clients_look_for_them() {
    assert_eq!(crate::providers::find("mastodon-custom").unwrap().about().id, ABOUT.id);
    let names: Vec<&str> = ABOUT.settings.iter().map(|field| field.name).collect();
    assert!(names.starts_with(&["visibility", "spoiler_text", "sensitive", "language"]), "{names:?}");
    assert_eq!(Json::from(ABOUT.connect[0].default), json!("https://mastodon.social"));
}
