//! Notes as relays get them, the account behind a key, and what others made of a note.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{
    super::{
        ABOUT, Nostr, bech32,
        event::{Draft, Event, Key},
    },
    relay::{Mood, Relay, SECRET, fails, live, public, stage, stage_at},
};
use crate::{
    kit::text::Doc,
    providers::{
        Account, Answers, Failure, FailureKind, Found, Link, Metric, Provider as _,
        testing::{client, one},
    },
};

#[tokio::test]
async fn a_thread_with_media_reaches_every_relay() {
    let (first, second) = (Relay::start().await, Relay::start().await);
    let npub = bech32::encode("npub", &[9; 32]);
    let mut stage = stage(&[&first, &second]).settings(json!({"content_warning": "food"})).picture(400, 300, "A plate");
    stage.text = Doc::from_html(&format!(
        "<p>One <strong>bold</strong> #Food</p><p>by <span data-mention-id=\"{npub}\" data-mention-label=\"bob\">@bob</span></p>"
    ));
    let url = format!("https://lasting.example/{}.jpg", stage.media[0].id);
    let (one, warnings) = live(&stage).await;
    assert!(warnings.is_empty());
    let stage = stage.next(one.clone(), "Two");
    let (two, _) = live(&stage).await;
    let stage = stage.next(two.clone(), "Three");
    let (three, _) = live(&stage).await;
    let kept = first.state().events.clone();
    assert_eq!(kept, second.state().events);
    let Event { pubkey, created_at, kind, content, tags, .. } = &kept[&one.id];
    assert_eq!((pubkey, *created_at, *kind), (&public(), 1_795_420_800, 1));
    assert_eq!(content, &format!("One 𝗯𝗼𝗹𝗱 #Food\nby nostr:{npub}\n\n{url}"));
    let expected = [
        vec!["p".to_owned(), hex::encode([9; 32])],
        vec!["t".into(), "food".into()],
        vec!["content-warning".into(), "food".into()],
        ["imeta", &format!("url {url}"), "m image/jpeg", "dim 400x300", "alt A plate"].map(str::to_owned).to_vec(),
    ];
    assert_eq!(tags, &expected);
    let e = |id: &str, role: &str| ["e", id, &first.url, role, &public()].map(str::to_owned).to_vec();
    let p = vec!["p".to_owned(), public()];
    let warning = vec!["content-warning".to_owned(), "food".to_owned()];
    assert_eq!(kept[&two.id].tags, [e(&one.id, "root"), p.clone(), warning.clone()]);
    assert_eq!(kept[&three.id].tags, [e(&one.id, "root"), e(&two.id, "reply"), p, warning]);
    let nevent = one.url.as_deref().unwrap().strip_prefix("https://njump.me/").unwrap();
    assert_eq!(bech32::event_id(nevent).map(hex::encode).as_ref(), Some(&one.id));
    assert_eq!(one.extra, json!({"relays": [first.url, second.url]}));
    assert_eq!(first.heard(), ["EVENT", "EVENT", "EVENT"]);
}

#[tokio::test]
async fn a_proof_is_given_to_who_wants_one() {
    let relay = Relay::start().await;
    relay.mood(Mood::WantsProof);
    let stage = stage(&[&relay]).text("x");
    let (remote, _) = live(&stage).await;
    assert_eq!(relay.heard(), ["EVENT", "AUTH", "EVENT"]);
    assert!(relay.state().events.contains_key(&remote.id));
    let found = Nostr.recognise(&stage.call(), &remote.id).await.unwrap().unwrap();
    assert_eq!((found.remote.id, relay.heard()), (remote.id, ["REQ", "AUTH", "REQ"].map(str::to_owned).to_vec()));
}

#[tokio::test]
async fn what_no_relay_could_use_is_refused_before_anything_is_sent() {
    let relay = Relay::start().await;
    for (stage, words) in [
        (stage(&[&relay]).text(&"x".repeat(100_001)), "100001 characters"),
        (stage(&[&relay]).text(" \u{1}"), "neither"),
        ((0..21).fold(stage(&[&relay]), |stage, _| stage.picture(1, 1, "")), "21 pictures"),
        (stage_at(&[]).text("x"), "incomplete"),
    ] {
        assert!(fails(&stage).await.message.contains(words), "{words}");
    }
    assert!(relay.heard().is_empty());
    assert_eq!(Nostr.limits(&stage(&[&relay]).access()).await.unwrap().text.max, 2_000);
    assert_eq!(Nostr.limits(&stage_at(&["ws://127.0.0.1:1"]).access()).await.unwrap(), ABOUT.limits);
}

