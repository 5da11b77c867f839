//! Links for people without an account: what they show and what not, PIN, end, approval.

use chrono::TimeDelta;
use rostrum::{
    db::q,
    delivery::TargetState,
    kit::CustomerId,
    orgs::{ReviewPolicy, model_review},
};

use super::*;
use crate::{both_databases, orgs::member};

async fn require(app: &TestApp, owner: &Owner, policy: ReviewPolicy) {
    let mut tx = app.app.db.begin().await.unwrap();
    model_review::set_policy(&mut tx, owner.org, policy).await.unwrap();
    tx.commit().await.unwrap();
}

async fn planned(app: &TestApp, owner: &Owner, channels: &[ChannelId], text: &str) -> PostId {
    let when = When::At(app.app.clock.now() + TimeDelta::hours(5));
    saved(app, owner, when, channels.iter().map(|c| entry(*c, &[text])).collect()).await.post
}

fn link(answer: Answer) -> String {
    let page = answer.expect(200).page();
    let at = page.find("/r/").unwrap_or_else(|| panic!("no link: {page}"));
    page[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "/-_".contains(*c)).collect()
}

async fn state(app: &TestApp, owner: &Owner, post: PostId) -> TargetState {
    listed(app, owner, post).await[0].target.state
}

async fn review_of(app: &TestApp, post: PostId) -> String {
    let (id,): (uuid::Uuid,) =
        q("SELECT id FROM reviews WHERE post_id = $1 AND state = 'open'").bind(post).one(&app.app.db).await.unwrap();
    id.to_string()
}

