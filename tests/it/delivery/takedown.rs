//! Deleting what is live at its platform: `takeDownTarget`, `leaveTargetLive`, and the buttons of the page.

use std::time::Duration;

use chrono::TimeDelta;
use reqwest::Method;
use rostrum::{
    channels::{Channel, ChannelState},
    db::q,
    delivery::{self, GRACE, PartState, Resolution, TakeDown, TakedownState, TargetState},
    error::Error,
    kit::{Clock, TargetId},
    posts::When,
    queue::Job as _,
};
use serde_json::{Value as Json, json};

use super::Rig;
use crate::{api_v1, support::Engine as Database};

/// A thread of two that is live, on a clock that stands still.
async fn live(database: Database) -> (Rig, TargetId) {
    let rig = Rig::with(database, Clock::manual(chrono::Utc::now()), |_| {}).await;
    let id = rig.post(When::Now, &["first words", "second words"]).await;
    rig.reaches(id, TargetState::Published).await;
    (rig, id)
}

impl Rig {
    async fn take_down(&self, id: TargetId) -> rostrum::Result<()> {
        let mut tx = self.app.app.db.begin().await.unwrap();
        delivery::take_down(&mut tx, self.owner.org, id, Some(self.owner.user), self.now()).await?;
        tx.commit().await
    }

    async fn leave_live(&self, id: TargetId) -> rostrum::Result<()> {
        let mut tx = self.app.app.db.begin().await.unwrap();
        delivery::leave_live(&mut tx, self.owner.org, id, Some(self.owner.user), self.now()).await?;
        tx.commit().await
    }

    /// So much later, with what is due by then done.
    async fn later(&self, by: TimeDelta) {
        self.app.app.clock.advance(by);
        self.app.run_jobs().await;
    }

    async fn takedown(&self, id: TargetId) -> delivery::Takedown {
        delivery::takedowns_of(&self.app.app.db, self.owner.org, &[id]).await.unwrap().remove(0)
    }

    async fn deletions_behave(&self, mut behaviour: Json) {
        behaviour["on"] = "deletions".into();
        self.platform.behave(behaviour).await;
    }

    async fn page(&self, id: TargetId) -> String {
        self.owner.browser.get(&format!("/posts/{}", self.target(id).await.post_id)).await.expect(200).page()
    }

    async fn here(&self, id: TargetId) -> String {
        format!("/posts/{}/targets/{id}/takedown", self.target(id).await.post_id)
    }

