//! Which workspace the app was added to, who its bot is, and which channels there are.

use serde::Deserialize;
use serde_json::json;

use super::{ABOUT, api};
use crate::{
    error::Failure,
    http::Method,
    providers::{Access, Account, Connected, Granted, Identity, Item, Link, call::host, oauth::scrubbed},
};

/// Channels of an answer, and answers at most.
const PAGE: &str = "999";
const PAGES: usize = 10;

#[derive(Deserialize)]
struct Team {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Info {
    user: User,
}

#[derive(Deserialize)]
struct User {
    name: String,
    #[serde(default)]
    profile: Profile,
}

#[derive(Deserialize, Default)]
struct Profile {
    image_original: Option<String>,
    image_512: Option<String>,
}

#[derive(Deserialize)]
struct Test {
    team: String,
    team_id: String,
    user_id: String,
}

#[derive(Deserialize)]
struct Listed {
    channels: Vec<Channel>,
    #[serde(default)]
    response_metadata: Cursor,
}

#[derive(Deserialize, Default)]
struct Cursor {
    #[serde(default)]
    next_cursor: String,
}

#[derive(Deserialize)]
struct Channel {
    id: String,
    name: String,
    #[serde(default)]
    is_private: bool,
    #[serde(default)]
    is_member: bool,
}

impl Profile {
    fn picture(self) -> Option<String> {
        self.image_original.or(self.image_512)
    }
}

/// The account is the workspace.
pub async fn profile(link: &Link<'_>, granted: &Granted) -> Result<Connected, Failure> {
    let team: Team = serde_json::from_value(granted.answer["team"].clone())
        .map_err(|_| Failure::rejected("the app was not added to a workspace"))?;
    let bot = granted.answer["bot_user_id"].as_str().ok_or_else(|| Failure::rejected("the app has no bot: add one to it"))?;
    let url = format!("{}/api/users.info", host(link.hosts, &ABOUT, "site"));
    let request = link.http.request(Method::GET, &url).bearer(&granted.access).query(&[("user", bot)]);
    let reply = request.send().await.and_then(|reply| reply.ok(link.now, |_, failure| failure));
    let reply = reply.and_then(|reply| match api::refused(&reply, link.now) {
        Some(failure) => Err(failure),
        None => Ok(reply),
    });
    let Info { user } = reply.map_err(|failure| scrubbed(failure, &[&granted.access]))?.json()?;
    let account = Account {
        credentials: granted.credentials(json!({"id": bot})),
        id: team.id,
        name: team.name,
        handle: user.name,
        picture: user.profile.picture(),
        url: None,
    };
    Ok(account.into())
}

/// The workspace as it is called today.
pub async fn whoami(access: &Access<'_>) -> Result<Identity, Failure> {
    let test: Test = api::get(access, "auth.test", &[]).await?;
    let Info { user } = api::get(access, "users.info", &[("user", &test.user_id)]).await?;
    Ok(Identity { id: test.team_id, name: test.team, handle: user.name, picture: user.profile.picture() })
}

/// All channels that are not put away: public ones, and private ones to which the bot was invited.
pub async fn channels(access: &Access<'_>) -> Result<Vec<Item>, Failure> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    for _ in 0..PAGES {
        let query = [
            ("types", "public_channel,private_channel"),
            ("exclude_archived", "true"),
            ("limit", PAGE),
            ("cursor", cursor.as_str()),
        ];
        let listed: Listed = api::get(access, "conversations.list", if cursor.is_empty() { &query[..3] } else { &query }).await?;
        all.extend(listed.channels.into_iter().filter(|c| c.is_member || !c.is_private).map(|c| Item::new(c.id, c.name)));
        cursor = listed.response_metadata.next_cursor;
        if cursor.is_empty() {
            break;
        }
    }
    Ok(all)
}
