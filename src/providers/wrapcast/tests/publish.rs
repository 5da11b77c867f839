//! Casts as they reach the vendor, and what is refused before anything is sent.

use serde_json::{Value as Json, json};

use super::{
    super::Wrapcast,
    vendor::{KEY, SIGNER, Vendor, fails, line, live},
};
use crate::{
    kit::text::Doc,
    providers::{FailureKind, Metric, Provider as _},
};

#[tokio::test]
async fn a_thread_in_two_channels() {
    let vendor = Vendor::start().await;
    let channel = |id: &str| json!({"value": {"id": id, "subreddit": id, "title": "T"}});
    let settings = json!({"subreddit": [channel("one"), channel("two"), channel("one")]});
    let mut stage = vendor.stage().settings(settings).picture(1, 1, "").picture(1, 1, "");
    stage.text = Doc::from_html("<p>Hi <span data-mention-id=\"4\" data-mention-label=\"bob\">@bob</span></p>");
    let first = live(&stage).await;
    let urls: Vec<Json> =
        stage.media.iter().map(|file| json!({"url": format!("https://lasting.example/{}.jpg", file.id)})).collect();
    let stage = stage.next(first[0].clone(), "Two");
    let second = live(&stage).await;
    let seen = vendor.fake.seen();
    assert!(seen.iter().all(|s| line(s) == "POST cast/" && s.header("x-api-key") == KEY && s.header("authorization").is_empty()));
    let mut keys = Vec::new();
    let bodies: Vec<Json> = seen
        .iter()
        .map(|s| {
            let mut body = s.json();
            keys.push(body.as_object_mut().unwrap().remove("idem").unwrap().as_str().unwrap().to_owned());
            body
        })
        .collect();
    assert!(keys.iter().all(|key| key.len() == 16) && keys.iter().enumerate().all(|(n, key)| !keys[..n].contains(key)));
    let hash = |n: usize| format!("0x{n:040x}");
    let cast = |channel: &str| json!({"signer_uuid": SIGNER, "text": "Hi @bob", "embeds": urls, "channel_id": channel});
    let reply = |parent: String| json!({"signer_uuid": SIGNER, "text": "Two", "parent": parent, "parent_author_fid": 3});
    assert_eq!(bodies, [cast("one"), cast("two"), reply(hash(0)), reply(hash(1))]);
    assert_eq!((first[1].id.clone(), first[1].url.clone()), (hash(1), Some(format!("https://farcaster.xyz/alice/{}", hash(1)))));
    assert_eq!(second[0].extra["made"][1], json!({"hash": hash(3), "channel": "two"}));
}

#[tokio::test]
async fn what_the_network_would_refuse_is_refused_before_anything_is_sent() {
    let vendor = Vendor::start().await;
    let stage = || vendor.stage();
    for (stage, words) in [
        (stage().text(&"é".repeat(513)), "1026"),
        (stage().text(" "), "neither"),
        ((0..3).fold(stage(), |stage, _| stage.picture(1, 1, "")), "3 pictures"),
        (stage().film(1, 1, ""), "1 videos"),
    ] {
        let failure = fails(&stage).await;
        assert!(failure.kind == FailureKind::Rejected && failure.message.contains(words), "{words}: {failure:?}");
    }
    assert!(vendor.lines().is_empty());
    live(&stage().text(&"é".repeat(512))).await;
    assert_eq!(vendor.fake.seen()[0].json()["channel_id"], Json::Null);
}

#[tokio::test]
async fn a_cast_is_found_recognised_counted_and_deleted() {
    let vendor = Vendor::start().await;
    let stage = vendor.stage().text("fresh bread");
    let remote = live(&stage).await.remove(0);
    let found = Wrapcast.candidates(&stage.call(), &stage.ledger.key("cast:0")).await.unwrap();
    assert_eq!(
        found.iter().map(|c| (c.remote.id.clone(), c.text.as_str())).collect::<Vec<_>>(),
        [(remote.id.clone(), "fresh bread")]
    );
    for words in [remote.id.clone(), remote.url.clone().unwrap()] {
        let seen = Wrapcast.recognise(&stage.call(), &words).await.unwrap().unwrap();
        assert_eq!(seen.remote.id, remote.id, "{words}");
    }
    for words in ["", "abc", &format!("0x{}", "9".repeat(40)), "https://farcaster.xyz/alice"] {
        assert_eq!(Wrapcast.recognise(&stage.call(), words).await.unwrap(), None, "{words}");
    }
    let numbers = Wrapcast.metrics(&stage.access(), &remote).await.unwrap();
    assert_eq!(numbers, [("likes", 3), ("shares", 2), ("comments", 1)].map(|(name, value)| Metric::new(name, value)));
    vendor.fake.seen();
    for _ in 0..2 {
        Wrapcast.delete(&stage.call(), &remote).await.unwrap();
    }
    assert_eq!(vendor.fake.seen()[0].json(), json!({"signer_uuid": SIGNER, "target_hash": remote.id}));

    let channels = Wrapcast.lookup(&stage.access(), "subreddits", &json!({"query": "/ney"})).await.unwrap();
    assert_eq!((channels[0].id.as_str(), &channels[0].extra["title"]), ("neynar", &json!("Neynar")));
    let people = Wrapcast.mentions(&stage.access(), "@bo").await.unwrap();
    assert_eq!((people[0].id.as_str(), &people[0].extra["display_name"]), ("bob", &json!("Bob")));
    let asked = vendor.fake.seen();
    assert_eq!((asked[0].query["q"].as_str(), asked[1].query["q"].as_str()), ("ney", "bo"));
}
