//! What reaches Kick, and what its answers come to.

use serde_json::json;

use super::{ABOUT, Kick};
use crate::{
    kit::crypto,
    providers::{
        FailureKind, Outcome, Provider as _, Remote, Tokens as _,
        testing::{Answer, Fake, Purse, Seen, Stage, one},
    },
};

/// Kick as it answers when all is well.
fn kick(seen: &Seen) -> Answer {
    if seen.path == "/oauth/token" {
        return Answer::json(
            json!({"access_token": "secret-access", "token_type": "Bearer", "refresh_token": "secret-refresh", "expires_in": 7200, "scope": "chat:write user:read channel:read"}),
        );
    }
    assert_eq!(seen.bearer(), "secret-access");
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/public/v1/users") => Answer::json(
            json!({"data": [{"user_id": 123, "name": "Ann", "email": "a@x", "profile_picture": "http://x/a.png"}], "message": "OK"}),
        ),
        ("GET", "/public/v1/channels") => Answer::json(json!({"data": [{"slug": "ann-lee"}], "message": "OK"})),
        ("POST", "/public/v1/chat") => Answer::json(json!({"data": {"is_sent": true, "message_id": "8b4e"}, "message": "OK"})),
        ("DELETE", "/public/v1/chat/8b4e") => Answer::bytes("text/plain", "").with_status(204),
        other => panic!("unexpected {other:?}"),
    }
}

fn stage(fake: &Fake) -> Stage {
    let credentials = json!({"access": "secret-access", "refresh": "secret-refresh", "handle": "ann-lee"});
    Stage::new("123", credentials).at(&ABOUT, &fake.url).app(&[("client_id", "cid"), ("client_secret", "hush-hush")])
}

async fn live(stage: &Stage) -> Remote {
    match Kick.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, .. } => remotes.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_account_is_connected_with_a_code_challenge() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let fake = Fake::start(kick).await;
    let stage = stage(&fake);
    let link = stage.access().link();
    let consent = Kick.consent(&link, &Default::default(), "STATE").await.unwrap();
    let url = url::Url::parse(&consent.url).unwrap();
    let challenge = url.query_pairs().find(|(name, _)| name == "code_challenge").unwrap().1.into_owned();
    let account = one(Kick.grant(&link, &Default::default(), consent.kept, "CODE").await.unwrap());
    let form = fake.seen()[0].form();
    let verifier = &form.iter().find(|(name, _)| name == "code_verifier").unwrap().1;
    assert_eq!(URL_SAFE_NO_PAD.encode(crypto::sha256(verifier.as_bytes())), challenge);
    assert!(verifier.len() >= 43 && form.contains(&("client_secret".into(), "hush-hush".into())));
    assert_eq!((account.id.as_str(), account.name.as_str(), account.handle.as_str()), ("123", "Ann", "ann-lee"));
    assert_eq!(account.url, Some(format!("{}/ann-lee", fake.url)));
    assert_eq!(Kick.whoami(&stage.access()).await.unwrap().id, "123");
    // Without its channel the account's name is the best guess; without the right to write there is no account.
    let bare =
        Fake::start(|seen| if seen.path.ends_with("channels") { Answer::status(500, json!({})) } else { kick(seen) }).await;
    assert_eq!(
        one(Kick.grant(&self::stage(&bare).access().link(), &Default::default(), json!({}), "C").await.unwrap()).handle,
        "ann"
    );
    let narrow = Fake::start(|_| Answer::json(json!({"access_token": "a", "scope": "user:read"}))).await;
    let failure = Kick.grant(&self::stage(&narrow).access().link(), &Default::default(), json!({}), "C").await.unwrap_err();
    assert!(failure.message.ends_with("chat:write"), "{failure}");
}

#[tokio::test]
async fn a_message_a_reply_and_taking_it_back() {
    let fake = Fake::start(kick).await;
    let stage = stage(&fake).text("hello");
    let root = live(&stage).await;
    assert_eq!(fake.seen()[0].json(), json!({"type": "user", "content": "hello", "broadcaster_user_id": 123}));
    assert_eq!((root.id.as_str(), root.url.clone()), ("8b4e", Some(format!("{}/ann-lee", fake.url))));
    Kick.delete(&stage.call(), &root).await.unwrap();
    assert_eq!(fake.seen()[0].path, "/public/v1/chat/8b4e");
    live(&stage.next(root.clone(), "two")).await;
    assert_eq!(fake.seen()[0].json()["reply_to_message_id"], "8b4e");
    let gone = Fake::start(|_| Answer::status(404, json!({"data": {}, "message": "Not Found"}))).await;
    Kick.delete(&self::stage(&gone).call(), &root).await.unwrap();
}

#[tokio::test]
async fn refusals_are_said_in_kicks_words() {
    for (answer, kind, words) in [
        (
            Answer::json(json!({"data": {"is_sent": false, "message_id": ""}, "message": "Slow mode"})),
            FailureKind::Rejected,
            "Slow mode",
        ),
        (
            Answer::json(json!({"data": {"is_sent": false}, "message": "OK"})),
            FailureKind::Rejected,
            "Kick did not send the message",
        ),
        (Answer::json(json!({"data": {"is_sent": true}, "message": "OK"})), FailureKind::Uncertain, "Kick named no message"),
        (
            Answer::status(400, json!({"data": "Channel not found", "message": "Bad request"})),
            FailureKind::Rejected,
            "Channel not found",
        ),
        (Answer::status(403, json!({"data": {}, "message": "Forbidden"})), FailureKind::Rejected, "Forbidden"),
        (Answer::status(404, json!({"data": {}, "message": "Not Found"})), FailureKind::Rejected, "Not Found"),
        (Answer::status(429, json!({"data": {}, "message": "Too many"})), FailureKind::RateLimited { until: None }, "Too many"),
        (Answer::status(500, json!({"data": {}, "message": "Internal"})), FailureKind::Uncertain, "Internal"),
    ] {
        let fake = Fake::start(move |_| answer.clone()).await;
        let failure = Kick.publish(&stage(&fake).text("x").call()).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (kind, words));
    }
}

#[tokio::test]
async fn a_token_that_ended_is_renewed() {
    let fake = Fake::start(|seen| match seen.path.as_str() {
        "/public/v1/chat" if seen.bearer() == "ended" => Answer::status(401, json!({"data": {}, "message": "Unauthorized"})),
        _ => kick(seen),
    })
    .await;
    let mut stage = stage(&fake).text("x");
    stage.purse = Purse::new(json!({"access": "ended", "refresh": "old", "handle": "ann-lee"}));
    live(&stage).await;
    assert_eq!(stage.purse.current()["access"], "secret-access");
    assert!(fake.seen()[1].form().contains(&("refresh_token".into(), "old".into())));
}

#[tokio::test]
async fn a_lost_answer_is_uncertain_and_nothing_is_said_twice() {
    let fake = Fake::start(|_| Answer::Drop).await;
    let stage = stage(&fake).text("x");
    for _ in 0..2 {
        assert_eq!(Kick.publish(&stage.call()).await.unwrap_err().kind, FailureKind::Uncertain);
    }
    assert_eq!(fake.seen().len(), 1);
    let long = self::stage(&fake).text(&"x".repeat(501));
    assert_eq!((Kick.publish(&long.call()).await.unwrap_err().kind, fake.seen().len()), (FailureKind::Rejected, 0));
}
