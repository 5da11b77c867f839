//! Connecting a WriteFreely: with a password, of which only the token is kept, or with a token.

use serde::Deserialize;
use serde_json::json;

use super::{Answer, explain, request, send};
use crate::{
    error::{Failure, FailureKind},
    http::Method,
    providers::{Access, Account, Answers, Identity, Link, article},
};

#[derive(Deserialize)]
struct Opened {
    access_token: String,
}

#[derive(Deserialize)]
struct User {
    username: String,
}

/// Signs in where no token was given, and asks whose token it is.
pub async fn connect(link: &Link<'_>, answers: &Answers) -> Result<Account, Failure> {
    let answer = |name: &str| answers.get(name).map_or("", |a| a.trim());
    let server = article::site(link.http, answer("url"), "/")?;
    let token = match (answer("token"), answer("username"), answer("password")) {
        ("", "", _) => return Err(Failure::rejected("username: needed, unless a token is given")),
        ("", _, "") => return Err(Failure::rejected("password: needed, unless a token is given")),
        ("", name, password) => sign_in(link, &server, name, password).await?,
        (token, ..) => token.to_owned(),
    };
    let me = request(link.http, (Method::GET, &server, "me"), &token).send().await;
    let reply = me.map_err(|failure| named(&server, failure))?.ok(link.now, explain)?;
    let user: Answer<User> = reply.json().map_err(|failure| no_writefreely(&server, failure))?;
    let Identity { id, name, handle, picture } = identity(user.data.username, &server);
    let credentials = json!({"server": server, "access": token, "handle": name});
    Ok(Account { id, name, handle, picture, url: Some(server), credentials })
}

async fn sign_in(link: &Link<'_>, server: &str, name: &str, password: &str) -> Result<String, Failure> {
    let request = link.http.request(Method::POST, &format!("{server}/api/auth/login")).reads();
    let sent = request.json(&json!({"alias": name, "pass": password})).send().await;
    let reply = sent.map_err(|failure| named(server, failure))?.ok(link.now, |reply, failure| {
        let failure = explain(reply, failure);
        match reply.status {
            // Signing in with a password is switched off there.
            403 => Failure { message: format!("{}: give a token instead", failure.message), ..failure },
            404 if serde_json::from_slice::<serde_json::Value>(&reply.body).is_err() => no_writefreely(server, failure),
            _ => failure,
        }
    })?;
    let opened: Answer<Opened> = reply.json().map_err(|failure| Failure { raw: None, ..no_writefreely(server, failure) })?;
    Ok(opened.data.access_token)
}

/// Who the account is today.
pub async fn whoami(access: &Access<'_>) -> Result<Identity, Failure> {
    let user: Answer<User> = send(access, Method::GET, "me", |r| r).await?.json()?;
    Ok(identity(user.data.username, &access.credential("server")?))
}

fn identity(name: String, server: &str) -> Identity {
    let place = server.split("://").last().unwrap_or(server);
    Identity { id: format!("{place}_{name}"), handle: format!("{name}@{place}"), name, picture: None }
}

fn named(server: &str, failure: Failure) -> Failure {
    Failure { message: format!("{server}: {}", failure.message), ..failure }
}

fn no_writefreely(server: &str, failure: Failure) -> Failure {
    Failure { kind: FailureKind::Rejected, message: format!("{server} does not answer like a WriteFreely"), ..failure }
}
