//! Who may call: tokens, scopes, organisations, roles and the pace.

use chrono::TimeDelta;
use reqwest::Method;
use rostrum::{db::q, kit::Clock, tokens::Scope};
use serde_json::{Value as Json, json};

use super::{body, call, code, made, operations, robot, robot_with, token};
use crate::{
    both_databases,
    public_api::channel,
    support::{Client, Engine, TestApp},
};

const NOBODY: &str = "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a90";

fn with_ids(template: &str, id: &str) -> String {
    template.split('/').map(|piece| if piece.starts_with('{') { id } else { piece }).collect::<Vec<_>>().join("/")
}

/// A body that has what any operation looks for.
fn any_body(method: &str) -> Json {
    match method {
        "get" | "delete" => Json::Null,
        _ => json!({"when": "draft", "parts": [{"content": "x"}], "answer": "drop", "alt": "x", "time": "10:10", "name": "x",
                    "url": "https://127.0.0.1:1/x.png"}),
    }
}

/// The scope that each operation tells in its documentation.
fn scope_of(id: &str) -> Option<Scope> {
    let document = super::document();
    let mut all = document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let operation = all.find(|op| op["operationId"] == id).unwrap();
    let words = operation["description"].as_str().unwrap().replace('\n', " ");
    let (_, scope) = words.rsplit_once("Needs ").unwrap();
    Scope::parse(scope.trim_matches(['`', '.', ' ']))
}

both_databases! {
    /// 401 with how to show who one is: no header, other schemes, a session, the old key, a mistyped and a revoked token.
    async fn nothing_is_done_without_a_token(app) {
        let owner = app.owner().await;
        let (id, good) = token(&app.app, owner.org, None, &Scope::ALL).await;
        let (stem, last) = good.split_at(good.len() - 1);
        let mistyped = format!("Bearer {stem}{}", if last == "x" { "y" } else { "x" });
        let clients = [
            app.visitor(),
            owner.browser.clone(),
            owner.api.clone(),
            Client::script(app.address, &good),
            Client::script(app.address, &format!("Basic {good}")),
            Client::script(app.address, "Bearer "),
            Client::script(app.address, &format!("Bearer {}", owner.api_key)),
            Client::script(app.address, &mistyped),
        ];
        for (method, path, _) in operations() {
            for client in &clients {
                let answer = call(client, &method, &with_ids(&path, NOBODY), &[], any_body(&method)).await.expect(401);
                assert_eq!((code(&answer).as_str(), answer.header("www-authenticate")), ("unauthorized", "Bearer realm=\"rostrum\""));
            }
        }
        let robot = Client::script(app.address, &format!("bearer  {good}"));
        robot.get("/api/v1/me").await.expect(200);
        robot.get("/public/v1/is-connected").await.expect(401);
        call(&robot, "delete", &format!("/tokens/{id}"), &[], Json::Null).await.expect(200);
        robot.get("/api/v1/me").await.expect(401);
    }

    /// Every operation: with all scopes but its own it names the one that lacks.
    async fn a_token_without_the_scope_is_told_which(app) {
        let owner = app.owner().await;
        for (method, path, id) in operations().into_iter().filter(|(.., id)| id != "getMe") {
            let scope = scope_of(&id).unwrap_or_else(|| panic!("{id} tells no scope"));
            let others: Vec<Scope> = Scope::ALL.into_iter().filter(|s| *s != scope).collect();
            let robot = robot_with(&app, &owner, &others).await;
            let answer = call(&robot, &method, &with_ids(&path, NOBODY), &[("if-match", "*")], any_body(&method)).await;
            assert_eq!((answer.status, code(&answer).as_str()), (403, "scope_missing"), "{id}");
            assert!(answer.json()["detail"].as_str().unwrap().contains(scope.as_str()), "{id}");
        }
    }

    /// Every operation with an id: what another organisation has is as unknown as what nobody has.
    async fn ids_of_another_organisation_are_unknown(app) {
        let (ann, bob) = (app.owner().await, app.owner().await);
        let (robot, bobs) = (robot(&app, &ann).await, robot(&app, &bob).await);
        let theirs = channel(&app, bob.org, "Bob").await;
        let post = made(&bobs, &body(&app, 2, theirs, &["secret words"])).await;
        let target = post["targets"][0]["id"].as_str().unwrap().to_owned();
        let part = post["targets"][0]["parts"][0]["id"].as_str().unwrap().to_owned();
        let own_token = bobs.get("/api/v1/me").await.json()["token"]["id"].as_str().unwrap().to_owned();
        let ids = [post["id"].as_str().unwrap().to_owned(), target, part, theirs.to_string(), own_token];
        for (method, path, id) in operations().into_iter().filter(|(_, path, _)| path.contains('{')) {
            for foreign in &ids {
                let send = async |given: &str| {
                    let answer = call(&robot, &method, &with_ids(&path, given), &[("if-match", "*")], any_body(&method)).await;
                    let number = answer.json()["request_id"].as_str().unwrap_or_default().to_owned();
                    (answer.status, answer.text().replace(&number, ""))
                };
                let (theirs, missing) = (send(foreign).await, send(NOBODY).await);
                assert_eq!(theirs.0, 404, "{id} {}", theirs.1);
                assert_eq!(theirs, missing, "{id}");
            }
            assert_eq!(call(&robot, &method, &with_ids(&path, "x"), &[("if-match", "*")], any_body(&method)).await.status, 404, "{id}");
        }
        for list in ["/posts", "/targets", "/channels", "/media", "/events", "/tokens"] {
            let shown = robot.get(&format!("/api/v1{list}")).await.expect(200).text();
            assert!(ids.iter().all(|id| !shown.contains(id)) && !shown.contains("secret"), "{list}");
        }
        let foreign = robot.get(&format!("/api/v1/targets?channel={theirs}")).await.expect(200).json();
        assert_eq!(foreign["data"], json!([]));
        let foreign = call(&robot, "post", "/posts", &[], body(&app, 2, theirs, &["mine"])).await.expect(422);
        assert_eq!(crate::api_v1::named(&foreign), ["entries[0].channel"]);
        assert_eq!(bobs.get(&format!("/api/v1/posts/{}", ids[0])).await.expect(200).json(), post);
    }

    /// A token acts for its person: a member may not manage, and who left is nobody.
    async fn a_token_can_do_no_more_than_its_person(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let id = channel(&app, owner.org, "Ann").await;
        let set = async |sql: &'static str| {
            let mut tx = app.app.db.begin().await.unwrap();
            q(sql).bind(owner.user).exec(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
        };
        set("UPDATE memberships SET role = 'member' WHERE user_id = $1").await;
        let answer = call(&robot, "post", &format!("/channels/{id}/pause"), &[], Json::Null).await.expect(403);
        assert_eq!(code(&answer), "forbidden");
        robot.get("/api/v1/tokens").await.expect(403);
        made(&robot, &body(&app, 2, id, &["Hello"])).await;
        set("DELETE FROM memberships WHERE user_id = $1").await;
        robot.get("/api/v1/me").await.expect(401);
    }

    /// 404 and 405 are problems, the latter with what is allowed.
    async fn unknown_paths_and_methods_are_told_apart(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        for path in ["/nothing", "", "/", "/posts/a/b/c", "/%FF"] {
            let answer = robot.get(&format!("/api/v1{path}")).await.expect(404);
            assert_eq!(code(&answer), "not_found", "{path}");
        }
        for (method, path, allow) in [("put", "/posts", "GET, POST"), ("post", "/me", "GET"), ("patch", "/posts/1", "GET, PUT, DELETE")] {
            let answer = call(&robot, method, path, &[], json!({})).await.expect(405);
            let mut allowed: Vec<&str> = answer.header("allow").split(", ").collect();
            let mut expected: Vec<&str> = allow.split(", ").collect();
            allowed.sort_unstable();
            expected.sort_unstable();
            assert_eq!((code(&answer).as_str(), allowed), ("method_not_allowed", expected), "{method} {path}");
        }
        robot.send(robot.request(Method::OPTIONS, "/api/v1/posts")).await.expect(405);
    }
}

