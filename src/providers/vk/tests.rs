//! What reaches VK, and what its answers come to.

use serde_json::{Value as Json, json};

use super::{ABOUT, Vk};
use crate::providers::{
    FailureKind, Found, Outcome, Provider as _, Remote, StepKey, Tokens as _,
    testing::{Answer, Fake, Part, Purse, Seen, Stage, one},
};

fn ok(response: Json) -> Answer {
    Answer::json(json!({"response": response}))
}

fn refusal(code: i64, words: &str) -> Answer {
    Answer::json(
        json!({"error": {"error_code": code, "error_msg": words, "request_params": [{"key": "access_token", "value": "secret-access"}]}}),
    )
}

fn form(seen: &Seen) -> Json {
    seen.form().into_iter().map(|(name, value)| (name, Json::from(value))).collect::<serde_json::Map<_, _>>().into()
}

/// The fields of a method, without those that every call has.
fn asked(seen: &Seen) -> Json {
    let mut form = form(seen);
    assert_eq!((form["access_token"].as_str(), form["v"].as_str()), (Some("secret-access"), Some("5.251")));
    assert!(seen.query.is_empty(), "no token in the address");
    for name in ["access_token", "v", "guid"] {
        form.as_object_mut().unwrap().remove(name);
    }
    form
}

fn item(id: i64, from: i64, at: i64, text: &str) -> Json {
    json!({"id": id, "from_id": from, "owner_id": 1, "date": at, "text": text, "likes": {"count": 4}, "reposts": {"count": 3}, "comments": {"count": 2}, "views": {"count": 9}})
}

/// VK as it answers when all is well; files go to the same server.
fn vk(seen: &Seen) -> Answer {
    let host = format!("http://{}", seen.header("host"));
    match seen.path.as_str() {
        "/oauth2/auth" => Answer::json(
            json!({"access_token": "secret-access", "refresh_token": "secret-new", "id_token": "i", "token_type": "Bearer", "expires_in": 3600, "user_id": 1, "state": "s", "scope": "vkid.personal_info email wall photos"}),
        ),
        "/oauth2/user_info" => {
            Answer::json(json!({"user": {"user_id": "1", "first_name": "Ann", "last_name": "Lee", "avatar": "http://x/a.jpg"}}))
        }
        "/up" => Answer::json(json!({"server": 1, "photo": "[{\"photo\":\"x\"}]", "hash": "h"})),
        "/vup" => Answer::json(json!({"video_hash": "v", "size": 5})),
        "/method/photos.getWallUploadServer" => ok(json!({"upload_url": format!("{host}/up"), "album_id": -14, "user_id": 1})),
        "/method/photos.saveWallPhoto" => ok(json!([{"id": 5, "owner_id": 1, "access_key": "k"}])),
        "/method/video.save" => ok(json!({"upload_url": format!("{host}/vup"), "video_id": 8, "owner_id": 1, "title": "t"})),
        "/method/wall.post" => ok(json!({"post_id": 77})),
        "/method/wall.createComment" => ok(json!({"comment_id": 78, "parents_stack": []})),
        "/method/wall.edit" | "/method/wall.editComment" | "/method/wall.delete" | "/method/wall.deleteComment" => ok(json!(1)),
        "/method/wall.get" | "/method/wall.getComments" => ok(
            json!({"count": 2, "items": [item(76, 2, 1_795_420_801, "x"), item(77, 1, 1_795_420_801, "x"), item(70, 1, 1_795_000_000, "old")]}),
        ),
        "/method/wall.getById" => ok(json!({"items": [item(77, 1, 1_795_420_801, "x")]})),
        other => panic!("unexpected {other}"),
    }
}

fn stage(fake: &Fake) -> Stage {
    let credentials = json!({"access": "secret-access", "refresh": "secret-refresh", "device": "secret-device"});
    Stage::new("1", credentials).at(&ABOUT, &fake.url).app(&[("client_id", "54321")])
}

