//! `listPosts`: both forms of the query, and what clients are told of each state.

use rostrum::{db::q, kit::TargetId};
use serde_json::json;

use super::{all, body, channel, in_hours, one, posted};
use crate::both_databases;

both_databases! {
    /// Each state is one of four words; what went wrong says first whether the post may be live.
    async fn states_are_postiz_s_words(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        let post = posted(&owner.api, &body("schedule", &in_hours(&app, 2), id, &["Hello"])).await;
        let target: TargetId = post.parse().unwrap();
        for (state, word, error) in [
            ("draft", "DRAFT", None),
            ("scheduled", "QUEUE", None),
            ("held", "QUEUE", None),
            ("sending", "QUEUE", None),
            ("published", "PUBLISHED", None),
            ("published_incomplete", "PUBLISHED", Some("Its beginning is live")),
            ("failed", "ERROR", Some("It is not live.")),
            ("missed", "ERROR", Some("It is not live:")),
            ("needs_you", "ERROR", Some("It may be live:")),
        ] {
            let mut tx = app.app.db.begin().await.unwrap();
            q("UPDATE targets SET state = $2 WHERE id = $1").bind(target).bind(state).exec(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
            let listed = one(&app, &owner, &post).await.unwrap();
            assert_eq!(listed["state"], word, "{state}");
            assert_eq!(listed["error"].is_null(), error.is_none(), "{state}");
            assert!(listed["error"].as_str().unwrap_or_default().starts_with(error.unwrap_or_default()), "{listed}");
        }
        let mut tx = app.app.db.begin().await.unwrap();
        q("UPDATE targets SET state = 'failed' WHERE id = $1").bind(target).exec(&mut tx).await.unwrap();
        q("UPDATE parts SET state = 'failed', failure = $2 WHERE target_id = $1")
            .bind(target)
            .bind(serde_json::to_value(rostrum::error::Failure::rejected("Too rude.")).unwrap())
            .exec(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(one(&app, &owner, &post).await.unwrap()["error"], "It is not live. Too rude.");
        let mut tx = app.app.db.begin().await.unwrap();
        q("UPDATE targets SET state = 'cancelled' WHERE id = $1").bind(target).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert!(all(&app, &owner).await.is_empty());
    }

    /// Dates are inclusive; a zone, no zone and a bare day are all read.
    async fn posts_are_listed_between_dates(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        for (date, text) in [("2029-05-07T10:00:00Z", "Monday"), ("2029-05-08T10:00:00Z", "Tuesday"), ("2029-05-13T10:00:00Z", "Sunday")] {
            posted(&owner.api, &body("schedule", date, id, &[text])).await;
        }
        for (query, expected) in [
            ("startDate=2029-05-07T10:00:00.000Z&endDate=2029-05-08T10:00:00.000Z", "Monday Tuesday"),
            ("startDate=2029-05-07T12:00:01%2B02:00&endDate=2029-05-13", "Tuesday"),
            ("startDate=2029-05-07&endDate=2029-05-14&customer=", "Monday Tuesday Sunday"),
            ("startDate=2029-05-07&endDate=2029-05-14&customer=c1", ""),
            ("display=day&day=2&week=19&month=5&year=2029", "Tuesday"),
            ("display=day&day=0&week=19&year=2029", "Monday Tuesday Sunday"),
            ("display=week&day=0&week=19&month=1&year=2029", "Monday Tuesday Sunday"),
            ("display=week&week=20&year=2029", ""),
            ("display=month&day=1&week=1&month=5&year=2029", "Monday Tuesday Sunday"),
            ("display=month&month=6&year=2029", ""),
        ] {
            let list = owner.api.get(&format!("/public/v1/posts?{query}")).await.expect(200).json();
            let texts: Vec<&str> = list["posts"].as_array().unwrap().iter().map(|p| p["content"].as_str().unwrap()).collect();
            assert_eq!(texts.join(" ").replace("<p>", "").replace("</p>", ""), expected, "{query}");
        }
    }

    /// Every wrong parameter is named.
    async fn a_wrong_query_is_refused_by_name(app) {
        let owner = app.owner().await;
        for (query, fields) in [
            ("", vec!["startDate", "endDate"]),
            ("?startDate=2029-01-01", vec!["endDate"]),
            ("?startDate=yesterday&endDate=%00", vec!["startDate", "endDate"]),
            ("?startDate=-262143-01-01T00:00:00Z&endDate=%2B262142-12-31T23:59:59Z", vec!["startDate", "endDate"]),
            ("?display=month", vec!["year", "month"]),
            ("?display=month&month=13&year=1999", vec!["year", "month"]),
            ("?display=day&day=7&week=99&year=2029", vec!["week", "day"]),
            ("?display=year&year=2029", vec!["display"]),
            ("?display=week&week=x&year=2029", vec!["week"]),
            ("?display=week&week=99999999999999999999&year=2029", vec!["week"]),
        ] {
            let answer = owner.api.get(&format!("/public/v1/posts{query}")).await.expect(400).json();
            let named: Vec<&str> =
                answer["message"].as_array().unwrap().iter().map(|m| m.as_str().unwrap().split(':').next().unwrap()).collect();
            assert_eq!(named, fields, "{query}");
            assert_eq!((&answer["error"], &answer["statusCode"]), (&json!("Bad Request"), &json!(400)));
        }
    }
}
