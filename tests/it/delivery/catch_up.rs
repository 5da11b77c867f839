//! After downtime, on a clock moved by hand (G14, F4, F14): what was missed follows the policy, and a backlog goes out at
//! walking pace.

use chrono::{DateTime, TimeDelta, Utc};
use rostrum::{
    channels::Channel,
    db::{Topic, q},
    delivery::{self, TargetState},
    error::Error,
    kit::{Clock, TargetId},
    orgs::{LatePolicy, Rules},
    posts::When,
};

use super::{Rig, connect};
use crate::support::Engine as Database;

const START: &str = "2026-11-23T12:00:00Z";

/// A rig on a clock that stands still.
async fn rig(database: Database) -> Rig {
    Rig::with(database, Clock::manual(START.parse().unwrap()), |_| {}).await
}

async fn choose(rig: &Rig, late_minutes: i64, late_policy: LatePolicy) {
    let rules = Rules { late_minutes: Some(late_minutes), late_policy: Some(late_policy), ..Rules::default() };
    let mut tx = rig.app.app.db.begin().await.unwrap();
    rules.save(&mut tx, rig.owner.org).await.unwrap();
    tx.commit().await.unwrap();
}

/// The engine is off for so long.
async fn downtime(rig: &mut Rig, by: TimeDelta) {
    rig.crash().await;
    rig.app.app.clock.advance(by);
    rig.restart();
}

/// Planned for in `minutes`; then the engine is off until so long after that.
async fn missed_by(rig: &mut Rig, by: TimeDelta) -> TargetId {
    let id = rig.post(When::At(rig.now() + TimeDelta::minutes(1)), &["late"]).await;
    downtime(rig, TimeDelta::minutes(1) + by).await;
    id
}

/// Moves the clock to the time of a target, which then goes out.
async fn goes_out_at_its_time(rig: &Rig, id: TargetId) {
    let due = rig.target(id).await.due_at.unwrap();
    rig.app.app.clock.advance(due - rig.now());
    rig.reaches(id, TargetState::Published).await;
}

/// Stopped for five minutes, three hours and three days: what is forgiven goes out, the rest follows the policy.
async fn each_policy(database: Database) {
    let mut rig = rig(database).await;
    for policy in LatePolicy::ALL {
        choose(&rig, 60, policy).await;
        let live = rig.platform.count().await;
        let forgiven = missed_by(&mut rig, TimeDelta::minutes(5)).await;
        rig.reaches(forgiven, TargetState::Published).await;
        assert_eq!(rig.platform.count().await, live + 1);
        for by in [TimeDelta::hours(3), TimeDelta::days(3)] {
            let id = missed_by(&mut rig, by).await;
            let restarted = rig.now();
            match policy {
                LatePolicy::Hold => assert_eq!(rig.reaches(id, TargetState::Held).await.reason.as_deref(), Some("late")),
                LatePolicy::Skip => {
                    assert_eq!(rig.reaches(id, TargetState::Missed).await.reason.as_deref(), Some("late"));
                    assert!(rig.parts(id).await.iter().all(|p| p.next_at.is_none()));
                }
                LatePolicy::NextFreeSlot => {
                    let due = moved(&rig, id).await;
                    assert!(due > restarted && due <= restarted + TimeDelta::days(1), "{due}");
                    goes_out_at_its_time(&rig, id).await;
                    assert!(rig.target(id).await.published_at.unwrap() >= due);
                }
            }
            let fate = rig.events(id).await;
            let word = ["target.held", "target.moved", "target.missed"].iter().filter(|w| fate.iter().any(|k| k == *w)).count();
            assert_eq!(word, 1, "{fate:?}");
        }
        let due_out = if policy == LatePolicy::NextFreeSlot { 3 } else { 1 };
        assert_eq!(rig.platform.count().await, live + due_out, "{policy:?}");
    }
}

