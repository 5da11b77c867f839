//! What reaches Skool, and what its answers come to.

use super::*;
use crate::providers::testing::{Answer, Fake, Seen, Stage, one};

const TOKEN: &str = "secret-token.abc";
const CLIENT: &str = "secret-client";

fn answer(seen: &Seen) -> Answer {
    if seen.path == "/put/f1" {
        assert_eq!((seen.method.as_str(), seen.header("x-amz-acl"), seen.header("cookie")), ("PUT", "public-read", ""));
        return Answer::bytes("", "");
    }
    if seen.header("cookie") != format!("auth_token={TOKEN}; client_id={CLIENT}") {
        return Answer::status(401, json!({"message": "not signed in"}));
    }
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/self") => Answer::json(json!({
            "id": "u1", "name": "john-doe-1", "first_name": "John", "last_name": "Doe", "metadata": {"picture_profile": "https://x/p.png"},
        })),
        ("GET", "/users/u1/groups") => {
            assert_eq!((seen.query["offset"].as_str(), seen.query["limit"].as_str()), ("0", "30"));
            Answer::json(json!({"groups": [{"id": "g1", "name": "my-group", "metadata": {"display_name": "My group"}}]}))
        }
        ("GET", "/groups/g1") => Answer::json(json!({"id": "g1", "metadata": {"labels": "l1,l2"}})),
        ("GET", "/groups/g2") => Answer::json(json!({"id": "g2", "metadata": {"labels": ""}})),
        ("GET", label) if label.starts_with("/labels/") => {
            let id = label.trim_start_matches("/labels/");
            Answer::json(json!({"id": id, "metadata": {"display_name": format!("Label {id}")}}))
        }
        ("POST", "/files") => Answer::json(json!({
            "write_url": format!("http://{}/put/f1", seen.header("host")), "content_type": "image/jpeg", "acl": "public-read",
            "file": {"id": "f1"},
        })),
        ("POST", "/posts") => {
            assert_eq!(seen.query["follow"], "true");
            let id = if seen.json()["post_type"] == "comment" { "c1" } else { "p1" };
            Answer::json(json!({"id": id, "name": "hello-world"}))
        }
        other => panic!("{other:?}"),
    }
}

fn stage(fake: &Fake) -> Stage {
    let stage = Stage::new("u1", json!({"auth_token": TOKEN, "client": CLIENT})).at(&ABOUT, &fake.url);
    stage.settings(json!({"group": "g1", "label": "l1", "title": "Hello"}))
}

async fn live(stage: &Stage) -> Remote {
    match Skool.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, .. } => remotes.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_account_is_whose_cookies_they_are() {
    let fake = Fake::start(answer).await;
    let stage = stage(&fake);
    let link = stage.access().link();
    let with =
        |token: &str, client: &str| Answers::from([("auth_token".into(), token.into()), ("client_id".into(), client.into())]);
    let account = one(Skool.connect(&link, &with(TOKEN, CLIENT)).await.unwrap());
    assert_eq!((account.id.as_str(), account.name.as_str(), account.handle.as_str()), ("u1", "John Doe", "john-doe-1"));
    assert_eq!(account.picture.as_deref(), Some("https://x/p.png"));
    assert_eq!(account.credentials, json!({"auth_token": TOKEN, "client": CLIENT}));
    for (token, client, kind, words) in [
        ("", "", FailureKind::Rejected, "these cookies are missing: auth_token, client_id"),
        (TOKEN, "", FailureKind::Rejected, "these cookies are missing: client_id"),
        ("auth_token=x; y=z", CLIENT, FailureKind::Rejected, "auth_token: that is not the value of a cookie alone"),
        ("old", CLIENT, FailureKind::Reconnect, "not signed in"),
    ] {
        let failure = Skool.connect(&link, &with(token, client)).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (kind, words));
    }
    assert_eq!(Skool.whoami(&stage.access()).await.unwrap().name, "John Doe");
    let lookup = async |name: &'static str, with: Json| Skool.lookup(&stage.access(), name, &with).await;
    assert_eq!(lookup("groups", json!({})).await.unwrap(), [Item::new("g1", "My group")]);
    let labels = lookup("label", json!({"group": "g1"})).await.unwrap();
    assert_eq!(labels, [Item::new("l1", "Label l1"), Item::new("l2", "Label l2")]);
    assert_eq!(lookup("label", json!({"group": "g2"})).await.unwrap(), [Item::new("none", "Default Label")]);
    assert_eq!(lookup("label", json!({"group": "../self"})).await.unwrap_err().message, "group is missing");
    assert!(Skool.about().unofficial, "off unless an operator switches it on");
}

