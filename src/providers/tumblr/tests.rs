//! What reaches Tumblr, and what its answers come to.

use serde_json::{Value as Json, json};

use super::{ABOUT, Tumblr};
use crate::{
    kit::text::Doc,
    providers::{
        Connected, FailureKind, Found, Outcome, Provider as _, Remote, StepKey, Tokens as _,
        testing::{Answer, Fake, Part, Purse, Seen, Stage, one},
    },
};

const APP: &[(&str, &str)] = &[("client_id", "cid"), ("client_secret", "hush-hush")];

fn ok(response: Json) -> Answer {
    Answer::json(json!({"meta": {"status": 200, "msg": "OK"}, "response": response}))
}

fn refusal(status: u16, code: i64) -> Answer {
    Answer::status(
        status,
        json!({"meta": {"status": status, "msg": "Bad Request"}, "errors": [{"title": "Bad Request", "code": code, "detail": "In Tumblr's words"}]}),
    )
}

fn blog(name: &str) -> Json {
    json!({"name": name, "title": name.to_uppercase(), "url": format!("https://{name}.tumblr.com/"), "primary": true, "followers": 1})
}

/// Tumblr as it answers when all is well.
fn tumblr(seen: &Seen) -> Answer {
    if seen.path == "/v2/oauth2/token" {
        return Answer::json(
            json!({"access_token": "secret-access", "expires_in": 2520, "id_token": false, "refresh_token": "secret-refresh", "scope": "write offline_access", "token_type": "bearer"}),
        );
    }
    assert_eq!(seen.bearer(), "secret-access");
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/v2/user/info") => ok(json!({"user": {"name": "ann", "blogs": [blog("ann")]}})),
        ("POST", "/v2/blog/ann/posts") => {
            Answer::status(201, json!({"meta": {"status": 201, "msg": "Created"}, "response": {"id": "1234567890123456789"}}))
        }
        ("PUT", "/v2/blog/ann/posts/1234567890123456789") => ok(json!({"id": "1234567890123456789"})),
        ("POST", "/v2/blog/ann/post/delete") => ok(json!({"id": 1})),
        ("GET", "/v2/blog/ann/notes") => ok(json!({"notes": [], "total_notes": 10, "total_likes": 6, "total_reblogs": 3})),
        other => panic!("unexpected {other:?}"),
    }
}

fn stage(fake: &Fake) -> Stage {
    let credentials = json!({"access": "secret-access", "refresh": "secret-refresh", "handle": "ann"});
    Stage::new("ann", credentials).at(&ABOUT, &fake.url).app(APP)
}

async fn live(stage: &Stage) -> Remote {
    match Tumblr.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, .. } => remotes.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_account_with_one_blog_is_that_blog() {
    let fake = Fake::start(tumblr).await;
    let stage = stage(&fake);
    let link = stage.access().link();
    let consent = Tumblr.consent(&link, &Default::default(), "STATE").await.unwrap();
    assert!(consent.url.contains("scope=write+offline_access"));
    let account = one(Tumblr.grant(&link, &Default::default(), consent.kept, "CODE").await.unwrap());
    assert_eq!(
        (account.id.as_str(), account.name.as_str(), account.url.as_deref()),
        ("ann", "ANN", Some("https://ann.tumblr.com/"))
    );
    assert_eq!(account.picture, Some(format!("{}/v2/blog/ann.tumblr.com/avatar/128", fake.url)));
    assert_eq!(
        (account.credentials["access"].as_str(), account.credentials["handle"].as_str()),
        (Some("secret-access"), Some("ann"))
    );
    let form = fake.seen()[0].form();
    for pair in [("client_id", "cid"), ("client_secret", "hush-hush"), ("code", "CODE"), ("grant_type", "authorization_code")] {
        assert!(form.contains(&(pair.0.into(), pair.1.into())), "{form:?}");
    }
    assert_eq!(Tumblr.whoami(&stage.access()).await.unwrap().name, "ANN");
}

#[tokio::test]
async fn of_several_blogs_one_is_chosen() {
    let fake = Fake::start(|seen| match seen.path.as_str() {
        "/v2/user/info" => ok(json!({"user": {"name": "ann", "blogs": [blog("ann"), blog("bee")]}})),
        _ => tumblr(seen),
    })
    .await;
    let stage = stage(&fake);
    let link = stage.access().link();
    let Connected::Choose { pages, kept } = Tumblr.grant(&link, &Default::default(), json!({}), "CODE").await.unwrap() else {
        panic!("nothing to choose")
    };
    assert_eq!(pages.iter().map(|p| (p.id.as_str(), p.name.as_str())).collect::<Vec<_>>(), [("ann", "ANN"), ("bee", "BEE")]);
    let account = Tumblr.choose(&link, &kept, "bee").await.unwrap();
    assert_eq!((account.id.as_str(), account.credentials["refresh"].as_str()), ("bee", Some("secret-refresh")));
    assert_eq!(Tumblr.choose(&link, &kept, "cat").await.unwrap_err().kind, FailureKind::Rejected);
}

