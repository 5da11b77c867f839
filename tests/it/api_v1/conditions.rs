//! `ETag`, `If-Match`, `If-None-Match`.

use rostrum::{db::q, kit::TargetId};
use serde_json::{Value as Json, json};

use super::{body, call, code, made, robot};
use crate::{both_databases, public_api::channel};

both_databases! {
    /// A post is changed only by who has read its newest version; that it went out meanwhile is no other version.
    async fn nobody_s_change_of_a_post_is_lost(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let id = channel(&app, owner.org, "A").await;
        let answer = robot.post_json("/api/v1/posts", &body(&app, 2, id, &["One"])).await.expect(201);
        let (post, first) = (answer.json(), answer.header("etag").to_owned());
        let path = format!("/posts/{}", post["id"].as_str().unwrap());
        let edit = |text: &str| {
            let mut edit = body(&app, 3, id, &[text]);
            edit["entries"][0]["target"] = post["targets"][0]["id"].clone();
            edit
        };
        let missing = call(&robot, "put", &path, &[], edit("Two")).await.expect(428);
        assert_eq!(code(&missing), "precondition_required");
        let second = call(&robot, "put", &path, &[("if-match", &first)], edit("Two")).await.expect(200);
        for stale in [first.as_str(), "\"x\"", "\"1\"", "W/\"2.aa\""] {
            let refused = call(&robot, "put", &path, &[("if-match", stale)], edit("Three")).await.expect(412);
            assert_eq!(code(&refused), "version_changed", "{stale}");
        }
        let refused = call(&robot, "delete", &path, &[("if-match", &first)], Json::Null).await.expect(412);
        assert_eq!(code(&refused), "version_changed");
        let read = robot.get(&format!("/api/v1{path}")).await.expect(200);
        assert_eq!(read.header("etag"), second.header("etag"));
        let target: TargetId = post["targets"][0]["id"].as_str().unwrap().parse().unwrap();
        let mut tx = app.app.db.begin().await.unwrap();
        q("UPDATE targets SET state = 'failed' WHERE id = $1").bind(target).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_ne!(robot.get(&format!("/api/v1{path}")).await.header("etag"), second.header("etag"));
        call(&robot, "put", &path, &[("if-match", second.header("etag"))], edit("Three")).await.expect(200);
        call(&robot, "delete", &path, &[("if-match", "*")], Json::Null).await.expect(200);
    }

    /// Two at once with the same version: one saves, the other is told.
    async fn of_two_changes_at_once_one_is_told(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let id = channel(&app, owner.org, "A").await;
        let answer = robot.post_json("/api/v1/posts", &body(&app, 2, id, &["One"])).await.expect(201);
        let (post, etag) = (answer.json(), answer.header("etag").to_owned());
        let path = format!("/posts/{}", post["id"].as_str().unwrap());
        let mut edit = body(&app, 3, id, &["Two"]);
        edit["entries"][0]["target"] = post["targets"][0]["id"].clone();
        let headers = [("if-match", etag.as_str())];
        let all = (0..6).map(|_| call(&robot, "put", &path, &headers, edit.clone()));
        let answers = futures_util::future::join_all(all).await;
        let mut statuses: Vec<u16> = answers.iter().map(|a| a.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412, 412, 412]);
    }

    /// Targets and channels are acted on only as they were read, when the caller says how that was.
    async fn what_changed_since_is_not_acted_on(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let id = channel(&app, owner.org, "A").await;
        let post = made(&robot, &body(&app, 2, id, &["One"])).await;
        let target = format!("/targets/{}", post["targets"][0]["id"].as_str().unwrap());
        for (path, act) in [(target, "cancellation"), (format!("/channels/{id}"), "pause")] {
            let etag = robot.get(&format!("/api/v1{path}")).await.expect(200).header("etag").to_owned();
            let act = format!("{path}/{act}");
            let refused = call(&robot, "post", &act, &[("if-match", "\"0000\"")], Json::Null).await.expect(412);
            assert_eq!(code(&refused), "version_changed");
            let done = call(&robot, "post", &act, &[("if-match", &etag)], Json::Null).await.expect(200);
            call(&robot, "delete", &act, &[("if-match", &etag)], Json::Null).await.expect(412);
            call(&robot, "delete", &act, &[("if-match", done.header("etag"))], Json::Null).await.expect(200);
        }
    }

    /// What the caller has already is not sent again: 304 without a body, also for lists.
    async fn what_is_known_is_not_sent_again(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let id = channel(&app, owner.org, "A").await;
        let post = made(&robot, &body(&app, 2, id, &["One"])).await;
        for path in [format!("/posts/{}", post["id"].as_str().unwrap()), format!("/channels/{id}"), "/posts".into(), "/targets".into()] {
            let etag = robot.get(&format!("/api/v1{path}")).await.expect(200).header("etag").to_owned();
            let known = call(&robot, "get", &path, &[("if-none-match", &etag)], Json::Null).await.expect(304);
            assert_eq!((known.body.len(), known.header("etag")), (0, etag.as_str()), "{path}");
            call(&robot, "get", &path, &[("if-none-match", "\"other\"")], Json::Null).await.expect(200);
        }
        let list = robot.get("/api/v1/posts").await.json();
        assert_eq!(list["next_cursor"], json!(null));
    }
}
