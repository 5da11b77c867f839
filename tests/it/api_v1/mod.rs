//! `/api/v1` from the outside.

mod access;
mod conditions;
mod hostile;
mod library;
mod lists;
mod once;
mod posts;
mod reviews;
mod settings;

use rostrum::{
    App,
    kit::{OrgId, TokenId, UserId},
    tokens::{self, NewToken, Scope},
};
use serde_json::{Value as Json, json};

use crate::support::{Answer, Client, Owner, TestApp};

/// The document of the API.
pub fn document() -> Json {
    serde_json::from_str(&rostrum::api_v1::document("http://localhost")).unwrap()
}

/// Method, path and operation id of everything in it.
pub fn operations() -> Vec<(String, String, String)> {
    let document = document();
    let paths = document["paths"].as_object().unwrap().iter();
    let of = |(path, item): (&String, &Json)| -> Vec<_> {
        let item = item.as_object().unwrap().iter();
        item.map(|(method, op)| (method.clone(), path.clone(), op["operationId"].as_str().unwrap().to_owned())).collect()
    };
    paths.flat_map(of).collect()
}

/// A token straight into the table.
pub async fn token(app: &App, org: OrgId, user: Option<UserId>, scopes: &[Scope]) -> (TokenId, String) {
    let new = NewToken { name: "Robot".into(), scopes: scopes.to_vec(), days: None };
    let mut tx = app.db.begin().await.unwrap();
    let (id, secret) = tokens::create(&mut tx, org, user, &new, app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    (id, secret.expose().to_owned())
}

/// A script whose token may do everything.
pub async fn robot(app: &TestApp, owner: &Owner) -> Client {
    robot_with(app, owner, &Scope::ALL).await
}

pub async fn robot_with(app: &TestApp, owner: &Owner, scopes: &[Scope]) -> Client {
    let (_, secret) = token(&app.app, owner.org, Some(owner.user), scopes).await;
    Client::script(app.address, &format!("Bearer {secret}"))
}

/// A post for one channel in some hours.
pub fn body(app: &TestApp, hours: i64, channel: impl ToString, texts: &[&str]) -> Json {
    let at = (app.app.clock.now() + chrono::TimeDelta::hours(hours)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let parts: Vec<Json> = texts.iter().map(|text| json!({"content": text})).collect();
    json!({"when": "at", "due_at": at, "parts": parts, "entries": [{"channel": channel.to_string()}]})
}

/// Makes it and gives what was answered.
pub async fn made(client: &Client, body: &Json) -> Json {
    client.post_json("/api/v1/posts", body).await.expect(201).json()
}

/// Sends a request with headers and, unless it is null, a body.
pub async fn call(client: &Client, method: &str, path: &str, headers: &[(&str, &str)], body: Json) -> Answer {
    let mut request = client.request(method.to_uppercase().parse().unwrap(), &format!("/api/v1{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(if body.is_null() { request } else { request.json(&body) }).await
}

/// The fields that a refusal names.
pub fn named(answer: &Answer) -> Vec<String> {
    let problem = answer.json();
    problem["errors"].as_array().into_iter().flatten().map(|e| e["field"].as_str().unwrap().to_owned()).collect()
}

/// The code of a refusal, which must be a whole problem.
pub fn code(answer: &Answer) -> String {
    let problem = answer.json();
    assert_eq!(answer.header("content-type"), "application/problem+json", "{problem}");
    assert_eq!(problem["status"], answer.status, "{problem}");
    for field in ["title", "detail", "request_id"] {
        assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field} {problem}");
    }
    let code = problem["code"].as_str().unwrap().to_owned();
    assert!(problem["type"].as_str().unwrap().ends_with(&format!("/docs/errors#{code}")), "{problem}");
    code
}
