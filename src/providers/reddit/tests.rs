//! What reaches Reddit, and what its answers come to.

use serde_json::{Value as Json, json};

use super::{ABOUT, Reddit, markdown};
use crate::{
    kit::text::Doc,
    providers::{
        Draft, DraftPart, FailureKind, Found, Outcome, Provider as _, Remote, StepKey,
        testing::{Answer, Fake, Part, Seen, Stage, one},
    },
};

const APP: &[(&str, &str)] = &[("client_id", "cid"), ("client_secret", "hush-hush")];

fn post(id: &str, subreddit: &str, title: &str, at: f64) -> Json {
    json!({"kind": "t3", "data": {"id": id, "author": "tester", "subreddit": subreddit, "title": title, "selftext": "words", "is_self": true, "created_utc": at, "permalink": format!("/r/{subreddit}/comments/{id}/t/"), "score": 3, "num_comments": 2}})
}

fn listing(children: Json) -> Answer {
    Answer::json(json!({"data": {"children": children}}))
}

/// Reddit as it answers when all is well; its store is the same server.
fn reddit(seen: &Seen) -> Answer {
    let agent = seen.header("user-agent");
    match seen.path.as_str() {
        "/api/v1/access_token" => {
            return Answer::json(
                json!({"access_token": "secret-access", "token_type": "bearer", "expires_in": 3600, "refresh_token": "secret-refresh", "scope": "read identity submit flair edit history"}),
            );
        }
        "/" => return Answer::bytes("application/xml", "<PostResponse><Location>x</Location></PostResponse>").with_status(201),
        "/api/v1/me" => assert!(agent.starts_with("server:rostrum:v")),
        _ => assert!(agent.ends_with("(by /u/tester)"), "{agent}"),
    }
    assert_eq!(seen.bearer(), "secret-access");
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/api/v1/me") => Answer::json(json!({"id": "abc", "name": "tester", "icon_img": "http://x/i.png?s=1"})),
        ("POST", "/api/media/asset.json") => Answer::json(
            json!({"args": {"action": "//uploads.example", "fields": [{"name": "key", "value": "rte/k1"}, {"name": "policy", "value": "p"}]}, "asset": {"asset_id": "as1", "websocket_url": "ws://x"}}),
        ),
        ("POST", "/api/submit") if seen.form().iter().any(|(n, v)| n == "kind" && matches!(v.as_str(), "image" | "video")) => {
            Answer::json(json!({"json": {"errors": [], "data": {"websocket_url": "wss://x", "user_submitted_page": "x"}}}))
        }
        ("POST", "/api/submit") => Answer::json(
            json!({"json": {"errors": [], "data": {"id": "p1", "name": "t3_p1", "url": "https://www.reddit.com/r/test/comments/p1/t/"}}}),
        ),
        ("POST", "/api/comment") => Answer::json(
            json!({"json": {"errors": [], "data": {"things": [{"kind": "t1", "data": {"id": "c1", "permalink": "/r/test/comments/p1/t/c1/"}}]}}}),
        ),
        ("POST", "/api/editusertext") => Answer::json(json!({"json": {"errors": [], "data": {"things": []}}})),
        ("POST", "/api/del") => Answer::json(json!({})),
        ("GET", "/user/tester/submitted") => listing(json!([post("p2", "Test", "T", 1_795_420_800.0)])),
        ("GET", "/user/tester/comments") => listing(json!([])),
        ("GET", "/api/info") => listing(json!([post("p1", "test", "T", 1_795_420_800.0)])),
        ("GET", "/subreddits/search") => listing(json!([
            {"data": {"id": "s1", "title": "Test", "url": "/r/test/", "subreddit_type": "public", "submission_type": "any"}},
            {"data": {"id": "s2", "title": "Shut", "url": "/r/shut/", "subreddit_type": "private", "submission_type": "any"}},
            {"data": {"id": "s3", "title": "Pics", "url": "/r/pics/", "subreddit_type": "public", "submission_type": "image"}},
        ])),
        ("GET", "/r/test/about") => Answer::json(json!({"data": {"submission_type": "any", "allow_images": true}})),
        ("GET", "/api/v1/test/post_requirements") => Answer::json(json!({"is_flair_required": true})),
        ("GET", "/r/test/api/link_flair_v2") => Answer::json(json!([{"id": "f1", "text": "News"}])),
        other => panic!("unexpected {other:?}"),
    }
}

