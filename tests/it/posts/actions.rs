//! The buttons of a post's page: withdraw, take back, send now, try again, say what was seen, delete.

use chrono::TimeDelta;
use rostrum::delivery::{PartState, TargetState};

use super::*;
use crate::both_databases;

async fn state(app: &TestApp, owner: &Owner, post: PostId) -> (TargetState, Vec<PartState>) {
    let listed = listed(app, owner, post).await;
    (listed[0].target.state, listed[0].parts.iter().map(|p| p.state).collect())
}

both_databases! {
    /// Withdrawn, and taken back by the button of the message.
    async fn a_withdrawal_can_be_taken_back(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let post = saved(&app, &owner, When::At(app.app.clock.now() + TimeDelta::hours(1)), vec![entry(ann, &["x", "y"])]).await;
        let here = format!("/posts/{}/targets/{}", post.post, post.targets[0].0);
        assert_eq!(led_to(&owner.browser.submit(&format!("{here}/cancellation"), &[]).await), post.post);
        assert_eq!(state(&app, &owner, post.post).await.0, TargetState::Cancelled);
        let page = owner.browser.get(&format!("/posts/{}", post.post)).await.page();
        assert!(page.contains(&format!("action=\"{here}/restoration\"")) && page.contains("Nothing goes out."));
        owner.browser.submit(&format!("{here}/restoration"), &[]).await.expect(303);
        assert_eq!(state(&app, &owner, post.post).await, (TargetState::Scheduled, vec![PartState::Waiting; 2]));
        owner.browser.submit(&format!("{here}/cancellation"), &[("_method", "DELETE")]).await.expect(303);
        let page = owner.browser.get(&format!("/posts/{}", post.post)).await.page();
        assert!(page.contains("notice broken"), "taking back what is not withdrawn is said to be impossible");
    }

    /// A draft goes out only when nothing keeps it from going out.
    async fn a_draft_is_checked_before_it_goes_out(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let long = "x".repeat(501);
        for (text, status) in [(long.as_str(), 422), ("short", 303)] {
            let post = saved(&app, &owner, When::Draft(None), vec![entry(ann, &[text])]).await;
            let answer = owner.browser.submit(&format!("/posts/{}/targets/{}/publication", post.post, post.targets[0].0), &[]).await;
            assert_eq!(answer.status, status);
            let expected = if status == 303 { TargetState::Scheduled } else { TargetState::Draft };
            assert_eq!(state(&app, &owner, post.post).await.0, expected);
            if status == 422 {
                assert!(answer.page().contains("This part is 1 character too long for Ann"));
            }
        }
    }

    /// What failed is tried again.
    async fn what_failed_is_tried_again(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let post = saved(&app, &owner, When::Now, vec![entry(ann, &["x", "y"])]).await;
        let target = post.targets[0].0;
        play(&app, "UPDATE parts SET state = CASE position WHEN 0 THEN 'failed' ELSE 'skipped' END, next_at = NULL, tries = 8 WHERE target_id = $1", target).await;
        play(&app, "UPDATE targets SET state = 'failed' WHERE id = $1", target).await;
        owner.browser.submit(&format!("/posts/{}/targets/{target}/retry", post.post), &[]).await.expect(303);
        assert_eq!(state(&app, &owner, post.post).await, (TargetState::Scheduled, vec![PartState::Waiting; 2]));
        owner.browser.submit(&format!("/posts/{}/targets/{target}/retry", post.post), &[]).await.expect(303);
        assert!(owner.browser.get(&format!("/posts/{}", post.post)).await.page().contains("notice broken"));
    }

    /// A person says what became of a part; an address must be one.
    async fn a_person_settles_what_nobody_else_can_know(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let post = saved(&app, &owner, When::Now, vec![entry(ann, &["x"])]).await;
        let target = post.targets[0].0;
        play(&app, "UPDATE parts SET state = 'needs_you', next_at = NULL WHERE target_id = $1", target).await;
        play(&app, "UPDATE targets SET state = 'needs_you' WHERE id = $1", target).await;
        let part = listed(&app, &owner, post.post).await[0].parts[0].id;
        let here = format!("/posts/{}/targets/{target}/parts/{part}/resolution", post.post);
        let page = owner.browser.get(&format!("/posts/{}", post.post)).await.expect(200).page();
        assert!(page.contains(&here) && page.contains("Your move"));
        let wrong = owner.browser.submit(&here, &[("answer", "live"), ("url", "javascript:alert(1)")]).await.expect(422).page();
        assert!(wrong.contains("id=\"e-url\""));
        owner.browser.submit(&here, &[]).await.expect(422);
        owner.browser.submit(&here, &[("answer", "live"), ("url", "https://x.example/1?a=\"b")]).await.expect(303);
        let page = owner.browser.get(&format!("/posts/{}", post.post)).await.page();
        assert!(page.contains("https://x.example/1?a=%22b"), "{page}");
        assert!(page.contains("It is live on Sandbox since") && page.contains("Somebody looked: it is live, by Ann"));
    }

    /// Deleted and brought back as it stood; what was withdrawn before stays withdrawn.
    async fn a_deleted_post_can_be_brought_back(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await);
        let post = saved(&app, &owner, When::At(app.app.clock.now() + TimeDelta::hours(1)), vec![entry(ann, &["x", "y"]), entry(ben, &["x", "y"])]).await;
        let here = format!("/posts/{}", post.post);
        owner.browser.submit(&format!("{here}/targets/{}/cancellation", post.targets[1].0), &[]).await.expect(303);
        assert_eq!(owner.browser.submit(&here, &[("_method", "DELETE")]).await.expect(303).header("location"), "/posts");
        let list = owner.browser.get("/posts").await.page();
        assert!(list.contains(&format!("action=\"{here}/restoration\"")));
        owner.browser.get(&here).await.expect(404);
        assert_eq!(owner.browser.submit(&here, &[("_method", "DELETE")]).await.status, 404);
        let due: (i64,) = q("SELECT count(*) FROM lanes WHERE next_due IS NOT NULL").one(&app.app.db).await.unwrap();
        assert_eq!(due.0, 0, "nothing of it is due");
        let stranger = app.owner().await;
        assert_eq!(stranger.browser.submit(&format!("{here}/restoration"), &[]).await.status, 404);
        owner.browser.submit(&format!("{here}/restoration"), &[]).await.expect(303);
        let states: Vec<_> = listed(&app, &owner, post.post).await.iter().map(|l| l.target.state).collect();
        assert_eq!(states, [TargetState::Scheduled, TargetState::Cancelled]);
        assert_eq!(state(&app, &owner, post.post).await.1, [PartState::Waiting; 2]);
        let due: (i64,) = q("SELECT count(*) FROM lanes WHERE next_due IS NOT NULL").one(&app.app.db).await.unwrap();
        assert_eq!(due.0, 1, "it is due again");
    }

    /// Whatever the button, the post of another organisation is not there; nor is a target of another post.
    async fn posts_of_others_are_not_there(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let ann = channel(&app, owner.org, "Ann").await;
        let post = saved(&app, &owner, When::Draft(None), vec![entry(ann, &["x"])]).await;
        let second = saved(&app, &owner, When::Draft(None), vec![entry(ann, &["y"])]).await;
        let part = listed(&app, &owner, post.post).await[0].parts[0].id;
        let target = format!("/posts/{}/targets/{}", post.post, post.targets[0].0);
        other.browser.get(&format!("/posts/{}", post.post)).await.expect(404);
        let paths = ["cancellation", "restoration", "retry", "publication"].map(|a| format!("{target}/{a}"));
        for path in paths.into_iter().chain([format!("{target}/parts/{part}/resolution")]) {
            assert_eq!(other.browser.submit(&path, &[("answer", "live")]).await.status, 404, "{path}");
        }
        assert_eq!(other.browser.submit(&format!("/posts/{}", post.post), &[("_method", "DELETE")]).await.status, 404);
        let mixed = format!("/posts/{}/targets/{}/cancellation", second.post, post.targets[0].0);
        assert_eq!(owner.browser.submit(&mixed, &[]).await.status, 404);
        owner.browser.get("/posts/no-id").await.expect(404);
        assert_eq!(listed(&app, &owner, post.post).await[0].target.state, TargetState::Draft);
    }
}
