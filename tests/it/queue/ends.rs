//! How jobs begin and end.

use chrono::TimeDelta;
use rostrum::{
    db::q,
    kit::JobId,
    queue::{self},
};

use super::{Bench, Ends, Keyed, Say, waits};
use crate::both_databases;

both_databases! {
    /// What was rolled back never existed; what was committed runs once.
    async fn a_job_exists_exactly_when_its_transaction_does(app) {
        let bench = Bench::new(&app);
        let mut tx = bench.db.begin().await.unwrap();
        queue::enqueue(&mut tx, &Say("lost".into()), bench.now()).await.unwrap();
        drop(tx);
        bench.enqueue(&Say("kept".into())).await;
        assert_eq!(bench.run_due().await, 1);
        assert_eq!(bench.said(), ["kept"]);
        assert_eq!(bench.run_due().await, 0);
        assert_eq!(bench.jobs().await, [("done".into(), 1, None)]);
    }

    /// Of a key one job waits, however often it is asked for; one that ran does not stand in the way.
    async fn of_a_key_only_one_waits(app) {
        let bench = Bench::new(&app);
        for _ in 0..3 {
            bench.enqueue(&Keyed("a".into())).await;
        }
        bench.enqueue(&Keyed("b".into())).await;
        assert_eq!(bench.run_due().await, 2);
        bench.enqueue(&Keyed("a".into())).await;
        bench.run_due().await;
        assert_eq!(bench.said(), ["a", "b", "a"]);
    }

    /// Asked for again while it runs: what it has read already may be old, so another one waits. When the running one
    /// must wait as well, the other does the work.
    async fn a_key_that_runs_may_wait_again(app) {
        let bench = Bench::new(&app);
        bench.enqueue(&waits("key x")).await;
        let first = bench.runner().start();
        bench.until_said(&app, 1).await;
        first.kill().await;
        bench.enqueue(&waits("key x")).await;
        bench.enqueue(&waits("key x")).await;
        assert_eq!(bench.jobs().await.iter().filter(|(state, ..)| state == "queued").count(), 1);
        bench.later(TimeDelta::minutes(2));
        let second = bench.runner().start();
        bench.open(1);
        let said = bench.until_said(&app, 3).await;
        assert_eq!(said, ["key x begins", "key x begins", "key x ends"]);
        app.until("both are over", async || bench.jobs().await.iter().all(|(s, ..)| s == "done" || s == "cancelled").then_some(()))
            .await;
        second.stop(std::time::Duration::from_secs(5)).await;
    }

    /// Tried three times with growing waits on the clock, then given up with the last words; replayed it begins anew.
    async fn a_job_that_fails_waits_longer_each_time_and_dies_visibly(app) {
        let bench = Bench::new(&app);
        bench.enqueue(&Ends::Retry).await;
        assert_eq!(bench.run_due().await, 1);
        assert_eq!(bench.jobs().await, [("queued".into(), 1, Some("not yet".into()))]);
        bench.later(TimeDelta::milliseconds(4_900));
        assert_eq!(bench.run_due().await, 0, "the second try is at least half of ten seconds later");
        bench.later(TimeDelta::milliseconds(5_200));
        assert_eq!(bench.run_due().await, 1, "and at most ten seconds");
        bench.later(TimeDelta::milliseconds(9_900));
        assert_eq!(bench.run_due().await, 0, "the third at least half of twenty");
        bench.later(TimeDelta::milliseconds(10_200));
        assert_eq!(bench.run_due().await, 1);
        assert_eq!(bench.jobs().await, [("dead".into(), 3, Some("not yet".into()))]);
        bench.later(TimeDelta::days(9));
        assert_eq!(bench.run_due().await, 0);

        let dead = queue::dead(&bench.db, None, 10).await.unwrap();
        assert_eq!((dead.len(), dead[0].kind.as_str(), dead[0].tries), (1, "test.ends", 3));
        let mut tx = bench.db.begin().await.unwrap();
        queue::replay(&mut tx, dead[0].id, bench.now()).await.unwrap();
        assert!(queue::replay(&mut tx, dead[0].id, bench.now()).await.is_err(), "it is no longer dead");
        assert!(queue::discard(&mut tx, dead[0].id).await.is_err());
        assert!(queue::replay(&mut tx, JobId::new(), bench.now()).await.is_err());
        tx.commit().await.unwrap();
        assert_eq!(bench.run_due().await, 1);
        assert_eq!(bench.jobs().await[0].1, 1, "its tries are counted anew");
    }

    /// Too early is not a try; not needed and never are ends; a payload that nobody can read is one, too.
    async fn other_ends(app) {
        let bench = Bench::new(&app);
        for job in [Ends::Snooze, Ends::Cancel, Ends::Dead] {
            bench.enqueue(&job).await;
        }
        let mut tx = bench.db.begin().await.unwrap();
        q("INSERT INTO jobs (id, kind, payload, state, run_at, tries, epoch, created_at) VALUES ($1, 'test.ends', $2, 'queued', $3, 0, 0, $3)")
            .bind(JobId::new()).bind(serde_json::json!({"of": "a newer program"})).bind(bench.now()).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(bench.run_due().await, 4);
        let jobs = bench.jobs().await;
        assert_eq!(jobs[0], ("queued".into(), 0, None));
        assert_eq!(jobs[1], ("cancelled".into(), 1, Some("not needed".into())));
        assert_eq!(jobs[2], ("dead".into(), 1, Some("never".into())));
        assert!(jobs[3].2.as_ref().unwrap().starts_with("its payload cannot be read"), "{jobs:?}");
        bench.later(TimeDelta::minutes(61));
        assert_eq!(bench.run_due().await, 1);
    }

    /// A job that panics or hangs is a failed try with words; others run as if nothing had been.
    async fn a_panic_and_a_hang_stay_inside(app) {
        let bench = Bench::new(&app);
        bench.enqueue(&Ends::Panic).await;
        bench.enqueue(&Ends::Slow).await;
        bench.enqueue(&Say("after".into())).await;
        bench.run_due().await;
        let jobs = bench.jobs().await;
        assert_eq!(jobs[0], ("queued".into(), 1, Some("it crashed: ouch".into())));
        assert_eq!(jobs[1].0, "queued");
        assert!(jobs[1].2.as_ref().unwrap().starts_with("it took longer"), "{jobs:?}");
        assert_eq!(jobs[2].0, "done");
        assert!(bench.said().contains(&"after".to_owned()));
    }
}
