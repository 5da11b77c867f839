//! The list: by month of the organisation's zone and by state.

use chrono::{Datelike as _, Months, TimeDelta, Utc};

use super::*;
use crate::both_databases;

fn month_of(at: DateTime<Utc>) -> String {
    at.with_timezone(&chrono_tz::Tz::Europe__Berlin).format("%Y-%m").to_string()
}

both_databases! {
    /// The first minute of a month in the organisation's zone belongs to that month, also when it is another one in UTC.
    async fn months_are_those_of_the_organisations_zone(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let year = Utc::now().year() + 1;
        // Midnight in Berlin, in winter.
        let first = instant(&format!("{}-12-31T23:00:00Z", year - 1));
        saved(&app, &owner, When::At(first), vec![entry(ann, &["new year"])]).await;
        saved(&app, &owner, When::At(first - TimeDelta::minutes(1)), vec![entry(ann, &["old year"])]).await;
        let january = owner.browser.get(&format!("/posts?month={year}-01")).await.expect(200).page();
        assert!(january.contains("new year") && !january.contains("old year") && january.contains("00:00"));
        assert!(january.contains(&format!("January {year}")) && january.contains("Europe/Berlin"));
        let december = owner.browser.get(&format!("/posts?month={}-12", year - 1)).await.page();
        assert!(december.contains("old year") && december.contains("23:59") && !december.contains("new year"));
        for odd in ["/posts?month=2026-13", "/posts?month=x&state=y&page=-3", "/posts?page=99", "/posts?month=999999-01"] {
            owner.browser.get(odd).await.expect(200);
        }
    }

    /// Each state is found under its filter, counted there, and nothing of others is seen.
    async fn states_are_filtered_and_counted(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let ann = channel(&app, owner.org, "Ann").await;
        let eve = channel(&app, other.org, "Eve").await;
        let at = app.app.clock.now() + TimeDelta::seconds(1);
        let month = month_of(at);
        saved(&app, &other, When::At(at), vec![entry(eve, &["not mine"])]).await;
        for (text, state) in [
            ("is planned", "scheduled"), ("is held", "held"), ("has failed", "failed"), ("went out", "published"), ("half out", "published_incomplete"),
            ("look please", "needs_you"), ("was withdrawn", "cancelled"),
        ] {
            let post = saved(&app, &owner, When::At(at), vec![entry(ann, &[text])]).await;
            let mut tx = app.app.db.begin().await.unwrap();
            q("UPDATE targets SET state = $2 WHERE id = $1").bind(post.targets[0].0).bind(state).exec(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
        }
        let texts = ["is planned", "is held", "has failed", "went out", "half out", "look please", "was withdrawn"];
        for (filter, shown) in [
            ("", &texts[..]), ("scheduled", &texts[..1]), ("needs_you", &["is held", "look please"]), ("published", &["went out"]),
            ("failed", &["has failed", "half out"]), ("cancelled", &["was withdrawn"]), ("draft", &[]),
        ] {
            let page = owner.browser.get(&format!("/posts?month={month}&state={filter}")).await.expect(200).page();
            for text in texts {
                assert_eq!(page.contains(text), shown.contains(&text), "{filter}: {text}");
            }
            assert!(!page.contains("not mine"));
        }
        let page = owner.browser.get(&format!("/posts?month={month}")).await.page();
        for count in ["All<span class=\"count\">7<", "Scheduled<span class=\"count\">1<", "Needs you<span class=\"count\">2<", "Failed<span class=\"count\">2<"] {
            assert!(page.contains(count), "{count}");
        }
    }

    /// What waits for a person is shown whatever its month; a quiet month is not an empty instance.
    async fn what_needs_a_person_is_never_hidden_by_the_month(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let post = saved(&app, &owner, When::Now, vec![entry(ann, &["long ago"])]).await;
        let mut tx = app.app.db.begin().await.unwrap();
        q("UPDATE targets SET state = 'needs_you', due_at = $2 WHERE id = $1")
            .bind(post.targets[0].0).bind(app.app.clock.now() - Months::new(3)).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let waiting = owner.browser.get("/posts?state=needs_you").await.page();
        assert!(waiting.contains("long ago") && waiting.contains("Needs you<span class=\"count\">1<"));
        let page = owner.browser.get("/posts").await.page();
        assert!(!page.contains("long ago") && page.contains("There are posts in other months"));
    }

    /// One line per post and day: its channels together, its picture, its drafts without a date at the end.
    async fn a_post_is_one_line_with_its_channels(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await);
        let media = picture(&app, &owner).await;
        let at = app.app.clock.now() + TimeDelta::seconds(1);
        let one = with_media(entry(ann, &["<p>Two <b>channels</b> &amp; more</p>", "and a second part"]), media, "");
        let two = Entry { channel: ben, ..one.clone() };
        saved(&app, &owner, When::At(at), vec![one, two]).await;
        saved(&app, &owner, When::Draft(None), vec![entry(ann, &["without a date"])]).await;
        let page = owner.browser.get(&format!("/posts?month={}", month_of(at))).await.page();
        assert_eq!(page.matches("Two channels &amp; more").count(), 1);
        assert!(page.contains("2 parts") && page.contains("title=\"Ann\"") && page.contains("title=\"Ben\"") && page.contains("post-thumb"));
        let list = owner.browser.get("/posts").await.page();
        assert!(list.find("No date yet").unwrap() < list.find("without a date").unwrap());
    }
}
