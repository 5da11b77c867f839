//! What reaches Discord, and what its answers come to.

use serde_json::{Value as Json, json};

use super::{ABOUT, Discord};
use crate::providers::{
    FailureKind, Found, Outcome, Provider as _, Remote,
    testing::{Answer, Fake, Part, Seen, Stage, one},
};

const APP: &[(&str, &str)] = &[("client_id", "11"), ("client_secret", "hush-hush"), ("bot_token", "bot.secret.token")];

/// Discord as it answers when all is well.
fn discord(seen: &Seen) -> Answer {
    match (seen.method.as_str(), seen.path.as_str()) {
        ("POST", "/api/oauth2/token") => Answer::json(
            json!({"access_token": "user-token", "token_type": "Bearer", "expires_in": 604_800, "refresh_token": "r", "scope": "bot identify guilds", "guild": {"id": "100", "name": "G", "icon": null}}),
        ),
        ("GET", "/api/oauth2/@me") => {
            assert_eq!(seen.bearer(), "user-token");
            Answer::json(
                json!({"application": {"id": "1", "name": "App", "bot": {"id": "1", "username": "app", "avatar": "h"}}, "scopes": ["identify"], "expires": "2026-11-30T08:00:00Z"}),
            )
        }
        _ => {
            assert_eq!(seen.header("authorization"), "Bot bot.secret.token");
            assert_eq!(seen.header("user-agent"), format!("DiscordBot (https://rostrum.example, {})", env!("CARGO_PKG_VERSION")));
            as_bot(seen)
        }
    }
}

fn as_bot(seen: &Seen) -> Answer {
    let path = seen.path.strip_prefix("/api/v10/").expect("the version is named");
    let message = |channel: &str| json!({"id": "300", "channel_id": channel, "content": "x", "attachments": []});
    match (seen.method.as_str(), path) {
        ("GET", "guilds/100") => Answer::json(json!({"id": "100", "name": "G", "icon": "i"})),
        ("GET", "guilds/100/channels") => Answer::json(json!([
            {"id": "200", "name": "general", "type": 0}, {"id": "201", "name": "forum", "type": 15},
            {"id": "202", "name": "voices", "type": 2}, {"id": "203", "name": "news", "type": 5},
        ])),
        ("GET", "guilds/100/roles") => Answer::json(json!([{"id": "100", "name": "@everyone"}, {"id": "7", "name": "Anglers"}])),
        ("GET", "guilds/100/members/search") => {
            Answer::json(json!([{"user": {"id": "8", "username": "ann", "global_name": "Ann"}, "nick": null}]))
        }
        ("GET", "channels/200") => Answer::json(json!({"id": "200", "type": 0, "guild_id": "100"})),
        ("GET", "channels/201") => {
            let tags = json!([{"id": "71", "name": "News", "moderated": false}, {"id": "72", "name": "Help", "moderated": true}]);
            Answer::json(json!({"id": "201", "type": 15, "guild_id": "100", "available_tags": tags}))
        }
        ("GET", "channels/900") => Answer::json(json!({"id": "900", "type": 0, "guild_id": "999"})),
        ("POST", "channels/200/messages") => Answer::json(message("200")),
        ("POST", "channels/300/messages") => Answer::json(message("300")),
        ("POST", "channels/200/messages/300/threads") => {
            Answer::status(201, json!({"id": "300", "type": 11, "parent_id": "200", "name": "Thread"}))
        }
        ("POST", "channels/201/threads") => Answer::status(201, json!({"id": "400", "type": 11, "message": message("400")})),
        ("PATCH", _) => Answer::json(message("200")),
        ("DELETE", _) => Answer::bytes("text/plain", "").with_status(204),
        other => panic!("unexpected {other:?}"),
    }
}

fn stage(fake: &Fake, channel: &str) -> Stage {
    let stage = Stage::new("100", json!({"id": "1", "handle": "app"})).at(&ABOUT, &fake.url).app(APP);
    stage.settings(json!({"channel": channel}))
}

async fn live(stage: &Stage) -> Remote {
    match Discord.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, .. } => remotes.remove(0),
        other => panic!("{other:?}"),
    }
}

fn calls(fake: &Fake) -> Vec<String> {
    fake.seen().iter().map(|seen| format!("{} {}", seen.method, seen.path.trim_start_matches("/api/v10/"))).collect()
}

