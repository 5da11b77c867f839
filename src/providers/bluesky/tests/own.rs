//! The account's own posts, for a person who compares.

use chrono::TimeDelta;

use super::{
    super::Bluesky,
    server::{Server, live, refusal},
};
use crate::providers::{FailureKind, Provider as _};

#[tokio::test]
async fn what_stands_on_the_account_since_then_is_listed_and_recognised() {
    let server = Server::start().await;
    let old = server.stage().text("yesterday's bread");
    let (first, _) = live(&old).await;
    let mut stage = server.stage().text("fresh bread");
    stage.now += TimeDelta::days(1);
    stage.ledger = crate::providers::testing::Ledger::new(stage.now);
    let (remote, _) = live(&stage).await;
    let found = Bluesky.candidates(&stage.call(), &stage.ledger.key("create")).await.unwrap();
    assert_eq!(found.iter().map(|c| (&c.remote, c.text.as_str())).collect::<Vec<_>>(), [(&remote, "fresh bread")]);
    assert!(found[0].at.is_some());
    let rkey = remote.id.rsplit('/').next().unwrap();
    for words in [remote.id.clone(), remote.url.clone().unwrap(), format!("https://bsky.app/profile/alice.test/post/{rkey}/?x=1")]
    {
        let seen = Bluesky.recognise(&stage.call(), &words).await.unwrap().unwrap();
        assert_eq!((&seen.remote, seen.text.as_str()), (&remote, "fresh bread"), "{words}");
    }
    assert_ne!(first, remote);
}

#[tokio::test]
async fn what_the_account_does_not_have_is_not_recognised_and_a_failure_is_no_answer() {
    let server = Server::start().await;
    let stage = server.stage().text("x");
    for words in ["", "https://bsky.app/profile/alice.test/post/3jzfcijpj2z2s", "../../etc", "a b", "post/né"] {
        assert_eq!(Bluesky.recognise(&stage.call(), words).await.unwrap(), None, "{words}");
    }
    server.misfortune(|_, _| Some(refusal(502, "UpstreamFailure", "away")));
    let failure = Bluesky.recognise(&stage.call(), "3jzfcijpj2z2s").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unavailable);
}
