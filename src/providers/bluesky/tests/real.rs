//! The same against a real server: `BSKY_PDS=$(RUN_DIR=/folder tests/peers/bsky-pds.sh start) cargo test --lib -- --ignored real_pds`

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{super::Bluesky, server::live};
use crate::{
    http::{Client, Method},
    providers::{
        Account, Answers, Found, Link, Outcome, Provider as _, Tokens as _,
        testing::{Purse, Stage, one, patient_client, png},
    },
};

async fn xrpc(http: &Client, url: String, body: Option<Json>) -> Json {
    let request = match body {
        Some(body) => http.request(Method::POST, &url).json(&body),
        None => http.request(Method::GET, &url),
    };
    let reply = request.send().await.unwrap();
    assert!(reply.is_success(), "{url}: {}", reply.text());
    reply.json().unwrap()
}

async fn account(http: &Client, pds: &str) -> Account {
    let name = format!("t{}", chrono::Utc::now().timestamp_millis());
    let handle = format!("{name}.test");
    let body = json!({"email": format!("{name}@example.com"), "handle": handle, "password": "a long pass word"});
    xrpc(http, format!("{pds}/xrpc/com.atproto.server.createAccount"), Some(body)).await;
    let hosts = BTreeMap::new();
    let link = Link { http, hosts: &hosts, app: &Answers::new(), redirect: "", now: chrono::Utc::now() };
    let answers = |password: &str| {
        [("service", pds), ("identifier", &format!("@{handle}")), ("password", password)]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into()
    };
    assert!(Bluesky.connect(&link, &answers("wrong")).await.is_err());
    one(Bluesky.connect(&link, &answers("a long pass word")).await.unwrap())
}

#[tokio::test]
#[ignore = "needs BSKY_PDS, the address of a real server"]
async fn real_pds() {
    let pds = std::env::var("BSKY_PDS").expect("BSKY_PDS names the server");
    let http = patient_client();
    let account = account(&http, &pds).await;
    let mut stage = Stage::new(&account.id, account.credentials.clone());
    (stage.http, stage.now) = (http.clone(), chrono::Utc::now());
    stage.ledger = crate::providers::testing::Ledger::new(stage.now);
    let handle = &account.handle;
    let mut stage = stage
        .text(&format!("One 👩‍👩‍👧 @{handle} @nobody.test #tag $btc https://例え.jp/日本_(x) example.org"))
        .picture(400, 300, "Alt");
    let picture = stage.media[0].clone();
    stage.files.fill(&picture, png(), "image/png");

    // Killed after the server accepted.
    stage.ledger.crash_at("create");
    assert!(Bluesky.publish(&stage.call()).await.is_err());
    let (one, warnings) = live(&stage).await;
    assert_eq!(warnings, ["@nobody.test was not found on Bluesky and is not linked"]);
    let key = stage.ledger.key("create");
    assert_eq!(Bluesky.find(&stage.call(), &key).await.unwrap(), Found::Yes(vec![one.clone()]));

    // The same key again.
    let record = json!({"$type": "app.bsky.feed.post", "text": "another"});
    let again = super::super::record::create(&stage.call(), &key, &record).await.unwrap();
    assert_eq!(again.remote("https://bsky.app"), one);

    // A session that the server does not know, then a refresh token that it does not know either.
    let mut credentials = stage.purse.current();
    credentials["access"] = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJIUzI1NiJ9.eyJzY29wZSI6IngifQ.x".into();
    stage.purse = Purse::new(credentials.clone());
    let mut stage = stage.next(one.clone(), "Two");
    let (two, _) = live(&stage).await;
    assert_eq!(stage.purse.refreshed().await, 1);
    credentials["refresh"] = credentials["access"].clone();
    stage.purse = Purse::new(credentials);
    let stage = stage.next(two.clone(), "Three");
    let (three, _) = live(&stage).await;
    assert_eq!(stage.purse.refreshed().await, 1);

    let list = format!("{pds}/xrpc/com.atproto.repo.listRecords?repo={}&collection=app.bsky.feed.post&reverse=true", account.id);
    let records = xrpc(&http, list.clone(), None).await;
    assert_eq!(records["records"].as_array().unwrap().len(), 3);
    assert_eq!(records["records"][2]["value"]["reply"], json!({"root": one.extra, "parent": two.extra}));

    // A thread of one part that quotes another post and is followed by its end.
    let mut stage = stage;
    stage.thread.clear();
    (stage.last, stage.ledger) = (true, crate::providers::testing::Ledger::new(stage.now));
    let quote = one.url.clone().unwrap();
    let stage = stage.settings(json!({"quote": quote, "active_thread_finisher": true, "thread_finisher": "End"})).text("Quoting");
    let Ok(Outcome::Live { remotes, warnings }) = Bluesky.publish(&stage.call()).await else { panic!("not live") };
    assert_eq!((remotes.len(), warnings.len()), (2, 0));
    let records = xrpc(&http, list.clone(), None).await;
    assert_eq!(records["records"][3]["value"]["embed"]["record"], one.extra);
    assert_eq!(records["records"][4]["value"]["embed"]["record"], remotes[0].extra);
    for remote in &remotes {
        Bluesky.delete(&stage.call(), remote).await.unwrap();
    }

    for remote in [&three, &three, &two, &one] {
        Bluesky.delete(&stage.call(), remote).await.unwrap();
    }
    assert_eq!(Bluesky.find(&stage.call(), &key).await.unwrap(), Found::No);
    assert_eq!(xrpc(&http, list, None).await["records"], json!([]));
}
