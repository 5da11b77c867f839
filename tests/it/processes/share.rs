//! Processes that share one Postgres: they wake each other, notice a lost line, and refuse what they cannot share.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use rostrum::{
    Error,
    config::Role,
    db::{Topic, q},
    delivery::{Engine, TargetState},
    instance,
    kit::Clock,
    posts::When,
};

use crate::{
    delivery::Rig,
    support::{Engine as Database, TestApp},
};

/// An instance whose first process sends nothing, and a second one that does.
async fn pair() -> (Rig, TestApp) {
    let mut rig = Rig::new(Database::Postgres).await;
    rig.crash().await;
    let worker = rig.app.beside(|c| c.server.role = Role::Worker).await.unwrap();
    (rig, worker)
}

/// Seconds between when it was due and when its first attempt began.
async fn lateness(rig: &Rig, target: rostrum::kit::TargetId) -> f64 {
    let (due, begun): (DateTime<Utc>, DateTime<Utc>) =
        q("SELECT t.due_at, min(a.begun_at) FROM targets t JOIN parts p ON p.target_id = t.id
       JOIN attempts a ON a.part_id = p.id WHERE t.id = $1 GROUP BY t.due_at")
        .bind(target)
        .one(&rig.app.app.db)
        .await
        .unwrap();
    (begun - due).num_milliseconds() as f64 / 1000.0
}

async fn listeners(app: &TestApp) -> Vec<i32> {
    let found: Vec<(i32,)> =
        q("SELECT pid FROM pg_stat_activity WHERE application_name = 'rostrum listener' AND datname = current_database()")
            .all(&app.app.db)
            .await
            .unwrap();
    found.into_iter().map(|(pid,)| pid).collect()
}

/// The worker has looked at the schedule when the post is saved elsewhere, and would not look again for fifteen seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_saved_in_one_process_wakes_the_other_at_its_time() {
    let (rig, worker) = pair().await;
    let engine = Engine::start(&worker.app);
    rig.app.until("the worker listens", async || (!listeners(&rig.app).await.is_empty()).then_some(())).await;
    let id = rig.post(When::At(rig.now() + TimeDelta::milliseconds(1_200)), &["from elsewhere"]).await;
    rig.reaches(id, TargetState::Published).await;
    let late = lateness(&rig, id).await;
    assert!((0.0..3.0).contains(&late), "{late} s late");
    assert_eq!(rig.platform.count().await, 1);
    let seen = instance::workers(&rig.app.app.db).await.unwrap();
    assert!(seen.iter().any(|w| w.role == "worker" && w.stopped_at.is_none()), "{seen:?}");
    engine.stop().await;
    let seen = instance::workers(&rig.app.app.db).await.unwrap();
    assert!(seen.iter().all(|w| w.stopped_at.is_some() && !w.label.is_empty() && !w.version.is_empty()), "{seen:?}");
}

/// Its line is cut while something is saved: it is made again, and everything is looked at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_cut_is_made_again_and_nothing_is_missed() {
    let (rig, worker) = pair().await;
    let engine = Engine::start(&worker.app);
    let first = rig.app.until("the worker listens", async || listeners(&rig.app).await.first().copied()).await;
    let (cut,): (bool,) =
        q("SELECT pg_terminate_backend(CAST($1 AS INT))").bind(i64::from(first)).one(&rig.app.app.db).await.unwrap();
    assert!(cut);
    let begun = Instant::now();
    let during = rig.post(When::Now, &["while it was deaf"]).await;
    rig.reaches(during, TargetState::Published).await;
    assert!(begun.elapsed().as_secs() < 8, "{:?}", begun.elapsed());
    let again = async || listeners(&rig.app).await.into_iter().find(|pid| *pid != first);
    rig.app.until("it listens again", again).await;
    let after = rig.post(When::At(rig.now() + TimeDelta::milliseconds(1_000)), &["after"]).await;
    rig.reaches(after, TargetState::Published).await;
    assert!(lateness(&rig, after).await < 3.0);
    engine.stop().await;
}

