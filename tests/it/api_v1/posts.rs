//! `createPost`, `getPost`, `updatePost`, `deletePost`, and what can be done with targets: `getTarget`, `cancelTarget`,
//! `restoreTarget`, `retryTarget`, `publishTarget`, `resolvePart`, `listParts`, `getTimeline`. `takeDownTarget` and
//! `leaveTargetLive` are in `delivery/takedown.rs`.

use rostrum::{db::q, kit::TargetId};
use serde_json::{Value as Json, json};

use super::{body, call, code, made, named, robot};
use crate::{both_databases, public_api::channel, support::TestApp};

async fn set_state(app: &TestApp, target: &str, state: &'static str, part: &'static str) {
    let target: TargetId = target.parse().unwrap();
    let mut tx = app.app.db.begin().await.unwrap();
    q("UPDATE targets SET state = $2, due_at = COALESCE(due_at, $3) WHERE id = $1")
        .bind(target)
        .bind(state)
        .bind(app.app.clock.now())
        .exec(&mut tx)
        .await
        .unwrap();
    q("UPDATE parts SET state = $2, next_at = NULL WHERE target_id = $1").bind(target).bind(part).exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

both_databases! {
    /// A thread for two channels, one with a text of its own; read back as it was answered; saved again; deleted.
    async fn a_post_is_made_read_changed_and_deleted(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let (a, b) = (channel(&app, owner.org, "A").await, channel(&app, owner.org, "B").await);
        let mut wanted = body(&app, 2, a, &["Hello", "and more"]);
        wanted["zone"] = json!("Asia/Kolkata");
        wanted["entries"].as_array_mut().unwrap().push(json!({"channel": b.to_string(), "parts": [{"content": "<p>For B</p>"}]}));
        let answer = robot.post_json("/api/v1/posts", &wanted).await.expect(201);
        let (post, etag) = (answer.json(), answer.header("etag").to_owned());
        assert!(etag.starts_with("\"1."), "{etag}");
        assert_eq!((&post["version"], &post["source"], &post["author"]), (&json!(1), &json!("api"), &json!(owner.user.to_string())));
        let first = &post["targets"][0];
        assert_eq!((&first["state"], &first["zone"], &first["due_at"]), (&json!("scheduled"), &json!("Asia/Kolkata"), &wanted["due_at"]));
        assert_eq!((&first["parts"][1]["content"], &first["channel"]["name"]), (&json!("<p>and more</p>"), &json!("A")));
        assert_eq!(post["targets"][1]["parts"][0]["content"], "<p>For B</p>");
        let path = format!("/api/v1/posts/{}", post["id"].as_str().unwrap());
        let read = robot.get(&path).await.expect(200);
        assert_eq!((read.json(), read.header("etag")), (post.clone(), etag.as_str()));

        let kept = json!({"when": "draft", "entries": [{"channel": a.to_string(), "target": first["id"],
            "parts": [{"id": first["parts"][0]["id"], "content": "Changed"}]}]});
        let changed = call(&robot, "put", &path[7..], &[("if-match", &etag)], kept).await.expect(200).json();
        assert_eq!((&changed["version"], changed["targets"][0]["state"].as_str()), (&json!(2), Some("draft")));
        assert_eq!(changed["targets"][0]["parts"][0]["id"], first["parts"][0]["id"]);
        assert_eq!(changed["targets"][1]["state"], "cancelled");
        let gone = call(&robot, "delete", &path[7..], &[], Json::Null).await.expect(200).json();
        assert_eq!(gone, json!({"id": post["id"], "deleted": true}));
        robot.get(&path).await.expect(404);
        call(&robot, "delete", &path[7..], &[], Json::Null).await.expect(404);
    }

    /// A draft without a channel keeps its text; one with neither is refused.
    async fn a_draft_needs_no_channel(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let post = made(&robot, &json!({"when": "draft", "parts": [{"content": "Later"}]})).await;
        assert_eq!((&post["parts"][0]["content"], &post["targets"]), (&json!("<p>Later</p>"), &json!([])));
        let listed = robot.get("/api/v1/posts").await.expect(200).json();
        assert_eq!(listed["data"], json!([post]));
        let refused = robot.post_json("/api/v1/posts", &json!({"when": "draft"})).await.expect(422);
        assert_eq!((code(&refused).as_str(), named(&refused)), ("invalid", vec!["parts".to_owned()]));
    }

    /// Everything wrong is named by its path, with a code.
    async fn wrong_fields_are_named(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let id = channel(&app, owner.org, "A").await.to_string();
        let nobody = "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a90";
        let long = "x".repeat(100_000);
        for (body, fields) in [
            (json!([]), vec!["body"]),
            (json!({"when": "soon", "zone": "Mars", "due_at": 7}), vec!["due_at", "when", "zone"]),
            (json!({"when": "now", "entries": []}), vec!["entries"]),
            (json!({"when": "at", "due_at": "2001-01-01T00:00:00Z", "parts": [{"content": "x"}], "entries": [{"channel": id}]}), vec!["due_at"]),
            (json!({"when": "now", "parts": [{"content": "x"}], "entries": [{"channel": nobody}]}), vec!["entries[0].channel"]),
            (json!({"when": "now", "parts": [{"content": ""}], "entries": [{"channel": id}]}), vec!["parts[0].content"]),
            (json!({"when": "now", "parts": [{"content": long}], "entries": [{"channel": id}]}), vec!["parts[0].content"]),
            (json!({"when": "now", "entries": [{"channel": id, "parts": [{"content": "x"}, {"content": "y", "delay_seconds": -1}]}]}), vec!["entries[0].parts[1].delay_seconds"]),
            (json!({"when": "now", "parts": [{"content": "x", "media": [{"id": nobody}]}], "entries": [{"channel": id}]}), vec!["parts[0].media"]),
        ] {
            let refused = robot.post_json("/api/v1/posts", &body).await;
            assert!(matches!(refused.status, 400 | 422), "{body}");
            assert_eq!(named(&refused), fields, "{}", refused.text());
            assert!(refused.json()["errors"].as_array().unwrap().iter().all(|e| e["code"].is_string() && e["message"].is_string()));
        }
        let broken = robot.send(robot.request(reqwest::Method::POST, "/api/v1/posts").body("{")).await.expect(400);
        assert_eq!(code(&broken), "malformed");
        assert_eq!(robot.get("/api/v1/posts").await.json()["data"], json!([]));
    }

    /// Cancelled, restored, published, refused when there is nothing to do; each leaves its line in the timeline.
    async fn targets_are_cancelled_restored_and_published(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let id = channel(&app, owner.org, "A").await;
        let post = made(&robot, &body(&app, 2, id, &["Hello"])).await;
        let path = format!("/targets/{}", post["targets"][0]["id"].as_str().unwrap());
        let at = |tail: &str| format!("{path}{tail}");
        let refused = call(&robot, "delete", &at("/cancellation"), &[], Json::Null).await.expect(409);
        assert_eq!(code(&refused), "conflict");
        assert_eq!(call(&robot, "post", &at("/cancellation"), &[], Json::Null).await.expect(200).json()["state"], "cancelled");
        call(&robot, "post", &at("/cancellation"), &[], Json::Null).await.expect(409);
        assert_eq!(call(&robot, "delete", &at("/cancellation"), &[], Json::Null).await.expect(200).json()["state"], "scheduled");
        call(&robot, "post", &at("/retry"), &[], Json::Null).await.expect(409);
        let sent = call(&robot, "post", &at("/publication"), &[], Json::Null).await.expect(200).json();
        assert!(sent["parts"][0]["next_at"].is_string());
        let timeline = robot.get(&format!("/api/v1{}", at("/timeline"))).await.expect(200).json();
        let kinds: Vec<&str> = timeline["data"].as_array().unwrap().iter().map(|m| m["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["target.scheduled", "target.cancelled", "target.restored", "target.sent_now"]);
        let parts = robot.get(&format!("/api/v1{}", at("/parts"))).await.expect(200).json();
        assert_eq!((&parts["data"][0]["part"]["content"], &parts["data"][0]["attempts"]), (&json!("<p>Hello</p>"), &json!([])));
        set_state(&app, &path[9..], "failed", "failed").await;
        assert_eq!(call(&robot, "post", &at("/retry"), &[], Json::Null).await.expect(200).json()["state"], "scheduled");
    }

    /// A draft that could not go out is refused by its fields, and stays a draft.
    async fn a_draft_is_checked_before_it_is_published(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let id = channel(&app, owner.org, "A").await;
        let draft = json!({"when": "draft", "parts": [{"content": ""}], "entries": [{"channel": id.to_string()}]});
        let post = made(&robot, &draft).await;
        let path = format!("/targets/{}", post["targets"][0]["id"].as_str().unwrap());
        let refused = call(&robot, "post", &format!("{path}/publication"), &[], Json::Null).await.expect(422);
        assert_eq!(named(&refused), ["parts[0].content"]);
        assert_eq!(robot.get(&format!("/api/v1{path}")).await.expect(200).json()["state"], "draft");
    }

    /// Only a part that needs a person is resolved, with an answer that means something.
    async fn a_part_that_needs_you_is_resolved(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let id = channel(&app, owner.org, "A").await;
        let post = made(&robot, &body(&app, 2, id, &["Hello"])).await;
        let target = post["targets"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/targets/{target}/parts/{}/resolution", post["targets"][0]["parts"][0]["id"].as_str().unwrap());
        call(&robot, "post", &path, &[], json!({"answer": "drop"})).await.expect(409);
        set_state(&app, &target, "needs_you", "needs_you").await;
        let wrong = call(&robot, "post", &path, &[], json!({"answer": "maybe", "url": "javascript:1"})).await.expect(422);
        assert_eq!(named(&wrong), ["url", "answer"]);
        let live = json!({"answer": "live", "url": "https://example.org/1"});
        let done = call(&robot, "post", &path, &[], live).await.expect(200).json();
        assert_eq!((&done["state"], &done["url"]), (&json!("published"), &json!("https://example.org/1")));
        let parts = robot.get(&format!("/api/v1/targets/{target}/parts")).await.expect(200).json();
        assert_eq!(parts["data"][0]["remotes"], json!([{"id": "missing", "url": "https://example.org/1", "removed_at": null}]));
        let mut edit = body(&app, 3, id, &["Changed"]);
        edit["entries"][0]["target"] = json!(target);
        let late = call(&robot, "put", &format!("/posts/{}", post["id"].as_str().unwrap()), &[("if-match", "*")], edit).await.expect(409);
        assert_eq!(code(&late), "not_editable");
    }
}
