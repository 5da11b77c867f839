//! Logins of browsers: a random cookie, of which only the SHA-256 is stored.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Device,
    model::session::{self, Holder, NewSession, Session},
};
use crate::{
    app::App,
    db::Tx,
    error::{Error, Result},
    kit::{
        OrgId, SessionId, UserId,
        crypto::{random_token, sha256},
        zone,
    },
    orgs::{Caller, Role, Source},
    render::Language,
};

/// The session's cookie.
pub const SESSION_COOKIE: &str = "session";

/// How exactly a use is noted: pages shall not each cause a write.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(10);

/// A valid session: who it is, as pages show it and as features need it.
#[derive(Debug, Clone)]
pub struct Signed {
    /// For the features.
    pub caller: Caller,
    /// The person's name.
    pub name: String,
    /// Their login.
    pub email: String,
    /// The language they chose.
    pub language: Option<Language>,
    /// Their organisation's name.
    pub organisation: String,
}

/// Whose session this cookie is; `None` when it is unknown or over. A use is noted at most every ten minutes.
pub async fn current(app: &App, cookie: &str) -> Result<Option<Signed>> {
    let now = app.clock.now();
    let Some(holder) = session::holder(&app.db, sha256(cookie.as_bytes()), now).await? else { return Ok(None) };
    if now - holder.seen_at >= NOTED_EVERY
        && let Err(e) = note_use(app, &holder, now).await
    {
        // Reading must go on while the database takes no writes.
        tracing::warn!(session = %holder.id, error = %e, "the use of a session could not be noted");
    }
    Ok(Some(Signed {
        caller: Caller {
            org: holder.org_id,
            zone: zone::parse(&holder.zone).unwrap_or_default(),
            user: Some(holder.user_id),
            session: Some(holder.id),
            role: Role::parse(&holder.role),
            source: Source::Web,
            operator: holder.operator,
        },
        name: holder.name,
        email: holder.email,
        language: holder.language.as_deref().and_then(Language::parse),
        organisation: holder.organisation,
    }))
}

async fn note_use(app: &App, holder: &Holder, now: DateTime<Utc>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    session::touch(&mut tx, holder.id, holder.seen_at, now, until(app, now)).await?;
    tx.commit().await
}

/// When a session last used at `now` ends.
fn until(app: &App, now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::days(i64::from(app.config.accounts.session_days))
}

/// Opens a session and gives its cookie.
pub(super) async fn open(tx: &mut Tx, app: &App, user: UserId, org: OrgId, device: &Device) -> Result<String> {
    let (cookie, now) = (random_token(), app.clock.now());
    let hash = sha256(cookie.as_bytes());
    let new = NewSession { hash, user, org, agent: &device.agent, address: &device.address };
    session::insert(tx, new, now, until(app, now)).await?;
    Ok(cookie)
}

/// A person's sessions, latest first.
pub async fn list(app: &App, user: UserId) -> Result<Vec<Session>> {
    session::of_user(&app.db, user, app.clock.now()).await
}

/// Ends a session of this person; [`Error::NotFound`] for anybody else's.
pub async fn end(app: &App, user: UserId, id: SessionId) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if !session::delete(&mut tx, user, id).await? {
        return Err(Error::NotFound("session"));
    }
    tx.commit().await
}
