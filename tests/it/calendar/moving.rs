//! Moving cards: by day, by hour, one of several; what is refused; and back.

use chrono::{Days, TimeDelta};
use rostrum::{
    db::q,
    delivery::{PartState, TargetState},
    kit::recur::{End, Every, Rule},
    posts::{self, Draft, When},
};

use super::*;
use crate::{
    both_databases,
    posts::{channel, entry, play, saved},
};

fn stamp_in(page: &str, post: PostId) -> String {
    let card = page.split(&format!("data-card=\"{post}\"")).nth(1).unwrap();
    card.split("data-stamp=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

both_databases! {
    /// On another day a post keeps its time of day, on the clock that is shown; the engine knows the new time.
    async fn another_day_keeps_the_time_of_day(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let (day, to) = (monday(&app), monday(&app) + Days::new(3));
        let post = saved(&app, &owner, When::At(at(day, "09:20")), vec![entry(ann, &["moves", "with it"])]).await.post;
        let page = owner.browser.get(&format!("/calendar?date={day}")).await.page();
        let moved = dragged(&owner, post, at(day, "09:20"), &[("date", &to.to_string()), ("zone", "Europe/Berlin")], Some(&stamp_in(&page, post))).await;
        assert!(moved.expect(200).page().contains("Moved to"));
        let listed = only(&app, &owner, post).await;
        assert_eq!((listed.target.due_at, listed.target.state), (Some(at(to, "09:20")), TargetState::Scheduled));
        assert_eq!(listed.parts.iter().map(|p| p.next_at).collect::<Vec<_>>(), [Some(at(to, "09:20")), None]);
        let page = owner.browser.get(&format!("/posts/{post}")).await.page();
        assert!(page.contains("Planned anew, for"), "it is in the trail");
    }

    /// The button of the message takes a move back, once.
    async fn a_move_is_taken_back(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let (day, to) = (monday(&app), monday(&app) + Days::new(1));
        let due = at(day, "09:20") + TimeDelta::seconds(7);
        let post = saved(&app, &owner, When::At(due), vec![entry(ann, &["there and back"])]).await.post;
        let moved = dragged(&owner, post, due, &[("date", &to.to_string()), ("time", "14:00")], None).await.expect(200);
        assert_eq!(only(&app, &owner, post).await.target.due_at, Some(at(to, "14:00")));
        let undo = undo_of(&moved);
        owner.browser.submit(&undo, &[]).await.expect(303);
        assert_eq!(only(&app, &owner, post).await.target.due_at, Some(due), "to the second");
        owner.browser.submit(&undo, &[]).await.expect(303);
        assert_eq!(only(&app, &owner, post).await.target.due_at, Some(due));
        assert!(owner.browser.get(&format!("/posts/{post}")).await.page().contains("notice broken"), "there is nothing to take back any more");
    }

    /// What was missed or held is planned by moving it, and stands as it stood when that is taken back.
    async fn what_waits_for_a_person_is_planned_and_waits_again(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let to = monday(&app);
        for (state, reason) in [("missed", "late"), ("held", "reconnect")] {
            let post = saved(&app, &owner, When::Now, vec![entry(ann, &[state])]).await;
            let target = post.targets[0].0;
            play(&app, "UPDATE parts SET next_at = NULL WHERE target_id = $1", target).await;
            let mut tx = app.app.db.begin().await.unwrap();
            q("UPDATE targets SET state = $2, reason = $3 WHERE id = $1").bind(target).bind(state).bind(reason).exec(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
            let due = only(&app, &owner, post.post).await.target.due_at.unwrap();
            let moved = dragged(&owner, post.post, due, &[("date", &to.to_string()), ("time", "08:00")], None).await.expect(200);
            let now = only(&app, &owner, post.post).await;
            assert_eq!((now.target.state, now.parts[0].next_at), (TargetState::Scheduled, Some(at(to, "08:00"))));
            owner.browser.submit(&undo_of(&moved), &[]).await.expect(303);
            let back = only(&app, &owner, post.post).await;
            assert_eq!((back.target.state.as_str(), back.target.reason.as_deref(), back.target.due_at), (state, Some(reason), Some(due)));
            assert_eq!((back.parts[0].state, back.parts[0].next_at), (PartState::Waiting, None));
        }
    }

    /// A draft stays a draft on another day.
    async fn a_draft_stays_a_draft(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let (day, to) = (monday(&app), monday(&app) + Days::new(2));
        let post = saved(&app, &owner, When::Draft(Some(at(day, "09:20"))), vec![entry(ann, &["not yet"])]).await.post;
        dragged(&owner, post, at(day, "09:20"), &[("date", &to.to_string())], None).await.expect(200);
        let listed = only(&app, &owner, post).await;
        assert_eq!((listed.target.state, listed.target.due_at, listed.parts[0].next_at), (TargetState::Draft, Some(at(to, "09:20")), None));
    }

    /// A time that is over, one beyond reason, what is out or on its way, and what somebody else has changed: refused in words.
    async fn what_cannot_be_moved_says_why(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let ann = channel(&app, owner.org, "Ann").await;
        let (day, to) = (monday(&app), (monday(&app) + Days::new(1)).to_string());
        let made = saved(&app, &owner, When::At(at(day, "09:20")), vec![entry(ann, &["stays"])]).await;
        let (post, target) = (made.post, made.targets[0].0);
        let from = at(day, "09:20");
        let past = dragged(&owner, post, from, &[("date", "2024-05-15")], None).await.expect(422);
        assert!(past.page().contains("This time has passed"));
        assert!(dragged(&owner, post, from, &[("date", "2199-05-15")], None).await.expect(422).page().contains("more than five years"));
        for bad in [&[("date", "")][..], &[("date", "2026-02-30")], &[("date", &to), ("time", "25:00")], &[("date", &to), ("time", "ä")], &[("date", &to), ("zone", "Mars")]] {
            dragged(&owner, post, from, bad, None).await.expect(422);
        }
        assert!(dragged(&owner, post, from, &[("date", &to)], Some("000000000000")).await.expect(409).page().contains("changed since you saw it"));
        assert!(dragged(&owner, post, from + TimeDelta::minutes(1), &[("date", &to)], None).await.expect(409).page().contains("no longer stands there"));
        dragged(&other, post, from, &[("date", &to)], None).await.expect(404);
        let stranger = app.visitor().submit(&format!("/posts/{post}/move"), &[("date", &to)]).await;
        assert!(matches!(stranger.status, 401 | 403));
        for state in ["sending", "published", "needs_you", "failed", "cancelled"] {
            let mut tx = app.app.db.begin().await.unwrap();
            q("UPDATE targets SET state = $2 WHERE id = $1").bind(target).bind(state).exec(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
            assert!(dragged(&owner, post, from, &[("date", &to)], None).await.expect(409).page().contains("already out"), "{state}");
        }
        play(&app, "UPDATE targets SET state = 'held', reason = 'series' WHERE id = $1", target).await;
        assert!(dragged(&owner, post, from, &[("date", &to)], None).await.expect(409).page().contains("series is paused"));
        play(&app, "UPDATE targets SET state = 'scheduled', reason = NULL WHERE id = $1", target).await;
        // The engine has taken its part, and the target does not show it yet.
        play(&app, "UPDATE parts SET state = 'sending' WHERE target_id = $1", target).await;
        dragged(&owner, post, from, &[("date", &to)], None).await.expect(409);
        assert_eq!(only(&app, &owner, post).await.target.due_at, Some(from));
    }

    /// Of several channels what can be moved is, and what is out stays.
    async fn what_is_out_stays_behind(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await);
        let (day, to) = (monday(&app), monday(&app) + Days::new(1));
        let post = saved(&app, &owner, When::At(at(day, "09:00")), vec![entry(ann, &["two"]), entry(ben, &["two"])]).await;
        play(&app, "UPDATE targets SET state = 'published' WHERE id = $1", post.targets[0].0).await;
        let moved = dragged(&owner, post.post, at(day, "09:00"), &[("date", &to.to_string())], None).await.expect(200);
        assert!(moved.page().contains("1 stayed"));
        let dues: Vec<_> = listed(&app, &owner, post.post).await.iter().map(|l| l.target.due_at).collect();
        assert_eq!(dues, [Some(at(day, "09:00")), Some(at(to, "09:00"))]);
    }

    /// An occurrence that was moved stays where it was put; back at its own time it follows its series again.
    async fn a_moved_occurrence_leaves_its_series_and_comes_back(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let (day, to) = (monday(&app), monday(&app) + Days::new(2));
        let rule = Rule { start: day.and_hms_opt(9, 0, 0).unwrap(), zone: BERLIN, every: Every::Weeks { n: 1, weekdays: 1 }, end: End::Count(3) };
        let caller = rostrum::orgs::Caller { user: Some(owner.user), ..owner.caller() };
        let draft = Draft { when: When::At(at(day, "09:00")), zone: BERLIN, entries: vec![entry(ann, &["weekly"])], allow_duplicate: false };
        let post = posts::recurrence::create(&app.app, &caller, &draft, &rule).await.unwrap().unwrap().post;
        let alone = async || {
            let rows: Vec<(bool,)> = q("SELECT detached FROM targets WHERE post_id = $1 AND deleted_at IS NULL ORDER BY occurrence_key")
                .bind(post).all(&app.app.db).await.unwrap();
            rows.into_iter().map(|(detached,)| detached).collect::<Vec<_>>()
        };
        let moved = dragged(&owner, post, at(day, "09:00"), &[("date", &to.to_string())], None).await.expect(200);
        assert_eq!(alone().await, [true, false, false]);
        posts::plan_due(&app.app).await.unwrap();
        assert!(listed(&app, &owner, post).await.iter().any(|l| l.target.due_at == Some(at(to, "09:00"))), "planning leaves it there");
        owner.browser.submit(&undo_of(&moved), &[]).await.expect(303);
        assert_eq!(alone().await, [false, false, false]);
    }

    /// Without any script the form of a post's page moves it, and one comes back to where one was.
    async fn a_plain_form_moves_it(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let (day, to) = (monday(&app), (monday(&app) + Days::new(1)).to_string());
        let post = saved(&app, &owner, When::At(at(day, "09:20")), vec![entry(ann, &["by hand"])]).await;
        let page = owner.browser.get(&format!("/posts/{}", post.post)).await.page();
        let micros = at(day, "09:20").timestamp_micros().to_string();
        assert!(page.contains(&format!("action=\"/posts/{}/move\"", post.post)) && page.contains(&format!("name=\"at\" value=\"{micros}\"")));
        let (here, target) = (format!("/posts/{}/move", post.post), post.targets[0].0.to_string());
        let form = [("at", micros.as_str()), ("target", &target), ("zone", "Europe/Berlin"), ("date", &to), ("time", "10:45")];
        assert_eq!(owner.browser.submit(&here, &form).await.expect(303).header("location"), format!("/posts/{}", post.post));
        let page = owner.browser.get(&format!("/posts/{}", post.post)).await.page();
        assert!(page.contains("Moved to") && page.contains("/move/reversal?at="));
        for (back, leads) in [("/calendar?view=week", "/calendar?view=week"), ("//evil.example", ""), ("/calendar\\@evil.example", ""), ("/posts/../x y", "")] {
            let wrong = [("at", "1"), ("date", to.as_str()), ("back", back)];
            let leads = if leads.is_empty() { format!("/posts/{}", post.post) } else { leads.to_owned() };
            assert_eq!(owner.browser.submit(&here, &wrong).await.expect(303).header("location"), leads, "{back}");
        }
    }

    /// A post that is deleted in the calendar is brought back by the message's button, and one stays in the calendar.
    async fn a_deletion_is_taken_back(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let day = monday(&app);
        let post = saved(&app, &owner, When::At(at(day, "09:20")), vec![entry(ann, &["gone and back"])]).await.post;
        let csrf = owner.browser.csrf();
        let request = owner.browser.request(reqwest::Method::POST, &format!("/posts/{post}")).header("sec-fetch-site", "same-origin").header("hx-request", "true");
        let gone = owner.browser.send(request.form(&[("csrf", csrf.as_str()), ("_method", "DELETE"), ("back", "/calendar?view=week")])).await.expect(200);
        assert!(!owner.browser.get(&format!("/calendar?date={day}")).await.page().contains("gone and back"));
        let undo = undo_of(&gone);
        assert_eq!(owner.browser.submit(&undo, &[]).await.expect(303).header("location"), "/calendar?view=week");
        assert!(owner.browser.get(&format!("/calendar?date={day}")).await.page().contains("gone and back"));
        let plain = owner.browser.submit(&format!("/posts/{post}"), &[("_method", "DELETE")]).await.expect(303);
        assert_eq!(plain.header("location"), "/posts");
    }
}
