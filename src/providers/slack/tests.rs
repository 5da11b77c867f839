//! What reaches Slack, and what its answers come to.

use serde_json::{Value as Json, json};

use super::{ABOUT, Slack};
use crate::providers::{
    FailureKind, Found, Outcome, Provider as _, Remote, StepKey,
    testing::{Answer, Fake, Seen, Stage, one},
};

const APP: &[(&str, &str)] = &[("client_id", "11.22"), ("client_secret", "hush-hush")];

fn method(seen: &Seen) -> &str {
    seen.path.trim_start_matches("/api/")
}

fn refusal(code: &str) -> Answer {
    Answer::json(json!({"ok": false, "error": code}))
}

/// Slack as it answers when all is well. Its uploads go to the address that it leases, here its own.
fn slack(seen: &Seen) -> Answer {
    let host = format!("http://{}", seen.header("host"));
    if !matches!(method(seen), "oauth.v2.access" | "/upload/1") {
        assert_eq!(seen.header("authorization"), "Bearer xoxb-secret", "{}", seen.path);
    }
    match method(seen) {
        "oauth.v2.access" => Answer::json(
            json!({"ok": true, "access_token": "xoxb-secret", "token_type": "bot", "scope": "channels:read,chat:write,users:read", "bot_user_id": "U1", "app_id": "A1", "team": {"id": "T1", "name": "Team"}, "authed_user": {"id": "U9"}}),
        ),
        "users.info" => Answer::json(
            json!({"ok": true, "user": {"id": "U1", "name": "bot", "real_name": "Bot", "profile": {"image_original": "http://x/p.png"}}}),
        ),
        "auth.test" => Answer::json(json!({"ok": true, "team": "Team", "team_id": "T1", "user": "bot", "user_id": "U1"})),
        "conversations.list" if !seen.query.contains_key("cursor") => Answer::json(
            json!({"ok": true, "channels": [{"id": "C1", "name": "general", "is_private": false, "is_member": false}, {"id": "G1", "name": "secret", "is_private": true, "is_member": false}], "response_metadata": {"next_cursor": "MORE="}}),
        ),
        "conversations.list" => {
            assert_eq!(seen.query["cursor"], "MORE=");
            Answer::json(
                json!({"ok": true, "channels": [{"id": "C2", "name": "news", "is_private": true, "is_member": true}], "response_metadata": {"next_cursor": ""}}),
            )
        }
        "conversations.join" => Answer::json(json!({"ok": true, "channel": {"id": "C1"}})),
        "files.getUploadURLExternal" => {
            Answer::json(json!({"ok": true, "upload_url": format!("{host}/upload/1"), "file_id": "F1"}))
        }
        "/upload/1" => Answer::bytes("text/plain", "OK - 6"),
        "files.completeUploadExternal" => Answer::json(json!({"ok": true, "files": [{"id": "F1"}]})),
        "chat.postMessage" => {
            Answer::json(json!({"ok": true, "channel": "C1", "ts": "1700000000.000100", "message": {"text": "x"}}))
        }
        "chat.getPermalink" => {
            Answer::json(json!({"ok": true, "channel": "C1", "permalink": "https://t.slack.com/archives/C1/p1700000000000100"}))
        }
        "chat.update" | "chat.delete" => Answer::json(json!({"ok": true, "channel": "C1", "ts": "1700000000.000100"})),
        other => panic!("unexpected {other}"),
    }
}

fn stage(fake: &Fake) -> Stage {
    let stage = Stage::new("T1", json!({"access": "xoxb-secret", "id": "U1"})).at(&ABOUT, &fake.url).app(APP);
    stage.settings(json!({"channel": "C1"}))
}

async fn live(stage: &Stage) -> Remote {
    match Slack.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, .. } => remotes.remove(0),
        other => panic!("{other:?}"),
    }
}

fn key(stage: &Stage) -> StepKey {
    StepKey { key: uuid::Uuid::nil(), begun_at: stage.now, earlier: 1 }
}

