//! What people do to posts while the engine is at work.

use chrono::TimeDelta;
use rostrum::{
    Error,
    channels::Channel,
    delivery::{self, PartState, Resolution, TargetState},
    kit::{Clock, TargetId},
    posts::When,
};
use serde_json::json;

use super::Rig;
use crate::{delivers, support::Engine as Database};

async fn cancel(rig: &Rig, id: TargetId) -> rostrum::Result<()> {
    let mut tx = rig.app.app.db.begin().await?;
    delivery::cancel(&mut tx, rig.owner.org, id, None, rig.now()).await?;
    tx.commit().await
}

delivers! {
    /// Cancelled before its time: never sent; brought back: sent.
    async fn a_cancelled_post_is_not_sent_until_it_is_brought_back(rig) {
        let due = rig.now() + TimeDelta::milliseconds(400);
        let (id, marker) = (rig.post(When::At(due), &["cancelled"]).await, rig.post(When::At(due), &["marker"]).await);
        cancel(&rig, id).await.unwrap();
        rig.reaches(marker, TargetState::Published).await;
        assert_eq!(rig.target(id).await.state, TargetState::Cancelled);
        assert_eq!(rig.platform.count().await, 1);
        let mut tx = rig.app.app.db.begin().await.unwrap();
        delivery::restore(&mut tx, rig.owner.org, id, None, rig.now()).await.unwrap();
        tx.commit().await.unwrap();
        // Its time is over, so it comes back as a draft, and a person sends it.
        assert_eq!(rig.target(id).await.state, TargetState::Draft);
        let mut tx = rig.app.app.db.begin().await.unwrap();
        delivery::publish_now(&mut tx, rig.owner.org, id, None, rig.now()).await.unwrap();
        tx.commit().await.unwrap();
        rig.reaches(id, TargetState::Published).await;
        assert_eq!(rig.platform.count().await, 2);
    }

    /// Once the request is on its way, a cancellation is told that it came too late.
    async fn the_claim_wins_over_a_late_cancellation(rig) {
        rig.platform.behave(json!({"mode": "hang", "times": 1})).await;
        let id = rig.post(When::Now, &["on its way"]).await;
        rig.part_reaches(id, PartState::Sending).await;
        assert!(matches!(cancel(&rig, id).await, Err(Error::Conflict(_))));
    }

    /// Paused: the post waits; resumed: it goes out.
    async fn a_paused_channel_keeps_its_posts(rig) {
        let by = rostrum::kit::UserId(rig.owner.user.0);
        let channel = Channel::find(&rig.app.app.db, rig.owner.org, rig.channel).await.unwrap();
        let mut tx = rig.app.app.db.begin().await.unwrap();
        channel.pause(&mut tx, Some(by), rig.now()).await.unwrap();
        tx.commit().await.unwrap();
        let id = rig.post(When::Now, &["paused"]).await;
        let held = rig.reaches(id, TargetState::Held).await;
        assert_eq!(held.reason.as_deref(), Some("paused"));
        let channel = Channel::find(&rig.app.app.db, rig.owner.org, rig.channel).await.unwrap();
        let mut tx = rig.app.app.db.begin().await.unwrap();
        channel.resume(&mut tx, Some(by), rig.now()).await.unwrap();
        tx.commit().await.unwrap();
        rig.reaches(id, TargetState::Published).await;
    }

    /// A removed channel takes its waiting posts with it.
    async fn a_removed_channel_cancels_its_posts(rig) {
        let id = rig.post(When::At(rig.now() + TimeDelta::hours(1)), &["never"]).await;
        let channel = Channel::find(&rig.app.app.db, rig.owner.org, rig.channel).await.unwrap();
        let mut tx = rig.app.app.db.begin().await.unwrap();
        channel.remove(&mut tx, None, rig.now()).await.unwrap();
        tx.commit().await.unwrap();
        rig.reaches(id, TargetState::Cancelled).await;
    }
}

/// The platform took it but never shows it: after all looks a person must say what became of it.
async fn needs_you(database: Database) -> (Rig, TargetId) {
    let rig = Rig::with(database, Clock::manual(chrono::Utc::now()), |_| {}).await;
    rig.platform.behave(json!({"mode": "drop_after", "times": 1, "read_delay_ms": 3_600_000})).await;
    let id = rig.post(When::Now, &["maybe", "reply"]).await;
    rig.part_reaches(id, PartState::Uncertain).await;
    let what = "all looks are done";
    rig.app
        .until(what, async || {
            rig.app.app.clock.advance(TimeDelta::minutes(1));
            (rig.target(id).await.state == TargetState::NeedsYou).then_some(())
        })
        .await;
    assert_eq!(rig.platform.stats().await["duplicates"], 0);
    (rig, id)
}

async fn resolve(rig: &Rig, id: TargetId, answer: Resolution) {
    let part = rig.parts(id).await[0].id;
    let mut tx = rig.app.app.db.begin().await.unwrap();
    delivery::resolve(&mut tx, rig.owner.org, part, &answer, (Some(rig.owner.user), rig.now())).await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_person_links_it(database: Database) {
    let (rig, id) = needs_you(database).await;
    resolve(&rig, id, Resolution::Live { url: Some("https://x.example/1".into()) }).await;
    let target = rig.reaches(id, TargetState::PublishedIncomplete).await;
    assert_eq!(target.url.as_deref(), Some("https://x.example/1"));
    assert_eq!(rig.part_states(id).await, [PartState::Published, PartState::Skipped]);
}

async fn a_person_drops_it(database: Database) {
    let (rig, id) = needs_you(database).await;
    resolve(&rig, id, Resolution::Drop).await;
    rig.reaches(id, TargetState::Failed).await;
}

async fn a_person_sends_it_again(database: Database) {
    let (rig, id) = needs_you(database).await;
    resolve(&rig, id, Resolution::Resend).await;
    rig.reaches(id, TargetState::Published).await;
    assert!(rig.events(id).await.contains(&"part.resolved".to_owned()));
}

macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() { super::super::$name(super::super::Database::Sqlite).await; }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() { super::super::$name(super::super::Database::Postgres).await; }
        }
    )*};
}

mod needs_you_tests {
    on_both! { a_person_links_it a_person_drops_it a_person_sends_it_again }
}
