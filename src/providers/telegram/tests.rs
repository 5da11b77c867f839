//! What reaches the Bot API, and what its answers come to.

use serde_json::{Value as Json, json};

use super::{ABOUT, Telegram};
use crate::providers::{
    Connected, Draft, DraftPart, FailureKind, Outcome, Provider as _, Remote,
    testing::{Answer, Fake, Part, Seen, Stage},
};

const TOKEN: &str = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";

fn ok(result: Json) -> Answer {
    Answer::json(json!({"ok": true, "result": result}))
}

fn refusal(code: u16, description: &str) -> Answer {
    Answer::status(code, json!({"ok": false, "error_code": code, "description": description}))
}

fn method(seen: &Seen) -> &str {
    seen.path.rsplit('/').next().unwrap()
}

/// Telegram as it answers when all is well; messages are numbered from 6.
fn telegram(seen: &Seen) -> Answer {
    assert_eq!((seen.method.as_str(), seen.path.starts_with(&format!("/bot{TOKEN}/"))), ("POST", true));
    let chat =
        json!({"id": -1001, "type": "channel", "title": "C", "username": "cpub", "accent_color_id": 0, "max_reaction_count": 11});
    let said = |text: &str, id: i64| json!({"update_id": id, "channel_post": {"message_id": 5, "chat": {"id": -1001, "type": "channel", "title": "C"}, "date": 1_795_420_801, "text": text}});
    match method(seen) {
        "getMe" => ok(json!({"id": 1, "is_bot": true, "first_name": "B", "username": "b_bot"})),
        "getUpdates" => ok(json!([said("hello", 9), said("/connect@B_bot WORD", 10)])),
        "getChat" => ok(chat),
        "getChatMember" => ok(
            json!({"status": "administrator", "user": {"id": 1, "is_bot": true, "first_name": "B"}, "can_delete_messages": true}),
        ),
        "sendMediaGroup" => ok(
            json!([{"message_id": 6, "date": 1, "chat": {"id": -1001, "type": "channel"}}, {"message_id": 7, "date": 1, "chat": {"id": -1001, "type": "channel"}}]),
        ),
        "deleteMessage" | "deleteMessages" | "editMessageCaption" | "editMessageText" => ok(json!(true)),
        _ => ok(json!({"message_id": 6, "date": 1, "chat": {"id": -1001, "type": "channel"}})),
    }
}

fn stage(fake: &Fake) -> Stage {
    let stage = Stage::new("-1001", json!({"id": "-1001", "handle": "cpub"})).at(&ABOUT, &fake.url).app(&[("bot_token", TOKEN)]);
    Stage { hosts: [("api".to_owned(), fake.url.clone())].into(), ..stage }
}

