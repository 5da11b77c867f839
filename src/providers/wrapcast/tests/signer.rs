//! A signer is made, approved, and then speaks for the account.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    super::{Wrapcast, ethereum},
    vendor::{KEY, SIGNER, Vendor, line, refusal},
};
use crate::providers::{
    Answers, FailureKind, Link, Provider as _,
    testing::{client, one},
};

async fn linked<T>(vendor: &Vendor, change: (&str, &str), f: impl AsyncFnOnce(&Link<'_>) -> T) -> T {
    let http = client();
    let hosts = BTreeMap::from([("api".to_owned(), vendor.fake.url.clone())]);
    let key = "1".repeat(64);
    let mut app: Answers =
        [("api_key", KEY), ("app_fid", "9"), ("app_key", &key)].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    app.insert(change.0.into(), change.1.into());
    let now = "2026-11-23T08:00:00Z".parse().unwrap();
    f(&Link { http: &http, hosts: &hosts, app: &app, redirect: "", now }).await
}

#[tokio::test]
async fn a_signer_is_asked_for_approved_and_known() {
    let vendor = Vendor::start().await;
    linked(&vendor, ("x", ""), async |link| {
        let answers = Answers::new();
        let invitation = Wrapcast.invite(link, &answers).await.unwrap();
        assert!(invitation.link.unwrap().starts_with("https://client.farcaster.xyz/deeplinks/"));
        assert_eq!((invitation.lasts, invitation.kept.clone()), (3_600, json!({"signer_uuid": SIGNER})));
        let seen = vendor.fake.seen();
        assert_eq!(seen.iter().map(line).collect::<Vec<_>>(), ["POST signer/", "POST signer/signed_key/"]);
        let deadline = 1_795_420_800 + 86_400;
        let key = ethereum::key(&"1".repeat(64)).unwrap();
        let signature = ethereum::sign(&key, &ethereum::digest(9, &[0x3d; 32], deadline));
        assert_eq!(seen[1].json(), json!({"signer_uuid": SIGNER, "signature": signature, "app_fid": 9, "deadline": deadline}));
        assert!(Wrapcast.accepted(link, &invitation.kept).await.unwrap().is_none());
        vendor.state().status = "approved".into();
        vendor.fake.seen();
        let account = one(Wrapcast.accepted(link, &invitation.kept).await.unwrap().unwrap());
        let seen = vendor.fake.seen();
        assert_eq!((seen[0].query["signer_uuid"].as_str(), seen[1].query["fids"].as_str()), (SIGNER, "3"));
        assert_eq!((account.id.as_str(), account.name.as_str(), account.handle.as_str()), ("3", "Alice", "alice"));
        assert_eq!(account.url.as_deref(), Some("https://farcaster.xyz/alice"));
        assert_eq!(account.credentials, json!({"signer_uuid": SIGNER, "handle": "alice"}));
        vendor.state().status = "revoked".into();
        assert_eq!(Wrapcast.accepted(link, &invitation.kept).await.unwrap_err().kind, FailureKind::Rejected);
    })
    .await;
    let stage = vendor.stage();
    assert_eq!(Wrapcast.whoami(&stage.access()).await.unwrap_err().kind, FailureKind::Reconnect);
    vendor.state().status = "approved".into();
    assert_eq!(Wrapcast.whoami(&stage.access()).await.unwrap().handle, "alice");
}

#[tokio::test]
async fn what_is_wrong_with_the_app_is_said() {
    let vendor = Vendor::start().await;
    for (change, words) in [
        (("api_key", ""), "developer app"),
        (("app_fid", "nine"), "no number"),
        (("app_key", "hush hush"), "neither 64"),
        (("api_key", "wrong-api-key"), "API key"),
    ] {
        linked(&vendor, change, async |link| {
            let answers = Answers::new();
            let failure = Wrapcast.invite(link, &answers).await.unwrap_err();
            assert!(failure.kind == FailureKind::Rejected && failure.message.contains(words), "{words}: {failure:?}");
        })
        .await;
    }
    vendor.misfortune(|_| Some(refusal(400, KEY)));
    linked(&vendor, ("x", ""), async |link| {
        let answers = Answers::new();
        assert_eq!(Wrapcast.invite(link, &answers).await.unwrap_err().message, "•••");
    })
    .await;
}
