//! VK ID: OAuth 2.1 with a device, whose id comes back beside the code and goes along with every exchange.
//! <https://id.vk.com/about/business/go/docs/en/vkid/latest/vk-id/connection/api-integration/api-description>

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{ABOUT, Vk, api};
use crate::{
    error::{Failure, FailureKind},
    http::Method,
    kit::crypto,
    providers::{
        Access, Account, Answers, Connected, Granted, Identity, Link, Provider as _,
        call::host,
        credential,
        oauth::{self, scrubbed},
    },
};

/// What Postiz's page puts between the code and the device.
const JOINED: &str = "&&&&";

#[derive(Deserialize)]
struct Info {
    user: User,
}

#[derive(Deserialize)]
struct User {
    user_id: Json,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    avatar: Option<String>,
}

impl User {
    fn id(&self) -> String {
        self.user_id.as_str().map_or_else(|| self.user_id.to_string(), str::to_owned)
    }

    fn identity(self) -> Identity {
        let (id, name) = (self.id(), format!("{} {}", self.first_name, self.last_name).trim().to_owned());
        Identity { name, handle: format!("id{id}"), picture: self.avatar, id }
    }
}

/// Exchanges the code with the device it was given to.
pub async fn grant(link: &Link<'_>, answers: &Answers, kept: Json, code: &str) -> Result<Connected, Failure> {
    let joined = code.split_once(JOINED);
    let device = joined.map(|(_, device)| device).or(kept["query"]["device_id"].as_str()).unwrap_or_default().to_owned();
    if device.is_empty() {
        return Err(Failure::rejected("VK named no device: open the page again"));
    }
    let (code, state) = (joined.map_or(code, |(code, _)| code), crypto::random_token());
    let given = [("code", code), ("device_id", device.as_str()), ("state", state.as_str())];
    let mut granted = oauth::exchange_with(&ABOUT, link, answers, kept.clone(), &given).await?;
    granted.kept["device"] = json!(device);
    Vk.profile(link, &granted).await
}

/// Whose account it is.
pub async fn profile(link: &Link<'_>, granted: &Granted) -> Result<Connected, Failure> {
    let url = format!("{}/oauth2/user_info", host(link.hosts, &ABOUT, "id"));
    let client = link.app.get("client_id").map_or("", String::as_str);
    let form = [("client_id", client), ("access_token", granted.access.as_str())];
    let reply = link.http.request(Method::POST, &url).reads().form(&form).send().await;
    let reply = reply.and_then(|reply| reply.ok(link.now, |_, failure| failure));
    let reply = reply.and_then(|reply| match api::refused(&reply) {
        Some(failure) => Err(failure),
        None => Ok(reply),
    });
    let Info { user } = reply.map_err(|failure| scrubbed(failure, &[&granted.access]))?.json().map_err(unread)?;
    let who = user.identity();
    let account = Account {
        url: Some(format!("{}/{}", host(link.hosts, &ABOUT, "site"), who.handle)),
        credentials: granted.credentials(json!({"device": granted.kept["device"]})),
        id: who.id,
        name: who.name,
        handle: who.handle,
        picture: who.picture,
    };
    Ok(account.into())
}

/// What the answer holds is personal.
fn unread(failure: Failure) -> Failure {
    Failure { message: "VK did not say whose account it is".into(), raw: None, ..failure }
}

/// New tokens for the same device.
pub async fn renew(link: &Link<'_>, stored: Json) -> Result<Json, Failure> {
    let device = credential(&stored, "device")?.to_owned();
    let state = crypto::random_token();
    let given = [("device_id", device.as_str()), ("state", state.as_str())];
    oauth::renew_with(&ABOUT, link, stored, &given).await.map_err(|failure| match failure.code.as_deref() {
        Some("invalid_token" | "invalid_request") => Failure { kind: FailureKind::Reconnect, ..failure },
        _ => failure,
    })
}

/// Who the account is today.
pub async fn whoami(access: &Access<'_>) -> Result<Identity, Failure> {
    let url = format!("{}/oauth2/user_info", access.host(&ABOUT, "id"));
    let client = access.app.get("client_id").map_or("", String::as_str);
    let make = |credentials: &Json| {
        let token = credential(credentials, "access").unwrap_or_default();
        access.http.request(Method::POST, &url).reads().form(&[("client_id", client), ("access_token", token)])
    };
    let Info { user } = access.send(&Vk, make).await?.json().map_err(unread)?;
    Ok(user.identity())
}