#[tokio::test]
async fn a_note_is_found_recognised_counted_and_forgotten() {
    let relay = Relay::start().await;
    let stage = stage(&[&relay]).text("fresh bread");
    let (remote, _) = live(&stage).await;
    let step = stage.ledger.key("note");
    let found = Nostr.candidates(&stage.call(), &step).await.unwrap();
    assert_eq!(found.iter().map(|c| (&c.remote, c.text.as_str())).collect::<Vec<_>>(), [(&remote, "fresh bread")]);
    let note = bech32::encode("note", &hex::decode(&remote.id).unwrap());
    for words in
        [remote.id.clone(), remote.url.clone().unwrap(), format!("nostr:{note}"), format!("https://x.example/e/{note}/?a")]
    {
        let seen = Nostr.recognise(&stage.call(), &words).await.unwrap().unwrap();
        assert_eq!(seen.remote, remote, "{words}");
    }
    relay.heard();
    for words in ["", "x", "https://njump.me/npub1xyz", &"0".repeat(63)] {
        assert_eq!(Nostr.recognise(&stage.call(), words).await.unwrap(), None, "{words}");
    }
    assert!(relay.heard().is_empty());

    let stranger = Key::parse(&"1".repeat(64)).unwrap();
    let tags = vec![vec!["e".to_owned(), remote.id.clone()]];
    for (kind, content) in [(7, "+"), (7, "🤙"), (7, "-"), (6, ""), (1, "Nice")] {
        let event = stranger.sign(&Draft { kind, tags: tags.clone(), content: content.into() }, 1).unwrap();
        relay.state().events.insert(event.id.clone(), event);
    }
    // One that the relay made up.
    let mut forged = relay.state().events.values().find(|e| e.kind == 6).unwrap().clone();
    forged.id = "ab".repeat(32);
    relay.state().events.insert(forged.id.clone(), forged);
    let numbers = Nostr.metrics(&stage.access(), &remote).await.unwrap();
    assert_eq!(numbers, [("likes", 2), ("shares", 1), ("comments", 1)].map(|(name, value)| Metric::new(name, value)));

    relay.heard();
    Nostr.delete(&stage.call(), &remote).await.unwrap();
    let request = relay.state().heard[0][1].clone();
    assert_eq!((&request["kind"], &request["tags"]), (&json!(5), &json!([["e", remote.id], ["k", "1"]])));
    Nostr.delete(&stage.call(), &remote).await.unwrap();
    assert_eq!(Nostr.find(&stage.call(), &step).await.unwrap(), Found::No);
}

async fn connect(password: &str, relays: &str) -> Result<Account, Failure> {
    let (http, hosts, app) = (client(), BTreeMap::new(), Answers::new());
    let link = Link { http: &http, hosts: &hosts, app: &app, redirect: "", now: "2026-11-23T08:00:00Z".parse().unwrap() };
    let fields = [("password", password), ("relays", relays)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let connected = Nostr.connect(&link, &fields.into()).await.map(one);
    if let Err(failure) = &connected {
        assert!(password.len() < 10 || !format!("{failure:?}").contains(password), "{failure:?}");
    }
    connected
}

#[tokio::test]
async fn an_account_is_who_its_relays_know() {
    let relay = Relay::start().await;
    let key = Key::parse(SECRET).unwrap();
    let say = |kind: u16, at: i64, tags: Vec<Vec<String>>, content: Json| {
        let content = if content.is_null() { String::new() } else { content.to_string() };
        let event = key.sign(&Draft { kind, tags, content }, at).unwrap();
        relay.state().events.insert(event.id.clone(), event);
    };
    say(0, 1, vec![], json!({"name": "old"}));
    say(0, 2, vec![], json!({"name": "alice", "display_name": " Alice ", "picture": "https://x.example/a.png"}));
    let account = connect(&format!(" {SECRET} "), &format!("{}/\n{}", relay.url, relay.url)).await.unwrap();
    let npub = "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg";
    assert_eq!((account.id, account.name.as_str(), account.handle.as_str()), (public(), "Alice", npub));
    assert_eq!(account.picture.as_deref(), Some("https://x.example/a.png"));
    assert_eq!(account.url, Some(format!("https://njump.me/{npub}")));
    assert_eq!(account.credentials, json!({"key": SECRET, "relays": [relay.url]}));
    assert_eq!(Nostr.whoami(&stage(&[&relay]).access()).await.unwrap().name, "Alice");

    let unknown = connect(&"1".repeat(64), &relay.url).await.unwrap();
    assert!(unknown.name.starts_with("npub1") && unknown.picture.is_none());
}

#[test]
fn relays_that_an_account_writes_to_are_its_own_word() {
    let tags =
        [vec!["r", "wss://a.example/"], vec!["r", "wss://b.example", "read"], vec!["r", "wss://c.example", "write"], vec!["x"]];
    let tags = tags.map(|tag| tag.into_iter().map(str::to_owned).collect()).to_vec();
    let list = Key::parse(SECRET).unwrap().sign(&Draft { kind: 10_002, tags, content: String::new() }, 1).unwrap();
    assert_eq!(super::super::account::own_relays(&[list]), ["wss://a.example", "wss://c.example"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_said() {
    let relay = Relay::start().await;
    for bad in ["", "nsec1wrong", &SECRET[1..]] {
        let failure = connect(bad, &relay.url).await.unwrap_err();
        assert!(failure.kind == FailureKind::Reconnect && failure.message.contains("private key"), "{failure:?}");
    }
    for bad in ["https://relay.example", "ws://10.0.0.1", "wss://me@relay.example", "::"] {
        let failure = connect(SECRET, bad).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected, "{bad}");
    }
    let many: String = (0..11).map(|n| format!("wss://r{n}.example ")).collect();
    assert!(connect(SECRET, &many).await.unwrap_err().message.contains("at most 10"));
    let failure = connect(SECRET, "ws://127.0.0.1:1").await.unwrap_err();
    assert!(failure.kind == FailureKind::Unavailable && failure.message.starts_with("ws://127.0.0.1:1: "), "{failure:?}");
}