async fn live(stage: &Stage) -> Vec<Remote> {
    match Telegram.publish(&stage.call()).await.unwrap() {
        Outcome::Live { remotes, .. } => remotes,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_word_in_a_channel_connects_it() {
    let fake = Fake::start(telegram).await;
    let stage = stage(&fake);
    let link = stage.access().link();
    let invitation = Telegram.invite(&link, &Default::default()).await.unwrap();
    let word = invitation.word.unwrap();
    assert!(word.starts_with("/connect ") && word.len() == 21, "{word}");
    assert_eq!(invitation.link.as_deref(), Some("https://t.me/b_bot?startgroup=true"));
    assert_eq!(invitation.text.args, [("bot", "b_bot".to_owned())]);
    // Nobody has sent this word yet, and what others said stays where it is.
    assert!(Telegram.accepted(&link, &invitation.kept).await.unwrap().is_none());
    let kept = json!({"word": "WORD", "bot": 1, "username": "b_bot", "since": 1_795_420_800});
    fake.seen();
    let Some(Connected::Account(account)) = Telegram.accepted(&link, &kept).await.unwrap() else { panic!("not accepted") };
    assert_eq!((account.id.as_str(), account.name.as_str(), account.handle.as_str()), ("-1001", "C", "cpub"));
    assert_eq!(account.url.as_deref(), Some("https://t.me/cpub"));
    assert_eq!(account.picture.as_deref(), Some("https://t.me/i/userpic/320/cpub.jpg"));
    assert_eq!(account.credentials, json!({"id": "-1001", "handle": "cpub"}));
    let seen = fake.seen();
    assert_eq!(seen.iter().map(method).collect::<Vec<_>>(), ["getUpdates", "getChat", "getChatMember", "deleteMessage"]);
    assert_eq!(
        seen[0].json(),
        json!({"offset": -100, "limit": 100, "timeout": 0, "allowed_updates": ["message", "channel_post"]})
    );
    assert_eq!(seen[2].json(), json!({"chat_id": -1001, "user_id": 1}));
    assert_eq!(seen[3].json(), json!({"chat_id": -1001, "message_id": 5}));
    // A word that was sent before it was given out is somebody else's.
    let late = json!({"word": "WORD", "bot": 1, "username": "b_bot", "since": 1_795_430_800});
    assert!(Telegram.accepted(&link, &late).await.unwrap().is_none());
}

#[tokio::test]
async fn a_bot_that_may_not_write_is_said_at_once() {
    let fake = Fake::start(|seen| match method(seen) {
        "getChatMember" => ok(json!({"status": "administrator", "can_post_messages": false})),
        _ => telegram(seen),
    })
    .await;
    let kept = json!({"word": "WORD", "bot": 1, "username": "b_bot", "since": 0});
    let stage = stage(&fake);
    let failure = Telegram.accepted(&stage.access().link(), &kept).await.unwrap_err();
    assert!(failure.message.contains("administrator"), "{failure}");
    let wrong = Stage::new("x", json!({})).at(&ABOUT, &fake.url);
    let failure = Telegram.invite(&wrong.access().link(), &Default::default()).await.unwrap_err();
    assert!(failure.message.contains("token is missing"));
    let refusing = Fake::start(|_| refusal(401, "Unauthorized")).await;
    let failure = Telegram.invite(&self::stage(&refusing).access().link(), &Default::default()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Reconnect);
    assert!(!format!("{failure:?}").contains(TOKEN));
}

#[tokio::test]
async fn a_text_with_markup_and_a_reply() {
    let fake = Fake::start(telegram).await;
    let mut stage = stage(&fake);
    stage.text = crate::kit::text::Doc::from_html(
        "<p>1 &lt; 2 &amp; <strong>bold</strong></p><p><a href=\"https://x.org\">here</a> <em>i</em> <u>u</u></p>",
    );
    let root = live(&stage).await.remove(0);
    assert_eq!(stage.ledger.log(), ["begin send:0 Once", "end send:0 ok"]);
    let html = "1 &lt; 2 &amp; <strong>bold</strong>\n<a href=\"https://x.org\">here</a> <em>i</em> <u>u</u>";
    let seen = fake.seen();
    assert_eq!(method(&seen[0]), "sendMessage");
    assert_eq!(seen[0].json(), json!({"chat_id": "-1001", "text": html, "parse_mode": "HTML"}));
    assert_eq!((root.id.as_str(), root.url.as_deref()), ("6", Some("https://t.me/cpub/6")));
    assert_eq!(root.extra, json!({"messages": [6], "holds": "text"}));
    live(&stage.next(root, "two")).await;
    let reply = json!({"message_id": 6, "allow_sending_without_reply": true});
    let sent = fake.seen()[0].json();
    assert_eq!(sent, json!({"chat_id": "-1001", "text": "two", "parse_mode": "HTML", "reply_parameters": reply}));
}

#[tokio::test]
async fn one_file_of_each_kind() {
    for (kind, stage_of, field, file, body) in [
        ("sendPhoto", "image/jpeg", "photo", ("photo.jpeg", "image/jpeg"), "jpeg 0"),
        ("sendAnimation", "image/gif", "animation", ("animation.gif", "image/gif"), "jpeg 0"),
        ("sendVideo", "video/mp4", "video", ("video.mp4", "video/mp4"), "mp4 0"),
    ] {
        let fake = Fake::start(telegram).await;
        let stage = stage(&fake).text("words");
        let mut stage = if kind == "sendVideo" { stage.film(640, 480, "") } else { stage.picture(640, 480, "") };
        stage.media[0].mime = stage_of.into();
        let remote = live(&stage).await.remove(0);
        let seen = fake.seen();
        assert_eq!(method(&seen[0]), kind);
        let mut expected =
            vec![Part::field("chat_id", "-1001"), Part::field("caption", "words"), Part::field("parse_mode", "HTML")];
        expected.extend((kind == "sendVideo").then(|| Part::field("supports_streaming", "true")));
        expected.push(Part::file(field, file, body));
        assert_eq!(seen[0].parts(), expected);
        assert_eq!(remote.extra["holds"], "caption");
    }
}

#[tokio::test]
async fn albums_hold_ten_and_the_last_one_alone_is_a_photo() {
    let fake = Fake::start(telegram).await;
    let stage = (0..10).fold(stage(&fake).text("words"), |stage, _| stage.picture(1, 1, "")).film(1, 1, "");
    let remotes = live(&stage).await;
    assert_eq!(remotes.len(), 2);
    assert_eq!(remotes[0].extra, json!({"messages": [6, 7], "holds": "caption"}));
    let seen = fake.seen();
    assert_eq!(seen.iter().map(method).collect::<Vec<_>>(), ["sendMediaGroup", "sendVideo"]);
    let parts = seen[0].parts();
    assert_eq!(parts.len(), 12);
    let album: Json = serde_json::from_str(&parts[1].body).unwrap();
    assert_eq!((parts[1].name.as_str(), album.as_array().unwrap().len()), ("media", 10));
    assert_eq!(album[0], json!({"type": "photo", "media": "attach://file0", "caption": "words", "parse_mode": "HTML"}));
    assert_eq!(album[9], json!({"type": "photo", "media": "attach://file9"}));
    assert_eq!(parts[11], Part::file("file9", ("photo.jpeg", "image/jpeg"), "jpeg 9"));
    assert!(!seen[1].parts().iter().any(|part| part.name == "caption"));
    assert!(stage.files.asked().iter().all(|asked| asked.max_bytes <= 5_000_000));
}

/// 1,024 characters fit under a picture; one more, and the text follows as a message of its own.
#[tokio::test]
async fn captions_have_a_limit_of_their_own() {
    let fake = Fake::start(telegram).await;
    live(&stage(&fake).text(&"é".repeat(1_024)).picture(1, 1, "")).await;
    assert_eq!(fake.seen().iter().map(method).collect::<Vec<_>>(), ["sendPhoto"]);
    let stage = stage(&fake).text(&"é".repeat(1_025)).picture(1, 1, "");
    let remotes = live(&stage).await;
    let seen = fake.seen();
    assert_eq!(seen.iter().map(method).collect::<Vec<_>>(), ["sendPhoto", "sendMessage"]);
    assert_eq!(seen[1].json()["reply_parameters"]["message_id"], 6);
    assert_eq!((&remotes[0].extra["holds"], &remotes[1].extra["holds"]), (&json!("nothing"), &json!("text")));
}

#[tokio::test]
async fn the_limit_counts_the_text_without_its_markup() {
    let fake = Fake::start(telegram).await;
    let mut stage = stage(&fake);
    let long = |n: usize| {
        let address = "https://example.org/a/very/long/address";
        crate::kit::text::Doc::from_html(&format!("<p><a href=\"{address}\">here</a> {}&amp;</p>", "x".repeat(n)))
    };
    stage.text = long(4_090);
    live(&stage).await;
    fake.seen();
    let mut stage = self::stage(&fake);
    stage.text = long(4_091);
    let failure = Telegram.publish(&stage.call()).await.unwrap_err();
    assert_eq!((failure.kind, fake.seen().len()), (FailureKind::Rejected, 0));
}

#[tokio::test]
async fn private_channels_have_addresses_of_their_own_and_small_groups_none() {
    let fake = Fake::start(telegram).await;
    for (id, url) in [("-1001234567890", Some("https://t.me/c/1234567890/6")), ("-4321", None)] {
        let mut stage = stage(&fake).text("x");
        stage.purse = crate::providers::testing::Purse::new(json!({"id": id, "handle": ""}));
        assert_eq!(live(&stage).await[0].url.as_deref(), url);
    }
}

#[tokio::test]
async fn what_was_sent_can_be_changed_and_deleted() {
    let fake = Fake::start(telegram).await;
    let stage = stage(&fake).text("new");
    let remote = |holds: &str| Remote { id: "6".into(), url: None, extra: json!({"messages": [6, 7], "holds": holds}) };
    for (holds, methods, field) in [("text", "editMessageText", "text"), ("caption", "editMessageCaption", "caption")] {
        assert_eq!(Telegram.edit(&stage.call(), &remote(holds)).await.unwrap(), remote(holds));
        let seen = fake.seen();
        assert_eq!(method(&seen[0]), methods);
        assert_eq!(seen[0].json(), json!({"chat_id": "-1001", "message_id": 6, field: "new", "parse_mode": "HTML"}));
    }
    Telegram.edit(&stage.call(), &remote("nothing")).await.unwrap();
    assert!(fake.seen().is_empty());
    let long = self::stage(&fake).text(&"x".repeat(1_025));
    assert_eq!(Telegram.edit(&long.call(), &remote("caption")).await.unwrap_err().kind, FailureKind::Rejected);
    Telegram.delete(&stage.call(), &remote("text")).await.unwrap();
    assert_eq!(fake.seen()[0].json(), json!({"chat_id": "-1001", "message_ids": [6, 7]}));
    let same = Fake::start(|_| refusal(400, "Bad Request: message is not modified: specified new message content …")).await;
    Telegram.edit(&self::stage(&same).text("x").call(), &remote("text")).await.unwrap();
    let gone = Fake::start(|_| refusal(400, "Bad Request: message to delete not found")).await;
    Telegram.delete(&self::stage(&gone).call(), &remote("text")).await.unwrap();
    let old = Fake::start(|_| refusal(400, "Bad Request: message can't be deleted for everyone")).await;
    assert_eq!(Telegram.delete(&self::stage(&old).call(), &remote("text")).await.unwrap_err().kind, FailureKind::Rejected);
}

#[tokio::test]
async fn refusals_mean_what_their_words_say() {
    use FailureKind::{Reconnect, Rejected, Unavailable, Uncertain};
    for (code, words, kind) in [
        (401, "Unauthorized", Reconnect),
        (404, "Not Found", Reconnect),
        (403, "Forbidden: bot was kicked from the channel chat", Reconnect),
        (403, "Forbidden: bot is not a member of the supergroup chat", Reconnect),
        (403, "Forbidden: bot was blocked by the user", Reconnect),
        (400, "Bad Request: chat not found", Reconnect),
        (400, "Bad Request: need administrator rights in the channel chat", Rejected),
        (400, "Bad Request: not enough rights to send photos to the chat", Rejected),
        (400, "Bad Request: message caption is too long", Rejected),
        (400, "Bad Request: message is too long", Rejected),
        (400, "Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 0", Rejected),
        (400, "Bad Request: PHOTO_INVALID_DIMENSIONS", Rejected),
        (400, "Bad Request: message to be replied not found", Rejected),
        (413, "Request Entity Too Large", Rejected),
        (409, "Conflict: terminated by other getUpdates request", Unavailable),
        (500, "Internal Server Error", Uncertain),
    ] {
        let fake = Fake::start(move |_| refusal(code, words)).await;
        let failure = Telegram.publish(&stage(&fake).text("x").call()).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (kind, words));
        assert_eq!(failure.code, Some(code.to_string()));
    }
    let busy = json!({"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 35", "parameters": {"retry_after": 35}});
    let fake = Fake::start(move |_| Answer::status(429, busy.clone())).await;
    for stage in [stage(&fake).text("x"), stage(&fake).picture(1, 1, "")] {
        let failure = Telegram.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::RateLimited { until: "2026-11-23T08:00:35.123456Z".parse().ok() });
        stage.assert_hides(&[TOKEN], Some(&failure));
    }
}

