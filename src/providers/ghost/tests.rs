//! What reaches a Ghost, and what its answers come to. The Ghost here checks every token and knows stale changes.

mod real;

use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;

use super::*;
use crate::{
    kit::crypto::hmac_sha256,
    providers::{
        FailureKind,
        testing::{Answer, Fake, Part, Seen, Stage, one as only},
    },
};

const ID: &str = "0123456789abcdef01234567";
const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

#[derive(Default)]
struct State {
    posts: Vec<Json>,
    /// Every post that was mailed.
    mailed: Vec<String>,
    /// The next call of this method and path is done and not answered.
    drops: Option<(&'static str, &'static str)>,
}

struct Server {
    fake: Fake,
    state: Arc<Mutex<State>>,
}

impl Server {
    async fn start() -> Self {
        let state: Arc<Mutex<State>> = Default::default();
        let kept = state.clone();
        let fake = Fake::start(move |seen| {
            assert_eq!(seen.header("accept-version"), "v5.0");
            if seen.path != "/ghost/api/admin/site/" && !is_signed(seen) {
                return refusal(401, "UnauthorizedError", "Invalid token: signature");
            }
            let mut state = kept.lock().unwrap();
            let answer = state.answer(seen);
            let lost = state.drops.take_if(|(method, path)| seen.method == *method && seen.path.contains(*path));
            if lost.is_some() { Answer::Drop } else { answer }
        });
        Self { fake: fake.await, state }
    }

    fn stage(&self) -> Stage {
        let credentials = json!({"server": self.fake.url, "id": ID, "secret": SECRET});
        Stage::new("blog.example.com", credentials).settings(json!({"title": "Welcome"}))
    }

    fn calls(&self) -> Vec<String> {
        let path = |path: &str| path.trim_start_matches("/ghost/api/admin/").to_owned();
        self.fake.seen().iter().map(|s| format!("{} {}", s.method, path(&s.path))).collect()
    }
}

/// As Ghost checks it: key id, audience, at most five minutes, and the signature under the decoded key.
fn is_signed(seen: &Seen) -> bool {
    let Some(token) = seen.header("authorization").strip_prefix("Ghost ") else { return false };
    let parts: Vec<&str> = token.split('.').collect();
    let json = |n: usize| serde_json::from_slice::<Json>(&URL_SAFE_NO_PAD.decode(parts[n]).unwrap()).unwrap();
    let (head, claims) = (json(0), json(1));
    let signed = hmac_sha256(&hex::decode(SECRET).unwrap(), format!("{}.{}", parts[0], parts[1]).as_bytes());
    let lasts = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!((&head["alg"], &head["typ"], &claims["aud"]), (&json!("HS256"), &json!("JWT"), &json!("/admin/")));
    assert!((1..=300).contains(&lasts));
    head["kid"] == ID && URL_SAFE_NO_PAD.decode(parts[2]).unwrap() == signed
}

fn refusal(status: u16, kind: &str, words: &str) -> Answer {
    let error =
        json!({"message": words, "context": null, "type": kind, "details": null, "property": null, "code": null, "id": "1"});
    Answer::status(status, json!({"errors": [error]}))
}

fn posts(posts: Vec<Json>) -> Answer {
    Answer::json(json!({"posts": posts}))
}

