//! Organisations: settings, the API key, members and invitations, who may what.

mod api_key;
mod invites;
mod people;
mod roles;
mod settings;

use rostrum::{
    db::q,
    kit::{OrgId, UserId},
};

use crate::support::{Client, Owner, TestApp};

/// Somebody else's browser, as a member of this organisation and, before, of one of their own.
pub async fn member(app: &TestApp, owner: &Owner, role: &'static str) -> (UserId, Client) {
    let other = app.owner().await;
    let mut tx = app.app.db.begin().await.unwrap();
    q("INSERT INTO memberships (org_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)")
        .bind(owner.org)
        .bind(other.user)
        .bind(role)
        .bind(app.app.clock.now())
        .exec(&mut tx)
        .await
        .unwrap();
    q("UPDATE sessions SET org_id = $1 WHERE user_id = $2").bind(owner.org).bind(other.user).exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    (other.user, other.browser)
}

/// The role of a person, if they are a member.
pub async fn role(app: &TestApp, org: OrgId, user: UserId) -> Option<String> {
    let row: Option<(String,)> =
        q("SELECT role FROM memberships WHERE org_id = $1 AND user_id = $2").bind(org).bind(user).opt(&app.app.db).await.unwrap();
    row.map(|(role,)| role)
}

/// The kinds of an organisation's events, oldest first.
pub async fn trail(app: &TestApp, org: OrgId) -> Vec<String> {
    let rows: Vec<(String,)> =
        q("SELECT kind FROM events WHERE org_id = $1 ORDER BY id").bind(org).all(&app.app.db).await.unwrap();
    rows.into_iter().map(|(kind,)| kind).collect()
}
