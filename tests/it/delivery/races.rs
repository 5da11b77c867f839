//! People, crashes and channels that change while a part is under way: no interleaving sends twice, sends what was
//! taken back, or leaves a part that nobody will ever look at.

use chrono::TimeDelta;
use rostrum::{
    Error,
    channels::{self, Channel, ChannelState},
    delivery::{self, PartState, TargetState},
    kit::{Clock, TargetId, text::Doc},
    posts::{self, Draft, Entry, EntryPart, When},
};
use serde_json::json;

use super::Rig;
use crate::{
    delivers,
    support::{Engine as Database, map},
};

async fn channel(rig: &Rig) -> Channel {
    Channel::find(&rig.app.app.db, rig.owner.org, rig.channel).await.unwrap()
}

async fn remove_channel(rig: &Rig) {
    let mut tx = rig.app.app.db.begin().await.unwrap();
    channel(rig).await.remove(&mut tx, None, rig.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn remove_post(rig: &Rig, id: TargetId) {
    let post = rig.target(id).await.post_id;
    let mut tx = rig.app.app.db.begin().await.unwrap();
    delivery::remove(&mut tx, rig.owner.org, post, None, rig.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn cancel(rig: &Rig, id: TargetId) -> rostrum::Result<()> {
    let mut tx = rig.app.app.db.begin().await?;
    delivery::cancel(&mut tx, rig.owner.org, id, None, rig.now()).await?;
    tx.commit().await
}

/// Edits a target's only part.
async fn edit(rig: &Rig, id: TargetId, when: When, text: &str) -> rostrum::Result<()> {
    let (target, parts) = (rig.target(id).await, rig.parts(id).await);
    let part = |p: &delivery::Part| EntryPart { id: Some(p.id), text: Doc::from_plain(text), media: vec![], delay_seconds: 0 };
    let parts = parts.iter().map(part).collect();
    let entry = Entry { target: Some(id), channel: target.channel_id, settings: json!({}), parts };
    let draft = Draft { when, zone: chrono_tz::Tz::UTC, entries: vec![entry], allow_duplicate: true };
    posts::update(&rig.app.app, &rig.caller(), target.post_id, &draft).await.map(|saved| drop(saved.unwrap()))
}

/// A thread whose second part follows an hour later.
async fn slow_thread(rig: &Rig) -> TargetId {
    let part = |text: &str, delay_seconds| EntryPart { id: None, text: Doc::from_plain(text), media: vec![], delay_seconds };
    let parts = vec![part("now", 0), part("in an hour", 3_600)];
    let entry = Entry { target: None, channel: rig.channel, settings: json!({}), parts };
    let draft = Draft { when: When::Now, zone: chrono_tz::Tz::UTC, entries: vec![entry], allow_duplicate: true };
    posts::create(&rig.app.app, &rig.caller(), &draft).await.unwrap().unwrap().targets[0].0
}

delivers! {
    /// The next part was loaded together with the one before it; an edit in between wins.
    async fn what_is_edited_after_it_was_loaded_is_not_sent_as_it_was(rig) {
        rig.platform.behave(json!({"delay_ms": 700, "times": 1})).await;
        let due = rig.now() + TimeDelta::milliseconds(400);
        let (first, second) = (rig.post(When::At(due), &["first"]).await, rig.post(When::At(due), &["old words"]).await);
        let third = rig.post(When::At(due), &["third, old words"]).await;
        rig.part_reaches(first, PartState::Sending).await;
        edit(&rig, second, When::At(rig.now() + TimeDelta::days(1)), "tomorrow").await.unwrap();
        edit(&rig, third, When::Now, "third, new words").await.unwrap();
        rig.reaches(third, TargetState::Published).await;
        assert_eq!(rig.target(second).await.state, TargetState::Scheduled);
        let live: Vec<String> = rig.live().await.iter().map(|p| p["text"].as_str().unwrap().to_owned()).collect();
        assert_eq!(live, ["first", "third, new words"]);
    }

    /// Removed while its request was on its way: a rate limit or an outage does not send it later.
    async fn a_removed_post_is_not_tried_again(rig) {
        rig.platform.behave(json!({"mode": "rate_limit", "retry_after_s": 1, "delay_ms": 500, "times": 1})).await;
        let id = rig.post(When::Now, &["never"]).await;
        rig.part_reaches(id, PartState::Sending).await;
        remove_post(&rig, id).await;
        rig.part_reaches(id, PartState::Cancelled).await;
        let marker = rig.post(When::Now, &["marker"]).await;
        rig.reaches(marker, TargetState::Published).await;
        assert_eq!(rig.platform.count().await, 1);
    }

    /// Removed while its request was on its way, which failed for the credentials: the lane goes on all the same.
    async fn a_removed_post_does_not_block_its_channel(rig) {
        rig.platform.behave(json!({"mode": "unauthorized", "delay_ms": 500, "times": 1})).await;
        let id = rig.post(When::Now, &["never"]).await;
        rig.part_reaches(id, PartState::Sending).await;
        remove_post(&rig, id).await;
        rig.part_reaches(id, PartState::Cancelled).await;
        assert_eq!(channel(&rig).await.state, ChannelState::Reconnect);
        let next = rig.post(When::Now, &["next"]).await;
        assert_eq!(rig.reaches(next, TargetState::Held).await.reason.as_deref(), Some("reconnect"));
        assert_eq!(rig.platform.count().await, 0);
    }

    /// The platform is still at it when its channel is removed: only a person can say what became of it.
    async fn processing_on_a_removed_channel_asks_a_person(rig) {
        rig.platform.behave(json!({"mode": "processing", "after_ms": 600, "times": 1})).await;
        let id = rig.post(When::Now, &["perhaps", "the rest"]).await;
        rig.part_reaches(id, PartState::Processing).await;
        remove_channel(&rig).await;
        rig.reaches(id, TargetState::NeedsYou).await;
        assert_eq!(rig.part_states(id).await, [PartState::NeedsYou, PartState::Cancelled]);
        assert!(rig.parts(id).await.iter().all(|p| p.next_at.is_none()));
    }

    /// What had begun ends as what it is: incomplete, not under way for ever and not cancelled.
    async fn a_removed_channel_ends_a_thread_that_had_begun(rig) {
        let id = slow_thread(&rig).await;
        rig.part_reaches(id, PartState::Published).await;
        remove_channel(&rig).await;
        rig.reaches(id, TargetState::PublishedIncomplete).await;
        assert_eq!(rig.part_states(id).await, [PartState::Published, PartState::Cancelled]);
    }

    /// An attempt that began with the old credentials says nothing about the new ones.
    async fn a_failure_of_replaced_credentials_does_not_break_the_channel_again(rig) {
        rig.platform.behave(json!({"mode": "unauthorized", "delay_ms": 700, "times": 1})).await;
        let id = rig.post(When::Now, &["in between"]).await;
        rig.part_reaches(id, PartState::Sending).await;
        let again = map(&[("server", &rig.platform.url), ("handle", "me")]);
        channels::connect(&rig.app.app, rig.owner.org, "sandbox", &again).await.unwrap();
        rig.reaches(id, TargetState::Published).await;
        assert_eq!(channel(&rig).await.state, ChannelState::Active);
        assert_eq!(rig.platform.count().await, 1);
        assert!(!rig.events(id).await.is_empty());
    }

    /// Two transactions change the same lane at the same time: the second, which waited for the first, knows of its part.
    /// On Postgres it once set the time that it had seen before the wait, and the part was forgotten.
    async fn two_changes_of_a_lane_follow_each_other(rig) {
        rig.crash().await;
        let (soon, later) = (rig.now() + TimeDelta::hours(1), rig.now() + TimeDelta::hours(2));
        let (soon, later) = (rig.post(When::At(soon), &["soon"]).await, rig.post(When::At(later), &["later"]).await);
        let (db, org, now) = (rig.app.app.db.clone(), rig.owner.org, rig.now());
        let mut first = db.begin().await.unwrap();
        delivery::publish_now(&mut first, org, soon, None, now).await.unwrap();
        let second = tokio::spawn({
            let db = db.clone();
            async move {
                let mut tx = db.begin().await.unwrap();
                delivery::cancel(&mut tx, org, later, None, now).await.unwrap();
                tx.commit().await.unwrap();
            }
        });
        if db.is_postgres() {
            let waiting = async || {
                let query = rostrum::db::q("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
                let (count,): (i64,) = query.one(&db).await.unwrap();
                (count > 0).then_some(())
            };
            rig.app.until("the second waits for the first", waiting).await;
        }
        first.commit().await.unwrap();
        second.await.unwrap();
        let query = rostrum::db::q("SELECT next_due FROM lanes WHERE channel_id = $1").bind(rig.channel);
        let (next_due,): (Option<chrono::DateTime<chrono::Utc>>,) = query.one(&db).await.unwrap();
        assert_eq!(next_due, Some(now));
        rig.restart();
        rig.reaches(soon, TargetState::Published).await;
    }

    /// Credentials that cannot be opened (a damaged row) need a person; the engine does not spin on them.
    async fn unreadable_credentials_ask_for_a_reconnect(rig) {
        let mut tx = rig.app.app.db.begin().await.unwrap();
        rostrum::db::q("UPDATE channels SET credentials = $1").bind(vec![1u8; 40]).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let id = rig.post(When::Now, &["later"]).await;
        assert_eq!(rig.reaches(id, TargetState::Held).await.reason.as_deref(), Some("reconnect"));
        assert_eq!(channel(&rig).await.state, ChannelState::Reconnect);
        let again = map(&[("server", &rig.platform.url), ("handle", "me")]);
        channels::connect(&rig.app.app, rig.owner.org, "sandbox", &again).await.unwrap();
        rig.reaches(id, TargetState::Published).await;
    }
}

/// Accepted, then we crashed, then a person paused the channel: what the platform has is found and said all the same, and
/// can be neither changed nor withdrawn.
async fn found_on_a_paused_channel(database: Database) {
    let mut rig = Rig::with(database, Clock::system(), |c| {
        c.delivery.drain_seconds = 0;
        c.delivery.lease_seconds = 1;
    })
    .await;
    rig.platform.behave(json!({"mode": "hang", "delay_ms": 300_000, "times": 1})).await;
    let id = rig.post(When::Now, &["once"]).await;
    rig.app.until("the platform has it", async || (rig.platform.count().await == 1).then_some(())).await;
    rig.crash().await;
    rig.platform.behave(json!({"mode": "ok"})).await;
    let mut tx = rig.app.app.db.begin().await.unwrap();
    channel(&rig).await.pause(&mut tx, None, rig.now()).await.unwrap();
    tx.commit().await.unwrap();
    rig.restart();
    assert!(matches!(edit(&rig, id, When::Now, "changed").await, Err(Error::Conflict(_))));
    assert!(matches!(cancel(&rig, id).await, Err(Error::Conflict(_))));
    rig.reaches(id, TargetState::Published).await;
    let later = rig.post(When::Now, &["later"]).await;
    assert_eq!(rig.reaches(later, TargetState::Held).await.reason.as_deref(), Some("paused"));
    let stats = rig.platform.stats().await;
    assert_eq!((stats["posts"].as_i64(), stats["duplicates"].as_i64()), (Some(1), Some(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_cut_off_by_a_crash_is_found_on_a_paused_channel_sqlite() {
    found_on_a_paused_channel(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_cut_off_by_a_crash_is_found_on_a_paused_channel_postgres() {
    found_on_a_paused_channel(Database::Postgres).await;
}
