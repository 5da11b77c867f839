//! What reaches Forem, and what its answers come to.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value as Json, json};

use super::*;
use crate::providers::testing::{Answer, Fake, Seen, Stage, one};

const KEY: &str = "secret-key";

/// A Forem with one account that keeps its articles, newest first.
struct Forem {
    fake: Fake,
    articles: Arc<Mutex<Vec<Json>>>,
    drops: Arc<AtomicBool>,
}

impl Forem {
    async fn start() -> Self {
        let (articles, drops): (Arc<Mutex<Vec<Json>>>, Arc<AtomicBool>) = Default::default();
        let (kept, dropping) = (articles.clone(), drops.clone());
        let fake = Fake::start(move |seen| {
            if seen.header("api-key") != KEY {
                return refusal(401, "unauthorized");
            }
            assert_eq!(seen.header("accept"), ACCEPT);
            let answer = answer(seen, &mut kept.lock().unwrap());
            let writes = seen.method != "GET";
            if writes && dropping.swap(false, Ordering::SeqCst) { Answer::Drop } else { answer }
        });
        Self { fake: fake.await, articles, drops }
    }

    fn stage(&self) -> Stage {
        let mut stage = Stage::new("1234", json!({"apiKey": KEY}));
        stage.hosts.insert("web".into(), self.fake.url.clone());
        stage.settings = json!({"title": "New article"});
        stage
    }

    fn published(&self) -> usize {
        self.articles.lock().unwrap().iter().filter(|a| a["published"] == true).count()
    }

    fn calls(&self) -> Vec<String> {
        self.fake.seen().iter().map(|s| format!("{} {}", s.method, s.path)).collect()
    }
}

fn refusal(status: u16, words: &str) -> Answer {
    Answer::status(status, json!({"error": words, "status": status}))
}

fn answer(seen: &Seen, articles: &mut Vec<Json>) -> Answer {
    let list = |articles: &[Json], published: Option<bool>| {
        let shown = articles.iter().filter(|a| published.is_none_or(|p| a["published"] == p));
        Answer::json(shown.cloned().collect())
    };
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/api/users/me") => Answer::json(json!({
            "type_of": "user", "id": 1234, "username": "bob", "name": "bob", "summary": null, "joined_at": "Mar 31, 2023",
            "profile_image": "https://x/y.png",
        })),
        ("GET", "/api/articles/me/published") => list(articles, Some(true)),
        ("GET", "/api/articles/me/unpublished") => list(articles, Some(false)),
        ("GET", "/api/articles/me/all") => list(articles, None),
        ("GET", "/api/tags") => Answer::json(json!([{"id": 8, "name": "rust", "bg_color_hex": "#000", "text_color_hex": null}])),
        ("GET", "/api/organizations/acme") => Answer::json(json!({"id": 77, "name": "Acme", "username": "acme"})),
        ("POST", "/api/articles") => {
            let mut article = seen.json()["article"].clone();
            let id = articles.len() + 3;
            article["id"] = id.into();
            article["url"] = format!("https://dev.to/bob/new-article-{id}").into();
            article["user"] = json!({"user_id": 1234, "username": "bob"});
            articles.insert(0, article.clone());
            Answer::status(201, article)
        }
        (method, path) => {
            let name = path.trim_start_matches("/api/articles/");
            let url = format!("https://dev.to/{name}");
            let known = articles.iter_mut().find(|a| a["id"].as_i64() == name.parse().ok() || a["url"] == url.as_str());
            let Some(article) = known else { return refusal(404, "not found") };
            if method == "PUT" {
                for (name, value) in seen.json()["article"].as_object().unwrap() {
                    article[name] = value.clone();
                }
                if article["published"] == true {
                    article["published_at"] = "2026-11-23T08:00:01Z".into();
                }
            }
            Answer::json(article.clone())
        }
    }
}

async fn live(stage: &Stage) -> Remote {
    match Devto.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, .. } => remotes.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_account_is_the_keys_owner() {
    let forem = Forem::start().await;
    let stage = forem.stage();
    let link = stage.access().link();
    let account = one(Devto.connect(&link, &Answers::from([("apiKey".into(), format!(" {KEY}\n"))])).await.unwrap());
    assert_eq!((account.id.as_str(), account.name.as_str(), account.handle.as_str()), ("1234", "bob", "bob"));
    assert_eq!(account.picture.as_deref(), Some("https://x/y.png"));
    assert_eq!((account.url, account.credentials), (Some(format!("{}/bob", forem.fake.url)), json!({"apiKey": KEY})));
    let wrong = Devto.connect(&link, &Answers::from([("apiKey".into(), "no".into())])).await.unwrap_err();
    assert_eq!((wrong.kind, wrong.message.as_str()), (FailureKind::Reconnect, "unauthorized"));
    assert_eq!(Devto.whoami(&stage.access()).await.unwrap().handle, "bob");
}