#[tokio::test]
async fn a_text_with_every_setting() {
    let fake = Fake::start(tumblr).await;
    let mut stage = stage(&fake)
        .settings(json!({"title": "Title", "link": "www.example.org", "sourceUrl": "https://s.org", "tags": "#one, two ,"}));
    stage.text = Doc::from_html("<p>a <strong>b</strong></p>");
    let remote = live(&stage).await;
    let content = json!([
        {"type": "text", "subtype": "heading1", "text": "Title"},
        {"type": "text", "text": "a b", "formatting": [{"type": "bold", "start": 2, "end": 3}]},
        {"type": "link", "url": "https://www.example.org"},
    ]);
    let body = json!({"content": content, "state": "published", "tags": "one,two", "source_url": "https://s.org"});
    assert_eq!(fake.seen()[0].json(), body);
    assert_eq!((remote.id.as_str(), remote.url), ("1234567890123456789", Some(format!("{}/ann/1234567890123456789", fake.url))));
    let failure =
        Tumblr.publish(&self::stage(&fake).text("x").settings(json!({"link": "javascript:alert(1)"})).call()).await.unwrap_err();
    assert!(failure.message.starts_with("settings.link"), "{failure}");
}

#[tokio::test]
async fn pictures_and_a_video_follow_the_words() {
    let fake = Fake::start(tumblr).await;
    let stage = stage(&fake).text("x").picture(4, 3, "A red square").film(16, 9, "");
    live(&stage).await;
    let parts = fake.seen()[0].parts();
    assert_eq!((parts[0].name.as_str(), parts[0].mime.as_str()), ("json", "application/json"));
    let body: Json = serde_json::from_str(&parts[0].body).unwrap();
    let picture = json!({"type": "image/jpeg", "identifier": "media-0", "width": 4, "height": 3});
    let film = json!({"type": "video/mp4", "identifier": "media-1", "width": 16, "height": 9});
    assert_eq!(
        body["content"],
        json!([
            {"type": "text", "text": "x"},
            {"type": "image", "media": [picture], "alt_text": "A red square"},
            {"type": "video", "provider": "tumblr", "media": film},
        ])
    );
    assert_eq!(parts[1], Part::file("media-0", ("media-0.jpeg", "image/jpeg"), "jpeg 0"));
    assert_eq!(parts[2], Part::file("media-1", ("media-1.mp4", "video/mp4"), "mp4 1"));
    let many = (0..30).fold(self::stage(&fake), |stage, _| stage.picture(1, 1, ""));
    live(&many).await;
    assert!(many.files.asked().iter().all(|asked| asked.max_bytes == 1_600_000), "thirty are in memory together");
}

/// A body with files cannot be sent twice, so it is made again under the new token.
#[tokio::test]
async fn a_token_that_ended_is_renewed_for_files_too() {
    for media in [false, true] {
        let fake = Fake::start(|seen| match seen.path.as_str() {
            "/v2/oauth2/token" => tumblr(seen),
            _ if seen.bearer() != "secret-access" => Answer::status(401, json!({"meta": {"status": 401, "msg": "Unauthorized"}})),
            _ => tumblr(seen),
        })
        .await;
        let mut stage = stage(&fake).text("x");
        stage = if media { stage.picture(1, 1, "") } else { stage };
        stage.purse = Purse::new(json!({"access": "ended", "refresh": "secret-old", "handle": "ann"}));
        live(&stage).await;
        assert_eq!((stage.purse.current()["refresh"].as_str(), stage.purse.refreshed().await), (Some("secret-refresh"), 1));
        assert_eq!(fake.seen().iter().filter(|s| s.path.ends_with("/posts")).count(), 2);
    }
    let soon = Fake::start(tumblr).await;
    let mut stage = stage(&soon).text("x").picture(1, 1, "");
    stage.purse = Purse::new(json!({"access": "ending", "refresh": "r", "handle": "ann", "expires_at": "2026-11-23T08:01:00Z"}));
    live(&stage).await;
    assert_eq!(soon.seen()[0].path, "/v2/oauth2/token", "what is about to end is renewed before the upload");
}

