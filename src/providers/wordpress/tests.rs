//! What reaches a WordPress, and what its answers come to.

mod real;

use std::sync::{Arc, Mutex};

use super::*;
use crate::providers::{
    Account, FailureKind, Metric,
    testing::{Answer, Fake, Seen, Stage, one},
};

const PASSWORD: &str = "abcd EFGH 1234";
/// `admin:abcd EFGH 1234`.
const PROOF: &str = "Basic YWRtaW46YWJjZCBFRkdIIDEyMzQ=";

#[derive(Default)]
struct State {
    posts: Vec<Json>,
    /// The next call of this method whose path ends so is done and not answered.
    drops: Option<&'static str>,
    /// No readable addresses.
    plain: bool,
}

struct Site {
    fake: Fake,
    state: Arc<Mutex<State>>,
}

impl Site {
    async fn start() -> Self {
        let state: Arc<Mutex<State>> = Default::default();
        let kept = state.clone();
        let fake = Fake::start(move |seen| {
            let mut state = kept.lock().unwrap();
            let route = match (state.plain, seen.query.get("rest_route")) {
                (true, Some(route)) => route.trim_start_matches('/').to_owned(),
                (true, None) => return Answer::bytes("text/html", "<h1>Not Found</h1>").with_status(404),
                (false, _) => seen.path.trim_start_matches("/wp-json/").to_owned(),
            };
            if seen.header("authorization") != PROOF {
                return refusal(401, "incorrect_password", "The provided password is an invalid application password.");
            }
            let answer = state.answer(seen, &route);
            if state.drops.take_if(|end| seen.method == "POST" && route.ends_with(*end)).is_some() {
                Answer::Drop
            } else {
                answer
            }
        });
        Self { fake: fake.await, state }
    }

    fn stage(&self) -> Stage {
        let credentials = json!({"server": self.fake.url, "identifier": "admin", "password": PASSWORD, "plain": false});
        Stage::new("x_1", credentials).settings(json!({"title": "Hello World", "type": "posts"}))
    }

    async fn connect(&self, path: &str, password: &str) -> Result<Account, Failure> {
        let stage = Stage::new("", json!({}));
        let url = format!("{}{path}", self.fake.url);
        let answers = [("domain", url.as_str()), ("username", "admin"), ("password", password)];
        let answers: Answers = answers.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        WordPress.connect(&stage.access().link(), &answers).await.map(one)
    }
}

fn refusal(status: u16, code: &str, words: &str) -> Answer {
    Answer::status(status, json!({"code": code, "message": words, "data": {"status": status}}))
}

impl State {
    fn answer(&mut self, seen: &Seen, route: &str) -> Answer {
        match (seen.method.as_str(), route) {
            ("GET", "wp/v2/users/me") => Answer::json(json!({
                "id": 1, "name": "Ann", "slug": "admin", "link": "https://s/author/admin/",
                "avatar_urls": {"24": "https://a/?s=24", "96": "https://a/?s=96", "48": "https://a/?s=48"},
            })),
            ("GET", "wp/v2/types") => Answer::json(json!({
                "post": {"name": "Posts", "rest_base": "posts"}, "page": {"name": "Pages", "rest_base": "pages"},
                "attachment": {"name": "Media", "rest_base": "media"}, "wp_block": {"name": "Patterns", "rest_base": "blocks"},
                "nav_menu_item": {"name": "Menu", "rest_base": "menu-items"},
            })),
            ("GET", "wp/v2/categories" | "wp/v2/tags") => {
                let page: i64 = seen.query["page"].parse().unwrap();
                Answer::json(json!([{"id": page, "name": format!("Term {page}")}])).header("x-wp-totalpages", 2)
            }
            ("GET", "wp/v2/comments") => Answer::json(json!([])).header("x-wp-total", 12),
            ("POST", "wp/v2/media") => {
                let n = 77 + self.posts.len();
                Answer::status(
                    201,
                    json!({"id": n, "source_url": format!("https://s/wp-content/{}", String::from_utf8_lossy(&seen.body).replace(' ', "-"))}),
                )
            }
            ("POST", "wp/v2/posts" | "wp/v2/pages") => {
                let mut post = seen.json();
                post["id"] = (101 + self.posts.len()).into();
                post["link"] = format!("https://s/?p={}", post["id"]).into();
                post["date_gmt"] = "2026-11-23T08:00:01".into();
                post["title"] = json!({"raw": post["title"], "rendered": "Hello &#8211; World"});
                post["content"] = json!({"raw": post["content"], "rendered": "x", "protected": false});
                self.posts.insert(0, post.clone());
                Answer::status(201, post)
            }
            ("GET", "wp/v2/posts" | "wp/v2/pages") => {
                assert_eq!(seen.query["context"], "edit");
                let is = |post: &&Json| match seen.query.get("slug") {
                    Some(slug) => post["slug"] == slug.as_str() && post["status"] == "publish",
                    None => post["status"] == seen.query["status"].as_str(),
                };
                Answer::json(self.posts.iter().filter(is).cloned().collect())
            }
            (method, route) => self.one(method, route, seen),
        }
    }

