//! Twitch: messages and announcements in the account's own chat. <https://dev.twitch.tv/docs/api/reference#send-chat-message>
//!
//! Nobody can ask Twitch what was said in a chat, so a message whose answer is lost is uncertain.

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};

use super::{
    Access, Account, Auth, Call, Can, Choice, Connected, Descriptor, Effect, Failure, FailureKind, Field, Fut, Granted, Group,
    Identity, Limits, Link, OAuth2, Outcome, Provider, Rate, Remote, Text,
    call::host,
    credential,
    oauth::{self, scrubbed},
};
use crate::http::{Method, Reply, Request};

/// Without these nothing can be said.
const NEEDED: [&str; 3] = ["user:write:chat", "user:read:chat", "moderator:manage:announcements"];

const TYPES: &[Choice] = &[
    Choice { value: "message", label: "provider.twitch.message" },
    Choice { value: "announcement", label: "provider.twitch.announcement" },
];
const COLORS: &[Choice] = &[
    Choice { value: "primary", label: "provider.twitch.primary" },
    Choice { value: "blue", label: "provider.twitch.blue" },
    Choice { value: "green", label: "provider.twitch.green" },
    Choice { value: "orange", label: "provider.twitch.orange" },
    Choice { value: "purple", label: "provider.twitch.purple" },
];

const ABOUT: Descriptor = Descriptor {
    id: "twitch",
    name: "Twitch",
    group: Group::Community,
    auth: Auth::OAuth2(OAuth2 {
        authorize: "{id}/oauth2/authorize",
        token: "{id}/oauth2/token",
        scopes: &["user:write:chat", "user:read:chat", "moderator:manage:announcements", "moderator:manage:chat_messages"],
        ..OAuth2::CODE
    }),
    app: Field::CLIENT,
    settings: &[
        Field::choice("messageType", "provider.twitch.type", TYPES).default("message").optional(),
        Field::choice("announcementColor", "provider.twitch.color", COLORS)
            .default("primary")
            .optional()
            .when("messageType", "announcement"),
    ],
    hosts: &[("id", "https://id.twitch.tv"), ("api", "https://api.twitch.tv"), ("site", "https://twitch.tv")],
    can: Can { thread: true, delete: true, refresh: true, ..Can::PUBLISH },
    limits: Limits { text: Text::chars(500), text_optional: false, ..Limits::NONE },
    // https://dev.twitch.tv/docs/chat/#rate-limits
    rates: &[Rate::account(20, 30)],
    docs: "https://dev.twitch.tv/docs/api/reference",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Twitch;

#[derive(Deserialize)]
struct Many<T> {
    data: Vec<T>,
}

#[derive(Deserialize)]
struct User {
    id: String,
    login: String,
    display_name: String,
    profile_image_url: Option<String>,
}

#[derive(Deserialize)]
struct Sent {
    message_id: String,
}

impl Provider for Twitch {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn profile<'a>(&'a self, link: &'a Link<'a>, granted: &'a Granted) -> Fut<'a, Connected> {
        Box::pin(profile(link, granted))
    }

    fn renew<'a>(&'a self, link: &'a Link<'a>, stored: Json) -> Fut<'a, Json> {
        Box::pin(async move {
            // Twitch has words of its own for a refresh token that has ended.
            oauth::renew(&ABOUT, link, stored).await.map_err(|failure| match failure.code.as_deref() {
                Some("400" | "401" | "Bad Request" | "Unauthorized") => Failure { kind: FailureKind::Reconnect, ..failure },
                _ => failure,
            })
        })
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
        let words = said["message"].as_str().filter(|words| !words.is_empty()).map(str::to_owned);
        Failure { message: words.unwrap_or_else(|| failure.message.clone()), ..failure }
    }

    fn refused(&self, reply: &Reply, _: DateTime<Utc>) -> Option<Failure> {
        dropped(reply)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(async move {
            let users: Many<User> = read(access, "users").await?;
            let user = users.data.into_iter().next().ok_or_else(|| Failure::unexpected("Twitch named no user"))?;
            Ok(Identity { id: user.id, name: user.display_name, handle: user.login, picture: user.profile_image_url })
        })
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(publish(call))
    }

    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(delete(call, remote))
    }
}

async fn profile(link: &Link<'_>, granted: &Granted) -> Result<Connected, Failure> {
    let scopes: Vec<String> = serde_json::from_value(granted.answer["scope"].clone()).unwrap_or_default();
    let missing: Vec<&str> = NEEDED.into_iter().filter(|needed| !scopes.iter().any(|scope| scope == needed)).collect();
    if !missing.is_empty() {
        return Err(Failure::rejected(format!("these permissions were not granted: {}", missing.join(", "))));
    }
    let client = link.app.get("client_id").map_or("", String::as_str);
    let url = format!("{}/helix/users", host(link.hosts, &ABOUT, "api"));
    let request = link.http.request(Method::GET, &url).bearer(&granted.access).header("client-id", client);
    let reply = request.send().await.and_then(|reply| reply.ok(link.now, |r, failure| Twitch.explain(r, failure)));
    let users: Many<User> = reply.map_err(|failure| scrubbed(failure, &[&granted.access]))?.json()?;
    let user = users.data.into_iter().next().ok_or_else(|| Failure::unexpected("Twitch named no user"))?;
    let account = Account {
        url: Some(format!("{}/{}", host(link.hosts, &ABOUT, "site"), user.login)),
        credentials: granted.credentials(json!({"handle": user.login})),
        id: user.id,
        name: user.display_name,
        handle: user.login,
        picture: user.profile_image_url,
    };
    Ok(account.into())
}

