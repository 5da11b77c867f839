//! What reaches Whop, and what its answers come to.

use std::sync::{Arc, Mutex};

use super::*;
use crate::providers::testing::{Answer, Fake, Seen, Stage, one};

#[derive(Default)]
struct State {
    posts: Vec<Json>,
    /// Access tokens end with this number.
    opened: u32,
    files: u32,
    /// How often a file is asked for before it is ready.
    slow: u32,
    drops: bool,
}

struct Api {
    fake: Fake,
    state: Arc<Mutex<State>>,
}

impl Api {
    async fn start() -> Self {
        let state: Arc<Mutex<State>> = Default::default();
        let kept = state.clone();
        let fake = Fake::start(move |seen| {
            let mut state = kept.lock().unwrap();
            let answer = state.answer(seen);
            let lost = seen.path.ends_with("forum_posts") && seen.method == "POST" && std::mem::take(&mut state.drops);
            if lost { Answer::Drop } else { answer }
        });
        Self { fake: fake.await, state }
    }

    fn stage(&self) -> Stage {
        let stored = json!({"access": "secret-access0", "refresh": "secret-refresh0", "expires_at": "2026-11-23T09:00:00Z"});
        let settings = json!({"company": "biz_1", "experience": "exp_1"});
        let stage = Stage::new("user_abc", stored).at(&ABOUT, &self.fake.url).app(&[("client_id", "app_1")]);
        stage.settings(settings)
    }
}

fn refusal(status: u16, kind: &str, words: &str) -> Answer {
    Answer::status(status, json!({"error": {"type": kind, "message": words}}))
}

impl State {
    fn answer(&mut self, seen: &Seen) -> Answer {
        let path = seen.path.as_str();
        match (seen.method.as_str(), path) {
            ("POST", "/oauth/token") => {
                let sent = seen.json();
                assert_eq!((&sent["client_id"], sent.get("client_secret")), (&json!("app_1"), None));
                let good = match sent["grant_type"].as_str() {
                    Some("authorization_code") => sent["code"] == "good" && sent["code_verifier"].is_string(),
                    _ => sent["refresh_token"] == format!("secret-refresh{}", self.opened),
                };
                if !good {
                    return Answer::status(400, json!({"error": "invalid_grant", "error_description": "The grant is used up"}));
                }
                self.opened += 1;
                return Answer::json(json!({
                    "access_token": format!("secret-access{}", self.opened), "refresh_token": format!("secret-refresh{}", self.opened),
                    "token_type": "Bearer", "expires_in": 3600, "id_token": "x",
                    "scope": "openid profile email forum:post:create forum:read company:basic:read",
                }));
            }
            ("PUT", put) if put.starts_with("/put/") => {
                assert_eq!((seen.header("x-amz-acl"), seen.header("authorization")), ("private", ""));
                return Answer::bytes("", "");
            }
            _ => {}
        }
        if seen.bearer() != format!("secret-access{}", self.opened) {
            return refusal(401, "unauthorized", "The token has ended");
        }
        match (seen.method.as_str(), path) {
            ("GET", "/oauth/userinfo") => Answer::json(json!({
                "sub": "user_abc", "name": "John", "preferred_username": "john", "picture": "https://x/p.png", "email": "j@x.y",
            })),
            ("GET", "/api/v1/companies") => Answer::json(json!({
                "data": [{"id": "biz_1", "title": "Pickaxe", "route": "pickaxe"}], "page_info": {"end_cursor": null, "has_next_page": false},
            })),
            ("GET", "/api/v1/forums") => {
                assert_eq!((seen.query["company_id"].as_str(), seen.query["first"].as_str()), ("biz_1", "50"));
                let n = if seen.query.contains_key("after") { 2 } else { 1 };
                Answer::json(json!({
                    "data": [{"id": format!("feed_{n}"), "experience": {"id": format!("exp_{n}"), "name": format!("Room {n}")}}],
                    "page_info": {"end_cursor": "c1", "has_next_page": n == 1},
                }))
            }
            ("POST", "/api/v1/files") => {
                self.files += 1;
                let url = format!("http://{}/put/file_{}", seen.header("host"), self.files);
                Answer::json(json!({
                    "id": format!("file_{}", self.files), "upload_status": "pending", "filename": seen.json()["filename"],
                    "upload_url": url, "upload_headers": {"x-amz-acl": "private"},
                }))
            }
            ("GET", file) if file.starts_with("/api/v1/files/") => {
                let status = if self.slow > 0 { "pending" } else { "ready" };
                self.slow = self.slow.saturating_sub(1);
                Answer::json(json!({"id": "file_1", "upload_status": status, "filename": "a.jpg"}))
            }
            ("POST", "/api/v1/forum_posts") => {
                let mut post = seen.json();
                post["id"] = format!("post_{}", self.posts.len() + 1).into();
                post["created_at"] = "2026-11-23T08:00:01.401Z".into();
                post["user"] = json!({"id": "user_abc", "username": "john"});
                post["view_count"] = 3.into();
                post["like_count"] = 1.into();
                self.posts.insert(0, post.clone());
                Answer::json(post)
            }
            ("GET", "/api/v1/forum_posts") => {
                let parent = seen.query.get("parent_id").map(String::as_str);
                let under = self.posts.iter().filter(|p| p["parent_id"].as_str() == parent);
                Answer::json(json!({"data": under.collect::<Vec<_>>(), "page_info": {}}))
            }
            (method, path) => {
                let id = path.trim_start_matches("/api/v1/forum_posts/");
                let Some(post) = self.posts.iter_mut().find(|p| p["id"] == id) else {
                    return refusal(404, "not_found", "No post");
                };
                if method == "PATCH" {
                    post["content"] = seen.json()["content"].clone();
                }
                Answer::json(post.clone())
            }
        }
    }
}

