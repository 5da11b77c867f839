//! Kick: messages in the account's own chat. <https://docs.kick.com/apis/chat>
//!
//! Nobody can ask Kick what was said in a chat, so a message whose answer is lost is uncertain.

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};

use super::{
    Access, Account, Auth, Call, Can, Connected, Descriptor, Effect, Failure, Field, Fut, Granted, Group, Identity, Limits, Link,
    OAuth2, Outcome, Provider, Rate, Remote, Text, call::host, credential, oauth::scrubbed,
};
use crate::http::{Method, Reply, Request};

/// Without these nothing can be said.
const NEEDED: [&str; 2] = ["chat:write", "user:read"];

const ABOUT: Descriptor = Descriptor {
    id: "kick",
    name: "Kick",
    group: Group::Community,
    auth: Auth::OAuth2(OAuth2 {
        authorize: "{id}/oauth/authorize",
        token: "{id}/oauth/token",
        scopes: &["chat:write", "user:read", "channel:read", "moderation:chat_message:manage"],
        ..OAuth2::PKCE
    }),
    app: Field::CLIENT,
    hosts: &[("id", "https://id.kick.com"), ("api", "https://api.kick.com"), ("site", "https://kick.com")],
    can: Can { thread: true, delete: true, refresh: true, ..Can::PUBLISH },
    limits: Limits { text: Text::utf16(500), text_optional: false, ..Limits::NONE },
    rates: &[Rate::account(20, 30)],
    docs: "https://docs.kick.com/apis/chat",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Kick;

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

#[derive(Deserialize)]
struct User {
    user_id: i64,
    name: String,
    profile_picture: Option<String>,
}

#[derive(Deserialize)]
struct Channel {
    slug: String,
}

#[derive(Deserialize)]
struct Sent {
    message_id: Option<String>,
}

impl Provider for Kick {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn profile<'a>(&'a self, link: &'a Link<'a>, granted: &'a Granted) -> Fut<'a, Connected> {
        Box::pin(profile(link, granted))
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
        // The detail stands in `data` when it is a text.
        let words = [&said["data"], &said["message"]].into_iter().find_map(Json::as_str).filter(|words| !words.is_empty());
        Failure { message: words.map_or_else(|| failure.message.clone(), str::to_owned), ..failure }
    }

    fn refused(&self, reply: &Reply, _: DateTime<Utc>) -> Option<Failure> {
        let said: Json = serde_json::from_slice(&reply.body).ok()?;
        let words = said["message"].as_str().filter(|words| *words != "OK").unwrap_or("Kick did not send the message");
        (said["data"]["is_sent"] == false).then(|| Failure::rejected(words).code("not_sent"))
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(async move {
            let users: Answer<Vec<User>> = read(access, "users").await?;
            let user = users.data.into_iter().next().ok_or_else(|| Failure::unexpected("Kick named no user"))?;
            let handle = access.credential("handle")?;
            Ok(Identity { id: user.user_id.to_string(), name: user.name, handle, picture: user.profile_picture })
        })
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(publish(call))
    }

    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(async move {
            let path = format!("chat/{}", remote.id);
            let make = |credentials: &Json| request(&call.access, Method::DELETE, &path, credentials).reads();
            match call.send(&Kick, make).await {
                Err(failure) if failure.code.as_deref() != Some("404") => Err(failure),
                _ => Ok(()),
            }
        })
    }
}

async fn profile(link: &Link<'_>, granted: &Granted) -> Result<Connected, Failure> {
    let scopes: Vec<&str> = granted.answer["scope"].as_str().unwrap_or_default().split_whitespace().collect();
    let missing: Vec<&str> = NEEDED.into_iter().filter(|needed| !scopes.contains(needed)).collect();
    if !missing.is_empty() {
        return Err(Failure::rejected(format!("these permissions were not granted: {}", missing.join(", "))));
    }
    let users: Answer<Vec<User>> = ask(link, &granted.access, "users").await?;
    let user = users.data.into_iter().next().ok_or_else(|| Failure::unexpected("Kick named no user"))?;
    // The address of a channel can differ from its name; without it the name is the best guess.
    let channels: Result<Answer<Vec<Channel>>, Failure> = ask(link, &granted.access, "channels").await;
    let slug = channels.ok().and_then(|channels| Some(channels.data.into_iter().next()?.slug));
    let handle = slug.unwrap_or_else(|| user.name.to_lowercase());
    let account = Account {
        id: user.user_id.to_string(),
        name: user.name,
        picture: user.profile_picture,
        url: Some(format!("{}/{handle}", host(link.hosts, &ABOUT, "site"))),
        credentials: granted.credentials(json!({"handle": handle})),
        handle,
    };
    Ok(account.into())
}

async fn ask<T: DeserializeOwned>(link: &Link<'_>, token: &str, path: &str) -> Result<T, Failure> {
    let url = format!("{}/public/v1/{path}", host(link.hosts, &ABOUT, "api"));
    let reply = link.http.request(Method::GET, &url).bearer(token).send().await;
    let reply = reply.and_then(|reply| reply.ok(link.now, |r, failure| Kick.explain(r, failure)));
    reply.map_err(|failure| scrubbed(failure, &[token]))?.json()
}

fn request(access: &Access<'_>, method: Method, path: &str, credentials: &Json) -> Request {
    let url = format!("{}/public/v1/{path}", access.host(&ABOUT, "api"));
    access.http.request(method, &url).bearer(credential(credentials, "access").unwrap_or_default())
}

async fn read<T: DeserializeOwned>(access: &Access<'_>, path: &str) -> Result<T, Failure> {
    access.send(&Kick, |credentials: &Json| request(access, Method::GET, path, credentials)).await?.json()
}

async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    call.fits(&ABOUT)?;
    let text = call.words(&ABOUT);
    if text.trim().is_empty() {
        return Err(Failure::rejected("a message in a chat needs a text"));
    }
    call.freshen(&Kick).await?;
    let remote = call.step("say", Effect::Once, text.as_bytes(), async |_| say(call, &text).await).await?;
    Ok(Outcome::live(remote))
}

async fn say(call: &Call<'_>, text: &str) -> Result<Remote, Failure> {
    let account: i64 = call.account.parse().map_err(|_| Failure::reconnect("the account's number is not known"))?;
    let mut body = json!({"type": "user", "content": text, "broadcaster_user_id": account});
    if let Some(parent) = call.parent() {
        body["reply_to_message_id"] = json!(parent.id);
    }
    let make = |credentials: &Json| request(&call.access, Method::POST, "chat", credentials).json(&body);
    let sent: Answer<Sent> = call.send(&Kick, make).await?.json()?;
    let id = sent.data.message_id.filter(|id| !id.is_empty()).ok_or_else(|| Failure::uncertain("Kick named no message"))?;
    let url = format!("{}/{}", call.host(&ABOUT, "site"), call.credential("handle")?);
    Ok(Remote { id, url: Some(url), extra: json!({}) })
}
