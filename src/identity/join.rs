//! Accepting an invitation: as somebody new, with an account that exists, or signed in already.

use super::{Device, account, login, model::user, password, session};
use crate::{
    app::App,
    error::{Error, Result},
    kit::Secret,
    orgs::{self, Caller, invite},
};

/// Somebody who has no account yet. Errors name the fields `name`, `email` and `password`.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Shown to others, 1 to 100 characters.
    pub name: String,
    /// Their login.
    pub email: String,
    /// 10 to 256 characters.
    pub password: Secret,
}

/// A [`NewPerson`] whose fields are in order.
struct Checked {
    name: String,
    email: String,
    hash: String,
}

impl NewPerson {
    async fn check(self) -> Result<Checked> {
        let (name, email) = (orgs::check::name("name", &self.name), account::email(&self.email));
        match (name, email, password::check("password", &self.password)) {
            (Ok(name), Ok(email), None) => Ok(Checked { name, email, hash: password::hash(&self.password).await? }),
            (name, email, wrong) => Err(Error::Invalid([name.err(), email.err(), wrong].into_iter().flatten().collect())),
        }
    }
}

/// Makes an account, joins with it and gives the cookie of its session.
pub async fn join_new(app: &App, token: &str, new: NewPerson, device: &Device) -> Result<String> {
    let now = app.clock.now();
    // First: without a link that is good nobody has a password hashed here.
    let offer = invite::find(&app.db, token, now).await?;
    let new = new.check().await?;
    let mut tx = app.db.begin().await?;
    let person = user::NewUser { email: &new.email, name: &new.name, password_hash: &new.hash, operator: false };
    let user = user::insert(&mut tx, person, now).await?;
    invite::accept(&mut tx, &offer, user, now).await?;
    let cookie = session::open(&mut tx, app, user, offer.org_id, device).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// Joins with the account of this address and gives the cookie of a session; the errors are those of signing in.
pub async fn join_known(app: &App, token: &str, (email, given): (&str, Secret), device: &Device) -> Result<String> {
    let now = app.clock.now();
    let offer = invite::find(&app.db, token, now).await?;
    let proven = login::prove(app, email, &given, device).await?;
    let mut tx = app.db.begin().await?;
    let user = proven.accept(&mut tx).await?;
    if orgs::role_of(&mut tx, offer.org_id, user).await?.is_none() {
        invite::accept(&mut tx, &offer, user, now).await?;
    }
    let cookie = session::open(&mut tx, app, user, offer.org_id, device).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// Joins as whoever is signed in, whose session goes on there.
pub async fn join_as(app: &App, token: &str, caller: &Caller) -> Result<()> {
    let (now, user) = (app.clock.now(), caller.person()?);
    let offer = invite::find(&app.db, token, now).await?;
    let mut tx = app.db.begin().await?;
    if orgs::role_of(&mut tx, offer.org_id, user).await?.is_none() {
        invite::accept(&mut tx, &offer, user, now).await?;
    }
    session::enter_in(&mut tx, caller, offer.org_id).await?;
    tx.commit().await
}
