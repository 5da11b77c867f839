//! `admin token`: access tokens of `/api/v1` for whole organisations.

use serde_json::{Value as Json, json};

use crate::{
    app::App,
    error::{Error, Message, Result},
    kit::{OrgId, TokenId},
    tokens::{self, NewToken, Scope},
};

/// Makes one that acts for the organisation and not for a person.
pub async fn create(app: &App, org: OrgId, (name, words): (String, &[String]), days: Option<i64>) -> Result<Json> {
    let unknown = |word: &String| {
        let known: Vec<&str> = Scope::ALL.iter().map(|s| s.as_str()).collect();
        Error::invalid("scope", Message::new("cli.unknown_scope").with("scope", word).with("known", known.join(", ")))
    };
    let scopes = words.iter().map(|word| Scope::parse(word).ok_or_else(|| unknown(word))).collect::<Result<_>>()?;
    let mut tx = app.db.begin().await?;
    let (id, token) = tokens::create(&mut tx, org, None, &NewToken { name, scopes, days }, app.clock.now()).await?;
    tx.commit().await?;
    Ok(json!({"id": id, "token": token.expose()}))
}

/// Those of an organisation.
pub async fn list(app: &App, org: OrgId) -> Result<Json> {
    let now = app.clock.now();
    let all = tokens::list(app, org).await?;
    Ok(all
        .iter()
        .map(|t| {
            json!({"id": t.id, "name": t.name, "prefix": t.prefix, "scopes": t.scopes, "works": t.works(now), "created_at": t.created_at,
                   "used_at": t.used_at, "expires_at": t.expires_at, "revoked_at": t.revoked_at})
        })
        .collect())
}

/// Ends one.
pub async fn revoke(app: &App, org: OrgId, id: &str) -> Result<Json> {
    let id: TokenId = id.parse().map_err(|_| Error::invalid("id", "cli.not_an_id"))?;
    let mut tx = app.db.begin().await?;
    let token = tokens::revoke(&mut tx, (org, None), id, app.clock.now()).await?;
    tx.commit().await?;
    Ok(json!({"id": token.id, "revoked_at": token.revoked_at}))
}
