//! What reaches a WriteFreely, and what its answers come to.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use super::*;
use crate::providers::{
    Account, FailureKind,
    testing::{Answer as Said, Fake, Seen, Stage, one},
};

const TOKEN: &str = "00000000-0000-0000-0000-000000000000";

struct Site {
    fake: Fake,
    posts: Arc<Mutex<Vec<Json>>>,
    drops: Arc<AtomicBool>,
}

impl Site {
    async fn start() -> Self {
        let (posts, drops): (Arc<Mutex<Vec<Json>>>, Arc<AtomicBool>) = Default::default();
        let (kept, dropping) = (posts.clone(), drops.clone());
        let fake = Fake::start(move |seen| {
            let answer = answer(seen, &mut kept.lock().unwrap());
            if seen.method == "POST" && dropping.swap(false, Ordering::SeqCst) { Said::Drop } else { answer }
        });
        Self { fake: fake.await, posts, drops }
    }

    fn stage(&self) -> Stage {
        let credentials = json!({"server": self.fake.url, "access": TOKEN, "handle": "matt"});
        Stage::new("x_matt", credentials).settings(json!({"collection": "matt"}))
    }
}

fn refusal(status: u16, words: &str) -> Said {
    Said::status(status, json!({"code": status, "error_msg": words}))
}

fn data(status: u16, data: Json) -> Said {
    Said::status(status, json!({"code": status, "data": data}))
}

fn answer(seen: &Seen, posts: &mut Vec<Json>) -> Said {
    if seen.path == "/api/auth/login" {
        return match seen.json()["pass"].as_str() {
            Some("hush") => data(200, json!({"access_token": TOKEN, "user": {"username": "matt", "email": "m@x.y"}})),
            Some("off") => refusal(403, "Password login is disabled"),
            _ => refusal(401, "Incorrect password."),
        };
    }
    if seen.header("authorization") != format!("Token {TOKEN}") {
        return refusal(401, "Invalid access token.");
    }
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/api/me") => data(200, json!({"username": "matt"})),
        ("GET", "/api/me/posts") => data(200, json!(posts)),
        ("GET", "/api/me/collections") => {
            data(200, json!([{"alias": "matt", "title": "Matt", "url": "https://write.as/matt/"}, {"alias": "two", "title": ""}]))
        }
        ("POST", "/api/collections/matt/pin") => data(200, json!([{"id": seen.json()[0]["id"], "code": 200}])),
        ("POST", "/api/collections/matt/posts" | "/api/posts") => {
            let mut post = seen.json();
            post["id"] = format!("rf3t35fkax{}", posts.len()).into();
            post["created"] = "2026-11-23T08:00:00Z".into();
            post["views"] = 4.into();
            if seen.path.contains("collections") {
                post["slug"] = post.get("slug").cloned().unwrap_or(format!("hello-{}", posts.len()).into());
                post["collection"] = json!({"alias": "matt", "title": "Matt", "url": "https://write.as/matt/"});
            }
            posts.insert(0, post.clone());
            data(201, post)
        }
        (method, path) => {
            let id = path.trim_start_matches("/api/posts/");
            let Some(n) = posts.iter().position(|p| p["id"] == id) else {
                return if method == "DELETE" {
                    refusal(403, "Post not found, or you're not the owner.")
                } else {
                    refusal(404, "Post not found.")
                };
            };
            match method {
                "DELETE" if id.ends_with('9') => return refusal(403, "Post not found, or you're not the owner."),
                "DELETE" => {
                    posts.remove(n);
                    return Said::bytes("", "").with_status(204);
                }
                "POST" => posts[n]["body"] = seen.json()["body"].clone(),
                _ => {}
            }
            data(200, posts[n].clone())
        }
    }
}

async fn live(stage: &Stage) -> (Remote, Vec<String>) {
    match WriteFreely.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, warnings } => (remotes.remove(0), warnings),
        other => panic!("{other:?}"),
    }
}

async fn connect(fields: &[(&str, &str)]) -> Result<Account, Failure> {
    let stage = Stage::new("", json!({}));
    let answers: Answers = fields.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
    WriteFreely.connect(&stage.access().link(), &answers).await.map(one)
}

