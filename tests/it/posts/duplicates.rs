//! The same content on the same channel within a day: the page asks first, Postiz's API never does.

use chrono::TimeDelta;
use rostrum::{delivery, kit::Clock, posts::Problem};

use super::*;
use crate::support::Engine;

/// An instance on which the sandbox is asked about, too.
async fn app(engine: Engine) -> TestApp {
    TestApp::with(engine, Clock::system(), |config| config.delivery.limit_sandbox = true).await
}

async fn problems(app: &TestApp, owner: &Owner, when: When, entry: Entry) -> Vec<Problem> {
    posts::create(&app.app, &caller(owner), &draft(when, vec![entry])).await.unwrap().err().unwrap_or_default()
}

/// Same channel, same text, within a day: named with the target it repeats. Everything else is none.
async fn the_same_again_is_a_problem(engine: Engine) {
    let app = app(engine).await;
    let owner = app.owner().await;
    let (ann, ben) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await);
    let at = |hours| When::At(app.app.clock.now() + TimeDelta::hours(hours));
    let first = saved(&app, &owner, at(48), vec![entry(ann, &["Hello", "and more"])]).await.targets[0].0;
    for hours in [25, 48, 71] {
        let found = problems(&app, &owner, at(hours), entry(ann, &["Hello"])).await;
        assert_eq!(found.len(), 1, "{hours}");
        let problem = &found[0];
        assert_eq!((problem.field.as_str(), problem.entry, problem.same_as), ("duplicate", Some(0), Some(first)));
    }
    let stranger = app.owner().await;
    let theirs = channel(&app, stranger.org, "Ann").await;
    assert!(problems(&app, &stranger, at(48), entry(theirs, &["Hello"])).await.is_empty());
    for (when, entry) in [
        (at(48), entry(ben, &["Hello"])),
        (at(48), entry(ann, &["Hello!"])),
        (at(23), entry(ann, &["Hello"])),
        (at(73), entry(ann, &["Hello"])),
        (When::Draft(None), entry(ann, &["Hello"])),
        (at(48), with_media(entry(ann, &["Hello"]), picture(&app, &owner).await, "")),
    ] {
        assert_eq!(problems(&app, &owner, when, entry).await, []);
    }
    // Its own target is no repetition of itself, a withdrawn one of nothing.
    let (post, again) = (listed_post(&app, &owner, first).await, Entry { target: Some(first), ..entry(ann, &["Hello"]) });
    posts::update(&app.app, &caller(&owner), post, &draft(at(48), vec![again])).await.unwrap().unwrap();
    let mut tx = app.app.db.begin().await.unwrap();
    delivery::cancel(&mut tx, owner.org, first, None, app.app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(problems(&app, &owner, at(48), entry(ann, &["Hello"])).await, []);
}

async fn listed_post(app: &TestApp, owner: &Owner, target: TargetId) -> PostId {
    posts::find(&app.app.db, owner.org, target).await.unwrap().target.post_id
}

/// The page asks with everything kept, and does it when told to.
async fn the_page_asks_first(engine: Engine) {
    let app = app(engine).await;
    let owner = app.owner().await;
    let ann = channel(&app, owner.org, "Ann").await.to_string();
    let form = [("channels", ann.as_str()), ("when", "slot"), ("zone", "UTC"), ("parts[0][text]", "Once & for all")];
    let form: Vec<_> = form.into_iter().chain([("action", "save")]).collect();
    led_to(&submit(&owner, "/posts", &form).await);
    let page = submit(&owner, "/posts", &form).await.expect(422).page();
    assert!(page.contains("name=\"allow_duplicate\"") && page.contains("The same text goes to Ann within 24 hours"), "{page}");
    assert!(page.contains("Once &amp; for all") && page.contains("href=\"#f-allow_duplicate\""), "{page}");
    let allowed: Vec<_> = form.iter().copied().chain([("allow_duplicate", "true")]).collect();
    led_to(&submit(&owner, "/posts", &allowed).await);
    let fresh = owner.browser.get("/posts/new").await.expect(200).page();
    assert!(!fresh.contains("allow_duplicate"));
}

/// Postiz's clients are never asked, and the sandbox is not unless configured.
async fn the_api_and_the_sandbox_are_not_asked(engine: Engine) {
    let limited = app(engine).await;
    let owner = limited.owner().await;
    let ann = channel(&limited, owner.org, "Ann").await;
    let body = json!({"type": "now", "date": "2031-02-01T10:00:00", "shortLink": false, "tags": [],
        "posts": [{"integration": {"id": ann.to_string()}, "value": [{"content": "again", "image": []}]}]});
    for _ in 0..2 {
        owner.api.post_json("/public/v1/posts", &body).await.expect(201);
    }
    let free = TestApp::new(engine).await;
    let owner = free.owner().await;
    let ann = channel(&free, owner.org, "Ann").await;
    for _ in 0..2 {
        saved(&free, &owner, When::Now, vec![entry(ann, &["again"])]).await;
    }
}

macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() { super::super::$name(super::super::Engine::Sqlite).await; }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() { super::super::$name(super::super::Engine::Postgres).await; }
        }
    )*};
}

mod on {
    on_both! { the_same_again_is_a_problem the_page_asks_first the_api_and_the_sandbox_are_not_asked }
}
