//! Everything a platform or a crash can do between our request and our record of it.

use chrono::TimeDelta;
use rostrum::{
    channels::{self, Channel, ChannelState},
    delivery::{PartState, TargetState},
    kit::Clock,
    posts::When,
};
use serde_json::json;

use super::{Rig, overdue};
use crate::{
    delivers,
    support::{Engine as Database, map},
};

/// The platform took it, whatever it said: one post exists and the target says published.
async fn published_once(rig: &Rig, behaviour: serde_json::Value) {
    rig.platform.behave(behaviour).await;
    let id = rig.post(When::Now, &["once"]).await;
    rig.reaches(id, TargetState::Published).await;
    assert_eq!(rig.platform.count().await, 1);
    assert!(rig.target(id).await.url.is_some());
}

delivers! {
    /// Accepted, and the connection cut before the answer: found, not sent again.
    async fn a_lost_answer_is_found_and_not_sent_again(rig) {
        published_once(&rig, json!({"mode": "drop_after", "times": 1})).await;
    }

    /// Accepted, and answered with 500.
    async fn an_error_after_acceptance_is_found_and_not_sent_again(rig) {
        published_once(&rig, json!({"mode": "server_error_after", "times": 1})).await;
    }

    /// Not accepted, and the connection cut: proven absent, sent again.
    async fn a_lost_request_is_proven_absent_and_sent_again(rig) {
        published_once(&rig, json!({"mode": "drop_before", "times": 1})).await;
    }

    /// Not accepted, and answered with 500.
    async fn an_error_before_acceptance_is_proven_absent_and_sent_again(rig) {
        published_once(&rig, json!({"mode": "server_error_before", "times": 1})).await;
    }

    /// Accepted for processing: asked again until it is live.
    async fn processing_is_waited_for(rig) {
        published_once(&rig, json!({"mode": "processing", "after_ms": 200, "times": 1})).await;
    }

    /// The platform refuses the content: failed with its words, the rest of the thread not sent; a retry sends it once.
    async fn a_refusal_stops_the_thread_and_can_be_retried(rig) {
        rig.platform.behave(json!({"mode": "reject", "times": 1})).await;
        let id = rig.post(When::Now, &["a", "b"]).await;
        rig.reaches(id, TargetState::Failed).await;
        let parts = rig.parts(id).await;
        assert_eq!(parts.iter().map(|p| p.state).collect::<Vec<_>>(), [PartState::Failed, PartState::Skipped]);
        assert!(!parts[0].failure.as_ref().unwrap().0.message.is_empty());
        let mut tx = rig.app.app.db.begin().await.unwrap();
        rostrum::delivery::retry(&mut tx, rig.owner.org, id, None, rig.now()).await.unwrap();
        tx.commit().await.unwrap();
        rig.reaches(id, TargetState::Published).await;
        assert_eq!(rig.platform.count().await, 2);
    }

    /// Asked to slow down: waits as long as it was told, and the wait is not a counted try.
    async fn a_rate_limit_is_obeyed_and_not_counted(rig) {
        rig.platform.behave(json!({"mode": "rate_limit", "retry_after_s": 1, "times": 1})).await;
        let begun = rig.now();
        let id = rig.post(When::Now, &["patience"]).await;
        rig.reaches(id, TargetState::Published).await;
        assert!(rig.now() - begun >= TimeDelta::seconds(1));
        assert_eq!(rig.parts(id).await[0].tries, 1);
        assert_eq!(rig.platform.count().await, 1);
    }

    /// Credentials refused: the channel asks for a person, its posts wait, and go out after the reconnect.
    async fn refused_credentials_hold_the_posts_until_the_reconnect(rig) {
        rig.platform.behave(json!({"mode": "unauthorized", "times": 1})).await;
        let id = rig.post(When::Now, &["later"]).await;
        let held = rig.reaches(id, TargetState::Held).await;
        assert_eq!(held.reason.as_deref(), Some("reconnect"));
        let channel = Channel::find(&rig.app.app.db, rig.owner.org, rig.channel).await.unwrap();
        assert_eq!(channel.state, ChannelState::Reconnect);
        assert_eq!(rig.platform.count().await, 0);
        let again = map(&[("server", &rig.platform.url), ("handle", "me")]);
        channels::connect(&rig.app.app, rig.owner.org, "sandbox", &again).await.unwrap();
        rig.reaches(id, TargetState::Published).await;
        assert_eq!(rig.platform.count().await, 1);
    }

    /// More than an hour late: kept back for a person, not blurted out.
    async fn what_is_too_late_waits_for_a_person(rig) {
        let id = overdue(&rig, TimeDelta::hours(2)).await;
        let held = rig.reaches(id, TargetState::Held).await;
        assert_eq!(held.reason.as_deref(), Some("late"));
        assert_eq!(rig.platform.count().await, 0);
        let on_time = overdue(&rig, TimeDelta::minutes(30)).await;
        rig.reaches(on_time, TargetState::Published).await;
        assert_eq!(rig.platform.count().await, 1);
    }
}

/// Crashed after the platform accepted and before we wrote it down; a new process finds it.
async fn crash_after_acceptance(database: Database, mode: &str) {
    let mut rig = Rig::with(database, Clock::system(), |c| {
        c.delivery.drain_seconds = 0;
        c.delivery.lease_seconds = 1;
    })
    .await;
    rig.platform.behave(json!({"mode": mode, "delay_ms": 300_000, "times": 1})).await;
    let id = rig.post(When::Now, &["crash", "and the rest"]).await;
    rig.part_reaches(id, PartState::Sending).await;
    if mode == "hang" {
        rig.app.until("the platform has it", async || (rig.platform.count().await == 1).then_some(())).await;
    }
    rig.crash().await;
    rig.platform.behave(json!({"mode": "ok"})).await;
    rig.restart();
    rig.reaches(id, TargetState::Published).await;
    let stats = rig.platform.stats().await;
    assert_eq!((stats["posts"].as_i64(), stats["duplicates"].as_i64()), (Some(2), Some(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_a_crash_after_acceptance_publishes_once_sqlite() {
    crash_after_acceptance(Database::Sqlite, "hang").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_a_crash_after_acceptance_publishes_once_postgres() {
    crash_after_acceptance(Database::Postgres, "hang").await;
}