#[tokio::test]
async fn consent_adds_the_bot_and_the_account_is_the_server() {
    let fake = Fake::start(discord).await;
    let stage = stage(&fake, "200");
    let link = stage.access().link();
    let consent = Discord.consent(&link, &Default::default(), "STATE").await.unwrap();
    let url = url::Url::parse(&consent.url).unwrap();
    assert_eq!(url.path(), "/oauth2/authorize");
    let query: Vec<_> = url.query_pairs().into_owned().collect();
    for (name, value) in [("client_id", "11"), ("response_type", "code"), ("state", "STATE"), ("scope", "bot identify guilds")] {
        assert!(query.contains(&(name.into(), value.into())), "{name}: {query:?}");
    }
    let bits: u64 = query.iter().find(|(name, _)| name == "permissions").unwrap().1.parse().unwrap();
    assert_eq!(bits, [10, 11, 14, 15, 16, 17, 35, 38].iter().map(|bit| 1_u64 << bit).sum::<u64>());
    assert!(!consent.url.contains("hush-hush"));

    let account = one(Discord.grant(&link, &Default::default(), consent.kept, "CODE").await.unwrap());
    assert_eq!((account.id.as_str(), account.name.as_str(), account.handle.as_str()), ("100", "G", "app"));
    assert_eq!(account.picture, Some(format!("{}/avatars/1/h.png", fake.url)));
    assert_eq!(account.credentials, json!({"id": "1", "handle": "app"}), "no token of a person is kept");
    let token = &fake.seen()[0];
    assert_eq!(token.header("authorization"), "Basic MTE6aHVzaC1odXNo");
    let form = token.form();
    assert_eq!(form[..2], [("grant_type".into(), "authorization_code".into()), ("code".into(), "CODE".into())]);
    let who = Discord.whoami(&stage.access()).await.unwrap();
    assert_eq!((who.id.as_str(), who.picture), ("100", Some(format!("{}/icons/100/i.png", fake.url))));
}

#[tokio::test]
async fn a_grant_without_a_server_or_without_all_scopes_is_refused() {
    for (answer, words) in [
        (json!({"access_token": "user-token", "scope": "bot identify guilds"}), "no server was chosen"),
        (json!({"access_token": "user-token", "scope": "identify"}), "bot, guilds"),
    ] {
        let fake = Fake::start(move |_| Answer::json(answer.clone())).await;
        let stage = stage(&fake, "200");
        let failure = Discord.grant(&stage.access().link(), &Default::default(), json!({}), "CODE").await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(failure.message.contains(words), "{failure}");
    }
}

#[tokio::test]
async fn a_message_and_the_thread_below_it() {
    let fake = Fake::start(discord).await;
    let mut stage = stage(&fake, "200");
    stage.text = crate::kit::text::Doc::from_html(
        "<p>Hello <strong>all</strong> <span data-mention-id=\"&amp;7\" data-mention-label=\"Anglers\">@Anglers</span> \
         <span data-mention-id=\"everyone\" data-mention-label=\"everyone\">@everyone</span></p>",
    );
    let root = live(&stage).await;
    let seen = fake.seen();
    let nonce = seen[1].json()["nonce"].clone();
    assert_eq!(nonce.as_str().unwrap().len(), 25);
    let allowed = json!({"parse": ["users", "roles", "everyone"]});
    let content = "Hello **all** <@&7> @everyone";
    assert_eq!(seen[1].json(), json!({"content": content, "allowed_mentions": allowed, "nonce": nonce, "enforce_nonce": true}));
    assert_eq!(root.url, Some(format!("{}/channels/100/200/300", fake.url)));
    assert_eq!(root.extra["channel"], "200");
    let stage = stage.next(root.clone(), "two");
    let two = live(&stage).await;
    let seen = fake.seen();
    assert_eq!(seen[0].path, "/api/v10/channels/200/messages/300/threads");
    assert_eq!(seen[0].json(), json!({"name": "Hello all @Anglers @everyone", "auto_archive_duration": 1440}));
    assert_eq!(seen[1].path, "/api/v10/channels/300/messages");
    assert_eq!(two.url, Some(format!("{}/channels/100/300/300", fake.url)));
    // The third one stays in the same thread, which is there already.
    let existing = Fake::start(|seen| match seen.path.ends_with("/threads") {
        true => Answer::status(400, json!({"message": "A thread has already been created for this message", "code": 160_004})),
        false => discord(seen),
    })
    .await;
    let stage = stage.next(two, "three").at(&ABOUT, &existing.url);
    live(&stage).await;
    assert_eq!(calls(&existing), ["POST channels/200/messages/300/threads", "POST channels/300/messages"]);
}

