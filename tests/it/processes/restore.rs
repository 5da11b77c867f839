//! G22: a database that was put back or copied sends nothing before its operator confirms, and then nothing twice.

use std::path::Path;

use chrono::TimeDelta;
use rostrum::{
    db::{Db, q},
    delivery::{self, Engine, PartState, Resume, TargetState},
    instance,
    kit::{Clock, TargetId},
    posts::When,
};
use serde_json::json;

use crate::{
    both_databases, delivers,
    delivery::{Rig, overdue},
    support::{Client, TestApp, empty_database},
};

/// The instance as it was when this was made, put back into a directory and a database of its own.
struct Snapshot {
    dir: tempfile::TempDir,
    postgres: bool,
}

impl Snapshot {
    async fn take(app: &TestApp) -> Self {
        let (dir, postgres) = (tempfile::tempdir().unwrap(), app.app.db.is_postgres());
        match postgres {
            true => app.app.db.dump(&dir.path().join("dump")).await.unwrap(),
            false => app.app.db.snapshot(&dir.path().join("rostrum.db")).await.unwrap(),
        }
        std::fs::copy(app.app.data.join("key"), dir.path().join("key")).unwrap();
        copy(&app.app.data.join("media"), &dir.path().join("media"));
        Self { dir, postgres }
    }

