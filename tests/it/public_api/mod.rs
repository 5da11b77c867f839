//! Postiz's REST API from the outside, as its clients call it.

mod bad;
mod create;
mod document;
mod edit;
mod keys;
mod list;
mod media;
mod read;
mod repeat;

use rostrum::{
    db::q,
    kit::{ChannelId, OrgId},
};
use serde_json::{Value as Json, json};

use crate::support::{Client, Owner, TestApp};

const NOBODY: &str = "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a90";

/// A channel of the sandbox that nobody answers for, straight into the table.
pub async fn channel(app: &TestApp, org: OrgId, name: &str) -> ChannelId {
    channel_of(app, org, "sandbox", name).await
}

async fn channel_of(app: &TestApp, org: OrgId, provider: &str, name: &str) -> ChannelId {
    let id = ChannelId::new();
    let mut tx = app.app.db.begin().await.unwrap();
    q("INSERT INTO channels (id, org_id, provider, remote_id, name, handle, picture, credentials, state, zone, created_at)
       VALUES ($1, $2, $3, $4, $5, 'ann', 'https://cdn.example/ann.png', $6, 'active', 'Europe/Berlin', $7)")
    .bind(id)
    .bind(org)
    .bind(provider)
    .bind(id.to_string())
    .bind(name)
    .bind(app.app.key.seal(&format!("channels/{id}"), b"{}"))
    .bind(app.app.clock.now())
    .exec(&mut tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    id
}

/// An instant some hours from now, as clients write it.
fn in_hours(app: &TestApp, hours: i64) -> String {
    (app.app.clock.now() + chrono::TimeDelta::hours(hours)).format("%Y-%m-%dT%H:%M:00.000Z").to_string()
}

/// The body that the command-line client sends, for one channel.
fn body(kind: &str, date: &str, channel: impl ToString, texts: &[&str]) -> Json {
    let value: Vec<Json> = texts.iter().map(|text| json!({"content": text, "image": [], "delay": 0})).collect();
    json!({"type": kind, "date": date, "shortLink": true, "tags": [],
           "posts": [{"integration": {"id": channel.to_string()}, "value": value}]})
}

async fn posted(client: &Client, body: &Json) -> String {
    let answer = client.post_json("/public/v1/posts", body).await.expect(201).json();
    answer[0]["postId"].as_str().unwrap().to_owned()
}

/// Everything that the list shows around now.
async fn all(app: &TestApp, owner: &Owner) -> Vec<Json> {
    let path = format!("/public/v1/posts?startDate={}&endDate={}", in_hours(app, -10_000), in_hours(app, 10_000));
    let list = owner.api.get(&path).await.expect(200).json();
    list["posts"].as_array().unwrap().clone()
}

async fn one(app: &TestApp, owner: &Owner, id: &str) -> Option<Json> {
    all(app, owner).await.into_iter().find(|post| post["id"] == id)
}
