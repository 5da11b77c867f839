//! The page of a post: what happened in plain words, escaped.

use rostrum::{
    error::Failure,
    events::{self, Event},
    kit::AttemptId,
};

use super::*;
use crate::both_databases;

const EVIL: &str = "<img src=x onerror=alert(1)>";

/// An attempt of the first part, as the engine writes it.
async fn attempt(app: &TestApp, owner: &Owner, listed: &Listed, outcome: &str, failure: Option<Failure>) {
    let now = app.app.clock.now();
    let mut tx = app.app.db.begin().await.unwrap();
    q("INSERT INTO attempts (id, org_id, part_id, step, epoch, hash, begun_at, ended_at, outcome, failure) VALUES ($1, $2, $3, 'post', 1, $4, $5, $6, $7, $8)")
        .bind(AttemptId::new()).bind(owner.org).bind(listed.parts[0].id).bind(vec![0u8])
        .bind(now).bind(now + chrono::TimeDelta::milliseconds(312)).bind(outcome)
        .bind(failure.map(|f| serde_json::to_value(f).unwrap())).exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

async fn event(app: &TestApp, owner: &Owner, target: TargetId, kind: &'static str, data: serde_json::Value) {
    let mut tx = app.app.db.begin().await.unwrap();
    let event = Event { kind, target: Some(target), data: Some(data), ..Event::default() };
    events::record(&mut tx, owner.org, event, app.app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

both_databases! {
    /// Every attempt and every turn is told; what others wrote is text and nothing else.
    async fn the_timeline_tells_every_attempt(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, EVIL).await;
        let post = saved(&app, &owner, When::Now, vec![entry(ann, &[EVIL, "second"])]).await;
        let target = post.targets[0].0;
        let listed = listed(&app, &owner, post.post).await;
        attempt(&app, &owner, &listed[0], "failed", Some(Failure::rejected(EVIL).code("422"))).await;
        attempt(&app, &owner, &listed[0], "uncertain", Some(Failure::uncertain("reset"))).await;
        attempt(&app, &owner, &listed[0], "done", None).await;
        event(&app, &owner, target, "part.uncertain", json!({"position": 1, "message": "reset", "code": null})).await;
        event(&app, &owner, target, "part.rate_limited", json!({"position": 2, "until": "2031-02-03T04:05:06Z"})).await;
        event(&app, &owner, target, "part.published", json!({"position": 1, "warnings": ["no card"], "url": null})).await;
        event(&app, &owner, target, "unheard.of", json!({})).await;
        let page = owner.browser.get(&format!("/posts/{}", post.post)).await.expect(200).page();
        for told in [
            "by Ann", "Part 1: Sent to Sandbox; it answered after 312 ms", "Part 1: Sandbox refused it",
            "Part 1: Sent to Sandbox; it did not answer: it may be live", "Part 1: The platform did not answer: it may be live. Rostrum is looking.",
            "Part 2: Sandbox wants us to wait until 3 Feb 2031, 05:05", "Part 1: Live", "no card", "written in the browser",
        ] {
            assert!(page.contains(told), "{told}\n{page}");
        }
        assert!(page.contains("&lt;img src=x") && !page.contains(EVIL));
    }

    /// The failure of a part is told with the platform's own words and whose move it is.
    async fn a_failure_says_whether_it_is_live_and_whose_move_it_is(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let post = saved(&app, &owner, When::Now, vec![entry(ann, &["x"])]).await;
        let target = post.targets[0].0;
        let failure = serde_json::to_value(Failure::rejected("“coffee” is not permitted").code("422")).unwrap();
        let mut tx = app.app.db.begin().await.unwrap();
        q("UPDATE parts SET state = 'failed', next_at = NULL, failure = $2 WHERE target_id = $1").bind(target).bind(failure).exec(&mut tx).await.unwrap();
        q("UPDATE targets SET state = 'failed' WHERE id = $1").bind(target).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let page = owner.browser.get(&format!("/posts/{}", post.post)).await.expect(200).page();
        for told in ["It is not live. Sandbox refused it. Your move", "“coffee” is not permitted", "rejected/422", "Try again"] {
            assert!(page.contains(told), "{told}\n{page}");
        }
        assert!(owner.browser.get("/posts?state=failed").await.page().contains("Sandbox: “coffee” is not permitted"));
    }

    /// The page follows along while something moves, and rests otherwise.
    async fn the_page_follows_along_while_something_moves(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let post = saved(&app, &owner, When::Now, vec![entry(ann, &["x"])]).await;
        let here = format!("/posts/{}", post.post);
        play(&app, "UPDATE parts SET state = 'sending' WHERE target_id = $1", post.targets[0].0).await;
        play(&app, "UPDATE targets SET state = 'sending' WHERE id = $1", post.targets[0].0).await;
        assert!(owner.browser.get(&here).await.page().contains("data-refresh-seconds=\"2\""));
        play(&app, "UPDATE parts SET state = 'published' WHERE target_id = $1", post.targets[0].0).await;
        play(&app, "UPDATE targets SET state = 'published' WHERE id = $1", post.targets[0].0).await;
        assert!(!owner.browser.get(&here).await.page().contains("data-refresh-seconds"));
    }
}
