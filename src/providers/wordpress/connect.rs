//! Connecting a WordPress: whose password it is, and what may stand in the way.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::wire::{Login, explain, send};
use crate::{
    error::{Failure, FailureKind},
    http::{Method, Reply},
    providers::{Access, Account, Answers, Identity, Link, article},
};

const ME: &str = "wp/v2/users/me";

#[derive(Deserialize)]
struct User {
    id: i64,
    name: String,
    slug: Option<String>,
    #[serde(default)]
    avatar_urls: BTreeMap<String, String>,
}

impl User {
    fn identity(self, server: &str) -> Identity {
        let place = server.split("://").last().unwrap_or(server);
        let size = |size: &String| size.parse::<u32>().unwrap_or(0);
        let largest = self.avatar_urls.into_iter().max_by_key(|(name, _)| size(name)).map(|(_, url)| url);
        Identity {
            id: format!("{server}_{}", self.id),
            handle: format!("{}@{place}", self.slug.unwrap_or_else(|| self.name.clone())),
            name: self.name,
            picture: largest.filter(|url| url.starts_with("https://")),
        }
    }
}

/// Asks the site who the password belongs to, at the readable address and then at the plain one.
pub async fn connect(link: &Link<'_>, answers: &Answers) -> Result<Account, Failure> {
    let answer = |name: &str| answers.get(name).map_or("", |a| a.trim());
    let server = article::site(link.http, answer("domain"), "/wp-")?;
    let login = Login { server: &server, plain: false, name: answer("username"), password: answer("password") };
    let (user, plain) = match ask(link, login).await {
        Err(failure) if is_no_route(&failure) => (ask(link, Login { plain: true, ..login }).await?, true),
        user => (user?, false),
    };
    let Identity { id, name, handle, picture } = user.identity(&server);
    let credentials = json!({"server": server, "identifier": login.name, "password": login.password, "plain": plain});
    Ok(Account { id, name, handle, picture, url: Some(server), credentials })
}

async fn ask(link: &Link<'_>, login: Login<'_>) -> Result<User, Failure> {
    let server = login.server;
    let sent = login.request(link.http, Method::GET, ME).send().await;
    let reply = sent.map_err(|failure| Failure { message: format!("{server}: {}", failure.message), ..failure })?;
    if let Some(to) = reply.header("location").filter(|_| (300..400).contains(&reply.status)) {
        return Err(Failure::rejected(format!("{server} sends us on to {to}: enter that address")));
    }
    let reply = reply.ok(link.now, |reply, failure| refused(server, reply, explain(reply, failure)))?;
    reply.json().map_err(|failure| no_wordpress(server, failure))
}

/// What a person can put right.
fn refused(server: &str, reply: &Reply, failure: Failure) -> Failure {
    let is_said = serde_json::from_slice::<serde_json::Value>(&reply.body).is_ok_and(|said| said["code"].is_string());
    match reply.status {
        401 | 403 if is_said => Failure {
            kind: FailureKind::Reconnect,
            message: format!(
                "{} (the user name or application password is wrong, or the site removes the Authorization header)",
                failure.message
            ),
            ..failure
        },
        404 if !is_said => no_wordpress(server, failure),
        _ => failure,
    }
}

fn no_wordpress(server: &str, failure: Failure) -> Failure {
    Failure { kind: FailureKind::Rejected, message: format!("{server} does not answer like a WordPress"), ..failure }
}

fn is_no_route(failure: &Failure) -> bool {
    failure.kind == FailureKind::Rejected && matches!(failure.code.as_deref(), Some("404" | "rest_no_route"))
}

/// Who the account is today.
pub async fn whoami(access: &Access<'_>) -> Result<Identity, Failure> {
    let user: User = send(access, Method::GET, ME, |r| r).await?.json()?;
    Ok(user.identity(&access.credential("server")?))
}
