//! OAuth 2 against a token endpoint on loopback that checks what it is sent: the consent page, each way in which a client
//! proves itself, what is kept, and what each refusal means.

use super::*;
use crate::providers::testing::{Answer, Fake, REDIRECT, Seen, client};

const HOW: OAuth2 =
    OAuth2 { authorize: "{web}/oauth/authorize", token: "{server}/oauth/token", scopes: &["read", "write"], ..OAuth2::PKCE };
const BASE: Descriptor = Descriptor {
    id: "x",
    auth: Auth::OAuth2(HOW),
    app: super::super::Field::CLIENT,
    hosts: &[("web", "https://x.example")],
    ..Descriptor::EMPTY
};

fn with(how: OAuth2) -> Descriptor {
    Descriptor { auth: Auth::OAuth2(how), ..BASE }
}

/// A developer app, the address that the connect form named, and the moment.
struct Desk {
    http: crate::http::Client,
    hosts: BTreeMap<String, String>,
    app: Answers,
    answers: Answers,
    now: DateTime<Utc>,
}

impl Desk {
    fn new(server: &str) -> Self {
        let text = |pairs: &[(&str, &str)]| pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Answers>();
        Self {
            http: client(),
            hosts: BTreeMap::new(),
            app: text(&[("client_id", "client-1"), ("client_secret", "secret/of+the&app")]),
            answers: text(&[("server", &format!("{server}/"))]),
            now: "2026-11-23T08:00:00Z".parse().unwrap(),
        }
    }

    fn link(&self) -> Link<'_> {
        Link { http: &self.http, hosts: &self.hosts, app: &self.app, redirect: REDIRECT, now: self.now }
    }

    fn consent(&self, how: OAuth2, client: Option<Json>) -> Result<(Url, Json), Failure> {
        let consent = consent(&with(how), &self.link(), &self.answers, "st&te", client)?;
        Ok((Url::parse(&consent.url).unwrap(), consent.kept))
    }

    async fn exchange(&self, how: OAuth2, kept: Json) -> Result<Granted, Failure> {
        exchange(&with(how), &self.link(), &self.answers, kept, "the-code").await
    }

    async fn renew(&self, how: OAuth2, stored: Json) -> Result<Json, Failure> {
        renew(&with(how), &self.link(), stored).await
    }
}

fn form(seen: &Seen) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(&seen.body).into_owned().collect()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn the_consent_page_says_who_asks_for_what_and_proves_it_later() {
    let desk = Desk::new("https://server.example");
    let (url, kept) = desk.consent(HOW, None).unwrap();
    assert_eq!(url.as_str().split('?').next(), Some("https://x.example/oauth/authorize"));
    let mut query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let verifier = kept["verifier"].as_str().unwrap();
    assert!((43..=128).contains(&verifier.len()), "RFC 7636 section 4.1: {verifier}");
    let challenge = URL_SAFE_NO_PAD.encode(crypto::sha256(verifier.as_bytes()));
    assert_eq!(query.remove("code_challenge"), Some(challenge));
    let expected = map(&[
        ("client_id", "client-1"),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
        ("state", "st&te"),
        ("scope", "read write"),
        ("code_challenge_method", "S256"),
    ]);
    assert_eq!(query, expected);
    assert_ne!(desk.consent(HOW, None).unwrap().1, kept, "each consent has a verifier of its own");
}

#[test]
fn the_quirks_of_a_consent_page_are_data() {
    let mut desk = Desk::new("https://server.example");
    desk.hosts.insert("web".into(), "https://elsewhere.example".into());
    let how = OAuth2 { separator: ",", extra: &[("prompt", "consent")], scopes: &["a", "b"], pkce: false, ..HOW };
    let (url, kept) = desk.consent(how, None).unwrap();
    let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!(
        (url.host_str(), query["scope"].as_str(), query["prompt"].as_str()),
        (Some("elsewhere.example"), "a,b", "consent")
    );
    assert!(kept.get("verifier").is_none() && !query.contains_key("code_challenge"));
    let bare = OAuth2 { authorize: "{server}/authorize", scopes: &[], ..how };
    let (url, kept) = desk.consent(bare, Some(registered("own", "own-secret"))).unwrap();
    let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!((url.path(), query["client_id"].as_str(), query.contains_key("scope")), ("/authorize", "own", false));
    assert_eq!(kept["client"], json!({"client_id": "own", "client_secret": "own-secret"}));
    desk.app.clear();
    let failure = desk.consent(how, None).unwrap_err();
    assert!(failure.message.contains("developer app"), "{failure}");
}