    fn one(&mut self, method: &str, route: &str, seen: &Seen) -> Answer {
        let id = route.rsplit('/').next().unwrap();
        let Some(n) = self.posts.iter().position(|p| p["id"].as_i64() == id.parse().ok()) else {
            return refusal(404, "rest_post_invalid_id", "Invalid post ID.");
        };
        if method == "DELETE" {
            assert!(!seen.query.contains_key("force"), "to the trash only");
            return Answer::json(self.posts.remove(n));
        }
        if method == "POST" {
            let change = seen.json();
            let post = &mut self.posts[n];
            if let Some(status) = change["status"].as_str() {
                post["status"] = status.into();
                post["link"] = "https://s/hello-world/".into();
            }
            if let Some(content) = change.get("content") {
                post["content"] = json!({"raw": content});
            }
        }
        Answer::json(self.posts[n].clone())
    }
}

async fn live(stage: &Stage) -> Remote {
    match WordPress.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, .. } => remotes.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_account_is_a_user_of_a_site_however_its_address_was_copied() {
    let site = Site::start().await;
    let url = site.fake.url.clone();
    let account = site.connect("//wp-admin/profile.php", PASSWORD).await.unwrap();
    assert_eq!((account.id, account.name.as_str()), (format!("{url}_1"), "Ann"));
    assert_eq!(account.handle, format!("admin@{}", url.trim_start_matches("http://")));
    assert_eq!(account.picture.as_deref(), Some("https://a/?s=96"));
    assert_eq!(account.credentials, json!({"server": url, "identifier": "admin", "password": PASSWORD, "plain": false}));
    assert_eq!(site.fake.seen()[0].path, "/wp-json/wp/v2/users/me");
    assert_eq!(WordPress.whoami(&site.stage().access()).await.unwrap().name, "Ann");

    let wrong = site.connect("", "no").await.unwrap_err();
    assert_eq!(wrong.kind, FailureKind::Reconnect);
    assert!(wrong.message.starts_with("The provided password is an invalid application password. (the user name"), "{wrong:?}");

    site.state.lock().unwrap().plain = true;
    let account = site.connect("", PASSWORD).await.unwrap();
    assert_eq!(account.credentials["plain"], true);
    let mut stage = site.stage().text("x");
    stage.purse = crate::providers::testing::Purse::new(account.credentials);
    live(&stage).await;
}