/// Waits until the engine has planned it anew and tells for when.
async fn moved(rig: &Rig, id: TargetId) -> DateTime<Utc> {
    let moved = async || rig.events(id).await.contains(&"target.moved".to_owned()).then_some(());
    rig.app.until("the target is planned anew", moved).await;
    let target = rig.target(id).await;
    assert_eq!((target.state, target.reason), (TargetState::Scheduled, None));
    assert_eq!(rig.parts(id).await[0].next_at, target.due_at);
    target.due_at.unwrap()
}

/// Two late posts of one channel are given two times, and a channel's own choice goes before its organisation's.
async fn a_channel_has_a_choice_of_its_own(database: Database) {
    let mut rig = rig(database).await;
    choose(&rig, 60, LatePolicy::Skip).await;
    let channel = Channel::find(&rig.app.app.db, rig.owner.org, rig.channel).await.unwrap();
    let mut tx = rig.app.app.db.begin().await.unwrap();
    channel.set_late(&mut tx, (Some(10), Some(LatePolicy::NextFreeSlot)), None, rig.now()).await.unwrap();
    tx.commit().await.unwrap();
    let second = rig.channel("second").await;
    let at = When::At(rig.now() + TimeDelta::minutes(1));
    let (one, two, other) = (rig.post(at, &["1"]).await, rig.post(at, &["2"]).await, rig.post_to(second, at, &["3"]).await);
    downtime(&mut rig, TimeDelta::minutes(20)).await;
    rig.reaches(other, TargetState::Published).await;
    assert_ne!(moved(&rig, one).await, moved(&rig, two).await);
    assert_eq!(rig.platform.count().await, 1);
}

/// Paused meanwhile: when the channel goes on, what was held follows the policy.
async fn what_was_held_for_a_channel_follows_the_policy(database: Database) {
    let rig = rig(database).await;
    for (policy, state) in [
        (LatePolicy::Hold, TargetState::Held),
        (LatePolicy::Skip, TargetState::Missed),
        (LatePolicy::NextFreeSlot, TargetState::Scheduled),
    ] {
        choose(&rig, 60, policy).await;
        pause(&rig, true).await;
        let id = rig.post(When::Now, &["late"]).await;
        rig.reaches(id, TargetState::Held).await;
        rig.app.app.clock.advance(TimeDelta::hours(2));
        pause(&rig, false).await;
        rig.app
            .until("it is dealt with", async || (rig.target(id).await.reason.as_deref() != Some("paused")).then_some(()))
            .await;
        let target = rig.target(id).await;
        assert_eq!(target.state, state, "{policy:?}");
        assert_eq!(rig.platform.count().await, 0);
        let listed = delivery::late(&rig.app.app.db, rig.owner.org, rig.now()).await.unwrap();
        assert!(listed.iter().any(|l| l.target.id == id), "{policy:?}: {listed:?}");
    }
    let since = rig.now() + TimeDelta::seconds(1);
    assert!(delivery::late(&rig.app.app.db, rig.owner.org, since).await.unwrap().is_empty());
    let stranger = rig.app.owner().await;
    assert!(delivery::late(&rig.app.app.db, stranger.org, START.parse().unwrap()).await.unwrap().is_empty());
}

async fn pause(rig: &Rig, pause: bool) {
    let channel = Channel::find(&rig.app.app.db, rig.owner.org, rig.channel).await.unwrap();
    let mut tx = rig.app.app.db.begin().await.unwrap();
    match pause {
        true => channel.pause(&mut tx, None, rig.now()).await.unwrap(),
        false => channel.resume(&mut tx, None, rig.now()).await.unwrap(),
    }
    tx.commit().await.unwrap();
}

