//! Calls with an account's credentials against a platform on loopback: renewing once, repeating once, hiding secrets.

use serde_json::json;

use super::*;
use crate::{
    http::Method,
    providers::{
        Auth, Call, Can, Fut, OAuth2, Outcome,
        testing::{Answer, Fake, Seen, Stage},
    },
};

const ABOUT: Descriptor = Descriptor {
    id: "x",
    auth: Auth::OAuth2(OAuth2 { token: "{server}/token", ..OAuth2::CODE }),
    can: Can { refresh: true, ..Can::PUBLISH },
    ..Descriptor::EMPTY
};
const LASTING: Descriptor = Descriptor { can: Can::PUBLISH, ..ABOUT };

/// A platform that says what it was sent in its errors.
struct Platform(&'static Descriptor);

impl Provider for Platform {
    fn about(&self) -> &'static Descriptor {
        self.0
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        Failure { message: reply.text(), ..failure }.code("from the table")
    }

    fn publish<'a>(&'a self, _: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(async { Err(Failure::unsupported("publishing")) })
    }
}

fn stage(fake: &Fake) -> Stage {
    let credentials = json!({"server": fake.url, "access": "token-old", "refresh": "refresh-1", "handle": "ann-public"});
    let mut stage = Stage::new("account", credentials);
    stage.app = [("client_id", "client-public"), ("client_secret", "secret-of-app")].map(|(n, v)| (n.into(), v.into())).into();
    stage
}

async fn send(stage: &Stage, fake: &Fake, about: &'static Descriptor) -> Result<Reply, Failure> {
    let (url, access) = (format!("{}/write", fake.url), stage.access());
    let make = |credentials: &Json| {
        access.http.request(Method::POST, &url).bearer(credentials["access"].as_str().unwrap_or_default()).json(&json!({"n": 1}))
    };
    access.send(&Platform(about), make).await
}

fn paths(fake: &Fake) -> Vec<String> {
    fake.seen().iter().map(|seen| format!("{} {}", seen.path, seen.bearer())).collect()
}

/// Takes `token-new` and renews to it.
fn renewing(seen: &Seen) -> Answer {
    match (seen.path.as_str(), seen.bearer()) {
        ("/token", _) => Answer::json(json!({"access_token": "token-new", "refresh_token": "refresh-2"})),
        (_, "token-new") => Answer::json(json!({"id": "1"})),
        _ => Answer::status(401, json!({})),
    }
}

#[tokio::test]
async fn a_refused_access_is_renewed_once_and_the_call_made_once_more() {
    let fake = Fake::start(renewing).await;
    let stage = stage(&fake);
    assert!(send(&stage, &fake, &ABOUT).await.is_ok());
    assert_eq!(paths(&fake), ["/write token-old", "/token ", "/write token-new"]);
    assert_eq!((stage.purse.refreshed().await, stage.access().credential("refresh").unwrap()), (1, "refresh-2".into()));
    assert!(send(&stage, &fake, &ABOUT).await.is_ok());
    assert_eq!(paths(&fake), ["/write token-new"], "what was renewed is used from then on");
}

#[tokio::test]
async fn an_access_that_is_refused_again_is_for_a_person() {
    let fake = Fake::start(|seen| match seen.path.as_str() {
        "/token" => Answer::json(json!({"access_token": "token-new"})),
        _ => Answer::status(401, json!({})),
    })
    .await;
    let stage = stage(&fake);
    assert_eq!(send(&stage, &fake, &ABOUT).await.unwrap_err().kind, FailureKind::Reconnect);
    assert_eq!(paths(&fake), ["/write token-old", "/token ", "/write token-new"], "no third try");
}

#[tokio::test]
async fn where_nothing_can_be_renewed_a_refusal_stands() {
    let fake = Fake::start(renewing).await;
    let stage = stage(&fake);
    assert_eq!(send(&stage, &fake, &LASTING).await.unwrap_err().kind, FailureKind::Reconnect);
    assert_eq!(paths(&fake), ["/write token-old"]);
}

