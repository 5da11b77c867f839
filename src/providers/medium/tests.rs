//! What reaches Medium, and what its answers come to.

use super::*;
use crate::providers::{
    FailureKind,
    testing::{Answer as Said, Fake, Seen, Stage, one},
};

const KEY: &str = "secret-token";

fn refusal(status: u16, words: &str) -> Said {
    Said::status(status, json!({"errors": [{"message": words, "code": 6003}]}))
}

fn answer(seen: &Seen) -> Said {
    assert_eq!((seen.header("accept"), seen.header("accept-charset")), ("application/json", "utf-8"));
    if seen.bearer() != KEY {
        return refusal(401, "Token was invalid.");
    }
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/v1/me") => Said::json(json!({"data": {
            "id": "5303d7", "username": "bob", "name": "Bob", "url": "https://medium.com/@bob", "imageUrl": "https://x/p.png",
        }})),
        ("GET", "/v1/users/5303d7/publications") => {
            Said::json(json!({"data": [{"id": "b969ac", "name": "Dev", "description": "…", "url": "https://medium.com/dev"}]}))
        }
        ("POST", "/v1/users/5303d7/posts" | "/v1/publications/b969ac/posts") => {
            let sent = seen.json();
            Said::status(
                201,
                json!({"data": {
                    "id": "e6f36a", "title": sent["title"], "authorId": "5303d7", "url": "https://medium.com/@bob/t-e6f36a",
                    "publishStatus": sent["publishStatus"], "publishedAt": 1_442_286_338_435_i64,
                }}),
            )
        }
        other => panic!("{other:?}"),
    }
}

fn stage(fake: &Fake) -> Stage {
    Stage::new("5303d7", json!({"apiKey": KEY})).at(&ABOUT, &fake.url).settings(json!({"title": "My title"}))
}

#[tokio::test]
async fn an_account_is_the_tokens_owner() {
    let fake = Fake::start(answer).await;
    let stage = stage(&fake);
    let link = stage.access().link();
    let account = one(Medium.connect(&link, &Answers::from([("apiKey".into(), KEY.into())])).await.unwrap());
    assert_eq!((account.id.as_str(), account.name.as_str(), account.handle.as_str()), ("5303d7", "Bob", "bob"));
    assert_eq!((account.url.as_deref(), account.credentials), (Some("https://medium.com/@bob"), json!({"apiKey": KEY})));
    let wrong = Medium.connect(&link, &Answers::from([("apiKey".into(), "no".into())])).await.unwrap_err();
    assert_eq!((wrong.kind, wrong.message.as_str()), (FailureKind::Reconnect, "Token was invalid."));
    assert_eq!(Medium.whoami(&stage.access()).await.unwrap().name, "Bob");
    let publications = Medium.lookup(&stage.access(), "publications", &json!({})).await.unwrap();
    assert_eq!(publications, [Item::new("b969ac", "Dev")]);
}

#[tokio::test]
async fn an_article_shows_its_title_and_is_public_at_once_outside_publications() {
    let fake = Fake::start(answer).await;
    let plain = stage(&fake).text("# My title\nText").picture(4, 3, "Cat");
    let Outcome::Live { remotes, .. } = Medium.publish(&plain.call()).await.unwrap() else { panic!("it is live") };
    assert_eq!((remotes[0].id.as_str(), remotes[0].url.as_deref()), ("e6f36a", Some("https://medium.com/@bob/t-e6f36a")));
    let picture = format!("https://lasting.example/{}.jpg", plain.media[0].id);
    let seen = fake.seen();
    assert_eq!(seen[0].path, "/v1/users/5303d7/posts");
    assert_eq!(
        seen[0].json(),
        json!({
            "title": "My title", "contentFormat": "markdown", "publishStatus": "public",
            "content": format!("# My title\n\nText\n\n![Cat]({picture})"),
        })
    );
    let full = stage(&fake).text("Text").settings(json!({
        "title": "My title", "subtitle": "More", "canonical": "https://own.example/a", "publication": "b969ac",
        "tags": [{"value": "rust", "label": "rust"}, {"value": "web", "label": "web"}],
    }));
    Medium.publish(&full.call()).await.unwrap();
    let seen = fake.seen();
    assert_eq!(seen[0].path, "/v1/publications/b969ac/posts");
    assert_eq!(
        seen[0].json(),
        json!({
            "title": "My title", "contentFormat": "markdown", "publishStatus": "draft", "tags": ["rust", "web"],
            "content": "# My title\n\n## More\n\nText", "canonicalUrl": "https://own.example/a",
        })
    );
}

#[tokio::test]
async fn a_lost_answer_is_uncertain_and_nothing_is_sent_again() {
    let fake = Fake::start(|_| Said::Drop).await;
    let stage = stage(&fake).text("Once only");
    for _ in 0..3 {
        let failure = Medium.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Uncertain);
        stage.assert_hides(&[KEY], Some(&failure));
    }
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn every_refusal_means_what_it_says() {
    use FailureKind::*;
    let tomorrow = RateLimited { until: "2026-11-24T00:00:00Z".parse().ok() };
    for (status, kind) in [
        (400, Rejected),
        (401, Reconnect),
        (403, Rejected),
        (404, Rejected),
        (429, tomorrow),
        (500, Uncertain),
        (301, Unexpected),
    ] {
        let fake = Fake::start(move |_| refusal(status, "Its words")).await;
        let failure = Medium.publish(&stage(&fake).text("x").call()).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (kind, "Its words"), "{status}");
    }
    let fake = Fake::start(|_| Said::status(201, json!({"data": {}}))).await;
    assert_eq!(Medium.publish(&stage(&fake).text("x").call()).await.unwrap_err().kind, Uncertain);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anything_leaves() {
    let fake = Fake::start(answer).await;
    for (stage, words) in [
        (stage(&fake).text("x").settings(json!({})), "title is missing"),
        (stage(&fake).text("x").settings(json!({"title": "T1", "publication": "../me"})), "publication is no id"),
        (stage(&fake).text(""), "no text"),
        (stage(&fake).text(&"é".repeat(100_001)), "100001 characters"),
    ] {
        let failure = Medium.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(failure.message.contains(words), "{failure:?}");
    }
    assert!(fake.seen().is_empty());
}
