//! The same against a real relay: `NOSTR_RELAY=ws://127.0.0.1:PORT cargo test --lib -- --ignored real_relay`; tests/peers/nostr-relay.sh
//! starts one.

use serde_json::json;

use super::{
    super::{Nostr, event::Key},
    relay::live,
};
use crate::{
    kit::crypto,
    providers::{Found, Provider as _, testing::Ledger, testing::Stage},
};

#[tokio::test]
#[ignore = "needs NOSTR_RELAY, the address of a real relay"]
async fn real_relay() {
    let relay = std::env::var("NOSTR_RELAY").expect("NOSTR_RELAY names the relay").replace("http://", "ws://");
    let key = Key::parse(&crypto::random_hex()).unwrap();
    let mut stage = Stage::new(&hex::encode(key.public()), json!({"key": key.secret(), "relays": [relay]}));
    stage.now = chrono::Utc::now();
    stage.ledger = Ledger::new(stage.now);
    let stage = stage.text("One #tag \"quoted\" 👩‍👩‍👧\ttab\nline \\ end").picture(4, 3, "Alt");
    stage.ledger.crash_at("note");
    assert!(Nostr.publish(&stage.call()).await.is_err());
    let (one, warnings) = live(&stage).await;
    assert!(warnings.is_empty(), "{warnings:?}");
    let step = stage.ledger.key("note");
    assert_eq!(Nostr.find(&stage.call(), &step).await.unwrap(), Found::Yes(vec![one.clone()]));
    let stage = stage.next(one.clone(), "Two");
    let (two, _) = live(&stage).await;
    let found = Nostr.candidates(&stage.call(), &step).await.unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    let numbers = Nostr.metrics(&stage.access(), &one).await.unwrap();
    assert_eq!(numbers[2].value, 1, "the second part is a comment on the first");
    for remote in [&two, &one] {
        Nostr.delete(&stage.call(), remote).await.unwrap();
        assert_eq!(Nostr.recognise(&stage.call(), &remote.id).await.unwrap(), None);
    }
}
