//! Connecting: a person adds the bot to a chat and sends it a word there.
//!
//! Nothing of the bot's messages is taken away or kept: each look reads the last hundred, so any number of people (and of
//! processes) can wait for their word at the same time. <https://core.telegram.org/bots/api#getupdates>

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{ABOUT, api};
use crate::{
    error::{Failure, Message as Words},
    kit::crypto,
    providers::{Account, Connected, Identity, Invitation, Link, call::host},
};

/// Seconds a word is good for.
const LASTS: u64 = 900;
/// Seconds that Telegram's clock may be behind ours.
const SKEW: i64 = 60;

#[derive(Deserialize)]
struct Bot {
    id: i64,
    username: String,
}

#[derive(Deserialize)]
struct Update {
    message: Option<Message>,
    channel_post: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    message_id: i64,
    chat: Chat,
    #[serde(default)]
    text: String,
    date: Option<i64>,
}

/// A chat; `title` of groups and channels, names of people.
#[derive(Deserialize)]
pub struct Chat {
    id: i64,
    title: Option<String>,
    username: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
}

#[derive(Deserialize)]
struct Member {
    status: String,
    can_post_messages: Option<bool>,
    #[serde(default)]
    can_delete_messages: bool,
}

impl Chat {
    fn name(&self) -> String {
        let person = [self.first_name.as_deref(), self.last_name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        self.title.clone().or(Some(person).filter(|name| !name.is_empty())).unwrap_or_else(|| self.id.to_string())
    }

    /// Its picture at Telegram's own address would name the bot's token; public chats have another one.
    fn picture(&self, site: &str) -> Option<String> {
        self.username.as_ref().map(|name| format!("{site}/i/userpic/320/{name}.jpg"))
    }

    /// Who it is.
    pub fn identity(self, site: &str) -> Identity {
        let (name, picture) = (self.name(), self.picture(site));
        Identity { id: self.id.to_string(), name, handle: self.username.unwrap_or_default(), picture }
    }

    fn account(self, site: &str) -> Account {
        let url = self.username.as_ref().map(|name| format!("{site}/{name}"));
        let who = self.identity(site);
        let credentials = json!({"id": who.id, "handle": who.handle});
        Account { id: who.id, name: who.name, handle: who.handle, picture: who.picture, url, credentials }
    }
}

/// The word to be sent, and where the bot is.
pub async fn invite(link: &Link<'_>) -> Result<Invitation, Failure> {
    let bot: Bot = api::ask(link, "getMe", &json!({})).await?;
    let word = &crypto::random_hex()[..12];
    Ok(Invitation {
        text: Words::new("provider.telegram.invite").with("bot", &bot.username),
        word: Some(format!("/connect {word}")),
        link: Some(format!("{}/{}?startgroup=true", host(link.hosts, &ABOUT, "site"), bot.username)),
        kept: json!({"word": word, "bot": bot.id, "username": bot.username, "since": link.now.timestamp()}),
        lasts: LASTS,
    })
}

/// The chat in which the word was sent.
pub async fn accepted(link: &Link<'_>, kept: &Json) -> Result<Option<Connected>, Failure> {
    let wanted = json!({"offset": -100, "limit": 100, "timeout": 0, "allowed_updates": ["message", "channel_post"]});
    let updates: Vec<Update> = api::ask(link, "getUpdates", &wanted).await?;
    let messages = updates.into_iter().filter_map(|update| update.message.or(update.channel_post));
    let Some(said) = messages.into_iter().find(|message| says(message, kept)) else { return Ok(None) };
    let chat: Chat = api::ask(link, "getChat", &json!({"chat_id": said.chat.id})).await?;
    let member: Member = api::ask(link, "getChatMember", &json!({"chat_id": said.chat.id, "user_id": kept["bot"]})).await?;
    if matches!(member.status.as_str(), "left" | "kicked" | "restricted") || member.can_post_messages == Some(false) {
        return Err(Failure::rejected(format!(
            "the bot may not write in {}: make it an administrator who may post",
            chat.name()
        )));
    }
    if member.can_delete_messages {
        // The word has done its work; that it stays is no harm.
        let said = json!({"chat_id": said.chat.id, "message_id": said.message_id});
        let _ = api::ask::<Json>(link, "deleteMessage", &said).await;
    }
    Ok(Some(chat.account(&host(link.hosts, &ABOUT, "site")).into()))
}

/// `/connect word`, or `/connect@bot word` as apps write it in groups.
fn says(message: &Message, kept: &Json) -> bool {
    let (Some(word), Some(bot)) = (kept["word"].as_str(), kept["username"].as_str()) else { return false };
    let since = kept["since"].as_i64().unwrap_or(i64::MAX);
    let mut words = message.text.split_whitespace();
    let (command, said) = (words.next().unwrap_or_default(), words.next());
    let ours = match command.split_once('@') {
        Some((command, name)) => command == "/connect" && name.eq_ignore_ascii_case(bot),
        None => command == "/connect",
    };
    ours && said == Some(word) && words.next().is_none() && message.date.is_none_or(|at| at >= since - SKEW)
}