#[tokio::test]
async fn files_go_with_their_descriptions() {
    let fake = Fake::start(discord).await;
    let stage = stage(&fake, "200").text("x").picture(4, 3, "A red square").film(4, 3, "");
    live(&stage).await;
    let seen = fake.seen();
    let parts = seen[1].parts();
    let payload: Json = serde_json::from_str(&parts[0].body).unwrap();
    assert_eq!((parts[0].name.as_str(), parts[0].mime.as_str()), ("payload_json", "application/json"));
    let attachments =
        json!([{"id": 0, "filename": "picture-1.jpeg", "description": "A red square"}, {"id": 1, "filename": "video-2.mp4"}]);
    assert_eq!((&payload["content"], &payload["attachments"]), (&json!("x"), &attachments));
    assert_eq!(parts[1], Part::file("files[0]", ("picture-1.jpeg", "image/jpeg"), "jpeg 0"));
    assert_eq!(parts[2], Part::file("files[1]", ("video-2.mp4", "video/mp4"), "mp4 1"));
    let ten = (0..10).fold(self::stage(&fake, "200"), |stage, _| stage.picture(1, 1, ""));
    live(&ten).await;
    assert!(ten.files.asked().iter().all(|asked| asked.max_bytes == 24 * 1024 * 1024 / 10), "ten fit into one request");
}

#[tokio::test]
async fn a_forum_gets_a_thread_with_a_name() {
    let fake = Fake::start(discord).await;
    let stage = stage(&fake, "201").text("A title\nand more");
    let root = live(&stage).await;
    assert_eq!(stage.ledger.log(), ["begin channel Repeatable", "end channel ok", "begin create Once", "end create ok"]);
    let seen = fake.seen();
    assert_eq!(seen[1].path, "/api/v10/channels/201/threads");
    let message = json!({"content": "A title\nand more", "allowed_mentions": {"parse": ["users", "roles", "everyone"]}});
    assert_eq!(seen[1].json(), json!({"name": "A title and more", "auto_archive_duration": 1440, "message": message}));
    assert_eq!(root.extra, json!({"channel": "400", "title": "A title and more", "thread": true}));
    let reply = Fake::start(|seen| {
        assert_eq!(seen.path, "/api/v10/channels/400/messages");
        Answer::json(json!({"id": "401", "channel_id": "400"}))
    })
    .await;
    live(&stage.next(root, "two").at(&ABOUT, &reply.url)).await;
    assert_eq!(calls(&reply).len(), 1);
}

#[tokio::test]
async fn a_forums_tags_are_offered_and_applied() {
    let fake = Fake::start(discord).await;
    let settings = json!({"channel": "201", "tags": [{"value": "71", "label": "News"}]});
    let stage = stage(&fake, "201").text("A title").settings(settings);
    let access = stage.access();
    let tags = Discord.lookup(&access, "tags", &json!({"channel": "201"})).await.unwrap();
    assert_eq!(tags.iter().map(|tag| (&*tag.id, &*tag.name)).collect::<Vec<_>>(), [("71", "News"), ("72", "Help")]);
    assert!(Discord.lookup(&access, "tags", &json!({"channel": "200"})).await.unwrap().is_empty());
    for foreign in ["900", "../x", ""] {
        let failure = Discord.lookup(&access, "tags", &json!({"channel": foreign})).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected, "{foreign}");
    }
    fake.seen();
    live(&stage).await;
    assert_eq!(fake.seen()[1].json()["applied_tags"], json!(["71"]));
    let many: Vec<Json> = (0..6).map(|n| json!({"value": n.to_string(), "label": "x"})).collect();
    for tags in [json!(many), json!([{"value": "x", "label": "x"}])] {
        let stage = self::stage(&fake, "201").text("A title").settings(json!({"channel": "201", "tags": tags}));
        let failure = Discord.publish(&stage.call()).await.unwrap_err();
        assert!(failure.kind == FailureKind::Rejected && failure.message.starts_with("settings.tags"), "{failure}");
    }
}

