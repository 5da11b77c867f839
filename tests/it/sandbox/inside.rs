//! The platform inside an instance: its wall for those who are signed in, its API for the instance itself.

use std::collections::BTreeMap;

use reqwest::Method;
use rostrum::providers::Account;
use serde_json::json;

use super::doubles::connect;
use crate::{
    both_databases,
    support::{Answer, TestApp},
};

/// An account as the provider opens it.
async fn account(app: &TestApp, handle: &str) -> Account {
    let hosts = BTreeMap::from([("web".to_owned(), format!("http://{}/sandbox", app.address))]);
    connect(&app.app.http, &hosts, &[("handle", handle)]).await.unwrap()
}

async fn post(app: &TestApp, account: &Account, body: &serde_json::Value) -> Answer {
    let visitor = app.visitor();
    let request = visitor.request(Method::POST, "/sandbox/api/posts").bearer_auth(account.credentials["token"].as_str().unwrap());
    visitor.send(request.json(body)).await
}

both_databases! {
    /// The wall shows what was published, and shows it as text.
    async fn the_wall_shows_posts_and_their_answers_escaped(app) {
        let owner = app.owner().await;
        let ann = account(&app, "ann").await;
        assert_eq!(ann.url.as_deref(), Some(app.app.link("/sandbox/@ann").as_str()));
        assert_eq!(ann.credentials["server"], "");
        let text = "<script>alert(1)</script> & more";
        let root = post(&app, &ann, &json!({"text": text, "visibility": "followers"})).await.expect(201).json();
        post(&app, &ann, &json!({"text": "An answer", "reply_to": root["id"]})).await.expect(201);
        let wall = owner.browser.get("/sandbox").await.expect(200).text();
        assert!(wall.contains("&lt;script&gt;alert(1)&lt;&#x2f;script&gt; &amp; more"), "{wall}");
        assert!(!wall.contains("<script>alert"));
        assert!(wall.contains("An answer") && wall.contains("Followers only") && wall.contains("2 posts"));
        assert!(wall.contains(&format!("id=\"{}\"", root["id"].as_str().unwrap())));
        assert!(owner.browser.get("/sandbox/@ann").await.expect(200).text().contains("An answer"));
        let other = owner.browser.get("/sandbox/@ben").await.expect(200).text();
        assert!(!other.contains("An answer") && other.contains("The wall is empty"));
        owner.browser.get("/sandbox/ann").await.expect(404);
    }

    /// Strangers see neither wall nor files and switch nothing.
    async fn strangers_are_sent_to_the_login(app) {
        let visitor = app.visitor();
        for path in ["/sandbox", "/sandbox/@ann", "/sandbox/media/x"] {
            assert!(visitor.get(path).await.expect(303).header("location").starts_with("/login"), "{path}");
        }
        assert_eq!(visitor.submit("/sandbox/behaviour", &[("_method", "PUT"), ("answer", "reject")]).await.status, 401);
        assert!(!app.app.data.join("sandbox").exists(), "an instance that rehearses nothing has no platform");
    }

    /// The API opens accounts for this process only, and answers nobody without a token.
    async fn strangers_get_nothing_from_the_api(app) {
        let visitor = app.visitor();
        let refused = visitor.post_json("/sandbox/api/accounts", &json!({"handle": "ann"})).await.expect(401).json();
        assert_eq!(refused["error"], "unauthorized");
        for path in ["posts", "posts/x", "stats", "behaviour", "processing/x", "me"] {
            visitor.get(&format!("/sandbox/api/{path}")).await.expect(401);
        }
        visitor.put_json("/sandbox/api/behaviour", &json!({"mode": "reject"})).await.expect(401);
        visitor.post_json("/sandbox/api/posts", &json!({"text": "Hello"})).await.expect(401);
        app.owner().await.browser.get("/sandbox/api/posts").await.expect(401);
    }

    /// A token switches its own account, whatever name it gives.
    async fn a_token_switches_its_own_account_only(app) {
        let (ann, ben) = (account(&app, "ann").await, account(&app, "ben").await);
        let visitor = app.visitor();
        let token = ann.credentials["token"].as_str().unwrap();
        let request = visitor.request(Method::PUT, "/sandbox/api/behaviour").bearer_auth(token);
        visitor.send(request.json(&json!({"account": "ben", "mode": "reject"}))).await.expect(200);
        post(&app, &ann, &json!({"text": "Hello"})).await.expect(422);
        post(&app, &ben, &json!({"text": "Hello"})).await.expect(201);
    }

    /// The form sets the switches for everybody and shows them again.
    async fn the_form_sets_the_switches(app) {
        let owner = app.owner().await;
        let ann = account(&app, "ann").await;
        let fields = [("_method", "PUT"), ("answer", "reject"), ("times", "1"), ("delay", "0"), ("read_delay", "5000")];
        let answer = owner.browser.submit("/sandbox/behaviour", &fields).await.expect(303);
        assert_eq!(answer.header("location"), "/sandbox");
        let wall = owner.browser.get("/sandbox").await.expect(200).text();
        for chosen in ["value=\"reject\" selected", "value=\"1\" selected", "value=\"5000\" selected"] {
            assert!(wall.contains(chosen), "{chosen}");
        }
        assert!(wall.contains("The platform now behaves as you chose."));
        post(&app, &ann, &json!({"text": "Hello"})).await.expect(422);
        post(&app, &ann, &json!({"text": "Hello"})).await.expect(201);
        let wrong = owner.browser.submit("/sandbox/behaviour", &[("_method", "PUT"), ("answer", "explode")]).await.expect(400);
        assert!(wrong.text().contains("answer"));
    }

    /// A cut connection is cut here, too, behind all that surrounds a request.
    async fn a_dropped_answer_is_dropped_inside_too(app) {
        let owner = app.owner().await;
        let ann = account(&app, "ann").await;
        let fields = [("_method", "PUT"), ("answer", "drop_after"), ("times", "1"), ("delay", "0"), ("read_delay", "0")];
        owner.browser.submit("/sandbox/behaviour", &fields).await.expect(303);
        let visitor = app.visitor();
        let token = ann.credentials["token"].as_str().unwrap();
        let request = visitor.request(Method::POST, "/sandbox/api/posts").bearer_auth(token).json(&json!({"text": "Lost"}));
        let sent = request.send().await;
        let complete = match sent {
            Ok(response) => response.bytes().await.is_ok(),
            Err(_) => false,
        };
        assert!(!complete);
        assert!(owner.browser.get("/sandbox").await.text().contains("Lost"));
    }

    /// Undeclared methods answer 405.
    async fn other_methods_are_405(app) {
        let owner = app.owner().await;
        owner.browser.submit("/sandbox", &[]).await.expect(405);
        owner.browser.submit("/sandbox/behaviour", &[]).await.expect(405);
        owner.browser.submit("/sandbox/@ann", &[("_method", "DELETE")]).await.expect(405);
        app.visitor().delete("/sandbox/api/me").await.expect(405);
    }
}