async fn live(stage: &Stage) -> Remote {
    match Whop.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, .. } => remotes.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_account_is_granted_without_a_secret() {
    let api = Api::start().await;
    let stage = api.stage();
    let (link, answers) = (stage.access().link(), Answers::new());
    let consent = Whop.consent(&link, &answers, "st4te").await.unwrap();
    let url = url::Url::parse(&consent.url).unwrap();
    assert_eq!(url.path(), "/oauth/authorize");
    let query: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "app_1"),
        ("redirect_uri", link.redirect),
        ("scope", "openid profile email forum:post:create forum:read company:basic:read"),
        ("state", "st4te"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(query[name], value);
    }
    assert_eq!((query["nonce"].len(), query["code_challenge"].len()), (16, 43));
    let account = one(Whop.grant(&link, &answers, consent.kept.clone(), "good").await.unwrap());
    let seen = api.fake.seen();
    assert_eq!(seen[0].json()["code_verifier"], consent.kept["verifier"]);
    assert_eq!((account.id.as_str(), account.name.as_str(), account.handle.as_str()), ("user_abc", "John", "john"));
    assert_eq!(
        (&account.credentials["access"], &account.credentials["refresh"]),
        (&json!("secret-access1"), &json!("secret-refresh1"))
    );
    let used = Whop.grant(&link, &answers, consent.kept, "used").await.unwrap_err();
    assert_eq!((used.kind, used.message.as_str()), (FailureKind::Reconnect, "The grant is used up"));
}