fn stage(fake: &Fake) -> Stage {
    let credentials = json!({"access": "secret-access", "refresh": "secret-refresh", "handle": "tester"});
    let stage = Stage::new("abc", credentials).at(&ABOUT, &fake.url).app(APP);
    stage.settings(entries(&[json!({"subreddit": "/r/Test/", "title": "T", "type": "self", "is_flair_required": false})]))
}

fn entries(values: &[Json]) -> Json {
    json!({"subreddit": values.iter().map(|value| json!({"value": value})).collect::<Vec<_>>()})
}

async fn live(stage: &Stage) -> Vec<Remote> {
    match Reddit.publish(&stage.call()).await.unwrap() {
        Outcome::Live { remotes, .. } => remotes,
        other => panic!("{other:?}"),
    }
}

fn form(seen: &Seen) -> Json {
    seen.form().into_iter().map(|(name, value)| (name, Json::from(value))).collect::<serde_json::Map<_, _>>().into()
}

fn key(stage: &Stage) -> StepKey {
    StepKey { key: uuid::Uuid::nil(), begun_at: stage.now, earlier: 1 }
}

#[tokio::test]
async fn an_account_is_connected() {
    let fake = Fake::start(reddit).await;
    let stage = stage(&fake);
    let link = stage.access().link();
    let consent = Reddit.consent(&link, &Default::default(), "STATE").await.unwrap();
    assert!(consent.url.contains("duration=permanent") && consent.url.contains("scope=read+identity+submit+flair"));
    let account = one(Reddit.grant(&link, &Default::default(), consent.kept, "CODE").await.unwrap());
    assert_eq!((account.id.as_str(), account.handle.as_str()), ("abc", "tester"));
    assert_eq!(account.picture.as_deref(), Some("http://x/i.png"));
    assert_eq!(account.credentials["handle"], "tester");
    assert_eq!(fake.seen()[0].header("authorization"), "Basic Y2lkOmh1c2gtaHVzaA==");
    assert_eq!(Reddit.whoami(&stage.access()).await.unwrap().id, "abc");
    let narrow = Fake::start(|_| Answer::json(json!({"access_token": "a", "scope": "read identity"}))).await;
    let failure = Reddit.grant(&self::stage(&narrow).access().link(), &Default::default(), json!({}), "C").await.unwrap_err();
    assert!(failure.message.contains("submit, flair"), "{failure}");
}

#[tokio::test]
async fn a_text_and_a_link_in_two_subreddits_and_comments_below_both() {
    let fake = Fake::start(reddit).await;
    let flair = json!({"id": "f1", "name": "News"});
    let stage = stage(&fake).text("One\ntwo").settings(entries(&[
        json!({"subreddit": "/r/Test/", "title": "T", "type": "self", "is_flair_required": true, "flair": flair}),
        json!({"subreddit": "programming", "title": "L", "type": "link", "url": "https://x.org", "is_flair_required": false, "flair": null}),
    ]));
    let remotes = live(&stage).await;
    let seen = fake.seen();
    let base =
        |sr: &str, title: &str| json!({"api_type": "json", "sr": sr, "title": title, "resubmit": "true", "sendreplies": "true"});
    let with = |mut base: Json, more: Json| {
        base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        base
    };
    assert_eq!(form(&seen[0]), with(base("test", "T"), json!({"kind": "self", "text": "One  \ntwo", "flair_id": "f1"})));
    assert_eq!(form(&seen[1]), with(base("programming", "L"), json!({"kind": "link", "url": "https://x.org"})));
    assert_eq!(remotes.len(), 2);
    assert_eq!(remotes[0].url.as_deref(), Some("https://www.reddit.com/r/test/comments/p1/t/"));
    assert_eq!(remotes[0].extra, json!({"kind": "t3", "text": true, "posts": ["p1", "p1"]}));
    let root = Remote { extra: json!({"kind": "t3", "text": true, "posts": ["p1", "p9"]}), ..remotes[0].clone() };
    let comments = live(&stage.next(root, "below")).await;
    let seen = fake.seen();
    for (seen, thing) in seen.iter().zip(["t3_p1", "t3_p9"]) {
        assert_eq!(
            (seen.path.as_str(), form(seen)),
            ("/api/comment", json!({"api_type": "json", "thing_id": thing, "text": "below"}))
        );
    }
    assert_eq!((seen.len(), comments.len()), (2, 2));
    assert_eq!(comments[0].url, Some(format!("{}/r/test/comments/p1/t/c1/", fake.url)));
}