/// The bot may be on servers of other people: theirs are not written to.
#[tokio::test]
async fn a_channel_of_another_server_is_refused() {
    let fake = Fake::start(discord).await;
    for (channel, words) in [("900", "no such channel"), ("../guilds/1", "no channel"), ("", "choose a channel")] {
        let failure = Discord.publish(&stage(&fake, channel).text("x").call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(failure.message.starts_with("settings.channel") && failure.message.contains(words), "{failure}");
    }
    assert_eq!(calls(&fake), ["GET channels/900"]);
}

#[tokio::test]
async fn limits_count_mentions_as_they_are_sent() {
    let fake = Fake::start(discord).await;
    live(&stage(&fake, "200").text(&"🙂".repeat(2_000))).await;
    fake.seen();
    let mut stage = stage(&fake, "200");
    let mention = "<span data-mention-id=\"12345678901234567890\" data-mention-label=\"a\">@a</span>";
    stage.text = crate::kit::text::Doc::from_html(&format!("<p>{}{mention}</p>", "x".repeat(1_990)));
    let failure = Discord.publish(&stage.call()).await.unwrap_err();
    assert_eq!((failure.kind, fake.seen().len()), (FailureKind::Rejected, 0));
}

#[tokio::test]
async fn lists_of_channels_and_of_people() {
    let fake = Fake::start(discord).await;
    let stage = stage(&fake, "200");
    let channels = Discord.lookup(&stage.access(), "channels", &json!({})).await.unwrap();
    let named: Vec<_> = channels.iter().map(|item| (item.id.as_str(), item.name.as_str())).collect();
    assert_eq!(named, [("200", "general"), ("201", "forum"), ("203", "news")]);
    fake.seen();
    let found = Discord.mentions(&stage.access(), "@an").await.unwrap();
    let named: Vec<_> = found.iter().map(|item| (item.id.as_str(), item.name.as_str())).collect();
    assert_eq!(named, [("&7", "Anglers"), ("8", "Ann")]);
    assert_eq!(found[0].extra["doNotCache"], true);
    let seen = fake.seen();
    assert_eq!((seen[1].query["query"].as_str(), seen[1].query["limit"].as_str()), ("an", "10"));
    let everybody = Discord.mentions(&stage.access(), "e").await.unwrap();
    assert_eq!(everybody[0].id, "everyone");
    assert_eq!(Discord.lookup(&stage.access(), "x", &json!({})).await.unwrap_err().kind, FailureKind::Unsupported);
}

#[tokio::test]
async fn codes_of_discord_have_meanings() {
    use FailureKind::{Reconnect, Rejected, Uncertain};
    let limited = FailureKind::RateLimited { until: None };
    for (status, code, kind) in [
        (403, 50_001, Rejected),
        (403, 50_013, Rejected),
        (404, 10_003, Rejected),
        (404, 10_004, Reconnect),
        (400, 40_005, Rejected),
        (401, 40_001, Reconnect),
        (400, 50_025, Reconnect),
        (401, 0, Reconnect),
        (400, 50_006, Rejected),
        (400, 50_008, Rejected),
        (400, 50_045, Rejected),
        (400, 50_083, Rejected),
        (400, 40_067, Rejected),
        (400, 160_005, Rejected),
        (400, 200_000, Rejected),
        (403, 40_333, Rejected),
        (429, 20_016, limited),
        (429, 20_028, limited),
        (429, 20_029, limited),
        (500, 0, Uncertain),
    ] {
        let fake = Fake::start(move |seen| match seen.method.as_str() {
            "POST" => Answer::status(status, json!({"message": "50013 is in the words", "code": code})),
            _ => discord(seen),
        })
        .await;
        let stage = stage(&fake, "201").text("x");
        let failure = Discord.publish(&stage.call()).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (kind, "50013 is in the words"), "{code}");
        stage.assert_hides(&["bot.secret.token"], Some(&failure));
    }
    let form = json!({"code": 50_035, "message": "Invalid Form Body", "errors": {"content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."}]}}});
    let fake =
        Fake::start(move |seen| if seen.method == "POST" { Answer::status(400, form.clone()) } else { discord(seen) }).await;
    let failure = Discord.publish(&stage(&fake, "200").text("x").call()).await.unwrap_err();
    assert_eq!(failure.message, "Invalid Form Body: Must be 2000 or fewer in length.");
    let busy = json!({"message": "You are being rate limited.", "retry_after": 0.2, "global": false});
    let fake = Fake::start(move |_| Answer::status(429, busy.clone()).header("retry-after", 7)).await;
    let failure = Discord.publish(&stage(&fake, "200").text("x").call()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::RateLimited { until: "2026-11-23T08:00:07.123456Z".parse().ok() });
}