#[tokio::test]
async fn an_article_with_every_setting_is_drafted_and_then_published() {
    let forem = Forem::start().await;
    let mut stage = forem.stage().text("---\nHello **you**").picture(4, 3, "A [cat]");
    let cover = stage.files.add(10, 10, "");
    stage.settings = json!({
        "title": " New article ", "main_image": {"id": cover.id, "path": "x"}, "canonical": "https://own.example/a",
        "organization": "77", "tags": [{"value": 8, "label": "rust"}, {"value": 9, "label": "web"}],
    });
    let remote = live(&stage).await;
    let seen = forem.fake.seen();
    let calls: Vec<_> = seen.iter().map(|s| (s.method.as_str(), s.path.as_str())).collect();
    assert_eq!(calls, [("POST", "/api/articles"), ("PUT", "/api/articles/3")]);
    let file = stage.media[0].id;
    assert_eq!(
        seen[0].json(),
        json!({"article": {
            "title": "New article", "published": false, "tags": ["rust", "web"], "organization_id": 77,
            "canonical_url": "https://own.example/a", "main_image": format!("https://lasting.example/{}.jpg", cover.id),
            "body_markdown": format!("***\nHello **you**\n\n![A \\[cat\\]](https://lasting.example/{file}.jpg)"),
        }})
    );
    assert_eq!(seen[1].json(), json!({"article": {"published": true}}));
    assert_eq!((remote.id.as_str(), remote.url.as_deref()), ("3", Some("https://dev.to/bob/new-article-3")));
    let log = ["begin draft Repeatable", "end draft ok", "begin publish ClientId", "end publish ok"];
    assert_eq!(stage.ledger.log(), log);
}

#[tokio::test]
async fn whatever_answer_is_lost_one_article_is_published() {
    // The draft's, the publication's, and a process that dies after either.
    for lost in ["POST", "PUT"] {
        let forem = Forem::start().await;
        let stage = forem.stage().text("Once only");
        if lost == "PUT" {
            stage.ledger.crash_at("draft");
            Devto.publish(&stage.call()).await.unwrap_err();
        }
        forem.drops.store(true, Ordering::SeqCst);
        let failure = Devto.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unavailable, "{lost}: may be done again");
        let remote = live(&stage).await;
        assert_eq!(remote.id, "3", "{lost}");
        assert_eq!((forem.published(), forem.articles.lock().unwrap().len()), (1, 1), "{lost}");
        stage.assert_hides(&[KEY], Some(&failure));
    }
}

#[tokio::test]
async fn an_article_is_found_by_what_it_says_and_only_when_it_is_the_only_one() {
    let forem = Forem::start().await;
    let stage = forem.stage().text("Once only");
    live(&stage).await;
    let key = stage.ledger.key("publish");
    let Found::Yes(found) = Devto.find(&stage.call(), &key).await.unwrap() else { panic!("it is there") };
    assert_eq!(found[0].id, "3");
    assert_eq!(Devto.candidates(&stage.call(), &key).await.unwrap()[0].text, "New article\nOnce only");
    let later = StepKey { begun_at: key.begun_at + TimeDelta::minutes(10), ..key.clone() };
    assert_eq!(Devto.find(&stage.call(), &later).await.unwrap(), Found::NotSeen);
    assert!(Devto.candidates(&stage.call(), &later).await.unwrap().is_empty());
    live(&forem.stage().text("Once only")).await;
    assert_eq!(Devto.find(&stage.call(), &key).await.unwrap(), Found::NotSeen, "which of two?");

    for (words, expected) in [
        ("https://dev.to/bob/new-article-3?x=1", Some("3")),
        ("4", Some("4")),
        ("https://dev.to/ann/other", None),
        ("https://dev.to/bob", None),
        ("../../users/me", None),
    ] {
        let found = Devto.recognise(&stage.call(), words).await.unwrap();
        assert_eq!(found.map(|c| c.remote.id).as_deref(), expected, "{words}");
    }
    let foreign = Stage { account: "99".into(), ..forem.stage() };
    assert_eq!(Devto.recognise(&foreign.call(), "3").await.unwrap(), None, "somebody else wrote it");
}