#[tokio::test]
async fn a_picture_is_leased_uploaded_submitted_and_found() {
    let fake = Fake::start(reddit).await;
    let stage = stage(&fake).text("x").picture(4, 3, "");
    let stage = stage.settings(entries(&[json!({"subreddit": "test", "title": "T", "type": "media"})]));
    let remotes = live(&stage).await;
    let seen = fake.seen();
    let paths: Vec<_> = seen.iter().map(|s| s.path.as_str()).collect();
    assert_eq!(paths, ["/api/media/asset.json", "/", "/api/submit", "/user/tester/submitted"]);
    assert_eq!(form(&seen[0]), json!({"filepath": "file.jpg", "mimetype": "image/jpeg"}));
    let file = Part::file("file", ("file.jpg", "image/jpeg"), "jpeg 0");
    assert_eq!(seen[1].parts(), [Part::field("key", "rte/k1"), Part::field("policy", "p"), file]);
    assert_eq!(seen[1].header("authorization"), "", "the store gets no token");
    assert_eq!((&form(&seen[2])["kind"], &form(&seen[2])["url"]), (&json!("image"), &json!(format!("{}/rte/k1", fake.url))));
    assert_eq!(seen[3].query["sort"], "new");
    assert_eq!((remotes[0].id.as_str(), remotes[0].url.clone()), ("p2", Some(format!("{}/r/Test/comments/p2/t/", fake.url))));
}

#[tokio::test]
async fn a_video_has_a_poster_of_its_own_or_a_plain_one() {
    for own in [true, false] {
        let fake = Fake::start(reddit).await;
        let stage = stage(&fake).film(4, 3, "");
        let stage = if own { stage.picture(4, 3, "") } else { stage };
        live(&stage.settings(entries(&[json!({"subreddit": "test", "title": "T", "type": "media"})]))).await;
        let seen = fake.seen();
        assert_eq!(seen[1].parts()[2], Part::file("file", ("file.mp4", "video/mp4"), "mp4 0"));
        let poster = &seen[3].parts()[2];
        assert_eq!(poster.mime, if own { "image/jpeg" } else { "image/png" });
        assert!(own || poster.body.contains("PNG"));
        let submitted = form(&seen[4]);
        assert_eq!((submitted["kind"].as_str(), submitted["video_poster_url"].is_string()), (Some("video"), true));
    }
}

#[tokio::test]
async fn the_cover_of_a_video_stands_for_it_when_no_picture_came_along() {
    let fake = Fake::start(reddit).await;
    let mut stage = stage(&fake).film(4, 3, "");
    stage.media[0].cover = Some(stage.files.add(4, 3, "").id);
    live(&stage.settings(entries(&[json!({"subreddit": "test", "title": "T", "type": "media"})]))).await;
    assert_eq!(fake.seen()[3].parts()[2].mime, "image/jpeg");
}

