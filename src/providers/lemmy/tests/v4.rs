//! The same with a server of Lemmy 1.0, whose API has other paths and shapes.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::{Value as Json, json};

use super::super::Lemmy;
use crate::providers::{
    Answers, Found, Link, Metric, Outcome, Provider as _,
    testing::{Answer, Fake, Seen, Stage, client, one},
};

fn line(seen: &Seen) -> String {
    format!("{} {}", seen.method, seen.path)
}

/// Posts and comments as they were sent, newest last.
async fn server() -> Fake {
    let kept: Arc<Mutex<Vec<Json>>> = Arc::default();
    Fake::start(move |seen| {
        let mut kept = kept.lock().unwrap();
        let person =
            json!({"id": 7, "name": "alice", "display_name": null, "avatar": null, "ap_id": "https://x.example/u/alice"});
        match line(seen).as_str() {
            "GET /api/v4/site" => Answer::json(json!({"site_view": {"site": {"name": "x"}}, "version": "1.0.0"})),
            "POST /api/v4/account/auth/login" => Answer::json(json!({"jwt": "hush-jwt"})),
            "GET /api/v4/account" => Answer::json(json!({"local_user_view": {"person": person}})),
            "GET /api/v4/search" => {
                let community = json!({"id": 2, "name": "test", "title": "Test", "ap_id": "https://x.example/c/test"});
                Answer::json(json!({"search": [{"type_": "community", "community": community}]}))
            }
            "POST /api/v4/image" => Answer::json(json!({"image_url": "https://x.example/i.png", "filename": "i.png"})),
            "POST /api/v4/post" => {
                let mut post = seen.json();
                post["id"] = 11.into();
                post["published_at"] = "2026-11-23T08:00:01Z".into();
                (post["upvotes"], post["comments"]) = (3.into(), 4.into());
                kept.push(json!({"type_": "post", "post": post, "creator": {"id": 7}}));
                Answer::json(json!({"post_view": kept.last()}))
            }
            "POST /api/v4/comment" => {
                let mut comment = seen.json();
                comment["id"] = 21.into();
                comment["published_at"] = "2026-11-23T08:00:02Z".into();
                let post = kept[0]["post"].clone();
                kept.push(json!({"type_": "comment", "comment": comment, "post": post, "creator": {"id": 7}}));
                Answer::json(json!({"comment_view": kept.last()}))
            }
            "GET /api/v4/post" => Answer::json(json!({"post_view": kept[0]})),
            "GET /api/v4/person/content" => Answer::json(json!({"items": *kept})),
            "DELETE /api/v4/post" | "DELETE /api/v4/comment" => Answer::json(json!({})),
            _ => Answer::status(404, json!({"error": "not_found"})),
        }
    })
    .await
}

#[tokio::test]
async fn a_server_of_today_is_spoken_to_in_its_own_words() {
    let fake = server().await;
    let (http, hosts, app) = (client(), BTreeMap::new(), Answers::new());
    let link = Link { http: &http, hosts: &hosts, app: &app, redirect: "", now: "2026-11-23T08:00:00Z".parse().unwrap() };
    let fields = [("service", fake.url.as_str()), ("identifier", "alice"), ("password", "hush-password")];
    let answers: Answers = fields.map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    let account = one(Lemmy.connect(&link, &answers).await.unwrap());
    assert_eq!((account.name.as_str(), account.url.as_deref()), ("alice", Some("https://x.example/u/alice")));
    assert_eq!(account.credentials["api"], "v4");
    let settings = json!({"subreddit": [{"value": {"id": "2", "title": "Title"}}]});
    let stage = Stage::new(&account.id, account.credentials).settings(settings).picture(1, 1, "").text("One");
    let Ok(Outcome::Live { remotes, .. }) = Lemmy.publish(&stage.call()).await else { panic!("not live") };
    let post = remotes[0].clone();
    let step = stage.ledger.key("post:0");
    assert!(matches!(Lemmy.find(&stage.call(), &step).await.unwrap(), Found::Yes(found) if found == [post.clone()]));
    let numbers = Lemmy.metrics(&stage.access(), &post).await.unwrap();
    assert_eq!(numbers, [Metric::new("likes", 3), Metric::new("comments", 4)]);
    let found = Lemmy.lookup(&stage.access(), "subreddits", &json!({"query": "test"})).await.unwrap();
    assert_eq!(found[0].name, "Test (!test@x.example)");
    assert_eq!(Lemmy.whoami(&stage.access()).await.unwrap().name, "alice");
    let stage = stage.next(post.clone(), "Two");
    stage.ledger.crash_at("comment:0");
    assert!(Lemmy.publish(&stage.call()).await.is_err());
    let Ok(Outcome::Live { remotes, .. }) = Lemmy.publish(&stage.call()).await else { panic!("not live") };
    for remote in [&remotes[0], &post] {
        Lemmy.delete(&stage.call(), remote).await.unwrap();
    }
    let seen = fake.seen();
    let expected = [
        "GET /api/v4/site",
        "POST /api/v4/account/auth/login",
        "GET /api/v4/account",
        "POST /api/v4/image",
        "POST /api/v4/post",
        "GET /api/v4/person/content",
        "GET /api/v4/post",
        "GET /api/v4/search",
        "GET /api/v4/account",
        "POST /api/v4/comment",
        "GET /api/v4/person/content",
        "DELETE /api/v4/comment",
        "DELETE /api/v4/post",
    ];
    assert_eq!(seen.iter().map(line).collect::<Vec<_>>(), expected);
    assert_eq!(seen[4].json()["url"], "https://x.example/i.png");
    assert_eq!(seen[12].json(), json!({"post_id": 11, "deleted": true}));
}