#[tokio::test]
async fn a_password_is_used_once_and_only_its_token_is_kept() {
    let site = Site::start().await;
    let url = format!("{}/matt/", site.fake.url);
    let account = connect(&[("url", &url), ("username", "matt"), ("password", "hush")]).await.unwrap();
    let place = site.fake.url.trim_start_matches("http://").to_owned();
    assert_eq!((account.id, account.handle), (format!("{place}_matt"), format!("matt@{place}")));
    assert_eq!(account.credentials, json!({"server": site.fake.url, "access": TOKEN, "handle": "matt"}));
    let seen = site.fake.seen();
    assert_eq!(seen[0].json(), json!({"alias": "matt", "pass": "hush"}));
    assert_eq!(seen[1].path, "/api/me");
    connect(&[("url", &url), ("token", TOKEN)]).await.unwrap();
    assert_eq!(site.fake.seen().len(), 1, "a token needs no signing in");
    for (fields, kind, words) in [
        (vec![("username", "matt"), ("password", "no")], FailureKind::Reconnect, "Incorrect password."),
        (vec![("username", "matt"), ("password", "off")], FailureKind::Rejected, "give a token instead"),
        (vec![("token", "no")], FailureKind::Reconnect, "Invalid access token."),
        (vec![("username", "matt")], FailureKind::Rejected, "password: needed"),
        (vec![], FailureKind::Rejected, "username: needed"),
    ] {
        let failure = connect(&[vec![("url", url.as_str())], fields].concat()).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(failure.message.contains(words), "{failure:?}");
    }
    let page = Fake::start(|_| Said::bytes("text/html", "<h1>hi</h1>")).await;
    let failure = connect(&[("url", &page.url), ("username", "a"), ("password", "b")]).await.unwrap_err();
    assert!(failure.message.contains("does not answer like a WriteFreely"), "{failure:?}");
    assert_eq!(WriteFreely.whoami(&site.stage().access()).await.unwrap().name, "matt");
}

#[tokio::test]
async fn a_post_with_every_setting_and_one_with_none() {
    let site = Site::start().await;
    let full = site.stage().text("Text #rust").picture(4, 3, "Cat").settings(json!({
        "title": "Hello", "collection": "matt", "slug": "hello", "font": "mono", "lang": "he", "rtl": true, "pin": true,
    }));
    let (remote, warnings) = live(&full).await;
    let seen = site.fake.seen();
    assert_eq!(seen[0].path, "/api/collections/matt/posts");
    let body = format!("Text #rust\n\n![Cat](https://lasting.example/{}.jpg)", full.media[0].id);
    let expected = json!({"title": "Hello", "slug": "hello", "font": "mono", "lang": "he", "rtl": true, "body": body});
    assert_eq!(seen[0].json(), expected);
    assert_eq!((seen[1].path.as_str(), seen[1].json()), ("/api/collections/matt/pin", json!([{"id": remote.id}])));
    assert_eq!((remote.url.as_deref(), warnings.len()), (Some("https://write.as/matt/hello"), 0));

    let plain = site.stage().text("Only text").settings(json!({"pin": true}));
    let (remote, _) = live(&plain).await;
    let seen = site.fake.seen();
    assert_eq!((seen.len(), seen[0].path.as_str(), seen[0].json()), (1, "/api/posts", json!({"body": "Only text"})));
    assert_eq!(remote.url, Some(format!("{}/{}", site.fake.url, remote.id)));
}

