//! Statuses as they reach the server, and what is refused before anything is sent.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{
    super::Mastodon,
    server::{Server, TOKEN, fails, line, live, refusal},
};
use crate::providers::{
    FailureKind, Metric, Outcome, Provider as _,
    testing::{Answer, Part, Purse},
};

#[tokio::test]
async fn a_thread_with_pictures_and_every_setting() {
    let server = Server::start().await;
    let settings = json!({
        "visibility": "unlisted", "spoiler_text": " Food ", "sensitive": true, "language": "de", "quote_approval_policy": "nobody",
        "poll_options": [], "unknown": 1,
    });
    let stage = server.stage().settings(settings).picture(400, 300, "A red \"rectangle\"").picture(1, 2, "");
    let stage = stage.text("One #tag @bob@remote.example https://example.org");
    let one = live(&stage).await;
    assert_eq!(
        stage.ledger.log().iter().filter(|l| l.starts_with("begin")).collect::<Vec<_>>(),
        ["begin media:0 Repeatable", "begin media:1 Repeatable", "begin status Keyed { lasts: 3300s }"]
    );
    let asked = stage.files.asked()[0];
    assert_eq!((asked.max_bytes, asked.max_side, asked.formats[0]), (16 * 1024 * 1024, 4_096, "image/jpeg"));
    let key = stage.ledger.key("status").key.to_string();
    let stage = stage.next(one.clone(), "Two");
    let two = live(&stage).await;
    let stage = stage.next(two.clone(), "Three");
    let three = live(&stage).await;
    let seen = server.fake.seen();
    assert_eq!(
        seen.iter().map(line).collect::<Vec<_>>(),
        ["POST /api/v2/media", "POST /api/v2/media", "POST /api/v1/statuses", "POST /api/v1/statuses", "POST /api/v1/statuses"]
    );
    assert!(seen.iter().all(|s| s.bearer() == TOKEN));
    let file = |n: usize| Part::file("file", (&format!("media-{n}.jpeg"), "image/jpeg"), &format!("jpeg {n}"));
    assert_eq!(seen[0].parts(), [Part::field("description", "A red \"rectangle\""), file(0)]);
    assert_eq!(seen[1].parts(), [file(1)]);
    assert_eq!(seen[0].header("content-length"), seen[0].body.len().to_string(), "some front ends take no chunks");
    assert_eq!(seen[2].header("idempotency-key"), key);
    assert_ne!(seen[3].header("idempotency-key"), key);
    let same = json!({"visibility": "unlisted", "spoiler_text": "Food", "sensitive": true, "language": "de", "quote_approval_policy": "nobody"});
    let with = |extra: Json| {
        let mut body = same.clone();
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let first = json!({"status": "One #tag @bob@remote.example https://example.org", "media_ids": ["9", "10"]});
    assert_eq!(seen[2].json(), with(first));
    assert_eq!(seen[3].json(), with(json!({"status": "Two", "in_reply_to_id": one.id})));
    assert_eq!(seen[4].json(), with(json!({"status": "Three", "in_reply_to_id": two.id})));
    assert_eq!((one.id.as_str(), one.url.as_deref()), ("100", Some("https://x.example/@alice/100")));
    assert_eq!(three.id, "102");
}

#[tokio::test]
async fn a_poll_belongs_to_the_first_part() {
    let server = Server::start().await;
    let settings = json!({
        "poll_options": [{"option": "Yes"}, {"option": " No "}, {"option": ""}], "poll_expires_in": "3600", "poll_multiple": true,
    });
    let stage = server.stage().settings(settings).text("Well?");
    let one = live(&stage).await;
    let stage = stage.next(one, "Say it");
    live(&stage).await;
    let seen = server.fake.seen();
    let poll = json!({"options": ["Yes", "No"], "expires_in": 3_600, "multiple": true, "hide_totals": false});
    assert_eq!(seen[0].json(), json!({"status": "Well?", "visibility": "public", "poll": poll}));
    assert_eq!(seen[1].json()["poll"], Json::Null);
}

#[tokio::test]
async fn what_stays_in_sight_and_what_stands_for_a_film_are_told() {
    let server = Server::start().await;
    let mut film = server.stage().text("Film").film(640, 480, "");
    film.media[0].cover = Some(film.files.add(64, 48, "").id);
    live(&film).await;
    let thumbnail = Part::file("thumbnail", ("media-0.jpeg", "image/jpeg"), "jpeg 1");
    assert_eq!(server.fake.seen()[0].parts(), [thumbnail, Part::file("file", ("media-0.mp4", "video/mp4"), "mp4 0")]);

    let server = Server::start().await;
    let mut picture = server.stage().text("Picture").picture(64, 48, "");
    picture.media[0].focus = Some((0.25, 1.0));
    live(&picture).await;
    assert_eq!(server.fake.seen()[0].parts()[0], Part::field("focus", "-0.50,-1.00"));
}

#[tokio::test]
async fn a_film_is_waited_for() {
    let server = Server::start().await;
    server.state().slow = 2;
    let stage = server.stage().text("Film").film(640, 480, "A film");
    for _ in 0..2 {
        assert_eq!(Mastodon.publish(&stage.call()).await.unwrap(), Outcome::Wait { after: Duration::from_secs(10) });
    }
    live(&stage).await;
    let seen = server.fake.seen();
    assert_eq!(
        seen.iter().map(line).collect::<Vec<_>>(),
        ["POST /api/v2/media", "GET /api/v1/media/9", "GET /api/v1/media/9", "GET /api/v1/media/9", "POST /api/v1/statuses"]
    );
    assert_eq!(seen[0].parts()[1], Part::file("file", ("media-0.mp4", "video/mp4"), "mp4 0"));

    // The server could not make anything of it.
    let stage = server.stage().text("Film").film(640, 480, "");
    server.misfortune(|line| line.starts_with("GET /api/v1/media").then(|| refusal(422, "Error processing thumbnail")));
    let failure = fails(&stage).await;
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Rejected, "Error processing thumbnail"));

    // The status was too early for it all the same.
    server.misfortune(|line| {
        (line == "POST /api/v1/statuses")
            .then(|| refusal(422, "Cannot attach files that have not finished processing. Try again in a moment!"))
    });
    let stage = server.stage().text("Film").film(640, 480, "");
    assert!(matches!(Mastodon.publish(&stage.call()).await, Ok(Outcome::Wait { .. })));
    server.well_again();
    live(&stage).await;
}