fn request(access: &Access<'_>, method: Method, path: &str, credentials: &Json) -> Request {
    let client = access.app.get("client_id").map_or("", String::as_str);
    let url = format!("{}/helix/{path}", access.host(&ABOUT, "api"));
    let token = credential(credentials, "access").unwrap_or_default();
    access.http.request(method, &url).bearer(token).header("client-id", client)
}

async fn read<T: DeserializeOwned>(access: &Access<'_>, path: &str) -> Result<T, Failure> {
    access.send(&Twitch, |credentials: &Json| request(access, Method::GET, path, credentials)).await?.json()
}

async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    call.fits(&ABOUT)?;
    let text = call.words(&ABOUT);
    if text.trim().is_empty() {
        return Err(Failure::rejected("a message in a chat needs a text"));
    }
    call.freshen(&Twitch).await?;
    // Only the first part can be an announcement; what follows it is said in the chat.
    let announces = call.setting("messageType") == Some("announcement") && call.thread.is_empty();
    let remote = match announces {
        true => call.step("announce", Effect::Once, text.as_bytes(), async |_| announce(call, &text).await).await?,
        false => call.step("say", Effect::Once, text.as_bytes(), async |_| say(call, &text).await).await?,
    };
    Ok(Outcome::live(remote))
}

async fn say(call: &Call<'_>, text: &str) -> Result<Remote, Failure> {
    let mut body = json!({"broadcaster_id": call.account, "sender_id": call.account, "message": text});
    // An announcement has no id, so nothing can reply to it.
    if let Some(parent) = call.parent().filter(|parent| parent.extra["kind"] == "message") {
        body["reply_parent_message_id"] = json!(parent.id);
    }
    let make = |credentials: &Json| request(&call.access, Method::POST, "chat/messages", credentials).json(&body);
    let sent: Many<Sent> = call.send(&Twitch, make).await?.json()?;
    let id = sent.data.into_iter().next().map(|sent| sent.message_id).filter(|id| !id.is_empty());
    Ok(remote(call, &id.ok_or_else(|| Failure::uncertain("Twitch named no message"))?, "message"))
}

async fn announce(call: &Call<'_>, text: &str) -> Result<Remote, Failure> {
    let path = format!("chat/announcements?broadcaster_id={0}&moderator_id={0}", call.account);
    let body = json!({"message": text, "color": call.setting("announcementColor").unwrap_or("primary")});
    call.send(&Twitch, |credentials: &Json| request(&call.access, Method::POST, &path, credentials).json(&body)).await?;
    Ok(remote(call, "announcement", "announcement"))
}

fn remote(call: &Call<'_>, id: &str, kind: &str) -> Remote {
    let handle = call.credential("handle").unwrap_or_default();
    let url = (!handle.is_empty()).then(|| format!("{}/{handle}", call.host(&ABOUT, "site")));
    Remote { id: id.into(), url, extra: json!({"kind": kind}) }
}

/// `is_sent: false`, and why.
fn dropped(reply: &Reply) -> Option<Failure> {
    let said: Json = serde_json::from_slice(&reply.body).ok()?;
    let first = &said["data"][0];
    if first["is_sent"] != false {
        return None;
    }
    let (code, words) = (first["drop_reason"]["code"].as_str(), first["drop_reason"]["message"].as_str());
    let kind = match code {
        Some("msg_ratelimit" | "msg_slowmode") => FailureKind::RateLimited { until: None },
        _ => FailureKind::Rejected,
    };
    let code = code.unwrap_or("dropped");
    Some(Failure::new(kind, words.filter(|words| !words.is_empty()).unwrap_or(code)).code(code))
}

async fn delete(call: &Call<'_>, remote: &Remote) -> Result<(), Failure> {
    if remote.extra["kind"] != "message" {
        return Err(Failure::rejected("Twitch takes no announcement back"));
    }
    let path = format!("moderation/chat?broadcaster_id={0}&moderator_id={0}&message_id={1}", call.account, remote.id);
    let make = |credentials: &Json| request(&call.access, Method::DELETE, &path, credentials).reads();
    match call.send(&Twitch, make).await {
        // Not found: it is gone already.
        Err(failure) if failure.code.as_deref() != Some("404") => Err(failure),
        _ => Ok(()),
    }
}