    /// Positions and outcomes of the deletions, in their order.
    async fn deletions(&self, id: TargetId) -> Vec<(i64, Option<String>)> {
        q("SELECT p.position, a.outcome FROM parts p JOIN attempts a ON a.part_id = p.id
           WHERE p.target_id = $1 AND a.step = 'delete' ORDER BY a.id")
        .bind(id)
        .all(&self.app.app.db)
        .await
        .unwrap()
    }
}

async fn is_gone(rig: &Rig, id: TargetId) {
    let target = rig.target(id).await;
    assert_eq!((target.state, target.reason.as_deref(), target.url), (TargetState::Cancelled, Some("taken_down"), None));
    assert_eq!(rig.part_states(id).await, [PartState::Cancelled; 2]);
    assert_eq!(rig.takedown(id).await.state, TakedownState::Done);
    assert_eq!((rig.live().await.len(), rig.platform.stats().await["deleted"].as_i64()), (0, Some(2)));
    assert_eq!(rig.platform.count().await, 2, "and nothing was published again");
}

/// From the page: after the moment in which it can be taken back, the reply goes and then what it answers.
async fn from_the_page(database: Database) {
    let (rig, id) = live(database).await;
    let url = rig.target(id).await.url.unwrap();
    let (here, page) = (rig.here(id).await, rig.page(id).await);
    assert!(page.contains("Delete from Sandbox") && page.contains(&url));
    rig.owner.browser.submit(&here, &[]).await.expect(303);
    rig.app.run_jobs().await;
    assert_eq!((rig.live().await.len(), rig.takedown(id).await.state), (2, TakedownState::Asked));
    let page = rig.page(id).await;
    assert!(
        page.contains("about to be deleted from Sandbox")
            && page.contains("value=\"DELETE\"")
            && page.contains("data-refresh-seconds=\"2\"")
    );
    rig.owner.browser.submit(&here, &[]).await.expect(303);
    assert!(rig.page(id).await.contains("asked for already"));
    rig.later(GRACE).await;
    is_gone(&rig, id).await;
    assert_eq!(rig.deletions(id).await, [(1, Some("done".into())), (0, Some("done".into()))]);
    let page = rig.page(id).await;
    assert!(
        page.contains("has been deleted from Sandbox") && page.contains("Deleted from Sandbox") && !page.contains(&url),
        "{page}"
    );
    assert!(!page.contains("/edit\"") && !page.contains("Delete from Sandbox"));
    assert!(rig.events(id).await.ends_with(&["target.takedown_asked".into(), "target.taken_down".into()]));
    let mut tx = rig.app.app.db.begin().await.unwrap();
    let restored = delivery::restore(&mut tx, rig.owner.org, id, None, rig.now()).await;
    assert!(matches!(restored, Err(Error::Conflict(_))), "it would be called live without being sent");
    drop(tx);
    rig.owner.browser.submit(&here, &[]).await.expect(303);
    assert!(rig.page(id).await.contains("Nothing of this post is live."));
}

/// Taken back in time nothing happens; asked for again it has its whole moment again.
async fn taken_back(database: Database) {
    let (rig, id) = live(database).await;
    rig.take_down(id).await.unwrap();
    rig.later(TimeDelta::seconds(5)).await;
    rig.owner.browser.submit(&rig.here(id).await, &[("_method", "DELETE")]).await.expect(303);
    assert!(rig.page(id).await.contains("It stays live."));
    assert!(matches!(rig.leave_live(id).await, Err(Error::Conflict(_))), "there is nothing left to take back");
    rig.take_down(id).await.unwrap();
    rig.later(TimeDelta::seconds(5)).await;
    assert_eq!(
        (rig.live().await.len(), rig.target(id).await.state),
        (2, TargetState::Published),
        "the first job knows it is over"
    );
    rig.later(TimeDelta::seconds(5)).await;
    is_gone(&rig, id).await;
    assert!(matches!(rig.leave_live(id).await, Err(Error::Conflict(_))), "too late");
}

/// The answer is lost, before the deletion or after it: it is asked for again, and gone already is gone.
async fn lost_answer(database: Database) {
    for mode in ["drop_after", "drop_before", "server_error_after", "server_error_before"] {
        let (rig, id) = live(database).await;
        rig.deletions_behave(json!({"mode": mode, "times": 1})).await;
        rig.take_down(id).await.unwrap();
        rig.later(GRACE).await;
        let takedown = rig.takedown(id).await;
        assert_eq!((takedown.state, takedown.tries, takedown.failure.is_some()), (TakedownState::AtWork, 1, true), "{mode}");
        assert_eq!(rig.target(id).await.state, TargetState::Published, "{mode}");
        assert!(rig.page(id).await.contains("keeps trying"));
        rig.later(TimeDelta::seconds(5)).await;
        is_gone(&rig, id).await;
        assert_eq!(rig.deletions(id).await.len(), 3, "{mode}");
    }
}

/// Somebody deleted it at the platform by hand.
async fn gone_already(database: Database) {
    let (rig, id) = live(database).await;
    let token = rig.platform.token("me").await;
    for post in rig.live().await {
        let path = format!("/api/posts/{}", post["id"].as_str().unwrap());
        let request = rig.platform.client.request(Method::DELETE, &path).bearer_auth(&token);
        rig.platform.client.send(request).await.expect(204);
    }
    rig.take_down(id).await.unwrap();
    rig.later(GRACE).await;
    is_gone(&rig, id).await;
}

/// The process dies after the platform has obeyed and before that is written down.
async fn cut_off(database: Database) {
    let (rig, id) = live(database).await;
    rig.take_down(id).await.unwrap();
    rig.app.app.clock.advance(GRACE);
    rig.deletions_behave(json!({"mode": "hang", "times": 1})).await;
    let job = TakeDown { org: rig.owner.org, target: id, asked_at: rig.takedown(id).await.asked_at };
    let run = tokio::time::timeout(Duration::from_millis(1_500), job.run(&rig.app.app)).await;
    assert!(run.is_err(), "it waits for the answer");
    assert_eq!(rig.deletions(id).await, [(1, None)], "the intent is on disk, its end is not");
    assert_eq!(rig.live().await.len(), 1);
    assert!(matches!(rig.leave_live(id).await, Err(Error::Conflict(_))), "too late");
    job.run(&rig.app.app).await.unwrap();
    is_gone(&rig, id).await;
    job.run(&rig.app.app).await.unwrap();
    assert_eq!(rig.events(id).await.iter().filter(|kind| *kind == "target.taken_down").count(), 1);
}

/// The platform says no: it stays live, with the platform's words, and can be asked for again.
async fn refused(database: Database) {
    let (rig, id) = live(database).await;
    let url = rig.target(id).await.url.unwrap();
    rig.deletions_behave(json!({"mode": "reject", "times": 1})).await;
    rig.take_down(id).await.unwrap();
    rig.later(GRACE).await;
    assert_eq!((rig.takedown(id).await.state, rig.target(id).await.state), (TakedownState::Failed, TargetState::Published));
    let page = rig.page(id).await;
    assert!(
        page.contains("could not be deleted from Sandbox")
            && page.contains("the platform does not like this")
            && page.contains(&url)
    );
    assert!(rig.events(id).await.contains(&"target.takedown_failed".into()));
    rig.owner.browser.submit(&rig.here(id).await, &[]).await.expect(303);
    rig.later(GRACE).await;
    is_gone(&rig, id).await;
}

/// Asked to slow down it waits as long as told; without access the channel waits for a person.
async fn slowed_and_shut_out(database: Database) {
    let (rig, id) = live(database).await;
    rig.deletions_behave(json!({"mode": "rate_limit", "retry_after_s": 120, "times": 1})).await;
    rig.take_down(id).await.unwrap();
    rig.later(GRACE).await;
    rig.later(TimeDelta::seconds(60)).await;
    assert_eq!((rig.takedown(id).await.state, rig.live().await.len()), (TakedownState::AtWork, 2));
    rig.later(TimeDelta::seconds(60)).await;
    is_gone(&rig, id).await;
    let second = rig.post(When::Now, &["more words", "and more"]).await;
    rig.reaches(second, TargetState::Published).await;
    rig.deletions_behave(json!({"mode": "unauthorized", "times": 1})).await;
    rig.take_down(second).await.unwrap();
    rig.later(GRACE).await;
    assert_eq!(rig.takedown(second).await.state, TakedownState::Failed);
    let channel = Channel::find(&rig.app.app.db, rig.owner.org, rig.channel).await.unwrap();
    assert_eq!((channel.state, rig.target(second).await.state), (ChannelState::Reconnect, TargetState::Published));
}

/// Only what is live and known there; and to nobody else it is there at all.
async fn what_cannot_be_taken_down(database: Database) {
    let (rig, id) = live(database).await;
    let planned = rig.post(When::At(rig.now() + TimeDelta::hours(1)), &["later"]).await;
    assert!(matches!(rig.take_down(planned).await, Err(Error::Conflict(_))));
    let mut tx = rig.app.app.db.begin().await.unwrap();
    q("UPDATE parts SET state = 'needs_you', next_at = NULL WHERE target_id = $1").bind(planned).exec(&mut tx).await.unwrap();
    q("UPDATE targets SET state = 'needs_you' WHERE id = $1").bind(planned).exec(&mut tx).await.unwrap();
    let part = rig.parts(planned).await[0].id;
    tx.commit().await.unwrap();
    let mut tx = rig.app.app.db.begin().await.unwrap();
    let seen = Resolution::Live { url: None };
    delivery::resolve(&mut tx, rig.owner.org, part, &seen, (None, rig.now())).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(rig.target(planned).await.state, TargetState::Published);
    assert!(matches!(rig.take_down(planned).await, Err(Error::Conflict(_))), "nobody knows what it is there");
    assert!(!rig.page(planned).await.contains("Delete from Sandbox"));
    let (here, other) = (rig.here(id).await, rig.app.owner().await);
    for fields in [&[][..], &[("_method", "DELETE")]] {
        assert_eq!(other.browser.submit(&here, fields).await.status, 404);
        assert_eq!(rig.app.visitor().submit(&here, fields).await.status, 401);
    }
    let mut tx = rig.app.app.db.begin().await.unwrap();
    let theirs = delivery::take_down(&mut tx, other.org, id, None, rig.now()).await;
    assert!(matches!(theirs, Err(Error::NotFound(_))));
    drop(tx);
    rig.later(GRACE).await;
    assert_eq!(rig.live().await.len(), 2);
}

/// Over the API; and Postiz's own way to delete leaves alone what is live.
async fn over_the_api(database: Database) {
    let (rig, id) = live(database).await;
    let robot = api_v1::robot(&rig.app, &rig.owner).await;
    let path = format!("/targets/{id}/takedown");
    let call = async |method: &str| api_v1::call(&robot, method, &path, &[], Json::Null).await;
    assert_eq!(call("post").await.expect(200).json()["takedown"]["state"], "asked");
    call("post").await.expect(409);
    assert_eq!(call("delete").await.expect(200).json()["takedown"], Json::Null);
    call("delete").await.expect(409);
    call("post").await.expect(200);
    rig.later(GRACE).await;
    is_gone(&rig, id).await;
    let target = robot.get(&format!("/api/v1/targets/{id}")).await.expect(200).json();
    assert_eq!(
        (&target["takedown"]["state"], &target["state"], &target["reason"]),
        (&json!("done"), &json!("cancelled"), &json!("taken_down"))
    );
    let parts = robot.get(&format!("/api/v1/targets/{id}/parts")).await.expect(200).json();
    assert!(parts["data"][0]["remotes"][0]["removed_at"].is_string());
    let second = rig.post(When::Now, &["stays", "stays, too"]).await;
    rig.reaches(second, TargetState::Published).await;
    rig.owner.api.delete(&format!("/public/v1/posts/{second}")).await.expect(200);
    rig.later(TimeDelta::minutes(1)).await;
    assert_eq!(rig.live().await.len(), 2, "what is live stays live");
}

macro_rules! on_both {
    ($($name:ident: $body:path;)*) => {$(
        mod $name {
            use super::*;
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $body(Database::Sqlite).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $body(Database::Postgres).await;
            }
        }
    )*};
}

on_both! {
    what_is_live_is_deleted_from_its_page: from_the_page;
    a_deletion_can_be_taken_back_in_time: taken_back;
    a_lost_answer_is_asked_for_again: lost_answer;
    what_is_gone_already_counts_as_deleted: gone_already;
    a_deletion_survives_the_end_of_its_process: cut_off;
    a_refused_deletion_leaves_it_live_with_the_platforms_words: refused;
    a_deletion_waits_as_told_and_tells_when_access_is_lost: slowed_and_shut_out;
    only_what_is_live_and_known_is_deleted: what_cannot_be_taken_down;
    a_script_deletes_and_postizs_way_does_not: over_the_api;
}