#[tokio::test]
async fn a_post_with_a_picture_and_comments() {
    let fake = Fake::start(answer).await;
    let stage = stage(&fake).text("Text").picture(4, 3, "");
    let root = live(&stage).await;
    let seen = fake.seen();
    let calls: Vec<_> = seen.iter().map(|s| format!("{} {}", s.method, s.path)).collect();
    assert_eq!(calls, ["POST /files", "PUT /put/f1", "POST /posts"]);
    assert_eq!(
        seen[0].json(),
        json!({
            "file_name": format!("{}.jpg", stage.media[0].id), "content_type": "image/jpeg", "content_length": 6,
            "content_disposition": "", "ref": "", "owner_id": "u1", "large_thumbnail": false,
        })
    );
    assert_eq!((seen[1].body.as_slice(), seen[1].header("content-type")), (b"jpeg 0".as_slice(), "image/jpeg"));
    let metadata =
        json!({"title": "Hello", "content": "Text", "attachments": "f1", "labels": "l1", "action": 0, "video_ids": ""});
    assert_eq!(seen[2].json(), json!({"post_type": "generic", "group_id": "g1", "metadata": metadata}));
    let url = Some(format!("{}/g1/hello-world", fake.url));
    assert_eq!((root.id.as_str(), &root.url), ("p1", &url));
    let stage = stage.next(root, "Comment");
    let comment = live(&stage).await;
    assert_eq!((comment.id.as_str(), &comment.url), ("c1", &url));
    let metadata = json!({"title": "", "content": "Comment", "attachments": "", "action": 0, "video_ids": ""});
    let expected = json!({"post_type": "comment", "group_id": "g1", "root_id": "p1", "parent_id": "p1", "metadata": metadata});
    assert_eq!(fake.seen()[0].json(), expected);
    live(&stage.next(comment, "Another")).await;
    let last = fake.seen()[0].json();
    assert_eq!((&last["root_id"], &last["parent_id"]), (&json!("p1"), &json!("c1")));
}

#[tokio::test]
async fn a_lost_answer_is_uncertain_and_nothing_is_sent_again() {
    let fake = Fake::start(|_| Answer::Drop).await;
    let stage = stage(&fake).text("Once only");
    for _ in 0..2 {
        let failure = Skool.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Uncertain);
        stage.assert_hides(&[TOKEN, CLIENT], Some(&failure));
    }
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn every_refusal_means_what_it_says() {
    use FailureKind::*;
    for (status, words, kind) in [
        (401, "not signed in", Reconnect),
        (403, "forbidden", Reconnect),
        (403, "must be admin or level 3 to post", Rejected),
        (400, "cannot post to this label", Rejected),
        (429, "slow down", RateLimited { until: None }),
        (500, "oops", Uncertain),
    ] {
        let fake = Fake::start(move |_| Answer::status(status, json!({"message": words}))).await;
        let failure = Skool.publish(&stage(&fake).text("x").call()).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (kind, words), "{status}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anything_leaves() {
    let fake = Fake::start(answer).await;
    let with = |settings: Json| stage(&fake).text("x").settings(settings);
    for (stage, words) in [
        (with(json!({"label": "none", "title": "T"})), "group is missing"),
        (with(json!({"group": "g1", "title": "T"})), "label is missing"),
        (with(json!({"group": "g1", "label": "none"})), "title is missing"),
        (stage(&fake).text(" "), "neither text nor a picture"),
        (stage(&fake).text(&"x".repeat(5_001)), "5001 characters"),
    ] {
        let failure = Skool.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(failure.message.contains(words), "{failure:?}");
    }
    assert!(fake.seen().is_empty());
}