#[tokio::test]
async fn what_is_no_wordpress_is_said_to_be_none() {
    let stage = Stage::new("", json!({}));
    let (http, link) = (stage.http.clone(), stage.access().link());
    assert!(http.check("http://127.0.0.1").is_ok());
    for (answer, words) in [
        (Answer::bytes("text/html", "<h1>hi</h1>"), "does not answer like a WordPress"),
        (Answer::bytes("text/html", "none").with_status(404), "does not answer like a WordPress"),
        (Answer::status(302, json!({})).header("location", "https://www.s/"), "sends us on to https://www.s/"),
        (refusal(403, "rest_forbidden", "Sorry."), "removes the Authorization header"),
    ] {
        let fake = Fake::start(move |_| answer.clone()).await;
        let answers: Answers = [("domain", fake.url.as_str()), ("username", "a"), ("password", "b")]
            .iter()
            .map(|(n, v)| (n.to_string(), v.to_string()))
            .collect();
        let failure = WordPress.connect(&link, &answers).await.unwrap_err();
        assert!(failure.message.contains(words), "{failure:?}");
    }
}

#[tokio::test]
async fn a_post_with_every_setting_is_drafted_and_then_published() {
    let site = Site::start().await;
    let mut stage = site.stage().picture(4, 3, "A <cat>").text("Hello\nyou & me");
    let cover = stage.files.add(9, 9, "");
    stage.settings = json!({
        "title": "Hello World", "main_image": {"id": cover.id, "path": "x"}, "type": "pages", "categories": [3, "4"], "tags": [5],
        "status": "private",
    });
    let remote = live(&stage).await;
    let seen = site.fake.seen();
    let calls: Vec<_> = seen.iter().map(|s| format!("{} {}", s.method, s.path.trim_start_matches("/wp-json/wp/v2/"))).collect();
    assert_eq!(calls, ["POST media", "POST media", "POST pages", "POST pages/101"]);
    let id = stage.media[0].id;
    assert_eq!(seen[0].header("content-disposition"), format!("attachment; filename=\"{id}.jpg\""));
    assert_eq!((seen[0].header("content-type"), seen[0].body.as_slice()), ("image/jpeg", b"jpeg 0".as_slice()));
    assert_eq!((seen[0].query["alt_text"].as_str(), seen[1].query.get("alt_text")), ("A <cat>", None));
    assert_eq!(
        seen[2].json(),
        json!({
            "title": "Hello World", "slug": "hello-world", "status": "draft", "categories": [3, 4], "tags": [5], "featured_media": 77,
            "content": "<p>Hello</p><p>you &amp; me</p><figure><img src=\"https://s/wp-content/jpeg-0\" alt=\"A &lt;cat&gt;\"></figure>",
        })
    );
    assert_eq!(seen[3].json(), json!({"status": "private"}));
    let expected = Remote { id: "101".into(), url: Some("https://s/hello-world/".into()), extra: json!({"type": "pages"}) };
    assert_eq!(remote, expected);
}

#[tokio::test]
async fn whatever_answer_is_lost_one_post_is_published() {
    for lost in ["media", "posts", "posts/101"] {
        let site = Site::start().await;
        let stage = site.stage().text("Once only").picture(1, 1, "");
        site.state.lock().unwrap().drops = Some(lost);
        let failure = WordPress.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unavailable, "{lost}: may be done again");
        assert_eq!(live(&stage).await.id, "101", "{lost}");
        let state = site.state.lock().unwrap();
        assert_eq!((state.posts.len(), &state.posts[0]["status"]), (1, &json!("publish")), "{lost}");
        stage.assert_hides(&[PASSWORD, PROOF], Some(&failure));
    }
}

