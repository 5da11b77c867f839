//! Several runners, crashes, turns, waking, draining.

use std::{sync::atomic::Ordering, time::Duration};

use chrono::{NaiveTime, TimeDelta};
use rostrum::{
    db::q,
    queue::{self, Turn},
};

use super::{Bench, Ends, Keyed, Say, Waits, waits};
use crate::both_databases;

const SOON: Duration = Duration::from_secs(10);

both_databases! {
    /// Two hundred jobs, three runners: each runs exactly once.
    async fn runners_never_run_the_same_job(app) {
        let bench = Bench::new(&app);
        let words: Vec<String> = (0..200).map(|n| format!("{n:03}")).collect();
        for word in &words {
            bench.enqueue(&Say(word.clone())).await;
        }
        let runners: Vec<_> = (0..3).map(|_| bench.runner().start()).collect();
        let mut said = bench.until_said(&app, 200).await;
        said.sort();
        assert_eq!(said, words);
        app.until("all are written down", async || bench.jobs().await.iter().all(|j| j.0 == "done" && j.1 == 1).then_some(())).await;
        for runner in runners {
            runner.stop(SOON).await;
        }
        assert_eq!(bench.said().len(), 200);
    }

    /// No more of a kind at once than its policy says.
    async fn a_kind_has_its_limit(app) {
        let bench = Bench::new(&app);
        for n in 0..6 {
            bench.enqueue(&waits(&n.to_string())).await;
        }
        let runner = bench.runner().start();
        bench.until_said(&app, 2).await;
        bench.enqueue(&Say("another kind".into())).await;
        app.until("the other kind runs", async || bench.said().contains(&"another kind".to_owned()).then_some(())).await;
        bench.open(6);
        bench.until_said(&app, 13).await;
        assert_eq!(bench.most.load(Ordering::SeqCst), 2);
        runner.stop(SOON).await;
    }

    /// A process dies with a job in hand: nobody touches it before its lease is over, then another one runs it. Counted.
    async fn what_a_dead_process_had_is_taken_back_after_its_lease(app) {
        let bench = Bench::new(&app);
        bench.enqueue(&waits("job")).await;
        let first = bench.runner().start();
        bench.until_said(&app, 1).await;
        first.kill().await;
        bench.later(TimeDelta::seconds(59));
        assert_eq!(bench.run_due().await, 0, "the lease is not over");
        assert_eq!(queue::counts(&bench.db, bench.now()).await.unwrap().abandoned, 0);
        bench.later(TimeDelta::seconds(2));
        assert_eq!(queue::counts(&bench.db, bench.now()).await.unwrap().abandoned, 1);
        bench.run_due().await;
        let counts = queue::counts(&bench.db, bench.now()).await.unwrap();
        assert_eq!((counts.rescued, counts.abandoned), (1, 0));
        bench.later(TimeDelta::seconds(11));
        bench.open(1);
        assert_eq!(bench.run_due().await, 1);
        assert_eq!(bench.said(), ["job begins", "job begins", "job ends"]);
        assert_eq!(bench.jobs().await, [("done".into(), 2, None)]);
    }

    /// A job that takes its process down each time is given up at last.
    async fn a_job_that_kills_its_process_dies(app) {
        let bench = Bench::new(&app);
        bench.enqueue(&waits("poison")).await;
        for turn in 1..=3 {
            let runner = bench.runner().start();
            bench.until_said(&app, turn).await;
            runner.kill().await;
            bench.later(TimeDelta::minutes(2));
            bench.runner().run_due().await.unwrap();
            bench.later(TimeDelta::minutes(2));
        }
        let jobs = bench.jobs().await;
        assert_eq!((jobs[0].0.as_str(), jobs[0].1), ("dead", 3), "{jobs:?}");
        assert!(jobs[0].2.as_ref().unwrap().contains("process ended"));
    }

    /// A process that was frozen comes back with its end when the job is long another's: it is dropped.
    async fn an_end_under_an_old_epoch_is_not_written(app) {
        let bench = Bench::new(&app);
        bench.enqueue(&Waits { word: "frozen".into(), fails: true }).await;
        let frozen = bench.runner().start();
        bench.until_said(&app, 1).await;
        // As seen from another process: the lease is over, and the job is run again and done.
        let mut tx = bench.db.begin().await.unwrap();
        q("UPDATE jobs SET state = 'done', epoch = epoch + 2, lease_until = NULL, runner = NULL, finished_at = $1")
            .bind(bench.now())
            .exec(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        bench.open(1);
        bench.until_said(&app, 2).await;
        frozen.stop(SOON).await;
        assert_eq!(bench.jobs().await[0].0, "done", "the frozen one wanted it dead");
    }

    /// A turn is taken by one of two runners; turns that were missed are made up for by one.
    async fn a_turn_is_taken_once(app) {
        let bench = Bench::new(&app);
        let runner = || {
            let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap();
            rostrum::queue::Runner::new(bench.db.clone(), bench.clock.clone(), bench.clone())
                .runs_at(Turn::Every(TimeDelta::hours(1)), Say("hourly".into()))
                .runs_at(Turn::Daily(noon), Keyed("daily".into()))
        };
        let (a, b) = (runner().start(), runner().start());
        assert_eq!(bench.until_said(&app, 1).await, ["hourly"], "new: at once");
        bench.later(TimeDelta::minutes(59));
        bench.later(TimeDelta::minutes(2));
        bench.until_said(&app, 2).await;
        // Three and a bit hours at once: one turn, and noon.
        bench.later(TimeDelta::minutes(200));
        let mut said = bench.until_said(&app, 4).await;
        said.sort();
        assert_eq!(said, ["daily", "hourly", "hourly", "hourly"]);
        a.stop(SOON).await;
        b.stop(SOON).await;
        let (jobs,): (i64,) = q("SELECT count(*) FROM jobs").one(&bench.db).await.unwrap();
        assert_eq!(jobs, 4, "no turn was enqueued twice");
    }

    /// A waiting runner is woken by the commit, and by the time a job is due.
    async fn a_runner_wakes_exactly(app) {
        let bench = Bench::new(&app);
        let runner = bench.runner().start();
        bench.enqueue_at(&Say("later".into()), bench.now() + TimeDelta::hours(5)).await;
        bench.enqueue(&Say("now".into())).await;
        assert_eq!(bench.until_said(&app, 1).await, ["now"]);
        bench.later(TimeDelta::hours(5) - TimeDelta::microseconds(1));
        bench.enqueue(&Say("between".into())).await;
        assert_eq!(bench.until_said(&app, 2).await, ["now", "between"]);
        bench.later(TimeDelta::microseconds(1));
        assert_eq!(bench.until_said(&app, 3).await[2], "later");
        runner.stop(SOON).await;
    }

    /// Stopping lets what runs come to its end and begins nothing new.
    async fn stopping_finishes_what_runs(app) {
        let bench = Bench::new(&app);
        for word in ["a", "b", "c"] {
            bench.enqueue(&waits(word)).await;
        }
        let runner = bench.runner().start();
        bench.until_said(&app, 2).await;
        // It is told to stop before the two that run may end.
        tokio::join!(runner.stop(SOON), async { bench.open(2) });
        let states: Vec<String> = bench.jobs().await.into_iter().map(|j| j.0).collect();
        assert_eq!(states, ["done", "done", "queued"]);
    }

    /// Nothing of the database is held while a job runs: on SQLite there is one writer.
    async fn nothing_is_held_while_a_job_runs(app) {
        let bench = Bench::new(&app);
        bench.enqueue(&waits("long")).await;
        let runner = bench.runner().start();
        bench.until_said(&app, 1).await;
        let tx = bench.db.begin().await.unwrap();
        tx.commit().await.unwrap();
        bench.open(1);
        bench.until_said(&app, 2).await;
        runner.stop(SOON).await;
    }

    /// Ended jobs are kept for a while and then removed; waiting ones never.
    async fn ended_jobs_are_removed_in_time(app) {
        let bench = Bench::new(&app);
        bench.enqueue(&Say("done".into())).await;
        bench.enqueue(&Ends::Dead).await;
        bench.run_due().await;
        bench.enqueue_at(&Say("waits".into()), bench.now() + TimeDelta::days(400)).await;
        let prune = async |days: i64, dead: i64| {
            let mut tx = bench.db.begin().await.unwrap();
            let (done, dead) = (bench.now() - TimeDelta::days(days), bench.now() - TimeDelta::days(dead));
            let gone = queue::prune(&mut tx, done, dead).await.unwrap();
            tx.commit().await.unwrap();
            gone
        };
        bench.later(TimeDelta::hours(23));
        assert_eq!(prune(1, 30).await, 0);
        bench.later(TimeDelta::hours(2));
        assert_eq!(prune(1, 30).await, 1);
        bench.later(TimeDelta::days(30));
        assert_eq!(prune(1, 30).await, 1);
        assert_eq!(bench.jobs().await.len(), 1);
    }
}
