//! What reaches Moltbook, and what its answers come to.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::*;
use crate::providers::testing::{Answer, Fake, Stage, one};

const KEY: &str = "moltbook_secret-token";

async fn start() -> (Fake, Arc<AtomicBool>) {
    let claimed: Arc<AtomicBool> = Default::default();
    let is_claimed = claimed.clone();
    let fake = Fake::start(move |seen| {
        let path = seen.path.trim_start_matches("/api/v1/");
        if path == "agents/register" {
            return Answer::json(json!({"success": true, "agent": {
                "api_key": KEY, "claim_url": "https://www.moltbook.com/claim/moltbook_claim_xxx", "verification_code": "reef-X4B2",
            }}));
        }
        if seen.bearer() != KEY {
            return Answer::status(401, json!({"success": false, "error": "Invalid API key", "hint": "Check it"}));
        }
        match (seen.method.as_str(), path) {
            ("GET", "agents/status") => {
                let status = if is_claimed.load(Ordering::SeqCst) { "claimed" } else { "pending_claim" };
                Answer::json(json!({"success": true, "status": status}))
            }
            ("GET", "agents/me") => {
                Answer::json(json!({"success": true, "agent": {"id": "a1", "name": "bot", "display_name": "Bot"}}))
            }
            ("GET", "submolts") => Answer::json(json!({"submolts": [{"name": "general", "display_name": "General"}]})),
            ("GET", "posts/p1") => Answer::json(json!({"post": {"id": "p1", "upvotes": 5, "downvotes": 2, "comment_count": 1}})),
            ("POST", "posts") => Answer::json(json!({"success": true, "post": {"id": "p1"}})),
            ("POST", "posts/p1/comments") => Answer::json(
                json!({"success": true, "comment": {"id": format!("c{}", seen.json()["content"].as_str().unwrap())}}),
            ),
            other => panic!("{other:?}"),
        }
    });
    (fake.await, claimed)
}

fn stage(fake: &Fake) -> Stage {
    Stage::new("a1", json!({"apiKey": KEY})).at(&ABOUT, &fake.url)
}

async fn live(stage: &Stage) -> (Remote, Vec<String>) {
    match Moltbook.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, warnings } => (remotes.remove(0), warnings),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_agent_is_registered_and_waits_for_its_owner() {
    let (fake, claimed) = start().await;
    let stage = stage(&fake);
    let link = stage.access().link();
    let answers = Answers::from([("name".into(), "bot ".into()), ("description".into(), "Posts for us".into())]);
    let invitation = Moltbook.invite(&link, &answers).await.unwrap();
    assert_eq!(fake.seen()[0].json(), json!({"name": "bot", "description": "Posts for us"}));
    assert_eq!(invitation.word.as_deref(), Some("reef-X4B2"));
    assert_eq!(invitation.link.as_deref(), Some("https://www.moltbook.com/claim/moltbook_claim_xxx"));
    assert!(Moltbook.accepted(&link, &invitation.kept).await.unwrap().is_none());
    claimed.store(true, Ordering::SeqCst);
    let account = one(Moltbook.accepted(&link, &invitation.kept).await.unwrap().unwrap());
    assert_eq!((account.id.as_str(), account.name.as_str(), account.handle.as_str()), ("a1", "Bot", "bot"));
    assert_eq!(account.credentials, json!({"apiKey": KEY}));
    assert_eq!(Moltbook.whoami(&stage.access()).await.unwrap().name, "Bot");
    assert_eq!(Moltbook.lookup(&stage.access(), "submolts", &json!({})).await.unwrap(), [Item::new("general", "General")]);

    let taken = Fake::start(|_| Answer::json(json!({"success": false, "error": "Name taken", "api_key": KEY}))).await;
    let stage = self::stage(&taken);
    let failure = Moltbook.invite(&stage.access().link(), &answers).await.unwrap_err();
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Rejected, "Name taken"));
    assert!(!format!("{failure:?}").contains(KEY));
}