/// Every way in which a client proves itself, as form and as JSON.
#[tokio::test]
async fn a_code_is_exchanged_as_the_platform_wants_it() {
    let granted = json!({"access_token": "a1", "refresh_token": "r1", "expires_in": 3600, "scope": "read write", "x": 1});
    let fake = Fake::start(move |_| Answer::json(granted.clone())).await;
    let desk = Desk::new(&fake.url);
    let code = [("grant_type", "authorization_code"), ("code", "the-code"), ("redirect_uri", REDIRECT), ("code_verifier", "v")];
    let basic = format!("Basic {}", STANDARD.encode("client-1:secret/of+the&app"));
    let (id, secret) = (("client_id", "client-1"), ("client_secret", "secret/of+the&app"));
    for (proof, header, more) in
        [(Proof::Body, "", vec![id, secret]), (Proof::Basic, basic.as_str(), vec![]), (Proof::Public, "", vec![id])]
    {
        for json in [false, true] {
            let how = OAuth2 { proof, json, ..HOW };
            let granted = desk.exchange(how, json!({"verifier": "v"})).await.unwrap();
            assert_eq!((granted.access.as_str(), &granted.answer["x"]), ("a1", &json!(1)));
            let seen = fake.seen().pop().unwrap();
            assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/oauth/token"));
            assert_eq!((seen.header("authorization"), seen.header("accept")), (header, "application/json"), "{proof:?}");
            let sent = if json { serde_json::from_value(seen.json()).unwrap() } else { form(&seen) };
            assert_eq!(sent, map(&[&code[..], &more].concat()), "{proof:?}, JSON {json}");
        }
    }
}

#[tokio::test]
async fn what_is_stored_is_what_was_granted_and_the_client_that_was_registered() {
    let fake =
        Fake::start(|_| Answer::json(json!({"access_token": "a1", "refresh_token": "", "expires_in": "7200", "scope": "read"})))
            .await;
    let desk = Desk::new(&fake.url);
    let kept = json!({"client": registered("own", "own-secret")});
    let granted = desk.exchange(HOW, kept).await.unwrap();
    let sent = form(&fake.seen()[0]);
    assert_eq!((sent["client_id"].as_str(), sent["client_secret"].as_str()), ("own", "own-secret"));
    let expected = json!({
        "access": "a1", "scopes": "read", "expires_at": "2026-11-23T10:00:00+00:00", "server": "s",
        "client": {"client_id": "own", "client_secret": "own-secret"},
    });
    assert_eq!(granted.credentials(json!({"server": "s"})), expected);
}

#[tokio::test]
async fn permissions_that_were_not_granted_are_named() {
    for (scope, separator) in [("write", " "), ("write,other", ",")] {
        let fake = Fake::start(move |_| Answer::json(json!({"access_token": "a1", "scope": scope}))).await;
        let how = OAuth2 { all_scopes: true, separator, scopes: &["read", "write", "admin"], ..HOW };
        let failure = Desk::new(&fake.url).exchange(how, json!({})).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert_eq!(failure.message, "these permissions were not granted: read, admin");
        assert!(Desk::new(&fake.url).exchange(OAuth2 { all_scopes: false, ..how }, json!({})).await.is_ok());
    }
    let silent = Fake::start(|_| Answer::json(json!({"access_token": "a1"}))).await;
    let how = OAuth2 { all_scopes: true, ..HOW };
    assert!(Desk::new(&silent.url).exchange(how, json!({})).await.is_ok(), "who says nothing granted all: RFC 6749 section 5.1");
}

