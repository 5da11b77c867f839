//! `inter`: posts that go out again after so many days.

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::both_databases;

fn date(post: &Json) -> DateTime<Utc> {
    post["publishDate"].as_str().unwrap().parse().unwrap()
}

both_databases! {
    /// Each occurrence is a post of its own; those that are not planned yet are copies, as Postiz shows them.
    async fn an_interval_makes_a_post_of_each_occurrence(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        let mut new = body("schedule", &in_hours(&app, 2), id, &["Weekly"]);
        new["inter"] = json!(7);
        let first = posted(&owner.api, &new).await;
        let all = all(&app, &owner).await;
        let (planned, drawn): (Vec<&Json>, Vec<&Json>) = all.iter().partition(|post| post.get("actualDate").is_none());
        assert_eq!((planned.len(), planned[0]["id"].as_str()), (9, Some(first.as_str())));
        assert!(all.iter().all(|post| post["intervalInDays"] == 7 && post["state"] == "QUEUE"), "{all:?}");
        let zone: chrono_tz::Tz = "Europe/Berlin".parse().unwrap();
        let days: Vec<_> = all.iter().map(|post| date(post).with_timezone(&zone).naive_local()).collect();
        assert!(days.windows(2).all(|two| two[1] - two[0] == TimeDelta::days(7)), "{days:?}");
        assert!(drawn.len() > 40, "{}", drawn.len());
        assert_eq!((&drawn[0]["id"], &drawn[0]["actualDate"]), (&planned[8]["id"], &planned[8]["publishDate"]));
    }

    /// An edit without an interval changes one, with one all that follow; a deletion ends it.
    async fn one_or_all_are_changed_and_a_deletion_ends_it(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        let mut new = body("schedule", &in_hours(&app, 2), id, &["Weekly"]);
        new["inter"] = json!(7);
        posted(&owner.api, &new).await;
        let before = all(&app, &owner).await;
        let edit = |n: usize, text: &str, inter: Option<i64>| {
            let mut edit = body("update", before[n]["publishDate"].as_str().unwrap(), id, &[text]);
            edit["posts"][0]["value"][0]["id"] = before[n]["id"].clone();
            edit["inter"] = json!(inter);
            edit
        };
        posted(&owner.api, &edit(2, "alone", None)).await;
        posted(&owner.api, &edit(0, "all", Some(14))).await;
        let after = all(&app, &owner).await;
        let told: Vec<&str> = after.iter().take(4).map(|post| post["content"].as_str().unwrap()).collect();
        assert_eq!(told, ["<p>all</p>", "<p>alone</p>", "<p>all</p>", "<p>all</p>"]);
        assert_eq!(after[2]["id"], before[4]["id"], "those that stay keep their ids");
        owner.api.delete(&format!("/public/v1/posts/{}", before[4]["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(all(&app, &owner).await.len(), 2);
        app.owner().await.api.delete(&format!("/public/v1/posts/{}", before[0]["id"].as_str().unwrap())).await.expect(404);
        owner.api.delete(&format!("/public/v1/posts/{}", before[0]["id"].as_str().unwrap())).await.expect(200);
        assert!(all(&app, &owner).await.is_empty());
    }

    /// Postiz took negative and fractional numbers, and its list never ended.
    async fn only_whole_days_are_an_interval(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        for inter in [json!(-1), json!(0.5), json!(367), json!(1e300), json!("7")] {
            let mut new = body("schedule", &in_hours(&app, 2), id, &["x"]);
            new["inter"] = inter.clone();
            let answer = owner.api.post_json("/public/v1/posts", &new).await.expect(400);
            assert!(answer.text().contains("inter"), "{inter}: {}", answer.text());
        }
        let mut once = body("schedule", &in_hours(&app, 2), id, &["x"]);
        once["inter"] = json!(0);
        posted(&owner.api, &once).await;
        let all = all(&app, &owner).await;
        assert_eq!((all.len(), &all[0]["intervalInDays"]), (1, &Json::Null));
    }
}