async fn paced(engine: Engine) {
    let clock = Clock::manual(chrono::Utc::now());
    let app = TestApp::with(engine, clock.clone(), |config| config.api.per_minute = 3).await;
    let owner = app.owner().await;
    let (a, b) = (robot(&app, &owner).await, robot(&app, &owner).await);
    for left in ["2", "1", "0"] {
        let answer = a.get("/api/v1/me").await.expect(200);
        let told = (answer.header("ratelimit-limit"), answer.header("ratelimit-remaining"), answer.header("ratelimit-reset"));
        assert_eq!(told, ("3", left, "60"));
    }
    let answer = a.get("/api/v1/me").await.expect(429);
    assert_eq!((code(&answer).as_str(), answer.header("retry-after")), ("rate_limited", "60"));
    b.get("/api/v1/me").await.expect(200);
    clock.advance(TimeDelta::seconds(60));
    a.get("/api/v1/me").await.expect(200);
}

/// Each token has so many requests a minute, and is told how many are left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_has_its_pace() {
    paced(Engine::Sqlite).await;
}

async fn ends(engine: Engine) {
    let clock = Clock::manual(chrono::Utc::now());
    let app = TestApp::with(engine, clock.clone(), |_| {}).await;
    let owner = app.owner().await;
    let new = rostrum::tokens::NewToken { name: "Short".into(), scopes: vec![Scope::PostsRead], days: Some(1) };
    let mut tx = app.app.db.begin().await.unwrap();
    let (_, secret) = rostrum::tokens::create(&mut tx, owner.org, None, &new, clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    let robot = Client::script(app.address, &format!("Bearer {}", secret.expose()));
    robot.get("/api/v1/posts").await.expect(200);
    clock.advance(TimeDelta::days(1));
    robot.get("/api/v1/posts").await.expect(401);
}

/// A token ends when it was said to, on both databases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_ends_by_itself() {
    ends(Engine::Sqlite).await;
    ends(Engine::Postgres).await;
}