    async fn put_back(self) -> TestApp {
        let database = match self.postgres {
            true => {
                let url = empty_database().await;
                let db = Db::open(&url).await.unwrap();
                db.load(&self.dir.path().join("dump")).await.unwrap();
                db.close().await;
                Some(url)
            }
            false => None,
        };
        TestApp::on(self.dir, database, Clock::system(), |_| {}).await.unwrap()
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(|e| e.unwrap()) {
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// As the restored database sees it.
async fn target(app: &TestApp, rig: &Rig, id: TargetId) -> delivery::Target {
    delivery::find_target(&app.app.db, rig.owner.org, id).await.unwrap()
}

async fn reaches(app: &TestApp, rig: &Rig, id: TargetId, state: TargetState) -> delivery::Target {
    let what = format!("the restored target becomes {}", state.as_str());
    app.until(&what, async || Some(target(app, rig, id).await).filter(|t| t.state == state)).await
}

async fn beats(app: &TestApp) {
    let engine = async || {
        let (seen,): (i64,) =
            q("SELECT count(*) FROM workers WHERE data_dir = $1").bind(app.app.life.dir).one(&app.app.db).await.unwrap();
        (seen > 0).then_some(())
    };
    app.until("the engine lives", engine).await;
}

delivers! {
    /// Published after the snapshot was taken: held, then found, never twice; what was not published goes out.
    async fn a_restored_snapshot_publishes_nothing_twice(rig) {
        let soon = rig.now() + TimeDelta::milliseconds(1_500);
        let thread = rig.post(When::At(soon), &["gone out", "with a reply"]).await;
        let never = rig.post(When::At(soon + TimeDelta::hours(1)), &["not yet"]).await;
        let snapshot = Snapshot::take(&rig.app).await;
        rig.reaches(thread, TargetState::Published).await;
        let before = rig.live().await;
        assert_eq!(before.len(), 2);
        rig.crash().await;

        let restored = snapshot.put_back().await;
        let held = instance::held(&restored.app.db).await.unwrap().expect("it is held");
        assert_eq!(held.reason, "restored");
        let mut tx = restored.app.db.begin().await.unwrap();
        let due = restored.app.clock.now() - TimeDelta::minutes(5);
        q("UPDATE targets SET due_at = $2 WHERE id = $1").bind(never).bind(due).exec(&mut tx).await.unwrap();
        q("UPDATE parts SET next_at = $2 WHERE target_id = $1").bind(never).bind(due).exec(&mut tx).await.unwrap();
        q("UPDATE lanes SET next_due = $1").bind(due).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let engine = Engine::start(&restored.app);
        beats(&restored).await;
        let list = delivery::overdue(&restored.app.db, restored.app.clock.now()).await.unwrap();
        assert_eq!(list.iter().map(|o| (o.posts, o.can_be_looked_up())).collect::<Vec<_>>(), [(2, true)]);
        // Many times the exact wake-up: nothing is sent.
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        assert_eq!(rig.live().await.len(), 2);
        assert_eq!(target(&restored, &rig, thread).await.state, TargetState::Scheduled);

        let done = delivery::resume_instance(&restored.app, Resume::Reconcile).await.unwrap();
        assert_eq!((done.looked_up, done.held), (3, 0));
        reaches(&restored, &rig, never, TargetState::Published).await;
        let found = reaches(&restored, &rig, thread, TargetState::Published).await;
        assert!(found.url.is_some(), "it links to what is there");
        let live: Vec<String> = rig.live().await.iter().map(|p| p["text"].as_str().unwrap().to_owned()).collect();
        assert_eq!(live, ["gone out", "with a reply", "not yet"]);
        assert!(delivery::resume_instance(&restored.app, Resume::Reconcile).await.is_err(), "it is not held any more");
        engine.stop().await;
    }

    /// The careful button: everything waits for a person, who can send it.
    async fn everything_that_was_due_can_be_held(rig) {
        let id = rig.post(When::At(rig.now() + TimeDelta::milliseconds(800)), &["gone out"]).await;
        let snapshot = Snapshot::take(&rig.app).await;
        rig.reaches(id, TargetState::Published).await;
        rig.crash().await;
        let restored = snapshot.put_back().await;
        let engine = Engine::start(&restored.app);
        let done = delivery::resume_instance(&restored.app, Resume::HoldOverdue).await.unwrap();
        assert_eq!((done.looked_up, done.held), (0, 1));
        assert_eq!(target(&restored, &rig, id).await.reason.as_deref(), Some("restored"));
        assert_eq!(rig.platform.count().await, 1);
        // What is new goes out again.
        let mut tx = restored.app.db.begin().await.unwrap();
        delivery::publish_now(&mut tx, rig.owner.org, id, None, restored.app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        reaches(&restored, &rig, id, TargetState::Published).await;
        assert_eq!(rig.platform.count().await, 2, "the person asked for it");
        engine.stop().await;
    }

    /// The platform cannot tell for certain: nothing is sent, it is looked for again, in the end by a person.
    async fn what_is_not_seen_after_a_restore_is_not_sent(rig) {
        rig.platform.behave(json!({"read_delay_ms": 120_000})).await;
        let id = rig.post(When::At(rig.now() + TimeDelta::milliseconds(800)), &["gone out"]).await;
        let snapshot = Snapshot::take(&rig.app).await;
        rig.reaches(id, TargetState::Published).await;
        rig.crash().await;
        let restored = snapshot.put_back().await;
        let engine = Engine::start(&restored.app);
        delivery::resume_instance(&restored.app, Resume::Reconcile).await.unwrap();
        let looked = async || {
            let parts = delivery::parts_of(&restored.app.db, rig.owner.org, &[id]).await.unwrap();
            (parts[0].state == PartState::Uncertain && parts[0].looks > 1).then_some(())
        };
        restored.until("it was looked for twice", looked).await;
        let (attempts,): (i64,) = q("SELECT count(*) FROM attempts").one(&restored.app.db).await.unwrap();
        assert_eq!(attempts, 0);
        engine.stop().await;
    }

    /// Two hours without a sign of life: what was due meanwhile is looked for, is not there, and goes out.
    async fn after_a_long_silence_overdue_posts_are_looked_up_first(rig) {
        rig.crash().await;
        let id = overdue(&rig, TimeDelta::minutes(30)).await;
        let mut tx = rig.app.app.db.begin().await.unwrap();
        q("UPDATE instance SET heartbeat_at = $1").bind(rig.now() - TimeDelta::hours(2)).exec(&mut tx).await.unwrap();
        // No backlog is walked here.
        q("UPDATE organisations SET burst_per_minute = 60").exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        rig.restart();
        rig.reaches(id, TargetState::Published).await;
        let events = rig.events(id).await;
        assert!(events.contains(&"part.not_found".into()), "{events:?}");
        assert_eq!(rig.platform.count().await, 1);
        // A short silence asks nobody.
        rig.crash().await;
        let next = overdue(&rig, TimeDelta::minutes(20)).await;
        rig.restart();
        rig.reaches(next, TargetState::Published).await;
        assert!(!rig.events(next).await.contains(&"part.not_found".into()));
    }

    /// The database is put back in the middle of a run: the running engine notices before it sends.
    async fn a_database_that_goes_back_under_the_engine_is_noticed(rig) {
        beats(&rig.app).await;
        let dir = rig.app.app.life.dir;
        let committed = async || {
            let (beats,): (i64,) = q("SELECT beats FROM data_dirs WHERE id = $1").bind(dir).one(&rig.app.app.db).await.unwrap();
            (beats > 0).then_some(())
        };
        rig.app.until("a sign of life is noted", committed).await;
        let file = async || {
            let text = std::fs::read_to_string(rig.app.app.data.join("instance.json")).unwrap();
            text.contains("\"beats\":1").then_some(())
        };
        rig.app.until("the directory has it, too", file).await;
        let mut tx = rig.app.app.db.begin().await.unwrap();
        q("UPDATE data_dirs SET beats = 0").exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let id = rig.post(When::Now, &["not now"]).await;
        rig.app.until("it is held", async || instance::held(&rig.app.app.db).await.unwrap()).await;
        assert_eq!(rig.target(id).await.state, TargetState::Scheduled);
        delivery::resume_instance(&rig.app.app, Resume::Reconcile).await.unwrap();
        rig.reaches(id, TargetState::Published).await;
    }

    /// The page of the operator: what was due, two buttons, a banner until one was pressed. Nobody else sees it.
    async fn the_operator_lets_it_go_on_in_the_browser(rig) {
        let id = overdue(&rig, TimeDelta::minutes(5)).await;
        rig.reaches(id, TargetState::Published).await;
        rig.crash().await;
        let late = overdue(&rig, TimeDelta::minutes(5)).await;
        let mut tx = rig.app.app.db.begin().await.unwrap();
        instance::hold_restored(&mut tx, rig.now()).await.unwrap();
        tx.commit().await.unwrap();
        let (ann, stranger) = (&rig.owner.browser, rig.app.owner().await);
        assert!(ann.get("/posts").await.expect(200).page().contains("before its operator says so"));
        ann.get("/admin/resume").await.expect(404);
        ann.submit("/admin/resume", &[("overdue", "look_up")]).await.expect(404);
        rig.app.make_operator(&rig.owner).await;
        let banner = ann.get("/posts").await.expect(200).page();
        assert!(banner.contains("data-paused") && banner.contains("/admin/resume"), "{banner}");
        let shown = ann.get("/admin/resume").await.expect(200).page();
        assert!(shown.contains("Can be looked up") && shown.contains("Sandbox"), "{shown}");
        ann.submit("/admin/resume", &[("overdue", "")]).await.expect(400);
        stranger.browser.submit("/admin/resume", &[("overdue", "hold")]).await.expect(404);
        assert_eq!(rig.app.visitor().get("/readyz").await.json()["checks"]["sending"], "paused");
        ann.submit("/admin/resume", &[("overdue", "hold")]).await.expect(303);
        assert_eq!(rig.target(late).await.reason.as_deref(), Some("restored"));
        let post = rig.target(late).await.post_id;
        assert!(ann.get(&format!("/posts/{post}")).await.expect(200).page().contains("restored from a backup"));
        assert!(!ann.get("/posts").await.page().contains("data-paused"));
        assert!(ann.get("/admin/resume").await.expect(200).page().contains("not paused"));
        ann.submit("/admin/resume", &[("overdue", "hold")]).await.expect(409);
    }
}

both_databases! {
    /// Started again and again: never held.
    async fn a_restart_is_no_restore(app) {
        for _ in 0..2 {
            let life = instance::enter(&app.app.db, &app.app.store, &app.app.data, app.app.clock.now()).await.unwrap();
            assert_eq!(life.dir, app.app.life.dir);
            assert!(instance::held(&app.app.db).await.unwrap().is_none());
        }
    }

    /// An older database under a directory that remembers more.
    async fn f11_an_older_database_in_the_same_place_is_noticed(app) {
        let again = || instance::enter(&app.app.db, &app.app.store, &app.app.data, app.app.clock.now());
        again().await.unwrap();
        let mut tx = app.app.db.begin().await.unwrap();
        q("UPDATE data_dirs SET generation = generation - 1").exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        again().await.unwrap();
        assert!(instance::held(&app.app.db).await.unwrap().is_some());
    }
}

/// A directory that was copied as it lies there, while the original may go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copied_data_directory_starts_held() {
    let app = TestApp::new(crate::support::Engine::Sqlite).await;
    let dir = tempfile::tempdir().unwrap();
    app.app.db.snapshot(&dir.path().join("rostrum.db")).await.unwrap();
    for name in ["key", "instance.json"] {
        std::fs::copy(app.app.data.join(name), dir.path().join(name)).unwrap();
    }
    copy(&app.app.data.join("media"), &dir.path().join("media"));
    let copied = TestApp::on(dir, None, Clock::system(), |_| {}).await.unwrap();
    assert!(instance::held(&copied.app.db).await.unwrap().is_some());
    assert!(instance::held(&app.app.db).await.unwrap().is_none());
    let _: Client = copied.visitor();
}