/// A repetition carries the same nonce, which Discord answers with the first message.
#[tokio::test]
async fn a_lost_answer_is_repeated_under_the_same_nonce() {
    let fake = Fake::start(|seen| if seen.method == "POST" { Answer::Drop } else { discord(seen) }).await;
    let stage = stage(&fake, "200").text("x");
    assert_eq!(Discord.publish(&stage.call()).await.unwrap_err().kind, FailureKind::Unavailable);
    let first = fake.seen().pop().unwrap().json();
    let well = Fake::start(discord).await;
    let stage = stage.at(&ABOUT, &well.url);
    live(&stage).await;
    assert_eq!(well.seen()[0].json()["nonce"], first["nonce"]);
}

fn listed(content: &str, author: &str) -> Json {
    json!({"id": "301", "channel_id": "200", "content": content, "timestamp": "2026-11-23T08:00:01Z", "author": {"id": author}, "attachments": []})
}

#[tokio::test]
async fn a_message_is_read_back_by_its_words() {
    for (messages, minutes, found) in [
        (json!([listed("x", "1")]), 0, Some(true)),
        (json!([listed("x", "2"), listed("y", "1")]), 0, None),
        (json!([listed("x", "2"), listed("y", "1")]), 3, Some(false)),
    ] {
        let fake = Fake::start(move |seen| {
            assert_eq!(seen.path, "/api/v10/channels/200/messages");
            assert_eq!(seen.query["after"], ((1_795_420_740_123_i64 - 1_420_070_400_000) << 22).to_string());
            Answer::json(messages.clone())
        })
        .await;
        let mut stage = stage(&fake, "200").text("x");
        let key = crate::providers::StepKey { key: uuid::Uuid::nil(), begun_at: stage.now, earlier: 1 };
        stage.now += chrono::TimeDelta::minutes(minutes);
        match (Discord.find(&stage.call(), &key).await.unwrap(), found) {
            (Found::Yes(remotes), Some(true)) => assert_eq!(remotes[0].id, "301"),
            (Found::No, Some(false)) | (Found::NotSeen, None) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_person_may_name_a_message_of_this_server_only() {
    let fake = Fake::start(|seen| match seen.path.as_str() {
        "/api/v10/channels/200" => Answer::json(json!({"id": "200", "type": 0, "guild_id": "100"})),
        "/api/v10/channels/201" => Answer::json(json!({"id": "201", "type": 0, "guild_id": "999"})),
        "/api/v10/channels/200/messages/301" => Answer::json(listed("x", "1")),
        "/api/v10/channels/200/messages/302" => Answer::json(listed("x", "2")),
        "/api/v10/channels/200/messages/303" => Answer::status(404, json!({"message": "Unknown Message", "code": 10_008})),
        other => panic!("{other}"),
    })
    .await;
    let stage = stage(&fake, "200");
    for (path, there) in [
        ("/channels/100/200/301", true),
        ("/channels/100/200/302", false),
        ("/channels/100/200/303", false),
        ("/channels/100/201/301", false),
        ("/channels/999/200/301", false),
        ("/channels/100/200", false),
    ] {
        let words = format!("{}{path}", fake.url);
        assert_eq!(Discord.recognise(&stage.call(), &words).await.unwrap().is_some(), there, "{path}");
    }
}

#[tokio::test]
async fn what_was_sent_can_be_changed_and_deleted() {
    let fake = Fake::start(discord).await;
    let stage = stage(&fake, "200").text("new");
    let remote = Remote { id: "300".into(), url: None, extra: json!({"channel": "200", "title": "", "thread": false}) };
    Discord.edit(&stage.call(), &remote).await.unwrap();
    Discord.delete(&stage.call(), &remote).await.unwrap();
    let seen = fake.seen();
    assert_eq!(seen[0].json(), json!({"content": "new", "allowed_mentions": {"parse": ["users", "roles", "everyone"]}}));
    let paths: Vec<_> = seen.iter().map(|s| format!("{} {}", s.method, s.path)).collect();
    assert_eq!(paths, ["PATCH /api/v10/channels/200/messages/300", "DELETE /api/v10/channels/200/messages/300"]);
    let gone = Fake::start(|_| Answer::status(404, json!({"message": "Unknown Message", "code": 10_008}))).await;
    Discord.delete(&self::stage(&gone, "200").call(), &remote).await.unwrap();
}