impl State {
    fn answer(&mut self, seen: &Seen) -> Answer {
        let path = seen.path.trim_start_matches("/ghost/api/admin/");
        match (seen.method.as_str(), path) {
            ("GET", "site/") => Answer::json(json!({"site": {
                "title": "My blog", "logo": null, "icon": "https://blog.example.com/i.png", "url": "https://blog.example.com/",
                "version": "6.1",
            }})),
            ("GET", "users/") => Answer::json(json!({"users": [{"id": "1", "name": "Bob", "email": "bob@example.com"}]})),
            ("GET", "tags/") => Answer::json(json!({"tags": [{"id": "t1", "name": "News", "slug": "news"}]})),
            ("GET", "tiers/") => Answer::json(json!({"tiers": [
                {"id": "free", "name": "Free", "active": true}, {"id": "old", "name": "Old", "active": false},
            ]})),
            ("GET", "newsletters/") => Answer::json(json!({"newsletters": [
                {"id": "n1", "name": "Weekly", "slug": "weekly", "status": "active"},
                {"id": "n2", "name": "Gone", "slug": "gone", "status": "archived"},
            ]})),
            ("POST", "images/upload/") => {
                let name = seen.parts()[0].file.clone();
                Answer::status(201, json!({"images": [{"url": format!("https://blog.example.com/content/{name}"), "ref": name}]}))
            }
            ("POST", "posts/") => self.create(seen),
            ("GET", "posts/") => {
                let wanted = &seen.query["filter"];
                let is = |p: &&Json| wanted.contains(p["status"].as_str().unwrap());
                posts(self.posts.iter().filter(is).cloned().collect())
            }
            (method, path) => self.one(method, path.trim_start_matches("posts/").trim_end_matches('/'), seen),
        }
    }

    fn create(&mut self, seen: &Seen) -> Answer {
        assert_eq!(seen.query["source"], "html");
        let mut post = seen.json()["posts"][0].clone();
        let n = self.posts.len() + 1;
        let more = json!({
            "id": format!("5ddc9141c35e7700383b29{n:02}"), "uuid": "a5aa", "url": format!("https://blog.example.com/p/a5aa{n}/"),
            "slug": format!("welcome-{n}"), "updated_at": "2026-11-23T08:00:00.000Z", "created_at": "2026-11-23T08:00:00.000Z",
            "plaintext": "Hello you", "email": {"delivered_count": 9, "opened_count": 4}, "count": {"clicks": 2},
        });
        post.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.posts.insert(0, post.clone());
        Answer::status(201, json!({"posts": [post]}))
    }

    fn one(&mut self, method: &str, name: &str, seen: &Seen) -> Answer {
        let slug = name.strip_prefix("slug/");
        let Some(n) = self.posts.iter().position(|p| p["id"] == name || slug.is_some_and(|s| p["slug"] == s)) else {
            return refusal(404, "NotFoundError", "Resource not found error, cannot read post.");
        };
        match method {
            "DELETE" => {
                self.posts.remove(n);
                return Answer::bytes("", "").with_status(204);
            }
            "PUT" => {
                let (change, post) = (seen.json()["posts"][0].clone(), &mut self.posts[n]);
                if change["updated_at"] != post["updated_at"] {
                    return refusal(409, "UpdateCollisionError", "Saving failed! Someone else is editing this post.");
                }
                if post["status"] == "draft" && change["status"] == "published" {
                    post["url"] = "https://blog.example.com/welcome/".into();
                    post["published_at"] = "2026-11-23T08:00:05.000Z".into();
                    let newsletter = seen.query.get("newsletter").map(|n| format!("{n} {}", seen.query["email_segment"]));
                    self.mailed.extend(newsletter);
                }
                post.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
                post["updated_at"] = "2026-11-23T08:00:05.000Z".into();
            }
            _ => {}
        }
        posts(vec![self.posts[n].clone()])
    }
}

async fn live(stage: &Stage) -> Remote {
    match Ghost.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, .. } => remotes.remove(0),
        other => panic!("{other:?}"),
    }
}

async fn connect(url: &str, key: &str) -> Result<crate::providers::Account, Failure> {
    let stage = Stage::new("", json!({}));
    let answers = Answers::from([("url".into(), url.into()), ("apiKey".into(), key.into())]);
    Ghost.connect(&stage.access().link(), &answers).await.map(only)
}