/// The token endpoint's weather is not the account's fault, and the write has not happened.
#[tokio::test]
async fn a_renewal_that_does_not_work_today_is_tried_again() {
    for (answer, kind) in [
        (Answer::status(503, json!({})), FailureKind::Unavailable),
        (Answer::Drop, FailureKind::Unavailable),
        (Answer::status(400, json!({"error": "invalid_grant"})), FailureKind::Reconnect),
    ] {
        let fake = Fake::start(move |seen| if seen.path == "/token" { answer.clone() } else { Answer::status(401, json!({})) });
        let fake = fake.await;
        let stage = stage(&fake);
        assert_eq!(send(&stage, &fake, &ABOUT).await.unwrap_err().kind, kind);
        assert_eq!((fake.seen().len(), stage.purse.refreshed().await), (2, 0));
        assert_eq!(stage.access().credential("access").unwrap(), "token-old");
    }
}

/// Only a 401 says that nothing was done: a write whose answer is lost is never repeated here.
#[tokio::test]
async fn nothing_but_a_refused_access_is_repeated() {
    for (answer, kind) in [
        (Answer::Drop, FailureKind::Uncertain),
        (Answer::status(500, json!({})), FailureKind::Uncertain),
        (Answer::status(403, json!({})), FailureKind::Rejected),
    ] {
        let fake = Fake::start(move |_| answer.clone()).await;
        assert_eq!(send(&stage(&fake), &fake, &ABOUT).await.unwrap_err().kind, kind);
        assert_eq!(fake.seen().len(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn two_that_are_refused_at_once_renew_once() {
    let fake = Fake::start(|seen| {
        if seen.path == "/token" {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        renewing(seen)
    })
    .await;
    let stage = stage(&fake);
    let all = futures_util::future::join_all((0..4).map(|_| send(&stage, &fake, &ABOUT))).await;
    assert!(all.iter().all(Result::is_ok));
    let renewals = fake.seen().iter().filter(|seen| seen.path == "/token").count();
    assert_eq!((renewals, stage.purse.refreshed().await), (1, 1));
}

#[tokio::test]
async fn an_access_that_is_about_to_end_is_renewed_before_it_is_used() {
    let fake = Fake::start(renewing).await;
    for (ends, about, renewals) in [
        (json!("2026-11-23T08:01:00Z"), &ABOUT, 1),
        (json!("2026-11-23T07:00:00+00:00"), &ABOUT, 1),
        (json!("2026-11-23T08:02:00Z"), &ABOUT, 0),
        (json!("tomorrow"), &ABOUT, 0),
        (json!(null), &ABOUT, 0),
        (json!("2026-11-23T07:00:00Z"), &LASTING, 0),
    ] {
        let mut credentials = stage(&fake).access().tokens.current();
        credentials["expires_at"] = ends.clone();
        let stage = Stage { purse: crate::providers::testing::Purse::new(credentials), ..stage(&fake) };
        stage.access().freshen(&Platform(about)).await.unwrap();
        assert_eq!(stage.purse.refreshed().await, renewals, "{ends}");
    }
    assert!(fake.seen().iter().all(|seen| seen.path == "/token"));
}

/// The platform repeats everything that it was sent, and the provider takes its words over.
#[tokio::test]
async fn no_failure_repeats_a_secret_of_the_account_or_the_app() {
    let fake = Fake::start(|seen| {
        let words = json!({"said": [seen.bearer(), "refresh-1", "secret-of-app", "ann-public", "client-public"]});
        Answer::status(400, words)
    })
    .await;
    let stage = stage(&fake);
    let failure = send(&stage, &fake, &ABOUT).await.unwrap_err();
    stage.assert_hides(&["token-old", "refresh-1", "secret-of-app"], Some(&failure));
    assert!(failure.message.contains("ann-public") && failure.message.contains("client-public"), "{failure}");
    assert_eq!(failure.code.as_deref(), Some("from the table"));
}

#[test]
fn what_is_missing_in_the_credentials_means_connecting_again() {
    let stage = Stage::new("account", json!({"nested": {"token": "t"}}));
    assert_eq!(stage.access().credential("access").unwrap_err().kind, FailureKind::Reconnect);
    assert_eq!(text(&json!({"a": 1}), "a").unwrap_err().kind, FailureKind::Reconnect);
}
