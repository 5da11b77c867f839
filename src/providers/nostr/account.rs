//! The account behind a key: its profile and its relays, as relays know them. NIP-01, NIP-65; what a relay accepts: NIP-11

use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{
    ABOUT, Access, Answers, Event, Failure, Identity, Key, Limits, Link, RELAYS, Text, bech32, kind,
    relays::{self, Known},
};
use crate::{
    http::Method,
    providers::{Account, Fut, Refresh, Tokens, call::host},
};

/// <https://github.com/nostr-protocol/nips/blob/master/24.md>
#[derive(Default, Deserialize)]
#[serde(default)]
struct Profile {
    name: Option<String>,
    display_name: Option<String>,
    #[serde(rename = "displayName")]
    other_name: Option<String>,
    picture: Option<String>,
}

/// Credentials that are not stored yet.
struct Fresh(Json);

impl Tokens for Fresh {
    fn current(&self) -> Json {
        self.0.clone()
    }

    fn renew<'a>(&'a self, _: &'a Json, _: Refresh<'a>) -> Fut<'a, Json> {
        Box::pin(async { Err(Failure::unsupported("renewing a key")) })
    }
}

/// Reads the key, asks the relays who that is, and says why when none of them can be asked.
pub async fn connect(link: &Link<'_>, answers: &Answers) -> Result<Account, Failure> {
    let answer = |name: &str| answers.get(name).map_or("", |a| a.trim());
    let key = Key::parse(answer("password"));
    // The form's secret field is the one that is wrong.
    let key = key.ok_or_else(|| Failure::reconnect("this is no private key: 64 hexadecimal digits or nsec1… are one"))?;
    let given = given(link, answer("relays"))?;
    let asked = if given.is_empty() { RELAYS.map(str::to_owned).to_vec() } else { given.clone() };
    let tokens = Fresh(json!({"key": key.secret(), "relays": asked}));
    let public = hex::encode(key.public());
    let Link { http, hosts, app, redirect, now } = *link;
    let access = Access { http, hosts, app, redirect, account: &public, tokens: &tokens, now };
    let known = about(&access, &key, &asked).await?;
    let relays = match own_relays(&known.events) {
        own if given.is_empty() && !own.is_empty() => own.into_iter().filter(|r| http.check_socket(r).is_ok()).collect(),
        _ => asked,
    };
    let who = identity(&key, &known.events);
    let url = Some(format!("{}/{}", host(hosts, &ABOUT, "web"), who.handle));
    let credentials = json!({"key": key.secret(), "relays": relays});
    Ok(Account { id: who.id, name: who.name, handle: who.handle, picture: who.picture, url, credentials })
}

/// The addresses in a text, one a line or between commas.
fn given(link: &Link<'_>, words: &str) -> Result<Vec<String>, Failure> {
    let mut relays: Vec<String> = Vec::new();
    for word in words.split([',', ' ', '\n', '\r', '\t']).filter(|word| !word.is_empty()) {
        let address = if word.contains("://") { word.to_owned() } else { format!("wss://{word}") };
        link.http.check_socket(&address).map_err(|why| Failure::rejected(format!("{word}: {why}")))?;
        let address = address.trim_end_matches('/').to_owned();
        if !relays.contains(&address) {
            relays.push(address);
        }
    }
    match relays.len() {
        n if n > relays::MOST => Err(Failure::rejected(format!("at most {} relays", relays::MOST))),
        _ => Ok(relays),
    }
}

async fn about(access: &Access<'_>, key: &Key, relays: &[String]) -> Result<Known, Failure> {
    let filter = json!({"authors": [access.account], "kinds": [kind::PROFILE, kind::RELAYS], "limit": 20});
    relays::ask_at(access, key, relays, &filter).await
}

/// Where the account writes, as it says itself.
pub fn own_relays(events: &[Event]) -> Vec<String> {
    let Some(list) = events.iter().find(|event| event.kind == kind::RELAYS) else { return Vec::new() };
    let writes = list.tags.iter().filter(|tag| tag.first().is_some_and(|name| name == "r"));
    let writes = writes.filter(|tag| tag.get(2).is_none_or(|how| how != "read"));
    writes.filter_map(|tag| tag.get(1)).map(|relay| relay.trim_end_matches('/').to_owned()).take(relays::MOST).collect()
}

fn identity(key: &Key, events: &[Event]) -> Identity {
    let profile = events.iter().find(|event| event.kind == kind::PROFILE);
    let profile: Profile = profile.and_then(|event| serde_json::from_str(&event.content).ok()).unwrap_or_default();
    let handle = bech32::encode("npub", &key.public());
    let names = [profile.display_name, profile.other_name, profile.name];
    let name = names.into_iter().flatten().map(|name| name.trim().to_owned()).find(|name| !name.is_empty());
    let name = name.map(|name| name.chars().take(100).collect()).unwrap_or_else(|| handle.chars().take(16).collect());
    let picture = profile.picture.filter(|url| url.starts_with("https://") && url.len() <= 2_000);
    Identity { id: hex::encode(key.public()), name, handle, picture }
}

/// Who the account is today.
pub async fn whoami(access: &Access<'_>) -> Result<Identity, Failure> {
    let credentials = access.tokens.current();
    let key = Key::stored(&credentials)?;
    let known = about(access, &key, &relays::stored(&credentials)?).await?;
    Ok(identity(&key, &known.events))
}

/// The least that a relay of the account takes; relays that say nothing take what is usual.
pub async fn limits(access: &Access<'_>) -> Result<Limits, Failure> {
    let relays = relays::stored(&access.tokens.current())?;
    let said = join_all(relays.iter().map(|relay| most(access, relay))).await;
    let max = said.into_iter().flatten().min().unwrap_or(ABOUT.limits.text.max).min(ABOUT.limits.text.max);
    Ok(Limits { text: Text::chars(max), ..ABOUT.limits })
}

/// Characters of a note, as a relay says about itself.
async fn most(access: &Access<'_>, relay: &str) -> Option<usize> {
    let page = relay.replacen("wss://", "https://", 1).replacen("ws://", "http://", 1);
    let request = access.http.request(Method::GET, &page).header("accept", "application/nostr+json").max_reply(100_000);
    let said: Json = request.send().await.ok().filter(|reply| reply.is_success())?.json().ok()?;
    let number = |name: &str| said["limitation"][name].as_u64().filter(|n| *n > 0).and_then(|n| usize::try_from(n).ok());
    match (number("max_content_length"), number("max_message_length")) {
        (Some(content), Some(message)) => Some(content.min(message)),
        (content, message) => content.or(message),
    }
}
