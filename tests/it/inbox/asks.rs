//! Parts of unknown outcome: candidates, and each answer a person can give.

use rostrum::{
    db::q,
    delivery::{PartState, TargetState},
    kit::Clock,
    posts::When,
};
use serde_json::json;

use super::{asked, looked, show_all, unknown};
use crate::{delivery::Rig, support::Engine};

mod both {
    crate::on_both! {
        a_post_that_shows_up_late_is_found_and_linked_and_its_thread_goes_on
        what_a_person_pastes_is_confirmed_by_the_platform
        it_is_sent_again_when_a_person_says_so
        what_is_dropped_leaves_the_inbox_until_it_is_tried_again
        of_two_answers_one_is_told_that_the_other_was_faster
        one_post_on_the_platform_is_linked_once
        strangers_decide_nothing
        a_removed_channel_leaves_the_decision_to_the_person
    }
}

async fn page(rig: &Rig) -> String {
    rig.owner.browser.get("/inbox?filter=needs_you").await.expect(200).page()
}

async fn a_post_that_shows_up_late_is_found_and_linked_and_its_thread_goes_on(database: Engine) {
    let (rig, id, part) = unknown(database, &["maybe this one", "and a reply"]).await;
    let shown = page(&rig).await;
    assert!(shown.contains("maybe this one") && shown.contains("Is part 1 live?") && shown.contains("We saw nothing"), "{shown}");
    assert!(shown.contains("it did not answer: it may be live"), "what was tried is told");
    assert!(shown.contains("We looked for it on the platform 6 times"));
    assert_eq!(looked(&rig, part).await, Some(0), "the platform shows posts late");
    show_all(&rig).await;
    let again = format!("/inbox/parts/{part}/candidates");
    let led = rig.owner.browser.submit(&again, &[("filter", "needs_you")]).await.expect(303);
    assert_eq!(led.header("location"), format!("/inbox?filter=needs_you#part-{part}"));
    assert_eq!(looked(&rig, part).await, Some(1));
    let live = rig.live().await;
    let candidate = live[0]["id"].as_str().unwrap().to_owned();
    assert!(page(&rig).await.contains(&candidate));
    let resolution = format!("/inbox/parts/{part}/resolution");
    rig.owner.browser.submit(&resolution, &[("candidate", "not-among-them")]).await.expect(422);
    rig.owner.browser.submit(&resolution, &[("candidate", &candidate)]).await.expect(303);
    let target = rig.reaches(id, TargetState::Published).await;
    assert_eq!(target.url.as_deref(), live[0]["url"].as_str());
    let live = rig.live().await;
    assert_eq!(live.len(), 2, "the first part is not sent again, the second follows");
    assert_eq!(live[1]["reply_to"], candidate, "the reply knows what it answers");
    assert!(!page(&rig).await.contains("maybe this one"));
}

async fn what_a_person_pastes_is_confirmed_by_the_platform(database: Engine) {
    let (rig, id, part) = unknown(database, &["pasted"]).await;
    let resolution = format!("/inbox/parts/{part}/resolution");
    let wrong = rig.owner.browser.submit(&resolution, &[("answer", "live"), ("url", "https://x.example/@me#nothing")]).await;
    let shown = wrong.expect(422).page();
    assert!(shown.contains(&format!("id=\"e-url-{part}\"")) && shown.contains("https://x.example/@me#nothing"), "{shown}");
    // Somebody else's post is none of the account's.
    let token = rig.platform.token("other").await;
    let other =
        rig.platform.post(&token, &json!({"text": "pasted"})).await.expect(201).json()["url"].as_str().unwrap().to_owned();
    rig.owner.browser.submit(&resolution, &[("answer", "live"), ("url", &other)]).await.expect(422);
    assert_eq!(rig.part_states(id).await, [PartState::NeedsYou]);
    show_all(&rig).await;
    let live = rig.live().await;
    let url = live.iter().find(|p| p["account"] == "me").unwrap()["url"].as_str().unwrap().to_owned();
    rig.owner.browser.submit(&resolution, &[("answer", "live"), ("url", &url)]).await.expect(303);
    assert_eq!(rig.reaches(id, TargetState::Published).await.url, Some(url));
    assert_eq!(rig.platform.count().await, 2);
    rig.owner.browser.submit(&resolution, &[("answer", "live")]).await.expect(303);
    assert!(rig.owner.browser.get("/inbox").await.page().contains("notice broken"), "it was answered already");
}

async fn it_is_sent_again_when_a_person_says_so(database: Engine) {
    let (rig, id, part) = unknown(database, &["again"]).await;
    show_all(&rig).await;
    rig.owner.browser.submit(&format!("/inbox/parts/{part}/resolution"), &[("answer", "resend")]).await.expect(303);
    rig.reaches(id, TargetState::Published).await;
    assert_eq!(rig.platform.count().await, 2, "once as the person did not see it, once again");
    assert_eq!(looked(&rig, part).await, None);
}