#[tokio::test]
async fn codes_of_tumblr_have_meanings() {
    use FailureKind::{Reconnect, Rejected, Unavailable};
    let limited = FailureKind::RateLimited { until: None };
    for (status, code, kind) in [
        (400, 8001, Rejected),
        (400, 8002, Rejected),
        (400, 8005, Rejected),
        (400, 8008, Rejected),
        (400, 8016, Rejected),
        (400, 8022, Rejected),
        (400, 8004, limited),
        (400, 8011, limited),
        (403, 8023, limited),
        (500, 8006, Unavailable),
        (500, 8009, Unavailable),
        (400, 8010, Unavailable),
        (401, 1016, Reconnect),
        (503, 0, FailureKind::Uncertain),
    ] {
        let fake = Fake::start(move |seen| match seen.path.as_str() {
            "/v2/oauth2/token" => Answer::status(400, json!({"error": "invalid_grant"})),
            _ => refusal(status, code),
        })
        .await;
        let failure = Tumblr.publish(&stage(&fake).text("x").call()).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{code}");
        if kind != Reconnect {
            assert_eq!((failure.message.as_str(), failure.code), ("In Tumblr's words", Some(code.to_string())));
        }
    }
    for odd in [Answer::bytes("text/html", "<html>"), ok(json!({}))] {
        let fake = Fake::start(move |_| odd.clone()).await;
        assert_eq!(Tumblr.publish(&stage(&fake).text("x").call()).await.unwrap_err().kind, FailureKind::Uncertain);
    }
}

fn standing(id: &str, at: i64, text: &str) -> Json {
    json!({"id_string": id, "timestamp": at, "content": [{"type": "text", "text": text}]})
}

#[tokio::test]
async fn a_lost_answer_is_never_sent_again_and_found_by_its_words() {
    let fake = Fake::start(|seen| match (seen.method.as_str(), seen.path.as_str()) {
        ("POST", _) => Answer::Drop,
        ("GET", "/v2/blog/ann/posts") => {
            assert_eq!((seen.query["npf"].as_str(), seen.query["limit"].as_str()), ("true", "20"));
            ok(json!({"posts": [standing("8", 1_795_420_801, "x"), standing("7", 1_795_000_000, "old")]}))
        }
        _ => tumblr(seen),
    })
    .await;
    let stage = stage(&fake).text("x");
    for _ in 0..2 {
        assert_eq!(Tumblr.publish(&stage.call()).await.unwrap_err().kind, FailureKind::Uncertain);
    }
    assert_eq!(fake.seen().len(), 1);
    let key = StepKey { key: uuid::Uuid::nil(), begun_at: stage.now, earlier: 1 };
    let Found::Yes(found) = Tumblr.find(&stage.call(), &key).await.unwrap() else { panic!("not found") };
    assert_eq!(found[0].id, "8");
    for other in ["y", "old"] {
        assert_eq!(Tumblr.find(&self::stage(&fake).text(other).call(), &key).await.unwrap(), Found::NotSeen);
    }
    let candidates = Tumblr.candidates(&stage.call(), &key).await.unwrap();
    assert_eq!(candidates.iter().map(|c| c.text.as_str()).collect::<Vec<_>>(), ["x"]);
}

#[tokio::test]
async fn what_was_posted_can_be_changed_deleted_counted_and_named() {
    let fake = Fake::start(|seen| match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/v2/blog/ann/posts/1234567") => ok(standing("1234567", 1_795_420_801, "x")),
        ("GET", "/v2/blog/ann/posts/7654321") => Answer::status(404, json!({"meta": {"status": 404, "msg": "Not Found"}})),
        _ => tumblr(seen),
    })
    .await;
    let stage = stage(&fake).text("new");
    let remote = |media: u32| Remote { id: "1234567890123456789".into(), url: None, extra: json!({"media": media}) };
    Tumblr.edit(&stage.call(), &remote(0)).await.unwrap();
    let seen = fake.seen();
    assert_eq!((seen[0].method.as_str(), seen[0].json()["content"][0]["text"].as_str()), ("PUT", Some("new")));
    // Files are handed over again, because the whole content is replaced.
    let pictured = self::stage(&fake).text("new").picture(4, 3, "A red square");
    let changed = Tumblr.edit(&pictured.call(), &remote(0)).await.unwrap();
    assert_eq!(changed.extra, json!({"media": 1}));
    let seen = fake.seen();
    let parts = seen[0].parts();
    let sent: Json = serde_json::from_str(&parts[0].body).unwrap();
    assert_eq!((seen[0].method.as_str(), sent["content"][1]["alt_text"].as_str()), ("PUT", Some("A red square")));
    assert_eq!(parts[1], Part::file("media-0", ("media-0.jpeg", "image/jpeg"), "jpeg 0"));
    Tumblr.delete(&stage.call(), &remote(0)).await.unwrap();
    assert_eq!(fake.seen()[0].json(), json!({"id": "1234567890123456789"}));
    let metrics = Tumblr.metrics(&stage.access(), &remote(0)).await.unwrap();
    assert_eq!(
        metrics.iter().map(|m| (m.name.as_str(), m.value)).collect::<Vec<_>>(),
        [("likes", 6), ("shares", 3), ("comments", 1)]
    );
    for (words, there) in [
        ("https://www.tumblr.com/ann/1234567", true),
        ("https://ann.tumblr.com/post/1234567/a-title", true),
        ("https://ann.tumblr.com/post/7654321", false),
        ("https://example.org/", false),
    ] {
        assert_eq!(Tumblr.recognise(&stage.call(), words).await.unwrap().is_some(), there, "{words}");
    }
}