/// A topic reaches every process once, after the commit and never without it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn topics_travel_with_the_commit() {
    let one = TestApp::new(Database::Postgres).await;
    let two = one.beside(|_| {}).await.unwrap();
    let (mut near, mut far) = (one.app.db.bus.listen(), two.app.db.bus.listen());
    one.until("both listen", async || (listeners(&one).await.len() == 2).then_some(())).await;
    // What says that the lines stand.
    near.heard(|_| false).await;
    far.heard(|_| false).await;
    let org = rostrum::kit::OrgId::new();
    let posts = move |topic| topic == Topic::Posts(org);
    let mut tx = one.app.db.begin().await.unwrap();
    tx.publish(Topic::Posts(org));
    drop(tx);
    let mut tx = one.app.db.begin().await.unwrap();
    tx.publish(Topic::Channels);
    tx.commit().await.unwrap();
    let heard = std::sync::Mutex::new(Vec::new());
    far.heard(|topic| {
        heard.lock().unwrap().push(topic);
        topic == Topic::Channels
    })
    .await;
    assert_eq!(*heard.lock().unwrap(), [Topic::Channels], "what was rolled back is not told");
    let mut tx = one.app.db.begin().await.unwrap();
    tx.publish(Topic::Posts(org));
    tx.commit().await.unwrap();
    far.heard(posts).await;
    near.heard(posts).await;
    let twice = tokio::time::timeout(std::time::Duration::from_millis(300), near.heard(posts)).await;
    assert!(twice.is_err(), "its own topic came back to it");
}

/// A worker that died keeps its lanes no longer than its lease; what it had begun is found and not sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lanes_of_a_dead_process_are_taken_over_in_order() {
    let (rig, worker) = pair().await;
    let (one, two) = (rig.post(When::Now, &["one"]).await, rig.post(When::Now, &["two"]).await);
    let mut tx = rig.app.app.db.begin().await.unwrap();
    q("UPDATE lanes SET epoch = epoch + 1, worker = $1, lease_until = $2")
        .bind(uuid::Uuid::now_v7())
        .bind(rig.now() + TimeDelta::seconds(2))
        .exec(&mut tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let begun = Instant::now();
    let engine = Engine::start(&worker.app);
    rig.reaches(two, TargetState::Published).await;
    rig.reaches(one, TargetState::Published).await;
    assert!((1_500..7_000).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    let texts: Vec<String> = rig.live().await.iter().map(|p| p["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(texts, ["one", "two"]);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_has_health_checks_and_nothing_else() {
    let (rig, worker) = pair().await;
    let visitor = worker.visitor();
    assert_eq!(visitor.get("/readyz").await.expect(503).json()["checks"]["engine"], "no sign of life");
    let engine = Engine::start(&worker.app);
    let ready = async || {
        let (at,): (i64,) = q("SELECT count(*) FROM workers WHERE role = 'worker'").one(&rig.app.app.db).await.unwrap();
        (at > 0).then_some(())
    };
    rig.app.until("the engine shows life", ready).await;
    rig.app.until("it is ready", async || (visitor.get("/readyz").await.status == 200).then_some(())).await;
    visitor.get("/livez").await.expect(200);
    for path in
        ["/", "/login", "/posts", "/public/v1/integrations", "/sandbox", "/assets/x/app.css", "/admin/resume", "/openapi.json"]
    {
        assert_eq!(visitor.get(path).await.status, 404, "{path}");
    }
    let web = rig.app.beside(|c| c.server.role = Role::Web).await.unwrap();
    assert_eq!(web.visitor().get("/readyz").await.expect(200).json()["checks"]["engine"], "elsewhere");
    web.visitor().get("/login").await.expect(200);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_shared_is_refused_in_words() {
    let data = tempfile::tempdir().unwrap();
    let alone = TestApp::on(data, None, Clock::system(), |c| c.server.role = Role::Web).await;
    assert!(matches!(alone.err(), Some(Error::Invalid(fields)) if fields[0].field == "server.role"));
    let app = TestApp::new(Database::Postgres).await;
    let own_store = app.beside(|c| c.storage.path = None).await;
    match own_store.err() {
        Some(Error::Unavailable(words)) => {
            assert!(words.contains("rostrum-instance.json") && words.contains("[storage]"), "{words}")
        }
        other => panic!("{other:?}"),
    }
    // A store of another instance.
    let (other, mine) = (TestApp::new(Database::Postgres).await, app.app.config.database.url.clone());
    let data = tempfile::tempdir().unwrap();
    std::fs::copy(app.app.data.join("key"), data.path().join("key")).unwrap();
    let foreign = other.app.data.join("media");
    let mixed = TestApp::on(data, mine, Clock::system(), |c| c.storage.path = Some(foreign)).await;
    match mixed.err() {
        Some(Error::Unavailable(words)) => assert!(words.contains("another instance"), "{words}"),
        other => panic!("{other:?}"),
    }
}

/// Another directory joins: nothing is held. Restarts on both go on, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_joins_is_no_copy() {
    let app = TestApp::new(Database::Postgres).await;
    for role in [Role::Worker, Role::Web, Role::All] {
        let beside = app.beside(|c| c.server.role = role).await.unwrap();
        assert!(instance::held(&beside.app.db).await.unwrap().is_none(), "{role:?}");
        assert_ne!(beside.app.life.dir, app.app.life.dir);
    }
}