#[tokio::test]
async fn several_pictures_are_one_gallery_in_their_order() {
    let leases = std::sync::atomic::AtomicUsize::new(0);
    let fake = Fake::start(move |seen| match seen.path.as_str() {
        "/api/media/asset.json" => {
            let n = leases.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let fields = json!([{"name": "key", "value": format!("rte/k{n}")}]);
            Answer::json(
                json!({"args": {"action": "//uploads.example", "fields": fields}, "asset": {"asset_id": format!("as{n}")}}),
            )
        }
        "/api/submit_gallery_post.json" => {
            let url = "https://www.reddit.com/r/test/comments/g1/t/";
            Answer::json(json!({"json": {"errors": [], "data": {"url": url, "id": "t3_g1"}}}))
        }
        _ => reddit(seen),
    })
    .await;
    let entry = json!({"subreddit": "test", "title": "T", "type": "media", "flair": {"id": "f1", "name": "News"}});
    let stage = stage(&fake).picture(4, 3, "One").picture(4, 3, "").settings(entries(&[entry]));
    let remotes = live(&stage).await;
    let seen = fake.seen();
    assert_eq!(seen.iter().filter(|s| s.path == "/api/media/asset.json").count(), 2);
    let item = |n: usize, caption: &str| json!({"media_id": format!("as{n}"), "caption": caption, "outbound_url": ""});
    assert_eq!(
        seen.last().unwrap().json(),
        json!({
            "api_type": "json", "sr": "test", "title": "T", "items": [item(0, "One"), item(1, "")], "sendreplies": true,
            "show_error_list": true, "validate_on_submit": true, "flair_id": "f1",
        })
    );
    assert_eq!((remotes[0].id.as_str(), remotes[0].url.as_deref()), ("g1", Some("https://www.reddit.com/r/test/comments/g1/t/")));
    // A comment hangs on the gallery by its id.
    let comment = stage.next(remotes[0].clone(), "below");
    live(&comment).await;
    assert_eq!(form(&fake.seen()[0])["thing_id"], "t3_g1");
}

#[tokio::test]
async fn a_file_that_reddit_still_works_on_is_waited_for_and_then_live_without_its_address() {
    let fake = Fake::start(|seen| if seen.path.ends_with("/submitted") { listing(json!([])) } else { reddit(seen) }).await;
    let stage = stage(&fake).picture(4, 3, "");
    let mut stage = stage.settings(entries(&[json!({"subreddit": "test", "title": "T", "type": "media"})]));
    assert!(matches!(Reddit.publish(&stage.call()).await.unwrap(), Outcome::Wait { .. }));
    stage.now += chrono::TimeDelta::minutes(4);
    let Outcome::Live { remotes, warnings } = Reddit.publish(&stage.call()).await.unwrap() else { panic!("not live") };
    assert_eq!((remotes[0].url.clone(), warnings.len()), (Some(format!("{}/r/test", fake.url)), 1));
    assert_eq!(fake.seen().iter().filter(|s| s.path == "/api/submit").count(), 1);
    let failure = Reddit.publish(&stage.next(remotes[0].clone(), "below").call()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Rejected);
}

#[tokio::test]
async fn settings_that_cannot_be_sent_are_named() {
    let fake = Fake::start(reddit).await;
    for (value, words) in [
        (json!({"subreddit": "a/b", "title": "T", "type": "self"}), "settings.subreddit[0].value.subreddit"),
        (json!({"subreddit": "test", "title": " ", "type": "self"}), "settings.subreddit[0].value.title"),
        (json!({"subreddit": "test", "title": "x".repeat(301), "type": "self"}), "settings.subreddit[0].value.title"),
        (json!({"subreddit": "test", "title": "T", "type": "link"}), "settings.subreddit[0].value.url"),
        (json!({"subreddit": "test", "title": "T", "type": "poll"}), "settings.subreddit[0].value.type"),
        (
            json!({"subreddit": "test", "title": "T", "type": "self", "is_flair_required": true}),
            "settings.subreddit[0].value.flair",
        ),
        (json!({"subreddit": "test", "title": "T", "type": "media"}), "no picture or video"),
    ] {
        let failure = Reddit.publish(&stage(&fake).text("x").settings(entries(&[value])).call()).await.unwrap_err();
        assert!(failure.kind == FailureKind::Rejected && failure.message.contains(words), "{failure}");
    }
    let failure = Reddit.publish(&stage(&fake).text("x").settings(json!({})).call()).await.unwrap_err();
    assert!(failure.message.starts_with("settings.subreddit"));
    assert!(fake.seen().is_empty());
}

