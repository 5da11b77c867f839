//! Each way of misbehaving, through the provider: what the failure is called, what was stored, what reading back tells.

use std::time::Duration;

use chrono::TimeDelta;
use rostrum::{
    error::FailureKind,
    providers::{Found, Outcome},
};
use serde_json::json;

use super::{Platform, doubles::Part};

/// Publishes under a mode; the kind of failure and how many posts exist then.
async fn misbehaved(mode: &str) -> (Platform, Part, FailureKind, i64) {
    let platform = Platform::start().await;
    let part = Part::of(&platform.url, "Hello").await;
    platform.behave(json!({"mode": mode, "times": 1, "retry_after_s": 7})).await;
    let kind = part.publish().await.unwrap_err().kind;
    let count = platform.count().await;
    (platform, part, kind, count)
}

fn is_there(found: &Found) -> bool {
    matches!(found, Found::Yes(remotes) if remotes.len() == 1)
}

#[tokio::test]
async fn refusals_store_nothing_and_say_what_to_do() {
    let (_, part, kind, count) = misbehaved("rate_limit").await;
    assert_eq!((kind, count), (FailureKind::RateLimited { until: Some(part.now + TimeDelta::seconds(7)) }, 0));
    let (_, _, kind, count) = misbehaved("reject").await;
    assert_eq!((kind, count), (FailureKind::Rejected, 0));
    let (_, _, kind, count) = misbehaved("unauthorized").await;
    assert_eq!((kind, count), (FailureKind::Reconnect, 0));
}

#[tokio::test]
async fn an_answer_lost_before_the_effect_is_uncertain_and_reading_back_proves_that_it_is_absent() {
    for mode in ["server_error_before", "drop_before"] {
        let (platform, part, kind, count) = misbehaved(mode).await;
        assert_eq!((kind, count), (FailureKind::Uncertain, 0), "{mode}");
        assert_eq!(part.find().await.unwrap(), Found::No, "{mode}");
        part.live().await;
        assert_eq!(platform.count().await, 1, "{mode}");
    }
}

#[tokio::test]
async fn an_answer_lost_after_the_effect_is_uncertain_and_reading_back_finds_the_post() {
    for mode in ["server_error_after", "drop_after", "hang"] {
        let (platform, part, kind, count) = misbehaved(mode).await;
        assert_eq!((kind, count), (FailureKind::Uncertain, 1), "{mode}");
        assert!(is_there(&part.find().await.unwrap()), "{mode}");
        // What must never be done: the platform takes it twice and counts it.
        part.live().await;
        assert_eq!(platform.stats().await["duplicates"], 1, "{mode}");
    }
}

#[tokio::test]
async fn an_answer_slower_than_our_patience_is_uncertain_and_the_post_is_there() {
    let platform = Platform::start().await;
    let part = Part::of(&platform.url, "Hello").await;
    platform.behave(json!({"delay_ms": 60_000})).await;
    assert_eq!(part.publish().await.unwrap_err().kind, FailureKind::Uncertain);
    assert!(is_there(&part.find().await.unwrap()));
}

#[tokio::test]
async fn while_new_posts_are_invisible_not_seeing_one_proves_nothing() {
    let platform = Platform::start().await;
    let part = Part::of(&platform.url, "Hello").await;
    platform.behave(json!({"mode": "drop_after", "read_delay_ms": 60_000})).await;
    assert_eq!(part.publish().await.unwrap_err().kind, FailureKind::Uncertain);
    assert_eq!(part.find().await.unwrap(), Found::NotSeen);
    platform.behave(json!({})).await;
    assert!(is_there(&part.find().await.unwrap()));
}

#[tokio::test]
async fn a_post_in_processing_is_waited_for_and_sent_once() {
    let platform = Platform::start().await;
    let part = Part::of(&platform.url, "Hello").await;
    platform.behave(json!({"mode": "processing", "after_ms": 60_000, "times": 1})).await;
    let Outcome::Wait { after } = part.publish().await.unwrap() else { panic!("it is live already") };
    assert!(after <= Duration::from_secs(60) && after > Duration::from_secs(50), "{after:?}");
    assert!(matches!(part.publish().await.unwrap(), Outcome::Wait { .. }));
    assert_eq!(part.find().await.unwrap(), Found::NotSeen);
    assert_eq!(platform.count().await, 1);

    let quick = Part::of(&platform.url, "Quick").await;
    platform.behave(json!({"mode": "processing", "after_ms": 0})).await;
    assert_eq!(quick.live().await, quick.live().await);
    assert_eq!(platform.count().await, 2);
}

#[tokio::test]
async fn an_upload_may_be_repeated_whatever_became_of_it() {
    for (mode, kind) in [
        ("drop_after", FailureKind::Unavailable),
        ("server_error_before", FailureKind::Unavailable),
        ("hang", FailureKind::Unavailable),
        ("reject", FailureKind::Rejected),
        ("unauthorized", FailureKind::Reconnect),
    ] {
        let platform = Platform::start().await;
        let part = Part::of(&platform.url, "").await.with("image/png");
        platform.behave(json!({"mode": mode, "on": "uploads", "times": 1})).await;
        assert_eq!(part.publish().await.unwrap_err().kind, kind, "{mode}");
        part.live().await;
        assert_eq!(platform.count().await, 1, "{mode}");
    }
}

#[tokio::test]
async fn a_platform_that_is_away_has_not_got_the_post() {
    let platform = Platform::start().await;
    let mut part = Part::of(&platform.url, "Hello").await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    part.credentials["server"] = json!(format!("http://{}", listener.local_addr().unwrap()));
    drop(listener);
    assert_eq!(part.publish().await.unwrap_err().kind, FailureKind::Unavailable);
}