#[tokio::test]
async fn a_post_with_comments() {
    let (fake, _) = start().await;
    let long = format!("First line\n{}", "x".repeat(200));
    let first = stage(&fake).text(&long).settings(json!({"submolt": "rust"}));
    let (root, warnings) = live(&first).await;
    assert_eq!((root.url, warnings.len()), (Some(format!("{}/post/p1", fake.url)), 0));
    let title = format!("First line {}", "x".repeat(89));
    let expected = json!({"submolt": "rust", "submolt_name": "rust", "title": title, "content": long});
    assert_eq!(fake.seen()[0].json(), expected);
    let root = Remote { url: Some("https://www.moltbook.com/post/p1".into()), id: "p1".into(), extra: json!({}) };
    let second = first.next(root.clone(), "2");
    let (two, _) = live(&second).await;
    assert_eq!((two.id.as_str(), &two.url), ("c2", &root.url));
    let (three, _) = live(&second.next(two, "3")).await;
    assert_eq!(three.id, "c3");
    let bodies: Vec<Json> = fake.seen().iter().map(|seen| seen.json()).collect();
    assert_eq!(bodies, [json!({"content": "2"}), json!({"content": "3", "parent_id": "c2"})]);
}

#[tokio::test]
async fn a_puzzle_is_shown_and_not_guessed() {
    let answer = json!({"success": true, "data": {"id": "p9", "url": "https://www.moltbook.com/post/p9", "verification": {
        "verification_code": "v", "challenge_text": "tHrEe pLuS tWo", "expires_at": "2026-11-23T08:05:00Z",
    }}});
    let fake = Fake::start(move |_| Answer::json(answer.clone())).await;
    let (remote, warnings) = live(&stage(&fake).text("x")).await;
    assert_eq!(remote.url.as_deref(), Some("https://www.moltbook.com/post/p9"));
    assert_eq!(warnings, ["Moltbook hides it until this is answered in the agent's name: tHrEe pLuS tWo"]);
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_uncertain_and_nothing_is_sent_again() {
    let fake = Fake::start(|_| Answer::Drop).await;
    let stage = stage(&fake).text("Once only");
    for _ in 0..2 {
        let failure = Moltbook.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Uncertain);
        stage.assert_hides(&[KEY], Some(&failure));
    }
    assert_eq!(fake.seen().len(), 1);
    let fake = Fake::start(|_| Answer::json(json!({"success": true}))).await;
    assert_eq!(Moltbook.publish(&self::stage(&fake).text("x").call()).await.unwrap_err().kind, FailureKind::Uncertain);
}

#[tokio::test]
async fn votes_are_counted_and_every_refusal_means_what_it_says() {
    use FailureKind::*;
    let (fake, _) = start().await;
    let remote = Remote { id: "p1".into(), url: None, extra: json!({}) };
    let numbers = [Metric::new("votes", 3), Metric::new("comments", 1)];
    assert_eq!(Moltbook.metrics(&stage(&fake).access(), &remote).await.unwrap(), numbers);
    let odd = Remote { id: "../agents/me".into(), ..remote };
    assert_eq!(Moltbook.metrics(&stage(&fake).access(), &odd).await.unwrap_err().kind, Rejected);
    let at = |time: &str| RateLimited { until: format!("2026-11-23T{time}.123456Z").parse().ok() };
    for (status, more, kind) in [
        (401, json!({}), Reconnect),
        (400, json!({}), Rejected),
        (200, json!({}), Rejected),
        (429, json!({"retry_after_minutes": 12}), at("08:12:00")),
        (429, json!({"retry_after_seconds": 20}), at("08:00:20")),
        (429, json!({}), RateLimited { until: None }),
        (500, json!({}), Uncertain),
    ] {
        let mut body = more.clone();
        body["success"] = false.into();
        body["error"] = "Its words".into();
        let fake = Fake::start(move |_| Answer::status(status, body.clone())).await;
        let failure = Moltbook.publish(&stage(&fake).text("x").call()).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (kind, "Its words"), "{status} {more}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anything_leaves() {
    let (fake, _) = start().await;
    for (stage, words) in [
        (stage(&fake).text(&"é".repeat(301)), "301 characters"),
        (stage(&fake).text(" "), "no text"),
        (stage(&fake).text("x").picture(1, 1, ""), "1 pictures"),
    ] {
        let failure = Moltbook.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(failure.message.contains(words), "{failure:?}");
    }
    assert!(fake.seen().is_empty());
    live(&stage(&fake).text(&"é".repeat(300))).await;
}