async fn what_is_dropped_leaves_the_inbox_until_it_is_tried_again(database: Engine) {
    let (rig, id, part) = unknown(database, &["dropped", "reply"]).await;
    let resolution = format!("/inbox/parts/{part}/resolution");
    rig.owner.browser.submit(&resolution, &[]).await.expect(422);
    rig.owner.browser.submit(&resolution, &[("answer", "drop")]).await.expect(303);
    assert_eq!(rig.part_states(id).await, [PartState::Failed, PartState::Skipped]);
    assert!(rig.owner.browser.get("/inbox").await.expect(200).page().contains("Nothing waits for you"));
    show_all(&rig).await;
    rig.platform.behave(json!({"mode": "reject", "times": 1})).await;
    let post = rig.target(id).await.post_id;
    rig.owner.browser.submit(&format!("/posts/{post}/targets/{id}/retry"), &[]).await.expect(303);
    rig.reaches(id, TargetState::Failed).await;
    assert!(rig.owner.browser.get("/inbox?filter=failed").await.page().contains("the platform does not like this"));
}

async fn of_two_answers_one_is_told_that_the_other_was_faster(database: Engine) {
    let (rig, id, part) = unknown(database, &["both"]).await;
    let resolution = format!("/inbox/parts/{part}/resolution");
    let (one, two) = (rig.owner.browser.clone(), rig.owner.browser.clone());
    let (a, b) = tokio::join!(one.submit(&resolution, &[("answer", "live")]), two.submit(&resolution, &[("answer", "live")]));
    assert_eq!((a.status, b.status), (303, 303));
    rig.reaches(id, TargetState::Published).await;
    let events = rig.events(id).await;
    assert_eq!(events.iter().filter(|kind| *kind == "part.resolved").count(), 1, "{events:?}");
}

async fn one_post_on_the_platform_is_linked_once(database: Engine) {
    let rig = Rig::with(database, Clock::manual(chrono::Utc::now()), |_| {}).await;
    let first = rig.post(When::Now, &["twice the same"]).await;
    let url = rig.reaches(first, TargetState::Published).await.url.unwrap();
    let (second, part) = asked(&rig, &["twice the same"]).await;
    show_all(&rig).await;
    assert_eq!(rig.live().await.len(), 2);
    rig.owner.browser.submit(&format!("/inbox/parts/{part}/candidates"), &[]).await.expect(303);
    assert_eq!(looked(&rig, part).await, Some(1), "only the one that is nobody's yet");
    assert!(!page(&rig).await.contains(&url));
    let paste = [("answer", "live"), ("url", url.as_str())];
    rig.owner.browser.submit(&format!("/inbox/parts/{part}/resolution"), &paste).await.expect(303);
    assert_eq!(rig.part_states(second).await, [PartState::NeedsYou]);
    assert!(page(&rig).await.contains("already belongs to another post"));
}

async fn strangers_decide_nothing(database: Engine) {
    let (rig, id, part) = unknown(database, &["ours"]).await;
    let stranger = rig.app.owner().await;
    for path in [format!("/inbox/parts/{part}/resolution"), format!("/inbox/parts/{part}/candidates")] {
        stranger.browser.submit(&path, &[("answer", "drop")]).await.expect(404);
        rig.app.visitor().submit(&path, &[("answer", "drop")]).await.expect(401);
    }
    let bulk = [("act", "drop"), ("target", &*id.to_string())];
    stranger.browser.submit("/inbox", &bulk).await.expect(404);
    assert!(!stranger.browser.get("/inbox").await.expect(200).page().contains("ours"));
    assert_eq!(rig.part_states(id).await, [PartState::NeedsYou]);
    rig.owner.browser.submit("/inbox", &bulk).await.expect(303);
    assert_eq!(rig.part_states(id).await, [PartState::Failed]);
}

async fn a_removed_channel_leaves_the_decision_to_the_person(database: Engine) {
    let (rig, id, part) = unknown(database, &["orphan"]).await;
    let marker = rig.post(When::Draft(None), &["marker"]).await;
    let mut tx = rig.app.app.db.begin().await.unwrap();
    q("UPDATE channels SET deleted_at = $2 WHERE id = $1").bind(rig.channel).bind(rig.now()).exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    rig.owner.browser.submit(&format!("/inbox/parts/{part}/candidates"), &[]).await.expect(303);
    assert!(page(&rig).await.contains("nothing can be looked up any more"));
    let resolution = format!("/inbox/parts/{part}/resolution");
    rig.owner.browser.submit(&resolution, &[("answer", "live"), ("url", "javascript:alert(1)")]).await.expect(422);
    rig.owner.browser.submit(&resolution, &[("answer", "live"), ("url", "https://x.example/1")]).await.expect(303);
    assert_eq!(rig.target(id).await.url.as_deref(), Some("https://x.example/1"));
    assert_eq!(rig.target(marker).await.state, TargetState::Draft);
}
