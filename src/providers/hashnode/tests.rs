//! What reaches Hashnode, and what its answers come to.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use chrono::TimeDelta;

use super::*;
use crate::providers::{
    FailureKind,
    testing::{Answer, Fake, Seen, Stage, one},
};

const KEY: &str = "secret-token";
const ID: &str = "66b000000000000000000001";

/// A Hashnode with one publication that keeps its articles, newest first.
struct Api {
    fake: Fake,
    posts: Arc<Mutex<Vec<Json>>>,
    drops: Arc<AtomicBool>,
}

impl Api {
    async fn start() -> Self {
        let (posts, drops): (Arc<Mutex<Vec<Json>>>, Arc<AtomicBool>) = Default::default();
        let (kept, dropping) = (posts.clone(), drops.clone());
        let fake = Fake::start(move |seen| {
            assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/"));
            assert_eq!(seen.header("content-type"), "application/json");
            if seen.bearer() != KEY {
                return refusal("UNAUTHENTICATED", "You must be authenticated.");
            }
            let answer = answer(seen, &mut kept.lock().unwrap());
            let writes = seen.json()["query"].as_str().unwrap().starts_with("mutation");
            if writes && dropping.swap(false, Ordering::SeqCst) { Answer::Drop } else { answer }
        });
        Self { fake: fake.await, posts, drops }
    }

    fn stage(&self) -> Stage {
        let tags = json!([{"value": "5f", "label": "Web Dev!"}]);
        let settings = json!({"title": "Hello you", "publication": "65a", "tags": tags});
        Stage::new("64f", json!({"apiKey": KEY})).at(&ABOUT, &self.fake.url).settings(settings)
    }
}

fn refusal(code: &str, words: &str) -> Answer {
    Answer::json(json!({"data": null, "errors": [{"message": words, "path": ["x"], "extensions": {"code": code}}]}))
}

fn data(data: Json) -> Answer {
    Answer::json(json!({"data": data}))
}

fn answer(seen: &Seen, posts: &mut Vec<Json>) -> Answer {
    let body = seen.json();
    let (query, with) = (body["query"].as_str().unwrap(), &body["variables"]);
    let input = &with["input"];
    let by_id = |posts: &[Json], id: &Json| posts.iter().find(|p| p["id"] == *id).cloned().unwrap_or_default();
    if query.contains("publishPost(") {
        let post = json!({
            "id": format!("66b00000000000000000000{}", posts.len() + 1), "slug": "hello-you", "url": "https://bob.hashnode.dev/hello-you",
            "publishedAt": "2026-11-23T08:00:01.000Z", "title": input["title"], "content": {"markdown": input["contentMarkdown"]},
            "publication": {"id": input["publicationId"]}, "views": 7, "reactionCount": 1, "responseCount": null,
        });
        posts.insert(0, post.clone());
        data(json!({"publishPost": {"post": post}}))
    } else if query.contains("updatePost(") {
        data(json!({"updatePost": {"post": by_id(posts, &input["id"])}}))
    } else if query.contains("removePost(") {
        let before = posts.len();
        posts.retain(|p| p["id"] != input["id"]);
        if posts.len() == before { refusal("NOT_FOUND", "No post") } else { data(json!({"removePost": {"post": {"id": 1}}})) }
    } else if query.contains("publications(") {
        data(json!({"me": {"publications": {"edges": [{"node": {"id": "65a", "title": "Bob's blog"}}]}}}))
    } else if query.contains("posts(") {
        let edges: Vec<_> = posts.iter().map(|node| json!({"node": node})).collect();
        data(json!({"publication": {"posts": {"edges": edges}}}))
    } else if query.contains("publication(host") {
        let post = posts.iter().find(|p| p["slug"] == with["slug"]).cloned().unwrap_or_default();
        data(json!({"publication": {"id": "65a", "post": post}}))
    } else if query.contains("post(id") {
        data(json!({"post": by_id(posts, &with["id"])}))
    } else {
        data(json!({"me": {"id": "64f", "name": "Bob", "username": "bob", "profilePicture": "https://x/p.png"}}))
    }
}

