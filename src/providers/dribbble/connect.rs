//! Whose account was granted, and for which teams it can post.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{ABOUT, Dribbble, explain};
use crate::{
    error::Failure,
    http::{Method, Request},
    providers::{Access, Account, Connected, Granted, Identity, Item, Link, call::host, credential, oauth::scrubbed},
};

#[derive(Deserialize)]
struct User {
    id: i64,
    name: String,
    login: String,
    avatar_url: Option<String>,
    html_url: Option<String>,
    can_upload_shot: Option<bool>,
    #[serde(default)]
    teams: Vec<Team>,
}

#[derive(Deserialize)]
struct Team {
    id: i64,
    name: String,
}

/// A call with the account's token.
pub fn request(access: &Access<'_>, method: Method, path: &str, credentials: &Json) -> Request {
    let url = format!("{}/v2/{path}", access.host(&ABOUT, "api"));
    access.http.request(method, &url).bearer(credential(credentials, "access").unwrap_or_default())
}

/// The account; players who may not upload yet are told so at once.
pub async fn profile(link: &Link<'_>, granted: &Granted) -> Result<Connected, Failure> {
    let url = format!("{}/v2/user", host(link.hosts, &ABOUT, "api"));
    let reply = link.http.request(Method::GET, &url).bearer(&granted.access).send().await;
    let reply = reply.and_then(|reply| reply.ok(link.now, explain));
    let user: User = reply.map_err(|failure| scrubbed(failure, &[&granted.access]))?.json()?;
    if user.can_upload_shot == Some(false) {
        return Err(Failure::rejected("this account may not upload shots at Dribbble yet"));
    }
    let account = Account {
        id: user.id.to_string(),
        name: user.name,
        handle: user.login,
        picture: user.avatar_url,
        url: user.html_url,
        credentials: granted.credentials(json!({})),
    };
    Ok(account.into())
}

async fn user(access: &Access<'_>) -> Result<User, Failure> {
    access.send(&Dribbble, |credentials: &Json| request(access, Method::GET, "user", credentials)).await?.json()
}

/// Who the account is today.
pub async fn whoami(access: &Access<'_>) -> Result<Identity, Failure> {
    let user = user(access).await?;
    Ok(Identity { id: user.id.to_string(), name: user.name, handle: user.login, picture: user.avatar_url })
}

/// The teams it can post for.
pub async fn teams(access: &Access<'_>) -> Result<Vec<Item>, Failure> {
    Ok(user(access).await?.teams.into_iter().map(|team| Item::new(team.id.to_string(), team.name)).collect())
}
