//! Channels from the outside: connecting, developer apps, customers, pages, posting times, stored credentials.

mod apps;
mod connect;
mod credentials;
mod customers;
mod pages;
mod pictures;
mod platform;
mod slots;

use rostrum::{
    db::q,
    kit::{ChannelId, OrgId},
};

use crate::support::TestApp;

/// A channel of a provider that no program knows, straight into the table.
pub async fn unknown_channel(app: &TestApp, org: OrgId) -> ChannelId {
    let id = ChannelId::new();
    let credentials = serde_json::json!({"access": "a0", "refresh": "r0"}).to_string();
    let mut tx = app.app.db.begin().await.unwrap();
    q("INSERT INTO channels (id, org_id, provider, remote_id, name, handle, picture, credentials, state, zone, created_at)
       VALUES ($1, $2, 'telegraph', $3, 'Ann <b>', 'ann', 'https://cdn.example/ann.png', $4, 'active', 'Europe/Berlin', $5)")
    .bind(id)
    .bind(org)
    .bind(id.to_string())
    .bind(app.app.key.seal(&format!("channels/{id}"), credentials.as_bytes()))
    .bind(app.app.clock.now())
    .exec(&mut tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    id
}

/// Makes everybody of the organisation a plain member.
pub async fn demote(app: &TestApp, org: OrgId) {
    let mut tx = app.app.db.begin().await.unwrap();
    q("UPDATE memberships SET role = 'member' WHERE org_id = $1").bind(org).exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}