#[tokio::test]
async fn the_account_is_the_workspace() {
    let fake = Fake::start(slack).await;
    let stage = stage(&fake);
    let link = stage.access().link();
    let consent = Slack.consent(&link, &Default::default(), "STATE").await.unwrap();
    let url = url::Url::parse(&consent.url).unwrap();
    assert_eq!(url.path(), "/oauth/v2/authorize");
    let scope = url.query_pairs().find(|(name, _)| name == "scope").unwrap().1.into_owned();
    assert!(scope.starts_with("channels:read,groups:read,") && scope.contains("chat:write,files:write,files:read"));
    let account = one(Slack.grant(&link, &Default::default(), consent.kept, "CODE").await.unwrap());
    assert_eq!((account.id.as_str(), account.name.as_str(), account.handle.as_str()), ("T1", "Team", "bot"));
    assert_eq!(account.picture.as_deref(), Some("http://x/p.png"));
    assert_eq!(account.credentials["access"], "xoxb-secret");
    assert_eq!(account.credentials["id"], "U1");
    let form = fake.seen()[0].form();
    for (name, value) in [("client_id", "11.22"), ("client_secret", "hush-hush"), ("code", "CODE")] {
        assert!(form.contains(&(name.into(), value.into())), "{form:?}");
    }
    assert_eq!(Slack.whoami(&stage.access()).await.unwrap().name, "Team");
    let refusing = Fake::start(|_| refusal("invalid_code")).await;
    let failure = Slack.grant(&self::stage(&refusing).access().link(), &Default::default(), json!({}), "CODE").await.unwrap_err();
    assert_eq!((failure.kind, failure.code.as_deref()), (FailureKind::Rejected, Some("invalid_code")));
}

#[tokio::test]
async fn a_message_and_a_reply_below_the_first_one() {
    let fake = Fake::start(slack).await;
    let mut stage = stage(&fake);
    stage.text = crate::kit::text::Doc::from_html(
        "<p>a &amp; <strong>b</strong> <a href=\"https://x.org\">x</a> \
         <span data-mention-id=\"U7\" data-mention-label=\"ann\">@ann</span> \
         <span data-mention-id=\"here\" data-mention-label=\"here\">@here</span></p>",
    );
    let root = live(&stage).await;
    let seen = fake.seen();
    assert_eq!(seen.iter().map(method).collect::<Vec<_>>(), ["conversations.join", "chat.postMessage", "chat.getPermalink"]);
    let words = "a &amp; *b* <https://x.org|x> <@U7> <!here>";
    let key = stage.ledger.key("post").key;
    let section = |text: &str| json!({"type": "section", "text": {"type": "mrkdwn", "text": text}});
    let metadata = |key| json!({"event_type": "rostrum_post", "event_payload": {"key": key}});
    assert_eq!(seen[0].json(), json!({"channel": "C1"}));
    assert_eq!(seen[1].json(), json!({"channel": "C1", "text": words, "blocks": [section(words)], "metadata": metadata(key)}));
    assert_eq!((seen[2].query["channel"].as_str(), seen[2].query["message_ts"].as_str()), ("C1", "1700000000.000100"));
    assert_eq!(root.url.as_deref(), Some("https://t.slack.com/archives/C1/p1700000000000100"));
    let second = Remote { id: "1700000001.000100".into(), ..root.clone() };
    let stage = stage.next(root, "two").next(second, "three");
    live(&stage).await;
    let seen = fake.seen();
    assert_eq!(seen.iter().map(method).collect::<Vec<_>>(), ["chat.postMessage", "chat.getPermalink"]);
    assert_eq!(seen[0].json()["thread_ts"], "1700000000.000100", "always the first part, never a reply");
}

#[tokio::test]
async fn long_texts_are_cut_into_sections() {
    let fake = Fake::start(slack).await;
    let text = format!("{}\n{}", "a".repeat(2_000), "b".repeat(2_000));
    live(&stage(&fake).text(&text)).await;
    let sent = fake.seen()[1].json();
    let blocks = sent["blocks"].as_array().unwrap();
    assert_eq!(blocks.iter().map(|b| b["text"]["text"].as_str().unwrap().len()).collect::<Vec<_>>(), [2_000, 2_000]);
}

#[tokio::test]
async fn pictures_are_uploaded_and_shown_below_the_words() {
    let fake = Fake::start(slack).await;
    let stage = stage(&fake).text("x").picture(4, 3, "A red square");
    let remote = live(&stage).await;
    let seen = fake.seen();
    let expected = [
        "conversations.join",
        "files.getUploadURLExternal",
        "/upload/1",
        "files.completeUploadExternal",
        "chat.postMessage",
        "chat.getPermalink",
    ];
    assert_eq!(seen.iter().map(method).collect::<Vec<_>>(), expected);
    let query: Vec<_> = seen[1].query.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(query, [("alt_txt", "A red square"), ("filename", "picture.jpeg"), ("length", "6")]);
    assert_eq!((seen[2].body.as_slice(), seen[2].header("authorization")), (&b"jpeg 0"[..], ""));
    assert_eq!(seen[3].json(), json!({"files": [{"id": "F1"}]}));
    let picture = json!({"type": "image", "slack_file": {"id": "F1"}, "alt_text": "A red square"});
    assert_eq!(seen[4].json()["blocks"][1], picture);
    // The text can be changed later without losing the picture.
    Slack.edit(&self::stage(&fake).text("new").call(), &remote).await.unwrap();
    let sent = fake.seen()[0].json();
    assert_eq!((&sent["ts"], &sent["text"], &sent["blocks"][1]), (&json!("1700000000.000100"), &json!("new"), &picture));
    Slack.delete(&stage.call(), &remote).await.unwrap();
    assert_eq!(fake.seen()[0].json(), json!({"channel": "C1", "ts": "1700000000.000100"}));
    let gone = Fake::start(|_| refusal("message_not_found")).await;
    Slack.delete(&self::stage(&gone).call(), &remote).await.unwrap();
}

