//! Making people and changing what is theirs: the first owner of an organisation, name, password.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    limit,
    model::{session, setup, user},
    password,
};
use crate::{
    app::App,
    db::Tx,
    error::{Error, FieldError, OrNotFound as _, Result},
    events::{self, Event},
    kit::{OrgId, Secret, UserId},
    orgs::{self, Caller, Organisation},
    render::Language,
};

/// Most bytes of an e-mail address (RFC 5321).
const EMAIL_MAX: usize = 254;

/// An organisation to be made together with its owner. Errors name the fields `email`, `name`, `password`,
/// `organisation` and `timezone`.
#[derive(Debug, Clone)]
pub struct NewOwner {
    /// Their login; kept in lower case.
    pub email: String,
    /// Shown to others, 1 to 100 characters.
    pub name: String,
    /// 10 to 256 characters.
    pub password: Secret,
    /// The organisation's name, 1 to 100 characters.
    pub organisation: String,
    /// Its IANA zone.
    pub zone: String,
    /// May administer the whole instance.
    pub operator: bool,
}

/// What [`create_owner`] made.
#[derive(Debug)]
pub struct Created {
    /// The person.
    pub user: UserId,
    /// The organisation.
    pub org: OrgId,
    /// The organisation's API key: only here, only now.
    pub api_key: Secret,
}

/// A [`NewOwner`] whose fields are in order.
pub(super) struct Checked {
    email: String,
    name: String,
    organisation: String,
    zone: String,
    operator: bool,
    password_hash: String,
}

/// Makes a person, an organisation of theirs and its API key, all or nothing. Closes set-up.
pub async fn create_owner(app: &App, new: NewOwner) -> Result<Created> {
    let (new, now) = (new.check().await?, app.clock.now());
    let mut tx = app.db.begin().await?;
    setup::close(&mut tx).await?;
    let (user, org) = new.insert(&mut tx, now).await?;
    let api_key = orgs::replace_api_key(&mut tx, org, now).await?;
    tx.commit().await?;
    Ok(Created { user, org, api_key })
}

impl NewOwner {
    /// Everything that is wrong at once, or the checked form with its password hashed.
    pub(super) async fn check(self) -> Result<Checked> {
        let email = email(&self.email);
        let name = orgs::check::name("name", &self.name);
        let organisation = orgs::check::name("organisation", &self.organisation);
        let zone = orgs::check::zone("timezone", &self.zone);
        match (email, name, password::check("password", &self.password), organisation, zone) {
            (Ok(email), Ok(name), None, Ok(organisation), Ok(zone)) => {
                let password_hash = password::hash(&self.password).await?;
                Ok(Checked { email, name, organisation, zone, operator: self.operator, password_hash })
            }
            (email, name, password, organisation, zone) => {
                let errors = [name.err(), email.err(), password, organisation.err(), zone.err()];
                Err(Error::Invalid(errors.into_iter().flatten().collect()))
            }
        }
    }
}