#[tokio::test]
async fn a_site_is_who_it_says_and_the_key_is_proven() {
    let server = Server::start().await;
    let key = format!("{ID}:{SECRET}");
    let account = connect(&format!("{}/ghost/#/settings", server.fake.url), &key).await.unwrap();
    assert_eq!((account.id.as_str(), account.name.as_str()), ("blog.example.com", "My blog"));
    assert_eq!(account.picture.as_deref(), Some("https://blog.example.com/i.png"));
    assert_eq!(account.credentials, json!({"server": server.fake.url, "id": ID, "secret": SECRET}));
    assert_eq!(server.calls(), ["GET site/", "GET users/"]);
    assert_eq!(Ghost.whoami(&server.stage().access()).await.unwrap().name, "My blog");

    let wrong = connect(&server.fake.url, &format!("{ID}:{}", "0".repeat(64))).await.unwrap_err();
    assert_eq!(wrong.kind, FailureKind::Reconnect);
    let content_key = connect(&server.fake.url, "22444f78447824223cefc48062").await.unwrap_err();
    assert!(content_key.message.starts_with("apiKey: "), "{content_key:?}");
    let moved = Fake::start(|_| Answer::status(301, json!({})).header("location", "https://www.blog.example.com/")).await;
    let failure = connect(&moved.url, &key).await.unwrap_err();
    assert!(failure.message.contains("sends us on to https://www.blog.example.com/"), "{failure:?}");
    let page = Fake::start(|_| Answer::bytes("text/html", "<h1>hi</h1>")).await;
    assert!(connect(&page.url, &key).await.unwrap_err().message.contains("does not answer like a Ghost"));
    assert_eq!(connect("http://10.0.0.1", &key).await.unwrap_err().kind, FailureKind::Rejected);
}

#[tokio::test]
async fn a_post_with_every_setting_and_a_mailing() {
    let server = Server::start().await;
    let mut stage = server.stage().picture(4, 3, "A \"cat\"");
    stage.text = crate::kit::text::Doc::from_html("<p>Hello <strong>you</strong> &amp; me</p>");
    let cover = stage.files.add(9, 9, "");
    stage.settings = json!({
        "title": "Welcome", "slug": "welcome", "main_image": {"id": cover.id, "path": "x"}, "feature_image_alt": "Alt",
        "excerpt": "Short", "canonical": "https://own.example/a", "tags": [{"value": "t1", "label": "News"}], "featured": true,
        "authors": [{"value": "bob@example.com", "label": "Bob"}], "visibility": "tiers", "tiers": [{"value": "free", "label": "Free"}],
        "status": "published", "newsletter": "weekly", "email_segment": "status:-free", "meta_title": "MT", "meta_description": "MD",
    });
    let remote = live(&stage).await;
    let seen = server.fake.seen();
    let at = |n: usize| (seen[n].method.as_str(), seen[n].path.trim_start_matches("/ghost/api/admin/"));
    let id = remote.id.as_str();
    let paths = [at(0), at(1), at(2), at(3)];
    let put = format!("posts/{id}/");
    assert_eq!(paths, [("POST", "images/upload/"), ("POST", "images/upload/"), ("POST", "posts/"), ("PUT", put.as_str())]);
    let name = format!("{}.jpeg", stage.media[0].id);
    let form = [Part::file("file", (&name, "image/jpeg"), "jpeg 0"), Part::field("purpose", "image"), Part::field("ref", &name)];
    assert_eq!(seen[0].parts(), form);
    assert_eq!(
        seen[2].json(),
        json!({"posts": [{
            "title": "Welcome", "slug": "welcome", "status": "draft", "feature_image": format!("https://blog.example.com/content/{}.jpeg", cover.id),
            "html": format!("<p>Hello <strong>you</strong> &amp; me</p><figure><img src=\"https://blog.example.com/content/{name}\" alt=\"A &quot;cat&quot;\"></figure>"),
            "feature_image_alt": "Alt", "custom_excerpt": "Short", "canonical_url": "https://own.example/a", "tags": ["News"],
            "authors": ["bob@example.com"], "featured": true, "visibility": "tiers", "tiers": [{"id": "free"}],
            "meta_title": "MT", "meta_description": "MD",
        }]})
    );
    assert_eq!(seen[3].json(), json!({"posts": [{"updated_at": "2026-11-23T08:00:00.000Z", "status": "published"}]}));
    assert_eq!(remote.url.as_deref(), Some("https://blog.example.com/welcome/"));
    assert_eq!(server.state.lock().unwrap().mailed, ["weekly status:-free"]);
}

