//! Being told of changes while a page is open.

use std::time::Duration;

use chrono::TimeDelta;
use rostrum::{db::q, posts::When};

use super::*;
use crate::{
    both_databases,
    posts::{channel, entry, saved},
};

/// An open stream, read as it comes.
struct Stream {
    response: reqwest::Response,
    seen: String,
}

impl Stream {
    async fn open(owner: &Owner, path: &str, last: Option<&str>) -> Self {
        let request = owner.browser.request(reqwest::Method::GET, path).header("accept-encoding", "gzip");
        let request = if let Some(last) = last { request.header("last-event-id", last) } else { request };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(!response.headers().contains_key("content-encoding"), "packed, events would be kept back");
        Self { response, seen: String::new() }
    }

    /// Waits for an event and gives its id and data.
    async fn event(&mut self) -> (String, serde_json::Value) {
        self.named("posts").await
    }

    /// Waits for an event of this name.
    async fn named(&mut self, name: &str) -> (String, serde_json::Value) {
        loop {
            if let Some((event, rest)) = self.seen.split_once("\n\n").map(|(e, r)| (e.to_owned(), r.to_owned())) {
                self.seen = rest;
                let line = |name: &str| event.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default().to_owned();
                if event.contains(&format!("event: {name}\n")) {
                    return (line("id: "), serde_json::from_str(&line("data: ")).unwrap());
                }
                continue;
            }
            assert!(self.more().await, "the stream ended");
        }
    }

    /// Reads on; false at the end.
    async fn more(&mut self) -> bool {
        let chunk = tokio::time::timeout(Duration::from_secs(10), self.response.chunk()).await.expect("nothing came");
        let Ok(Some(bytes)) = chunk else { return false };
        self.seen.push_str(std::str::from_utf8(&bytes).unwrap());
        true
    }
}

/// Whoever listens first on Postgres is told once that anything may have changed, when the other processes are heard, too.
/// A test of what is *not* told begins behind that.
async fn others_are_heard(app: &TestApp) {
    if app.app.db.is_postgres() {
        app.app.db.bus.listen().heard(|_| false).await;
    }
}

both_databases! {
    /// A change by one person is told to another one of the organisation, and to nobody else.
    async fn a_change_is_told_to_the_organisation(app) {
        others_are_heard(&app).await;
        let (owner, other) = (app.owner().await, app.owner().await);
        let (ann, eve) = (channel(&app, owner.org, "Ann").await, channel(&app, other.org, "Eve").await);
        let mut stream = Stream::open(&owner, "/live", None).await;
        let due = app.app.clock.now() + TimeDelta::days(2);
        saved(&app, &other, When::At(due), vec![entry(eve, &["not told"])]).await;
        let post = saved(&app, &owner, When::At(due), vec![entry(ann, &["told"])]).await.post;
        let (id, data) = stream.event().await;
        assert!(!id.is_empty());
        assert_eq!(data["posts"], serde_json::json!([post.to_string()]));
    }

    /// Who comes back with the last event they know is told what they missed; who knows everything is told nothing.
    async fn what_was_missed_is_told_afterwards(app) {
        others_are_heard(&app).await;
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let due = app.app.clock.now() + TimeDelta::days(2);
        saved(&app, &owner, When::At(due), vec![entry(ann, &["before"])]).await;
        let page = owner.browser.get("/calendar").await.page();
        let known = page.split("data-known=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let post = saved(&app, &owner, When::At(due), vec![entry(ann, &["meanwhile"])]).await.post;
        let mut stream = Stream::open(&owner, &format!("/live?after={known}"), None).await;
        let (id, data) = stream.event().await;
        assert_eq!(data["posts"], serde_json::json!([post.to_string()]));
        // The header of a browser that was cut off counts more than the address it began with.
        let mut again = Stream::open(&owner, "/live?after=nonsense", Some(&known)).await;
        assert!(again.event().await.1["posts"].as_array().unwrap().contains(&post.to_string().into()));
        let mut current = Stream::open(&owner, &format!("/live?after={id}"), None).await;
        assert!(current.more().await);
        assert!(!current.seen.contains("event: posts"), "{}", current.seen);
    }

    /// Many changes are one message, and more than can be named are "anything".
    async fn many_changes_are_one_message(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let due = app.app.clock.now() + TimeDelta::days(2);
        let known = saved(&app, &owner, When::At(due), vec![entry(ann, &["first"])]).await;
        let (last,): (uuid::Uuid,) = q("SELECT id FROM events WHERE post_id = $1 ORDER BY id DESC LIMIT 1").bind(known.post).one(&app.app.db).await.unwrap();
        for n in 0..30 {
            saved(&app, &owner, When::At(due), vec![entry(ann, &[&format!("number {n}")])]).await;
        }
        let mut stream = Stream::open(&owner, &format!("/live?after={last}"), None).await;
        let (_, data) = stream.event().await;
        assert_eq!((data["all"].as_bool(), data["posts"].as_array().unwrap().len()), (Some(true), 0));
    }

    /// A stream ends with its session: at the next change nothing is told any more.
    async fn a_stream_ends_with_its_session(app) {
        others_are_heard(&app).await;
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let mut stream = Stream::open(&owner, "/live", None).await;
        assert!(stream.more().await);
        owner.browser.submit("/logout", &[]).await.expect(303);
        saved(&app, &owner, When::At(app.app.clock.now() + TimeDelta::days(2)), vec![entry(ann, &["behind closed doors"])]).await;
        while stream.more().await {}
        assert!(!stream.seen.contains("event: posts"), "{}", stream.seen);
    }

    /// A server that stops does not wait for whoever is looking.
    async fn a_stream_ends_with_the_server(app) {
        let owner = app.owner().await;
        let mut stream = Stream::open(&owner, "/live", None).await;
        assert!(stream.more().await);
        drop(app);
        let began = std::time::Instant::now();
        while stream.more().await {}
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }

    /// That people are told something is told, too, on the same stream and to the organisation only.
    async fn that_people_are_told_something_is_told(app) {
        others_are_heard(&app).await;
        let (owner, other) = (app.owner().await, app.owner().await);
        let ann = channel(&app, owner.org, "Ann").await;
        let (mut stream, mut theirs) = (Stream::open(&owner, "/live", None).await, Stream::open(&other, "/live", None).await);
        assert!(theirs.more().await);
        let mut tx = app.app.db.begin().await.unwrap();
        rostrum::channels::mark_reconnect(&mut tx, (owner.org, ann), None, "token revoked", app.app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        app.run_jobs().await;
        assert_eq!(stream.named("notices").await.1, serde_json::json!({}));
        let eve = channel(&app, other.org, "Eve").await;
        saved(&app, &other, When::At(app.app.clock.now() + TimeDelta::days(2)), vec![entry(eve, &["theirs"])]).await;
        theirs.event().await;
        assert!(!theirs.seen.contains("event: notices"), "{}", theirs.seen);
    }

    /// Strangers are sent to the login.
    async fn strangers_are_told_nothing(app) {
        assert!(app.visitor().get("/live").await.expect(303).header("location").starts_with("/login"));
    }
}