/// Slack as it shares files: `known` says whether it tells already where.
fn sharing(known: bool) -> impl Fn(&Seen) -> Answer + Send + Sync {
    move |seen| match method(seen) {
        "files.completeUploadExternal" => {
            Answer::json(json!({"ok": true, "files": [{"id": "F1", "permalink": "https://t.slack.com/files/U1/F1/video.mp4"}]}))
        }
        "files.info" => {
            let shares = if known { json!({"public": {"C1": [{"ts": "1700000009.000100"}]}}) } else { json!({}) };
            Answer::json(json!({"ok": true, "file": {"id": "F1", "shares": shares}}))
        }
        _ => slack(seen),
    }
}

#[tokio::test]
async fn a_video_is_shared_with_the_words_and_found_by_them() {
    let fake = Fake::start(sharing(true)).await;
    let stage = stage(&fake).text("x & y").film(4, 3, "").picture(4, 3, "");
    let remote = live(&stage).await;
    let seen = fake.seen();
    let methods: Vec<_> = seen.iter().map(method).collect();
    let lease = ["files.getUploadURLExternal", "/upload/1"];
    let expected =
        [&["conversations.join"][..], &lease, &lease, &["files.completeUploadExternal", "files.info", "chat.getPermalink"]];
    assert_eq!(methods, expected.concat());
    assert_eq!((seen[1].query["filename"].as_str(), seen[2].body.as_slice()), ("video.mp4", &b"mp4 0"[..]));
    let shared = json!({"files": [{"id": "F1"}, {"id": "F1"}], "channel_id": "C1", "initial_comment": "x &amp; y"});
    assert_eq!(seen[5].json(), shared);
    assert_eq!((remote.id.as_str(), &remote.extra["shared"]), ("1700000009.000100", &json!(true)));
    Slack.edit(&self::stage(&fake).text("new").call(), &remote).await.unwrap();
    assert_eq!(fake.seen()[0].json(), json!({"channel": "C1", "ts": "1700000009.000100", "text": "new"}));

    let message = |files: Json| json!({"ts": "1795420801.000100", "user": "U1", "text": "x &amp; y", "files": files});
    for (files, there) in [(json!([{}, {}]), true), (json!([{}]), false)] {
        let listed = json!({"ok": true, "messages": [message(files)]});
        let fake = Fake::start(move |seen| match method(seen) {
            "conversations.history" => Answer::json(listed.clone()),
            _ => slack(seen),
        })
        .await;
        let stage = self::stage(&fake).text("x & y").film(4, 3, "").picture(4, 3, "");
        let key = StepKey { key: uuid::Uuid::nil(), begun_at: stage.now, earlier: 1 };
        match Slack.find(&stage.call(), &key).await.unwrap() {
            Found::Yes(found) if there => assert_eq!(found[0].id, "1795420801.000100"),
            Found::NotSeen if !there => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_video_whose_message_is_not_told_is_waited_for_and_then_linked() {
    let fake = Fake::start(sharing(false)).await;
    let mut stage = stage(&fake).text("x").film(4, 3, "");
    assert!(matches!(Slack.publish(&stage.call()).await.unwrap(), Outcome::Wait { .. }));
    stage.now += chrono::TimeDelta::minutes(3);
    let Outcome::Live { remotes, warnings } = Slack.publish(&stage.call()).await.unwrap() else { panic!("not live") };
    assert_eq!(remotes[0].url.as_deref(), Some("https://t.slack.com/files/U1/F1/video.mp4"));
    assert!(warnings[0].contains("files:read"), "{warnings:?}");
    assert_eq!(fake.seen().iter().filter(|s| method(s) == "files.completeUploadExternal").count(), 1);
    for refused in [Slack.delete(&stage.call(), &remotes[0]).await, Slack.edit(&stage.call(), &remotes[0]).await.map(drop)] {
        assert_eq!(refused.unwrap_err().kind, FailureKind::Rejected);
    }
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn a_picture_that_slack_does_not_know_yet_is_waited_for() {
    let fake = Fake::start(|seen| if method(seen) == "chat.postMessage" { refusal("invalid_blocks") } else { slack(seen) }).await;
    let mut stage = stage(&fake).text("x").picture(4, 3, "");
    assert!(matches!(Slack.publish(&stage.call()).await.unwrap(), Outcome::Wait { .. }));
    stage.now += chrono::TimeDelta::minutes(3);
    let failure = Slack.publish(&stage.call()).await.unwrap_err();
    assert_eq!((failure.kind, failure.code.as_deref()), (FailureKind::Rejected, Some("invalid_blocks")));
}

#[tokio::test]
async fn all_channels_are_listed_that_the_bot_can_write_in() {
    let fake = Fake::start(slack).await;
    let items = Slack.lookup(&stage(&fake).access(), "channels", &json!({})).await.unwrap();
    let named: Vec<_> = items.iter().map(|item| (item.id.as_str(), item.name.as_str())).collect();
    assert_eq!(named, [("C1", "general"), ("C2", "news")]);
    let seen = fake.seen();
    assert_eq!((seen.len(), seen[0].query["exclude_archived"].as_str()), (2, "true"));
}

#[tokio::test]
async fn a_missing_or_odd_channel_is_named() {
    let fake = Fake::start(slack).await;
    for channel in ["", "C1/../x"] {
        let stage = stage(&fake).text("x").settings(json!({"channel": channel}));
        let failure = Slack.publish(&stage.call()).await.unwrap_err();
        assert!(failure.kind == FailureKind::Rejected && failure.message.starts_with("settings.channel"), "{failure}");
    }
    assert!(fake.seen().is_empty());
}

/// Slack refuses with status 200.
#[tokio::test]
async fn refusals_mean_what_their_code_says() {
    use FailureKind::{Reconnect, Rejected, Uncertain};
    let limited = FailureKind::RateLimited { until: None };
    let kinds = [
        ("missing_scope", Rejected),
        ("no_permission", Rejected),
        ("restricted_action", Rejected),
        ("not_in_channel", Rejected),
        ("channel_not_found", Rejected),
        ("is_archived", Rejected),
        ("msg_blocks_too_long", Rejected),
        ("invalid_blocks", Rejected),
        ("no_text", Rejected),
        ("too_many_attachments", Rejected),
        ("cannot_reply_to_message", Rejected),
        ("messages_tab_disabled", Rejected),
        ("invalid_auth", Reconnect),
        ("not_authed", Reconnect),
        ("token_revoked", Reconnect),
        ("token_expired", Reconnect),
        ("account_inactive", Reconnect),
        ("app_access_restricted", Reconnect),
        ("org_login_required", Reconnect),
        ("ratelimited", limited),
        ("rate_limited", limited),
        ("message_limit_exceeded", limited),
        ("team_added_to_org", limited),
        ("service_unavailable", Uncertain),
        ("fatal_error", Uncertain),
        ("internal_error", Uncertain),
        ("request_timeout", Uncertain),
    ];
    for (code, kind) in kinds {
        let answer = json!({"ok": false, "error": code, "response_metadata": {"messages": ["[ERROR] for xoxb-secret"]}});
        let fake =
            Fake::start(move |seen| if method(seen) == "chat.postMessage" { Answer::json(answer.clone()) } else { slack(seen) })
                .await;
        let stage = stage(&fake).text("x");
        let failure = Slack.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{code}");
        if kind != Reconnect {
            assert_eq!(failure.code.as_deref(), Some(code));
            assert_eq!(failure.message, format!("{}: [ERROR] for •••", code.replace('_', " ")));
        }
        stage.assert_hides(&["xoxb-secret", "hush-hush"], Some(&failure));
    }
    let fake = Fake::start(|_| Answer::status(429, json!({"ok": false, "error": "ratelimited"})).header("retry-after", 30)).await;
    let failure = Slack.publish(&stage(&fake).text("x").call()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::RateLimited { until: "2026-11-23T08:00:30.123456Z".parse().ok() });
}

/// Apps with token rotation: a token that has ended is renewed, and the call made once more.
#[tokio::test]
async fn tokens_that_rotate_are_renewed() {
    let fake = Fake::start(|seen| match method(seen) {
        "oauth.v2.access" => {
            assert!(seen.form().contains(&("refresh_token".into(), "xoxe-old".into())));
            Answer::json(json!({"ok": true, "access_token": "xoxb-secret", "refresh_token": "xoxe-new", "expires_in": 43_200}))
        }
        _ if seen.bearer() != "xoxb-secret" => refusal("token_expired"),
        _ => slack(seen),
    })
    .await;
    let mut stage = stage(&fake).text("x");
    stage.purse = crate::providers::testing::Purse::new(json!({"access": "xoxb-ended", "refresh": "xoxe-old", "id": "U1"}));
    live(&stage).await;
    use crate::providers::Tokens as _;
    assert_eq!((stage.purse.current()["refresh"].as_str(), stage.purse.refreshed().await), (Some("xoxe-new"), 1));
    let refusing =
        Fake::start(|seen| refusal(if method(seen) == "oauth.v2.access" { "invalid_refresh_token" } else { "token_expired" }))
            .await;
    let mut stage = self::stage(&refusing).text("x");
    stage.purse = crate::providers::testing::Purse::new(json!({"access": "xoxb-ended", "refresh": "xoxe-old", "id": "U1"}));
    assert_eq!(Slack.publish(&stage.call()).await.unwrap_err().kind, FailureKind::Reconnect);
}

#[tokio::test]
async fn a_lost_answer_is_uncertain_and_nothing_is_sent_twice() {
    let fake = Fake::start(|seen| if method(seen) == "chat.postMessage" { Answer::Drop } else { slack(seen) }).await;
    let stage = stage(&fake).text("x");
    for _ in 0..2 {
        assert_eq!(Slack.publish(&stage.call()).await.unwrap_err().kind, FailureKind::Uncertain);
    }
    assert_eq!(fake.seen().iter().filter(|seen| method(seen) == "chat.postMessage").count(), 1);
}

fn said(ts: &str, user: &str, text: &str, key: &str) -> Json {
    json!({"type": "message", "user": user, "text": text, "ts": ts, "metadata": {"event_type": "rostrum_post", "event_payload": {"key": key}}})
}

#[tokio::test]
async fn a_message_is_read_back_by_its_key() {
    let nil = "00000000-0000-0000-0000-000000000000";
    for (messages, minutes, found) in [
        (json!([said("1795420801.000100", "U1", "x", nil)]), 0, Some(true)),
        (json!([said("1795420801.000100", "U2", "x", nil)]), 0, None),
        (json!([{"type": "message", "user": "U1", "text": "z", "ts": "1795420801.000100"}]), 5, None),
        (json!([said("1795420801.000100", "U1", "y", "other")]), 1, None),
        (json!([said("1795420801.000100", "U1", "y", "other")]), 5, Some(false)),
    ] {
        let fake = Fake::start(move |seen| match method(seen) {
            "conversations.history" => {
                assert_eq!(
                    (seen.query["oldest"].as_str(), seen.query["include_all_metadata"].as_str()),
                    ("1795420740.000000", "true")
                );
                Answer::json(json!({"ok": true, "messages": messages, "has_more": false}))
            }
            _ => slack(seen),
        })
        .await;
        let mut stage = stage(&fake).text("x");
        let key = key(&stage);
        stage.now += chrono::TimeDelta::minutes(minutes);
        match (Slack.find(&stage.call(), &key).await.unwrap(), found) {
            (Found::Yes(remotes), Some(true)) => {
                assert_eq!(remotes[0].id, "1795420801.000100");
                assert!(remotes[0].url.is_some());
            }
            (Found::No, Some(false)) | (Found::NotSeen, None) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn what_may_not_be_read_proves_nothing() {
    let fake = Fake::start(|_| refusal("missing_scope")).await;
    let stage = stage(&fake).text("x");
    assert_eq!(Slack.find(&stage.call(), &key(&stage)).await.unwrap(), Found::NotSeen);
    assert!(Slack.candidates(&stage.call(), &key(&stage)).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_person_may_name_a_message_of_the_bot() {
    let fake = Fake::start(|seen| {
        assert_eq!((method(seen), seen.query["channel"].as_str()), ("conversations.history", "C1"));
        Answer::json(json!({"ok": true, "messages": [said(&seen.query["latest"], "U1", "x", "k")]}))
    })
    .await;
    let stage = stage(&fake);
    let found = Slack.recognise(&stage.call(), "https://t.slack.com/archives/C1/p1700000000000100").await.unwrap().unwrap();
    assert_eq!((found.remote.id.as_str(), found.text.as_str()), ("1700000000.000100", "x"));
    for odd in ["https://t.slack.com/archives/C1/p17", "https://example.org", "https://t.slack.com/archives/../pabcdefghi"] {
        assert!(Slack.recognise(&stage.call(), odd).await.unwrap().is_none());
    }
}