#[tokio::test]
async fn a_post_with_files_waits_until_they_are_ready_and_comments_hang_on_the_last() {
    let api = Api::start().await;
    api.state.lock().unwrap().slow = 1;
    let mut stage = api.stage().text("Hello **you**").picture(4, 3, "").film(1, 1, "");
    stage.settings["title"] = "Title".into();
    let waiting = Whop.publish(&stage.call()).await.unwrap();
    assert_eq!(waiting, Outcome::Wait { after: std::time::Duration::from_secs(5) });
    assert!(api.state.lock().unwrap().posts.is_empty());
    let root = live(&stage).await;
    let seen = api.fake.seen();
    let calls: Vec<_> = seen.iter().map(|s| format!("{} {}", s.method, s.path.replace("/api/v1", ""))).collect();
    assert_eq!(
        calls,
        [
            "POST /files",
            "PUT /put/file_1",
            "POST /files",
            "PUT /put/file_2",
            "GET /files/file_1",
            "GET /files/file_1",
            "GET /files/file_2",
            "POST /forum_posts",
        ]
    );
    assert_eq!(seen[0].json(), json!({"filename": format!("{}.jpg", stage.media[0].id)}));
    assert_eq!((seen[1].body.as_slice(), seen[1].header("content-type")), (b"jpeg 0".as_slice(), "image/jpeg"));
    assert_eq!((seen[3].body.as_slice(), seen[3].header("content-length")), (b"mp4 1".as_slice(), "5"));
    let expected = json!({
        "experience_id": "exp_1", "content": "Hello **you**", "title": "Title", "attachments": [{"id": "file_1"}, {"id": "file_2"}],
    });
    assert_eq!(seen[7].json(), expected);
    let url = format!("{}/experiences/exp_1/post_1", api.fake.url);
    assert_eq!((root.id.as_str(), root.url.as_deref()), ("post_1", Some(url.as_str())));
    let stage = stage.next(root, "First comment");
    let two = live(&stage).await;
    assert_eq!((two.id.as_str(), two.url.as_deref()), ("post_2", Some(url.as_str())));
    let expected = json!({"experience_id": "exp_1", "content": "First comment", "parent_id": "post_1"});
    assert_eq!(api.fake.seen()[0].json(), expected);
    let stage = stage.next(two, "Second comment");
    live(&stage).await;
    assert_eq!(api.fake.seen()[0].json()["parent_id"], "post_2");
}

#[tokio::test]
async fn a_file_that_cannot_be_processed_is_said() {
    let fake = Fake::start(|seen| match seen.path.as_str() {
        "/api/v1/files" => Answer::json(json!({"id": "f", "upload_url": format!("http://{}/put", seen.header("host"))})),
        "/put" => Answer::bytes("", ""),
        _ => Answer::json(json!({"id": "f", "upload_status": "failed", "filename": "a.jpg"})),
    })
    .await;
    let api = Api::start().await;
    let stage = api.stage().at(&ABOUT, &fake.url).picture(1, 1, "");
    let failure = Whop.publish(&stage.call()).await.unwrap_err();
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Rejected, "Whop could not process a.jpg"));
}

#[tokio::test]
async fn a_token_that_ends_is_renewed_and_rotates() {
    let api = Api::start().await;
    api.state.lock().unwrap().opened = 1;
    let mut stage = api.stage().text("x");
    stage.purse = crate::providers::testing::Purse::new(json!({"access": "secret-access0", "refresh": "secret-refresh1"}));
    live(&stage).await;
    let stored = crate::providers::Tokens::current(&stage.purse);
    assert_eq!((&stored["access"], &stored["refresh"]), (&json!("secret-access2"), &json!("secret-refresh2")));
    // One that ends soon is renewed before a write is spent on it.
    let mut soon = api.stage().text("y");
    soon.purse = crate::providers::testing::Purse::new(
        json!({"access": "secret-access2", "refresh": "secret-refresh2", "expires_at": "2026-11-23T08:00:30Z"}),
    );
    api.fake.seen();
    live(&soon).await;
    assert_eq!(api.fake.seen()[0].path, "/oauth/token");
    let mut dead = api.stage().text("z");
    dead.purse = crate::providers::testing::Purse::new(json!({"access": "secret-accessX", "refresh": "secret-refreshX"}));
    let failure = Whop.publish(&dead.call()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Reconnect);
    dead.assert_hides(&["secret-accessX", "secret-refreshX"], Some(&failure));
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_and_never_sent_again() {
    let api = Api::start().await;
    let stage = api.stage().text("Once only");
    api.state.lock().unwrap().drops = true;
    for _ in 0..2 {
        let failure = Whop.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Uncertain);
    }
    assert_eq!(api.state.lock().unwrap().posts.len(), 1);
    let key = stage.ledger.key("publish");
    let Found::Yes(found) = Whop.find(&stage.call(), &key).await.unwrap() else { panic!("it is there") };
    assert_eq!(found[0].id, "post_1");
    assert_eq!(Whop.find(&api.stage().text("Else").call(), &key).await.unwrap(), Found::NotSeen);
    assert_eq!(Whop.candidates(&stage.call(), &key).await.unwrap()[0].text, "Once only");
    let foreign = Stage { account: "user_x".into(), ..api.stage().text("Once only") };
    assert_eq!(Whop.find(&foreign.call(), &key).await.unwrap(), Found::NotSeen, "somebody else's");
    // A comment is looked for under its post only.
    let comment = api.stage().text("x").next(found[0].clone(), "Once only");
    assert_eq!(Whop.find(&comment.call(), &key).await.unwrap(), Found::NotSeen);
}

