//! A network and a vendor that fail: one cast, or none and a failure that says which.

use serde_json::json;

use super::{
    super::Wrapcast,
    vendor::{Vendor, fails, live, refusal},
};
use crate::providers::{FailureKind, Found, Provider as _, testing::Answer};

#[tokio::test]
async fn what_the_vendor_says_has_one_meaning_each() {
    use FailureKind::{Reconnect, Rejected, Unavailable};
    for (status, words, kind) in [
        (400, "embeds must not contain more than 2 elements", Rejected),
        (400, "invalid signer: signer not found for fid 3", Reconnect),
        (401, "Incorrect or missing API key", Reconnect),
        (402, "No credits left", Unavailable),
        (403, "Signer not approved", Reconnect),
        (404, "Channel not found", Rejected),
        (409, "Conflict", Unavailable),
        (500, "Internal error", Unavailable),
        (429, "Too many requests", FailureKind::RateLimited { until: None }),
    ] {
        let vendor = Vendor::start().await;
        vendor.misfortune(move |_| Some(refusal(status, words)));
        let failure = fails(&vendor.stage().text("x")).await;
        assert_eq!((failure.kind, failure.message.as_str()), (kind, words), "{status}");
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_again_under_the_same_key() {
    for answer in [Answer::Drop, Answer::Hang, refusal(500, "busy"), Answer::bytes("text/html", "<p>busy")] {
        let vendor = Vendor::start().await;
        let stage = vendor.stage().text("x");
        let lost = answer.clone();
        vendor.misfortune(move |_| Some(lost.clone()));
        assert_eq!(fails(&stage).await.kind, FailureKind::Unavailable, "{answer:?}");
        let sent = vendor.fake.seen().pop().unwrap();
        vendor.state().create(&sent.json());
        vendor.well_again();
        live(&stage).await;
        let again = vendor.fake.seen().pop().unwrap();
        assert_eq!((again.json()["idem"].clone(), vendor.state().casts.len()), (sent.json()["idem"].clone(), 1));
    }
}

#[tokio::test]
async fn when_the_key_may_be_forgotten_the_account_is_read() {
    let vendor = Vendor::start().await;
    let settings = json!({"subreddit": [{"value": {"id": "one"}}, {"value": {"id": "two"}}]});
    let stage = vendor.stage().settings(settings).picture(1, 1, "").text("x");
    live(&stage).await;
    let step = stage.ledger.key("cast:1");
    assert!(matches!(Wrapcast.find(&stage.call(), &step).await.unwrap(), Found::Yes(remotes) if remotes.len() == 2));
    for change in ["text", "channel", "embeds", "parent_hash"] {
        let kept = vendor.state().casts[1].clone();
        vendor.state().casts[1][change] = match change {
            "channel" => json!({"id": "other"}),
            "embeds" => json!([]),
            _ => json!("other"),
        };
        assert_eq!(Wrapcast.find(&stage.call(), &step).await.unwrap(), Found::NotSeen, "{change}");
        vendor.state().casts[1] = kept;
    }
    vendor.misfortune(|_| Some(Answer::Drop));
    assert_eq!(Wrapcast.find(&stage.call(), &step).await.unwrap_err().kind, FailureKind::Unavailable);
}
