//! What reaches Twitch, and what its answers come to.

use serde_json::{Value as Json, json};

use super::{ABOUT, Twitch};
use crate::providers::{
    FailureKind, Outcome, Provider as _, Remote, Tokens as _,
    testing::{Answer, Fake, Purse, Seen, Stage, one},
};

const SCOPES: [&str; 4] =
    ["user:write:chat", "user:read:chat", "moderator:manage:announcements", "moderator:manage:chat_messages"];

/// Twitch as it answers when all is well.
fn twitch(seen: &Seen) -> Answer {
    if seen.path == "/oauth2/token" {
        return Answer::json(
            json!({"access_token": "secret-access", "refresh_token": "secret-refresh", "expires_in": 14_124, "scope": SCOPES, "token_type": "bearer"}),
        );
    }
    assert_eq!((seen.bearer(), seen.header("client-id")), ("secret-access", "cid"));
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/helix/users") => Answer::json(
            json!({"data": [{"id": "1", "login": "ann", "display_name": "Ann", "profile_image_url": "http://x/a.png"}]}),
        ),
        ("POST", "/helix/chat/messages") => Answer::json(json!({"data": [{"message_id": "abc-123-def", "is_sent": true}]})),
        ("POST", "/helix/chat/announcements") | ("DELETE", "/helix/moderation/chat") => {
            Answer::bytes("text/plain", "").with_status(204)
        }
        other => panic!("unexpected {other:?}"),
    }
}

fn stage(fake: &Fake) -> Stage {
    let credentials = json!({"access": "secret-access", "refresh": "secret-refresh", "handle": "ann"});
    Stage::new("1", credentials).at(&ABOUT, &fake.url).app(&[("client_id", "cid"), ("client_secret", "hush-hush")])
}

async fn live(stage: &Stage) -> Remote {
    match Twitch.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, .. } => remotes.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_account_is_connected_with_all_permissions_or_not_at_all() {
    let fake = Fake::start(twitch).await;
    let stage = stage(&fake);
    let link = stage.access().link();
    let consent = Twitch.consent(&link, &Default::default(), "STATE").await.unwrap();
    assert!(consent.url.contains("scope=user%3Awrite%3Achat+user%3Aread%3Achat+moderator%3Amanage%3Aannouncements"));
    let account = one(Twitch.grant(&link, &Default::default(), consent.kept, "CODE").await.unwrap());
    assert_eq!((account.id.as_str(), account.name.as_str(), account.handle.as_str()), ("1", "Ann", "ann"));
    assert_eq!(account.credentials["expires_at"], "2026-11-23T11:55:24.123456+00:00");
    assert_eq!(Twitch.whoami(&stage.access()).await.unwrap().picture.as_deref(), Some("http://x/a.png"));
    let narrow = Fake::start(|seen| match seen.path.as_str() {
        "/oauth2/token" => Answer::json(json!({"access_token": "a", "scope": ["user:read:chat"]})),
        _ => twitch(seen),
    })
    .await;
    let failure = Twitch.grant(&self::stage(&narrow).access().link(), &Default::default(), json!({}), "C").await.unwrap_err();
    assert!(failure.message.contains("user:write:chat, moderator:manage:announcements"), "{failure}");
}

#[tokio::test]
async fn a_message_and_a_reply() {
    let fake = Fake::start(twitch).await;
    let stage = stage(&fake).text("hello");
    let root = live(&stage).await;
    let body = |text: &str| json!({"broadcaster_id": "1", "sender_id": "1", "message": text});
    assert_eq!(fake.seen()[0].json(), body("hello"));
    assert_eq!((root.id.as_str(), root.url.clone()), ("abc-123-def", Some(format!("{}/ann", fake.url))));
    live(&stage.next(root, "two")).await;
    let mut reply = body("two");
    reply["reply_parent_message_id"] = json!("abc-123-def");
    assert_eq!(fake.seen()[0].json(), reply);
}

#[tokio::test]
async fn an_announcement_and_what_follows_it() {
    let fake = Fake::start(twitch).await;
    let stage = stage(&fake).text("hear").settings(json!({"messageType": "announcement", "announcementColor": "purple"}));
    let root = live(&stage).await;
    let seen = fake.seen();
    assert_eq!(
        (seen[0].path.as_str(), seen[0].json()),
        ("/helix/chat/announcements", json!({"message": "hear", "color": "purple"}))
    );
    assert_eq!((seen[0].query["broadcaster_id"].as_str(), seen[0].query["moderator_id"].as_str()), ("1", "1"));
    assert_eq!(Twitch.delete(&stage.call(), &root).await.unwrap_err().kind, FailureKind::Rejected);
    live(&stage.next(root, "two")).await;
    let seen = fake.seen();
    assert_eq!(seen[0].path, "/helix/chat/messages");
    assert!(seen[0].json().get("reply_parent_message_id").is_none(), "an announcement cannot be replied to");
}