impl Checked {
    /// Writes the person and the organisation.
    pub(super) async fn insert(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<(UserId, OrgId)> {
        let new =
            user::NewUser { email: &self.email, name: &self.name, password_hash: &self.password_hash, operator: self.operator };
        let user = user::insert(tx, new, now).await?;
        let org = Organisation::create(tx, user, &self.organisation, &self.zone, now).await?;
        let event = Event { kind: "organisation.created", user: Some(user), ..Event::default() };
        events::record(tx, org, event, now).await?;
        Ok((user, org))
    }
}

/// The address in lower case. Only its outline is checked: whether it works is shown by mail that arrives.
pub(super) fn email(given: &str) -> Result<String, FieldError> {
    let email = given.trim().to_lowercase();
    let parts = email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    let clean = !email.chars().any(|c| c.is_whitespace() || c.is_control());
    if parts && clean && email.matches('@').count() == 1 && email.len() <= EMAIL_MAX {
        Ok(email)
    } else {
        Err(FieldError::new("email", "account.email_wrong"))
    }
}

/// Another shown name for the caller.
pub async fn rename(app: &App, caller: &Caller, name: &str) -> Result<()> {
    let name = orgs::check::name("name", name).map_err(|e| Error::Invalid(vec![e]))?;
    let (id, now) = (caller.person()?, app.clock.now());
    let mut tx = app.db.begin().await?;
    if user::rename(&mut tx, id, &name).await? {
        let event = Event { kind: "account.renamed", user: Some(id), data: Some(json!({"name": name})), ..Event::default() };
        events::record(&mut tx, caller.org, event, now).await?;
    }
    tx.commit().await
}

/// Another language for the caller; empty: that of their browser. An error of the field `language` for one we have not.
pub async fn choose_language(app: &App, user: UserId, code: &str) -> Result<()> {
    let code = Some(code).filter(|code| !code.is_empty());
    if code.is_some_and(|code| Language::parse(code).is_none()) {
        return Err(Error::invalid("language", "account.no_such_language"));
    }
    let mut tx = app.db.begin().await?;
    user::set_language(&mut tx, user, code).await?;
    tx.commit().await
}

/// Another address to sign in with, for the caller, who must know the present password.
///
/// Errors name the fields `email` and `email_password`; wrong tries are limited like logins.
pub async fn change_email(app: &App, caller: &Caller, new: &str, current: Secret) -> Result<()> {
    let id = caller.person()?;
    let new = email(new).map_err(|e| Error::Invalid(vec![e]))?;
    let limit = limit::of_password(id);
    limit::attempt(app, &limit, app.config.accounts.failures_per_account).await?;
    let login = user::Login::find(&app.db, id).await.or_not_found("user")?;
    if !password::verify(&current, Some(&login.password_hash)).await? {
        return Err(Error::invalid("email_password", "account.wrong_current"));
    }
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    user::set_email(&mut tx, id, &new).await?;
    limit::forget(&mut tx, &limit).await?;
    events::record(&mut tx, caller.org, Event { kind: "account.email_changed", user: Some(id), ..Event::default() }, now).await?;
    tx.commit().await
}

/// Another password for the caller, who must know the present one. Ends their other sessions.
///
/// Errors name the fields `current` and `password`; wrong tries are limited like logins.
pub async fn change_password(app: &App, caller: &Caller, current: Secret, new: Secret) -> Result<()> {
    let id = caller.person()?;
    if let Some(e) = password::check("password", &new) {
        return Err(Error::Invalid(vec![e]));
    }
    let limit = limit::of_password(id);
    limit::attempt(app, &limit, app.config.accounts.failures_per_account).await?;
    let login = user::Login::find(&app.db, id).await.or_not_found("user")?;
    if !password::verify(&current, Some(&login.password_hash)).await? {
        return Err(Error::invalid("current", "account.wrong_current"));
    }
    let (hash, now) = (password::hash(&new).await?, app.clock.now());
    let mut tx = app.db.begin().await?;
    if !user::swap_password(&mut tx, id, &login.password_hash, &hash).await? {
        return Err(Error::invalid("current", "account.wrong_current"));
    }
    session::delete_others(&mut tx, id, caller.session).await?;
    limit::forget(&mut tx, &limit).await?;
    let event = Event { kind: "password.changed", user: Some(id), ..Event::default() };
    events::record(&mut tx, caller.org, event, now).await?;
    tx.commit().await
}

/// Sets a password without knowing the old one, for whoever runs the server. Ends all sessions of the person and lifts
/// the lock that wrong tries put on the account.
///
/// [`Error::NotFound`] when nobody has this address; an error of `password` when it breaks the rules.
pub async fn reset_password(app: &App, email: &str, new: Secret) -> Result<()> {
    if let Some(e) = password::check("password", &new) {
        return Err(Error::Invalid(vec![e]));
    }
    let email = email.trim().to_lowercase();
    let login = user::Login::by_email(&app.db, &email).await.or_not_found("user")?;
    let (hash, now) = (password::hash(&new).await?, app.clock.now());
    let mut tx = app.db.begin().await?;
    user::set_password(&mut tx, login.id, &hash).await?;
    session::delete_others(&mut tx, login.id, None).await?;
    limit::forget(&mut tx, &limit::of_account(&email)).await?;
    if let Some(org) = Organisation::of_user(&mut tx, login.id).await? {
        events::record(&mut tx, org.id, Event { kind: "password.changed", ..Event::default() }, now).await?;
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_lower_case_with_one_at() {
        assert_eq!(email(" Ann@Example.ORG ").unwrap(), "ann@example.org");
        assert_eq!(email("a@localhost").unwrap(), "a@localhost");
        let long = format!("{}@example.org", "a".repeat(243));
        for wrong in ["", "ann", "@example.org", "ann@", "a@b@c", "a b@c", "a\n@b", &long] {
            assert_eq!(email(wrong).unwrap_err().field, "email", "{wrong:?}");
        }
    }
}
