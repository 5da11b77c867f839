//! The main job: what is due goes out, at its time, in order, once.

use chrono::TimeDelta;
use rostrum::{delivery::TargetState, posts::When};

use crate::delivers;

delivers! {
    /// A thread goes out at its time, each part a reply to the one before.
    async fn a_scheduled_thread_is_published_at_its_time(rig) {
        let due = rig.now() + TimeDelta::milliseconds(300);
        let id = rig.post(When::At(due), &["one", "two", "three"]).await;
        let target = rig.reaches(id, TargetState::Published).await;
        assert!(target.url.is_some() && target.published_at.is_some_and(|at| at >= due));
        let live = rig.live().await;
        let texts: Vec<_> = live.iter().map(|p| p["text"].as_str().unwrap()).collect();
        assert_eq!(texts, ["one", "two", "three"]);
        assert_eq!(live[1]["reply_to"], live[0]["id"]);
        assert_eq!(live[2]["reply_to"], live[1]["id"]);
        assert!(live[0]["arrived_at"].as_i64().unwrap() >= due.timestamp_micros());
    }

    /// Posts of one channel go out in the order of their times.
    async fn a_channel_keeps_the_order(rig) {
        rig.platform.behave(serde_json::json!({"delay_ms": 20, "times": 10})).await;
        // Late enough for all of them to be saved before the first one goes out, on a busy machine, too.
        let due = rig.now() + TimeDelta::seconds(2);
        let mut last = None;
        for n in [3i64, 1, 0, 2, 4] {
            last = Some(rig.post(When::At(due + TimeDelta::milliseconds(n)), &[&n.to_string()]).await).filter(|_| n == 4);
        }
        rig.reaches(last.unwrap(), TargetState::Published).await;
        let texts: Vec<_> = rig.live().await.iter().map(|p| p["text"].as_str().unwrap().to_owned()).collect();
        assert_eq!(texts, ["0", "1", "2", "3", "4"]);
    }

    /// Many channels are sent to side by side: a slow answer of one does not hold up another.
    async fn channels_do_not_wait_for_each_other(rig) {
        rig.platform.behave(serde_json::json!({"account": "me", "mode": "hang", "times": 1})).await;
        let other = rig.channel("other").await;
        let stuck = rig.post(When::Now, &["stuck"]).await;
        let free = rig.post_to(other, When::Now, &["free"]).await;
        rig.reaches(free, TargetState::Published).await;
        rig.reaches(stuck, TargetState::Sending).await;
    }

    /// Two engines on the same database share the work and do nothing twice.
    async fn two_workers_do_nothing_twice(rig) {
        let second = rostrum::delivery::Engine::start(&rig.app.app);
        let mut targets = Vec::new();
        for n in 0..10 {
            let channel = rig.channel(&format!("c{n}")).await;
            for m in 0..4 {
                targets.push(rig.post_to(channel, When::Now, &[&format!("{n}-{m}")]).await);
            }
        }
        for id in targets {
            rig.reaches(id, TargetState::Published).await;
        }
        let stats = rig.platform.stats().await;
        assert_eq!((stats["posts"].as_i64(), stats["duplicates"].as_i64()), (Some(40), Some(0)));
        second.stop().await;
    }
}