/// Many posts of one channel, a second apart, straight into the tables.
async fn backlog(rig: &Rig, count: i64) -> Vec<TargetId> {
    let first = rig.post(When::At(rig.now() + TimeDelta::minutes(1)), &["0"]).await;
    let (target, parts) = (rig.target(first).await, rig.parts(first).await);
    let mut ids = vec![first];
    let mut tx = rig.app.app.db.begin().await.unwrap();
    for n in 1..count {
        let change = delivery::TargetChange {
            version: target.version_id,
            draft: false,
            due_at: target.due_at.map(|due| due + TimeDelta::seconds(n)),
            zone: "UTC".into(),
            settings: target.settings.clone(),
            parts: vec![delivery::NewPart {
                id: rostrum::kit::PartId::new(),
                content: format!("<p>{n}</p>"),
                media: parts[0].media.0.clone(),
                delay_seconds: 0,
            }],
        };
        let id = TargetId::new();
        let new = delivery::NewTarget { id, post: target.post_id, entry: n, channel: rig.channel, change };
        delivery::add(&mut tx, rig.owner.org, &new, rig.now()).await.unwrap();
        ids.push(id);
    }
    tx.commit().await.unwrap();
    ids
}

/// When each post of a backlog is looked at next, in the order of their times; `None`: it is out, or given up.
async fn plan(rig: &Rig) -> Vec<Option<DateTime<Utc>>> {
    let rows: Vec<(Option<DateTime<Utc>>,)> =
        q("SELECT p.next_at FROM parts p JOIN targets t ON t.id = p.target_id WHERE p.channel_id = $1 ORDER BY t.due_at")
            .bind(rig.channel)
            .all(&rig.app.app.db)
            .await
            .unwrap();
    rows.into_iter().map(|(at,)| at).collect()
}

