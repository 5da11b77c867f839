//! Making, finding and revoking tokens.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Refusal, Scope, format,
    model::{self, Token},
};
use crate::{
    app::App,
    db::Tx,
    error::{Error, FieldError, Message, Result},
    events::{self, Event},
    kit::{OrgId, Secret, TokenId, UserId, crypto::sha256},
    orgs::{Caller, Role, Source, check},
};

/// How exactly `used_at` is kept: reads of the API shall not each cause a write.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// Most tokens of an organisation that work at a time.
const MOST: usize = 200;
/// Longest life of a token that ends.
const LONGEST_DAYS: i64 = 3_650;

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// What it may do, at least one.
    pub scopes: Vec<Scope>,
    /// Days until it ends; `None`: it does not.
    pub days: Option<i64>,
}

/// Who calls with a token.
#[derive(Debug, Clone)]
pub struct Access {
    /// For the features.
    pub caller: Caller,
    /// The token.
    pub token: TokenId,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Access {
    /// The caller, if the token has this scope.
    pub fn may(&self, scope: Scope) -> Result<&Caller, Refusal> {
        if self.scopes.contains(&scope) { Ok(&self.caller) } else { Err(Refusal::scope(scope)) }
    }
}

/// Makes a token for an organisation and tells it: it is stored as a hash and cannot be shown again. `user`: who it acts
/// for; it dies with their membership. Errors name `name`, `scopes` and `days`.
pub async fn create(
    tx: &mut Tx,
    org: OrgId,
    user: Option<UserId>,
    new: &NewToken,
    now: DateTime<Utc>,
) -> Result<(TokenId, Secret)> {
    let name = checked(new)?;
    let living = model::list(&mut *tx, org).await?.into_iter().filter(|t| t.works(now)).count();
    if living >= MOST {
        return Err(Error::invalid("name", Message::new("token.too_many").with("most", MOST)));
    }
    let (id, secret) = (TokenId::new(), format::make());
    let words: Vec<&str> = Scope::ALL.into_iter().filter(|s| new.scopes.contains(s)).map(Scope::as_str).collect();
    let token = Token {
        id,
        org_id: org,
        user_id: user,
        name,
        prefix: secret.expose()[..format::SHOWN].to_owned(),
        scopes: words.join(" "),
        created_at: now,
        used_at: None,
        expires_at: new.days.map(|days| now + TimeDelta::days(days)),
        revoked_at: None,
        user_name: None,
    };
    model::insert(tx, &token, sha256(secret.expose().as_bytes())).await?;
    note(tx, (org, user), "token.created", &token, now).await?;
    Ok((id, secret))
}

fn checked(new: &NewToken) -> Result<String> {
    let name = check::name("name", &new.name);
    let scopes = new.scopes.is_empty().then(|| FieldError::new("scopes", "token.no_scope"));
    let days = new.days.is_some_and(|days| !(1..=LONGEST_DAYS).contains(&days));
    let days = days.then(|| FieldError::new("days", Message::new("field.number").with("min", 1).with("max", LONGEST_DAYS)));
    match name {
        Ok(name) if scopes.is_none() && days.is_none() => Ok(name),
        name => Err(Error::Invalid(name.err().into_iter().chain(scopes).chain(days).collect())),
    }
}

/// Those of an organisation, newest first, revoked and expired ones included.
pub async fn list(app: &App, org: OrgId) -> Result<Vec<Token>> {
    model::list(&app.db, org).await
}

/// Ends a token at once; one that is revoked stays so. [`Error::NotFound`] when the organisation has no such token.
pub async fn revoke(tx: &mut Tx, (org, user): (OrgId, Option<UserId>), id: TokenId, now: DateTime<Utc>) -> Result<Token> {
    let token = model::find(&mut *tx, org, id).await?;
    if model::revoke(tx, org, id, now).await? {
        note(tx, (org, user), "token.revoked", &token, now).await?;
    }
    model::find(tx, org, id).await
}

async fn note(
    tx: &mut Tx,
    (org, user): (OrgId, Option<UserId>),
    kind: &'static str,
    token: &Token,
    now: DateTime<Utc>,
) -> Result<()> {
    let data = Some(serde_json::json!({"name": token.name, "prefix": token.prefix, "scopes": token.scopes}));
    events::record(tx, org, Event { kind, user, data, ..Event::default() }, now).await
}

/// Who calls with this token; `None` when it is nobody's, revoked or over. `used_at` follows at most once a minute.
pub async fn authenticate(app: &App, token: &str) -> Result<Option<Access>> {
    if !format::is_token(token) {
        return Ok(None);
    }
    let now = app.clock.now();
    let Some(holder) = model::holder(&app.db, sha256(token.as_bytes()), now).await? else { return Ok(None) };
    // A token ends with the membership of the person it acts for.
    let role = match (&holder.role, holder.user_id) {
        (Some(role), _) => Role::parse(role),
        (None, Some(_)) => return Ok(None),
        (None, None) => Role::Admin,
    };
    let before = now - NOTED_EVERY;
    if holder.used_at.is_none_or(|at| at <= before)
        && let Err(e) = note_use(app, holder.id, now, before).await
    {
        // Worth a line, not a refused request.
        tracing::warn!(org = %holder.org_id, error = %e, "the use of a token could not be noted");
    }
    let caller = Caller { user: holder.user_id, role, ..Caller::machine(holder.org_id, &holder.zone, Source::Api) };
    let scopes = Scope::parse_all(&holder.scopes);
    Ok(Some(Access { caller, token: holder.id, name: holder.name, scopes, expires_at: holder.expires_at }))
}

async fn note_use(app: &App, id: TokenId, now: DateTime<Utc>, before: DateTime<Utc>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    model::used(&mut tx, id, now, before).await?;
    tx.commit().await
}
