//! Logins of browsers: a random cookie, of which only the SHA-256 is stored.

use crate::{
    app::App,
    db::{FromRow, q},
    error::Result,
    kit::{OrgId, SessionId, UserId, crypto::sha256, zone},
    orgs::{Caller, Role, Source},
};

/// The session's cookie.
pub const SESSION_COOKIE: &str = "session";

/// A valid session: who it is, as pages show it and as features need it.
#[derive(Debug, Clone)]
pub struct Signed {
    /// For the features.
    pub caller: Caller,
    /// The person's name.
    pub name: String,
    /// Their login.
    pub email: String,
    /// Their organisation's name.
    pub organisation: String,
}

#[derive(FromRow)]
struct Row {
    id: SessionId,
    user_id: UserId,
    org_id: OrgId,
    name: String,
    email: String,
    organisation: String,
    zone: String,
    role: String,
}

/// Whose session this cookie is; `None` when it is unknown or over.
pub async fn current(app: &App, cookie: &str) -> Result<Option<Signed>> {
    let row: Option<Row> = q("SELECT s.id, s.user_id, s.org_id, u.name, u.email, o.name AS organisation, o.zone, m.role
         FROM sessions s
         JOIN users u ON u.id = s.user_id
         JOIN organisations o ON o.id = s.org_id
         JOIN memberships m ON m.org_id = s.org_id AND m.user_id = s.user_id
         WHERE s.token_hash = $1 AND s.expires_at > $2")
    .bind(sha256(cookie.as_bytes()).to_vec())
    .bind(app.clock.now())
    .opt(&app.db)
    .await?;
    Ok(row.map(|row| Signed {
        caller: Caller {
            org: row.org_id,
            zone: zone::parse(&row.zone).unwrap_or_default(),
            user: Some(row.user_id),
            session: Some(row.id),
            role: Role::parse(&row.role),
            source: Source::Web,
        },
        name: row.name,
        email: row.email,
        organisation: row.organisation,
    }))
}