/// What each refusal of a renewal means: only that of the token itself is for a person.
#[tokio::test]
async fn only_a_refused_token_means_connecting_again() {
    let said = |status, error: &str| Answer::status(status, json!({"error": error, "error_description": "in words"}));
    let cases = [
        (said(400, "invalid_grant"), FailureKind::Reconnect),
        (said(401, "invalid_grant"), FailureKind::Reconnect),
        (said(200, "invalid_grant"), FailureKind::Reconnect),
        (said(401, "invalid_client"), FailureKind::Unavailable),
        (said(400, "unauthorized_client"), FailureKind::Unavailable),
        (said(400, "invalid_request"), FailureKind::Unavailable),
        (said(503, "temporarily_unavailable"), FailureKind::Unavailable),
        (said(500, "server_error"), FailureKind::Unavailable),
        (Answer::status(500, json!({})), FailureKind::Unavailable),
        (Answer::bytes("text/html", "<h1>Bad gateway</h1>").with_status(502), FailureKind::Unavailable),
        (Answer::bytes("text/html", "<h1>Welcome</h1>"), FailureKind::Unavailable),
        (Answer::status(403, json!({})), FailureKind::Unavailable),
        (Answer::Drop, FailureKind::Unavailable),
        (Answer::Hang, FailureKind::Unavailable),
        (Answer::json(json!({"token_type": "bearer"})), FailureKind::Unexpected),
        (Answer::json(json!({"access_token": ""})), FailureKind::Unexpected),
    ];
    for (answer, kind) in cases {
        let fake = Fake::start({
            let answer = answer.clone();
            move |_| answer.clone()
        })
        .await;
        let failure = Desk::new(&fake.url).renew(HOW, json!({"server": fake.url, "refresh": "r1"})).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{answer:?}: {failure:?}");
        if matches!(&answer, Answer::Reply { body, .. } if body.windows(8).any(|w| w == b"in words")) {
            assert_eq!(failure.message, "in words");
        }
        assert_eq!(fake.seen().len(), 1, "asked once");
    }
    let limited = Fake::start(|_| Answer::status(429, json!({})).header("retry-after", 30)).await;
    let failure = Desk::new(&limited.url).renew(HOW, json!({"server": limited.url, "refresh": "r1"})).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::RateLimited { until: Some("2026-11-23T08:00:30Z".parse().unwrap()) });
    assert_eq!(Desk::new("").renew(HOW, json!({})).await.unwrap_err().kind, FailureKind::Reconnect);
}

#[tokio::test]
async fn who_has_no_such_access_is_not_told_to_connect_again() {
    let about = Descriptor { auth: Auth::Form, ..BASE };
    let failure = renew(&about, &Desk::new("").link(), json!({})).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unsupported);
}

/// A platform that rotates gives a new refresh token; one that does not leaves the old one in force. What else is stored stays.
#[tokio::test]
async fn what_a_renewal_does_not_repeat_stays() {
    let fake = Fake::start(|seen| {
        let sent: BTreeMap<String, String> = url::form_urlencoded::parse(&seen.body).into_owned().collect();
        match sent["refresh_token"].as_str() {
            "r1" => Answer::json(json!({"access_token": "a2", "refresh_token": "r2", "expires_in": 60})),
            _ => Answer::json(json!({"access_token": "a3"})),
        }
    })
    .await;
    let desk = Desk::new("https://nothing.example");
    let stored = json!({
        "server": fake.url, "access": "a1", "refresh": "r1", "expires_at": "2026-11-23T07:00:00Z", "bot": "b",
        "client": registered("own", "own-secret"),
    });
    let second = desk.renew(OAuth2 { proof: Proof::Basic, ..HOW }, stored).await.unwrap();
    let seen = fake.seen().pop().unwrap();
    assert_eq!(form(&seen), map(&[("grant_type", "refresh_token"), ("refresh_token", "r1")]));
    assert_eq!(seen.header("authorization"), format!("Basic {}", STANDARD.encode("own:own-secret")));
    assert_eq!((&second["access"], &second["refresh"], &second["bot"]), (&json!("a2"), &json!("r2"), &json!("b")));
    assert_eq!(second["expires_at"], "2026-11-23T08:01:00+00:00");
    let third = desk.renew(HOW, second).await.unwrap();
    assert_eq!((&third["access"], &third["refresh"]), (&json!("a3"), &json!("r2")));
    assert!(third.get("expires_at").is_none(), "the end of the old one says nothing about the new one");
}

/// A platform that repeats in its error what it was sent, as it was sent.
#[tokio::test]
async fn no_failure_repeats_a_secret() {
    let fake = Fake::start(|seen| {
        let echo = format!("{} {}", String::from_utf8_lossy(&seen.body), seen.header("authorization"));
        Answer::status(400, json!({"error": "invalid_request", "error_description": echo}))
    })
    .await;
    let desk = Desk::new(&fake.url);
    for (proof, json) in [(Proof::Body, false), (Proof::Body, true), (Proof::Basic, false)] {
        let how = OAuth2 { proof, json, ..HOW };
        let failures = [
            desk.exchange(how, json!({"verifier": "the-verifier"})).await.unwrap_err(),
            desk.renew(how, json!({"server": fake.url, "refresh": "the refresh=token"})).await.unwrap_err(),
        ];
        for failure in failures {
            let text = serde_json::to_string(&failure).unwrap();
            let basic = STANDARD.encode("client-1:secret/of+the&app");
            for secret in
                ["secret/of", "secret%2Fof", "the-code", "the-verifier", "the refresh", "the+refresh", "the%20refresh", &basic]
            {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
            assert!(text.contains("•••") && text.contains("grant_type"), "{text}");
        }
    }
}
