//! The account and its server: who it is, what the server accepts, whom one can mention.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{Access, Failure, Identity, Item, Method, request, rules::Rules, send};
use crate::{error::FailureKind, providers::access::text};

/// Accounts that a search gives.
const FOUND: &str = "10";

/// <https://docs.joinmastodon.org/entities/Account/>
#[derive(Deserialize)]
pub struct Account {
    pub id: String,
    pub username: String,
    #[serde(default)]
    pub acct: String,
    #[serde(default)]
    pub display_name: String,
    #[serde(default)]
    pub avatar: String,
    pub url: Option<String>,
}

impl Account {
    /// The name that people gave themselves, else their user name.
    pub fn name(&self) -> String {
        if self.display_name.trim().is_empty() { self.username.clone() } else { self.display_name.trim().to_owned() }
    }

    /// The picture, when its address may be shown.
    pub fn picture(&self) -> Option<String> {
        Some(self.avatar.clone()).filter(|url| url.starts_with("https://"))
    }

    /// `user@host`: what names an account everywhere.
    pub fn handle(&self, server: &str) -> String {
        match self.acct.contains('@') {
            true => self.acct.clone(),
            false => format!("{}@{}", self.username, host(server)),
        }
    }

    /// The account of its server as one of the whole network: ids are unique within a server only.
    pub fn key(&self, server: &str) -> String {
        format!("{}@{}", self.id, host(server))
    }
}

/// The host of a server's address, with its port where that is not the usual one.
pub fn host(server: &str) -> &str {
    server.split("://").last().unwrap_or(server)
}

/// The id that the server itself uses.
pub fn local<'a>(access: &Access<'a>) -> &'a str {
    access.account.split('@').next().unwrap_or_default()
}

/// Who the account is today.
pub async fn whoami(access: &Access<'_>) -> Result<Identity, Failure> {
    let account: Account = send(access, request(access, Method::GET, "v1/accounts/verify_credentials")?).await?.json()?;
    let server = access.credential("server")?;
    let (id, name, picture) = (account.key(&server), account.name(), account.picture());
    Ok(Identity { id, name, handle: account.handle(&server), picture })
}

/// What the server accepts today.
pub async fn rules(access: &Access<'_>) -> Result<Rules, Failure> {
    let instance = match send(access, request(access, Method::GET, "v2/instance")?).await {
        Err(failure) if failure.kind == FailureKind::Rejected => send(access, request(access, Method::GET, "v1/instance")?).await,
        answer => answer,
    };
    Ok(Rules::read(&instance?.json()?))
}

/// Accounts whose name begins so. Their id is what a mention says after `@`.
pub async fn search(access: &Access<'_>, query: &str) -> Result<Vec<Item>, Failure> {
    let query = query.trim().trim_start_matches('@');
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let request = request(access, Method::GET, "v1/accounts/search")?;
    let request = request.query(&[("q", query), ("limit", FOUND), ("resolve", "false")]);
    let found: Vec<Account> = send(access, request).await?.json()?;
    let credentials = access.tokens.current();
    let server = text(&credentials, "server")?;
    Ok(found.iter().map(|account| item(account, server)).collect())
}

fn item(account: &Account, server: &str) -> Item {
    let handle = account.handle(server);
    let mut item = Item { picture: account.picture(), ..Item::new(handle.clone(), handle) };
    item.extra.insert("display_name".into(), Json::from(account.name()));
    item
}

/// As it is kept beside the token.
pub fn stored(server: &str, rules: Option<Rules>) -> Json {
    match rules {
        Some(rules) => json!({"server": server, "rules": rules}),
        None => json!({"server": server}),
    }
}