#[test]
fn a_draft_is_reviewed_before_it_is_planned() {
    let review = |kind: &str, media: bool, below: &str| {
        let mut stage = Stage::new("abc", json!({}));
        stage = if media { stage.picture(1, 1, "") } else { stage };
        let part = |text: &str, media| DraftPart { text: Doc::from_plain(text), media };
        let parts = [part("x", stage.media.clone()), part(below, Vec::new())];
        let settings = entries(&[json!({"subreddit": "test", "title": "T", "type": kind, "url": "https://x.org"})]);
        let problems = Reddit.review(&Draft { parts: &parts, settings: &settings, limits: &ABOUT.limits });
        problems.iter().map(|p| p.message.key).collect::<Vec<_>>()
    };
    assert!(review("self", false, "y").is_empty() && review("media", true, "y").is_empty());
    assert_eq!(review("media", false, "y"), ["provider.reddit.needs_media"]);
    assert_eq!(review("self", true, "y"), ["provider.reddit.media_unused"]);
    assert_eq!(review("self", false, &"y".repeat(10_001)), ["provider.reddit.comment"]);
    assert_eq!(review("poll", false, "y"), ["provider.reddit.entry"]);
}

#[test]
fn line_ends_survive_reddits_markdown() {
    let html = "<h2>T</h2><p>a</p><p>b</p><ul><li>x</li><li>y</li></ul><p>c</p><p></p><p>d</p>";
    assert_eq!(markdown(&Doc::from_html(html)), "## T\n\na  \nb\n\n- x\n- y\n\nc\n\nd");
}

#[tokio::test]
async fn lists_in_postizs_shapes() {
    let fake = Fake::start(reddit).await;
    let stage = stage(&fake);
    let access = stage.access();
    let found = Reddit.lookup(&access, "subreddits", &json!({"query": "te"})).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].id.as_str(), found[0].name.as_str(), &found[0].extra["title"]), ("/r/test", "/r/test", &json!("Test")));
    assert_eq!(fake.seen()[0].query["q"], "te");
    assert!(Reddit.lookup(&access, "subreddits", &json!({})).await.unwrap().is_empty());
    let rules = Reddit.lookup(&access, "restrictions", &json!({"subreddit": "/r/test/"})).await.unwrap().remove(0);
    assert_eq!(rules.extra["allow"], json!(["self", "link", "media"]));
    assert_eq!(
        (&rules.extra["is_flair_required"], &rules.extra["flairs"]),
        (&json!(true), &json!([{"id": "f1", "name": "News"}]))
    );
    let flairs = Reddit.lookup(&access, "flairs", &json!({"subreddit": "test"})).await.unwrap();
    assert_eq!((flairs[0].id.as_str(), flairs[0].name.as_str()), ("f1", "News"));
    let none = Fake::start(|seen| {
        if seen.path.ends_with("link_flair_v2") {
            Answer::status(403, json!({"message": "Forbidden", "error": 403}))
        } else {
            reddit(seen)
        }
    })
    .await;
    let rules =
        Reddit.lookup(&self::stage(&none).access(), "restrictions", &json!({"subreddit": "test"})).await.unwrap().remove(0);
    assert_eq!((&rules.extra["is_flair_required"], &rules.extra["flairs"]), (&json!(false), &json!([])));
}