#[tokio::test]
async fn what_twitch_drops_is_no_success() {
    let limited = FailureKind::RateLimited { until: None };
    for (code, kind) in [
        ("msg_ratelimit", limited),
        ("msg_slowmode", limited),
        ("msg_banned", FailureKind::Rejected),
        ("msg_duplicate", FailureKind::Rejected),
        ("msg_followersonly", FailureKind::Rejected),
        ("msg_rejected", FailureKind::Rejected),
        ("msg_requires_verified_phone_number", FailureKind::Rejected),
        ("msg_verified_email", FailureKind::Rejected),
    ] {
        let fake = Fake::start(move |_| Answer::json(json!({"data": [{"message_id": "", "is_sent": false, "drop_reason": {"code": code, "message": "In Twitch's words"}}]}))).await;
        let failure = Twitch.publish(&stage(&fake).text("x").call()).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str(), failure.code.as_deref()), (kind, "In Twitch's words", Some(code)));
    }
    for (settings, status, kind) in [
        (json!({}), 403, FailureKind::Rejected),
        (json!({}), 422, FailureKind::Rejected),
        (json!({"messageType": "announcement"}), 400, FailureKind::Rejected),
        (json!({"messageType": "announcement"}), 500, FailureKind::Uncertain),
    ] {
        let fake =
            Fake::start(move |_| Answer::status(status, json!({"error": "x", "status": status, "message": "In Twitch's words"})))
                .await;
        let failure = Twitch.publish(&stage(&fake).text("x").settings(settings).call()).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (kind, "In Twitch's words"));
    }
    let fake = Fake::start(|_| Answer::status(429, json!({})).header("ratelimit-reset", 1_795_420_830)).await;
    let failure = Twitch.publish(&stage(&fake).text("x").call()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::RateLimited { until: "2026-11-23T08:00:30Z".parse().ok() });
}

#[tokio::test]
async fn tokens_are_renewed_and_a_refusal_means_reconnecting() {
    let fake = Fake::start(|seen| match seen.path.as_str() {
        "/helix/chat/messages" if seen.bearer() == "ended" => {
            Answer::status(401, json!({"status": 401, "message": "Invalid OAuth token"}))
        }
        _ => twitch(seen),
    })
    .await;
    let mut stage = stage(&fake).text("x");
    stage.purse = Purse::new(json!({"access": "ended", "refresh": "old", "handle": "ann"}));
    live(&stage).await;
    assert_eq!(stage.purse.current()["refresh"], "secret-refresh");
    let refusing: Json = json!({"error": "Bad Request", "status": 400, "message": "Invalid refresh token"});
    let fake = Fake::start(move |seen| match seen.path.as_str() {
        "/oauth2/token" => Answer::status(400, refusing.clone()),
        _ => Answer::status(401, json!({"status": 401, "message": "Invalid OAuth token"})),
    })
    .await;
    assert_eq!(Twitch.publish(&self::stage(&fake).text("x").call()).await.unwrap_err().kind, FailureKind::Reconnect);
}

#[tokio::test]
async fn a_lost_answer_is_uncertain_and_nothing_is_said_twice() {
    let fake = Fake::start(|_| Answer::Drop).await;
    let stage = stage(&fake).text("x");
    for _ in 0..2 {
        assert_eq!(Twitch.publish(&stage.call()).await.unwrap_err().kind, FailureKind::Uncertain);
    }
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn limits_are_characters_and_a_message_can_be_taken_back() {
    let fake = Fake::start(twitch).await;
    let root = live(&stage(&fake).text(&"🙂".repeat(500))).await;
    fake.seen();
    let stage = stage(&fake).text(&"🙂".repeat(501));
    assert_eq!(Twitch.publish(&stage.call()).await.unwrap_err().kind, FailureKind::Rejected);
    assert!(fake.seen().is_empty());
    Twitch.delete(&stage.call(), &root).await.unwrap();
    let seen = fake.seen();
    assert_eq!((seen[0].method.as_str(), seen[0].query["message_id"].as_str()), ("DELETE", "abc-123-def"));
    let gone = Fake::start(|_| Answer::status(404, json!({"status": 404, "message": "Not Found"}))).await;
    Twitch.delete(&self::stage(&gone).call(), &root).await.unwrap();
}
