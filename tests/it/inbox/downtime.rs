//! After a time without any engine: what was due is told to the organisations it concerns, once; and what began late counts.

use chrono::TimeDelta;
use rostrum::{
    db::q,
    delivery::{self, TargetState},
    kit::Clock,
    posts::When,
};

use crate::{
    delivers,
    delivery::{Rig, overdue},
    support::Engine,
};

mod both {
    crate::on_both! { an_outage_is_summed_up_for_the_organisations_it_concerned a_short_break_is_no_outage }
}

async fn an_outage_is_summed_up_for_the_organisations_it_concerned(database: Engine) {
    let mut rig = Rig::with(database, Clock::manual(chrono::Utc::now()), |_| {}).await;
    let other = rig.app.owner().await;
    // The first sign of life.
    rig.app
        .until("the engine lives", async || {
            let (beat,): (Option<chrono::DateTime<chrono::Utc>>,) =
                q("SELECT heartbeat_at FROM instance").one(&rig.app.app.db).await.unwrap();
            beat
        })
        .await;
    rig.crash().await;
    let late = rig.post(When::At(rig.now() + TimeDelta::minutes(10)), &["an hour too late"]).await;
    let soon = rig.post(When::At(rig.now() + TimeDelta::minutes(110)), &["just a little late"]).await;
    let later = rig.post(When::At(rig.now() + TimeDelta::hours(5)), &["not yet"]).await;
    rig.app.app.clock.advance(TimeDelta::hours(2));
    rig.restart();
    rig.reaches(late, TargetState::Held).await;
    rig.reaches(soon, TargetState::Published).await;
    let shown = rig.owner.browser.get("/posts").await.expect(200).page();
    let path = shown.split("href=\"/inbox/downtime/").nth(1).expect("the banner").split('"').next().unwrap();
    let path = format!("/inbox/downtime/{path}");
    assert!(shown.contains("2 posts were due meanwhile"), "{shown}");
    let page = rig.owner.browser.get(&path).await.expect(200).page();
    assert!(page.contains("an hour too late") && page.contains("just a little late") && !page.contains("not yet"));
    assert!(page.contains("(2 hours)") && page.contains("It went out 10 minutes late."), "{page}");
    // Others neither hear of it nor can they look.
    assert!(!other.browser.get("/posts").await.page().contains("/inbox/downtime/"));
    other.browser.get(&path).await.expect(404);
    other.browser.submit(&format!("{path}/dismissal"), &[]).await.expect(404);
    // The buttons lead back here, and the summary stays what it was although the time of the post is now another.
    let outage = path.rsplit('/').next().unwrap();
    let nothing = rig.owner.browser.submit("/inbox", &[("act", "publish_now"), ("outage", outage)]).await;
    assert!(nothing.expect(422).page().contains("Tick at least one post first"));
    let act = [("act", "publish_now"), ("target", &*late.to_string()), ("outage", outage)];
    assert_eq!(rig.owner.browser.submit("/inbox", &act).await.expect(303).header("location"), path);
    rig.reaches(late, TargetState::Published).await;
    assert!(rig.owner.browser.get(&path).await.expect(200).page().contains("an hour too late"));
    // What the person sent by hand is not late: it counts from the click.
    assert_eq!(lateness(&rig, late).await, Some(0));
    assert_eq!(lateness(&rig, soon).await, Some(600_000));
    assert_eq!(rig.target(later).await.state, TargetState::Scheduled);
    rig.owner.browser.submit(&format!("{path}/dismissal"), &[]).await.expect(303);
    assert!(!rig.owner.browser.get("/posts").await.page().contains("/inbox/downtime/"));
    rig.owner.browser.get(&path).await.expect(200);
    // Restarted at once: nothing new.
    rig.crash().await;
    rig.restart();
    assert_eq!(outages(&rig).await, 1);
}

async fn a_short_break_is_no_outage(database: Engine) {
    let mut rig = Rig::with(database, Clock::manual(chrono::Utc::now()), |_| {}).await;
    let first = rig.post(When::Now, &["before"]).await;
    rig.reaches(first, TargetState::Published).await;
    rig.crash().await;
    rig.app.app.clock.advance(TimeDelta::minutes(4));
    rig.restart();
    let second = rig.post(When::Now, &["after"]).await;
    rig.reaches(second, TargetState::Published).await;
    assert_eq!(outages(&rig).await, 0);
}

async fn outages(rig: &Rig) -> i64 {
    q("SELECT count(*) FROM outages").one::<(i64,)>(&rig.app.app.db).await.unwrap().0
}

async fn lateness(rig: &Rig, id: rostrum::kit::TargetId) -> Option<i64> {
    let row: (Option<i64>,) = q("SELECT lateness_ms FROM targets WHERE id = $1").bind(id).one(&rig.app.app.db).await.unwrap();
    row.0
}

delivers! {
    /// Late by the engine: counted from when it was due, once, however often it is tried.
    async fn the_first_request_tells_how_late_it_is(rig) {
        rig.platform.behave(serde_json::json!({"mode": "reject", "times": 1})).await;
        let id = overdue(&rig, TimeDelta::minutes(10)).await;
        rig.reaches(id, TargetState::Failed).await;
        let late = lateness(&rig, id).await.unwrap();
        assert!((600_000..640_000).contains(&late), "{late}");
        let mut tx = rig.app.app.db.begin().await.unwrap();
        delivery::retry(&mut tx, rig.owner.org, id, None, rig.now()).await.unwrap();
        tx.commit().await.unwrap();
        rig.reaches(id, TargetState::Published).await;
        assert_eq!(lateness(&rig, id).await, Some(late));
    }

    /// Two people try the same failed post again at the same time, and the engine is quick: it goes out once.
    async fn a_retry_by_two_is_one_retry(rig) {
        rig.platform.behave(serde_json::json!({"mode": "reject", "times": 1})).await;
        let id = rig.post(When::Now, &["once"]).await;
        rig.reaches(id, TargetState::Failed).await;
        let (one, two, word) = (rig.owner.browser.clone(), rig.owner.browser.clone(), id.to_string());
        let form = [("act", "retry"), ("target", word.as_str())];
        let (a, b) = tokio::join!(one.submit("/inbox", &form), two.submit("/inbox", &form));
        assert_eq!((a.status, b.status), (303, 303));
        rig.reaches(id, TargetState::Published).await;
        assert_eq!(rig.platform.count().await, 1);
        assert_eq!(rig.events(id).await.iter().filter(|kind| *kind == "target.retried").count(), 1);
    }
}