#[tokio::test]
async fn media_that_waited_for_too_long_are_uploaded_again() {
    let server = Server::start().await;
    let mut stage = server.stage().text("x").picture(1, 1, "");
    server.misfortune(|line| (line == "POST /api/v1/statuses").then(|| refusal(429, "Too many requests")));
    assert!(matches!(fails(&stage).await.kind, FailureKind::RateLimited { .. }));
    server.well_again();
    stage.now += chrono::TimeDelta::hours(21);
    live(&stage).await;
    assert_eq!(server.lines().iter().filter(|l| l.ends_with("media")).count(), 2);
    assert_eq!(server.state().statuses[&100]["media_ids"], json!(["10"]));
}

#[tokio::test]
async fn what_the_server_would_refuse_is_refused_before_anything_is_sent() {
    let server = Server::start().await;
    let stage = || server.stage();
    let poll = |options: Json| json!({"poll_options": options});
    for (stage, words) in [
        (stage().text(&"é".repeat(501)), "501 characters"),
        (stage().text(&"x".repeat(495)).settings(json!({"spoiler_text": "warning"})), "502 characters"),
        (stage().text(" "), "neither"),
        ((0..5).fold(stage(), |stage, _| stage.picture(1, 1, "")), "5 pictures"),
        (stage().film(1, 1, "").picture(1, 1, ""), "along with pictures"),
        (stage().film(1, 1, "").film(1, 1, ""), "2 videos"),
        (stage().text("x").picture(1, 1, "").settings(poll(json!(["a", "b"]))), "along with media"),
        (stage().text("x").settings(poll(json!(["a"]))), "two options"),
        (stage().text("x").settings(poll(json!(["a", "a"]))), "twice"),
        (stage().text("x").settings(poll(json!(["a", "b", "c", "d", "e"]))), "more than 4"),
        (stage().text("x").settings(poll(json!(["a", "b".repeat(51)]))), "longer than 50"),
    ] {
        let failure = fails(&stage).await;
        assert_eq!(failure.kind, FailureKind::Rejected, "{words}");
        assert!(failure.message.contains(words), "{failure:?}");
    }
    assert!(server.lines().is_empty());
    // An address counts for 23, a mention without its host.
    let long = format!("{} https://example.org/{} @bob@{}.example", "x".repeat(470), "y".repeat(300), "z".repeat(100));
    live(&stage().text(&long)).await;
}

#[tokio::test]
async fn a_server_that_takes_more_by_now_is_asked_once() {
    let server = Server::start().await;
    server.misfortune(|line| {
        let rules = || json!({"configuration": {"statuses": {"max_characters": 5_000}}});
        (line == "GET /api/v2/instance").then(|| Answer::json(rules()))
    });
    let mut stage = server.stage().text(&"x".repeat(700));
    stage.purse = Purse::new(json!({"server": server.fake.url, "access": TOKEN, "rules": {"characters": 600}}));
    live(&stage).await;
    assert_eq!(server.lines(), ["GET /api/v2/instance", "POST /api/v1/statuses"]);
    assert_eq!(Mastodon.limits(&stage.access()).await.unwrap().text.max, 5_000);
    let failure = fails(&stage.text(&"x".repeat(5_001))).await;
    assert!(failure.message.contains("takes 5000"), "{failure:?}");
}

#[tokio::test]
async fn a_status_is_changed_counted_and_deleted() {
    let server = Server::start().await;
    let stage = server.stage().text("Frist").picture(1, 1, "A").settings(json!({"visibility": "private", "language": "en"}));
    let remote = live(&stage).await;
    let mut stage = stage.text("First");
    stage.media[0].alt = "A picture".into();
    let first = stage.media[0].clone();
    stage.media.push(stage.files.add(2, 2, "B"));
    server.fake.seen();
    let changed = Mastodon.edit(&stage.call(), &remote).await.unwrap();
    let seen = server.fake.seen();
    assert_eq!(seen.iter().map(line).collect::<Vec<_>>(), ["POST /api/v2/media", "PUT /api/v1/statuses/100"]);
    let attributes = json!([{"id": "9", "description": "A picture"}, {"id": "10", "description": "B"}]);
    assert_eq!(
        seen[1].json(),
        json!({"status": "First", "language": "en", "media_ids": ["9", "10"], "media_attributes": attributes})
    );
    assert_eq!((changed.id.as_str(), &changed.extra["media"][0]["file"]), ("100", &json!(first.id.to_string())));

    let numbers = Mastodon.metrics(&stage.access(), &remote).await.unwrap();
    let expected = [("likes", 3), ("shares", 2), ("comments", 1), ("quotes", 4)];
    assert_eq!(numbers, expected.map(|(name, value)| Metric::new(name, value)));
    Mastodon.delete(&stage.call(), &remote).await.unwrap();
    Mastodon.delete(&stage.call(), &remote).await.unwrap();
    assert!(server.state().statuses.is_empty());
}
