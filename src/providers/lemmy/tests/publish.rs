//! Posts and comments as they reach the server, and what is refused before anything is sent.

use serde_json::{Value as Json, json};

use super::{
    super::Lemmy,
    server::{JWT, Server, fails, line, live},
};
use crate::providers::{FailureKind, Metric, Provider as _, testing::Part};

#[tokio::test]
async fn a_thread_in_two_communities() {
    let server = Server::start().await;
    let stage = server.stage(&[2, 3]).picture(400, 300, "A [red] \"rectangle\"").text("# Hello\n\n@bob@x.example");
    let posts = live(&stage).await;
    let stage = stage.next(posts[0].clone(), "Two");
    let two = live(&stage).await;
    let mut stage = stage.next(two[0].clone(), "Three");
    stage = stage.picture(1, 1, "Al]t");
    let three = live(&stage).await;
    let seen = server.fake.seen();
    assert_eq!(
        seen.iter().map(line).collect::<Vec<_>>(),
        [
            "POST /pictrs/image",
            "POST post",
            "POST post",
            "POST comment",
            "POST comment",
            "POST /pictrs/image",
            "POST comment",
            "POST comment"
        ]
    );
    assert!(seen.iter().all(|s| s.bearer() == JWT));
    assert_eq!(seen[0].parts(), [Part::file("images[]", ("picture.jpeg", "image/jpeg"), "jpeg 0")]);
    let picture = format!("{}/pictrs/image/x.png", server.fake.url);
    let post = |id: i64| json!({"community_id": id, "name": format!("Title {id}"), "nsfw": false, "body": "# Hello\n\n@bob@x.example", "url": picture, "alt_text": "A [red] \"rectangle\""});
    assert_eq!((seen[1].json(), seen[2].json()), (post(2), post(3)));
    let comment = |post: i64, parent: Json, text: &str| {
        let mut comment = json!({"post_id": post, "content": text});
        if !parent.is_null() {
            comment["parent_id"] = parent;
        }
        comment
    };
    assert_eq!((seen[3].json(), seen[4].json()), (comment(11, Json::Null, "Two"), comment(12, Json::Null, "Two")));
    let text = format!("Three\n\n![Alt]({picture})");
    assert_eq!((seen[6].json(), seen[7].json()), (comment(11, json!(21), &text), comment(12, json!(22), &text)));
    let url = |path: &str| Some(format!("{}/{path}", server.fake.url));
    assert_eq!((posts[0].id.as_str(), &posts[0].url, &posts[1].url), ("11", &url("post/11"), &url("post/12")));
    assert_eq!((three[0].id.as_str(), &three[0].url), ("23", &url("comment/23")));
}

#[tokio::test]
async fn a_link_has_the_picture_as_its_cover() {
    let server = Server::start().await;
    let settings = json!({"subreddit": [{"value": {"id": 2, "title": " Title ", "url": "example.org/x"}}]});
    live(&server.stage(&[]).settings(settings).picture(1, 1, "").text("")).await;
    let sent = server.fake.seen().pop().unwrap().json();
    let picture = format!("{}/pictrs/image/x.png", server.fake.url);
    let expected =
        json!({"community_id": 2, "name": "Title", "nsfw": false, "url": "https://example.org/x", "custom_thumbnail": picture});
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn what_the_server_would_refuse_is_refused_before_anything_is_sent() {
    let server = Server::start().await;
    let entry = |value: Json| json!({"subreddit": [{"value": value}]});
    let stage = |settings: Json| server.stage(&[]).settings(settings).text("x");
    for (stage, words) in [
        (server.stage(&[]).text("x"), "no community"),
        (stage(json!({})), "no community"),
        (stage(entry(json!({"id": "x", "title": "Title"}))), "no number"),
        (stage(entry(json!({"id": "2", "title": "Ti"}))), "shorter than 3"),
        (stage(entry(json!({"id": "2", "title": "x".repeat(201)}))), "longer than 200"),
        (stage(entry(json!({"id": "2", "title": "a\nbcd"}))), "line break"),
        (server.stage(&[2]).text(&"x".repeat(50_001)), "50001 characters"),
        (server.stage(&[2]).picture(1, 1, "").picture(1, 1, ""), "2 pictures"),
        (server.stage(&[2]).film(1, 1, ""), "1 videos"),
    ] {
        let failure = fails(&stage).await;
        assert!(failure.kind == FailureKind::Rejected && failure.message.contains(words), "{words}: {failure:?}");
    }
    assert!(server.lines().is_empty());
    let post = live(&server.stage(&[2]).text("x")).await.remove(0);
    server.fake.seen();
    let failure = fails(&server.stage(&[2]).next(post, &"x".repeat(10_001))).await;
    assert!(failure.message.contains("takes 10000") && server.lines().is_empty(), "{failure:?}");
}

#[tokio::test]
async fn a_post_is_found_recognised_counted_changed_and_deleted() {
    let server = Server::start().await;
    let stage = server.stage(&[2, 3]).text("fresh bread");
    let posts = live(&stage).await;
    let step = stage.ledger.key("post:0");
    let found = Lemmy.candidates(&stage.call(), &step).await.unwrap();
    assert_eq!(found.iter().map(|c| c.text.as_str()).collect::<Vec<_>>(), ["Title 2\nfresh bread", "Title 3\nfresh bread"]);
    assert!(found[0].at.is_some());
    for words in ["11".to_owned(), posts[0].url.clone().unwrap(), format!("{}/?a#b", posts[0].url.clone().unwrap())] {
        let seen = Lemmy.recognise(&stage.call(), &words).await.unwrap().unwrap();
        assert_eq!((seen.remote.id.as_str(), &seen.remote.url), ("11", &posts[0].url), "{words}");
    }
    for words in ["", "99", "https://x.example/c/test", "../1a"] {
        assert_eq!(Lemmy.recognise(&stage.call(), words).await.unwrap(), None, "{words}");
    }
    let numbers = Lemmy.metrics(&stage.access(), &posts[0]).await.unwrap();
    assert_eq!(numbers, [Metric::new("likes", 3), Metric::new("comments", 4)]);

    let stage = stage.text("stale bread");
    server.fake.seen();
    Lemmy.edit(&stage.call(), &posts[1]).await.unwrap();
    let seen = server.fake.seen().pop().unwrap();
    assert_eq!(
        (line(&seen).as_str(), seen.json()),
        ("PUT post", json!({"post_id": 12, "name": "Title 3", "body": "stale bread"}))
    );
    for _ in 0..2 {
        Lemmy.delete(&stage.call(), &posts[1]).await.unwrap();
    }
    assert_eq!(server.state().posts.len(), 1);
}
