//! Connecting a Ghost: which site it is, and that the key opens it.

use serde::Deserialize;
use serde_json::json;

use super::wire::{Key, explain, open, send};
use crate::{
    error::{Failure, FailureKind},
    http::Method,
    providers::{Access, Account, Answers, Identity, Link, article},
};

#[derive(Deserialize)]
struct Answer {
    site: Site,
}

#[derive(Deserialize)]
struct Site {
    title: Option<String>,
    url: Option<String>,
    logo: Option<String>,
    icon: Option<String>,
}

/// Asks the site who it is, and then something that only the key may ask.
pub async fn connect(link: &Link<'_>, answers: &Answers) -> Result<Account, Failure> {
    let answer = |name: &str| answers.get(name).map_or("", |a| a.trim());
    let server = article::site(link.http, answer("url"), "/ghost")?;
    let (id, secret) = key(answer("apiKey"))?;
    let reply = open(link.http, &server, (Method::GET, "site/")).send().await.map_err(|f| named(&server, f))?;
    if let Some(to) = reply.header("location").filter(|_| (300..400).contains(&reply.status)) {
        return Err(Failure::rejected(format!("{server} sends us on to {to}: enter that address")));
    }
    let site = reply.ok(link.now, explain).and_then(|reply| reply.json::<Answer>());
    let site = site.map_err(|failure| no_ghost(&server, failure))?.site;
    let proof = Key { server: &server, id: &id, secret: &secret }.request(link.http, link.now, (Method::GET, "users/"))?;
    proof.query(&[("limit", "1"), ("include", "roles")]).send().await?.ok(link.now, explain)?;
    let url = site.url.clone().unwrap_or_else(|| server.clone());
    let Identity { id: name_of_site, name, handle, picture } = identity(site, &server);
    let credentials = json!({"server": server, "id": id, "secret": secret});
    Ok(Account { id: name_of_site, name, handle, picture, url: Some(url), credentials })
}

/// Who the site is today, asked with the key.
pub async fn whoami(access: &Access<'_>) -> Result<Identity, Failure> {
    send(access, Method::GET, "users/", |r| r.query(&[("limit", "1"), ("include", "roles")])).await?;
    let answer: Answer = send(access, Method::GET, "site/", |r| r).await?.json()?;
    Ok(identity(answer.site, &access.credential("server")?))
}

fn identity(site: Site, server: &str) -> Identity {
    let url = site.url.as_deref().unwrap_or(server);
    let place = url.split("://").last().unwrap_or(url).trim_end_matches('/').to_owned();
    Identity {
        name: site.title.filter(|title| !title.is_empty()).unwrap_or_else(|| place.clone()),
        picture: site.icon.or(site.logo).filter(|url| url.starts_with("https://")),
        handle: place.clone(),
        id: place,
    }
}

/// `<24 digits>:<64 digits>`, all hexadecimal.
fn key(given: &str) -> Result<(String, String), Failure> {
    let is_hex = |text: &str, n: usize| text.len() == n && text.chars().all(|c| c.is_ascii_hexdigit());
    match given.split_once(':') {
        Some((id, secret)) if is_hex(id, 24) && is_hex(secret, 64) => Ok((id.to_owned(), secret.to_owned())),
        _ => Err(Failure::rejected("apiKey: that is no Admin API key; the Content API key is another one")),
    }
}

fn named(server: &str, failure: Failure) -> Failure {
    Failure { message: format!("{server}: {}", failure.message), ..failure }
}

fn no_ghost(server: &str, failure: Failure) -> Failure {
    match failure.kind {
        FailureKind::Rejected | FailureKind::Unexpected | FailureKind::Reconnect => {
            Failure { kind: FailureKind::Rejected, message: format!("{server} does not answer like a Ghost"), ..failure }
        }
        _ => named(server, failure),
    }
}
