//! People: set-up, login, sessions, one's own account.

mod account;
mod login;
mod sessions;
mod setup;

use rostrum::{
    db::{Value, q},
    identity::{self, Created, NewOwner},
    kit::Secret,
};

use crate::support::{Answer, Client, TestApp};

pub const PASSWORD: &str = "correct horse battery";

/// An owner with a password, made as the command line makes one.
pub async fn create(app: &TestApp, email: &str) -> Created {
    let new = NewOwner {
        email: email.into(),
        name: "Ann".into(),
        password: Secret::new(PASSWORD),
        organisation: "Ann & Co".into(),
        zone: "Europe/Berlin".into(),
        operator: false,
    };
    identity::create_owner(&app.app, new).await.unwrap()
}

/// One try to sign in.
pub async fn login(browser: &Client, email: &str, password: &str) -> Answer {
    browser.submit("/login", &[("email", email), ("password", password)]).await
}

/// A browser that is signed in.
pub async fn signed_in(app: &TestApp, email: &str) -> Client {
    let browser = app.visitor();
    login(&browser, email, PASSWORD).await.expect(303);
    browser
}

/// Changes a table behind the program's back.
pub async fn change(app: &TestApp, sql: &'static str, values: Vec<Value>) {
    let mut tx = app.app.db.begin().await.unwrap();
    values.into_iter().fold(q(sql), rostrum::db::Q::bind).exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// A number from a table.
pub async fn count(app: &TestApp, sql: &'static str) -> i64 {
    let (n,): (i64,) = q(sql).one(&app.app.db).await.unwrap();
    n
}
