//! Keys, other organisations, methods and paths that are not there.

use reqwest::Method;
use serde_json::json;

use super::{NOBODY, all, body, channel, in_hours, posted};
use crate::{both_databases, support::Client};

/// Method, path and body of every operation, with an id of the right shape.
fn operations(id: &str) -> Vec<(Method, String, Option<serde_json::Value>)> {
    let at = |path: &str| format!("/public/v1{path}");
    vec![
        (Method::GET, at("/is-connected"), None),
        (Method::GET, at("/integrations"), None),
        (Method::GET, at(&format!("/integration-settings/{id}")), None),
        (Method::GET, at(&format!("/find-slot/{id}")), None),
        (Method::GET, at("/groups"), None),
        (Method::GET, at("/posts?startDate=2026-01-01&endDate=2026-12-31"), None),
        (Method::POST, at("/posts"), Some(body("now", "", id, &["Hello"]))),
        (Method::DELETE, at(&format!("/posts/{id}")), None),
        (Method::DELETE, at(&format!("/posts/group/{id}")), None),
        (Method::PUT, at(&format!("/posts/{id}/status")), Some(json!({"status": "draft"}))),
        (Method::GET, at(&format!("/posts/{id}/missing")), None),
        (Method::POST, at("/upload"), None),
        (Method::POST, at("/upload-from-url"), Some(json!({"url": "https://example.org/a.png"}))),
    ]
}

async fn call(client: &Client, (method, path, body): (Method, String, Option<serde_json::Value>)) -> crate::support::Answer {
    let request = client.request(method, &path);
    client.send(if let Some(body) = body { request.json(&body) } else { request }).await
}

both_databases! {
    /// Without a key, with an empty one and with a wrong one, in Postiz's exact words.
    async fn nothing_is_done_without_the_right_key(app) {
        let wrong = Client::script(app.address, &"f".repeat(64));
        for operation in operations(NOBODY) {
            let name = format!("{} {}", operation.0, operation.1);
            let missing = call(&app.visitor(), operation.clone()).await;
            assert_eq!((missing.status, missing.text().as_str()), (401, r#"{"msg":"No API Key found"}"#), "{name}");
            let empty = call(&Client::script(app.address, ""), operation.clone()).await;
            assert_eq!((empty.status, empty.text().as_str()), (401, r#"{"msg":"No API Key found"}"#), "{name}");
            let unknown = call(&wrong, operation).await;
            assert_eq!((unknown.status, unknown.text().as_str()), (401, r#"{"msg":"Invalid API key"}"#), "{name}");
        }
    }

    /// The bare key and `Bearer` open both prefixes; a session's cookie does not.
    async fn the_key_works_bare_and_as_bearer_at_both_prefixes(app) {
        let owner = app.owner().await;
        for key in [owner.api_key.clone(), format!("Bearer {}", owner.api_key), format!("bearer  {} ", owner.api_key)] {
            for path in ["/public/v1/is-connected", "/api/public/v1/is-connected"] {
                let answer = Client::script(app.address, &key).get(path).await.expect(200);
                assert_eq!(answer.text(), r#"{"connected":true}"#);
                assert!(answer.header("content-type").starts_with("application/json"));
            }
        }
        owner.browser.get("/public/v1/is-connected").await.expect(401);
        Client::script(app.address, &format!("Basic {}", owner.api_key)).get("/public/v1/is-connected").await.expect(401);
    }

    /// What belongs to another organisation is not there.
    async fn ids_of_another_organisation_are_unknown(app) {
        let (ann, bob) = (app.owner().await, app.owner().await);
        let anns = channel(&app, ann.org, "Ann").await;
        let post = posted(&ann.api, &body("schedule", &in_hours(&app, 2), anns, &["Mine", "and more"])).await;
        for path in [format!("/integration-settings/{anns}"), format!("/find-slot/{anns}"), format!("/posts/{post}/missing")] {
            bob.api.get(&format!("/public/v1{path}")).await.expect(404);
        }
        bob.api.delete(&format!("/public/v1/posts/{post}")).await.expect(404);
        bob.api.delete(&format!("/public/v1/posts/group/{post}")).await.expect(404);
        bob.api.put_json(&format!("/public/v1/posts/{post}/status"), &json!({"status": "draft"})).await.expect(404);
        let to_anns = bob.api.post_json("/public/v1/posts", &body("now", "", anns, &["Hello"])).await.expect(400);
        assert!(to_anns.text().contains("posts[0].integration.id"), "{}", to_anns.text());
        assert_eq!(bob.api.get("/public/v1/integrations").await.expect(200).text(), "[]");
        assert!(all(&app, &bob).await.is_empty());
        // Her post's id means nothing in a request of his: it becomes a new post.
        let bobs = channel(&app, bob.org, "Bob").await;
        let mut edit = body("schedule", &in_hours(&app, 3), bobs, &["Taken over"]);
        edit["posts"][0]["value"][0]["id"] = json!(post);
        assert_ne!(posted(&bob.api, &edit).await, post);
        assert_eq!(all(&app, &ann).await[0]["content"], "<p>Mine</p>");
    }

    /// 404 and 405 in the envelope, the latter with what is allowed.
    async fn unknown_paths_and_methods_are_told_apart(app) {
        let owner = app.owner().await;
        for path in ["/public/v1/nothing", "/public/v1", "/public/v1/", "/api/public/v1/posts/a/b/c", "/public/v1/analytics/1"] {
            let answer = owner.api.get(path).await.expect(404);
            assert_eq!(answer.json()["statusCode"], 404, "{path}");
        }
        for (method, path, allow) in [
            (Method::PATCH, "/posts", "GET, POST"),
            (Method::DELETE, "/posts", "GET, POST"),
            (Method::POST, "/is-connected", "GET"),
            (Method::GET, "/upload", "POST"),
            (Method::GET, "/posts/1", "DELETE"),
            (Method::PUT, "/integrations", "GET"),
        ] {
            let answer = owner.api.send(owner.api.request(method.clone(), &format!("/public/v1{path}"))).await.expect(405);
            assert_eq!(answer.json()["statusCode"], 405, "{method} {path}");
            assert_eq!(answer.header("allow"), allow, "{method} {path}");
        }
    }
}
