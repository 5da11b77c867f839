//! Events become jobs exactly once, whatever dies, and nothing that follows from an event touches a publish.

use chrono::TimeDelta;
use rostrum::{
    db::q,
    delivery::{PartState, TargetState},
    events::{self, Event},
    jobs,
    kit::{Clock, OrgId},
    posts::When,
};
use serde_json::json;

use crate::{
    both_databases,
    delivery::Rig,
    support::{Engine, MailAnswer, Mailbox, TestApp},
};

async fn record(app: &TestApp, org: OrgId, kind: &'static str) {
    let mut tx = app.app.db.begin().await.unwrap();
    events::record(&mut tx, org, Event { kind, ..Event::default() }, app.app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn raised(app: &TestApp) -> i64 {
    let (count,): (i64,) = q("SELECT count(*) FROM jobs WHERE kind = 'notify.raise'").one(&app.app.db).await.unwrap();
    count
}

both_databases! {
    /// Two followers at the same time, many times: every event's jobs are enqueued once, and only those of marked kinds.
    async fn each_event_is_followed_once(app) {
        let orgs = [app.owner().await.org, app.owner().await.org];
        for n in 0..60 {
            record(&app, orgs[n % 2], "part.failed").await;
            record(&app, orgs[n % 2], "part.published").await;
        }
        assert_eq!(events::count_pending(&app.app.db).await.unwrap(), 60);
        let (a, b, c) = tokio::join!(jobs::follow(&app.app), jobs::follow(&app.app), jobs::follow(&app.app));
        assert_eq!(a.unwrap() + b.unwrap() + c.unwrap(), 60);
        let rows: Vec<(serde_json::Value,)> =
            q("SELECT payload FROM jobs WHERE kind = 'notify.raise'").all(&app.app.db).await.unwrap();
        let mut ids: Vec<String> = rows
            .iter()
            .flat_map(|(p,)| p["events"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect::<Vec<_>>())
            .collect();
        assert_eq!(ids.len(), 60);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 60);
        assert_eq!(events::count_pending(&app.app.db).await.unwrap(), 0);
    }

    /// A follower that dies before its commit leaves the marks; the next one finds them.
    async fn a_follower_that_dies_loses_nothing(app) {
        let org = app.owner().await.org;
        record(&app, org, "channel.broken").await;
        let mut tx = app.app.db.begin().await.unwrap();
        assert_eq!(events::take_pending(&mut tx, 10).await.unwrap().len(), 1);
        drop(tx);
        assert_eq!(raised(&app).await, 0);
        assert_eq!(jobs::follow(&app.app).await.unwrap(), 1);
        assert_eq!(jobs::follow(&app.app).await.unwrap(), 0);
        assert_eq!(raised(&app).await, 1);
    }

    /// What was rolled back has no jobs.
    async fn an_event_that_never_was_has_no_jobs(app) {
        let org = app.owner().await.org;
        let mut tx = app.app.db.begin().await.unwrap();
        events::record(&mut tx, org, Event { kind: "part.failed", ..Event::default() }, app.app.clock.now()).await.unwrap();
        drop(tx);
        assert_eq!(jobs::follow(&app.app).await.unwrap(), 0);
    }
}

/// G8, F1, F15: everything that follows fails for ever, first the mails and then the notices themselves; what is published
/// stays published, once, and is not touched.
async fn followers_fail_for_ever(database: Engine) {
    let mailbox = Mailbox::start().await;
    mailbox.answers(MailAnswer::Say("451 not today"));
    let clock = Clock::manual("2026-11-23T08:00:00Z".parse().unwrap());
    let rig = Rig::with(database, clock.clone(), |config| mailbox.configure(config)).await;
    rig.platform.behave(json!({"mode": "ok"})).await;
    let whole = rig.post(When::Now, &["whole"]).await;
    rig.reaches(whole, TargetState::Published).await;
    let thread = rig.post(When::Now, &["first", "second"]).await;
    rig.part_reaches(thread, PartState::Published).await;
    rig.platform.behave(json!({"mode": "reject"})).await;
    let failing = rig.post(When::Now, &["refused"]).await;
    rig.reaches(failing, TargetState::Failed).await;
    let published = rig.platform.count().await;
    for _ in 0..40 {
        rig.app.run_jobs().await;
        clock.advance(TimeDelta::hours(7));
    }
    assert!(mailbox.tried() >= 15, "{}", mailbox.tried());
    let (dead,): (i64,) =
        q("SELECT count(*) FROM jobs WHERE state = 'dead' AND kind = 'notify.mail'").one(&rig.app.app.db).await.unwrap();
    assert!(dead >= 1);
    // Not even the notices can be written any more.
    let mut tx = rig.app.app.db.begin().await.unwrap();
    q("ALTER TABLE notice_items RENAME TO notice_items_away").exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let again = rig.post(When::Now, &["refused again"]).await;
    rig.reaches(again, TargetState::Failed).await;
    for _ in 0..20 {
        rig.app.run_jobs().await;
        clock.advance(TimeDelta::hours(7));
    }
    let (dead,): (i64,) =
        q("SELECT count(*) FROM jobs WHERE state = 'dead' AND kind = 'notify.raise'").one(&rig.app.app.db).await.unwrap();
    assert_eq!(dead, 1);
    assert_eq!(rig.platform.count().await, published);
    assert_eq!(rig.target(whole).await.state, TargetState::Published);
    assert_eq!(rig.part_states(whole).await, [PartState::Published]);
    let live = rig.live().await;
    assert_eq!(live.iter().filter(|post| post["text"] == "whole").count(), 1, "{live:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f1_f15_nothing_that_follows_undoes_or_repeats_a_publish_sqlite() {
    followers_fail_for_ever(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f1_f15_nothing_that_follows_undoes_or_repeats_a_publish_postgres() {
    followers_fail_for_ever(Engine::Postgres).await;
}
