//! `Idempotency-Key`: the same request is done once, whoever dies when.

use chrono::TimeDelta;
use rostrum::{
    db::q,
    kit::{Clock, TokenId},
    tokens::{self, Answer, Asked, Begun, Claim, Scope},
};
use serde_json::{Value as Json, json};

use super::{body, call, code, robot, token};
use crate::{
    both_databases,
    media::samples,
    public_api::channel,
    support::{Client, Engine, Owner, TestApp},
};

async fn count(app: &TestApp) -> i64 {
    let (posts,): (i64,) = q("SELECT count(*) FROM posts").one(&app.app.db).await.unwrap();
    posts
}

async fn keyed(client: &Client, key: &str, body: &Json) -> crate::support::Answer {
    call(client, "post", "/posts", &[("idempotency-key", key)], body.clone()).await
}

async fn sql(app: &TestApp, text: &'static str) {
    let mut tx = app.app.db.begin().await.unwrap();
    q(text).exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// The claim that the API would take for this request.
async fn claim(app: &TestApp, owner: &Owner, token: TokenId, key: &str, body: &Json) -> Result<Begun, tokens::Refusal> {
    let request = format!("POST /api/v1/posts\n{body}").into_bytes();
    let asked = Asked { token, org: owner.org, key, request: &request, lease: tokens::claim::LEASE };
    tokens::begin(&app.app, &asked).await
}

fn fresh(begun: Result<Begun, tokens::Refusal>) -> std::sync::Arc<Claim> {
    match begun {
        Ok(Begun::Fresh(claim)) => claim,
        Ok(Begun::Replay(answer)) => panic!("{answer:?}"),
        Err(e) => panic!("{e}"),
    }
}

both_databases! {
    /// The second time gets the first answer, and nothing is made; another token's key is another key.
    async fn the_same_request_is_done_once(app) {
        let owner = app.owner().await;
        let (robot_a, robot_b) = (robot(&app, &owner).await, robot(&app, &owner).await);
        let body = body(&app, 2, channel(&app, owner.org, "A").await, &["Hello"]);
        let first = keyed(&robot_a, "k-1", &body).await.expect(201);
        assert_eq!(first.header("idempotent-replayed"), "");
        for _ in 0..2 {
            let again = keyed(&robot_a, "k-1", &body).await.expect(201);
            assert_eq!((again.text(), again.header("etag")), (first.text(), first.header("etag")));
            assert_eq!(again.header("idempotent-replayed"), "true");
        }
        assert_eq!(count(&app).await, 1);
        assert_ne!(keyed(&robot_b, "k-1", &body).await.expect(201).json()["id"], first.json()["id"]);
        keyed(&robot_a, &"é".repeat(200), &body).await.expect(400);
        for wrong in ["", &"k".repeat(256)] {
            assert_eq!(code(&keyed(&robot_a, wrong, &body).await.expect(400)), "invalid_idempotency_key");
        }
        keyed(&robot_a, &"k".repeat(255), &body).await.expect(201);
        assert_eq!(count(&app).await, 3);
    }

    /// Another body, address or method with the key is refused; nothing is done.
    async fn a_key_belongs_to_one_request(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let id = channel(&app, owner.org, "A").await;
        let post = keyed(&robot, "k", &body(&app, 2, id, &["Hello"])).await.expect(201).json();
        let path = format!("/posts/{}", post["id"].as_str().unwrap());
        let key = [("idempotency-key", "k")];
        let others = [
            call(&robot, "post", "/posts", &key, body(&app, 2, id, &["Other"])).await,
            call(&robot, "post", "/posts?x=1", &key, body(&app, 2, id, &["Hello"])).await,
            call(&robot, "delete", &path, &key, Json::Null).await,
        ];
        for other in others {
            assert_eq!((other.status, code(&other).as_str()), (422, "idempotency_key_reused"));
        }
        assert_eq!(count(&app).await, 1);
        robot.get(&format!("/api/v1{path}")).await.expect(200);
    }

    /// A mended request may use its key again; a state in the way, and our own mistakes, are answered the same again.
    async fn only_what_trying_again_could_not_help_is_kept(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let id = channel(&app, owner.org, "A").await;
        let good = body(&app, 2, id, &["Hello"]);
        let wrong = keyed(&robot, "mended", &json!({"when": "soon"})).await.expect(422);
        assert_eq!(code(&wrong), "invalid");
        let post = keyed(&robot, "mended", &good).await.expect(201).json();
        let retry = format!("/targets/{}/retry", post["targets"][0]["id"].as_str().unwrap());
        let conflict = call(&robot, "post", &retry, &[("idempotency-key", "state")], Json::Null).await.expect(409);
        sql(&app, "UPDATE parts SET state = 'failed', next_at = NULL").await;
        let again = call(&robot, "post", &retry, &[("idempotency-key", "state")], Json::Null).await.expect(409);
        assert_eq!((again.text(), again.header("idempotent-replayed")), (conflict.text(), "true"));
        call(&robot, "post", &retry, &[("idempotency-key", "new")], Json::Null).await.expect(200);

        sql(&app, "ALTER TABLE post_versions RENAME TO away").await;
        let fault = keyed(&robot, "fault", &good).await.expect(500);
        assert_eq!(code(&fault), "internal");
        sql(&app, "ALTER TABLE away RENAME TO post_versions").await;
        let again = keyed(&robot, "fault", &good).await.expect(500);
        assert_eq!((again.text(), again.header("idempotent-replayed")), (fault.text(), "true"));
        keyed(&robot, "after the fault", &good).await.expect(201);
    }

    /// Many at once with one key: one effect; each is told of it, or to come again.
    async fn of_many_at_once_one_is_done(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let body = body(&app, 2, channel(&app, owner.org, "A").await, &["Hello"]);
        let all = futures_util::future::join_all((0..12).map(|_| keyed(&robot, "k", &body))).await;
        let done: Vec<_> = all.iter().filter(|a| a.status == 201).collect();
        assert!(!done.is_empty() && done.iter().all(|a| a.json()["id"] == done[0].json()["id"]));
        for told in all.iter().filter(|a| a.status != 201) {
            assert_eq!((told.status, code(told).as_str(), told.header("retry-after")), (409, "idempotency_key_in_use", "1"));
        }
        assert_eq!(count(&app).await, 1);
        assert_eq!(keyed(&robot, "k", &body).await.expect(201).header("idempotent-replayed"), "true");
    }

    /// The future is dropped after the effect and before the commit: neither is there, and the key is free.
    async fn a_request_that_is_dropped_half_way_was_never_made(app) {
        let owner = app.owner().await;
        let (id, secret) = token(&app.app, owner.org, None, &Scope::ALL).await;
        let robot = Client::script(app.address, &format!("Bearer {secret}"));
        let body = body(&app, 2, channel(&app, owner.org, "A").await, &["Hello"]);
        let claim = fresh(claim(&app, &owner, id, "k", &body).await);
        let mut tx = app.app.db.begin().await.unwrap();
        q("INSERT INTO posts (id, org_id, source, created_at) VALUES ($1, $2, 'api', $3)")
            .bind(rostrum::kit::PostId::new())
            .bind(owner.org)
            .bind(app.app.clock.now())
            .exec(&mut tx)
            .await
            .unwrap();
        claim.answer(&mut tx, &Answer { status: 201, body: "{}".into(), etag: None }).await.unwrap();
        drop(tx);
        drop(claim);
        let made = app.until("the key is free again", async || Some(keyed(&robot, "k", &body).await).filter(|a| a.status == 201)).await;
        assert_eq!((made.header("idempotent-replayed"), count(&app).await), ("", 1));
    }

    /// An upload with a key adds one file.
    async fn an_upload_is_done_once(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let send = async || {
            let part = reqwest::multipart::Part::bytes(samples::png(4, 4)).file_name("a.png");
            let form = reqwest::multipart::Form::new().part("file", part);
            robot.send(robot.request(reqwest::Method::POST, "/api/v1/media").header("idempotency-key", "u").multipart(form)).await
        };
        let (first, second) = (send().await.expect(201), send().await.expect(201));
        assert_eq!((first.text(), second.header("idempotent-replayed")), (second.text(), "true"));
        assert_eq!(robot.get("/api/v1/media").await.json()["data"].as_array().unwrap().len(), 1);
    }
}

async fn dies(engine: Engine) {
    let clock = Clock::manual(chrono::Utc::now());
    let app = TestApp::with(engine, clock.clone(), |_| {}).await;
    let owner = app.owner().await;
    let (id, secret) = token(&app.app, owner.org, None, &Scope::ALL).await;
    let robot = Client::script(app.address, &format!("Bearer {secret}"));
    let body = body(&app, 50, channel(&app, owner.org, "A").await, &["Hello"]);
    // The process died: nobody gives the claim back.
    let dead = fresh(claim(&app, &owner, id, "k", &body).await);
    assert_eq!(code(&keyed(&robot, "k", &body).await.expect(409)), "idempotency_key_in_use");
    clock.advance(tokens::claim::LEASE + TimeDelta::seconds(1));
    let made = keyed(&robot, "k", &body).await.expect(201);
    // It was not dead after all: its effect comes too late and is undone.
    let mut tx = app.app.db.begin().await.unwrap();
    let late = dead.answer(&mut tx, &Answer { status: 201, body: "{}".into(), etag: None }).await;
    assert!(matches!(late, Err(rostrum::Error::Conflict(_))));
    drop(tx);
    drop(dead);
    assert_eq!(keyed(&robot, "k", &body).await.expect(201).text(), made.text());
    clock.advance(TimeDelta::hours(24));
    let anew = keyed(&robot, "k", &body).await.expect(201);
    assert_eq!((anew.header("idempotent-replayed"), count(&app).await), ("", 2));
}

/// A claim outlives its process by its lease and no longer; an answer is kept for a day.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leases_and_answers_end() {
    dies(Engine::Sqlite).await;
    dies(Engine::Postgres).await;
}