async fn live(stage: &Stage) -> Remote {
    match Hashnode.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, .. } => remotes.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_account_is_the_keys_owner() {
    let api = Api::start().await;
    let stage = api.stage();
    let link = stage.access().link();
    let account = one(Hashnode.connect(&link, &Answers::from([("apiKey".into(), KEY.into())])).await.unwrap());
    assert_eq!((account.id.as_str(), account.name.as_str(), account.handle.as_str()), ("64f", "Bob", "bob"));
    assert_eq!((account.picture.as_deref(), account.credentials), (Some("https://x/p.png"), json!({"apiKey": KEY})));
    let wrong = Hashnode.connect(&link, &Answers::from([("apiKey".into(), "no".into())])).await.unwrap_err();
    assert_eq!((wrong.kind, wrong.message.as_str()), (FailureKind::Reconnect, "You must be authenticated."));
    assert_eq!(Hashnode.whoami(&stage.access()).await.unwrap().handle, "bob");
    let publications = Hashnode.lookup(&stage.access(), "publications", &json!({})).await.unwrap();
    assert_eq!(publications, [Item::new("65a", "Bob's blog")]);
}

#[tokio::test]
async fn an_article_with_every_setting() {
    let api = Api::start().await;
    let mut stage = api.stage().text("Say \"hi\" { } $input").picture(4, 3, "Cat");
    let cover = stage.files.add(1, 1, "");
    stage.settings["subtitle"] = "More".into();
    stage.settings["main_image"] = json!({"id": cover.id, "path": "x"});
    stage.settings["canonical"] = "https://own.example/a".into();
    let remote = live(&stage).await;
    let seen = api.fake.seen();
    assert_eq!(seen.len(), 1);
    let picture = format!("https://lasting.example/{}.jpg", stage.media[0].id);
    assert_eq!(
        seen[0].json(),
        json!({"query": PUBLISH, "variables": {"input": {
            "publicationId": "65a", "title": "Hello you", "subtitle": "More", "originalArticleURL": "https://own.example/a",
            "contentMarkdown": format!("Say \"hi\" {{ }} $input\n\n![Cat]({picture})"),
            "coverImage": format!("https://lasting.example/{}.jpg", cover.id), "tags": [{"slug": "web-dev", "name": "Web Dev!"}],
        }}})
    );
    assert_eq!((remote.id.as_str(), remote.url.as_deref()), (ID, Some("https://bob.hashnode.dev/hello-you")));
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_and_never_sent_again() {
    let api = Api::start().await;
    let stage = api.stage().text("Once only");
    api.drops.store(true, Ordering::SeqCst);
    let failure = Hashnode.publish(&stage.call()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Uncertain);
    assert_eq!(Hashnode.publish(&stage.call()).await.unwrap_err().kind, FailureKind::Uncertain);
    assert_eq!(api.posts.lock().unwrap().len(), 1);
    let key = stage.ledger.key("publish");
    let Found::Yes(found) = Hashnode.find(&stage.call(), &key).await.unwrap() else { panic!("it is there") };
    assert_eq!(found[0].id, ID);
    assert_eq!(Hashnode.candidates(&stage.call(), &key).await.unwrap()[0].text, "Hello you\nOnce only");
    let later = StepKey { begun_at: key.begun_at + TimeDelta::minutes(10), ..key };
    assert_eq!(Hashnode.find(&stage.call(), &later).await.unwrap(), Found::NotSeen);
    stage.assert_hides(&[KEY], Some(&failure));
}

#[tokio::test]
async fn it_is_recognised_changed_counted_and_removed() {
    let api = Api::start().await;
    let stage = api.stage().text("First");
    let remote = live(&stage).await;
    let discussion = format!("https://hashnode.com/posts/hello-you/{ID}");
    let elsewhere = "https://bob.hashnode.dev/another";
    for (words, known) in
        [("https://bob.hashnode.dev/hello-you?x", true), (ID, true), (&discussion, true), (elsewhere, false), ("x", false)]
    {
        let found = Hashnode.recognise(&stage.call(), words).await.unwrap();
        assert_eq!(found.map(|c| c.remote.id), known.then(|| ID.to_owned()), "{words}");
    }
    let mut other = api.stage();
    other.settings["publication"] = "77".into();
    assert_eq!(Hashnode.recognise(&other.call(), ID).await.unwrap(), None, "of another publication");
    let metrics = Hashnode.metrics(&stage.access(), &remote).await.unwrap();
    assert_eq!(metrics, [Metric::new("views", 7), Metric::new("likes", 1)]);
    api.fake.seen();
    Hashnode.edit(&api.stage().text("Second").call(), &remote).await.unwrap();
    let input = &api.fake.seen()[0].json()["variables"]["input"];
    assert_eq!((&input["id"], &input["contentMarkdown"], input.get("publicationId")), (&json!(ID), &json!("Second"), None));
    Hashnode.delete(&stage.call(), &remote).await.unwrap();
    assert!(api.posts.lock().unwrap().is_empty());
    Hashnode.delete(&stage.call(), &remote).await.unwrap();
}

#[tokio::test]
async fn every_refusal_means_what_it_says() {
    use FailureKind::*;
    let pro = "Publication does not have an active Pro plan. Upgrade in your dashboard to access this via the API.";
    let lost = Answer::json(json!({"data": {"publishPost": {"post": {}}}}));
    for (answer, kind, words) in [
        (refusal("UNAUTHENTICATED", "No token"), Reconnect, "No token"),
        (refusal("FORBIDDEN", pro), Rejected, pro),
        (refusal("NOT_FOUND", "No publication"), Rejected, "No publication"),
        (refusal("BAD_USER_INPUT", "Tags too many"), Rejected, "Tags too many"),
        (refusal("INTERNAL_SERVER_ERROR", "Oops"), Uncertain, "Oops"),
        (refusal("GRAPHQL_VALIDATION_FAILED", "Bad field").with_status(400), Rejected, "Bad field"),
        (Answer::status(429, json!({})), RateLimited { until: None }, "the platform answered 429"),
        (Answer::status(502, json!({})), Uncertain, "the platform answered 502"),
        (Answer::status(301, json!({})), Unexpected, "the platform answered 301"),
        (lost, Uncertain, "cannot be read"),
    ] {
        let fake = Fake::start(move |_| answer.clone()).await;
        let api = Api::start().await;
        let stage = api.stage().text("x").at(&ABOUT, &fake.url);
        let failure = Hashnode.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(failure.message.contains(words), "{failure:?}");
    }
    // A question may be asked again.
    let fake = Fake::start(|_| refusal("INTERNAL_SERVER_ERROR", "Oops")).await;
    let api = Api::start().await;
    assert_eq!(Hashnode.whoami(&api.stage().at(&ABOUT, &fake.url).access()).await.unwrap_err().kind, Unavailable);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anything_leaves() {
    let api = Api::start().await;
    let with = |name: &str, value: Json| {
        let mut stage = api.stage().text("x");
        stage.settings[name] = value;
        stage
    };
    let many: Vec<_> = (0..16).map(|n| format!("t{n}")).collect();
    for (stage, words) in [
        (with("title", json!("")), "title is missing"),
        (with("publication", json!(null)), "publication is missing"),
        (with("tags", json!([])), "tags: Hashnode takes 1 to 15"),
        (with("tags", json!(many)), "tags: Hashnode takes 1 to 15"),
        (api.stage().text(&"é".repeat(40_001)), "80002 characters"),
        (api.stage().text(&"\"".repeat(60_000)), "larger than 100000 bytes"),
    ] {
        let failure = Hashnode.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(failure.message.contains(words), "{failure:?}");
    }
    assert!(api.fake.seen().is_empty());
    live(&api.stage().text(&"é".repeat(40_000))).await;
    let short = Draft { parts: &[], settings: &json!({"title": "Hello", "subtitle": "x"}), limits: &ABOUT.limits };
    assert_eq!(Hashnode.review(&short).iter().map(|p| p.field).collect::<Vec<_>>(), ["title", "subtitle"]);
}
