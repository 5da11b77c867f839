//! Which server the bot was added to, and who that is today.

use serde::Deserialize;
use serde_json::json;

use super::{ABOUT, api};
use crate::{
    error::Failure,
    http::Method,
    providers::{Access, Account, Connected, Granted, Identity, Link, call::host, oauth::scrubbed},
};

/// A server; Discord calls it guild.
#[derive(Deserialize)]
struct Guild {
    id: String,
    name: String,
    icon: Option<String>,
}

#[derive(Deserialize)]
struct Me {
    application: Application,
}

#[derive(Deserialize)]
struct Application {
    name: String,
    bot: Option<Bot>,
}

#[derive(Deserialize)]
struct Bot {
    id: String,
    username: String,
    avatar: Option<String>,
}

/// The account is the server, which the grant names because the bot was added with it.
pub async fn profile(link: &Link<'_>, granted: &Granted) -> Result<Connected, Failure> {
    let guild: Guild = serde_json::from_value(granted.answer["guild"].clone())
        .map_err(|_| Failure::rejected("no server was chosen: open the page again and choose one for the bot"))?;
    let url = format!("{}/api/oauth2/@me", host(link.hosts, &ABOUT, "site"));
    let request = link.http.request(Method::GET, &url).bearer(&granted.access).header("user-agent", &api::agent(link));
    let reply = request.send().await.and_then(|reply| reply.ok(link.now, api::explain));
    let reply = reply.map_err(|failure| scrubbed(failure, &[&granted.access]))?;
    let Me { application } = reply.json()?;
    let bot = application.bot.ok_or_else(|| Failure::rejected(format!("{} has no bot: add one to it", application.name)))?;
    let cdn = host(link.hosts, &ABOUT, "cdn");
    let picture = guild.icon.map(|icon| format!("{cdn}/icons/{}/{icon}.png", guild.id));
    let picture = picture.or_else(|| bot.avatar.map(|avatar| format!("{cdn}/avatars/{}/{avatar}.png", bot.id)));
    let account = Account {
        url: Some(format!("{}/channels/{}", host(link.hosts, &ABOUT, "site"), guild.id)),
        credentials: json!({"id": bot.id, "handle": bot.username}),
        id: guild.id,
        name: guild.name,
        handle: bot.username,
        picture,
    };
    Ok(account.into())
}

/// The server as it is called today.
pub async fn whoami(access: &Access<'_>) -> Result<Identity, Failure> {
    let guild: Guild = api::call(access, Method::GET, &format!("guilds/{}", access.account), None).await?;
    let cdn = access.host(&ABOUT, "cdn");
    let picture = guild.icon.map(|icon| format!("{cdn}/icons/{}/{icon}.png", guild.id));
    Ok(Identity { id: guild.id, name: guild.name, handle: access.credential("handle")?, picture })
}