both_databases! {
    /// A preview shows the post and nothing more: no form, no comment, no other post, no cookie, no search engine.
    async fn a_preview_shows_one_post_and_no_more(app) {
        let ann = app.owner().await;
        let channel = channel(&app, ann.org, "Press").await;
        let post = planned(&app, &ann, &[channel], "Looked at by many").await;
        let other = planned(&app, &ann, &[channel], "Nobody's business").await;
        ann.browser.submit(&format!("/posts/{post}/comments"), &[("body", "among us"), ("shared", "true")]).await.expect(303);
        let path = link(ann.browser.submit(&format!("/posts/{post}/shares"), &[("label", "Press"), ("days", "7"), ("pin", "")]).await);
        let guest = app.visitor();
        let answer = guest.get(&path).await.expect(200);
        assert!(answer.header("x-robots-tag").contains("noindex"));
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(guest.cookie("session").is_none() && guest.cookie("pass").is_none());
        let page = answer.page();
        assert!(page.contains("Looked at by many"), "{page}");
        for hidden in ["Nobody's business", "among us", "<textarea", &other.to_string(), &format!("{}@example.org", ann.user)] {
            assert!(!page.contains(hidden), "{hidden}: {page}");
        }
        let said = [("post", post.to_string()), ("name", "Eve".into()), ("words", "hi".into()), ("answer", "comment".into())];
        let said: Vec<(&str, &str)> = said.iter().map(|(n, v)| (*n, v.as_str())).collect();
        guest.submit(&path, &said).await.expect(404);
        guest.get("/posts").await.expect(303);
    }

    /// Revoked, ended, guessed: nothing is shown, and nothing tells whether there was anything.
    async fn a_link_that_is_over_shows_nothing(app) {
        let ann = app.owner().await;
        let channel = channel(&app, ann.org, "Press").await;
        let post = planned(&app, &ann, &[channel], "Secret words").await;
        let make = async || link(ann.browser.submit(&format!("/posts/{post}/shares"), &[("label", "Press"), ("days", "7")]).await);
        let path = make().await;
        let (id,): (uuid::Uuid,) = q("SELECT id FROM shares").one(&app.app.db).await.unwrap();
        ann.browser.submit(&format!("/posts/{post}/shares/{id}"), &[("_method", "DELETE")]).await.expect(303);
        let guest = app.visitor();
        let gone = guest.get(&path).await.expect(404).page();
        let guessed = guest.get("/r/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").await.expect(404).page();
        assert!(!gone.contains("Secret words") && !gone.contains("Ann &amp; Co"));
        assert_eq!(gone.contains("This link is over"), guessed.contains("This link is over"));
        let path = make().await;
        crate::identity::change(&app, "UPDATE shares SET expires_at = $1", vec![app.app.clock.now().into()]).await;
        guest.get(&path).await.expect(404);
        ann.browser.submit(&format!("/posts/{post}/shares"), &[("label", ""), ("days", "8"), ("pin", "x")]).await.expect(422);
    }

    /// A client approves by the link of their customer, which shows what is theirs alone.
    async fn a_client_approves_what_is_theirs(app) {
        let ann = app.owner().await;
        let (own, byron, clara) = (channel(&app, ann.org, "Own").await, channel(&app, ann.org, "Byron").await, channel(&app, ann.org, "Clara").await);
        require(&app, &ann, ReviewPolicy::Client).await;
        let customer = async |name: &str, of: ChannelId| {
            ann.browser.submit("/channels/customers", &[("name", name)]).await.expect(303);
            let (id,): (CustomerId,) = q("SELECT id FROM customers WHERE name = $1").bind(name).one(&app.app.db).await.unwrap();
            ann.browser.submit(&format!("/channels/{of}/customer"), &[("_method", "PUT"), ("customer", &id.to_string())]).await.expect(303);
            id
        };
        let (byrons, _) = (customer("Byron", byron).await, customer("Clara", clara).await);
        let theirs = planned(&app, &ann, &[byron], "Poems for all").await;
        let second = planned(&app, &ann, &[byron], "More poems").await;
        for (n, channels) in [vec![own], vec![clara], vec![byron, clara]].iter().enumerate() {
            planned(&app, &ann, channels, &format!("Not for Byron {n}")).await;
        }
        let fields = [("customer", byrons.to_string()), ("label", "Office".into()), ("days", "30".into())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let path = link(ann.browser.submit("/reviews/shares", &fields).await);
        let guest = app.visitor();
        let page = guest.get(&path).await.expect(200).page();
        assert!(page.contains("Poems for all") && page.contains("More poems") && !page.contains("Not for Byron"), "{page}");
        let say = async |post: PostId, review: &str, answer: &str, name: &str, words: &str| {
            let post = post.to_string();
            guest.submit(&path, &[("post", &post), ("review", review), ("name", name), ("words", words), ("answer", answer)]).await
        };
        let asked = review_of(&app, theirs).await;
        say(theirs, &asked, "approve", "", "").await.expect(422);
        say(theirs, &asked, "comment", "Lord B.", "Lovely").await.expect(303);
        say(theirs, &asked, "approve", "Lord B.", "").await.expect(303);
        assert_eq!(state(&app, &ann, theirs).await, TargetState::Scheduled);
        let other = review_of(&app, second).await;
        say(second, &other, "changes", "Lord B.", " ").await.expect(422);
        say(second, &other, "changes", "Lord B.", "Less rhyme").await.expect(303);
        assert_eq!(state(&app, &ann, second).await, TargetState::Draft);
        assert!(guest.get(&path).await.expect(200).page().contains("Nothing waits for you"));
        let shown = ann.browser.get(&format!("/posts/{theirs}")).await.expect(200).page();
        assert!(shown.contains("Lord B. approved") && shown.contains("Lovely") && shown.contains("Approved"), "{shown}");
        // A review of a post that the link does not show is not there, whatever is sent.
        let foreign = planned(&app, &ann, &[clara], "Clara's").await;
        let foreign_review = review_of(&app, foreign).await;
        say(foreign, &foreign_review, "approve", "Lord B.", "").await.expect(404);
        let third = planned(&app, &ann, &[byron], "Third").await;
        say(third, &foreign_review, "approve", "Lord B.", "").await.expect(404);
        assert_eq!(state(&app, &ann, foreign).await, TargetState::Draft);
        assert_eq!(state(&app, &ann, third).await, TargetState::Draft);
        app.run_jobs().await;
        assert!(ann.browser.get("/notices").await.expect(200).page().contains("Lord B."));
    }

    /// The PIN is asked for before anything is shown, wrong ones are counted, and the pass is for this link alone.
    async fn a_pin_stands_before_everything(app) {
        let ann = app.owner().await;
        let channel = channel(&app, ann.org, "Press").await;
        let post = planned(&app, &ann, &[channel], "Behind a PIN").await;
        let make = async || link(ann.browser.submit(&format!("/posts/{post}/shares"), &[("label", "Press"), ("days", "7"), ("pin", "482913"), ("decides", "true")]).await);
        let (path, second) = (make().await, make().await);
        let guest = app.visitor();
        let page = guest.get(&path).await.expect(200).page();
        assert!(!page.contains("Behind a PIN") && page.contains("/pin"), "{page}");
        let post_text = post.to_string();
        guest.submit(&path, &[("post", &post_text), ("name", "Eve"), ("words", "hi"), ("answer", "comment")]).await.expect(403);
        guest.submit(&format!("{path}/pin"), &[("pin", "111111")]).await.expect(422);
        guest.submit(&format!("{path}/pin"), &[("pin", "482913")]).await.expect(303);
        assert!(guest.get(&path).await.expect(200).page().contains("Behind a PIN"));
        assert!(!guest.get(&second).await.expect(200).page().contains("Behind a PIN"), "the pass of one link opens no other");
        let eve = app.visitor();
        for _ in 0..10 {
            eve.submit(&format!("{path}/pin"), &[("pin", "000000")]).await.expect(422);
        }
        eve.submit(&format!("{path}/pin"), &[("pin", "482913")]).await.expect(429);
    }

    /// A link that decides stands for an approval, so members cannot make one; to look is harmless.
    async fn members_make_links_to_look_only(app) {
        let ann = app.owner().await;
        let channel = channel(&app, ann.org, "Press").await;
        let post = planned(&app, &ann, &[channel], "Mine").await;
        let (_, browser) = member(&app, &ann, "member").await;
        let path = format!("/posts/{post}/shares");
        browser.submit(&path, &[("label", "Me"), ("days", "7"), ("decides", "true")]).await.expect(403);
        browser.submit(&path, &[("label", "Me"), ("days", "7")]).await.expect(200);
        browser.submit("/reviews/shares", &[("label", "Me"), ("days", "7"), ("customer", "x")]).await.expect(403);
        browser.get("/settings/reviews").await.expect(403);
    }
}