async fn live(stage: &Stage) -> Remote {
    match Vk.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, .. } => remotes.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_device_comes_back_beside_the_code_and_is_kept() {
    for (code, query) in [("CODE", json!({"device_id": "secret-device"})), ("CODE&&&&secret-device", Json::Null)] {
        let fake = Fake::start(vk).await;
        let stage = stage(&fake);
        let link = stage.access().link();
        let consent = Vk.consent(&link, &Default::default(), "STATE").await.unwrap();
        assert!(consent.url.contains("/authorize?client_id=54321") && consent.url.contains("code_challenge_method=S256"));
        let mut kept = consent.kept;
        kept["query"] = query;
        let account = one(Vk.grant(&link, &Default::default(), kept.clone(), code).await.unwrap());
        assert_eq!((account.id.as_str(), account.name.as_str(), account.handle.as_str()), ("1", "Ann Lee", "id1"));
        assert_eq!(account.credentials["device"], "secret-device");
        let seen = fake.seen();
        let sent = form(&seen[0]);
        assert_eq!(
            (&sent["code"], &sent["device_id"], &sent["client_id"]),
            (&json!("CODE"), &json!("secret-device"), &json!("54321"))
        );
        assert_eq!((&sent["code_verifier"], sent.get("client_secret")), (&kept["verifier"], None));
        assert!(sent["state"].as_str().unwrap().len() >= 32);
        assert_eq!(form(&seen[1]), json!({"client_id": "54321", "access_token": "secret-access"}));
        assert_eq!(Vk.whoami(&stage.access()).await.unwrap().name, "Ann Lee");
    }
    let fake = Fake::start(vk).await;
    let stage = stage(&fake);
    let failure = Vk.grant(&stage.access().link(), &Default::default(), json!({"verifier": "v"}), "CODE").await.unwrap_err();
    assert!(failure.message.contains("no device"), "{failure}");
}

#[tokio::test]
async fn tokens_are_renewed_for_the_same_device() {
    for ended in [true, false] {
        let fake = Fake::start(move |seen| match seen.path.as_str() {
            "/method/wall.post" if form(seen)["access_token"] == "ended" => refusal(5, "User authorization failed"),
            _ => vk(seen),
        })
        .await;
        let mut stage = stage(&fake).text("x");
        let at = if ended { "2026-11-23T09:00:00Z" } else { "2026-11-23T08:01:00Z" };
        stage.purse =
            Purse::new(json!({"access": "ended", "refresh": "secret-refresh", "device": "secret-device", "expires_at": at}));
        live(&stage).await;
        let renewal = fake.seen().into_iter().find(|seen| seen.path == "/oauth2/auth").unwrap();
        let sent = form(&renewal);
        assert_eq!((&sent["grant_type"], &sent["refresh_token"]), (&json!("refresh_token"), &json!("secret-refresh")));
        assert_eq!((&sent["device_id"], &sent["client_id"]), (&json!("secret-device"), &json!("54321")));
        let kept = stage.purse.current();
        assert_eq!((kept["refresh"].as_str(), kept["device"].as_str()), (Some("secret-new"), Some("secret-device")));
    }
    let refusing = Fake::start(|seen| match seen.path.as_str() {
        "/oauth2/auth" => {
            Answer::json(json!({"error": "invalid_token", "error_description": "refresh token is missing or invalid"}))
        }
        _ => refusal(5, "User authorization failed"),
    })
    .await;
    assert_eq!(Vk.publish(&stage(&refusing).text("x").call()).await.unwrap_err().kind, FailureKind::Reconnect);
}

