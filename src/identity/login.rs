//! Signing in with a password.

use super::{
    Device, limit,
    model::{session as sessions, user},
    password, session,
};
use crate::{
    app::App,
    db::Tx,
    error::{Error, Result},
    kit::{Secret, UserId},
    orgs::{Caller, Organisation},
};

/// Signs in and gives the cookie of a fresh session. The session that the browser had before, `previous`, ends.
///
/// An error of the field `password`, the same whether the address or the password is wrong, and after the same time;
/// [`Error::RateLimited`] after too many failures from this address or for this account.
pub async fn login(app: &App, email: &str, given: Secret, device: &Device, previous: Option<&Caller>) -> Result<String> {
    let proven = prove(app, email, &given, device).await?;
    let mut tx = app.db.begin().await?;
    let user = proven.accept(&mut tx).await?;
    let none = || Error::invalid("email", "login.no_organisation");
    let org = Organisation::of_user(&mut tx, user).await?.ok_or_else(none)?;
    if let Some(Caller { user: Some(user), session: Some(id), .. }) = previous {
        sessions::delete(&mut tx, *user, *id).await?;
    }
    let cookie = session::open(&mut tx, app, user, org.id, device).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// Somebody who knew the password of an account.
pub(super) struct Proven {
    login: user::Login,
    /// The hash to keep from now on.
    hash: String,
    place: String,
    account: String,
}

/// Finds out whose password it is; the errors are those of [`login`]. The counters go down with [`Proven::accept`].
pub(super) async fn prove(app: &App, email: &str, given: &Secret, device: &Device) -> Result<Proven> {
    let email = email.trim().to_lowercase();
    let (place, account) = (limit::of_address(&device.address), limit::of_account(&email));
    limit::attempt(app, &place, app.config.accounts.failures_per_address).await?;
    limit::attempt(app, &account, app.config.accounts.failures_per_account).await?;
    let (login, hash) = recognise(app, &email, given).await?;
    limit::prune(app).await?;
    Ok(Proven { login, hash, place, account })
}

impl Proven {
    /// Holds the person's row until the end of the transaction and takes the try back.
    pub(super) async fn accept(&self, tx: &mut Tx) -> Result<UserId> {
        // Also when nothing changes: a password replaced since the look must not open a session.
        if !user::swap_password(tx, self.login.id, &self.login.password_hash, &self.hash).await? {
            return Err(wrong());
        }
        limit::forget(tx, &self.account).await?;
        limit::take_back(tx, &self.place).await?;
        Ok(self.login.id)
    }
}

/// Whose password it is, and the hash to keep from now on: an outdated one is made anew while the password is at hand.
async fn recognise(app: &App, email: &str, given: &Secret) -> Result<(user::Login, String)> {
    let login = user::Login::by_email(&app.db, email).await?;
    let right = password::verify(given, login.as_ref().map(|l| l.password_hash.as_str())).await?;
    let login = login.filter(|_| right).ok_or_else(wrong)?;
    let hash = match password::is_outdated(&login.password_hash) {
        true => password::hash(given).await?,
        false => login.password_hash.clone(),
    };
    Ok((login, hash))
}

fn wrong() -> Error {
    Error::invalid("password", "login.wrong")
}