#[tokio::test]
async fn a_group_that_became_a_supergroup_is_written_to_under_its_new_id() {
    let fake = Fake::start(|seen| match seen.json()["chat_id"].as_str() {
        Some("-1001") => Answer::status(400, json!({"ok": false, "error_code": 400, "description": "Bad Request: group chat was upgraded to a supergroup chat", "parameters": {"migrate_to_chat_id": -100_987_654_321_i64}})),
        _ => telegram(seen),
    })
    .await;
    let mut stage = stage(&fake).text("x");
    stage.purse = crate::providers::testing::Purse::new(json!({"id": "-1001", "handle": ""}));
    assert_eq!(live(&stage).await[0].url.as_deref(), Some("https://t.me/c/987654321/6"));
    use crate::providers::Tokens as _;
    assert_eq!(stage.purse.current()["id"], "-100987654321");
    assert_eq!(fake.seen().len(), 2);
}

/// The Bot API cannot be asked what was sent: what may have arrived is never sent again.
#[tokio::test]
async fn a_lost_answer_is_uncertain_and_nothing_is_sent_twice() {
    for answer in [Answer::Drop, Answer::Hang] {
        let fake = Fake::start(move |_| answer.clone()).await;
        let stage = stage(&fake).text("x").picture(1, 1, "");
        for _ in 0..2 {
            let failure = Telegram.publish(&stage.call()).await.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Uncertain);
            stage.assert_hides(&[TOKEN], Some(&failure));
        }
        assert_eq!(fake.seen().len(), 1);
    }
}

#[tokio::test]
async fn who_the_chat_is_and_what_pictures_may_look_like() {
    let fake = Fake::start(telegram).await;
    let stage = stage(&fake).text("x").picture(2_100, 100, "").picture(100, 100, "");
    let who = Telegram.whoami(&stage.access()).await.unwrap();
    assert_eq!((who.id.as_str(), who.name.as_str()), ("-1001", "C"));
    let parts = [DraftPart { text: stage.text.clone(), media: stage.media.clone() }];
    let draft = |parts| Telegram.review(&Draft { parts, settings: &json!({}), limits: &ABOUT.limits });
    assert_eq!(draft(&parts)[0].message.key, "provider.telegram.ratio");
    let parts = [DraftPart { text: stage.text.clone(), media: stage.media[1..].to_vec() }];
    assert!(draft(&parts).is_empty());
}
