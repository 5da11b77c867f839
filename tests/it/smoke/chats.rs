//! How the chats answer: Telegram, Discord, Slack, Twitch, Kick.

use serde_json::{Value as Json, json};

use super::{
    social::CLIENT,
    world::{Answer, Script, Seen, Store, now, ok, seconds},
};

pub const ALL: &[Script] = &[
    Script { id: "telegram", app: &[("bot_token", "123:telegram-bot-token")], answer: telegram, ..Script::PLAIN },
    Script {
        id: "discord",
        app: &[("client_id", "11"), ("client_secret", "hush-hush"), ("bot_token", "discord.bot.token")],
        settings: r#"{"channel": "200"}"#,
        answer: discord,
        ..Script::PLAIN
    },
    Script { id: "slack", app: CLIENT, settings: r#"{"channel": "C1"}"#, answer: slack, ..Script::PLAIN },
    Script { id: "twitch", app: CLIENT, answer: twitch, ..Script::PLAIN },
    Script { id: "kick", app: CLIENT, answer: kick, ..Script::PLAIN },
    // The practice platform is a real one: it is started, not scripted.
    Script { id: "sandbox", form: &[("server", "{url}"), ("handle", "ann")], ..Script::PLAIN },
];

/// <https://core.telegram.org/bots/api>
fn telegram(store: &mut Store, seen: &Seen) -> Answer {
    let result = |result: Json| ok(json!({"ok": true, "result": result}));
    let Some(method) = seen.path.strip_prefix("/bot123:telegram-bot-token/") else { return store.refuse(seen) };
    let chat = json!({"id": -1001, "type": "channel", "title": "Readers", "username": "readers"});
    match method {
        "getMe" => result(json!({"id": 123, "is_bot": true, "username": "rostrum_bot"})),
        "getUpdates" if store.word.is_empty() => result(json!([])),
        "getUpdates" => {
            let post = json!({"message_id": 5, "date": seconds(), "chat": chat, "text": store.word});
            result(json!([{"update_id": 1, "channel_post": post}]))
        }
        "getChat" => result(chat),
        "getChatMember" => result(json!({"status": "administrator", "can_post_messages": true, "can_delete_messages": true})),
        "deleteMessage" => result(json!(true)),
        "sendMessage" => {
            let post = json!({"message_id": 10 + store.next(), "date": seconds(), "chat": chat, "text": seen.json()["text"]});
            result(store.publish(None, post))
        }
        _ => store.strange(seen),
    }
}

/// <https://discord.com/developers/docs/resources/message>
fn discord(store: &mut Store, seen: &Seen) -> Answer {
    match (seen.method.as_str(), seen.path.as_str()) {
        ("POST", "/api/oauth2/token") => {
            return ok(json!({
                "access_token": "user-token", "token_type": "Bearer", "expires_in": 604_800, "refresh_token": "r",
                "scope": "bot identify guilds", "guild": {"id": "100", "name": "Ann's", "icon": null},
            }));
        }
        ("GET", "/api/oauth2/@me") => {
            let bot = json!({"id": "1", "username": "rostrum", "avatar": null});
            return ok(json!({"application": {"id": "1", "name": "Rostrum", "bot": bot}, "scopes": ["identify"]}));
        }
        _ if seen.header("authorization") != "Bot discord.bot.token" => return store.refuse(seen),
        _ => {}
    }
    match (seen.method.as_str(), seen.path.trim_start_matches("/api/v10/")) {
        ("GET", "guilds/100") => ok(json!({"id": "100", "name": "Ann's", "icon": null})),
        ("GET", "channels/200") => ok(json!({"id": "200", "type": 0, "guild_id": "100"})),
        ("POST", "channels/200/messages") => {
            let sent = seen.json();
            let message = json!({
                "id": (300 + store.next()).to_string(), "channel_id": "200", "content": sent["content"], "timestamp": now(),
                "author": {"id": "1"}, "attachments": [],
            });
            let nonce = sent["nonce"].as_str().filter(|_| sent["enforce_nonce"] == true).map(str::to_owned);
            ok(store.publish(nonce.as_deref(), message))
        }
        ("GET", "channels/200/messages") => ok(json!(store.posts)),
        _ => store.strange(seen),
    }
}

/// <https://docs.slack.dev/reference/methods/chat.postMessage>
fn slack(store: &mut Store, seen: &Seen) -> Answer {
    let method = seen.path.trim_start_matches("/api/");
    if method == "oauth.v2.access" {
        return ok(json!({
            "ok": true, "access_token": "xoxb-slack-token", "token_type": "bot", "scope": "channels:read,chat:write,users:read",
            "bot_user_id": "U1", "app_id": "A1", "team": {"id": "T1", "name": "Team"}, "authed_user": {"id": "U9"},
        }));
    }
    if seen.bearer() != "xoxb-slack-token" {
        return store.refuse(seen);
    }
    match method {
        "users.info" => ok(json!({"ok": true, "user": {"id": "U1", "name": "bot", "real_name": "Bot", "profile": {}}})),
        "auth.test" => ok(json!({"ok": true, "team": "Team", "team_id": "T1", "user": "bot", "user_id": "U1"})),
        "conversations.join" => ok(json!({"ok": true, "channel": {"id": "C1"}})),
        "chat.postMessage" => {
            let (sent, ts) = (seen.json(), format!("{}.{:06}", seconds(), store.next()));
            store.publish(None, json!({"ts": ts, "user": "U1", "text": sent["text"], "metadata": sent["metadata"]}));
            ok(json!({"ok": true, "channel": "C1", "ts": ts, "message": {"text": sent["text"]}}))
        }
        "chat.getPermalink" => {
            ok(json!({"ok": true, "channel": "C1", "permalink": "https://t.slack.com/archives/C1/p1700000000000100"}))
        }
        "conversations.history" => ok(json!({"ok": true, "messages": store.posts, "has_more": false})),
        _ => store.strange(seen),
    }
}

/// <https://dev.twitch.tv/docs/api/reference#send-chat-message>
fn twitch(store: &mut Store, seen: &Seen) -> Answer {
    if seen.path == "/oauth2/token" {
        let scope = ["user:write:chat", "user:read:chat", "moderator:manage:announcements", "moderator:manage:chat_messages"];
        return ok(json!({
            "access_token": "twitch-access", "refresh_token": "twitch-refresh", "expires_in": 14_124, "scope": scope, "token_type": "bearer",
        }));
    }
    if (seen.bearer(), seen.header("client-id")) != ("twitch-access", "client-1") {
        return store.refuse(seen);
    }
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/helix/users") => ok(json!({"data": [{"id": "1", "login": "ann", "display_name": "Ann"}]})),
        ("POST", "/helix/chat/messages") => {
            let message = json!({"message_id": format!("m-{}", store.next()), "is_sent": true, "text": seen.json()["message"]});
            ok(json!({"data": [store.publish(None, message)]}))
        }
        _ => store.strange(seen),
    }
}

/// <https://docs.kick.com/apis/chat>
fn kick(store: &mut Store, seen: &Seen) -> Answer {
    if seen.path == "/oauth/token" {
        return ok(json!({
            "access_token": "kick-access", "refresh_token": "kick-refresh", "expires_in": 7_200, "token_type": "Bearer",
            "scope": "chat:write user:read channel:read moderation:chat_message:manage",
        }));
    }
    if seen.bearer() != "kick-access" {
        return store.refuse(seen);
    }
    let said = |data: Json| ok(json!({"data": data, "message": "OK"}));
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/public/v1/users") => said(json!([{"user_id": 1, "name": "Ann", "email": "a@example.org"}])),
        ("GET", "/public/v1/channels") => said(json!([{"slug": "ann", "broadcaster_user_id": 1}])),
        ("POST", "/public/v1/chat") => {
            let message = json!({"message_id": format!("m-{}", store.next()), "is_sent": true, "text": seen.json()["content"]});
            said(store.publish(None, message))
        }
        _ => store.strange(seen),
    }
}
