//! What reaches MeWe, and what its answers come to.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::*;
use crate::providers::testing::{Answer, Fake, Part, Stage, one};

const APP: &[(&str, &str)] = &[("client_id", "app-1"), ("client_secret", "secret-key")];
const TOKEN: &str = "secret-access";

async fn start() -> (Fake, Arc<AtomicBool>) {
    let approved: Arc<AtomicBool> = Default::default();
    let is_approved = approved.clone();
    let fake = Fake::start(move |seen| {
        assert_eq!((seen.header("x-app-id"), seen.header("x-api-key")), ("app-1", "secret-key"));
        let path = seen.path.trim_start_matches("/api/dev/");
        if path == "token" {
            assert_eq!(seen.query["loginRequestToken"], "lrt");
            return match is_approved.load(Ordering::SeqCst) {
                true => Answer::json(json!({"apiToken": TOKEN, "expiresAt": "2026-12-23T00:00:00Z"})),
                false => Answer::json(json!({"pending": true})),
            };
        }
        if seen.bearer() != TOKEN {
            return Answer::status(401, json!({"message": "Unauthorized"}));
        }
        match (seen.method.as_str(), path) {
            ("GET", "me") => Answer::json(json!({"userId": "5f", "name": "John Doe", "firstName": "John", "handle": "johndoe"})),
            ("GET", "groups") => match seen.query.get("nextPage").map(String::as_str) {
                None => Answer::json(json!({"groups": [{"groupId": "g1", "name": "One"}], "nextPage": "p&2"})),
                Some("p&2") => {
                    Answer::json(json!({"groups": [{"groupId": "g2", "name": "Two"}], "nextPage": "/api/dev/groups?nextPage=3"}))
                }
                Some(_) => Answer::json(json!({"groups": [{"groupId": "g3", "name": "Three"}], "nextPage": null})),
            },
            ("POST", "photo/upload") => Answer::json(json!({"id": "ph1"})),
            ("POST", "me/post" | "group/g1/post") => Answer::bytes("", "").with_status(204),
            other => panic!("{other:?}"),
        }
    });
    (fake.await, approved)
}

fn stage(fake: &Fake) -> Stage {
    let stage = Stage::new("5f", json!({"access": TOKEN, "handle": "johndoe"})).at(&ABOUT, &fake.url).app(APP);
    stage.settings(json!({"postType": "timeline"}))
}

async fn live(stage: &Stage) -> Remote {
    match MeWe.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, .. } => remotes.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_account_is_granted_after_its_owner_approved() {
    let (fake, approved) = start().await;
    let stage = stage(&fake);
    let (link, none) = (stage.access().link(), Answers::new());
    let consent = MeWe.consent(&link, &none, "st4te").await.unwrap();
    let redirect = "https%3A%2F%2Frostrum.example%2Fintegrations%2Fsocial%2Fx";
    assert_eq!(consent.url, format!("{}/login?client_id=app-1&redirect_uri={redirect}&state=st4te", fake.url));
    let failure = MeWe.grant(&link, &none, json!({}), "lrt").await.unwrap_err();
    assert!(failure.message.contains("waits for your approval"), "{failure:?}");
    approved.store(true, Ordering::SeqCst);
    let account = one(MeWe.grant(&link, &none, json!({}), "lrt").await.unwrap());
    assert_eq!((account.id.as_str(), account.name.as_str(), account.handle.as_str()), ("5f", "John Doe", "johndoe"));
    let expected = json!({"access": TOKEN, "handle": "johndoe", "expires_at": "2026-12-23T00:00:00+00:00"});
    assert_eq!(account.credentials, expected);
    assert_eq!(MeWe.whoami(&stage.access()).await.unwrap().handle, "johndoe");
    let groups = MeWe.lookup(&stage.access(), "groups", &json!({})).await.unwrap();
    assert_eq!(groups, [Item::new("g1", "One"), Item::new("g2", "Two"), Item::new("g3", "Three")]);
    let bare = Stage { app: Answers::new(), ..self::stage(&fake) };
    let failure = MeWe.consent(&bare.access().link(), &none, "s").await.unwrap_err();
    assert_eq!(failure.message, "no developer app is set up for MeWe");
}

#[tokio::test]
async fn a_post_on_the_timeline_and_one_with_a_picture_in_a_group() {
    let (fake, _) = start().await;
    let plain = stage(&fake).text("Hello");
    let remote = live(&plain).await;
    let seen = fake.seen();
    assert_eq!((seen[0].path.as_str(), seen[0].json()), ("/api/dev/me/post", json!({"text": "Hello"})));
    assert_eq!((remote.id.len(), remote.url), (12, Some(format!("{}/johndoe/posts", fake.url))));
    let group = stage(&fake).text("").picture(4, 3, "").settings(json!({"postType": "group", "group": "g1"}));
    let remote = live(&group).await;
    let seen = fake.seen();
    let name = format!("{}.jpg", group.media[0].id);
    assert_eq!(seen[0].parts(), [Part::file("file", (&name, "image/jpeg"), "jpeg 0")]);
    assert_eq!(seen[1].path, "/api/dev/group/g1/post");
    assert_eq!(seen[1].json(), json!({"text": "", "uploadedPhotoIds": ["ph1"]}));
    assert_eq!(remote.url, Some(format!("{}/group/g1", fake.url)));
}

#[tokio::test]
async fn a_lost_answer_is_uncertain_and_nothing_is_sent_again() {
    let fake = Fake::start(|_| Answer::Drop).await;
    let stage = stage(&fake).text("Once only");
    for _ in 0..2 {
        let failure = MeWe.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Uncertain);
        stage.assert_hides(&[TOKEN, "secret-key"], Some(&failure));
    }
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn every_refusal_means_what_it_says() {
    use FailureKind::*;
    for (status, words, kind) in [
        (401, "Unauthorized", Reconnect),
        (403, "Forbidden", Rejected),
        (400, "Group 420 is closed", Rejected),
        (420, "Enhance Your Calm", RateLimited { until: None }),
        (429, "Slow down", RateLimited { until: None }),
        (500, "Oops", Uncertain),
    ] {
        let fake = Fake::start(move |_| Answer::status(status, json!({"message": words}))).await;
        let failure = MeWe.publish(&stage(&fake).text("x").call()).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (kind, words), "{status}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anything_leaves() {
    let (fake, _) = start().await;
    let with = |settings: Json| stage(&fake).text("x").settings(settings);
    let reply = stage(&fake).text("x").next(Remote { id: "1".into(), url: None, extra: json!({}) }, "y");
    for (stage, words) in [
        (with(json!({})), "postType is neither"),
        (with(json!({"postType": "group"})), "group is missing"),
        (with(json!({"postType": "group", "group": "../me"})), "group is no id"),
        (stage(&fake).text(" "), "neither text nor a picture"),
        (stage(&fake).text("x").film(1, 1, ""), "1 videos"),
        (stage(&fake).text(&"x".repeat(63_207)), "63207 characters"),
        (reply, "one part"),
    ] {
        let failure = MeWe.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(failure.message.contains(words), "{failure:?}");
    }
    assert!(fake.seen().is_empty());
}
