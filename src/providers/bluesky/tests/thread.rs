//! What goes with a thread: the post it quotes, and the words that end it.

use serde_json::{Value as Json, json};

use super::{
    super::{ABOUT, Bluesky},
    server::{DID, Server, fails, live, refusal, uri},
};
use crate::{
    kit::text::Doc,
    providers::{Draft, FailureKind, Outcome, Provider as _, testing::Answer},
};

const QUOTED: &str = "at://did:plc:bob/app.bsky.feed.post/3jzf";

fn quoted(server: &Server) {
    server.misfortune(|method, seen| {
        let found = || Answer::json(json!({"uri": QUOTED, "cid": "cid-bob", "value": {"text": "hi"}}));
        (method == "getRecord" && seen.query["repo"] == "did:plc:bob").then(found)
    });
}

fn records(server: &Server) -> Vec<Json> {
    server.state().records.values().cloned().collect()
}

#[tokio::test]
async fn the_first_part_quotes_a_post() {
    let server = Server::start().await;
    quoted(&server);
    let settings = json!({"quote": "https://bsky.app/profile/bob.test/post/3jzf"});
    let stage = server.stage().settings(settings.clone()).text("See https://127.0.0.1:1/");
    let (one, _) = live(&stage).await;
    assert_eq!(server.methods(), ["resolveHandle", "getRecord", "createRecord"], "a quote leaves no room for a card");
    live(&stage.next(one, "Two")).await;
    let record = json!({"$type": "app.bsky.embed.record", "record": {"uri": QUOTED, "cid": "cid-bob"}});
    let made = records(&server);
    assert_eq!((&made[0]["embed"], &made[1]["embed"]), (&record, &Json::Null));

    server.state().records.clear();
    live(&server.stage().settings(settings).picture(1, 1, "").text("x")).await;
    let embed = records(&server)[0]["embed"].clone();
    assert_eq!((&embed["$type"], &embed["record"]), (&json!("app.bsky.embed.recordWithMedia"), &record));
    assert_eq!(embed["media"]["$type"], "app.bsky.embed.images");
}

#[tokio::test]
async fn a_quote_of_nothing_is_refused() {
    let server = Server::start().await;
    for quote in ["https://bsky.app/profile/nobody.test/post/3jzf", "at://did:plc:bob/app.bsky.feed.post/3none", "nothing"] {
        let failure = fails(&server.stage().settings(json!({"quote": quote})).text("x")).await;
        assert_eq!(failure.kind, FailureKind::Rejected, "{quote}");
        assert!(failure.message.contains("quoted post"), "{failure:?}");
    }
    assert!(server.state().records.is_empty());
}

#[tokio::test]
async fn the_last_part_is_followed_by_the_end_of_the_thread() {
    let server = Server::start().await;
    let settings =
        json!({"active_thread_finisher": true, "thread_finisher": "<p>That's a wrap! <strong>See</strong> https://x.org</p>"});
    let stage = server.stage().settings(settings).text("One");
    let (one, _) = live(&stage).await;
    let mut stage = stage.next(one.clone(), "Two");
    stage.last = true;
    stage.ledger.crash_at("finisher");
    fails(&stage).await;
    let Ok(Outcome::Live { remotes, warnings }) = Bluesky.publish(&stage.call()).await else { panic!("not live") };
    assert_eq!((remotes.len(), warnings.len(), server.state().records.len()), (2, 0, 3));
    let key = remotes[1].id.rsplit('/').next().unwrap();
    let record = server.state().records[key].clone();
    assert_eq!(record["text"], "That's a wrap! See https://x.org");
    assert_eq!(record["embed"], json!({"$type": "app.bsky.embed.record", "record": one.extra}));
    assert_eq!(record["reply"], json!({"root": one.extra, "parent": one.extra}));
    assert_eq!(record["facets"][0]["features"][0]["uri"], "https://x.org");
    let step = stage.ledger.key("finisher");
    assert!(remotes[1].id.ends_with(&super::super::tid::of(&step)));
}

#[tokio::test]
async fn an_end_that_is_refused_does_not_undo_the_thread() {
    let server = Server::start().await;
    let mut stage = server.stage().settings(json!({"active_thread_finisher": "true", "thread_finisher": "End"})).text("One");
    stage.last = true;
    server.misfortune(|_, seen| {
        let end = seen.json()["record"]["text"] == "End";
        end.then(|| refusal(400, "InvalidRequest", "no ends here"))
    });
    let (remote, warnings) = live(&stage).await;
    assert_eq!((remote.id.starts_with(&uri("3")), warnings), (true, vec!["no ends here".to_owned()]));
    let mut stage = server.stage().settings(json!({"active_thread_finisher": false, "thread_finisher": "End"})).text("One");
    stage.last = true;
    assert!(live(&stage).await.1.is_empty());
}

#[tokio::test]
async fn mentions_are_handles_however_they_are_shown() {
    let server = Server::start().await;
    let mut stage = server.stage();
    stage.text = Doc::from_html(
        "<p><span data-mention-id=\"bob.test\" data-mention-label=\"Bob B.\">@Bob B.</span> and <span data-mention-id=\"did:plc:x\" \
         data-mention-label=\"nobody.test\">@nobody.test</span></p>",
    );
    live(&stage).await;
    let record = records(&server)[0].clone();
    assert_eq!(record["text"], "@bob.test and @nobody.test");
    assert_eq!(record["facets"][0]["features"][0]["did"], "did:plc:bob");
    assert_eq!(stage.account, DID);
}

#[test]
fn forms_refuse_what_the_platform_would() {
    let review = |settings: Json| {
        let found = Bluesky.review(&Draft { parts: &[], settings: &settings, limits: &ABOUT.limits });
        found.into_iter().map(|problem| (problem.field, problem.message.key)).collect::<Vec<_>>()
    };
    assert_eq!(review(json!({"quote": QUOTED, "active_thread_finisher": true, "thread_finisher": "x".repeat(300)})), []);
    assert_eq!(
        review(json!({"quote": "x", "active_thread_finisher": true, "thread_finisher": "x".repeat(301)})),
        [("thread_finisher", "provider.bluesky.thread_finisher.long"), ("quote", "provider.bluesky.quote.wrong")]
    );
}
