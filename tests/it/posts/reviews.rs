//! Approval before publishing: nothing goes out before, an edit asks anew, the time passes, races, who may.

use chrono::TimeDelta;
use rostrum::{
    Error,
    db::q,
    delivery::{self, TargetState},
    kit::{
        Clock, ReviewId, UserId,
        recur::{End, Every, Rule},
    },
    orgs::{ReviewPolicy, model_review},
    posts::{
        recurrence,
        review::{self, Answer, Decided, Voice},
    },
};

use super::*;
use crate::{delivery::Rig, orgs::member, support::Engine as Database};

/// Monday, 23 November 2026, nine o'clock in Berlin.
const NOW: &str = "2026-11-23T08:00:00Z";

macro_rules! reviewed {
    ($($(#[$meta:meta])* async fn $name:ident($rig:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "not every test needs all of its file's imports")]
            use super::*;
            async fn body(database: Database) {
                let $rig = Rig::with(database, Clock::manual(instant(NOW)), |_| {}).await;
                $body
            }
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body(Database::Sqlite).await;
            }
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                body(Database::Postgres).await;
            }
        }
    )*};
}

async fn require(rig: &Rig, policy: ReviewPolicy) {
    let mut tx = rig.app.app.db.begin().await.unwrap();
    model_review::set_policy(&mut tx, rig.owner.org, policy).await.unwrap();
    tx.commit().await.unwrap();
}

async fn state(rig: &Rig, post: PostId) -> (TargetState, Option<String>) {
    let one = listed(&rig.app, &rig.owner, post).await.remove(0).target;
    (one.state, one.reason)
}

fn person(rig: &Rig, user: UserId) -> Caller {
    Caller { user: Some(user), ..Caller::machine(rig.owner.org, "UTC", Source::Web) }
}

async fn open_review(rig: &Rig, post: PostId) -> Option<ReviewId> {
    let row: Option<(ReviewId,)> =
        q("SELECT id FROM reviews WHERE post_id = $1 AND state = 'open'").bind(post).opt(&rig.app.app.db).await.unwrap();
    row.map(|(id,)| id)
}

async fn approve(rig: &Rig, user: UserId, asked: ReviewId) -> rostrum::Result<Decided> {
    review::answer(&rig.app.app, rig.owner.org, asked, Voice::Member(&person(rig, user)), Answer::Approve).await
}

/// Saved for an hour from now, by its owner.
async fn handed_in(rig: &Rig, text: &str) -> PostId {
    let when = When::At(rig.now() + TimeDelta::hours(1));
    let draft = Draft { allow_duplicate: true, ..draft(when, vec![entry(rig.channel, &[text])]) };
    let saved = posts::create(&rig.app.app, &caller(&rig.owner), &draft).await.unwrap().unwrap();
    assert!(saved.in_review);
    saved.post
}

async fn again(rig: &Rig, post: PostId, when: When, text: &str) -> Saved {
    let target = listed(&rig.app, &rig.owner, post).await[0].target.id;
    let mut entry = entry(rig.channel, &[text]);
    entry.target = Some(target);
    let draft = Draft { allow_duplicate: true, ..draft(when, vec![entry]) };
    posts::update(&rig.app.app, &caller(&rig.owner), post, &draft).await.unwrap().unwrap()
}

fn waits() -> (TargetState, Option<String>) {
    (TargetState::Draft, Some("in_review".into()))
}

/// What must never be: something is due whose content nobody has approved.
async fn nothing_unapproved_is_due(rig: &Rig) {
    let (due,): (i64,) = q("SELECT count(*) FROM parts p JOIN targets t ON t.id = p.target_id WHERE p.next_at IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM review_contents c JOIN reviews r ON r.id = c.review_id
         WHERE r.post_id = t.post_id AND r.state = 'approved' AND c.version_id = t.version_id)")
    .one(&rig.app.app.db)
    .await
    .unwrap();
    assert_eq!(due, 0);
}