#[tokio::test]
async fn a_draft_stays_one_and_is_found_as_one() {
    let server = Server::start().await;
    let mut stage = server.stage().text("Hello");
    stage.settings["status"] = "draft".into();
    let remote = live(&stage).await;
    assert_eq!(server.calls(), ["POST posts/"]);
    let key = stage.ledger.key("draft");
    assert_eq!(Ghost.find(&stage.call(), &key).await.unwrap(), Found::Yes(vec![remote]));
    assert_eq!(Ghost.find(&server.stage().text("Hello").call(), &key).await.unwrap(), Found::NotSeen, "not published");
}

#[tokio::test]
async fn whatever_answer_is_lost_it_is_published_and_mailed_once() {
    for (lost, at) in [("POST", "images"), ("POST", "posts"), ("PUT", "posts")] {
        let server = Server::start().await;
        let mut stage = server.stage().text("Once only").picture(1, 1, "");
        stage.settings["newsletter"] = "weekly".into();
        server.state.lock().unwrap().drops = Some((lost, at));
        let failure = Ghost.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unavailable, "{lost} {at}: may be done again");
        live(&stage).await;
        let state = server.state.lock().unwrap();
        assert_eq!((state.posts.len(), state.mailed.len()), (1, 1), "{lost} {at}");
        assert_eq!(state.posts[0]["status"], "published");
        stage.assert_hides(&[SECRET], Some(&failure));
    }
}

#[tokio::test]
async fn a_draft_that_somebody_touched_is_published_as_it_is_now() {
    let server = Server::start().await;
    let stage = server.stage().text("Hello");
    stage.ledger.crash_at("draft");
    Ghost.publish(&stage.call()).await.unwrap_err();
    let state = server.state.clone();
    // The person edits between the look for the draft and its publication.
    let mut touched = stage;
    live(&touched).await;
    state.lock().unwrap().posts[0]["status"] = "draft".into();
    touched.ledger = crate::providers::testing::Ledger::new(touched.now);
    let id = state.lock().unwrap().posts[0]["id"].as_str().unwrap().to_owned();
    let draft = read::one(&touched.access(), &id).await.unwrap();
    let stale = Post { updated_at: Some("2026-11-23T07:00:00.000Z".into()), ..draft };
    let key = StepKey { key: uuid::Uuid::nil(), begun_at: touched.now, earlier: 0 };
    assert!(release(&touched.call(), stale, key).await.unwrap().is_live());
}

