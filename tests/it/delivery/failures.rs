//! The failures that users of the predecessor reported, by their numbers in docs/GUARANTEES.md: those that no other file
//! has a test for.

use chrono::{NaiveDate, TimeDelta};
use rostrum::{
    db::q,
    delivery::{Engine, PartState, TargetState},
    kit::{
        recur::{End, Every, Rule},
        zone,
    },
    posts::{self, Draft, Entry, EntryPart, When, recurrence},
};
use serde_json::json;

use crate::delivers;

delivers! {
    /// F3: however many engines look at the same database, each post goes out once.
    async fn f3_five_engines_on_one_database_send_once(rig) {
        let more: Vec<_> = (0..4).map(|_| Engine::start(&rig.app.app)).collect();
        let mut ids = Vec::new();
        for n in 0..4 {
            let channel = rig.channel(&format!("c{n}")).await;
            for m in 0..3 {
                ids.push(rig.post_to(channel, When::Now, &[&format!("{n}-{m}")]).await);
            }
        }
        for id in ids {
            rig.reaches(id, TargetState::Published).await;
        }
        let stats = rig.platform.stats().await;
        assert_eq!((stats["posts"].as_i64(), stats["duplicates"].as_i64()), (Some(12), Some(0)));
        for engine in more {
            engine.stop().await;
        }
    }

    /// F5: a refusal that comes after something is live (here: for the comment) neither hides what is live nor makes
    /// anybody send it again.
    async fn f5_a_rate_limit_after_the_publish_hides_nothing(rig) {
        let part = |text: &str, delay_seconds| EntryPart { id: None, text: rostrum::kit::text::Doc::from_plain(text), media: vec![], delay_seconds };
        let entry = Entry { target: None, channel: rig.channel, settings: json!({}), parts: vec![part("live", 0), part("comment", 1)] };
        let draft = Draft { when: When::Now, zone: chrono_tz::Tz::UTC, entries: vec![entry], allow_duplicate: true };
        let id = posts::create(&rig.app.app, &rig.caller(), &draft).await.unwrap().unwrap().targets[0].0;
        rig.part_reaches(id, PartState::Published).await;
        rig.platform.behave(json!({"mode": "rate_limit", "retry_after_s": 1, "times": 1})).await;
        rig.reaches(id, TargetState::Published).await;
        let texts: Vec<String> = rig.live().await.iter().map(|p| p["text"].as_str().unwrap().to_owned()).collect();
        assert_eq!(texts, ["live", "comment"]);
        let events = rig.events(id).await;
        assert_eq!(events.iter().filter(|e| *e == "part.published").count(), 2, "{events:?}");
        assert!(events.contains(&"part.rate_limited".into()) && !events.contains(&"part.failed".into()), "{events:?}");
    }

    /// F6: what was saved while nothing was running goes out at the next start, and nothing due is left without an end or a
    /// time at which it is looked at again.
    async fn f6_nothing_stays_queued_for_ever(rig) {
        rig.crash().await;
        let mut ids = Vec::new();
        for n in 0..5 {
            ids.push(rig.post(When::Now, &[&n.to_string()]).await);
        }
        rig.restart();
        for id in &ids {
            rig.reaches(*id, TargetState::Published).await;
        }
        let forgotten: Vec<(String,)> = q("SELECT p.state FROM parts p JOIN targets t ON t.id = p.target_id
           WHERE p.next_at IS NULL AND p.state NOT IN ('published', 'failed', 'needs_you', 'cancelled', 'skipped')")
        .all(&rig.app.app.db)
        .await
        .unwrap();
        assert_eq!(forgotten, []);
        assert_eq!(rig.platform.count().await, 5);
    }

    /// F10: nine o'clock stays nine o'clock on both sides of a change of the clocks, in what is saved, not only shown.
    async fn f10_a_daily_post_does_not_drift_across_a_change_of_the_clocks(rig) {
        let berlin = chrono_tz::Tz::Europe__Berlin;
        let today = rig.now().date_naive();
        let start = today.succ_opt().and_then(|day| day.and_hms_opt(9, 0, 0)).unwrap();
        let rule = Rule { every: Every::Days(7), start, zone: berlin, end: End::Never };
        // A year of weeks crosses both changes, whatever day it is.
        let times = recurrence::preview(&rule, rig.now(), 53);
        let offsets: std::collections::BTreeSet<i64> =
            times.iter().map(|at| (zone::wall(berlin, *at) - at.naive_utc()).num_hours()).collect();
        assert_eq!(offsets.into_iter().collect::<Vec<_>>(), [1, 2]);
        assert!(times.iter().all(|at| zone::wall(berlin, *at).time() == start.time()));
        let part = EntryPart { id: None, text: rostrum::kit::text::Doc::from_plain("weekly"), media: vec![], delay_seconds: 0 };
        let entry = Entry { target: None, channel: rig.channel, settings: json!({}), parts: vec![part] };
        let draft = Draft { when: When::At(times[0]), zone: berlin, entries: vec![entry], allow_duplicate: true };
        let saved = recurrence::create(&rig.app.app, &rig.caller(), &draft, &rule).await.unwrap().unwrap();
        let listed = posts::of_post(&rig.app.app.db, rig.owner.org, saved.post).await.unwrap();
        assert!(listed.len() > 4);
        for one in listed {
            let wall = zone::wall(berlin, one.target.due_at.unwrap());
            assert_eq!(wall.time(), start.time(), "{wall}");
        }
    }

    /// Removed while it is to be tried again after a lost answer: it is looked for, so that the row says what is live. Without
    /// that, it would be told to be withdrawn while everybody can read it.
    async fn a_removed_post_that_may_be_live_is_followed_to_its_end(rig) {
        rig.platform.behave(json!({"mode": "drop_after", "times": 1})).await;
        rig.crash().await;
        let id = rig.post(When::Now, &["perhaps"]).await;
        rig.restart();
        rig.app.until("the platform has it", async || (rig.platform.count().await == 1).then_some(())).await;
        rig.crash().await;
        // As a provider leaves it that may repeat its write: to be tried again, with an attempt whose end nobody knows.
        let mut tx = rig.app.app.db.begin().await.unwrap();
        q("UPDATE parts SET state = 'retrying', next_at = $2 WHERE target_id = $1").bind(id).bind(rig.now() + TimeDelta::hours(1)).exec(&mut tx).await.unwrap();
        q("UPDATE steps SET state = 'open', unsure = 1, result = NULL WHERE part_id = (SELECT id FROM parts WHERE target_id = $1)").bind(id).exec(&mut tx).await.unwrap();
        q("DELETE FROM remotes WHERE part_id = (SELECT id FROM parts WHERE target_id = $1)").bind(id).exec(&mut tx).await.unwrap();
        let post = rig.target(id).await.post_id;
        rostrum::delivery::remove(&mut tx, rig.owner.org, post, None, rig.now()).await.unwrap();
        q("UPDATE parts SET next_at = $2 WHERE target_id = $1").bind(id).bind(rig.now()).exec(&mut tx).await.unwrap();
        q("UPDATE lanes SET next_due = $2 WHERE channel_id = $1").bind(rig.channel).bind(rig.now()).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(rig.part_states(id).await, [PartState::Uncertain]);
        rig.restart();
        rig.part_reaches(id, PartState::Published).await;
        assert_eq!(rig.platform.count().await, 1);
    }
}

#[test]
fn the_year_has_both_offsets() {
    // What the test above rests on.
    let berlin = chrono_tz::Tz::Europe__Berlin;
    for (month, hours) in [(1, 1), (7, 2)] {
        let noon = NaiveDate::from_ymd_opt(2026, month, 1).and_then(|d| d.and_hms_opt(12, 0, 0)).unwrap();
        assert_eq!((zone::wall(berlin, noon.and_utc()) - noon).num_hours(), hours);
    }
}
