//! What a server has: channels to write in, and people and roles to mention.

use serde::Deserialize;
use serde_json::json;

use super::{api, message};
use crate::{
    error::Failure,
    http::Method,
    providers::{Access, Item},
};

/// Kinds of channels that can be written in: text, announcements, forum, pictures.
/// <https://discord.com/developers/docs/resources/channel#channel-object-channel-types>
const WRITABLE: [u8; 4] = [0, 5, 15, 16];
/// People found.
const PEOPLE: &str = "10";

#[derive(Deserialize)]
struct Channel {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: u8,
}

#[derive(Deserialize)]
struct Role {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Member {
    user: User,
    nick: Option<String>,
}

#[derive(Deserialize)]
struct User {
    id: String,
    username: String,
    global_name: Option<String>,
}

/// The channels that can be written in.
pub async fn channels(access: &Access<'_>) -> Result<Vec<Item>, Failure> {
    let path = format!("guilds/{}/channels", access.account);
    let channels: Vec<Channel> = api::call(access, Method::GET, &path, None).await?;
    let writable = channels.into_iter().filter(|channel| WRITABLE.contains(&channel.kind));
    Ok(writable.map(|channel| Item::new(channel.id, channel.name)).collect())
}

/// The tags of a forum; another channel has none.
pub async fn tags(access: &Access<'_>, channel: &str) -> Result<Vec<Item>, Failure> {
    #[derive(Deserialize)]
    struct Forum {
        guild_id: Option<String>,
        #[serde(default)]
        available_tags: Vec<Tag>,
    }
    #[derive(Deserialize)]
    struct Tag {
        id: String,
        name: String,
    }
    let forum: Forum = api::call(access, Method::GET, &format!("channels/{}", message::number(channel)?), None).await?;
    match forum.guild_id.as_deref() == Some(access.account) {
        true => Ok(forum.available_tags.into_iter().map(|tag| Item::new(tag.id, tag.name)).collect()),
        false => Err(Failure::rejected("channel: this server has no such channel")),
    }
}

/// Everybody, roles and people whose names begin like `query`. Ids are as a mention writes them.
pub async fn mentions(access: &Access<'_>, query: &str) -> Result<Vec<Item>, Failure> {
    let wanted = query.trim().trim_start_matches('@').to_lowercase();
    let begins = |name: &str| name.to_lowercase().starts_with(&wanted);
    let mut found: Vec<Item> = ["here", "everyone"].into_iter().filter(|word| begins(word)).map(|w| unkept(w, w)).collect();
    let roles: Vec<Role> = api::call(access, Method::GET, &format!("guilds/{}/roles", access.account), None).await?;
    // The role of everybody has the server's own id.
    let roles = roles.into_iter().filter(|role| role.id != access.account && begins(&role.name));
    found.extend(roles.map(|role| unkept(&format!("&{}", role.id), &role.name)));
    if !wanted.is_empty() {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("query", &wanted)
            .append_pair("limit", PEOPLE)
            .finish();
        let path = format!("guilds/{}/members/search?{query}", access.account);
        let members: Vec<Member> = api::call(access, Method::GET, &path, None).await?;
        found.extend(members.into_iter().map(|member| {
            let name = member.nick.or(member.user.global_name).unwrap_or(member.user.username);
            unkept(&member.user.id, &name)
        }));
    }
    Ok(found)
}

/// Postiz's clients are told not to keep who is on a server.
fn unkept(id: &str, name: &str) -> Item {
    let mut item = Item::new(id, name);
    item.extra.insert("doNotCache".into(), json!(true));
    item
}