#[tokio::test]
async fn it_is_recognised_changed_counted_and_deleted() {
    let server = Server::start().await;
    let stage = server.stage().text("First");
    let remote = live(&stage).await;
    let key = stage.ledger.key("publish");
    assert_eq!(Ghost.find(&stage.call(), &key).await.unwrap(), Found::Yes(vec![remote.clone()]));
    assert_eq!(Ghost.candidates(&stage.call(), &key).await.unwrap()[0].text, "Welcome\nHello you");
    let later = StepKey { begun_at: key.begun_at + TimeDelta::minutes(10), ..key };
    assert_eq!(Ghost.find(&stage.call(), &later).await.unwrap(), Found::NotSeen);
    server.state.lock().unwrap().posts[0]["slug"] = "welcome".into();
    for (words, known) in [
        ("https://blog.example.com/welcome", true),
        (remote.id.as_str(), true),
        ("https://elsewhere.example/welcome/", false),
        ("https://blog.example.com/none/", false),
        ("../users", false),
    ] {
        assert_eq!(Ghost.recognise(&stage.call(), words).await.unwrap().is_some(), known, "{words}");
    }
    let numbers = [Metric::new("reach", 9), Metric::new("views", 4), Metric::new("clicks", 2)];
    assert_eq!(Ghost.metrics(&stage.access(), &remote).await.unwrap(), numbers);
    server.fake.seen();
    Ghost.edit(&server.stage().text("Second").call(), &remote).await.unwrap();
    let put = server.fake.seen().pop().unwrap();
    assert_eq!((put.method.as_str(), put.query["source"].as_str()), ("PUT", "html"));
    let changed = &put.json()["posts"][0];
    assert_eq!((changed.get("status"), changed.get("slug")), (None, None), "it stays public, and where it is");
    assert_eq!((&changed["html"], &changed["updated_at"]), (&json!("<p>Second</p>"), &json!("2026-11-23T08:00:05.000Z")));
    Ghost.delete(&stage.call(), &remote).await.unwrap();
    assert!(server.state.lock().unwrap().posts.is_empty());
    Ghost.delete(&stage.call(), &remote).await.unwrap();
    let odd = Remote { id: "../users/1".into(), ..remote };
    assert_eq!(Ghost.delete(&stage.call(), &odd).await.unwrap_err().kind, FailureKind::Rejected);
}

#[tokio::test]
async fn lists_leave_out_what_is_gone() {
    let server = Server::start().await;
    let stage = server.stage();
    for (name, expected) in [
        ("tags", ("t1", "News")),
        ("newsletters", ("weekly", "Weekly")),
        ("users", ("bob@example.com", "Bob")),
        ("tiers", ("free", "Free")),
    ] {
        let items = Ghost.lookup(&stage.access(), name, &json!({})).await.unwrap();
        assert_eq!(items, [Item::new(expected.0, expected.1)], "{name}");
    }
    assert_eq!(Ghost.lookup(&stage.access(), "x", &json!({})).await.unwrap_err().kind, FailureKind::Unsupported);
}

#[tokio::test]
async fn every_refusal_means_what_it_says() {
    use FailureKind::*;
    for (status, code, words, kind) in [
        (401, "UnauthorizedError", "Unknown Admin API Key", Reconnect),
        (401, "UnauthorizedError", "Invalid token: jwt expired", Unavailable),
        (403, "NoPermissionError", "You do not have permission to add posts", Rejected),
        (403, "HostLimitError", "Upgrade your plan", Rejected),
        (404, "NotFoundError", "Resource not found", Rejected),
        (413, "RequestEntityTooLargeError", "Too big", Rejected),
        (415, "UnsupportedMediaTypeError", "Select a valid image", Rejected),
        (422, "ValidationError", "Validation error, cannot save post. Title too long", Rejected),
        (429, "TooManyRequestsError", "Slow down", RateLimited { until: None }),
        (500, "InternalServerError", "Oops", Unavailable),
        (503, "MaintenanceError", "Back soon", Unavailable),
    ] {
        let fake = Fake::start(move |_| refusal(status, code, words)).await;
        let credentials = json!({"server": fake.url, "id": ID, "secret": SECRET});
        let stage = Stage::new("x", credentials).settings(json!({"title": "T"})).text("x");
        let failure = Ghost.publish(&stage.call()).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str(), failure.code.as_deref()), (kind, words, Some(code)));
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anything_leaves() {
    let server = Server::start().await;
    for (stage, words) in [
        (server.stage().text("x").settings(json!({})), "title is missing"),
        (server.stage().text(""), "no text"),
        (server.stage().text(&"x".repeat(100_001)), "characters"),
        (server.stage().text("x").film(1, 1, ""), "videos"),
    ] {
        let failure = Ghost.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(failure.message.contains(words), "{failure:?}");
    }
    assert!(server.fake.seen().is_empty());
}