#[tokio::test]
async fn refusals_mean_what_their_code_says() {
    for code in [
        "SUBREDDIT_NOEXIST",
        "SUBREDDIT_NOTALLOWED",
        "NO_SELFS",
        "NO_LINKS",
        "NO_IMAGES",
        "NO_VIDEOS",
        "ALREADY_SUB",
        "TOO_LONG",
        "NO_TEXT",
        "BAD_URL",
        "SUBMIT_VALIDATION_FLAIR_REQUIRED",
        "INVALID_OPTION",
    ] {
        let fake = Fake::start(move |_| Answer::json(json!({"json": {"errors": [[code, "not allowed", "sr"]]}}))).await;
        let failure = Reddit.publish(&stage(&fake).text("x").call()).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.message.as_str(), failure.code.as_deref()),
            (FailureKind::Rejected, "not allowed", Some(code))
        );
    }
    for (words, until) in [
        ("you are doing that too much. take a break for 9 minutes before trying again.", Some("2026-11-23T08:10:00.123456Z")),
        (
            "Looks like you've been doing that a lot. Take a break for 30 seconds before trying again.",
            Some("2026-11-23T08:00:31.123456Z"),
        ),
        ("you are doing that too much.", None),
    ] {
        let fake = Fake::start(move |_| {
            Answer::json(json!({"json": {"ratelimit": 1.0, "errors": [["RATELIMIT", words, "ratelimit"]]}}))
        })
        .await;
        let failure = Reddit.publish(&stage(&fake).text("x").call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::RateLimited { until: until.map(|at| at.parse().unwrap()) });
    }
    let fake = Fake::start(|_| Answer::status(403, json!({"message": "Forbidden", "error": 403, "reason": "private"}))).await;
    let failure = Reddit.publish(&stage(&fake).text("x").call()).await.unwrap_err();
    assert_eq!(
        (failure.kind, failure.message.as_str(), failure.code.as_deref()),
        (FailureKind::Rejected, "Forbidden", Some("private"))
    );
    let fake =
        Fake::start(|_| Answer::bytes("text/html", "<p>You've been blocked by network security.</p>").with_status(403)).await;
    let failure = Reddit.publish(&stage(&fake).text("x").call()).await.unwrap_err();
    assert!(failure.message.contains("network security"));
    let fake =
        Fake::start(|_| Answer::status(429, json!({"message": "Too Many Requests"})).header("x-ratelimit-reset", 90)).await;
    let failure = Reddit.publish(&stage(&fake).text("x").call()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::RateLimited { until: "2026-11-23T08:01:30.123456Z".parse().ok() });
}

#[tokio::test]
async fn a_store_that_refuses_a_file_is_quoted() {
    let xml =
        "<Error><Code>EntityTooLarge</Code><Message>Your proposed upload exceeds the maximum allowed size</Message></Error>";
    let fake = Fake::start(
        move |seen| if seen.path == "/" { Answer::bytes("application/xml", xml).with_status(400) } else { reddit(seen) },
    )
    .await;
    let stage = stage(&fake).picture(1, 1, "").settings(entries(&[json!({"subreddit": "test", "title": "T", "type": "media"})]));
    let failure = Reddit.publish(&stage.call()).await.unwrap_err();
    assert_eq!((failure.kind, failure.code.as_deref()), (FailureKind::Rejected, Some("EntityTooLarge")));
    assert!(failure.message.starts_with("Your proposed upload"));
}

#[tokio::test]
async fn a_token_that_ended_is_renewed_and_the_refresh_token_stays() {
    let fake = Fake::start(|seen| match seen.path.as_str() {
        "/api/v1/access_token" => {
            assert_eq!(form(seen), json!({"grant_type": "refresh_token", "refresh_token": "secret-refresh"}));
            Answer::json(json!({"access_token": "secret-access", "token_type": "bearer", "expires_in": 3600, "scope": "read"}))
        }
        _ if seen.bearer() != "secret-access" => Answer::status(401, json!({"message": "Unauthorized", "error": 401})),
        _ => reddit(seen),
    })
    .await;
    let mut stage = stage(&fake).text("x");
    stage.purse =
        crate::providers::testing::Purse::new(json!({"access": "ended", "refresh": "secret-refresh", "handle": "tester"}));
    live(&stage).await;
    use crate::providers::Tokens as _;
    let kept = stage.purse.current();
    assert_eq!((kept["access"].as_str(), kept["refresh"].as_str()), (Some("secret-access"), Some("secret-refresh")));
}

/// The write arrived, its answer did not: the account's list says so, and nothing is sent again.
#[tokio::test]
async fn a_lost_submission_is_found_in_the_accounts_list() {
    let fake = Fake::start(|seen| if seen.path == "/api/submit" { Answer::Drop } else { reddit(seen) }).await;
    let stage = stage(&fake).text("x");
    assert_eq!(Reddit.publish(&stage.call()).await.unwrap_err().kind, FailureKind::Unavailable);
    let remotes = live(&stage).await;
    assert_eq!(remotes[0].id, "p2");
    assert_eq!(fake.seen().iter().filter(|s| s.path == "/api/submit").count(), 1);
    let Found::Yes(found) = Reddit.find(&stage.call(), &key(&stage)).await.unwrap() else { panic!("not found") };
    assert_eq!(found[0].id, "p2");
}