reviewed! {
    /// Without a policy everything is as ever; with one a post waits, and goes out at its time when it is approved.
    async fn a_post_goes_out_when_it_is_approved(rig) {
        let free = rig.post(When::At(rig.now() + TimeDelta::hours(2)), &["free"]).await;
        assert_eq!(rig.target(free).await.state, TargetState::Scheduled);
        require(&rig, ReviewPolicy::One).await;
        assert_eq!(rig.target(free).await.state, TargetState::Scheduled, "what was scheduled before stays so");
        let post = handed_in(&rig, "looked over").await;
        assert_eq!(state(&rig, post).await, waits());
        let asked = open_review(&rig, post).await.unwrap();
        assert_eq!(approve(&rig, rig.owner.user, asked).await.unwrap(), Decided::Approved);
        assert_eq!(state(&rig, post).await, (TargetState::Scheduled, None));
        rig.app.app.clock.advance(TimeDelta::minutes(61));
        rig.app.until("the post to be out", async || (state(&rig, post).await.0 == TargetState::Published).then_some(())).await;
        assert!(matches!(approve(&rig, rig.owner.user, asked).await, Err(Error::Conflict(_))), "a question is answered once");
    }

    /// "Now" means as soon as it is approved.
    async fn what_is_to_go_out_now_goes_out_with_its_approval(rig) {
        require(&rig, ReviewPolicy::One).await;
        let saved = posts::create(&rig.app.app, &caller(&rig.owner), &draft(When::Now, vec![entry(rig.channel, &["now"])])).await.unwrap().unwrap();
        rig.app.app.clock.advance(TimeDelta::hours(3));
        rig.app.run_jobs().await;
        assert_eq!(state(&rig, saved.post).await, waits());
        let asked = open_review(&rig, saved.post).await.unwrap();
        approve(&rig, rig.owner.user, asked).await.unwrap();
        rig.app.until("the post to be out", async || (state(&rig, saved.post).await.0 == TargetState::Published).then_some(())).await;
    }

    /// The database itself lets nothing become due that waits for approval.
    async fn the_database_refuses_what_is_not_approved(rig) {
        require(&rig, ReviewPolicy::One).await;
        let post = handed_in(&rig, "not yet").await;
        let mut tx = rig.app.app.db.begin().await.unwrap();
        let forced = q("UPDATE parts SET next_at = $1 WHERE org_id = $2").bind(rig.now()).bind(rig.owner.org).exec(&mut tx).await;
        assert!(forced.is_err());
        drop(tx);
        let target = listed(&rig.app, &rig.owner, post).await[0].target.id;
        let mut tx = rig.app.app.db.begin().await.unwrap();
        let sent = delivery::publish_now(&mut tx, rig.owner.org, target, None, rig.now()).await;
        assert!(matches!(sent, Err(Error::Conflict(_))));
        drop(tx);
        rig.owner.browser.submit(&format!("/posts/{post}/targets/{target}/publication"), &[]).await.expect(303);
        assert_eq!(state(&rig, post).await, waits());
    }

    /// An edit asks anew: the answer to the old question counts for nothing. Another time alone does not.
    async fn an_edit_voids_the_approval_and_another_time_does_not(rig) {
        require(&rig, ReviewPolicy::One).await;
        let post = handed_in(&rig, "first").await;
        let first = open_review(&rig, post).await.unwrap();
        let later = When::At(rig.now() + TimeDelta::hours(2));
        assert!(again(&rig, post, later, "second").await.in_review);
        assert!(matches!(approve(&rig, rig.owner.user, first).await, Err(Error::Conflict(_))));
        assert_eq!(state(&rig, post).await, waits());
        let second = open_review(&rig, post).await.unwrap();
        assert_ne!(first, second);
        approve(&rig, rig.owner.user, second).await.unwrap();
        assert!(!again(&rig, post, When::At(rig.now() + TimeDelta::hours(3)), "second").await.in_review);
        assert_eq!(state(&rig, post).await.0, TargetState::Scheduled);
        assert!(again(&rig, post, later, "third").await.in_review, "an edit after the approval");
        assert_eq!(state(&rig, post).await, waits());
        // Back to words that were approved once.
        assert!(!again(&rig, post, later, "second").await.in_review);
    }

    /// Its time comes first: it is missed, with that reason, people are told; approved afterwards it waits for a person.
    async fn a_post_that_nobody_approves_is_missed_and_told(rig) {
        require(&rig, ReviewPolicy::One).await;
        let post = handed_in(&rig, "too late").await;
        let asked = open_review(&rig, post).await.unwrap();
        rig.app.app.clock.advance(TimeDelta::minutes(60));
        rig.app.run_jobs().await;
        assert_eq!(state(&rig, post).await, (TargetState::Missed, Some("not_approved".into())));
        let page = rig.owner.browser.get(&format!("/posts/{post}")).await.expect(200).page();
        assert!(page.contains("before anybody had approved it") && !page.contains("/publication"), "{page}");
        assert!(rig.owner.browser.get("/inbox").await.expect(200).page().contains("before anybody had approved it"));
        let kinds: Vec<(String,)> = q("SELECT kind FROM notices WHERE kind = 'post.not_approved'").all(&rig.app.app.db).await.unwrap();
        assert_eq!(kinds.len(), 1);
        assert_eq!(approve(&rig, rig.owner.user, asked).await.unwrap(), Decided::TooLate);
        assert_eq!(state(&rig, post).await, (TargetState::Missed, Some("approved_late".into())));
        rig.app.app.clock.advance(TimeDelta::hours(1));
        let target = listed(&rig.app, &rig.owner, post).await[0].target.id;
        assert_eq!(rig.target(target).await.state, TargetState::Missed, "nothing goes out by itself");
        rig.owner.browser.submit(&format!("/posts/{post}/targets/{target}/publication"), &[]).await.expect(303);
        rig.app.until("the post to be out", async || (state(&rig, post).await.0 == TargetState::Published).then_some(())).await;
    }

    /// A missed one that is given another time waits for approval until then; taking that back makes it missed again.
    async fn a_missed_post_that_is_moved_waits_again_and_can_be_put_back(rig) {
        require(&rig, ReviewPolicy::One).await;
        let post = handed_in(&rig, "moved").await;
        rig.app.app.clock.advance(TimeDelta::minutes(60));
        rig.app.run_jobs().await;
        let missed = (TargetState::Missed, Some("not_approved".into()));
        assert_eq!(state(&rig, post).await, missed);
        let target = listed(&rig.app, &rig.owner, post).await.remove(0).target;
        let (later, who) = (rig.now() + TimeDelta::hours(5), (Some(rig.owner.user), rig.now()));
        let mut tx = rig.app.app.db.begin().await.unwrap();
        delivery::move_to(&mut tx, rig.owner.org, target.id, later, who).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(state(&rig, post).await, waits());
        let mut tx = rig.app.app.db.begin().await.unwrap();
        delivery::move_back(&mut tx, rig.owner.org, target.id, who).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(state(&rig, post).await, missed);
        assert_eq!(rig.target(target.id).await.due_at, target.due_at);
        nothing_unapproved_is_due(&rig).await;
    }

    /// An approval that comes a moment after the time, before anybody noticed, is too late as well.
    async fn an_approval_at_the_last_moment_is_judged_by_the_time(rig) {
        require(&rig, ReviewPolicy::One).await;
        let post = handed_in(&rig, "moment").await;
        let asked = open_review(&rig, post).await.unwrap();
        rig.app.app.clock.advance(TimeDelta::minutes(60));
        assert_eq!(approve(&rig, rig.owner.user, asked).await.unwrap(), Decided::TooLate);
        rig.app.run_jobs().await;
        assert_eq!(state(&rig, post).await, (TargetState::Missed, Some("approved_late".into())));
    }

    /// Approving and editing at the same time: whoever is second sees the other, and nothing unapproved is ever due.
    async fn an_approval_and_an_edit_at_the_same_time(rig) {
        require(&rig, ReviewPolicy::One).await;
        for round in 0..8 {
            let post = handed_in(&rig, &format!("before {round}")).await;
            let asked = open_review(&rig, post).await.unwrap();
            let text = format!("after {round}");
            let (approved, saved) = tokio::join!(
                approve(&rig, rig.owner.user, asked),
                again(&rig, post, When::At(rig.now() + TimeDelta::hours(2)), &text),
            );
            assert!(saved.in_review);
            assert!(matches!(approved, Ok(Decided::Approved) | Err(Error::Conflict(_))), "{approved:?}");
            assert_eq!(state(&rig, post).await, waits());
            nothing_unapproved_is_due(&rig).await;
        }
    }

    /// Two at the same time where two are needed: the second one's answer is the one that suffices.
    async fn two_must_approve_and_neither_may_be_the_writer(rig) {
        require(&rig, ReviewPolicy::Two).await;
        let (bob, _) = member(&rig.app, &rig.owner, "admin").await;
        let (cleo, _) = member(&rig.app, &rig.owner, "member").await;
        let (dan, _) = member(&rig.app, &rig.owner, "member").await;
        let mut tx = rig.app.app.db.begin().await.unwrap();
        model_review::set_reviewers(&mut tx, rig.owner.org, &[cleo]).await.unwrap();
        tx.commit().await.unwrap();
        let post = handed_in(&rig, "two").await;
        let asked = open_review(&rig, post).await.unwrap();
        assert!(matches!(approve(&rig, rig.owner.user, asked).await, Err(Error::Forbidden(_))), "not one's own");
        assert!(matches!(approve(&rig, dan, asked).await, Err(Error::Forbidden(_))), "not a member who was not chosen");
        assert_eq!(approve(&rig, bob, asked).await.unwrap(), Decided::OneMore);
        assert_eq!(approve(&rig, bob, asked).await.unwrap(), Decided::OneMore, "once more is not another one");
        assert_eq!(state(&rig, post).await, waits());
        let machine = review::answer(&rig.app.app, rig.owner.org, asked, Voice::Member(&rig.caller()), Answer::Approve).await;
        assert!(matches!(machine, Err(Error::Forbidden(_))), "a key is nobody");
        let second = handed_in(&rig, "two at once").await;
        let both = open_review(&rig, second).await.unwrap();
        let (a, b) = tokio::join!(approve(&rig, bob, both), approve(&rig, cleo, both));
        let mut decided = [a.unwrap() == Decided::Approved, b.unwrap() == Decided::Approved];
        decided.sort_unstable();
        assert_eq!(decided, [false, true]);
        assert_eq!(approve(&rig, cleo, asked).await.unwrap(), Decided::Approved);
        assert_eq!(state(&rig, post).await.0, TargetState::Scheduled);
    }

    /// An answer is one of two words, and to a question about this very post.
    async fn an_answer_is_one_of_two_words(rig) {
        require(&rig, ReviewPolicy::One).await;
        let (_, browser) = member(&rig.app, &rig.owner, "admin").await;
        let (post, other) = (handed_in(&rig, "this one").await, handed_in(&rig, "another one").await);
        let asked = open_review(&rig, post).await.unwrap().to_string();
        let foreign = open_review(&rig, other).await.unwrap().to_string();
        let path = format!("/posts/{post}/review/answer");
        for word in ["", "yes", "Approve"] {
            let page = browser.submit(&path, &[("review", &asked), ("answer", word), ("note", "unheard")]).await.expect(422).page();
            assert!(page.contains("Approve it, or ask for changes.") && !page.contains("unheard"), "{page}");
        }
        browser.submit(&path, &[("review", &foreign), ("answer", "approve")]).await.expect(404);
        browser.submit(&path, &[("review", "none"), ("answer", "approve")]).await.expect(404);
        assert_eq!((state(&rig, post).await, state(&rig, other).await), (waits(), waits()));
        browser.submit(&path, &[("review", &asked), ("answer", "approve")]).await.expect(303);
        assert_eq!(state(&rig, post).await, (TargetState::Scheduled, None));
    }

    /// The page of a post tells the life of its review, each thing once.
    async fn the_page_tells_the_life_of_a_review(rig) {
        require(&rig, ReviewPolicy::Two).await;
        let (bob, _) = member(&rig.app, &rig.owner, "admin").await;
        let (cleo, browser) = member(&rig.app, &rig.owner, "admin").await;
        let post = handed_in(&rig, "first").await;
        approve(&rig, bob, open_review(&rig, post).await.unwrap()).await.unwrap();
        let told = async |text: &str| {
            let page = browser.get(&format!("/posts/{post}")).await.expect(200).page();
            page.split("<ol class=\"timeline").nth(1).unwrap().split("</ol>").next().unwrap().matches(text).count()
        };
        assert_eq!((told("Handed in for approval").await, told("one more approval is needed").await), (1, 1));
        again(&rig, post, When::At(rig.now() + TimeDelta::hours(1)), "second").await;
        assert_eq!(told("earlier answers do not count").await, 1);
        let asked = open_review(&rig, post).await.unwrap();
        browser.submit(&format!("/posts/{post}/comments"), &[("body", "Looks good")]).await.expect(303);
        approve(&rig, bob, asked).await.unwrap();
        approve(&rig, cleo, asked).await.unwrap();
        assert_eq!((told("Commented on").await, told("Looks good").await), (1, 1));
        assert_eq!(told("one more approval is needed").await, 2);
        assert!(told("Approved").await >= 3);
    }

    /// The list of what waits reads as much for many as for one, and each row has its own.
    async fn what_waits_is_listed_with_its_own(rig) {
        require(&rig, ReviewPolicy::One).await;
        let (bob, browser) = member(&rig.app, &rig.owner, "admin").await;
        for n in 0..3 {
            handed_in(&rig, &format!("number {n}")).await;
        }
        let page = browser.get("/reviews").await.expect(200).page();
        assert_eq!(page.matches("class=\"review-row\"").count(), 3);
        assert!((0..3).all(|n| page.matches(&format!(">number {n}</a>")).count() == 1), "{page}");
        assert_eq!(page.matches("Your move").count(), 3);
        require(&rig, ReviewPolicy::Two).await;
        let post = handed_in(&rig, "for two").await;
        approve(&rig, bob, open_review(&rig, post).await.unwrap()).await.unwrap();
        let page = browser.get("/reviews").await.expect(200).page();
        assert_eq!((page.matches("Your move").count(), page.matches("You have answered").count()), (3, 1));
    }

    /// The composer says who has to approve, for the channels that are chosen, and so does the script's answer.
    async fn the_composer_says_who_has_to_approve(rig) {
        let path = format!("/posts/new?channels={}", rig.channel);
        let browser = &rig.owner.browser;
        let free = browser.get(&path).await.expect(200).page();
        assert!(!free.contains("has to approve it") && !free.contains("is-reviewed"), "{free}");
        require(&rig, ReviewPolicy::One).await;
        let page = browser.get(&path).await.expect(200).page();
        assert!(page.contains("Before it goes out, one of these has to approve it: Ann") && page.contains("is-reviewed"), "{page}");
        let channel = rig.channel.to_string();
        let looks = browser.submit("/posts/new/looks", &[("channels", &channel), ("parts[0][text]", "Hello")]).await.expect(200).text();
        assert!(looks.contains("<template data-approval>Before it goes out"), "{looks}");
        let none = browser.submit("/posts/new/looks", &[("parts[0][text]", "Hello")]).await.expect(200).text();
        assert!(!none.contains("data-approval"), "{none}");
    }

    /// Changes are asked for with a reason; it becomes a draft and the writer is told.
    async fn changes_are_asked_for_with_a_reason(rig) {
        require(&rig, ReviewPolicy::One).await;
        let (_, browser) = member(&rig.app, &rig.owner, "admin").await;
        let post = handed_in(&rig, "shouting").await;
        let asked = open_review(&rig, post).await.unwrap().to_string();
        let path = format!("/posts/{post}/review/answer");
        browser.submit(&path, &[("review", &asked), ("answer", "changes"), ("note", " ")]).await.expect(422);
        browser.submit(&path, &[("review", &asked), ("answer", "changes"), ("note", "Less <shouting>")]).await.expect(303);
        assert_eq!(state(&rig, post).await, (TargetState::Draft, Some("changes".into())));
        let page = rig.owner.browser.get(&format!("/posts/{post}")).await.expect(200).page();
        assert!(page.contains("Less &lt;shouting&gt;") && page.contains("Changes wanted"), "{page}");
        rig.app.run_jobs().await;
        let notices = rig.owner.browser.get("/notices").await.expect(200).page();
        assert!(notices.contains("Changes are wanted on your post") && notices.contains("Less &lt;shouting&gt;"), "{notices}");
        // As it stands it cannot go out; changed it is asked about again.
        let target = listed(&rig.app, &rig.owner, post).await[0].target.id;
        rig.owner.browser.submit(&format!("/posts/{post}/targets/{target}/publication"), &[]).await.expect(303);
        assert_eq!(state(&rig, post).await.0, TargetState::Draft);
        assert!(again(&rig, post, When::At(rig.now() + TimeDelta::hours(2)), "quietly").await.in_review);
    }

    /// Drafts are handed in by a button and taken back by another; doors around the composer are closed.
    async fn a_draft_is_handed_in_and_taken_back(rig) {
        require(&rig, ReviewPolicy::One).await;
        let when = When::Draft(Some(rig.now() + TimeDelta::hours(4)));
        let saved = posts::create(&rig.app.app, &caller(&rig.owner), &draft(when, vec![entry(rig.channel, &["draft"])])).await.unwrap().unwrap();
        assert!(!saved.in_review);
        let (post, target) = (saved.post, saved.targets[0].0);
        rig.owner.browser.submit(&format!("/posts/{post}/targets/{target}/publication"), &[]).await.expect(303);
        assert_eq!(state(&rig, post).await, (TargetState::Draft, None));
        // A withdrawal that is taken back would plan it: it comes back as a draft.
        rig.owner.browser.submit(&format!("/posts/{post}/targets/{target}/cancellation"), &[]).await.expect(303);
        rig.owner.browser.submit(&format!("/posts/{post}/targets/{target}/restoration"), &[]).await.expect(303);
        assert_eq!(state(&rig, post).await.0, TargetState::Draft);
        let review = format!("/posts/{post}/review");
        rig.owner.browser.submit(&review, &[]).await.expect(303);
        assert_eq!(state(&rig, post).await, waits());
        rig.owner.browser.submit(&review, &[("_method", "DELETE")]).await.expect(303);
        assert_eq!(state(&rig, post).await, (TargetState::Draft, None));
        assert_eq!(open_review(&rig, post).await, None);
        // Through the public API a post in review is a draft.
        let answer = rig.owner.api.put_json(&format!("/public/v1/posts/{target}/status"), &json!({"status": "schedule"})).await.expect(200).json();
        assert_eq!(answer["state"], "DRAFT");
        assert_eq!(state(&rig, post).await, waits());
    }

    /// A customer has a policy of their own; a post on channels of several follows the strictest.
    async fn customers_have_policies_of_their_own(rig) {
        let second = rig.channel("second").await;
        rig.owner.browser.submit("/channels/customers", &[("name", "Byron")]).await.expect(303);
        let (customer,): (uuid::Uuid,) = q("SELECT id FROM customers").one(&rig.app.app.db).await.unwrap();
        let customer = customer.to_string();
        rig.owner.browser.submit(&format!("/channels/{second}/customer"), &[("_method", "PUT"), ("customer", &customer)]).await.expect(303);
        let field = format!("customer-{customer}");
        rig.owner.browser.submit("/settings/reviews", &[("_method", "PUT"), ("policy", "none"), (&field, "client")]).await.expect(303);
        rig.owner.browser.submit("/settings/reviews", &[("_method", "PUT"), ("policy", "all"), (&field, "client")]).await.expect(422);
        assert!(rig.owner.browser.get("/settings/reviews").await.expect(200).page().contains("Byron"));
        let at = When::At(rig.now() + TimeDelta::hours(1));
        let save = async |entries| posts::create(&rig.app.app, &caller(&rig.owner), &draft(at, entries)).await.unwrap().unwrap();
        assert!(!save(vec![entry(rig.channel, &["ours"])]).await.in_review);
        assert!(save(vec![entry(second, &["theirs"])]).await.in_review);
        let both = save(vec![entry(rig.channel, &["both"]), entry(second, &["both"])]).await;
        assert!(both.in_review);
        assert!(listed(&rig.app, &rig.owner, both.post).await.iter().all(|l| l.target.state == TargetState::Draft));
    }

    /// A series waits with its first occurrence, goes on when that is approved, and cannot be resumed around it.
    async fn a_series_goes_on_when_its_text_is_approved(rig) {
        require(&rig, ReviewPolicy::One).await;
        let start = chrono::NaiveDateTime::parse_from_str("2026-11-24 10:00", "%Y-%m-%d %H:%M").unwrap();
        let rule = Rule { every: Every::Days(1), start, zone: chrono_tz::Tz::Europe__Berlin, end: End::Never };
        let first = When::At(recurrence::preview(&rule, rig.now(), 1)[0]);
        let saved = recurrence::create(&rig.app.app, &caller(&rig.owner), &draft(first, vec![entry(rig.channel, &["daily"])]), &rule).await.unwrap().unwrap();
        assert!(saved.in_review);
        let post = saved.post;
        assert!(listed(&rig.app, &rig.owner, post).await.iter().all(|l| l.target.state == TargetState::Draft));
        nothing_unapproved_is_due(&rig).await;
        let mut tx = rig.app.app.db.begin().await.unwrap();
        assert!(matches!(recurrence::resume(&mut tx, &rig.caller(), post, rig.now()).await, Err(Error::Conflict(_))));
        drop(tx);
        let asked = open_review(&rig, post).await.unwrap();
        approve(&rig, rig.owner.user, asked).await.unwrap();
        let planned = listed(&rig.app, &rig.owner, post).await;
        assert!(planned.len() > 20 && planned.iter().all(|l| l.target.state == TargetState::Scheduled), "{}", planned.len());
    }

    /// The list of what waits, its number beside the navigation, and many at once.
    async fn many_are_approved_at_once(rig) {
        require(&rig, ReviewPolicy::One).await;
        let (_, writer) = member(&rig.app, &rig.owner, "member").await;
        let mut ids = Vec::new();
        for text in ["one", "two", "three"] {
            let post = handed_in(&rig, text).await;
            ids.push((post, open_review(&rig, post).await.unwrap().to_string()));
        }
        let page = rig.owner.browser.get("/reviews").await.expect(200).page();
        assert!(ids.iter().all(|(post, asked)| page.contains(&post.to_string()) && page.contains(asked)), "{page}");
        assert!(page.contains("wait for you"), "{page}");
        let theirs = writer.get("/reviews").await.expect(200).page();
        assert!(!theirs.contains("wait for you") && !theirs.contains("type=\"checkbox\""), "{theirs}");
        writer.submit("/reviews/approval", &[("review", &ids[0].1)]).await.expect(303);
        assert_eq!(state(&rig, ids[0].0).await, waits());
        rig.owner.browser.submit("/reviews/approval", &[("review", &ids[0].1), ("review", &ids[1].1)]).await.expect(303);
        assert_eq!(state(&rig, ids[0].0).await.0, TargetState::Scheduled);
        assert_eq!(state(&rig, ids[1].0).await.0, TargetState::Scheduled);
        assert_eq!(state(&rig, ids[2].0).await, waits());
        rig.owner.browser.submit("/reviews/approval", &[]).await.expect(303);
    }

    /// Another organisation's reviews are not there.
    async fn a_foreign_review_is_not_there(rig) {
        require(&rig, ReviewPolicy::One).await;
        let post = handed_in(&rig, "secret").await;
        let asked = open_review(&rig, post).await.unwrap().to_string();
        let stranger = rig.app.owner().await;
        assert!(!stranger.browser.get("/reviews").await.expect(200).page().contains("secret"));
        stranger.browser.submit("/reviews/approval", &[("review", &asked)]).await.expect(404);
        stranger.browser.submit(&format!("/posts/{post}/review/answer"), &[("review", &asked), ("answer", "approve")]).await.expect(404);
        assert_eq!(state(&rig, post).await, waits());
    }
}
