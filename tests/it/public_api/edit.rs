//! Editing in place, `changePostStatus`, `deletePost`, `deletePostGroup`.

use rostrum::db::q;
use serde_json::{Value as Json, json};

use super::{NOBODY, all, body, channel, in_hours, one, posted};
use crate::{both_databases, support::TestApp};

async fn set_state(app: &TestApp, id: &str, state: &str, part: &str) {
    let id: rostrum::kit::TargetId = id.parse().unwrap();
    let mut tx = app.app.db.begin().await.unwrap();
    q("UPDATE targets SET state = $2 WHERE id = $1").bind(id).bind(state).exec(&mut tx).await.unwrap();
    q("UPDATE parts SET state = $2 WHERE target_id = $1").bind(id).bind(part).exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

fn editing(mut body: Json, id: &str) -> Json {
    body["posts"][0]["value"][0]["id"] = json!(id);
    body
}

both_databases! {
    /// A known id edits that post and leaves its siblings alone; the items keep their ids.
    async fn a_known_id_edits_in_place(app) {
        let owner = app.owner().await;
        let (first, second) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Bob").await);
        let mut request = body("schedule", &in_hours(&app, 2), first, &["One", "two"]);
        request["posts"].as_array_mut().unwrap().push(json!({"integration": {"id": second.to_string()}, "value": [{"content": "Bob's"}]}));
        let created = owner.api.post_json("/public/v1/posts", &request).await.expect(201).json();
        let post = created[0]["postId"].as_str().unwrap();
        let parts = async || -> Vec<(rostrum::kit::PartId, String)> {
            let id: rostrum::kit::TargetId = post.parse().unwrap();
            q("SELECT id, content FROM parts WHERE target_id = $1 ORDER BY position").bind(id).all(&app.app.db).await.unwrap()
        };
        let before = parts().await;
        let mut edit = editing(body("schedule", &in_hours(&app, 4), first, &["Uno", "dos", "tres"]), post);
        edit["posts"][0]["value"][1]["id"] = json!(before[1].0.to_string());
        edit["posts"][0]["value"][2]["id"] = json!("unknown");
        assert_eq!(posted(&owner.api, &edit).await, post);
        let after = parts().await;
        assert_eq!(after.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["<p>Uno</p>", "<p>dos</p>", "<p>tres</p>"]);
        assert_eq!((after[0].0, after[1].0), (before[0].0, before[1].0));
        let listed = all(&app, &owner).await;
        assert_eq!(listed.len(), 2);
        assert_eq!(one(&app, &owner, post).await.unwrap()["publishDate"], in_hours(&app, 4));
        assert!(listed.iter().any(|p| p["content"] == "<p>Bob&#39;s</p>" && p["state"] == "QUEUE"));
        // A post belongs to its channel.
        let moved = editing(body("schedule", &in_hours(&app, 4), second, &["Moved"]), post);
        let answer = owner.api.post_json("/public/v1/posts", &moved).await.expect(400);
        assert!(answer.text().contains("posts[0].integration.id"), "{}", answer.text());
    }

    /// `update` keeps a draft a draft and a time that is not given; it makes nothing new.
    async fn an_update_changes_only_what_it_says(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        let draft = posted(&owner.api, &body("draft", &in_hours(&app, 2), id, &["Draft"])).await;
        let queued = posted(&owner.api, &body("schedule", &in_hours(&app, 3), id, &["Queued"])).await;
        for (post, state, hours) in [(&draft, "DRAFT", 2), (&queued, "QUEUE", 3)] {
            let mut update = editing(body("update", "", id, &["Changed"]), post);
            assert_eq!(posted(&owner.api, &update).await, *post);
            let listed = one(&app, &owner, post).await.unwrap();
            assert_eq!((&listed["state"], &listed["publishDate"]), (&json!(state), &json!(in_hours(&app, hours))));
            assert_eq!(listed["content"], "<p>Changed</p>");
            update["date"] = json!(in_hours(&app, 8));
            posted(&owner.api, &update).await;
            assert_eq!(one(&app, &owner, post).await.unwrap()["publishDate"], in_hours(&app, 8));
        }
        let nothing = owner.api.post_json("/public/v1/posts", &editing(body("update", "", id, &["x"]), NOBODY)).await.expect(400);
        assert!(nothing.text().contains("posts[0].value[0].id"), "{}", nothing.text());
        let mut two = editing(body("update", "", id, &["a"]), &draft);
        let other = editing(body("update", "", id, &["b"]), &queued)["posts"][0].clone();
        two["posts"].as_array_mut().unwrap().push(other);
        let answer = owner.api.post_json("/public/v1/posts", &two).await.expect(400);
        assert!(answer.text().contains("posts[1].value[0].id"), "{}", answer.text());
    }

    /// What has begun to go out cannot be changed.
    async fn what_is_live_is_not_edited(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        let post = posted(&owner.api, &body("schedule", &in_hours(&app, 2), id, &["Hello"])).await;
        set_state(&app, &post, "published", "published").await;
        let edit = editing(body("schedule", &in_hours(&app, 2), id, &["Changed"]), &post);
        assert_eq!(owner.api.post_json("/public/v1/posts", &edit).await.expect(409).json()["statusCode"], 409);
        owner.api.put_json(&format!("/public/v1/posts/{post}/status"), &json!({"status": "draft"})).await.expect(409);
    }

    /// Draft and back, checked like any post before it may go out.
    async fn the_status_changes_between_draft_and_schedule(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        let post = posted(&owner.api, &body("schedule", &in_hours(&app, 2), id, &["Hello", "more"])).await;
        let path = format!("/public/v1/posts/{post}/status");
        for (status, state) in [("draft", "DRAFT"), ("draft", "DRAFT"), ("schedule", "QUEUE"), ("schedule", "QUEUE")] {
            let answer = owner.api.put_json(&path, &json!({"status": status})).await.expect(200).json();
            assert_eq!(answer, json!({"id": post, "state": state}));
            let listed = one(&app, &owner, &post).await.unwrap();
            assert_eq!((&listed["state"], &listed["publishDate"]), (&json!(state), &json!(in_hours(&app, 2))));
        }
        let bad = owner.api.put_json(&path, &json!({"status": "published"})).await.expect(400).json();
        assert!(bad["message"][0].as_str().unwrap().starts_with("status: "), "{bad}");
        owner.api.put_json(&path, &json!({})).await.expect(400);
        let long = posted(&owner.api, &body("draft", &in_hours(&app, 2), id, &[&"x".repeat(501)])).await;
        let answer = owner.api.put_json(&format!("/public/v1/posts/{long}/status"), &json!({"status": "schedule"})).await;
        let answer = answer.expect(400).json();
        assert!(answer["message"].as_str().unwrap().starts_with("value[0].content: "), "{answer}");
        let undated = posted(&owner.api, &body("draft", "", id, &["Some day"])).await;
        let answer = owner.api.put_json(&format!("/public/v1/posts/{undated}/status"), &json!({"status": "schedule"})).await;
        assert!(answer.expect(400).text().contains("date: "));
        owner.api.put_json(&format!("/public/v1/posts/{NOBODY}/status"), &json!({"status": "draft"})).await.expect(404);
    }

    /// By its id, by that of an item, by its group; unknown ids are 404 and not 500.
    async fn posts_are_deleted_by_any_of_their_ids(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        let make = async || posted(&owner.api, &body("schedule", &in_hours(&app, 2), id, &["Hello", "more"])).await;
        let post = make().await;
        let answer = owner.api.delete(&format!("/public/v1/posts/{post}")).await.expect(200);
        assert_eq!(answer.json(), json!({"id": post}));
        owner.api.delete(&format!("/public/v1/posts/{post}")).await.expect(404);
        let post = make().await;
        assert_eq!(owner.api.delete(&format!("/public/v1/posts/group/{post}")).await.expect(200).json(), json!({"id": post}));
        let post = make().await;
        let parts: Vec<(rostrum::kit::PartId,)> =
            q("SELECT id FROM parts WHERE target_id = $1 AND position = 1").bind(post.parse::<rostrum::kit::TargetId>().unwrap())
                .all(&app.app.db).await.unwrap();
        assert_eq!(owner.api.delete(&format!("/public/v1/posts/{}", parts[0].0)).await.expect(200).json(), json!({"id": post}));
        assert!(all(&app, &owner).await.is_empty());
        for unknown in [NOBODY, "cl9ebqhxk00003b600tymydho", "%00", "%ff", "🙂", " "] {
            owner.api.delete(&format!("/public/v1/posts/{unknown}")).await.expect(404);
            owner.api.delete(&format!("/public/v1/posts/group/{unknown}")).await.expect(404);
        }
    }
}
