//! Records as they reach the server, cards, and what is refused before anything is sent.

use serde_json::{Value as Json, json};

use super::{
    super::Bluesky,
    server::{DID, Server, blob, fails, live, uri},
};
use crate::providers::{
    FailureKind, Found, Provider as _,
    testing::{Answer, Fake},
};

#[tokio::test]
async fn a_thread_of_three_with_a_picture() {
    let server = Server::start().await;
    let stage = server.stage().text("One 👩‍👩‍👧 #tag").picture(400, 300, "A red \"rectangle\"").picture(1, 2, "");
    let (one, _) = live(&stage).await;
    let keys = [stage.ledger.key("create")];
    assert_eq!(
        stage.ledger.log(),
        [
            "begin blob:0 Repeatable",
            "end blob:0 ok",
            "begin blob:1 Repeatable",
            "end blob:1 ok",
            "begin create ClientId",
            "end create ok",
        ]
    );
    let asked = stage.files.asked()[0];
    assert_eq!((asked.max_bytes, asked.max_side, asked.formats[0]), (976 * 1024, 2_000, "image/jpeg"));
    let stage = stage.next(one.clone(), "Two");
    let (two, _) = live(&stage).await;
    let stage = stage.next(two.clone(), "Three");
    let (three, _) = live(&stage).await;

    let seen = server.fake.seen();
    let bodies: Vec<Json> = seen.iter().filter(|s| s.path.ends_with("createRecord")).map(|s| s.json()).collect();
    let image = |n: &str, alt: &str, width: u32, height: u32| json!({"image": blob(n.as_bytes(), "image/jpeg"), "alt": alt, "aspectRatio": {"width": width, "height": height}});
    let rkey = |n: usize| bodies[n]["rkey"].as_str().unwrap();
    let strong = |n: usize| json!({"uri": uri(rkey(n)), "cid": format!("cid-{}", rkey(n))});
    let record = |n: usize, time: &str, record: Json| {
        let mut record = record;
        record["$type"] = "app.bsky.feed.post".into();
        record["createdAt"] = time.into();
        json!({"repo": DID, "collection": "app.bsky.feed.post", "rkey": rkey(n), "record": record})
    };
    assert_eq!(bodies.len(), 3);
    assert_eq!(
        bodies[0],
        record(
            0,
            "2026-11-23T08:00:00.123Z",
            json!({
                "text": "One 👩‍👩‍👧 #tag",
                "facets": [{"index": {"byteStart": 23, "byteEnd": 27}, "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "tag"}]}],
                "embed": {"$type": "app.bsky.embed.images", "images": [image("jpeg 0", "A red \"rectangle\"", 400, 300), image("jpeg 1", "", 1, 2)]},
            })
        )
    );
    assert_eq!(
        bodies[1],
        record(1, "2026-11-23T08:00:01.123Z", json!({"text": "Two", "reply": {"root": strong(0), "parent": strong(0)}}))
    );
    assert_eq!(
        bodies[2],
        record(2, "2026-11-23T08:00:02.123Z", json!({"text": "Three", "reply": {"root": strong(0), "parent": strong(1)}}))
    );
    assert_eq!(rkey(0), super::super::tid::of(&keys[0]));
    assert_eq!((three.id, three.extra), (uri(rkey(2)), strong(2)));
    assert_eq!(three.url.unwrap(), format!("https://bsky.app/profile/{DID}/post/{}", rkey(2)));
}

#[tokio::test]
async fn what_was_published_can_be_found_and_deleted() {
    let server = Server::start().await;
    let mut stage = server.stage().text("x");
    stage.hosts.insert("web".into(), "https://sky.example/".into());
    let (remote, _) = live(&stage).await;
    assert!(remote.url.as_deref().unwrap().starts_with("https://sky.example/profile/did:plc:alice/post/3n"));
    let key = stage.ledger.key("create");
    assert_eq!(Bluesky.find(&stage.call(), &key).await.unwrap(), Found::Yes(vec![remote.clone()]));
    Bluesky.delete(&stage.call(), &remote).await.unwrap();
    assert_eq!(Bluesky.find(&stage.call(), &key).await.unwrap(), Found::No);
    Bluesky.delete(&stage.call(), &remote).await.unwrap();
    let foreign = crate::providers::Remote { id: "at://did:plc:bob/app.bsky.feed.post/3n".into(), ..remote };
    server.fake.seen();
    assert_eq!(Bluesky.delete(&stage.call(), &foreign).await.unwrap_err().kind, FailureKind::Unexpected);
    assert!(server.fake.seen().is_empty());

    // An answer that says nothing about the record proves nothing; no answer is asked for again later.
    server.misfortune(|_, _| Some(super::server::refusal(400, "InvalidRequest", "Could not find repo")));
    assert_eq!(Bluesky.find(&stage.call(), &key).await.unwrap(), Found::NotSeen);
    server.misfortune(|_, _| Some(Answer::Drop));
    assert_eq!(Bluesky.find(&stage.call(), &key).await.unwrap_err().kind, FailureKind::Unavailable);
}

#[tokio::test]
async fn what_would_be_refused_is_refused_before_anything_is_sent() {
    let server = Server::start().await;
    let stage = || server.stage();
    let mut large = stage().film(1, 1, "");
    large.media[0].bytes = 100_000_001;
    let mut long = stage().film(1, 1, "");
    long.media[0].duration = Some(std::time::Duration::from_secs(181));
    let end = serde_json::json!({"active_thread_finisher": true, "thread_finisher": "x".repeat(301)});
    for (stage, words) in [
        (stage().text(&"é".repeat(301)), "301 characters"),
        (stage().text(&"👨‍👩‍👧".repeat(170)), "3060 bytes"),
        (stage().text(" "), "neither"),
        ((0..5).fold(stage(), |stage, _| stage.picture(1, 1, "")), "5 pictures"),
        (stage().film(1, 1, "").film(1, 1, ""), "2 videos"),
        (stage().film(1, 1, "").picture(1, 1, ""), "along with pictures"),
        (large, "100 MB"),
        (long, "three minutes"),
        (stage().text("x").settings(end), "end of the thread"),
    ] {
        let failure = fails(&stage).await;
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(failure.message.contains(words), "{failure:?}");
    }
    assert!(server.fake.seen().is_empty());
    live(&stage().text(&"é".repeat(300))).await;
    live(&stage().picture(1, 1, "")).await;
}

/// A page, its picture, and what it says.
async fn page(head: &'static str, picture: Answer) -> Fake {
    Fake::start(move |seen| match seen.path.as_str() {
        "/picture.png" => picture.clone(),
        _ => Answer::bytes("text/html; charset=utf-8", format!("<!doctype html><html><head>{head}</head><body>")),
    })
    .await
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

async fn embed(server: &Server, text: &str) -> Json {
    server.state().records.clear();
    live(&server.stage().text(text)).await;
    let state = server.state();
    state.records.values().next().unwrap()["embed"].clone()
}

#[tokio::test]
async fn the_first_link_gets_a_card() {
    let server = Server::start().await;
    let head = "<meta property='og:title' content='A card'><meta property='og:description' content='About it'>\
                <meta property='og:image' content='/picture.png'>";
    let site = page(head, Answer::bytes("application/octet-stream", PNG)).await;
    let external = |thumb: Option<Json>| {
        let mut external = json!({"uri": format!("{}/page", site.url), "title": "A card", "description": "About it"});
        if let Some(thumb) = thumb {
            external["thumb"] = thumb;
        }
        json!({"$type": "app.bsky.embed.external", "external": external})
    };
    let text = format!("see {0}/page and {0}/other", site.url);
    assert_eq!(embed(&server, &text).await, external(Some(blob(PNG, "image/png"))));
    assert_eq!(site.seen().iter().map(|s| s.path.as_str()).collect::<Vec<_>>(), ["/page", "/picture.png"]);

    // The picture may fail in every way.
    server.misfortune(|method, _| (method == "uploadBlob").then(|| super::server::refusal(400, "BlobTooLarge", "no")));
    assert_eq!(embed(&server, &text).await, external(None));
    server.well_again();
    for picture in [
        Answer::bytes("image/png", "<svg>"),
        Answer::Drop,
        Answer::bytes("image/png", PNG.repeat(100_000)),
        Answer::bytes("image/png", PNG).with_status(404),
    ] {
        let site = page(head, picture).await;
        assert_eq!(embed(&server, &format!("{}/page", site.url)).await["external"].get("thumb"), None);
    }
}

#[tokio::test]
async fn a_card_that_fails_never_stops_a_post() {
    let server = Server::start().await;
    for answer in [
        Answer::bytes("text/html", "<p>no head"),
        Answer::bytes("application/pdf", "<title>x</title>"),
        Answer::bytes("text/html", "<title>x</title>").with_status(500),
        Answer::bytes("text/html", "<title>x</title>".repeat(200_000)),
        Answer::Drop,
    ] {
        let site = Fake::start(move |_| answer.clone()).await;
        assert_eq!(embed(&server, &format!("{}/page", site.url)).await, Json::Null);
    }
    for refused in ["http://10.0.0.1/", "https://169.254.169.254/latest", "http://127.0.0.1:1/"] {
        assert_eq!(embed(&server, refused).await, Json::Null);
    }
    let stage = server.stage().text("https://127.0.0.1:1/");
    live(&stage).await;
    assert_eq!(stage.ledger.result("card"), Some(Json::Null));
}

#[tokio::test]
async fn mentions_of_nobody_stay_text_and_are_said() {
    let server = Server::start().await;
    let stage = server.stage().text("@bob.test @nobody.test @BOB.test");
    let (_, warnings) = live(&stage).await;
    assert_eq!(warnings, ["@nobody.test was not found on Bluesky and is not linked"]);
    let facets = server.state().records.values().next().unwrap()["facets"].clone();
    let bob = |start: u32, end: u32| {
        let feature = json!({"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:bob"});
        json!({"index": {"byteStart": start, "byteEnd": end}, "features": [feature]})
    };
    assert_eq!(facets, json!([bob(0, 9), bob(23, 32)]));

    // A server that stumbles over a handle does not hold the post up; one that is away does.
    server.misfortune(|method, _| (method == "resolveHandle").then(|| super::server::refusal(502, "UpstreamFailure", "no")));
    assert_eq!(live(&server.stage().text("@bob.test")).await.1.len(), 1);
    server.misfortune(|method, _| (method == "resolveHandle").then_some(Answer::Drop));
    let stage = server.stage().text("@bob.test");
    assert_eq!(fails(&stage).await.kind, FailureKind::Unavailable);
    server.well_again();
    assert_eq!(live(&stage).await.1, Vec::<String>::new());
}