#[tokio::test]
async fn it_is_changed_taken_back_and_counted() {
    let forem = Forem::start().await;
    let stage = forem.stage().text("First");
    let remote = live(&stage).await;
    forem.articles.lock().unwrap()[0]["page_views_count"] = 5.into();
    forem.articles.lock().unwrap()[0]["public_reactions_count"] = 2.into();
    let metrics = Devto.metrics(&stage.access(), &remote).await.unwrap();
    assert_eq!(metrics, [Metric::new("views", 5), Metric::new("likes", 2), Metric::new("comments", 0)]);

    let changed = forem.stage().text("Second");
    assert_eq!(Devto.edit(&changed.call(), &remote).await.unwrap(), remote);
    assert_eq!(forem.articles.lock().unwrap()[0]["body_markdown"], "Second");
    Devto.delete(&stage.call(), &remote).await.unwrap();
    assert_eq!(forem.published(), 0);
    Devto.delete(&stage.call(), &Remote { id: "404".into(), ..remote }).await.unwrap();
}

#[tokio::test]
async fn tags_and_organisations_are_listed() {
    let forem = Forem::start().await;
    forem.articles.lock().unwrap().extend([
        json!({"id": 1, "organization": {"username": "acme"}}),
        json!({"id": 2, "organization": {"username": "acme"}}),
        json!({"id": 9}),
    ]);
    let stage = forem.stage();
    let with = json!({});
    assert_eq!(Devto.lookup(&stage.access(), "tags", &with).await.unwrap(), [Item::new("8", "rust")]);
    assert_eq!(forem.fake.seen()[0].query["per_page"], "1000");
    let found = Devto.lookup(&stage.access(), "organizations", &with).await.unwrap();
    assert_eq!(json!(found), json!([{"id": "77", "name": "Acme", "username": "acme"}]));
    assert_eq!(forem.calls(), ["GET /api/articles/me/all", "GET /api/organizations/acme"]);
    assert_eq!(Devto.lookup(&stage.access(), "other", &with).await.unwrap_err().kind, FailureKind::Unsupported);
}

#[tokio::test]
async fn every_refusal_means_what_it_says() {
    use FailureKind::*;
    let in_five_minutes = RateLimited { until: "2026-11-23T08:05:00.123456Z".parse().ok() };
    for (status, words, kind) in [
        (401, "unauthorized", Reconnect),
        (403, "forbidden", Rejected),
        (404, "not found", Rejected),
        (422, "Canonical url has already been taken", Rejected),
        (422, "Title has already been used in the last five minutes", Rejected),
        (429, "Rate limit reached, try again in 300 seconds", in_five_minutes),
        (429, "Too many", RateLimited { until: None }),
        (500, "oops", Unavailable),
    ] {
        let fake = Fake::start(move |_| refusal(status, words)).await;
        let mut stage = Stage::new("1", json!({"apiKey": KEY})).text("x");
        stage.hosts.insert("web".into(), fake.url.clone());
        stage.settings = json!({"title": "T1"});
        let failure = Devto.publish(&stage.call()).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (kind, words), "{status}");
        assert_eq!(fake.seen().len(), 1);
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anything_leaves() {
    let forem = Forem::start().await;
    let with = |settings: Json| Stage { settings, ..forem.stage().text("x") };
    let tags: Vec<_> = (0..5).map(|n| json!({"value": n, "label": "t"})).collect();
    for (stage, words) in [
        (with(json!({})), "title is missing"),
        (with(json!({"title": "T1", "tags": tags})), "tags: Dev.to takes 4"),
        (with(json!({"title": "T1", "organization": "acme"})), "organization is not an id"),
        (forem.stage().text(" "), "no text"),
        (forem.stage().text(&"x".repeat(100_001)), "100001 characters"),
        (forem.stage().text("x").next(Remote { id: "1".into(), url: None, extra: json!({}) }, "y"), "one part"),
    ] {
        let failure = Devto.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(failure.message.contains(words), "{failure:?}");
    }
    assert!(forem.fake.seen().is_empty());
    live(&forem.stage().text(&"é".repeat(100_000))).await;
    let short = Draft { parts: &[], settings: &json!({"title": "T"}), limits: &ABOUT.limits };
    assert_eq!(Devto.review(&short)[0].field, "title");
}