#[tokio::test]
async fn it_is_recognised_changed_counted_and_lists_are_read() {
    let api = Api::start().await;
    let stage = api.stage().text("First");
    let remote = live(&stage).await;
    for (words, known) in [(remote.url.as_deref().unwrap(), true), ("post_1", true), ("post_9", false), ("?", false)] {
        assert_eq!(Whop.recognise(&stage.call(), words).await.unwrap().is_some(), known, "{words}");
    }
    let numbers = [Metric::new("views", 3), Metric::new("likes", 1)];
    assert_eq!(Whop.metrics(&stage.access(), &remote).await.unwrap(), numbers);
    Whop.edit(&api.stage().text("Second").call(), &remote).await.unwrap();
    assert_eq!(api.state.lock().unwrap().posts[0]["content"], "Second");
    assert_eq!(Whop.whoami(&stage.access()).await.unwrap().handle, "john");
    let companies = Whop.lookup(&stage.access(), "companies", &json!({})).await.unwrap();
    assert_eq!(companies, [Item::new("biz_1", "Pickaxe")]);
    let forums = Whop.lookup(&stage.access(), "experiences", &json!({"company": "biz_1"})).await.unwrap();
    assert_eq!(forums, [Item::new("exp_1", "Room 1"), Item::new("exp_2", "Room 2")]);
    let missing = Whop.lookup(&stage.access(), "experiences", &json!({})).await.unwrap_err();
    assert_eq!(missing.message, "company is missing");
}

#[tokio::test]
async fn every_refusal_means_what_it_says() {
    use FailureKind::*;
    for (status, code, kind) in [
        (400, "invalid_request", Rejected),
        (404, "not_found", Rejected),
        (403, "insufficient_scope", Reconnect),
        (403, "forbidden", Rejected),
        (429, "rate_limited", RateLimited { until: None }),
        (500, "internal", Uncertain),
    ] {
        let fake = Fake::start(move |_| refusal(status, code, "Its words")).await;
        let api = Api::start().await;
        let mut stage = api.stage().at(&ABOUT, &fake.url).text("x");
        stage.purse = crate::providers::testing::Purse::new(json!({"access": "secret-access0"}));
        let failure = Whop.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{failure:?}");
        if kind != Reconnect {
            assert_eq!((failure.message.as_str(), failure.code.as_deref()), ("Its words", Some(code)));
        }
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anything_leaves() {
    let api = Api::start().await;
    let many = (0..11).fold(api.stage().text("x"), |stage, _| stage.picture(1, 1, ""));
    for (stage, words) in [
        (api.stage().text("x").settings(json!({"company": "biz_1"})), "experience is missing"),
        (api.stage().text(" "), "neither text nor a file"),
        (api.stage().text(&"x".repeat(50_001)), "50001 characters"),
        (many, "11 pictures"),
    ] {
        let failure = Whop.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(failure.message.contains(words), "{failure:?}");
    }
    assert!(api.fake.seen().is_empty());
}