#[tokio::test]
async fn a_post_that_cannot_be_pinned_is_live_all_the_same() {
    let fake = Fake::start(|seen| match seen.path.ends_with("pin") {
        true => refusal(403, "Not allowed."),
        false => data(201, json!({"id": "abc", "slug": "x", "body": "x"})),
    });
    let fake = fake.await;
    let credentials = json!({"server": fake.url, "access": TOKEN, "handle": "matt"});
    let stage = Stage::new("x", credentials).text("x").settings(json!({"collection": "matt", "pin": true}));
    let (remote, warnings) = live(&stage).await;
    assert_eq!(remote.url, Some(format!("{}/matt/x", fake.url)));
    assert_eq!(warnings, ["the post could not be pinned: Not allowed."]);
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_and_never_sent_again() {
    let site = Site::start().await;
    let stage = site.stage().text("Once only");
    site.drops.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let failure = WriteFreely.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Uncertain);
        stage.assert_hides(&[TOKEN], Some(&failure));
    }
    assert_eq!(site.posts.lock().unwrap().len(), 1);
    let key = stage.ledger.key("publish");
    let Found::Yes(found) = WriteFreely.find(&stage.call(), &key).await.unwrap() else { panic!("it is there") };
    assert_eq!(found[0].url.as_deref(), Some("https://write.as/matt/hello-0"));
    let other = site.stage().text("Another");
    assert_eq!(WriteFreely.find(&other.call(), &key).await.unwrap(), Found::NotSeen);
    let later = StepKey { begun_at: key.begun_at + chrono::TimeDelta::minutes(10), ..key.clone() };
    assert_eq!(WriteFreely.find(&stage.call(), &later).await.unwrap(), Found::NotSeen);
    assert_eq!(WriteFreely.candidates(&stage.call(), &key).await.unwrap().len(), 1);
    assert!(WriteFreely.candidates(&stage.call(), &later).await.unwrap().is_empty());
}

#[tokio::test]
async fn it_is_recognised_changed_counted_and_deleted() {
    let site = Site::start().await;
    let stage = site.stage().text("First");
    let (remote, _) = live(&stage).await;
    for (words, known) in [
        ("https://write.as/matt/hello-0/?x", true),
        (remote.id.as_str(), true),
        ("https://write.as/matt/other", false),
        ("", false),
    ] {
        assert_eq!(WriteFreely.recognise(&stage.call(), words).await.unwrap().is_some(), known, "{words}");
    }
    assert_eq!(WriteFreely.metrics(&stage.access(), &remote).await.unwrap(), [Metric::new("views", 4)]);
    let list = WriteFreely.lookup(&stage.access(), "collections", &json!({})).await.unwrap();
    assert_eq!(list.iter().map(|i| (i.id.as_str(), i.name.as_str())).collect::<Vec<_>>(), [("matt", "Matt"), ("two", "two")]);
    WriteFreely.edit(&site.stage().text("Second").call(), &remote).await.unwrap();
    assert_eq!(site.posts.lock().unwrap()[0]["body"], "Second");
    WriteFreely.delete(&stage.call(), &remote).await.unwrap();
    assert!(site.posts.lock().unwrap().is_empty());
    WriteFreely.delete(&stage.call(), &remote).await.unwrap();
    site.posts.lock().unwrap().push(json!({"id": "abc9"}));
    let foreign = Remote { id: "abc9".into(), ..remote.clone() };
    assert_eq!(WriteFreely.delete(&stage.call(), &foreign).await.unwrap_err().kind, FailureKind::Rejected, "still there");
    let odd = Remote { id: "../me".into(), ..remote };
    assert_eq!(WriteFreely.delete(&stage.call(), &odd).await.unwrap_err().kind, FailureKind::Rejected);
}

#[tokio::test]
async fn every_refusal_means_what_it_says() {
    use FailureKind::*;
    for (status, words, kind) in [
        (400, "Supply something to publish.", Rejected),
        (401, "Invalid access token.", Reconnect),
        (403, "You're not allowed to add to this collection.", Rejected),
        (404, "Collection doesn't exist.", Rejected),
        (410, "Post was unpublished.", Rejected),
        (429, "Too many", RateLimited { until: None }),
        (500, "Oops", Uncertain),
    ] {
        let fake = Fake::start(move |_| refusal(status, words)).await;
        let credentials = json!({"server": fake.url, "access": TOKEN, "handle": "matt"});
        let failure = WriteFreely.publish(&Stage::new("x", credentials).text("x").call()).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (kind, words), "{status}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anything_leaves() {
    let site = Site::start().await;
    for (stage, words) in [
        (site.stage().text("x").settings(json!({"collection": "../me"})), "collection is no alias"),
        (site.stage().text(""), "no text"),
        (site.stage().text(&"x".repeat(100_001)), "characters"),
    ] {
        let failure = WriteFreely.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(failure.message.contains(words), "{failure:?}");
    }
    assert!(site.fake.seen().is_empty());
}