#[tokio::test]
async fn a_post_and_a_comment() {
    let fake = Fake::start(vk).await;
    let stage = stage(&fake).text("hello");
    let root = live(&stage).await;
    let seen = fake.seen();
    assert_eq!(form(&seen[0])["guid"], stage.ledger.key("create").key.to_string());
    assert_eq!(asked(&seen[0]), json!({"owner_id": "1", "message": "hello"}));
    assert_eq!((root.id.as_str(), root.url.clone()), ("77", Some(format!("{}/wall1_77", fake.url))));
    let comment = live(&stage.next(root, "below")).await;
    let seen = fake.seen();
    assert_eq!(seen[0].path, "/method/wall.createComment");
    assert_eq!(asked(&seen[0]), json!({"owner_id": "1", "message": "below", "post_id": "77"}));
    assert_eq!((comment.id.as_str(), comment.url), ("78", Some(format!("{}/wall1_77?reply=78", fake.url))));
}

#[tokio::test]
async fn files_are_uploaded_and_attached() {
    let fake = Fake::start(vk).await;
    let stage = stage(&fake).text("x").picture(4, 3, "").film(4, 3, "");
    let remote = live(&stage).await;
    let seen = fake.seen();
    let paths: Vec<_> = seen.iter().map(|s| s.path.trim_start_matches("/method/")).collect();
    assert_eq!(paths, ["photos.getWallUploadServer", "/up", "photos.saveWallPhoto", "video.save", "/vup", "wall.post"]);
    assert_eq!(seen[1].parts(), [Part::file("photo", ("photo.jpg", "image/jpeg"), "jpeg 0")]);
    assert_eq!(asked(&seen[2]), json!({"photo": "[{\"photo\":\"x\"}]", "server": "1", "hash": "h"}));
    assert_eq!(asked(&seen[3]), json!({"name": "x", "wallpost": "0"}));
    assert_eq!(seen[4].parts(), [Part::file("video_file", ("video.mp4", "video/mp4"), "mp4 1")]);
    assert_eq!(asked(&seen[5])["attachments"], "photo1_5_k,video1_8");
    Vk.edit(&self::stage(&fake).text("new").call(), &remote).await.unwrap();
    let edit = json!({"owner_id": "1", "post_id": "77", "message": "new", "attachments": "photo1_5_k,video1_8"});
    assert_eq!(asked(&fake.seen()[0]), edit);
    let odd =
        Fake::start(
            |seen| if seen.path == "/up" { Answer::json(json!({"server": 1, "photo": "[]", "hash": "h"})) } else { vk(seen) },
        )
        .await;
    let failure = Vk.publish(&self::stage(&odd).picture(1, 1, "").call()).await.unwrap_err();
    assert!(failure.message.contains("could not read"), "{failure}");
}

/// VK refuses with status 200; what it was sent stands in its answer, the token included.
#[tokio::test]
async fn codes_of_vk_have_meanings() {
    use FailureKind::{Reconnect, Rejected, Unavailable};
    let limited = FailureKind::RateLimited { until: None };
    for (code, kind) in [
        (18, Reconnect),
        (3610, Reconnect),
        (6, limited),
        (9, limited),
        (29, limited),
        (1, Unavailable),
        (10, Unavailable),
        (7, Rejected),
        (14, Rejected),
        (15, Rejected),
        (17, Rejected),
        (20, Rejected),
        (21, Rejected),
        (24, Rejected),
        (25, Rejected),
        (22, Rejected),
        (100, Rejected),
        (114, Rejected),
        (118, Rejected),
        (121, Rejected),
        (129, Rejected),
        (200, Rejected),
        (203, Rejected),
        (204, Rejected),
        (210, Rejected),
        (212, Rejected),
        (213, Rejected),
        (214, Rejected),
        (219, Rejected),
        (220, Rejected),
        (222, Rejected),
        (224, Rejected),
    ] {
        let fake =
            Fake::start(move |seen| if seen.path.starts_with("/method") { refusal(code, "In VK's words") } else { vk(seen) })
                .await;
        let stage = stage(&fake).text("x");
        let failure = Vk.publish(&stage.call()).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.message.as_str(), failure.code.clone()),
            (kind, "In VK's words", Some(code.to_string()))
        );
        stage.assert_hides(&["secret-access", "secret-refresh", "secret-device"], Some(&failure));
    }
    let scopes = json!({"error": {"error_code": 15, "error_subcode": 1133, "error_msg": "Access denied: method cannot be called with current scopes"}});
    let fake = Fake::start(move |_| Answer::json(scopes.clone())).await;
    assert_eq!(Vk.publish(&stage(&fake).text("x").call()).await.unwrap_err().code.as_deref(), Some("15.1133"));
}