/// F4, F14, G10: 500 overdue posts on one channel after two days go out one a minute, in order, and neither another channel
/// nor what is on time waits for them. A second downtime does not make them a burst.
async fn f14_five_hundred_overdue_posts_are_no_burst(database: Database) {
    let mut rig = rig(database).await;
    choose(&rig, 3 * 24 * 60, LatePolicy::Hold).await;
    let second = rig.channel("second").await;
    let ids = backlog(&rig, 500).await;
    downtime(&mut rig, TimeDelta::days(2)).await;
    rig.reaches(ids[0], TargetState::Published).await;
    let begun = rig.now();
    let spaced = async || {
        let plan = plan(&rig).await;
        plan.iter().flatten().all(|at| *at > begun).then_some(plan)
    };
    let planned = rig.app.until("the backlog is spaced out", spaced).await;
    let expected: Vec<_> = (0..500).map(|n| (n > 0).then(|| begun + TimeDelta::minutes(n))).collect();
    assert_eq!(planned, expected);
    assert_eq!(rig.platform.count().await, 1);
    // Another channel, and a new post of this one, are on time.
    let elsewhere = rig.post_to(second, When::Now, &["elsewhere"]).await;
    rig.reaches(elsewhere, TargetState::Published).await;
    let fresh = rig.post(When::Now, &["fresh"]).await;
    rig.reaches(fresh, TargetState::Published).await;
    for (minute, id) in ids.iter().enumerate().take(8).skip(1) {
        rig.app.app.clock.advance(TimeDelta::seconds(59));
        rig.app.app.clock.advance(TimeDelta::seconds(1));
        rig.reaches(*id, TargetState::Published).await;
        assert_eq!(rig.platform.count().await, 3 + i64::try_from(minute).unwrap());
    }
    downtime(&mut rig, TimeDelta::hours(2)).await;
    rig.reaches(ids[8], TargetState::Published).await;
    let again = rig.now();
    let spaced = async || plan(&rig).await.iter().flatten().all(|at| *at > again).then_some(());
    rig.app.until("the rest is spaced out again", spaced).await;
    assert_eq!(rig.platform.count().await, 11);
    let texts: Vec<String> = rig.live().await.iter().map(|p| p["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(texts, ["0", "elsewhere", "fresh", "1", "2", "3", "4", "5", "6", "7", "8"]);
}

/// Down for three hours, with posts of different ages: the old ones are looked for, found missing and held, the young ones go
/// out one a minute. Neither the look nor the pace makes an old one young.
async fn old_and_young_are_told_apart_after_a_long_silence(database: Database) {
    let mut rig = rig(database).await;
    choose(&rig, 60, LatePolicy::Hold).await;
    let start = rig.now();
    let at = |minutes: i64| When::At(start + TimeDelta::minutes(minutes));
    let mut ids = Vec::new();
    for minutes in [170, 10, 150, 20, 30, 160] {
        ids.push((minutes, rig.post(at(minutes), &[&minutes.to_string()]).await));
    }
    ids.sort_by_key(|(minutes, _)| *minutes);
    downtime(&mut rig, TimeDelta::minutes(180)).await;
    for (_, id) in &ids[..3] {
        assert_eq!(rig.reaches(*id, TargetState::Held).await.reason.as_deref(), Some("late"));
        assert!(rig.events(*id).await.contains(&"part.not_found".to_owned()));
    }
    for (n, (_, id)) in ids[3..].iter().enumerate() {
        rig.reaches(*id, TargetState::Published).await;
        assert_eq!(rig.platform.count().await, i64::try_from(n).unwrap() + 1);
        rig.app.app.clock.advance(TimeDelta::minutes(1));
    }
    let texts: Vec<String> = rig.live().await.iter().map(|p| p["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(texts, ["150", "160", "170"]);
}

/// A person deals with what was late; what has begun, or is somebody else's, is none of it.
async fn a_person_moves_and_skips(database: Database) {
    let mut rig = rig(database).await;
    let (org, user, now) = (rig.owner.org, Some(rig.owner.user), rig.now() + TimeDelta::hours(3));
    let id = missed_by(&mut rig, TimeDelta::hours(2)).await;
    rig.reaches(id, TargetState::Held).await;
    let stranger = rig.app.owner().await;
    let mut tx = rig.app.app.db.begin().await.unwrap();
    assert!(matches!(delivery::skip(&mut tx, stranger.org, id, None, now).await, Err(Error::NotFound("post"))));
    assert!(matches!(delivery::move_to_free_slot(&mut tx, stranger.org, id, None, now).await, Err(Error::NotFound("post"))));
    delivery::skip(&mut tx, org, id, user, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((rig.target(id).await.state, rig.target(id).await.reason.as_deref()), (TargetState::Missed, Some("skipped")));
    let mut tx = rig.app.app.db.begin().await.unwrap();
    let due = delivery::move_to_free_slot(&mut tx, org, id, user, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((rig.target(id).await.state, rig.target(id).await.due_at), (TargetState::Scheduled, Some(due)));
    goes_out_at_its_time(&rig, id).await;
    let mut tx = rig.app.app.db.begin().await.unwrap();
    assert!(matches!(delivery::skip(&mut tx, org, id, user, now).await, Err(Error::Conflict(_))));
    assert!(matches!(delivery::move_to_free_slot(&mut tx, org, id, user, now).await, Err(Error::Conflict(_))));
}

/// Two movers at the same time never give one time twice.
async fn movers_take_turns(database: Database) {
    let mut rig = rig(database).await;
    let connected = connect(&rig.app, &rig.owner, &rig.platform, "me").await;
    assert_eq!(connected.id, rig.channel);
    let ids = backlog(&rig, 12).await;
    downtime(&mut rig, TimeDelta::hours(2)).await;
    for id in &ids {
        rig.reaches(*id, TargetState::Held).await;
    }
    let (app, org, now) = (rig.app.app.clone(), rig.owner.org, rig.now());
    let moves = ids.iter().map(|id| {
        let (app, id) = (app.clone(), *id);
        tokio::spawn(async move {
            let mut tx = app.db.begin().await.unwrap();
            let due = delivery::move_to_free_slot(&mut tx, org, id, None, now).await.unwrap();
            tx.publish(Topic::Schedule);
            tx.commit().await.unwrap();
            due
        })
    });
    let mut dues: Vec<_> = futures_util::future::join_all(moves).await.into_iter().map(Result::unwrap).collect();
    dues.sort();
    dues.dedup();
    assert_eq!(dues.len(), ids.len());
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

mod on {
    on_both! {
        each_policy
        a_channel_has_a_choice_of_its_own
        what_was_held_for_a_channel_follows_the_policy
        f14_five_hundred_overdue_posts_are_no_burst
        old_and_young_are_told_apart_after_a_long_silence
        a_person_moves_and_skips
        movers_take_turns
    }
}