#[tokio::test]
async fn it_is_found_recognised_changed_counted_and_deleted() {
    let site = Site::start().await;
    let stage = site.stage().text("First");
    let remote = live(&stage).await;
    let key = stage.ledger.key("publish");
    assert_eq!(WordPress.find(&stage.call(), &key).await.unwrap(), Found::Yes(vec![remote.clone()]));
    assert_eq!(WordPress.candidates(&stage.call(), &key).await.unwrap()[0].text, "Hello World\nFirst");
    let later = StepKey { begun_at: key.begun_at + chrono::TimeDelta::minutes(10), ..key.clone() };
    assert_eq!(WordPress.find(&stage.call(), &later).await.unwrap(), Found::NotSeen);
    let by_id = format!("{}/?p=101", site.fake.url);
    for (words, known) in [
        ("https://s/hello-world", true),
        ("101", true),
        (by_id.as_str(), true),
        ("https://else.example/hello-world/", false),
        ("https://else.example/?p=101", false),
        ("99", false),
        ("../users", false),
    ] {
        assert_eq!(WordPress.recognise(&stage.call(), words).await.unwrap().is_some(), known, "{words}");
    }
    assert_eq!(WordPress.metrics(&stage.access(), &remote).await.unwrap(), [Metric::new("comments", 12)]);
    site.fake.seen();
    WordPress.edit(&site.stage().text("Second").call(), &remote).await.unwrap();
    assert_eq!(site.fake.seen()[0].json(), json!({"title": "Hello World", "content": "<p>Second</p>"}));
    live(&site.stage().text("First")).await;
    assert_eq!(WordPress.find(&stage.call(), &key).await.unwrap(), Found::NotSeen, "which of two?");
    WordPress.delete(&stage.call(), &remote).await.unwrap();
    assert_eq!(site.state.lock().unwrap().posts.len(), 1);
    WordPress.delete(&stage.call(), &remote).await.unwrap();
    let odd = Remote { extra: json!({"type": "../users"}), ..remote };
    assert_eq!(WordPress.delete(&stage.call(), &odd).await.unwrap_err().kind, FailureKind::Rejected);
}

#[tokio::test]
async fn types_and_terms_are_listed_page_by_page() {
    let site = Site::start().await;
    let stage = site.stage();
    let list = async |name: &'static str| WordPress.lookup(&stage.access(), name, &json!({})).await;
    let mut types = list("postTypes").await.unwrap();
    types.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(types, [Item::new("pages", "Pages"), Item::new("posts", "Posts")]);
    assert_eq!(list("categories").await.unwrap(), [Item::new("1", "Term 1"), Item::new("2", "Term 2")]);
    assert_eq!(list("tags").await.unwrap().len(), 2);
    assert_eq!(list("x").await.unwrap_err().kind, FailureKind::Unsupported);
}

#[tokio::test]
async fn every_refusal_means_what_it_says() {
    use FailureKind::*;
    for (status, code, kind) in [
        (401, "rest_cannot_create", Reconnect),
        (403, "rest_cannot_create", Rejected),
        (401, "rest_not_logged_in", Reconnect),
        (401, "incorrect_password", Reconnect),
        (401, "invalid_username", Reconnect),
        (403, "rest_forbidden", Rejected),
        (400, "rest_invalid_param", Rejected),
        (404, "rest_no_route", Rejected),
        (413, "rest_upload_file_too_big", Rejected),
        (500, "rest_upload_unknown_error", Rejected),
        (500, "rest_upload_sideload_error", Rejected),
        (403, "rest_cannot_publish", Rejected),
        (500, "internal_server_error", Unavailable),
        (429, "too_many", RateLimited { until: None }),
    ] {
        let fake = Fake::start(move |_| refusal(status, code, "Its words.")).await;
        let credentials = json!({"server": fake.url, "identifier": "a", "password": "b"});
        let stage = Stage::new("x", credentials).settings(json!({"title": "T", "type": "posts"})).text("x").picture(1, 1, "");
        let failure = WordPress.publish(&stage.call()).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str(), failure.code.as_deref()), (kind, "Its words.", Some(code)));
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anything_leaves() {
    let site = Site::start().await;
    let with = |settings: Json| site.stage().text("x").settings(settings);
    for (stage, words) in [
        (with(json!({"type": "posts"})), "title is missing"),
        (with(json!({"title": "Ti"})), "type is missing"),
        (with(json!({"title": "Ti", "type": "../users"})), "type is no type"),
        (with(json!({"title": "Ti", "type": "posts", "main_image": {"id": "rand5", "path": "https://x/a.png"}})), "main_image"),
        (site.stage().text(""), "no text"),
        (site.stage().text(&"x".repeat(100_001)), "characters"),
    ] {
        let failure = WordPress.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(failure.message.contains(words), "{failure:?}");
    }
    assert!(site.fake.seen().is_empty());
}