/// A repetition carries the same `guid`, which VK knows.
#[tokio::test]
async fn a_lost_answer_is_repeated_under_the_same_guid_and_found() {
    let fake = Fake::start(|seen| if seen.path.ends_with("wall.post") { Answer::Drop } else { vk(seen) }).await;
    let stage = stage(&fake).text("x");
    assert_eq!(Vk.publish(&stage.call()).await.unwrap_err().kind, FailureKind::Unavailable);
    let first = form(&fake.seen()[0])["guid"].clone();
    let key = StepKey { key: uuid::Uuid::nil(), begun_at: stage.now, earlier: 1 };
    let Found::Yes(found) = Vk.find(&stage.call(), &key).await.unwrap() else { panic!("not found") };
    assert_eq!(found[0].id, "77", "that of somebody else is not ours");
    assert_eq!(asked(&fake.seen()[0]), json!({"owner_id": "1", "filter": "owner", "count": "20"}));
    for other in ["y", "old"] {
        assert_eq!(Vk.find(&self::stage(&fake).text(other).call(), &key).await.unwrap(), Found::NotSeen);
    }
    let well = Fake::start(vk).await;
    let stage = stage.at(&ABOUT, &well.url);
    live(&stage).await;
    assert_eq!(form(&well.seen()[0])["guid"], first);
}

#[tokio::test]
async fn what_stands_on_the_wall_can_be_deleted_counted_and_named() {
    let fake = Fake::start(vk).await;
    let stage = stage(&fake).text("new");
    let post = Remote { id: "77".into(), url: None, extra: json!({"post": null, "attachments": ""}) };
    let comment = Remote { id: "78".into(), url: None, extra: json!({"post": "77", "attachments": ""}) };
    Vk.delete(&stage.call(), &post).await.unwrap();
    Vk.delete(&stage.call(), &comment).await.unwrap();
    Vk.edit(&stage.call(), &comment).await.unwrap();
    let seen = fake.seen();
    assert_eq!((seen[0].path.as_str(), asked(&seen[0])), ("/method/wall.delete", json!({"owner_id": "1", "post_id": "77"})));
    assert_eq!(
        (seen[1].path.as_str(), asked(&seen[1])),
        ("/method/wall.deleteComment", json!({"owner_id": "1", "comment_id": "78"}))
    );
    assert_eq!(seen[2].path, "/method/wall.editComment");
    let metrics = Vk.metrics(&stage.access(), &post).await.unwrap();
    let named: Vec<_> = metrics.iter().map(|m| (m.name.as_str(), m.value)).collect();
    assert_eq!(named, [("likes", 4), ("shares", 3), ("comments", 2), ("views", 9)]);
    assert_eq!(asked(&fake.seen()[0]), json!({"posts": "1_77"}));
    assert!(Vk.metrics(&stage.access(), &comment).await.unwrap().is_empty());
    for (words, there) in [
        ("https://vk.com/wall1_77", true),
        ("https://vk.com/feed?w=wall1_77", true),
        ("https://vk.com/wall2_77", false),
        ("https://vk.com/", false),
    ] {
        assert_eq!(Vk.recognise(&stage.call(), words).await.unwrap().is_some(), there, "{words}");
    }
    let key = StepKey { key: uuid::Uuid::nil(), begun_at: stage.now, earlier: 1 };
    assert_eq!(Vk.candidates(&stage.call(), &key).await.unwrap().len(), 1);
    let below = stage.next(post, "x");
    Vk.find(&below.call(), &key).await.unwrap();
    assert!(fake.seen().last().unwrap().path.ends_with("wall.getComments"));
}
