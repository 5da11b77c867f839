//! First steps, from the page that set-up leads to up to their disappearance.

use rostrum::db::q;

use crate::{both_databases, channels::demote, support::TestApp};

async fn sql(app: &TestApp, text: &'static str) {
    let mut tx = app.app.db.begin().await.unwrap();
    q(text).exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

both_databases! {
    /// One click connects the practice channel, once; the composer opens with words and the wish to send them now.
    async fn the_practice_channel_is_one_click(app) {
        let owner = app.owner().await;
        assert!(owner.browser.get("/calendar").await.expect(200).page().contains("Next: Set the practice channel up"));
        assert!(owner.browser.get("/start").await.expect(200).page().contains("0 of 6 done"));
        for _ in 0..2 {
            assert_eq!(owner.browser.submit("/start/channel", &[]).await.expect(303).header("location"), "/start");
        }
        let (channels,): (i64,) = q("SELECT count(*) FROM channels WHERE provider = 'sandbox'").one(&app.app.db).await.unwrap();
        assert_eq!(channels, 1);
        let page = owner.browser.get("/start").await.expect(200).page();
        assert!(page.contains("1 of 6 done"));
        let link = page.split("href=\"").find(|rest| rest.starts_with("/posts/new?channels=")).unwrap();
        let link = link.split('"').next().unwrap().replace("&amp;", "&");
        let composer = owner.browser.get(&link).await.expect(200).page();
        assert!(composer.contains("Hello from Rostrum!"), "{composer}");
        assert!(composer.contains("name=\"when\" value=\"now\" checked"), "{composer}");
    }

    /// Hidden for one person, and back by the button of the message.
    async fn what_was_hidden_comes_back(app) {
        let owner = app.owner().await;
        owner.browser.submit("/start/hiding", &[]).await.expect(303);
        let page = owner.browser.get("/calendar").await.expect(200).page();
        assert!(page.contains("action=\"/start/return\"") && !page.contains("href=\"/start\""), "{page}");
        owner.browser.submit("/start/return", &[]).await.expect(303);
        assert!(owner.browser.get("/calendar").await.expect(200).page().contains("href=\"/start\""));
    }

    /// What one organisation did is no step of another; whoever may not do these things is not asked to.
    async fn everybody_has_steps_of_their_own(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        owner.browser.submit("/start/channel", &[]).await.expect(303);
        owner.browser.submit("/start/hiding", &[]).await.expect(303);
        assert!(other.browser.get("/start").await.expect(200).page().contains("0 of 6 done"));
        demote(&app, other.org).await;
        other.browser.get("/start").await.expect(403);
        other.browser.submit("/start/channel", &[]).await.expect(403);
        assert!(!other.browser.get("/calendar").await.expect(200).page().contains("href=\"/start\""));
        assert!(app.visitor().get("/start").await.expect(303).header("location").starts_with("/login"));
    }

    /// Posting times other than those of a new channel are somebody's choice.
    async fn own_posting_times_are_a_step(app) {
        let owner = app.owner().await;
        owner.browser.submit("/start/channel", &[]).await.expect(303);
        sql(&app, "UPDATE slots SET minute = 600 WHERE minute = 560").await;
        assert!(owner.browser.get("/start").await.expect(200).page().contains("2 of 6 done"));
        sql(&app, "UPDATE slots SET minute = 560 WHERE minute = 600").await;
        sql(&app, "DELETE FROM slots WHERE minute = 560").await;
        assert!(owner.browser.get("/start").await.expect(200).page().contains("2 of 6 done"));
    }

    /// Words shared from another program open in the composer, also when the login comes first.
    async fn shared_words_survive_the_login(app) {
        let owner = app.owner().await;
        let shared = format!("/posts/new?title=A+title&url=https%3A%2F%2Fexample.org%2Fa&text={}", "w".repeat(3_000));
        let page = owner.browser.get(&shared).await.expect(200).page();
        assert!(page.contains("A title\n") && page.contains("https://example.org/a"));
        let to = app.visitor().get(&shared).await.expect(303).header("location").to_owned();
        let next = url::form_urlencoded::parse(to.split_once('?').unwrap().1.as_bytes()).find(|(name, _)| name == "next").unwrap().1.into_owned();
        assert_eq!(next, shared);
        let back = owner.browser.get(&to).await.expect(303);
        assert_eq!(back.header("location"), shared);
    }
}
