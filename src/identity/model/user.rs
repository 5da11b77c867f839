//! The `users` table.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, Tx, is_unique_violation, q},
    error::{Error, Result},
    kit::UserId,
};

/// What a login compares with.
#[derive(FromRow)]
pub struct Login {
    pub id: UserId,
    pub password_hash: String,
}

impl Login {
    /// By e-mail address in lower case.
    pub async fn by_email(ex: impl Into<Ex<'_>>, email: &str) -> Result<Option<Self>> {
        q("SELECT id, password_hash FROM users WHERE email = $1").bind(email).opt(ex).await
    }

    /// By id.
    pub async fn find(ex: impl Into<Ex<'_>>, id: UserId) -> Result<Option<Self>> {
        q("SELECT id, password_hash FROM users WHERE id = $1").bind(id).opt(ex).await
    }
}

/// A new person.
pub struct NewUser<'a> {
    /// In lower case.
    pub email: &'a str,
    pub name: &'a str,
    pub password_hash: &'a str,
    pub operator: bool,
}

/// Adds a person; an address that is taken is an error of the field `email`.
pub async fn insert(tx: &mut Tx, new: NewUser<'_>, now: DateTime<Utc>) -> Result<UserId> {
    let id = UserId::new();
    q("INSERT INTO users (id, email, name, password_hash, operator, created_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(new.email)
        .bind(new.name)
        .bind(new.password_hash)
        .bind(new.operator)
        .bind(now)
        .exec(tx)
        .await
        .map_err(|e| if is_unique_violation(&e) { Error::invalid("email", "account.email_taken") } else { e })?;
    Ok(id)
}

/// Another address to sign in with; one that is taken is an error of the field `email`.
pub async fn set_email(tx: &mut Tx, id: UserId, email: &str) -> Result<()> {
    let set = q("UPDATE users SET email = $2 WHERE id = $1").bind(id).bind(email).exec(tx).await;
    set.map_err(|e| if is_unique_violation(&e) { Error::invalid("email", "account.email_taken") } else { e })?;
    Ok(())
}

/// True for a person who may administer the whole instance.
pub async fn is_operator(ex: impl Into<Ex<'_>>, id: UserId) -> Result<bool> {
    let row: Option<(bool,)> = q("SELECT operator FROM users WHERE id = $1").bind(id).opt(ex).await?;
    Ok(row.is_some_and(|(operator,)| operator))
}

/// True when anybody has an account.
pub async fn any(ex: impl Into<Ex<'_>>) -> Result<bool> {
    let first: Option<(UserId,)> = q("SELECT id FROM users LIMIT 1").opt(ex).await?;
    Ok(first.is_some())
}

/// Another shown name; false when it is the same.
pub async fn rename(tx: &mut Tx, id: UserId, name: &str) -> Result<bool> {
    Ok(q("UPDATE users SET name = $2 WHERE id = $1 AND name <> $2").bind(id).bind(name).exec(tx).await? == 1)
}

/// Another language, or that of the browser.
pub async fn set_language(tx: &mut Tx, id: UserId, code: Option<&str>) -> Result<()> {
    q("UPDATE users SET language = $2 WHERE id = $1").bind(id).bind(code).exec(tx).await?;
    Ok(())
}

/// Replaces the password hash if it is still `old`, and holds the person's row until the end of the transaction;
/// false when somebody was faster.
pub async fn swap_password(tx: &mut Tx, id: UserId, old: &str, new: &str) -> Result<bool> {
    let set = q("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2");
    Ok(set.bind(id).bind(old).bind(new).exec(tx).await? == 1)
}

/// Replaces the password hash, whatever it was.
pub async fn set_password(tx: &mut Tx, id: UserId, new: &str) -> Result<()> {
    q("UPDATE users SET password_hash = $2 WHERE id = $1").bind(id).bind(new).exec(tx).await?;
    Ok(())
}
