//! Relays that refuse, hang up and complain: one note, or none and a failure that says which.

use serde_json::json;

use super::{
    super::Nostr,
    relay::{Mood, Relay, fails, live, stage, stage_at},
};
use crate::providers::{
    FailureKind, Found, Provider as _, StepKey,
    testing::{Answer, Fake, Ledger},
};

#[tokio::test]
async fn what_a_relay_says_has_one_meaning_each() {
    use FailureKind::{Rejected, Unavailable};
    for (words, kind) in [
        ("pow: 28 bits needed", Rejected),
        ("blocked: you are not welcome", Rejected),
        ("restricted: paid only", Rejected),
        ("invalid: event creation date is too far off", Rejected),
        ("mute: no one listens", Rejected),
        ("auth-required: but no challenge came", Rejected),
        ("", Rejected),
        ("error: could not connect to the database", Unavailable),
        ("rate-limited: slow down", FailureKind::RateLimited { until: None }),
    ] {
        let relay = Relay::start().await;
        relay.mood(Mood::Refuses(words));
        let failure = fails(&stage(&[&relay]).text("x")).await;
        assert_eq!(failure.kind, kind, "{words}");
        assert!(failure.message.contains(words) && failure.message.starts_with(&relay.url), "{failure:?}");
    }
    let relay = Relay::start().await;
    relay.mood(Mood::Refuses("duplicate: have it"));
    live(&stage(&[&relay]).text("x")).await;
}

#[tokio::test]
async fn one_relay_that_takes_it_is_enough_and_the_others_are_named() {
    let (good, bad) = (Relay::start().await, Relay::start().await);
    bad.mood(Mood::Refuses("blocked: no"));
    let page = Fake::start(|_| Answer::bytes("text/html", "<p>hello")).await;
    let page = page.url.replace("http://", "ws://");
    let stage = stage_at(&[&bad.url, "ws://127.0.0.1:1", &page, &good.url]).text("x");
    let (remote, warnings) = live(&stage).await;
    assert_eq!(remote.extra, json!({"relays": [good.url]}));
    assert_eq!((warnings.len(), warnings[0].as_str()), (3, format!("{}: blocked: no", bad.url).as_str()));
    assert!(warnings[2].contains("WebSocket"), "{warnings:?}");

    // As long as one may yet take it, it is not refused.
    let failure = fails(&stage_at(&[&bad.url, "ws://127.0.0.1:1"]).text("x")).await;
    assert_eq!(failure.kind, FailureKind::Unavailable);
}

#[tokio::test]
async fn a_lost_answer_is_the_same_note_again() {
    for (mood, kept) in [(Mood::HangsUp, 1), (Mood::Loses, 0)] {
        let relay = Relay::start().await;
        let stage = stage(&[&relay]).text("x");
        relay.mood(mood);
        assert_eq!(fails(&stage).await.kind, FailureKind::Unavailable);
        assert_eq!((relay.state().events.len(), stage.ledger.log().last().unwrap().as_str()), (kept, "end note failed"));
        relay.mood(Mood::Kind);
        let expected = if kept == 1 { Found::Yes(vec![]) } else { Found::No };
        let found = Nostr.find(&stage.call(), &stage.ledger.key("note")).await.unwrap();
        assert_eq!(std::mem::discriminant(&found), std::mem::discriminant(&expected));
        let (remote, warnings) = live(&stage).await;
        assert!(warnings.is_empty());
        assert_eq!(relay.state().events.keys().collect::<Vec<_>>(), [&remote.id]);
    }
}

#[tokio::test]
async fn killed_after_a_relay_took_it_is_the_same_note_again() {
    let relay = Relay::start().await;
    let stage = stage(&[&relay]).text("x");
    stage.ledger.crash_at("note");
    fails(&stage).await;
    live(&stage).await;
    let kept = relay.state().events.len();
    assert_eq!((kept, relay.heard().len()), (1, 2));
}

#[tokio::test]
async fn a_complaint_instead_of_an_answer_is_told() {
    let relay = Relay::start().await;
    relay.mood(Mood::Complains("the event is too large"));
    let failure = fails(&stage(&[&relay]).text("x")).await;
    assert_eq!(failure.kind, FailureKind::Unavailable);
    assert!(failure.message.contains("the event is too large"), "{failure:?}");
}

#[tokio::test]
async fn who_has_lost_when_it_was_sent_finds_it_by_what_it_says() {
    let relay = Relay::start().await;
    let mut stage = stage(&[&relay]).text("x #y");
    let (remote, _) = live(&stage).await;
    stage.ledger = Ledger::new(stage.now);
    let begun_at = stage.now - chrono::TimeDelta::minutes(3);
    let step = StepKey { key: uuid::Uuid::nil(), begun_at, earlier: 1 };
    match Nostr.find(&stage.call(), &step).await.unwrap() {
        Found::Yes(remotes) => assert_eq!(remotes[0].id, remote.id),
        other => panic!("{other:?}"),
    }
    let stage = stage.text("x #z");
    assert_eq!(Nostr.find(&stage.call(), &step).await.unwrap(), Found::No);
    let half = stage_at(&[&relay.url, "ws://127.0.0.1:1"]).text("x #z");
    assert_eq!(Nostr.find(&half.call(), &step).await.unwrap(), Found::NotSeen, "one relay did not answer");
    let none = stage_at(&["ws://127.0.0.1:1"]).text("x");
    assert_eq!(Nostr.find(&none.call(), &step).await.unwrap_err().kind, FailureKind::Unavailable);
}