#[tokio::test]
async fn what_is_not_listed_is_sent_again_only_when_the_list_is_sure_to_be_complete() {
    let fake = Fake::start(|seen| match seen.path.as_str() {
        "/api/submit" => Answer::Drop,
        "/user/tester/submitted" => {
            listing(json!([post("p0", "test", "T", 1_795_410_000.0), post("p3", "other", "T", 1_795_420_800.0)]))
        }
        _ => reddit(seen),
    })
    .await;
    let mut stage = stage(&fake).text("x");
    let submits = |fake: &Fake| fake.seen().iter().filter(|s| s.path == "/api/submit").count();
    for _ in 0..3 {
        assert_eq!(Reddit.publish(&stage.call()).await.unwrap_err().kind, FailureKind::Unavailable);
    }
    assert_eq!(submits(&fake), 1);
    assert_eq!(Reddit.find(&stage.call(), &key(&stage)).await.unwrap(), Found::NotSeen);
    stage.now += chrono::TimeDelta::minutes(11);
    assert!(Reddit.publish(&stage.call()).await.is_err());
    assert_eq!(submits(&fake), 1);
}

#[tokio::test]
async fn a_lost_comment_is_found_by_its_words() {
    let comment = json!([{"kind": "t1", "data": {"id": "c7", "link_id": "t3_p1", "body": "below", "created_utc": 1_795_420_802.0, "permalink": "/r/test/comments/p1/t/c7/"}}]);
    let fake = Fake::start(move |seen| match seen.path.as_str() {
        "/api/comment" => Answer::Drop,
        "/user/tester/comments" => listing(comment.clone()),
        _ => reddit(seen),
    })
    .await;
    let root = Remote { id: "p1".into(), url: None, extra: json!({"kind": "t3", "text": true, "posts": ["p1"]}) };
    let stage = stage(&fake).next(root, "below");
    assert!(Reddit.publish(&stage.call()).await.is_err());
    assert_eq!(live(&stage).await[0].id, "c7");
    assert_eq!(fake.seen().iter().filter(|s| s.path == "/api/comment").count(), 1);
}

#[tokio::test]
async fn what_was_submitted_can_be_changed_deleted_counted_and_named() {
    let fake = Fake::start(reddit).await;
    let stage = stage(&fake).text("new");
    let remote = Remote { id: "p1".into(), url: None, extra: json!({"kind": "t3", "text": true, "posts": ["p1"]}) };
    Reddit.edit(&stage.call(), &remote).await.unwrap();
    assert_eq!(form(&fake.seen()[0]), json!({"api_type": "json", "thing_id": "t3_p1", "text": "new"}));
    let link = Remote { extra: json!({"kind": "t3", "text": false}), ..remote.clone() };
    assert_eq!(Reddit.edit(&stage.call(), &link).await.unwrap_err().kind, FailureKind::Rejected);
    Reddit.delete(&stage.call(), &remote).await.unwrap();
    assert_eq!(form(&fake.seen()[0]), json!({"id": "t3_p1"}));
    let metrics = Reddit.metrics(&stage.access(), &remote).await.unwrap();
    assert_eq!(metrics.iter().map(|m| (m.name.as_str(), m.value)).collect::<Vec<_>>(), [("votes", 3), ("comments", 2)]);
    assert_eq!(fake.seen()[0].query["id"], "t3_p1");
    let found = Reddit.recognise(&stage.call(), "https://www.reddit.com/r/test/comments/p1/t/?x=1").await.unwrap().unwrap();
    assert_eq!((found.remote.id.as_str(), found.remote.extra["posts"].clone()), ("p1", json!(["p1"])));
    assert_eq!(fake.seen()[0].query["id"], "t3_p1");
    Reddit.recognise(&stage.call(), "https://www.reddit.com/r/test/comments/p1/t/c1/").await.unwrap();
    assert_eq!(fake.seen()[0].query["id"], "t1_c1");
    assert!(Reddit.recognise(&stage.call(), "https://example.org/a/b/c/d").await.unwrap().is_none());
    let candidates = Reddit.candidates(&stage.call(), &key(&stage)).await.unwrap();
    assert_eq!(candidates[0].text, "T\nwords");
}
