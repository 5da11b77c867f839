//! What people and platforms send to break out of a page, a query or a number.

use rostrum::{
    channels::mark_reconnect,
    db::q,
    delivery::Engine,
    kit::text::Doc,
    media,
    orgs::{Caller, Source},
    posts::{self, Draft, Entry, EntryPart, When},
    providers::MediaRef,
};
use serde_json::json;

use crate::{both_databases, media::samples, support::map};

const SCRIPT: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}";

both_databases! {
    /// Names, handles, texts, alternative texts, file names and a platform's words are text on every page.
    async fn hostile_words_are_shown_as_text(app) {
        let owner = app.owner().await;
        let caller = Caller::machine(owner.org, "UTC", Source::Api);
        let channel = rostrum::channels::connect(&app.app, owner.org, "sandbox", &map(&[("handle", "bob")])).await.unwrap();
        let picture = media::upload(&app.app, &caller, SCRIPT, &samples::png(4, 4)[..]).await.unwrap();
        let media = vec![MediaRef { id: picture.id, alt: SCRIPT.into() }];
        let part = EntryPart { id: None, text: Doc::from_plain(SCRIPT), media, delay_seconds: 0 };
        let entry = Entry { target: None, channel: channel.id, settings: json!({"visibility": SCRIPT}), parts: vec![part] };
        let draft = Draft { when: When::Draft(None), zone: chrono_tz::Tz::UTC, entries: vec![entry], allow_duplicate: true };
        let saved = posts::create(&app.app, &caller, &draft).await.unwrap().unwrap();
        let now = app.app.clock.now();
        let failure = json!({"kind": {"is": "rejected"}, "message": SCRIPT, "code": SCRIPT, "raw": SCRIPT});
        let mut tx = app.app.db.begin().await.unwrap();
        q("UPDATE channels SET name = $1, handle = $1").bind(SCRIPT).exec(&mut tx).await.unwrap();
        q("UPDATE media SET alt = $1").bind(SCRIPT).exec(&mut tx).await.unwrap();
        q("UPDATE users SET name = $1").bind(SCRIPT).exec(&mut tx).await.unwrap();
        q("UPDATE organisations SET name = $1").bind(SCRIPT).exec(&mut tx).await.unwrap();
        q("UPDATE sessions SET agent = $1").bind(SCRIPT).exec(&mut tx).await.unwrap();
        q("UPDATE parts SET state = 'failed', failure = $1").bind(failure).exec(&mut tx).await.unwrap();
        q("UPDATE targets SET state = 'failed', due_at = $1").bind(now).exec(&mut tx).await.unwrap();
        mark_reconnect(&mut tx, (owner.org, channel.id), None, SCRIPT, now).await.unwrap();
        tx.commit().await.unwrap();
        let post = saved.post;
        for path in [
            "/posts".into(),
            "/posts?state=failed".into(),
            format!("/posts/{post}"),
            format!("/posts/{post}/edit"),
            "/posts/new".into(),
            "/channels".into(),
            format!("/channels/{}", channel.id),
            format!("/channels/connect/sandbox?channel={}", channel.id),
            "/media".into(),
            "/settings/account".into(),
            "/settings/organisation".into(),
            "/sandbox".into(),
            format!("/posts?state={}", "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"),
            format!("/login?next={}", "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"),
            "/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E".into(),
        ] {
            let answer = owner.browser.get(&path).await;
            assert!(answer.status < 500, "{path}: {}", answer.text());
            let page = answer.text();
            // Neither as markup nor as an instruction of the templates.
            for markup in ["<script>alert", "<img src=x", "onerror=alert(1)>49", "onerror=alert(1)&gt;49"] {
                assert!(!page.contains(markup), "{path}: {markup}");
            }
            assert!(answer.status == 303 || answer.header("content-security-policy").contains("script-src 'self'"), "{path}");
        }
    }

    /// Zero characters reach neither a query nor a page as they are, on either database.
    async fn zero_characters_are_no_fault_of_ours(app) {
        let owner = app.owner().await;
        let login = app.visitor().submit("/login", &[("email", "a\0b@example.org"), ("password", "x\0y")]).await;
        assert_eq!(login.status, 422, "{}", login.text());
        let channel = rostrum::channels::connect(&app.app, owner.org, "sandbox", &map(&[("handle", "bob")])).await.unwrap().id;
        let body = json!({"type": "draft", "shortLink": false, "date": "2030-01-01T00:00:00.000Z", "tags": ["a\0"],
            "posts": [{"integration": {"id": channel.to_string()}, "value": [{"content": "a\0b", "image": []}], "settings": {"x": "\0"}}]});
        let made = owner.api.post_json("/public/v1/posts", &body).await;
        assert!(made.status < 500, "{}", made.text());
        for path in ["/posts?state=%00", "/media?after=%00", "/posts/%00", "/channels/%00", "/sandbox/@%00", "/media/file/%00"] {
            let answer = owner.browser.get(path).await;
            assert!(answer.status < 500, "{path}: {}", answer.text());
        }
    }

    /// A platform whose words hold a zero character: the failure is written down all the same.
    async fn a_failure_with_a_zero_character_is_kept(app) {
        let owner = app.owner().await;
        let mut tx = app.app.db.begin().await.unwrap();
        let event = rostrum::events::Event { kind: "part.failed", data: Some(json!({"a\0": ["\0"]})), ..Default::default() };
        rostrum::events::record(&mut tx, owner.org, event, app.app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Numbers beyond every calendar are refused in words.
    async fn numbers_without_end_are_refused(app) {
        let owner = app.owner().await;
        for number in ["999999", "-1", "0", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e400", ""] {
            for query in [
                format!("display=month&month={number}&year=2026"),
                format!("display=month&month=1&year={number}"),
                format!("display=week&week={number}&year={number}"),
                format!("display=day&day={number}&week=1&year=2026"),
                format!("startDate={number}&endDate={number}"),
                "startDate=-262143-01-01T00:00:00Z&endDate=+262142-12-31T23:59:59Z".into(),
            ] {
                let answer = owner.api.get(&format!("/public/v1/posts?{query}")).await;
                assert!(matches!(answer.status, 200 | 400), "{query}: {} {}", answer.status, answer.text());
            }
            for path in ["/posts?month=", "/posts?page=", "/posts?after=", "/posts/new?date=", "/media?after=", "/media?page="] {
                for tail in [number.to_owned(), format!("{number}-01"), format!("{number}-12-31T23:59")] {
                    let answer = owner.browser.get(&format!("{path}{tail}")).await;
                    assert!(answer.status < 500, "{path}{tail}: {}", answer.status);
                }
            }
        }
    }

    /// Ready, and asked by many at once: one check serves all.
    async fn readiness_is_shared(app) {
        let engine = Engine::start(&app.app);
        app.until("the engine shows life", async || {
            let (at,): (Option<chrono::DateTime<chrono::Utc>>,) = q("SELECT heartbeat_at FROM instance").one(&app.app.db).await.unwrap();
            at
        })
        .await;
        let visitor = app.visitor();
        let all = futures_util::future::join_all((0..50).map(|_| visitor.get("/readyz"))).await;
        assert!(all.iter().all(|a| a.status == 200 && a.json()["checks"]["database"] == "ok"));
        // The writer is taken: whoever asks within the second does not wait for it.
        let tx = app.app.db.begin().await.unwrap();
        let begun = std::time::Instant::now();
        visitor.get("/readyz").await.expect(200);
        assert!(begun.elapsed().as_secs() < 4);
        drop(tx);
        engine.stop().await;
    }
}
